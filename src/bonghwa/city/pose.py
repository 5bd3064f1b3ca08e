"""Where a simulated camera truly looks, and the pinhole through which it sees.

The registry gives no bearing for any camera. The city has to: a camera looks along the street next to it. What it gives is the
truth of the simulation; the system learns it only for the cameras that `survey` writes down.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, pi, radians, sin, sqrt, tan

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.camera import CityCamera
from bonghwa.city.canvas import HEIGHT, WIDTH
from bonghwa.city.chance import key_of, units
from bonghwa.city.streets import Streets

OVERVIEW_PX_PER_M = 12.5
"""EN 62676-4 "monitor": a person at this many pixels a metre can be followed. It bounds the range of a survey."""

NEAREST_M = 0.4
"""What is nearer than this to the lens plane is not drawn."""


@dataclass(frozen=True)
class Pose:
    """A mounted camera: grid metres, degrees; `pitch` is downwards, `fov` the horizontal field of view."""

    x: float
    y: float
    height: float
    bearing: float
    pitch: float
    fov: float
    range_m: float
    turns: bool

    @property
    def focal(self) -> float:
        """Focal length in pixels of the rendered picture."""
        return WIDTH / 2 / tan(radians(self.fov) / 2)


class Lens:
    """The pinhole projection of a pose, with y down and no roll."""

    def __init__(self, pose: Pose) -> None:
        self.pose = pose
        self.focal = pose.focal
        bearing, pitch = radians(pose.bearing), radians(pose.pitch)
        self.forward = np.array([sin(bearing) * cos(pitch), cos(bearing) * cos(pitch), -sin(pitch)])
        self.right = np.array([cos(bearing), -sin(bearing), 0.0])
        self.down = np.cross(self.forward, self.right)
        self.axes = np.stack([self.right, self.down, self.forward])
        self.position = np.array([pose.x, pose.y, pose.height])

    def sees_from(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Camera coordinates (right, down, forward; metres) of world points `(..., 3)`."""
        seen: NDArray[np.float64] = (points - self.position) @ self.axes.T
        return seen

    def project(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels `(..., 2)` and depths `(...)` of world points. A depth below `NEAREST_M` means: not in front; its pixel is meaningless."""
        seen = self.sees_from(points)
        return self.pixels(seen), seen[..., 2]

    def pixels(self, seen: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels of camera coordinates; depths are held at `NEAREST_M`."""
        depth = np.maximum(seen[..., 2:], NEAREST_M)
        pixels: NDArray[np.float64] = seen[..., :2] / depth * self.focal + np.array([WIDTH / 2, HEIGHT / 2])
        return pixels

    def polygon(self, corners: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """A world polygon in pixels, cut at the near plane; None when it lies behind the camera."""
        seen = self.sees_from(corners)
        inside = seen[:, 2] > NEAREST_M
        if inside.all():
            return self.pixels(seen)
        if not inside.any():
            return None
        kept = []
        for i, here in enumerate(seen):
            there = seen[(i + 1) % len(seen)]
            if inside[i]:
                kept.append(here)
            if inside[i] != inside[(i + 1) % len(seen)]:
                kept.append(here + (NEAREST_M - here[2]) / (there[2] - here[2]) * (there - here))
        return self.pixels(np.array(kept))

    def on_ground(self, column: float, row: float) -> tuple[float, float] | None:
        """The ground point (grid metres) a pixel shows when nothing stands before it; None above the horizon."""
        ray = np.array([(column - WIDTH / 2) / self.focal, (row - HEIGHT / 2) / self.focal, 1.0]) @ self.axes
        if ray[2] >= -1e-6:
            return None
        point = self.position + ray * (self.position[2] / -ray[2])
        return float(point[0]), float(point[1])


def _pixel_columns(camera: CityCamera) -> float:
    """Picture width in pixels from the registry's 화소수 (ten thousands of pixels; 0 means unknown: two megapixels)."""
    return sqrt((camera.pixels or 200) * 1e4 * 16 / 9)


def _mount(camera: CityCamera, bearing: float, reach: float, fov: float, height: float) -> Pose:
    fov = 90.0 if camera.turns else fov
    span = _pixel_columns(camera) / OVERVIEW_PX_PER_M / 2 / tan(radians(fov) / 2)
    return Pose(
        x=camera.x,
        y=camera.y,
        height=height,
        bearing=bearing % 360.0,
        pitch=min(24.0, max(11.0, degrees(atan2(height, reach)))),
        fov=fov,
        range_m=min(120.0, max(35.0, span)),
        turns=camera.turns,
    )


def _aim(
    camera: CityCamera, foot: tuple[float, float, float, float], ordinal: int, heads: int, reach: float, way: int
) -> tuple[float, float]:
    """Where a head looks, as metres east and north of it.

    Heads of one pole share the street between them: along it one way, the other way, across it, and then all around.
    """
    x, y, dx, dy = foot
    way = way if ordinal % 2 == 0 else -way
    if ordinal >= 2:
        turned = atan2(dx * way, dy * way) + pi * (0.5 + (ordinal - 2) / max(1, heads - 2))
        return sin(turned) * reach, cos(turned) * reach
    return x + dx * way * reach * 1.25 - camera.x, y + dy * way * reach * 1.25 - camera.y


def true_poses(cameras: Sequence[CityCamera], streets: Streets) -> dict[str, Pose]:
    """The true pose of every camera, by id; it depends on the registry and the streets only."""
    if not cameras:
        return {}
    feet = streets.foot_points(np.array([[camera.x, camera.y] for camera in cameras]))
    keys = np.array([key_of("camera", camera.id) for camera in cameras])
    fov, height, reach = 62.0 + 26.0 * units(keys, 1), 5.0 + 2.0 * units(keys, 2), 15.0 + 10.0 * units(keys, 3)
    poles: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number in sorted(range(len(cameras)), key=lambda number: cameras[number].id):
        poles[round(cameras[number].x), round(cameras[number].y)].append(number)
    poses: dict[str, Pose] = {}
    for place, heads in poles.items():
        way = 1 if sum(place) % 2 else -1
        for ordinal, number in enumerate(heads):
            camera, (street, along) = cameras[number], feet[number]
            east, north = _aim(camera, street.point(along), ordinal, len(heads), float(reach[number]), way)
            away = max(14.0, hypot(east, north) * 0.85)
            poses[camera.id] = _mount(camera, degrees(atan2(east, north)), away, float(fov[number]), float(height[number]))
    return poses
