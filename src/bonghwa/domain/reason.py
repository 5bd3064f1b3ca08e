"""Why something is so, as a stable code with values; words are made from it at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool | None


@dataclass(frozen=True)
class Reason:
    """A stable `code` and the `values` its sentence needs, e.g. `Reason("distance", {"m": 85})`."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)
