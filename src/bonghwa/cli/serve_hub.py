"""`bonghwa serve hub`: the control plane as one process."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import structlog
import uvicorn
import uvloop

from bonghwa import logs
from bonghwa.api.app import create_app
from bonghwa.config import ConfigError, Settings, load
from bonghwa.domain.agreement import AgreementError
from bonghwa.intake.mqtt import SensorLine, embedded_broker
from bonghwa.pursuit.mapped import RoadsFileProblem, load_roads
from bonghwa.wiring import Hub

log = structlog.get_logger("hub")


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bonghwa serve hub", description=__doc__)
    parser.add_argument("--config", type=Path, help="bonghwa.toml")
    parser.add_argument("--data", help="data folder")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--public-url", dest="public_url")
    parser.add_argument("--agreements")
    parser.add_argument("--insecure", action="store_const", const=True)
    parser.add_argument("--mqtt-embedded", dest="embedded", action="store_const", const=True)
    parser.add_argument("--mqtt-port", dest="mqtt_port", type=int)
    parser.add_argument("--ready-file", type=Path)
    return parser.parse_args(argv)


def settings_of(options: argparse.Namespace) -> Settings:
    """Settings from file, environment and these flags."""
    keys = ("data", "host", "port", "public_url", "agreements", "insecure")
    return load(
        options.config,
        flags={"hub": {key: getattr(options, key) for key in keys}, "mqtt": {"embedded": options.embedded, "port": options.mqtt_port}},
    )


def check_roads(path: str) -> None:
    """Raise ConfigError where the road file of the settings cannot be used: else the first pursuit would be the one to find out."""
    try:
        if path:
            load_roads(Path(path))
    except RoadsFileProblem as problem:
        raise ConfigError(f"pursuit.roads: {problem}") from None
    except OSError as error:
        raise ConfigError(f"pursuit.roads: {path}: {error.strerror}") from None


class _Server(uvicorn.Server):
    """Signals are ours: streams end first, then the server (an open event stream would hold it for ever)."""

    def install_signal_handlers(self) -> None:
        return


def _write_ready(path: Path, content: dict[str, object]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content))
    os.replace(temporary, path)


async def _serve(settings: Settings, ready_file: Path | None) -> None:
    family = socket.AF_INET6 if ":" in settings.hub.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((settings.hub.host, settings.hub.port))
    port = listening.getsockname()[1]
    scheme = "https" if settings.hub.tls_cert else "http"
    shown = "127.0.0.1" if settings.hub.host in ("0.0.0.0", "::") else settings.hub.host
    url = settings.hub.public_url or f"{scheme}://{shown}:{port}"
    hub = Hub(settings)
    hub.public_url = settings.hub.public_url
    app = create_app(hub)
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=3,
            server_header=False,
            ws_max_size=4 << 20,
            ssl_certfile=settings.hub.tls_cert or None,
            ssl_keyfile=settings.hub.tls_key or None,
            lifespan="on",
            backlog=4096,
        )
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    broker = await embedded_broker(settings.mqtt.port) if settings.mqtt.embedded else None
    serving = asyncio.create_task(server.serve([listening]))
    sensors: SensorLine | None = None
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn offers no event for it
            await asyncio.sleep(0.01)
        if settings.mqtt.embedded or settings.mqtt.host:
            sensors = SensorLine(hub.change, hub.city, settings.mqtt.host or "127.0.0.1", broker.port if broker else settings.mqtt.port)
            sensors.start()
        if ready_file is not None:
            mqtt = {"host": "127.0.0.1", "port": broker.port} if broker else None
            _write_ready(ready_file, {"url": url, "pid": os.getpid(), "mqtt": mqtt})
        log.info("hub ready", url=url)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
    finally:
        app.state.desk.events.close()
        if sensors is not None:
            await sensors.close()
        server.should_exit = True
        await serving
        if broker is not None:
            await broker.close()
        hub.close()


def run(argv: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; 0 at a clean end, 2 for settings, agreements or roads that cannot be used."""
    options = _arguments(argv)
    logs.configure()
    try:
        settings = settings_of(options)
        check_roads(settings.pursuit.roads)
        uvloop.run(_serve(settings, options.ready_file))
    except (ConfigError, AgreementError) as wrong:
        print(f"bonghwa serve hub: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
