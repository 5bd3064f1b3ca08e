"""The index of all cameras: which of them can see a point, in microseconds.

A camera lies in every 50 m cell its range disc touches, so turning it changes three numbers and never the grid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import cos, hypot, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from bonghwa.domain.camera import PRIOR_FOV_DEG, Camera, Pose, horizontal_pixels
from bonghwa.domain.geo import to_grid
from bonghwa.sight import kernels
from bonghwa.sight.grid import Grid, build_grid, one_block
from bonghwa.sight.kernel import direct
from bonghwa.sight.kernels import CELL_M, Depths, Floats, Ints, Numbers
from bonghwa.sight.occlusion import NO_WALLS, Footprints

POINT_CELL_M = 150.0

UNKNOWN_PRIOR = PRIOR_FOV_DEG / 360
"""The chance that a fixed camera of unknown bearing looks at a given point in its range."""
ALL_ROUND_PRIOR = 0.6
"""The same where the owner's file says that the site looks all round, which nobody checked."""
NIGHT_FIXED, NIGHT_PTZ = 0.7, 0.85
"""What darkness leaves of a picture's worth; a PTZ can close in."""


def _prior(pose: Pose) -> float:
    if pose.known:
        return 1.0
    return ALL_ROUND_PRIOR if pose.all_round else UNKNOWN_PRIOR


def _heading(pose: Pose) -> tuple[float, float, float]:
    """East, north and the cosine of half the field of view; an unknown pose has none and passes every test."""
    if pose.bearing is None or pose.fov is None:
        return 0.0, 0.0, -2.0
    angle = radians(pose.bearing)
    return sin(angle), cos(angle), -2.0 if pose.fov >= 360 else cos(radians(pose.fov / 2))


def _pixels_at_one_metre(camera: Camera) -> float:
    fov = min(camera.pose.fov or PRIOR_FOV_DEG, 170.0)
    return horizontal_pixels(camera.pixels) / (2 * tan(radians(fov / 2)))


@dataclass
class CameraIndex:
    """Cameras of one moment, packed for the kernels. Numbers of cameras are their places in `cameras`.

    Poses and health may be changed from one thread while others read; cameras that come or go need a new index.
    """

    cameras: list[Camera]
    geo: Floats
    trait: Floats
    depth: Depths
    sight_grid: Grid
    point_grid: Grid
    footprints: Footprints | None = None
    seeing: Callable[[float, float], Numbers] = field(init=False, repr=False)
    """Numbers of the cameras that show a point x, y, including those of unknown pose that might."""

    def __post_init__(self) -> None:
        self._lay_out(self.sight_grid)
        self.number = {camera.id: at for at, camera in enumerate(self.cameras)}
        self._usable: dict[tuple[frozenset[str], frozenset[str] | None], NDArray[np.bool_]] = {}
        self._heads = np.bincount(self.trait[:, kernels.POLE].astype(np.int64), minlength=1)
        self._everyone = np.ones(len(self.cameras), np.bool_)

    @classmethod
    def build(cls, cameras: Sequence[Camera], footprints: Footprints | None = None) -> "CameraIndex":
        """The index of all cameras that are not retired; walls block where `footprints` are given."""
        active = [camera for camera in cameras if not camera.retired]
        geo = np.zeros((len(active), kernels.GEO_COLUMNS))
        trait = np.zeros((len(active), kernels.TRAIT_COLUMNS))
        poles: dict[str, int] = {}
        for at, camera in enumerate(active):
            pose = camera.pose
            geo[at] = (*to_grid(camera.lat, camera.lon), pose.range_m**2, *_heading(pose), float(pose.known), _prior(pose))
            night = NIGHT_PTZ if pose.ptz else NIGHT_FIXED
            trait[at] = (_pixels_at_one_metre(camera), 1.0, night, poles.setdefault(camera.pole, len(poles)))
        return cls.pack(active, geo, trait, footprints)

    @classmethod
    def pack(cls, cameras: Sequence[Camera], geo: Floats, trait: Floats, footprints: Footprints | None = None) -> "CameraIndex":
        """An index over rows that are already laid out as the kernels read them. Neighbours are put side by side in memory."""
        order = np.lexsort((geo[:, kernels.X] // POINT_CELL_M, geo[:, kernels.Y] // POINT_CELL_M))
        cameras, geo, trait = [cameras[int(at)] for at in order], geo[order], trait[order]
        x, y = np.ascontiguousarray(geo[:, kernels.X]), np.ascontiguousarray(geo[:, kernels.Y])
        reach = np.sqrt(geo[:, kernels.RANGE2])
        depth = footprints.depths(geo) if footprints is not None else NO_WALLS
        points = build_grid(x, y, np.zeros_like(x), POINT_CELL_M)
        return cls(cameras, geo, trait, depth, build_grid(x, y, reach, CELL_M), points, footprints)

    def _lay_out(self, grid: Grid) -> None:
        block, self.sight_grid, self.geo = one_block(grid, self.geo)
        if self.footprints is None:
            self.seeing = partial(direct(kernels.cameras_in_block, block, 0.0, 0.0), block)
        else:
            grid = self.sight_grid
            self.seeing = partial(kernels.cameras_seeing, grid.table, grid.members, self.geo, self.depth, grid.cell)

    def seeing_each(self, x: Floats, y: Floats) -> tuple[Ints, Numbers]:
        """`seeing` of many points at once: `first` and `found`; the answer of point p is `found[first[p]:first[p + 1]]`."""
        grid = self.sight_grid
        return kernels.cameras_seeing_each(grid.table, grid.members, self.geo, self.depth, grid.cell, x, y)

    def near(self, x: float, y: float, radius_m: float) -> Numbers:
        """Numbers of the cameras that stand within a radius, in no order."""
        grid = self.point_grid
        return kernels.within(grid.table, grid.members, self.geo, grid.cell, x, y, radius_m)

    def nearest(self, x: float, y: float, usable: NDArray[np.bool_] | None = None) -> tuple[str, float] | None:
        """The id of the nearest (usable) camera and its distance in metres, None when there is none."""
        at = int(kernels.nearest_of(self.geo, self._everyone if usable is None else usable, x, y))
        if at < 0:
            return None
        return self.cameras[at].id, hypot(self.geo[at, kernels.X] - x, self.geo[at, kernels.Y] - y)

    def usable(self, left_out_purposes: frozenset[str], owners: frozenset[str] | None) -> NDArray[np.bool_]:
        """Which cameras a clause allows: all but some purposes, of some owners (None: of any)."""
        key = (left_out_purposes, owners)
        if key not in self._usable:
            self._usable[key] = np.array(
                [c.purpose not in left_out_purposes and (owners is None or c.owner in owners) for c in self.cameras], dtype=np.bool_
            )
        return self._usable[key]

    def heads(self, number: int) -> int:
        """How many cameras stand on the pole of this one."""
        return int(self._heads[int(self.trait[number, kernels.POLE])])

    def set_health(self, camera_id: str, share: float) -> None:
        """How much a camera's answer is worth now: 1 answers, 0 dead and never chosen, between for slow ones."""
        if not 0 <= share <= 1:
            raise ValueError(f"share: {share} is not within 0..1")
        self.trait[self.number[camera_id], kernels.HEALTH] = share

    def set_pose(self, camera_id: str, pose: Pose) -> None:
        """A camera was turned or surveyed. A range beyond the one it was indexed with packs the grid anew; turning does not."""
        at = self.number[camera_id]
        camera = replace(self.cameras[at], pose=pose)
        grows = pose.range_m**2 > self.geo[at, kernels.RANGE2]
        x, y = self.geo[at, kernels.X], self.geo[at, kernels.Y]
        if self.footprints is not None and pose.range_m**2 != self.geo[at, kernels.RANGE2]:
            self.depth[at] = self.footprints.depth(x, y, pose.range_m)
        self.geo[at] = (x, y, pose.range_m**2, *_heading(pose), float(pose.known), _prior(pose))
        self.trait[at, kernels.PIXELS] = _pixels_at_one_metre(camera)
        self.trait[at, kernels.NIGHT] = NIGHT_PTZ if pose.ptz else NIGHT_FIXED
        self.cameras[at] = camera
        if grows:
            columns = (np.ascontiguousarray(self.geo[:, column]) for column in (kernels.X, kernels.Y, kernels.RANGE2))
            every_x, every_y, range2 = columns
            self._lay_out(build_grid(every_x, every_y, np.sqrt(range2), CELL_M))
