"""Smoke, fire and water: what drills of the fire brigade and the disaster room put before the lens."""

from functools import lru_cache

import numpy as np

from bonghwa.city.canvas import HEIGHT, WIDTH, Floats
from bonghwa.city.chance import units
from bonghwa.city.figures import Frame, Sprite, colour_sprite
from bonghwa.city.pose import Lens

_PUFFS = 16
_RISE_S = 7.0
_TOP_M = 9.0


@lru_cache(maxsize=64)
def _puff(size: int) -> Sprite:
    """A soft round cloud `size` pixels wide, light grey."""
    size += size % 2
    axis = (np.arange(size, dtype=np.float32) + 0.5 - size / 2) / (size / 2)
    away = np.add.outer(axis * axis, axis * axis)
    ripple = 1 + 0.16 * np.sin(np.add.outer(axis * 7, axis * 5)) * np.sin(np.add.outer(axis * 4, -axis * 9))
    opacity = np.clip((1 - away) * ripple, 0, 1).astype(np.float32) ** 1.3 * np.float32(0.62)
    return colour_sprite(np.full((size, size, 3), 168, np.float32), opacity, (size // 2, size // 2))


@lru_cache(maxsize=128)
def _flame(size: int, beat: int) -> Sprite:
    """A tongue of flame `size` pixels tall in one of eight shapes."""
    size += size % 2
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    y, x = 1 - rows, columns - 0.5 + 0.07 * np.sin(rows * 9 + beat * 0.8)
    wide = 0.34 * np.sqrt(np.clip(y, 0, 1)) * (1 - y) ** 0.7 * 2.1
    core = np.clip(1 - np.abs(x) / np.maximum(wide, 1e-3), 0, 1)
    rgb = np.stack([np.full_like(core, 255), 90 + 150 * core, 20 + 130 * core * (1 - y)], axis=-1)
    return colour_sprite(rgb, np.clip(core * 2.2, 0, 1).astype(np.float32), (size // 2, size - 1))


def draw_smoke(frame: Frame, lens: Lens, x: float, y: float, unix: float, key: int, fire: bool, brightness: float) -> None:
    """Smoke that rises from a place, drifting; with `fire`, flames at its foot and their glow on the smoke."""
    numbers = np.arange(_PUFFS, dtype=np.int64) + (key % 1000) * 64
    phase = np.mod(unix / _RISE_S + units(numbers, 81), 1.0)
    drift, spin = units(numbers, 82) - 0.5, units(numbers, 83)
    height = 0.6 + phase * _TOP_M
    points = np.stack([x + drift * (1 + 2.6 * phase) + phase * 1.8, y + (spin - 0.5) * (1 + 1.5 * phase), height], axis=1)
    pixels, depths = lens.project(points)
    if fire:
        for number in range(5):
            _draw_flame(frame, lens, x + 0.7 * (number - 2), y, unix + number * 0.37, 1.4 + 0.5 * (number % 3))
    for i in np.argsort(-depths):
        if depths[i] < 2.0:
            continue
        size = int(np.clip((1.0 + 2.6 * phase[i]) * lens.focal / depths[i], 4, 150)) // 4 * 4 + 4
        glow = brightness * 0.6 + (0.75 * (1 - float(phase[i])) if fire else 0.0)
        tint = (glow, -10.0 * fire, 16.0 * fire * (1 - float(phase[i])))
        frame.lay(_puff(size), float(pixels[i, 0]), float(pixels[i, 1]), float(depths[i]), tint, 1 - 0.75 * float(phase[i]))


def _draw_flame(frame: Frame, lens: Lens, x: float, y: float, unix: float, tall_m: float) -> None:
    pixels, depths = lens.project(np.array([[x, y, 0.0], [x, y, tall_m * (0.85 + 0.15 * np.sin(unix * 11))]]))
    if depths[0] < 2.0:
        return
    size = int(np.clip(pixels[0, 1] - pixels[1, 1], 3, 160)) // 2 * 2 + 2
    frame.lay(_flame(size, int(unix * 10) % 8), float(pixels[0, 0]), float(pixels[0, 1]), float(depths[0]), (1.0, 0.0, 0.0))


def draw_water(frame: Frame, lens: Lens, x: float, y: float, radius: float, unix: float) -> None:
    """A sheet of water over the ground around a place: dark, with moving light on its ripples."""
    rows = np.arange(0, HEIGHT, 2, dtype=np.float32) + 1
    columns = np.arange(0, WIDTH, 2, dtype=np.float32) + 1
    u, v = (columns - WIDTH / 2) / np.float32(lens.focal), (rows - HEIGHT / 2) / np.float32(lens.focal)
    axes = lens.axes.astype(np.float32)
    falling = v[:, None] * axes[1, 2] + axes[2, 2] + u[None, :] * axes[0, 2]
    depth = np.float32(lens.pose.height) / np.maximum(-falling, np.float32(1e-3))
    east = (u[None, :] * axes[0, 0] + (v * axes[1, 0])[:, None] + axes[2, 0]) * depth + np.float32(lens.pose.x - x)
    north = (u[None, :] * axes[0, 1] + (v * axes[1, 1])[:, None] + axes[2, 1]) * depth + np.float32(lens.pose.y - y)
    edge = radius + 2.5 * np.sin(np.arctan2(north, east) * 5)
    inside = np.clip((edge - np.hypot(east, north)) / 2, 0, 1) * (falling < -1e-3)
    inside *= frame.near[1::2, 1::2] <= 1 / np.maximum(depth - 0.4, 0.1)
    t = np.float32(unix % 1000)
    ripple = np.sin(east * 1.7 + t * 1.9) * np.sin(north * 2.1 - t * 1.4) + 0.6 * np.sin((east - north) * 0.9 + t)
    _sheet(frame, (inside * np.float32(0.72)).astype(np.float32), ripple.astype(np.float32))


def _sheet(frame: Frame, weight: Floats, ripple: Floats) -> None:
    """Blend the water: what it covers is mirrored faintly, so brightness above shows through."""
    wide = np.repeat(np.repeat(weight, 2, axis=0), 2, axis=1)
    shine = np.repeat(np.repeat(34 + 12 * np.clip(ripple, -1, 1.6), 2, axis=0), 2, axis=1)
    frame.luma[:] = frame.luma * (1 - wide * np.float32(0.75)) + wide * shine * np.float32(0.75)
    frame.blue[:] = frame.blue + (np.float32(138) - frame.blue) * weight
    frame.red[:] = frame.red + (np.float32(120) - frame.red) * weight
