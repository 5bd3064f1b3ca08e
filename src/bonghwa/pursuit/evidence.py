"""What is told to a belief: plain facts that people or lines report, each with its time in seconds and where it may be wrong.

All of them turn into JSON and back (`as_json`, `from_json`), for the log that a pursuit replays from.
"""

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any


class BadEvidence(ValueError):
    """A fact that cannot be weighed; the message names the field."""


@dataclass(frozen=True)
class Sighting:
    """A person at a screen saw the subject on a camera."""

    time: float
    camera: str
    confidence: float = 0.8
    heading: float | None = None
    """Where he went, degrees clockwise from north."""
    mode: str | None = None
    """`foot` or `car`."""


@dataclass(frozen=True)
class PlateRead:
    """A camera read the plate of the subject's car."""

    time: float
    camera: str
    confidence: float = 0.9
    heading: float | None = None


@dataclass(frozen=True)
class Unseen:
    """These cameras were on screens and nobody saw him, for `seconds` up to `time`. Best told every second or two."""

    time: float
    seconds: float
    cameras: tuple[str, ...]
    """Cameras that show no road, or that the coverage does not know, say nothing and do no harm."""
    screens: int = 1
    """How many screens one operator watched: the more, the less he sees on each."""
    rate: float = 1.0
    """This watcher beside the usual one."""


@dataclass(frozen=True)
class Fix:
    """A device told its place: metres from the roads' origin, of which 68 % lie within `error_m`, `age_s` before `time`."""

    time: float
    x: float
    y: float
    error_m: float
    age_s: float = 0.0
    confidence: float = 0.95


@dataclass(frozen=True)
class PublicReport:
    """Somebody called in and named a place."""

    time: float
    x: float
    y: float
    error_m: float = 60.0
    confidence: float = 0.3
    mode: str | None = None


@dataclass(frozen=True)
class ModeKnown:
    """Somebody learnt how the subject moves from now on, but not where he is: he was heard to get into a car."""

    time: float
    mode: str
    """`foot` or `car`."""
    confidence: float = 0.9


Evidence = Sighting | PlateRead | Unseen | Fix | PublicReport | ModeKnown
_KINDS: dict[str, type[Evidence]] = {
    "sighting": Sighting,
    "plate": PlateRead,
    "unseen": Unseen,
    "fix": Fix,
    "report": PublicReport,
    "mode": ModeKnown,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def check(evidence: Evidence) -> None:
    """Raise `BadEvidence` where a field makes no sense."""
    for name, value in asdict(evidence).items():
        if isinstance(value, float | int) and not isfinite(value):
            raise BadEvidence(f"{name} is not a finite number")
        if name in ("seconds", "age_s", "rate") and value < 0:
            raise BadEvidence(f"{name} is negative: {value}")
        if name == "confidence" and not 0 < value < 1:
            raise BadEvidence(f"confidence is not between 0 and 1: {value}")
        if name == "error_m" and value <= 0:
            raise BadEvidence(f"error_m is not positive: {value}")
        if name == "mode" and value not in (("foot", "car") if isinstance(evidence, ModeKnown) else (None, "foot", "car")):
            raise BadEvidence(f"mode is neither foot nor car: {value}")


def as_json(evidence: Evidence) -> dict[str, Any]:
    """A JSON object: the fields, and `kind`."""
    made = {"kind": _NAMES[type(evidence)], **asdict(evidence)}
    if isinstance(evidence, Unseen):
        made["cameras"] = list(evidence.cameras)
    return made


def from_json(told: dict[str, Any]) -> Evidence:
    """The evidence of `as_json`; raises `BadEvidence`."""
    fields = {name: value for name, value in told.items() if name != "kind"}
    kind = _KINDS.get(told.get("kind", ""))
    if kind is None:
        raise BadEvidence(f"kind is unknown: {told.get('kind')}")
    if kind is Unseen:
        fields["cameras"] = tuple(fields["cameras"])
    try:
        return kind(**fields)
    except TypeError as wrong:
        raise BadEvidence(str(wrong)) from None
