"""Things that stand in the street: lamp posts with their glow, trees, parked cars, wires."""

import numpy as np
from numpy.typing import NDArray

from bonghwa.city import blocks
from bonghwa.city.canvas import HEIGHT, WIDTH, Floats, cover, disc, window_of
from bonghwa.city.cars import PAINTS, draw_car
from bonghwa.city.chance import units
from bonghwa.city.figures import Frame
from bonghwa.city.light import LAMP_HEIGHT_M, Lamps, Sky, on_sprites
from bonghwa.city.pose import Lens
from bonghwa.city.streets import Street


def _paste(
    picture: Floats, near: Floats, shape: NDArray[np.float64], depth: float, colour: NDArray[np.float64], opacity: float = 1.0
) -> None:
    """Paint a polygon where nothing nearer stands, and remember its depth."""
    window = window_of(shape)
    if window is None:
        return
    weight = cover(shape, window) * np.float32(opacity)
    weight *= near[window] < 1 / depth
    part = picture[window]
    part += weight[..., None] * (colour.astype(np.float32) - part)
    solid = weight > 0.6
    near[window][solid] = 1 / depth


def _glow(picture: Floats, near: Floats, pixel: NDArray[np.float64], depth: float, colour: NDArray[np.float64], size: float) -> None:
    """Light scattered around a lamp: added, and hidden by what stands before the lamp."""
    column, row = int(pixel[0]), int(pixel[1])
    if not (0 <= column < WIDTH and 0 <= row < HEIGHT) or near[row, column] > 1 / depth:
        return
    window = window_of(pixel[None], margin=size * 4)
    if window is None:
        return
    columns = np.arange(window[1].start, window[1].stop, dtype=np.float32) + 0.5 - pixel[0]
    rows = np.arange(window[0].start, window[0].stop, dtype=np.float32) + 0.5 - pixel[1]
    away = np.add.outer(rows * rows, columns * columns) / np.float32(size * size)
    edge = np.clip(1 - away / 16, 0, 1)
    picture[window] += (edge * (0.9 / (1 + away * 3) ** 1.5 + 0.06 / (1 + away)))[..., None] * colour.astype(np.float32)


def _post(
    lens: Lens, picture: Floats, near: Floats, base: NDArray[np.float64], inwards: NDArray[np.float64], tint: NDArray[np.float64]
) -> None:
    foot, top = np.array([*base, 0.0]), np.array([*base, LAMP_HEIGHT_M])
    head = top + np.array([*(inwards * 1.3), 0.15])
    (points, depth) = lens.project(np.stack([foot, top, head]))
    if depth.min() < 2.5:
        return
    metal = np.array([0.16, 0.165, 0.175]) * (tint + 0.25)
    for (a, b), width in (((0, 1), 0.13), ((1, 2), 0.09)):
        half = max(0.35, width * lens.focal / float(depth[a]) / 2)
        step = points[b] - points[a]
        across = np.array([-step[1], step[0]]) / max(1e-6, float(np.hypot(*step))) * half
        shape = np.stack([points[a] - across, points[b] - across, points[b] + across, points[a] + across])
        _paste(picture, near, shape, float(depth[a]), metal)


def _tree(lens: Lens, picture: Floats, near: Floats, base: NDArray[np.float64], key: int, tint: NDArray[np.float64]) -> None:
    draw = units(np.arange(key % 100_000, key % 100_000 + 25), 51)
    height = 3.6 + 2.6 * draw[0]
    points, depth = lens.project(np.array([[*base, 0.0], [*base, height * 0.55]]))
    z = float(depth[0])
    if z < 4.0 or z > 90.0:
        return
    scale = lens.focal / z
    half = max(0.4, 0.11 * scale)
    trunk = np.stack([points[0] + [-half, 0], points[0] + [half, 0], points[1] + [half * 0.7, 0], points[1] + [-half * 0.7, 0]])
    _paste(picture, near, trunk, z, np.array([0.07, 0.055, 0.045]) * (tint * 1.4 + 0.2))
    for i in range(8 if z < 30 else 5):
        centre = points[1] + np.array([(draw[3 * i + 1] - 0.5) * 2.2, -(0.2 + draw[3 * i + 2] * height * 0.36)]) * scale
        radius = (0.55 + 0.5 * draw[3 * i + 3]) * scale
        leaf = np.array([0.05, 0.075, 0.035]) * (0.75 + 0.6 * draw[3 * i + 2]) * (tint * 1.5 + 0.12)
        _paste(picture, near, disc((float(centre[0]), float(centre[1])), radius, radius * 0.8, 14), z, leaf, 0.93)


def stand(lens: Lens, picture: Floats, near: Floats, streets: list[Street], lamps: blocks.Placed, lights: Lamps, sky: Sky) -> None:
    """Draw posts and trees from far to near, then the glow of the lamps."""
    eye = lens.position[:2]
    x, y = float(eye[0]), float(eye[1])
    inwards = np.stack([lamps.direction[:, 1], -lamps.direction[:, 0]], axis=1) * lamps.side[:, None]
    trees = blocks.trees_near(streets, x, y, 70.0)
    things = [(float(np.hypot(*(spot - eye))), "lamp", i) for i, spot in enumerate(lamps.xy)]
    things += [(float(np.hypot(*(spot - eye))), "tree", i) for i, spot in enumerate(trees.xy)]
    spots = np.concatenate([lamps.xy, trees.xy])
    lit = lights.on_ground(spots[:, 0], spots[:, 1], np.full(len(spots), 1.5))
    tints = lit + sky.ambient + sky.sun
    for _, kind, i in sorted(things, reverse=True):
        if kind == "lamp":
            _post(lens, picture, near, lamps.xy[i], inwards[i], tints[i])
        else:
            _tree(lens, picture, near, trees.xy[i], int(trees.key[i]), tints[len(lamps.xy) + i])
    heads = np.concatenate([lamps.xy + inwards * 1.3, np.full((len(lamps.xy), 1), LAMP_HEIGHT_M + 0.1)], axis=1)
    points, depth = lens.project(heads)
    for i in np.flatnonzero(depth > 3.0).tolist():
        size = max(1.6, 0.34 * lens.focal / float(depth[i]))
        _glow(picture, near, points[i], float(depth[i]) - 0.8, lights.colour[i] * 3.2, size)


def park(frame: Frame, lens: Lens, streets: list[Street], light: Floats) -> None:
    """Draw the parked cars, far ones first; they hide what passes behind them."""
    eye = lens.position[:2]
    cars = blocks.parked_near(streets, float(eye[0]), float(eye[1]), 60.0)
    away = np.hypot(*(cars.xy - eye).T) if len(cars.key) else np.zeros(0)
    for i in np.argsort(-away).tolist():
        if away[i] < 7.0:
            continue
        pixel, depth = lens.project(np.array([[*cars.xy[i], 0.0]]))
        if depth[0] < 4.0:
            continue
        paint = PAINTS[int(cars.key[i] % len(PAINTS))]
        shade = on_sprites(light, float(pixel[0, 0]), float(pixel[0, 1]))
        heading = cars.direction[i] * -cars.side[i]
        draw_car(frame, lens, float(cars.xy[i, 0]), float(cars.xy[i, 1]), heading, paint, shade, night=0.0, stands=True)
