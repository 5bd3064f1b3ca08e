"""A way through the city at changing speeds, on foot and by car: where somebody is at any moment, and how he goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bonghwa.domain.geo import to_wgs84

Mode = Literal["foot", "car"]


@dataclass(frozen=True, eq=False)
class Leg:
    """A line in grid metres and the seconds (from the leg's start, rising) at which each point is passed; a stop is a point twice."""

    mode: Mode
    xy: NDArray[np.float64]
    seconds: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Journey:
    """Legs one after the other from `begins` (Unix time). Whoever is on it stays where it ends."""

    legs: tuple[Leg, ...]
    begins: float

    @cached_property
    def starts(self) -> NDArray[np.float64]:
        """Seconds from `begins` at which each leg starts, and after them the end of the last."""
        return np.concatenate([[0.0], np.cumsum([leg.seconds[-1] for leg in self.legs])])

    @cached_property
    def _xy(self) -> NDArray[np.float64]:
        return np.concatenate([leg.xy for leg in self.legs])

    @cached_property
    def _seconds(self) -> NDArray[np.float64]:
        return np.concatenate([leg.seconds + start for leg, start in zip(self.legs, self.starts, strict=False)])

    @cached_property
    def _headings(self) -> NDArray[np.float64]:
        """The unit heading of each step; one that stands looks where he went before."""
        step = np.diff(self._xy, axis=0)
        size = np.hypot(step[:, 0], step[:, 1])
        moving = size > 1e-6
        last = np.maximum.accumulate(np.where(moving, np.arange(len(size)), 0))
        last = np.where(moving[last], last, int(np.argmax(moving)))
        return step[last] / np.maximum(size[last], 1e-9)[:, None]

    @cached_property
    def _walked(self) -> NDArray[np.float64]:
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self._xy, axis=0).T))])

    def _part(self, unix: float) -> tuple[int, float]:
        """The step under way and how much of it is done."""
        passed = min(max(unix - self.begins, 0.0), float(self._seconds[-1]))
        part = int(np.clip(np.searchsorted(self._seconds, passed, side="right") - 1, 0, len(self._seconds) - 2))
        takes = float(self._seconds[part + 1] - self._seconds[part])
        return part, min(1.0, (passed - float(self._seconds[part])) / takes) if takes > 0 else 1.0

    def at(self, unix: float) -> tuple[float, float, tuple[float, float], float]:
        """`(x, y, unit heading, metres gone)`; before it begins, the start."""
        part, share = self._part(unix)
        point = self._xy[part] + (self._xy[part + 1] - self._xy[part]) * share
        heading, gone = self._headings[part], self._walked[part] + (self._walked[part + 1] - self._walked[part]) * share
        return float(point[0]), float(point[1]), (float(heading[0]), float(heading[1])), float(gone)

    def place(self, unix: float) -> tuple[float, float]:
        """`(lat, lon)` at a moment."""
        x, y, _, _ = self.at(unix)
        return to_wgs84(x, y)

    def speed_at(self, unix: float) -> float:
        """Metres a second at a moment; 0 while he stands."""
        part, _ = self._part(unix)
        takes = float(self._seconds[part + 1] - self._seconds[part])
        return float(self._walked[part + 1] - self._walked[part]) / takes if takes > 0 else 0.0

    def mode(self, unix: float) -> Mode:
        """Whether he goes on foot or by car at a moment."""
        leg = int(np.searchsorted(self.starts, unix - self.begins, side="right")) - 1
        return self.legs[min(max(leg, 0), len(self.legs) - 1)].mode


def paced(xy: NDArray[np.float64], fastest: NDArray[np.float64], stops: Sequence[tuple[int, float]], gain: float, brake: float) -> Leg:
    """A line driven or walked at no more than `fastest` (m/s at each point), with stops `(number of the point, seconds)`.

    `gain` and `brake` bound the changes of speed, m/s². The mode is `car`; see `on_foot`.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    halts = {at: rest for at, rest in stops if 0 < at < len(along) - 1}
    speed = np.maximum(fastest, 0.3)
    speed[[0, -1, *halts]] = 0.0
    for i in range(1, len(along)):
        speed[i] = min(speed[i], np.sqrt(speed[i - 1] ** 2 + 2 * gain * (along[i] - along[i - 1])))
    for i in range(len(along) - 2, -1, -1):
        speed[i] = min(speed[i], np.sqrt(speed[i + 1] ** 2 + 2 * brake * (along[i + 1] - along[i])))
    step = 2 * np.diff(along) / np.maximum(speed[1:] + speed[:-1], 0.3)
    seconds = np.concatenate([[0.0], np.cumsum(step)])
    points, times, waited = [xy[:1]], [seconds[:1]], 0.0
    before = 1
    for at in sorted(halts):
        points += [xy[before : at + 1], xy[at : at + 1]]
        times += [seconds[before : at + 1] + waited, seconds[at : at + 1] + waited + halts[at]]
        before, waited = at + 1, waited + halts[at]
    return Leg("car", np.concatenate([*points, xy[before:]]), np.concatenate([*times, seconds[before:] + waited]))


def on_foot(leg: Leg) -> Leg:
    """The same leg, walked."""
    return Leg("foot", leg.xy, leg.seconds)


def until(leg: Leg, seconds: float) -> Leg:
    """The leg up to a moment."""
    if leg.seconds[-1] <= seconds:
        return leg
    at = int(np.searchsorted(leg.seconds, seconds, side="left"))
    share = (seconds - leg.seconds[at - 1]) / max(1e-9, leg.seconds[at] - leg.seconds[at - 1])
    last = leg.xy[at - 1] + (leg.xy[at] - leg.xy[at - 1]) * share
    return Leg(leg.mode, np.concatenate([leg.xy[:at], last[None]]), np.append(leg.seconds[:at], seconds))
