"""Walls between a camera and a place: a polar depth buffer of one byte a ray, made from building footprints.

A ray keeps how far a camera sees in its direction, in 255ths of its range. Without footprints nothing is assumed to block.
"""

from collections.abc import Sequence
from math import atan2, ceil, floor, hypot, sqrt

import numpy as np
from numpy.typing import NDArray

from bonghwa.sight.grid import Grid, build_grid
from bonghwa.sight.kernel import compiled
from bonghwa.sight.kernels import Depths, Floats, Ints, Numbers, cell_key, find_slot

RAYS = 256
"""Rays a camera: 1.4 degrees each, 1.3 m wide at 53 m."""
_TURN = 2 * np.pi
_CELL_M = 50.0


@compiled
def ray_hit(x: float, y: float, east: float, north: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """Distance along a ray of unit direction to a wall, infinity when it misses."""
    wx, wy = x2 - x1, y2 - y1
    cross = east * wy - north * wx
    if cross == 0.0:
        return np.inf
    ox, oy = x1 - x, y1 - y
    along = (ox * wy - oy * wx) / cross
    part = (ox * north - oy * east) / cross
    return along if along > 0.0 and 0.0 <= part <= 1.0 else np.inf


@compiled
def depth_of(table: Ints, members: Numbers, cell: float, walls: Floats, x: float, y: float, reach: float, rays: int) -> Depths:
    """The depth buffer of one camera: for every ray the first wall, at the ray's middle, in 255ths of the range."""
    depth = np.full(rays, reach)
    for column in range(floor((x - reach) / cell), floor((x + reach) / cell) + 1):
        for row in range(floor((y - reach) / cell), floor((y + reach) / cell) + 1):
            slot = find_slot(table, cell_key(column, row))
            for at in range(table[slot, 1], table[slot, 2]):
                x1, y1, x2, y2 = walls[members[at]]
                start = atan2(x1 - x, y1 - y) * rays / _TURN - 0.5
                sweep = (atan2(x2 - x, y2 - y) * rays / _TURN - 0.5 - start + rays / 2) % rays - rays / 2
                low, high = (start, start + sweep) if sweep >= 0 else (start + sweep, start)
                for ray in range(ceil(low), floor(high) + 1):
                    angle = (ray + 0.5) * _TURN / rays
                    hit = ray_hit(x, y, np.sin(angle), np.cos(angle), x1, y1, x2, y2)
                    if hit < depth[ray % rays]:
                        depth[ray % rays] = hit
    return (depth * (254.999 / reach)).astype(np.uint8)


@compiled
def depths_of(table: Ints, members: Numbers, cell: float, walls: Floats, geo: Floats, rays: int) -> Depths:
    """Depth buffers of all cameras."""
    depth = np.empty((geo.shape[0], rays), np.uint8)
    for i in range(geo.shape[0]):
        depth[i] = depth_of(table, members, cell, walls, geo[i, 0], geo[i, 1], sqrt(geo[i, 2]), rays)
    return depth


class Footprints:
    """The walls of buildings, indexed by place. Rings are sequences of (x, y) in EPSG:5186 metres, closed or not."""

    def __init__(self, rings: Sequence[Sequence[tuple[float, float]]]) -> None:
        walls = [(*a, *b) for ring in rings for a, b in zip(ring, [*ring[1:], ring[0]], strict=True) if a != b]
        self.walls: Floats = np.array(walls, dtype=np.float64).reshape(-1, 4)
        middle_x, middle_y = (self.walls[:, 0] + self.walls[:, 2]) / 2, (self.walls[:, 1] + self.walls[:, 3]) / 2
        half = np.hypot(self.walls[:, 0] - self.walls[:, 2], self.walls[:, 1] - self.walls[:, 3]) / 2
        self._grid: Grid = build_grid(middle_x, middle_y, half, _CELL_M)

    def depths(self, geo: Floats) -> Depths:
        """A depth buffer for every camera of an index."""
        grid = self._grid
        return depths_of(grid.table, grid.members, grid.cell, self.walls, geo, RAYS)

    def depth(self, x: float, y: float, reach: float) -> Depths:
        """The depth buffer of one camera."""
        grid = self._grid
        return depth_of(grid.table, grid.members, grid.cell, self.walls, x, y, reach, RAYS)

    def blocked(self, x: float, y: float, to_x: float, to_y: float) -> bool:
        """Whether a wall stands on the straight line: exact, slow, the yardstick of the buffers."""
        d = hypot(to_x - x, to_y - y)
        if d == 0:
            return False
        east, north = (to_x - x) / d, (to_y - y) / d
        return any(ray_hit(x, y, east, north, *wall) < d for wall in self.walls)


NO_WALLS: NDArray[np.uint8] = np.zeros((0, RAYS), np.uint8)
"""The depth buffers where no footprints exist: nothing is known to block."""
