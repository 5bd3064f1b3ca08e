"""How a process of the system logs: JSON lines on standard error, UTC times, tracebacks that name places and never values."""

import logging
import sys

import structlog
from structlog.typing import Processor

# The plain renderer writes file, line and source. The console's and rich's would print the local variables of every frame: tickets,
# tokens and bodies of reports.
_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
_AS_JSON = structlog.processors.JSONRenderer(ensure_ascii=False)


def configure() -> None:
    """Log from INFO on with structlog, and the warnings of the libraries in the same form. Call once, before the process serves."""
    structlog.configure(
        processors=[*_SHARED, _AS_JSON],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED[:-1], structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, _AS_JSON],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
