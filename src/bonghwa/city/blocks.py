"""What stands along the streets: buildings, lamps, trees, parked cars, crossings. Derived from the streets alone, never stored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.chance import child_keys, quarter_units, units
from bonghwa.city.streets import Street

CLEAR_OF_CAMERA_M = 2.5
"""No building stands nearer than this to a camera, or across the line from a camera to its street."""


@dataclass(frozen=True)
class Buildings:
    """Upright boxes: `centre` (n, 2), unit vector `front` along the street (n, 2), half sizes along and across, height; metres."""

    key: NDArray[np.int64]
    centre: NDArray[np.float64]
    front: NDArray[np.float64]
    half: NDArray[np.float64]
    height: NDArray[np.float64]
    shop: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.key)

    def corners(self) -> NDArray[np.float64]:
        """Ground corners (n, 4, 2); edge 0 to 1 runs along the street."""
        side = np.stack([-self.front[:, 1], self.front[:, 0]], axis=1)
        along, across = self.front * self.half[:, :1], side * self.half[:, 1:]
        return np.stack(
            [self.centre - along - across, self.centre + along - across, self.centre + along + across, self.centre - along + across], 1
        )

    def only(self, chosen: NDArray[np.bool_]) -> "Buildings":
        """The chosen ones."""
        return Buildings(
            self.key[chosen], self.centre[chosen], self.front[chosen], self.half[chosen], self.height[chosen], self.shop[chosen]
        )


@dataclass(frozen=True)
class Placed:
    """Things that stand at a point: position (n, 2), direction of their street (n, 2), which side of it (+1 left), key."""

    xy: NDArray[np.float64]
    direction: NDArray[np.float64]
    side: NDArray[np.float64]
    key: NDArray[np.int64]
    width: NDArray[np.float64]
    """Distance between the kerbs of the street they belong to."""


def _slots(street: Street, x: float, y: float, radius: float, spacing: float) -> NDArray[np.int64]:
    """Numbers of the equal slots along a street whose middles are within `radius` of a place."""
    count = int(street.length // spacing)
    if count == 0:
        return np.zeros(0, np.int64)
    numbers = np.arange(count, dtype=np.int64)
    points, _ = street.at((numbers + 0.5) * spacing)
    chosen: NDArray[np.int64] = numbers[np.hypot(points[:, 0] - x, points[:, 1] - y) < radius]
    return chosen


def _left(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([-direction[:, 1], direction[:, 0]], axis=1)


def _frontage(street: Street, x: float, y: float, radius: float) -> list[Buildings]:
    spacing = 10.5 + 5.5 * float(units(np.array([street.key]), 7)[0]) + (3.0 if street.lanes >= 4 else 0.0)
    numbers = _slots(street, x, y, radius, spacing)
    if not len(numbers):
        return []
    rows = []
    for side in (1.0, -1.0):
        keys = child_keys(street.key, numbers * 2 + int(side > 0))
        draw = [part.astype(np.float64) for salt in (1, 2) for part in quarter_units(keys, salt)]
        points, direction = street.at((numbers + 0.5) * spacing)
        gap = 0.6 + 1.9 * draw[0]
        depth = 9.0 + 5.0 * draw[1]
        setback = (0.5 + 0.9 * draw[2]) if street.lanes <= 1 else (0.4 + 2.0 * draw[2])
        floors = np.floor(1.0 + draw[3] * (3.2 if street.lanes <= 1 else 4.4 if street.lanes <= 2 else 6.8))
        floors = np.where(draw[3] < 0.1, 1.0, np.maximum(floors, 2.0))
        middle = points + _left(direction) * (side * (street.width / 2 + street.walk + setback + depth / 2))[:, None]
        front = direction * side
        half = np.stack([(spacing - gap) / 2, depth / 2], axis=1)
        shop = draw[4] < (0.3 if street.lanes <= 1 else 0.65)
        found = Buildings(keys, middle, front, half, floors * 3.1 + 0.5 + draw[5] * 0.6, shop)
        rows.append(found.only(draw[6] > (0.08 if street.lanes <= 2 else 0.16)))
    return rows


def _distances(points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each point (n, 2) to each segment (m): (n, m)."""
    step = end - start
    size = np.maximum(np.einsum("ij,ij->i", step, step), 1e-9)
    offset_x, offset_y = points[:, :1] - start[:, 0], points[:, 1:] - start[:, 1]
    part = np.clip((offset_x * step[:, 0] + offset_y * step[:, 1]) / size, 0.0, 1.0)
    distances: NDArray[np.float64] = np.hypot(offset_x - part * step[:, 0], offset_y - part * step[:, 1])
    return distances


def _probes(buildings: Buildings) -> NDArray[np.float64]:
    """Nine points of each footprint (n, 9, 2): corners, middles of the sides, centre."""
    corners = buildings.corners()
    return np.concatenate([corners, (corners + np.roll(corners, -1, axis=1)) / 2, buildings.centre[:, None]], axis=1)


def _inside(buildings: Buildings, which: NDArray[np.int64], points: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    """Whether points (k, p, 2) lie in buildings `which` (k) grown by `margin`."""
    offset = points - buildings.centre[which][:, None]
    front = buildings.front[which][:, None]
    along = np.abs(np.sum(offset * front, axis=2))
    across = np.abs(offset[..., 1] * front[..., 0] - offset[..., 0] * front[..., 1])
    half = buildings.half[which][:, None] + margin
    inside: NDArray[np.bool_] = (along < half[..., 0]) & (across < half[..., 1])
    return inside


def _on_a_street(buildings: Buildings, streets: list[Street]) -> NDArray[np.bool_]:
    start = np.concatenate([street.xy[:-1] for street in streets])
    end = np.concatenate([street.xy[1:] for street in streets])
    clear = np.concatenate([np.full(len(street.xy) - 1, street.width / 2 + street.walk * 0.8 + 0.2) for street in streets])
    reach = np.hypot(buildings.half[:, 0], buildings.half[:, 1])[:, None] + clear
    one, segment = np.nonzero(_distances(buildings.centre, start, end) < reach)
    blocked = np.zeros(len(buildings), bool)
    probes = _probes(buildings)[one]
    step = (end - start)[segment][:, None]
    offset = probes - start[segment][:, None]
    part = np.clip(np.sum(offset * step, axis=2) / np.maximum(np.sum(step * step, axis=2), 1e-9), 0.0, 1.0)
    away = np.hypot(*np.moveaxis(offset - part[..., None] * step, 2, 0)).min(axis=1)
    blocked[one[away < clear[segment]]] = True
    return blocked


def buildings_near(streets: list[Street], x: float, y: float, radius: float, sightlines: NDArray[np.float64]) -> Buildings:
    """Buildings within `radius`. `sightlines` (k, 2, 2) join cameras with the street they look after; no building stands on one.

    Where two plots overlap the one with the smaller key stays, whatever became of that one itself: the rule is local, so
    every camera comes to the same town.
    """
    rows = [row for street in streets for row in _frontage(street, x, y, radius)]
    if not rows:
        nothing = np.zeros((0, 2))
        return Buildings(np.zeros(0, np.int64), nothing, nothing, nothing, np.zeros(0), np.zeros(0, bool))
    every = Buildings(
        *(np.concatenate([getattr(row, name) for row in rows]) for name in ("key", "centre", "front", "half", "height", "shop"))
    )
    gone = _on_a_street(every, streets)
    away = np.hypot(every.centre[:, None, 0] - every.centre[:, 0], every.centre[:, None, 1] - every.centre[:, 1])
    reach = np.hypot(every.half[:, 0], every.half[:, 1])
    one, other = np.nonzero((away < reach[:, None] + reach) & (every.key[:, None] > every.key))
    probes = _probes(every)
    overlap = _inside(every, other, probes[one], 0.3).any(axis=1) | _inside(every, one, probes[other], 0.3).any(axis=1)
    gone[one[overlap]] = True
    if len(sightlines):
        steps = np.linspace(0.0, 1.0, 9)[None, :, None]
        lines = sightlines[:, :1] + steps * (sightlines[:, 1:] - sightlines[:, :1])
        number = np.arange(len(every))
        for line in lines:
            gone |= _inside(every, number, np.broadcast_to(line, (len(every), *line.shape)), CLEAR_OF_CAMERA_M).any(axis=1)
    return every.only(~gone)


def _placed(
    streets: list[Street], x: float, y: float, radius: float, spacing: float, offset: float, salt: int, share: float, both: bool
) -> Placed:
    rows: list[tuple[NDArray[Any], ...]] = []
    for street in streets:
        numbers = _slots(street, x, y, radius, spacing)
        for side in (1.0, -1.0):
            mine = numbers if both else numbers[(numbers % 2 == 0) == (side > 0)]
            if not len(mine):
                continue
            keys = child_keys(street.key, mine * 2 + int(side > 0) + salt * 1_000_003)
            points, direction = street.at((mine + 0.5) * spacing)
            spot = points + _left(direction) * (side * (street.width / 2 + offset))
            chosen = units(keys, salt) < share
            rows.append((spot[chosen], direction[chosen], np.full(chosen.sum(), side), keys[chosen], np.full(chosen.sum(), street.width)))
    if not rows:
        return Placed(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    return Placed(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def _off_streets(placed: Placed, streets: list[Street], margin: float) -> Placed:
    """Without those that stand on a carriageway."""
    if not len(placed.key) or not streets:
        return placed
    start = np.concatenate([street.xy[:-1] for street in streets])
    end = np.concatenate([street.xy[1:] for street in streets])
    clear = np.concatenate([np.full(len(street.xy) - 1, street.width / 2 + margin) for street in streets])
    free = (_distances(placed.xy, start, end) >= clear).all(axis=1)
    return Placed(placed.xy[free], placed.direction[free], placed.side[free], placed.key[free], placed.width[free])


def lamps_near(streets: list[Street], x: float, y: float, radius: float) -> Placed:
    """Street lamps: every 26 m, on alternate sides."""
    return _off_streets(_placed(streets, x, y, radius, 26.0, 0.45, 11, 0.94, both=False), streets, 0.2)


def trees_near(streets: list[Street], x: float, y: float, radius: float) -> Placed:
    """Trees in the pavements of wide streets."""
    wide = [street for street in streets if street.walk >= 1.8]
    return _off_streets(_placed(wide, x, y, radius, 9.0, 1.0, 12, 0.5, both=True), streets, 0.5)


def parked_near(streets: list[Street], x: float, y: float, radius: float) -> Placed:
    """Parked cars at the kerb of narrow streets; none where another street crosses, and none in another car."""
    cars = _placed([street for street in streets if street.lanes <= 2], x, y, radius, 6.4, -1.05, 13, 0.13, both=True)
    if not len(cars.key):
        return cars
    crossed = np.zeros(len(cars.key), np.int64)
    for street in streets:
        crossed += (_distances(cars.xy, street.xy[:-1], street.xy[1:]) < street.width / 2 + 1.6).any(axis=1)
    apart = np.hypot(cars.xy[:, None, 0] - cars.xy[:, 0], cars.xy[:, None, 1] - cars.xy[:, 1])
    later = cars.key[:, None] > cars.key
    free = (crossed == 1) & ~((apart < 5.0) & later).any(axis=1)
    return Placed(cars.xy[free], cars.direction[free], cars.side[free], cars.key[free], cars.width[free])
