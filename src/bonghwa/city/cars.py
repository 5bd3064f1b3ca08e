"""Cars as lit boxes, drawn straight into a frame's planes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.canvas import HEIGHT, WIDTH, Floats
from bonghwa.city.figures import Frame, Sprite, colour_sprite
from bonghwa.city.pose import Lens

LENGTH_M, WIDTH_M = 4.4, 1.8


@dataclass(frozen=True)
class Paint:
    """A car's body colour (sRGB 0..255)."""

    body: tuple[int, int, int]


PAINTS = tuple(
    Paint(body) for body in ((205, 207, 208), (42, 44, 48), (120, 124, 130), (230, 230, 226), (58, 66, 84), (90, 40, 38), (160, 164, 168))
)

# x ahead, y left, z up; from the ground up: sill, waist, roof. Quads of the two boxes, each with its shade and what it is.
_LOW, _WAIST, _ROOF = 0.22, 0.92, 1.46
_HALF, _SIDE = LENGTH_M / 2, WIDTH_M / 2


def _box(back: float, front: float, side: float, low: float, high: float, taper: float) -> NDArray[np.float64]:
    """Faces (5, 4, 3): rear, front, left, right, top; the top is shorter by `taper` at both ends and narrower by a fifth of it."""
    b, f, s = back + taper, front - taper, side - taper * 0.2
    base = [(back, side, low), (back, -side, low), (front, -side, low), (front, side, low)]
    lid = [(b, s, high), (b, -s, high), (f, -s, high), (f, s, high)]
    return np.array(
        [
            [base[0], base[1], lid[1], lid[0]],
            [base[2], base[3], lid[3], lid[2]],
            [base[3], base[0], lid[0], lid[3]],
            [base[1], base[2], lid[2], lid[1]],
            [lid[0], lid[1], lid[2], lid[3]],
        ]
    )


def _wheels() -> NDArray[np.float64]:
    """Dark quads for the four wheels, wound like the sides they stand on."""
    wheels = []
    for axle in (-1.35, 1.32):
        for side in (_SIDE + 0.02, -_SIDE - 0.02):
            left, right = (axle + 0.36, axle - 0.36) if side > 0 else (axle - 0.36, axle + 0.36)
            inset = 0.12 if side < 0 else -0.12
            wheels.append([(left, side, 0.0), (right, side, 0.0), (right - inset, side, 0.62), (left + inset, side, 0.62)])
    return np.array(wheels)


_FACES = np.concatenate(
    [_box(-_HALF, _HALF, _SIDE, _LOW, _WAIST, 0.08), _box(-_HALF + 0.45, _HALF - 1.25, _SIDE - 0.08, _WAIST, _ROOF, 0.5), _wheels()]
)
_SHADES = np.array([0.72, 0.78, 0.62, 0.62, 1.0, 0.30, 0.34, 0.28, 0.28, 0.95, 0.06, 0.06, 0.06, 0.06])
_GLASS = np.array([False] * 5 + [True] * 4 + [False] * 5)
_SHADOW = np.array(
    [[-_HALF - 0.1, -_SIDE - 0.15, 0], [_HALF + 0.1, -_SIDE - 0.15, 0], [_HALF + 0.1, _SIDE + 0.15, 0], [-_HALF - 0.1, _SIDE + 0.15, 0]]
)
_LAMPS = np.array([[_HALF, 0.62, 0.66], [_HALF, -0.62, 0.66], [-_HALF, 0.66, 0.78], [-_HALF, -0.66, 0.78]])

_COLUMNS = np.arange(WIDTH, dtype=np.float32) + np.float32(0.5)
_ROWS = np.arange(HEIGHT, dtype=np.float32) + np.float32(0.5)


def _coverage(shapes: NDArray[np.float64], columns: Floats, rows: Floats) -> Floats:
    """Antialiased coverage of several convex quads at once: (n, h, w)."""
    edge = np.roll(shapes, -1, axis=1) - shapes
    length = np.maximum(np.hypot(edge[..., 0], edge[..., 1]), 1e-6)
    following = np.roll(shapes, -1, axis=1)
    area = np.sum(shapes[..., 0] * following[..., 1] - following[..., 0] * shapes[..., 1], axis=1)
    turn = np.sign(area)[:, None] / length
    a, b = (-edge[..., 1] * turn).astype(np.float32), (edge[..., 0] * turn).astype(np.float32)
    c = (0.5 - (a * shapes[..., 0] + b * shapes[..., 1])).astype(np.float32)
    covered: Floats = (a[:, 0, None] * columns)[:, None, :] + (b[:, 0, None] * rows + c[:, 0, None])[:, :, None]
    for i in range(1, 4):
        np.minimum(covered, (a[:, i, None] * columns)[:, None, :] + (b[:, i, None] * rows + c[:, i, None])[:, :, None], out=covered)
    return np.clip(covered, 0, 1, out=covered)


def _turn(points: NDArray[np.float64], x: float, y: float, ahead: NDArray[np.float64]) -> NDArray[np.float64]:
    east = x + points[..., 0] * ahead[0] - points[..., 1] * ahead[1]
    north = y + points[..., 0] * ahead[1] + points[..., 1] * ahead[0]
    return np.stack([east, north, points[..., 2]], axis=-1)


def draw_car(
    frame: Frame,
    lens: Lens,
    x: float,
    y: float,
    ahead: NDArray[np.float64],
    paint: Paint,
    light: tuple[float, float, float],
    night: float,
    stands: bool = False,
) -> None:
    """Draw a car standing at a ground point and heading along the unit vector `ahead`; nothing when it is not wholly in front.

    With `night` above 0 its lamps burn; one that `stands` also leaves its depth, so that it hides what passes behind.
    """
    points, depth = lens.project(_turn(np.concatenate([_FACES.reshape(-1, 3), _SHADOW]), x, y, ahead))
    if depth.min() < 1.5:
        return
    low, high = points.min(axis=0), points.max(axis=0)
    x0, y0 = max(0, int(low[0]) - 1) & ~1, max(0, int(low[1]) - 1) & ~1
    x1, y1 = min(WIDTH, int(high[0]) + 3) & ~1, min(HEIGHT, int(high[1]) + 3) & ~1
    if x0 >= x1 or y0 >= y1:
        return
    faces = points[:-4].reshape(-1, 4, 2)
    following = np.roll(faces, -1, axis=1)
    seen = np.sum(faces[..., 0] * following[..., 1] - following[..., 0] * faces[..., 1], axis=1) < 0
    chosen = np.flatnonzero(seen)
    shapes = np.concatenate([points[-4:][None], faces[chosen]])
    covered = _coverage(shapes, _COLUMNS[x0:x1], _ROWS[y0:y1])
    here = frame.near[y0:y1, x0:x1]
    centre = float(depth[:-4].mean())
    if here.max() > 1 / (centre + 1.0):
        covered *= here <= 1 / max(0.5, centre - 1.2)
    body = np.asarray(paint.body, np.float64)
    colour = np.where(_GLASS[chosen, None], np.array([70.0, 78.0, 90.0]), body) * _SHADES[chosen, None]
    colour = np.concatenate([[[6.0, 7.0, 9.0]], colour])
    brightness, tint_blue, tint_red = light
    luma = 16 + colour @ [0.2568, 0.5041, 0.0979] * brightness
    blue = 128 + tint_blue + colour @ [-0.1482, -0.2910, 0.4392] * brightness
    red = 128 + tint_red + colour @ [0.4392, -0.3678, -0.0714] * brightness
    covered[0] *= np.float32(0.75)
    _lay(frame.luma[y0:y1, x0:x1], covered, luma)
    half = covered[:, ::2, ::2]
    _lay(frame.blue[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], half, blue)
    _lay(frame.red[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2], half, red)
    if stands:
        here[covered[1:].max(axis=0) > 0.5] = 1 / centre
    if night > 0.05:
        _lights(frame, lens, x, y, ahead, night)


def _lay(part: NDArray[np.uint8], covered: Floats, values: NDArray[np.float64]) -> None:
    picture = part.astype(np.float32)
    for weight, value in zip(covered, values, strict=True):
        picture += weight * (np.float32(value) - picture)
    part[:] = picture


def _glow_sprite(size: int, rgb: tuple[int, int, int]) -> Sprite:
    side = size * 6 + size * 6 % 2
    axis = (np.arange(side, dtype=np.float32) + 0.5 - side / 2) / size
    away = np.add.outer(axis * axis, axis * axis)
    opacity = np.clip(1.0 / (1 + away * 2.2) ** 1.6 * np.clip(1 - away / 9, 0, 1), 0, 1).astype(np.float32)
    return colour_sprite(np.broadcast_to(np.asarray(rgb, np.float32), (side, side, 3)).copy(), opacity, (side // 2, side // 2))


_HEAD = {size: _glow_sprite(size, (255, 246, 226)) for size in range(1, 17)}
_TAIL = {size: _glow_sprite(size, (236, 44, 34)) for size in range(1, 17)}


def _lights(frame: Frame, lens: Lens, x: float, y: float, ahead: NDArray[np.float64], night: float) -> None:
    points, depth = lens.project(_turn(_LAMPS, x, y, ahead))
    towards = float(np.array([lens.pose.x - x, lens.pose.y - y]) @ ahead) / max(1.0, float(np.hypot(lens.pose.x - x, lens.pose.y - y)))
    for i, sprites in ((0, _HEAD), (1, _HEAD), (2, _TAIL), (3, _TAIL)):
        facing = towards if i < 2 else -towards
        if facing < 0.1 or depth[i] < 2.0:
            continue
        size = int(np.clip((0.34 if i < 2 else 0.2) * lens.focal / depth[i], 1, 16))
        frame.lay(
            sprites[size], float(points[i, 0]), float(points[i, 1]), float(depth[i]) - 0.4, (1.0, 0.0, 0.0), night * (0.35 + 0.65 * facing)
        )
