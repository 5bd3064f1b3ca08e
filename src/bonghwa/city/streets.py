"""Streets: one centre line each, made of road lines that lie on one another, and alleys of a lattice where no road is known."""

from dataclasses import dataclass, field
from math import hypot

import numpy as np
from numpy.typing import NDArray

from bonghwa.city import lattice
from bonghwa.city.chance import key_of
from bonghwa.city.roads import PIECE_M, Pieces, RoadLines, cut

SAME_STREET_M = 13.0
"""Two parallel pieces nearer than this are one street (two directions, or two bus routes)."""

JOIN_M = 22.0
"""Ends of streets nearer than this meet at one crossing."""

LANE_M = 3.1
_CELL_M = 30.0
_NEAR_CELL_M = 48.0
_ALLEY_CLEAR_M = 24.0
_LANE_CELL_M = 40.0


@dataclass(frozen=True, eq=False)
class Street:
    """A street's centre line with its cross-section. Metres, EPSG:5186."""

    key: int
    xy: NDArray[np.float64]
    lanes: int
    """Lanes of both directions together; 1 is an alley without marks."""
    width: float
    """Between the kerbs."""
    walk: float
    """Width of the pavement on each side; 0 in an alley."""
    along: NDArray[np.float64] = field(repr=False)
    """Arc length at each point."""

    @property
    def length(self) -> float:
        """Metres from end to end."""
        return float(self.along[-1])

    def at(self, distance: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points and unit directions at the given arc lengths."""
        distance = np.clip(distance, 0.0, self.along[-1])
        points = np.stack([np.interp(distance, self.along, self.xy[:, 0]), np.interp(distance, self.along, self.xy[:, 1])], axis=-1)
        part = np.clip(np.searchsorted(self.along, distance, side="right") - 1, 0, len(self.along) - 2)
        step = self.xy[part + 1] - self.xy[part]
        return points, step / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-9)

    def point(self, distance: float) -> tuple[float, float, float, float]:
        """`(x, y, dx, dy)`: the point at one arc length and the unit direction there; quicker than `at` for one."""
        distance = min(max(distance, 0.0), float(self.along[-1]))
        part = min(max(int(self.along.searchsorted(distance, side="right")) - 1, 0), len(self.along) - 2)
        (ax, ay), (bx, by) = self.xy[part : part + 2].tolist()
        size = max(hypot(bx - ax, by - ay), 1e-9)
        dx, dy = (bx - ax) / size, (by - ay) / size
        ahead = distance - float(self.along[part])
        return ax + dx * ahead, ay + dy * ahead, dx, dy

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """`(distance from the centre line, arc length)` of the point of the street nearest to a place."""
        start, step = self.xy[:-1], np.diff(self.xy, axis=0)
        size = np.maximum(np.sum(step * step, axis=1), 1e-9)
        part = np.clip(((x - start[:, 0]) * step[:, 0] + (y - start[:, 1]) * step[:, 1]) / size, 0.0, 1.0)
        away = np.hypot(start[:, 0] + part * step[:, 0] - x, start[:, 1] + part * step[:, 1] - y)
        best = int(np.argmin(away))
        return float(away[best]), float(self.along[best] + part[best] * np.sqrt(size[best]))


def street_of(key: int, xy: NDArray[np.float64], lanes: int) -> Street:
    """A street with the cross-section its number of lanes asks for."""
    if len(xy) == 2:
        along = np.array([0.0, float(np.hypot(*(xy[1] - xy[0])))])
    else:
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    width = 5.6 if lanes <= 1 else lanes * LANE_M + 0.8
    walk = 0.0 if lanes <= 1 else 1.9 if lanes <= 2 else 3.0
    return Street(key, xy, lanes, width, walk, along)


def _pairs(middle: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices of pieces whose middles lie in the same or in neighbouring cells."""
    cell = np.floor(middle / _CELL_M).astype(np.int64)
    code = _cell_code(cell)
    order = np.argsort(code, kind="stable")
    ranked = code[order]
    left: list[NDArray[np.int64]] = []
    right: list[NDArray[np.int64]] = []
    for shift_x in (-1, 0, 1):
        for shift_y in (-1, 0, 1):
            wanted = code + shift_x * (1 << 24) + shift_y
            low, high = np.searchsorted(ranked, wanted), np.searchsorted(ranked, wanted, side="right")
            count = high - low
            one = np.repeat(np.arange(len(code)), count)
            offset = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
            other = order[low[one] + offset]
            near = (np.abs(middle[one] - middle[other]) < _CELL_M).all(axis=1) & (one != other)
            left.append(one[near])
            right.append(other[near])
    return np.concatenate(left), np.concatenate(right)


def _thin(roads: RoadLines, pieces: Pieces) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pieces stay, and how far each one's centre line moves to its right because of the opposite direction.

    A piece goes when a piece of a better line runs along it: known roads before bus sections, long lines before short ones. The
    rule looks only at the piece's own surroundings, so every camera sees the same streets.
    """
    middle, step = (pieces.start + pieces.end) / 2, pieces.end - pieces.start
    size = np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    direction = step / size
    extent = np.bincount(pieces.line, weights=size[:, 0], minlength=int(pieces.line.max(initial=0)) + 1)
    merit = np.where(roads.bus[pieces.line], 0.0, 1e9) + np.round(extent[pieces.line], 1) * 1e3 - pieces.line * 1e-3
    one, other = _pairs(middle)
    offset = middle[one] - middle[other]
    across = offset[:, 0] * direction[other, 1] - offset[:, 1] * direction[other, 0]
    ahead = np.abs(np.sum(offset * direction[other], axis=1))
    parallel = np.sum(direction[one] * direction[other], axis=1)
    along_it = (np.abs(across) < SAME_STREET_M) & (ahead < size[other, 0] / 2 + 3) & (np.abs(parallel) > 0.9)
    along_it &= pieces.line[one] != pieces.line[other]
    stays = np.ones(len(middle), bool)
    stays[one[along_it & (merit[one] < merit[other])]] = False
    opposite = along_it & (parallel < -0.9) & (roads.bus[pieces.line[one]] == roads.bus[pieces.line[other]])
    total = np.bincount(other[opposite], weights=across[opposite], minlength=len(middle))
    count = np.bincount(other[opposite], minlength=len(middle))
    return stays, np.where(count > 0, total / np.maximum(count, 1) / 2, 0.0) + np.where(count > 0, 1e-9, 0.0)


class Streets:
    """The streets of the city, found by place."""

    def __init__(self, roads: RoadLines, poles: NDArray[np.float64] | None = None) -> None:
        """`poles` (n, 2) are the places of all cameras: one that stands off every street gets an alley of its own."""
        self._streets: list[Street] = []
        pieces = cut(roads)
        if len(pieces.line):
            self._join(roads, pieces, *_thin(roads, pieces))
        self._roads = list(self._streets)
        self._known = self._index = _SegmentIndex(self._streets)
        self._ends: dict[int, tuple[float, float, float, float] | None] = {}
        self._alleys: dict[int, Street] = {}
        if poles is not None and len(poles):
            self._open_lanes(np.unique(poles, axis=0))
            self._index = _SegmentIndex(self._streets)

    def _open_lanes(self, poles: NDArray[np.float64]) -> None:
        """Alleys from the nearest street past poles that stand off it, one in each cell of `_LANE_CELL_M`."""
        taken: set[tuple[int, int]] = set()
        for pole, (street, along) in zip(poles, self.foot_points(poles), strict=True):
            foot = np.array(street.point(along)[:2])
            away = hypot(*(pole - foot))
            cell = (int(pole[0] // _LANE_CELL_M), int(pole[1] // _LANE_CELL_M))
            if away < street.width / 2 + street.walk + 4.0 or cell in taken:
                continue
            taken.add(cell)
            ahead = (pole - foot) / away
            beside = np.array([-ahead[1], ahead[0]]) * 2.2
            key = key_of("lane", cell)
            self._streets.append(street_of(key, np.stack([foot + beside, pole + beside + ahead * 34.0]), 1))

    def _join(self, roads: RoadLines, pieces: Pieces, stays: NDArray[np.bool_], shift: NDArray[np.float64]) -> None:
        """Put what stayed of each line together again."""
        kept = np.flatnonzero(stays)
        breaks = np.flatnonzero((np.diff(kept) != 1) | (np.diff(pieces.line[kept]) != 0)) + 1
        for run in np.split(kept, breaks):
            xy = np.concatenate([pieces.start[run], pieces.end[run[-1:]]])
            if np.hypot(*(xy[-1] - xy[0])) < 18.0:
                continue
            line = int(pieces.line[run[0]])
            both = bool(np.count_nonzero(shift[run]) * 2 >= len(run))
            if both:
                tangent = np.gradient(xy, axis=0)
                tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
                move = float(np.median(shift[run][shift[run] != 0]))
                xy = xy + move * np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
            bus = bool(roads.bus[line])
            lanes = int(roads.lanes[line]) or (2 if bus else 1)
            total = 4 if bus else min(10, max(2, lanes * 2)) if both else min(8, lanes)
            self._streets.append(street_of(key_of("street", np.round(xy[0]).tolist(), np.round(xy[-1]).tolist()), xy, total))

    @property
    def roads(self) -> list[Street]:
        """The streets made of known roads; the lattice's alleys are not among them."""
        return self._roads

    def near(self, x: float, y: float, radius: float) -> list[Street]:
        """Every street that comes within `radius` metres, known roads first; the order is the same for everyone who asks."""
        edges = lattice.around(x, y, radius)
        self._open_alleys(edges)
        alleys = [self._alley(edge) for edge in edges.tolist() if self._ends[edge] is not None]
        return self._index.within(x, y, radius) + [alley for alley in alleys if alley.nearest(x, y)[0] < radius]

    def _open_alleys(self, edges: NDArray[np.int64]) -> None:
        """Work out which lattice edges are alleys: not where they would run along a known road, and some stay closed."""
        fresh = np.array([edge for edge in np.unique(edges).tolist() if edge not in self._ends], np.int64)
        if not len(fresh):
            return
        start, end = lattice.ends(fresh)
        opened = lattice.is_open(fresh)
        for part in (0.3, 0.5, 0.7):
            opened &= self._known.nearest(start + part * (end - start), _ALLEY_CLEAR_M)[0] >= _ALLEY_CLEAR_M
        for edge, is_open, a, b in zip(fresh.tolist(), opened.tolist(), start.tolist(), end.tolist(), strict=True):
            self._ends[edge] = (a[0], a[1], b[0], b[1]) if is_open else None

    def _alley(self, edge: int) -> Street:
        """The alley of an open edge."""
        if edge not in self._alleys:
            ends = self._ends[edge]
            assert ends is not None
            self._alleys[edge] = street_of(edge, np.array(ends).reshape(2, 2), 1)
        return self._alleys[edge]

    def foot_points(self, places: NDArray[np.float64]) -> list[tuple[Street, float]]:
        """For each place the street a camera there looks after, and the arc length of its nearest point.

        A known road is taken when it is within 30 m and no alley is 20 m nearer; else whatever is nearest.
        """
        away, number, along = self._index.nearest(places, 30.0)
        edges = lattice.candidates(places)
        self._open_alleys(edges.ravel())
        chosen: list[tuple[Street, float]] = []
        for place, d, street, arc, near_edges in zip(
            places.tolist(), away.tolist(), number.tolist(), along.tolist(), edges.tolist(), strict=True
        ):
            if d > 12.0:
                alley = self._nearest_alley(place, near_edges)
                if alley is not None and alley[0] + (20.0 if d < 30.0 else 0.0) < d:
                    chosen.append((alley[1], alley[2]))
                    continue
            chosen.append((self._streets[street], arc) if d < 30.0 else self._far_foot(place[0], place[1]))
        return chosen

    def _nearest_alley(self, place: list[float], edges: list[int]) -> tuple[float, Street, float] | None:
        x, y = place
        best: tuple[float, int, float] | None = None
        for edge in edges:
            ends = self._ends[edge]
            if ends is not None:
                ax, ay, bx, by = ends
                dx, dy = bx - ax, by - ay
                part = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
                away = hypot(ax + part * dx - x, ay + part * dy - y)
                if best is None or away < best[0]:
                    best = away, edge, part
        if best is None:
            return None
        alley = self._alley(best[1])
        return best[0], alley, best[2] * alley.length

    def _far_foot(self, x: float, y: float) -> tuple[Street, float]:
        for radius in (90.0, 300.0, 2000.0):
            measured = [(street.nearest(x, y), street) for street in self.near(x, y, radius)]
            if measured:
                (_, along), street = min(measured, key=lambda item: item[0][0])
                return street, along
        raise AssertionError("the lattice covers every place")


class _SegmentIndex:
    """Segments of all streets in a hashed grid; nearest-segment questions for many places at once."""

    def __init__(self, streets: list[Street]) -> None:
        self._streets = streets
        sizes = [len(street.xy) - 1 for street in streets]
        self._number = np.repeat(np.arange(len(streets)), sizes)
        self._start = np.concatenate([street.xy[:-1] for street in streets]) if streets else np.zeros((0, 2))
        self._step = np.concatenate([np.diff(street.xy, axis=0) for street in streets]) if streets else np.zeros((0, 2))
        self._along = np.concatenate([street.along[:-1] for street in streets]) if streets else np.zeros(0)
        code = _cell_code(np.floor((self._start + self._step / 2) / _NEAR_CELL_M).astype(np.int64))
        self._order = np.argsort(code, kind="stable")
        self._codes = code[self._order]

    def nearest(self, places: NDArray[np.float64], reach: float) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
        """For each place: distance (inf beyond `reach`, at most 36 m), street number, arc length."""
        away = np.full(len(places), np.inf)
        number, along = np.zeros(len(places), np.int64), np.zeros(len(places))
        cell = np.floor(places / _NEAR_CELL_M).astype(np.int64)
        for shift in np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 2):
            wanted = _cell_code(cell + shift)
            low, high = np.searchsorted(self._codes, wanted), np.searchsorted(self._codes, wanted, side="right")
            count = high - low
            one = np.repeat(np.arange(len(places)), count)
            segment = self._order[low[one] + np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)]
            step, offset = self._step[segment], places[one] - self._start[segment]
            size = np.maximum(np.einsum("ij,ij->i", step, step), 1e-9)
            part = np.clip(np.einsum("ij,ij->i", offset, step) / size, 0.0, 1.0)
            distance = np.hypot(*(offset - part[:, None] * step).T)
            order = np.lexsort((-distance, one))[::-1]
            first = np.flatnonzero(np.diff(one[order], prepend=-1) != 0)
            winner = order[first]
            owner = one[winner]
            better = (distance[winner] < away[owner]) & (distance[winner] < reach)
            owner, winner = owner[better], winner[better]
            away[owner] = distance[winner]
            number[owner] = self._number[segment[winner]]
            along[owner] = self._along[segment[winner]] + part[winner] * np.sqrt(size[winner])
        return away, number, along

    def within(self, x: float, y: float, radius: float) -> list[Street]:
        """Streets with a point within `radius`, in the city's order."""
        middle = self._start + self._step / 2 - np.array([x, y])
        close = np.flatnonzero((np.abs(middle) < radius + PIECE_M).all(axis=1))
        found = np.unique(self._number[close]).tolist()
        return [self._streets[number] for number in found if self._streets[number].nearest(x, y)[0] < radius]


def _cell_code(cell: NDArray[np.int64]) -> NDArray[np.int64]:
    code: NDArray[np.int64] = cell[:, 0] * (1 << 24) + cell[:, 1]
    return code
