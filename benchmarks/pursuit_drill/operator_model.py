"""The person at the screens, as a program: notices by chance, reacts late, presses *seen*. The same luck for every policy.

Whether the subject is to be seen the simulated city says; nothing here looks at a picture.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import exp

from bonghwa.city.chance import unit_of

RATE = 0.5
"""Detections a second while the subject is in view: a second in view is noticed with 1 - exp(-0.5), 39 %."""
REACTS_S = (1.0, 2.0)
"""From noticing to the key."""
AGAIN_S = 5.0
"""The same camera is not confirmed again sooner."""
CONFIDENCE = 0.85
HEADING_ERROR_DEG = 15.0


@dataclass(frozen=True)
class Seen:
    """How the subject goes at the moment he is noticed."""

    heading: float
    mode: str


@dataclass(frozen=True)
class Press:
    """The *seen* key: when it is pressed and what is said."""

    at: float
    camera: str
    heading: float
    mode: str


@dataclass
class Operator:
    """One person; `luck` is the drill's seed. One press at a time, as with one pair of hands."""

    luck: str
    pending: Press | None = None
    missed: int = 0
    """Seconds in view of a watched camera without notice."""
    _last: dict[str, float] = field(default_factory=dict)

    def look(self, second: int, showing: Collection[str], seen: Seen | None) -> Press | None:
        """One second before the screens: `showing` are the watched cameras that show him. Answers the press that falls due."""
        due = None
        if self.pending is not None and self.pending.at <= second:
            due, self.pending = self.pending, None
        for camera in sorted(showing):
            if seen is None or self.pending is not None or second - self._last.get(camera, -AGAIN_S) < AGAIN_S:
                continue
            if unit_of(self.luck, "notice", camera, second) < 1 - exp(-RATE):
                low, high = REACTS_S
                error = HEADING_ERROR_DEG * (2 * unit_of(self.luck, "heading", camera, second) - 1)
                at = second + low + (high - low) * unit_of(self.luck, "reacts", camera, second)
                self.pending = Press(at, camera, (seen.heading + error) % 360.0, seen.mode)
                self._last[camera] = second
            else:
                self.missed += 1
        return due
