"""A pursuit: following one subject of an open incident, by what people confirm; and the facts it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from bonghwa.domain.errors import Conflict, Invalid
from bonghwa.domain.incident import TRIAGED, Report, calms

Mode = Literal["foot", "car"]
M = TypeVar("M", bound=str)
FactType = Literal["sighting", "not_seen", "plate", "fix", "report", "mode"]
Part = Literal["belief", "path", "watch", "containment"]
PARTS: tuple[Part, ...] = ("belief", "path", "watch", "containment")
"""What the agency that leads a pursuit may share of it with a guest."""

MOST_CAMERAS = 16
CAMERAS = 9
CONFIDENCE: dict[FactType, float] = {"sighting": 0.8, "not_seen": 0.8, "plate": 0.9, "fix": 0.95, "report": 0.3, "mode": 0.9}
"""How far a fact is believed when whoever tells it does not say."""
CARRIED = 0.6
"""A fix of a device whose strap is cut, while it moves: he may carry it, or have put it into somebody's car."""
SURE = 0.5
"""A fact at least so sure moves the last known place, and says for certain how he moves."""
US = 1_000_000
OLDEST_US = 60 * 60 * US
AHEAD_US = 30 * US


@dataclass(frozen=True)
class Watched:
    """A camera the reckoning wants watched: how likely it shows the subject within a minute, and how far it stands from where he may be."""

    camera: str
    holds: float
    away_m: float


@dataclass(frozen=True)
class Pursuit:
    """One agency's pursuit in one incident. Times are microseconds. `watch` is the set of cameras it asks for now, best first."""

    id: str
    incident: str
    agency: str
    kind: str
    drill: bool
    mode: Mode | None
    lat: float
    lon: float
    accuracy_m: float
    fix_at: int
    started_at: int
    started_by: str
    seed: int
    k: int = CAMERAS
    pins: tuple[str, ...] = ()
    state: Literal["running", "ended"] = "running"
    ended_at: int | None = None
    end_reason: str | None = None
    shared_with: tuple[str, ...] = ()
    shared: tuple[str, ...] = PARTS
    watch: tuple[Watched, ...] = ()
    watch_at: int = 0
    facts: int = 0
    rev: int = 1

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.state == "running"

    @property
    def audience(self) -> list[str]:
        """The agencies that may know of it."""
        return [self.agency, *self.shared_with]

    def changed(self, **fields: object) -> "Pursuit":
        """The pursuit with other fields, one revision on."""
        return replace(self, rev=self.rev + 1, **fields)  # type: ignore[arg-type]

    def parts_for(self, agency: str) -> tuple[str, ...]:
        """What of it an agency sees: the leader all, a guest what was shared with it."""
        return PARTS if agency == self.agency else self.shared if agency in self.shared_with else ()


@dataclass(frozen=True)
class Fact:
    """What somebody told a pursuit: `number` counts from 1 in it, `at` is when it was so, `told_at` when it was told."""

    id: str
    pursuit: str
    number: int
    type: FactType
    at: int
    told_at: int
    account: str
    by: str
    agency: str
    confidence: float
    camera: str | None = None
    heading: float | None = None
    mode: Mode | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    undone_at: int | None = None
    undone_by: str | None = None


def check_fact(fact: Fact, now: int, since: int) -> None:
    """Raise Invalid, naming the field, for a fact that cannot be; `since` is the moment of the place its pursuit began from.

    A place from before that one is history: weighed, it would draw the belief to where he no longer is.
    """
    if fact.type in ("sighting", "not_seen", "plate") and fact.camera is None:
        raise Invalid("camera", "required")
    if fact.type in ("fix", "report") and (fact.lat is None or fact.lon is None or fact.accuracy_m is None):
        raise Invalid("place", "required")
    if fact.type == "mode" and fact.mode is None:
        raise Invalid("mode", "required")
    if not 0 < fact.confidence < 1:
        raise Invalid("confidence", "out_of_range")
    if fact.at > now + AHEAD_US:
        raise Invalid("at", "in_the_future")
    if fact.at < oldest(now, since) and (fact.type != "mode" or fact.at < now - OLDEST_US):
        raise Invalid("at", "too_old")


def oldest(now: int, since: int) -> int:
    """No place from before this moment tells a pursuit anything."""
    return max(now - OLDEST_US, since)


def said_by_device(report: Report, incident_kind: str) -> tuple[FactType, float] | None:
    """What a report that a device made about the subject tells its pursuit, and how far that is believed; None where a person must say.

    A read plate is where a camera stands. A fix is where the ankle device or the phone is; once the strap is cut the device tells of him
    only while it feels itself carried, and even then less. What people report never counts by itself.
    """
    if calms(report) or report.place is None:
        return None
    if report.line == "plate":
        return "plate" if report.place.source == "camera" else "fix", CONFIDENCE["plate"]
    if report.line not in (TRIAGED, "safe_return"):
        return None
    if "strap_cut" not in (report.kind, incident_kind):
        return "fix", CONFIDENCE["fix"]
    return ("fix", CARRIED) if report.moving else None


def mode_at(pursuit: Pursuit, facts: Sequence[Fact], at: int) -> Mode | None:
    """How the subject moved at a time: as people said last, else as the pursuit was begun with; None once he was seen otherwise since."""
    mode = pursuit.mode
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.number)):
        if fact.at > at or fact.undone_at is not None or fact.type not in ("mode", "sighting", "plate"):
            continue
        mode = mode_after(mode, "car" if fact.type == "plate" else fact.mode, fact.type == "mode" and fact.confidence >= SURE)
    return mode


def mode_after(mode: M | None, said: M | None, known: bool) -> M | None:
    """How he moves after one more fact: as somebody came to know it; None once he was merely seen to move otherwise."""
    return said if known else mode if said in (None, mode) else None


def may_lead(pursuit: Pursuit) -> None:
    """Raise Conflict when nothing can be told to it any more."""
    if not pursuit.running:
        raise Conflict("pursuit_ended")
