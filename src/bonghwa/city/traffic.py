"""Everyday people and cars: where each is at any moment of world time, the same for every camera.

Nothing is stepped. A passer-by walks to and fro along a street and a car drives along a stroke as closed functions of the clock,
so that a camera costs nothing while nobody looks, and shows the right street at once when somebody does.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.chance import child_keys, units
from bonghwa.city.light import KST
from bonghwa.city.streets import LANE_M, Street

_PEOPLE_PER_M = 0.045
_CARS_PER_M = 0.016

_BUSY = (0.26, 0.2, 0.17, 0.16, 0.18, 0.3, 0.5, 0.8, 0.95, 0.8, 0.75, 0.8, 0.95, 0.9, 0.8, 0.8, 0.85, 0.95, 1.0, 0.95, 0.8, 0.65, 0.5, 0.36)
"""Share of people and cars that are out, by the hour in Korea."""


def busy(unix: float) -> float:
    """Share of people and cars that are out at a moment; changes smoothly."""
    moment = datetime.fromtimestamp(unix, UTC) + KST
    part = moment.minute / 60 + moment.second / 3600
    return _BUSY[moment.hour] * (1 - part) + _BUSY[(moment.hour + 1) % 24] * part


@dataclass(frozen=True)
class Movers:
    """Where movers are: ground points (n, 2), unit headings (n, 2), metres walked (for the step), keys."""

    xy: NDArray[np.float64]
    heading: NDArray[np.float64]
    walked: NDArray[np.float64]
    key: NDArray[np.int64]


class _Tracks:
    """Lines of many streets on one axis, so that all movers are placed in one step."""

    def __init__(self, streets: list[Street]) -> None:
        self.first = np.concatenate([[0.0], np.cumsum([street.length + 1.0 for street in streets])])[:-1]
        self._along = np.concatenate([street.along + base for street, base in zip(streets, self.first, strict=True)])
        self._xy = np.concatenate([street.xy for street in streets])

    def at(self, distance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        part = np.clip(np.searchsorted(self._along, distance, side="right") - 1, 0, len(self._along) - 2)
        step = self._xy[part + 1] - self._xy[part]
        length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
        return self._xy[part] + step / length * (distance - self._along[part])[:, None], step / length


def _population(streets: list[Street], per_m: float, salt: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys of those who belong to each street, and the number of that street in the list."""
    counts = [int(street.length * per_m + units(np.array([street.key]), salt)[0]) for street in streets]
    numbers = np.repeat(np.arange(len(streets)), counts)
    keys = [child_keys(street.key, np.arange(count, dtype=np.int64) + salt * 4096) for street, count in zip(streets, counts, strict=True)]
    return (np.concatenate(keys) if keys else np.zeros(0, np.int64)), numbers


class Passers:
    """People on foot along the given streets."""

    def __init__(self, streets: list[Street]) -> None:
        self.key, number = _population(streets, _PEOPLE_PER_M, 61)
        if not len(self.key):
            return
        self._tracks = _Tracks(streets)
        draw = [units(self.key, salt) for salt in range(62, 68)]
        width = np.array([street.width for street in streets])[number]
        walk = np.array([street.walk for street in streets])[number]
        side = np.where(draw[0] < 0.5, -1.0, 1.0)
        self._lateral = side * np.where(walk > 0, width / 2 + walk * (0.25 + 0.6 * draw[1]), width / 2 * (0.25 + 0.55 * draw[1]))
        self._length = np.array([street.length for street in streets])[number]
        self._base = self._tracks.first[number]
        self._start = draw[2] * 2 * self._length
        self._speed = 0.9 + 0.7 * draw[3]
        self._threshold = draw[4]

    def at(self, unix: float) -> Movers | None:
        """Those who are out at a moment; None when nobody lives here."""
        if not len(self.key):
            return None
        out = self._threshold < busy(unix)
        length = self._length[out]
        walked = np.mod(self._start[out] + self._speed[out] * unix, 2 * length)
        points, direction = self._tracks.at(self._base[out] + np.where(walked < length, walked, 2 * length - walked))
        left = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        heading = np.where((walked < length)[:, None], direction, -direction)
        return Movers(points + left * self._lateral[out, None], heading, walked, self.key[out])


class Drivers:
    """Cars along the given strokes, on the right. Those of one lane keep one speed, so none drives into another."""

    def __init__(self, strokes: list[Street]) -> None:
        strokes = [stroke for stroke in strokes if stroke.lanes >= 2]
        self.key, number = _population(strokes, _CARS_PER_M, 71)
        if not len(self.key):
            return
        self._tracks = _Tracks(strokes)
        lanes = np.array([stroke.lanes for stroke in strokes])[number]
        draw = [units(self.key, salt) for salt in range(72, 76)]
        self._way = np.where(draw[0] < 0.5, 1.0, -1.0)
        lane = np.floor(draw[1] * (lanes // 2))
        self._lateral = -self._way * (lane + 0.5) * LANE_M
        group = child_keys(
            77, np.array([stroke.key for stroke in strokes])[number] % (1 << 40) + (lane * 2 + (self._way > 0)).astype(np.int64)
        )
        self._speed = 8.0 + 5.0 * units(group, 76)
        self._length = np.array([stroke.length for stroke in strokes])[number]
        self._base = self._tracks.first[number]
        # Slots of 14 m along the lane: two cars may share one and then only one of them is there.
        slot = np.floor(draw[2] * self._length / 14.0)
        place = group + slot.astype(np.int64) * 2_654_435_761
        first = np.zeros(len(place), bool)
        first[np.unique(place, return_index=True)[1]] = True
        self._start = slot * 14.0
        self._threshold = np.where(first, draw[3], 2.0)

    def at(self, unix: float) -> Movers | None:
        """Those that are out at a moment; None when no car ever comes here."""
        if not len(self.key):
            return None
        out = self._threshold < busy(unix) ** 1.3
        length, way = self._length[out], self._way[out]
        driven = np.mod(self._start[out] + self._speed[out] * unix, length)
        points, direction = self._tracks.at(self._base[out] + np.where(way > 0, driven, length - driven))
        left = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        return Movers(points + left * self._lateral[out, None], direction * way[:, None], driven, self.key[out])
