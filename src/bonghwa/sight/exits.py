"""Where roads leave the neighbourhood of a place: the crossings of all roads with a circle around it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot, sqrt

import numpy as np

from bonghwa.sight.grid import build_grid
from bonghwa.sight.kernels import GEO_COLUMNS, Floats, Numbers, within

EXIT_RADIUS_M = 150.0
_SAME_EXIT_M = 30.0
_LONGEST_PIECE_M = 100.0


@dataclass(frozen=True)
class Exit:
    """A road crossing the circle: the crossing in EPSG:5186 metres, its compass bearing from the place, the road's name or ""."""

    x: float
    y: float
    bearing: float
    name: str
    inferred: bool = False
    """True where the road is only known as a bus section, straight from stop to stop."""


class RoadExits:
    """All roads of the city in short pieces, indexed by place."""

    def __init__(self, pieces: Floats, name_of: Numbers, names: Sequence[str], inferred: Sequence[bool]) -> None:
        self._pieces, self._name_of, self._names, self._inferred = pieces, name_of, names, inferred
        self._middles = np.zeros((len(pieces), GEO_COLUMNS))
        self._middles[:, 0] = (pieces[:, 0] + pieces[:, 2]) / 2
        self._middles[:, 1] = (pieces[:, 1] + pieces[:, 3]) / 2
        x, y = (np.ascontiguousarray(self._middles[:, column]) for column in (0, 1))
        self._grid = build_grid(x, y, np.zeros(len(pieces)), _LONGEST_PIECE_M)

    @classmethod
    def load(cls, npz: bytes) -> "RoadExits":
        """From the content of `roads.npz`: link_ptr, x, y, kind (1: bus section), name_idx, names."""
        with np.load(io.BytesIO(npz)) as roads:
            ptr, x, y = roads["link_ptr"], roads["x"], roads["y"]
            kind, name_idx, names = roads["kind"], roads["name_idx"], roads["names"]
        inner = np.ones(len(x), np.bool_)
        inner[ptr[1:] - 1] = False
        starts = np.flatnonzero(inner)
        link = np.searchsorted(ptr, starts, side="right") - 1
        ends = np.column_stack((x[starts], y[starts], x[starts + 1], y[starts + 1]))
        length = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
        parts = np.maximum(1, np.ceil(length / _LONGEST_PIECE_M)).astype(np.int64)
        whole = np.repeat(np.arange(len(ends)), parts)
        nth = np.arange(len(whole)) - np.repeat(np.cumsum(parts) - parts, parts)
        share = np.column_stack((nth / parts[whole], (nth + 1) / parts[whole]))
        step = ends[whole, 2:] - ends[whole, :2]
        pieces = np.hstack((ends[whole, :2] + step * share[:, :1], ends[whole, :2] + step * share[:, 1:]))
        owner = link[whole]
        return cls(pieces, name_idx[owner].astype(np.int32), [str(name) for name in names], [bool(k == 1) for k in kind[owner]])

    @classmethod
    def straight(cls, roads: Sequence[tuple[float, float, float, float]], name: str = "") -> "RoadExits":
        """From straight, equally named roads x1, y1, x2, y2, each cut into short pieces."""
        pieces = [
            (x1 + (x2 - x1) * k / n, y1 + (y2 - y1) * k / n, x1 + (x2 - x1) * (k + 1) / n, y1 + (y2 - y1) * (k + 1) / n)
            for x1, y1, x2, y2 in roads
            for n in (max(1, int(hypot(x2 - x1, y2 - y1) / _LONGEST_PIECE_M + 1)),)
            for k in range(n)
        ]
        return cls(np.array(pieces), np.zeros(len(pieces), np.int32), [name], [False] * len(pieces))

    def exits(self, x: float, y: float, radius_m: float = EXIT_RADIUS_M) -> list[Exit]:
        """The exits of a circle, clockwise from north. Both carriageways of one road are one exit, as are crossings within 30 m."""
        reach = radius_m + _LONGEST_PIECE_M
        near = within(self._grid.table, self._grid.members, self._middles, self._grid.cell, x, y, reach)
        found: list[Exit] = []
        for at in sorted(int(piece) for piece in near):
            for cross_x, cross_y in _crossings(self._pieces[at], x, y, radius_m):
                name = self._names[self._name_of[at]]
                bearing = degrees(atan2(cross_x - x, cross_y - y)) % 360.0
                found.append(Exit(cross_x, cross_y, bearing, name, self._inferred[at]))
        found.sort(key=lambda e: (e.inferred, e.name == "", e.bearing))
        distinct: list[Exit] = []
        for candidate in found:
            if all(hypot(candidate.x - other.x, candidate.y - other.y) > _SAME_EXIT_M for other in distinct):
                distinct.append(candidate)
        return sorted(distinct, key=lambda e: e.bearing)


def _crossings(piece: Floats, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Where a straight piece crosses the circle, none when it stays inside or outside."""
    x1, y1, x2, y2 = piece.tolist()
    ax, ay, bx, by = x1 - x, y1 - y, x2 - x, y2 - y
    dx, dy = bx - ax, by - ay
    a, b, c = dx * dx + dy * dy, ax * dx + ay * dy, ax * ax + ay * ay - radius * radius
    disc = b * b - a * c
    if a == 0.0 or disc <= 0.0:
        return []
    root = sqrt(disc)
    return [(x + ax + t * dx, y + ay + t * dy) for t in ((-b - root) / a, (-b + root) / a) if 0.0 <= t < 1.0]
