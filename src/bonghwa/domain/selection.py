"""Which cameras an agency got for an incident, with the reasons, as stored and shown."""

from dataclasses import dataclass, field
from typing import Literal

from bonghwa.domain.reason import Reason


@dataclass(frozen=True)
class ChosenCamera:
    """One camera of a selection. `state`: chosen, spare (granted, held ready), replaced (no picture) or bad (a person said so)."""

    camera: str
    owner: str
    rank: int
    score: float
    distance_m: float
    why: tuple[Reason, ...]
    spare: bool = False
    state: Literal["chosen", "spare", "replaced", "bad", "leaving"] = "chosen"
    stands_for: str | None = None


@dataclass(frozen=True)
class Gap:
    """A direction, an exit or a need that no camera covers, and where."""

    reason: Reason
    bearing: float | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Denial:
    """Why an agency got no grant (or not under this clause)."""

    agreement: str | None
    clause: str | None
    reason: Reason


@dataclass(frozen=True)
class Selection:
    """The answer for one agency in one incident; id is `incident:agency`."""

    id: str
    incident: str
    agency: str
    cameras: tuple[ChosenCamera, ...] = ()
    gaps: tuple[Gap, ...] = ()
    directions: tuple[bool, ...] = (False,) * 8
    exits: int = 0
    exits_seen: int = 0
    denials: tuple[Denial, ...] = ()
    chosen_us: float = 0.0
    radius_m: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)
