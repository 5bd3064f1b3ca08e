"""The faces of buildings: which pixel shows which wall, and what that wall looks like there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.blocks import Buildings
from bonghwa.city.canvas import HEIGHT, WIDTH, Floats, cover, window_of
from bonghwa.city.chance import quarter_units, units
from bonghwa.city.light import Sky
from bonghwa.city.pose import NEAREST_M, Lens

FLOOR_M = 3.1
NOTHING, ROOF = -1, -2

_PLASTER = np.array(
    [[0.30, 0.29, 0.28], [0.26, 0.22, 0.19], [0.34, 0.31, 0.27], [0.22, 0.13, 0.10], [0.27, 0.28, 0.30], [0.36, 0.35, 0.33]],
    np.float32,
)
_SIGNS = np.array(
    [[0.10, 0.28, 0.42], [0.45, 0.12, 0.10], [0.12, 0.34, 0.22], [0.50, 0.38, 0.12], [0.36, 0.16, 0.34], [0.42, 0.42, 0.44]], np.float32
)
_WINDOW_LIGHT = np.array([[1.0, 0.70, 0.36], [1.0, 0.82, 0.55], [0.80, 0.88, 1.0]], np.float32)


@dataclass(frozen=True)
class Walls:
    """Every wall face: its building, origin corner (n, 2), unit direction along it, outward normal, width, height."""

    building: NDArray[np.int64]
    key: NDArray[np.int64]
    origin: NDArray[np.float64]
    along: NDArray[np.float64]
    outward: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    shop: NDArray[np.bool_]


def walls_of(buildings: Buildings) -> Walls:
    """All four faces of every building; face `4 i + e` runs from corner `e` of building `i` to the next."""
    corners = buildings.corners()
    after = np.roll(corners, -1, axis=1)
    along = after - corners
    width = np.linalg.norm(along, axis=2, keepdims=True)
    along = along / width
    outward = np.stack([along[..., 1], -along[..., 0]], axis=2)
    edge = np.arange(4)
    return Walls(
        building=np.repeat(np.arange(len(buildings)), 4),
        key=(buildings.key[:, None] + edge * 7919).ravel(),
        origin=corners.reshape(-1, 2),
        along=along.reshape(-1, 2),
        outward=outward.reshape(-1, 2),
        width=width.reshape(-1),
        height=np.repeat(buildings.height, 4),
        shop=(buildings.shop[:, None] & (edge == 0)).ravel(),
    )


def rasterise(lens: Lens, buildings: Buildings, walls: Walls, near: Floats, face: NDArray[np.int16]) -> None:
    """Write wall numbers and inverse depths where a wall is nearer than what `near` (inverse depth) holds."""
    if not len(buildings):
        return
    eye = lens.position[:2]
    away = np.hypot(*(buildings.centre - eye).T)
    facing = np.sum((eye - walls.origin) * walls.outward, axis=1) > 0.05
    corners = _corners(walls)
    seen = lens.sees_from(corners)
    facing &= (seen[..., 2] > NEAREST_M).any(axis=1)
    beside = np.abs(seen[..., 0]) * lens.focal > np.maximum(seen[..., 2], 0.0) * (WIDTH / 2)
    facing &= ~(beside & (np.sign(seen[..., 0]) == np.sign(seen[:, :1, 0]))).all(axis=1)
    for building in np.argsort(away).tolist():
        for wall in range(4 * building, 4 * building + 4):
            if facing[wall]:
                _write_plane(lens, corners[wall], np.array([*walls.outward[wall], 0.0]), wall, near, face)
        if buildings.height[building] < lens.position[2]:
            _write_roof(lens, buildings, building, near, face)


def _corners(walls: Walls) -> NDArray[np.float64]:
    """Corners of every wall (n, 4, 3)."""
    end = walls.origin + walls.along * walls.width[:, None]
    ground = np.stack([walls.origin, end, end, walls.origin], axis=1)
    level = np.zeros((len(ground), 4, 1))
    level[:, 2:, 0] = walls.height[:, None]
    return np.concatenate([ground, level], axis=2)


def _write_plane(
    lens: Lens, corners: NDArray[np.float64], normal: NDArray[np.float64], number: int, near: Floats, face: NDArray[np.int16]
) -> None:
    shape = lens.polygon(corners)
    if shape is None:
        return
    window = window_of(shape)
    if window is None:
        return
    # In camera coordinates the plane is n.P = d, and along a pixel's ray P = z (u, v, 1): so 1/z is affine in the picture.
    turned = lens.axes @ normal
    distance = float(normal @ (corners[0] - lens.position))
    if abs(distance) < 1e-6:
        return
    columns = (np.arange(window[1].start, window[1].stop, dtype=np.float32) + np.float32(0.5 - WIDTH / 2)) / np.float32(lens.focal)
    rows = (np.arange(window[0].start, window[0].stop, dtype=np.float32) + np.float32(0.5 - HEIGHT / 2)) / np.float32(lens.focal)
    a, b, c = (np.float32(value) for value in turned / distance)
    inverse = np.add.outer(rows * b + c, columns * a)
    nearer = (cover(shape, window) > 0.5) & (inverse > near[window])
    near[window][nearer] = inverse[nearer]
    face[window][nearer] = number


def _write_roof(lens: Lens, buildings: Buildings, building: int, near: Floats, face: NDArray[np.int16]) -> None:
    flat = buildings.only(np.arange(len(buildings)) == building)
    corners = np.concatenate([flat.corners()[0], np.full((4, 1), flat.height[0])], axis=1)
    _write_plane(lens, corners, np.array([0.0, 0.0, 1.0]), ROOF, near, face)


def _band(value: Floats, low: Floats | float, high: Floats | float, pixel: Floats) -> Floats:
    """1 between `low` and `high`, with edges as soft as a pixel is wide."""
    soft = np.clip((value - low) / pixel + 0.5, 0.0, 1.0) * np.clip((high - value) / pixel + 0.5, 0.0, 1.0)
    return np.asarray(soft, np.float32)


def dress(walls: Walls, number: NDArray[np.int64], x: Floats, y: Floats, z: Floats, pixel: Floats, sky: Sky) -> tuple[Floats, Floats]:
    """Reflectance and own light (both (n, 3), linear) of wall pixels at world points; `pixel` is a pixel's size in metres there."""
    key, building = walls.key[number], walls.building[number]
    origin, along = walls.origin[number], walls.along[number]
    u = ((x - origin[:, 0]) * along[:, 0] + (y - origin[:, 1]) * along[:, 1]).astype(np.float32)
    width, height = walls.width[number].astype(np.float32), walls.height[number].astype(np.float32)
    owners = walls.key[::4]
    plaster = _PLASTER[(units(owners, 31) * len(_PLASTER)).astype(np.int64)] * (0.82 + 0.3 * units(owners, 32))[:, None]
    colour = plaster.astype(np.float32)[building]
    light = np.zeros_like(colour)
    across = np.maximum(1.0, np.floor(width / 2.9)).astype(np.float32)
    bay = width / across
    column, floor = np.floor(u / bay), np.floor(z / FLOOR_M)
    in_bay, in_floor = u / bay - column, z / FLOOR_M - floor
    cell = (key + column.astype(np.int64) * 31 + floor.astype(np.int64) * 1009).astype(np.int64)
    window, lit_draw, tone_draw, strength_draw = quarter_units(cell, 33)
    has_window = (window < 0.86) & ((floor > 0) | ~walls.shop[number]) & (z < height - 0.9)
    glass = _band(in_bay, 0.24, 0.78, pixel / bay) * _band(in_floor, 0.32, 0.76, pixel / np.float32(FLOOR_M)) * has_window
    frame = _band(in_bay, 0.21, 0.81, pixel / bay) * _band(in_floor, 0.28, 0.79, pixel / np.float32(FLOOR_M)) * has_window
    colour *= (1 - 0.28 * frame)[:, None]
    colour = colour * (1 - glass[:, None]) + np.array([0.035, 0.042, 0.052], np.float32) * glass[:, None]
    lit = glass * (lit_draw < sky.lit_share) * (1 - 0.35 * _band(in_bay, 0.49, 0.53, pixel / bay))
    tone = _WINDOW_LIGHT[(tone_draw * 3).astype(np.int64)]
    strength = (0.18 + 0.55 * strength_draw**2).astype(np.float32)
    light += tone * (lit * strength * (0.75 + 0.25 * in_floor))[:, None]
    ledge = _band(in_floor, 0.0, 0.05, pixel / np.float32(FLOOR_M)) * (floor > 0)
    colour *= (1 + 0.18 * ledge)[:, None]
    colour *= (1 - 0.35 * _band(z, height - 0.35, height + 1.0, pixel))[:, None]
    _dress_shops(walls, number, u, z, width, pixel, sky, colour, light)
    colour *= np.clip(0.62 + 0.16 * z, 0.62, 1.0)[:, None]
    return colour, light


def _dress_shops(
    walls: Walls, number: NDArray[np.int64], u: Floats, z: Floats, width: Floats, pixel: Floats, sky: Sky, colour: Floats, light: Floats
) -> None:
    """Shop fronts on the ground floor: a sign over glass, or a shutter at night."""
    low = np.flatnonzero(walls.shop[number] & (z < FLOOR_M + 0.3))
    if not len(low):
        return
    front, glow = colour[low], light[low]
    _dress_fronts(walls.key[number[low]], u[low], z[low], width[low], pixel[low], sky, front, glow)
    colour[low], light[low] = front, glow


def _dress_fronts(
    key: NDArray[np.int64], u: Floats, z: Floats, width: Floats, pixel: Floats, sky: Sky, colour: Floats, light: Floats
) -> None:
    open_now = units(key, 41) < (0.16 + 0.84 * (1 - sky.night) if sky.lit_share < 0.2 else 0.55)
    sign = _band(z, 2.45, 3.25, pixel) * _band(u, 0.35, width - 0.35, pixel)
    glass = _band(z, 0.35, 2.3, pixel) * _band(u, 0.6, width - 0.6, pixel)
    bars = np.abs(np.mod(z, 0.22) - 0.11) * 4
    hue = _SIGNS[(units(key, 42) * len(_SIGNS)).astype(np.int64)]
    colour += sign[:, None] * (hue * 0.8 - colour)
    pane = np.where(open_now[:, None], np.array([0.06, 0.065, 0.07], np.float32), (0.16 + 0.08 * bars)[:, None].astype(np.float32))
    colour += glass[:, None] * (pane - colour)
    lamp = (sign * (0.30 * (units(key, 43) < 0.75)) * np.clip(sky.night + 0.1, 0, 1) * (0.35 + 0.65 * open_now)).astype(np.float32)
    light += hue * lamp[:, None] * 2.0
    mullion = 1 - 0.7 * (np.abs(np.mod(u, 1.9) - 0.95) < np.maximum(0.05, pixel * 0.5))
    inside = (glass * open_now * mullion * (0.22 + 0.4 * sky.night) * (0.55 + 0.25 * z)).astype(np.float32)
    light += np.array([1.0, 0.86, 0.62], np.float32) * (inside * sky.night)[:, None] * 0.8


def shop_lights(walls: Walls, sky: Sky, x: float, y: float, radius: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Point lights (position (n, 3), colour (n, 3)) before the open shops near a place, nearest first."""
    open_now = units(walls.key, 41) < (0.16 + 0.84 * (1 - sky.night) if sky.lit_share < 0.2 else 0.55)
    spot = walls.origin + walls.along * walls.width[:, None] / 2 + walls.outward * 0.9
    away = np.hypot(spot[:, 0] - x, spot[:, 1] - y)
    chosen = np.flatnonzero(walls.shop & open_now & (away < radius))
    chosen = chosen[np.argsort(away[chosen])][:8]
    colour = np.array([0.34, 0.27, 0.17]) * sky.night
    return np.concatenate([spot[chosen], np.full((len(chosen), 1), 2.2)], axis=1), np.broadcast_to(colour, (len(chosen), 3)).copy()
