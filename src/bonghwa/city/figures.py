"""People as small pictures: mannequins made of rounded limbs, drawn once for each size, step, side and dress."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.canvas import HEIGHT, WIDTH, Floats

STEPS = 8
"""Phases of one full step."""


@dataclass(frozen=True)
class Outfit:
    """Display colours (sRGB 0..255) of a person's clothes; `bag` is worn on the back."""

    top: tuple[int, int, int]
    trousers: tuple[int, int, int]
    hair: tuple[int, int, int] = (28, 24, 22)
    shoes: tuple[int, int, int] = (30, 30, 32)
    bag: tuple[int, int, int] | None = None
    coat: bool = False


PLAIN = (
    Outfit((58, 66, 84), (40, 42, 50)),
    Outfit((96, 96, 98), (48, 50, 60), coat=True),
    Outfit((140, 132, 120), (52, 48, 46)),
    Outfit((72, 54, 52), (44, 46, 56)),
    Outfit((42, 44, 48), (36, 36, 40), coat=True, shoes=(190, 190, 188)),
    Outfit((150, 154, 158), (46, 56, 78)),
    Outfit((66, 82, 70), (60, 56, 50), bag=(40, 40, 44)),
    Outfit((112, 84, 62), (38, 40, 46), coat=True),
    Outfit((88, 104, 128), (120, 112, 100)),
)
"""What passers-by wear."""

_SKIN = (168, 132, 108)


@dataclass(frozen=True)
class Sprite:
    """A small picture to lay over a frame; `foot` is the pixel of it that stands on the ground point.

    Sizes are even, so that chroma has half of each. `keep` is 1 - opacity, `luma` is (Y - 16) x opacity, `blue`, `red` are
    (C - 128) x opacity.
    """

    keep: Floats
    luma: Floats
    keep_half: Floats
    blue: Floats
    red: Floats
    foot: tuple[int, int]


def colour_sprite(rgb: Floats, opacity: Floats, foot: tuple[int, int]) -> Sprite:
    """A sprite from display RGB (h, w, 3) and opacity (h, w); both sizes even."""
    luma = (rgb @ np.array([0.2568, 0.5041, 0.0979], np.float32)) * opacity
    shape = (opacity.shape[0] // 2, 2, opacity.shape[1] // 2, 2)
    weighted = (rgb * opacity[..., None]).reshape(*shape, 3).mean(axis=(1, 3))
    half = opacity.reshape(shape).mean(axis=(1, 3))
    blue = weighted @ np.array([-0.1482, -0.2910, 0.4392], np.float32)
    red = weighted @ np.array([0.4392, -0.3678, -0.0714], np.float32)
    return Sprite(1 - opacity, luma, 1 - half, blue, red, foot)


def _limb(x: Floats, y: Floats, a: tuple[float, float], b: tuple[float, float], thick_a: float, thick_b: float) -> Floats:
    """Signed distance to a rounded limb that tapers from `a` to `b`, in body heights."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    part = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
    gap = np.hypot(x - a[0] - part * dx, y - a[1] - part * dy) - (thick_a + (thick_b - thick_a) * part)
    return np.asarray(gap, np.float32)


def _body(step: int, side: float) -> list[tuple[str, tuple[float, float], tuple[float, float], float, float]]:
    """Limbs from back to front in body heights; y up from the ground, x towards where the person walks times `side` (0 head-on)."""
    swing = float(np.sin(2 * np.pi * step / STEPS))
    lift = abs(float(np.cos(2 * np.pi * step / STEPS))) * 0.008
    reach = 0.15 * side
    hip, shoulder = 0.485 + lift, 0.80 + lift
    spread = 0.042 * (1 - abs(side)) + 0.006
    far, close = swing * reach, -swing * reach

    def knee(foot: float, offset: float) -> tuple[float, float]:
        return foot * 0.35 + offset + 0.03 * side, 0.26

    up = 0.03 * (1 - abs(side))
    arm = 0.155 * (1 - abs(side)) + 0.035
    return [
        ("top", (-arm * 0.72, shoulder), (-arm + close * 0.9, 0.47 + lift), 0.036, 0.026),
        ("trousers", (-spread, hip), knee(far, -spread), 0.062, 0.048),
        ("trousers", knee(far, -spread), (far - spread, 0.05 + max(0.0, swing) * up), 0.048, 0.034),
        ("shoes", (far - spread, 0.03 + max(0.0, swing) * up), (far - spread + 0.05 * side, 0.022 + max(0.0, swing) * up), 0.030, 0.024),
        ("trousers", (spread, hip), knee(close, spread), 0.062, 0.048),
        ("trousers", knee(close, spread), (close + spread, 0.05 + max(0.0, -swing) * up), 0.048, 0.034),
        (
            "shoes",
            (close + spread, 0.03 + max(0.0, -swing) * up),
            (close + spread + 0.05 * side, 0.022 + max(0.0, -swing) * up),
            0.030,
            0.024,
        ),
        ("bag", (-0.10 * side, 0.76 + lift), (-0.10 * side, 0.62 + lift), 0.072, 0.078),
        ("top", (0.0, shoulder - 0.015), (0.0, hip + 0.02), 0.098 - 0.024 * abs(side), 0.080 - 0.012 * abs(side)),
        ("coat", (0.0, hip + 0.06), (0.0, hip - 0.14), 0.084, 0.098),
        ("skin", (0.0, 0.86 + lift), (0.0, 0.84 + lift), 0.032, 0.034),
        ("skin", (0.012 * side, 0.925 + lift), (0.012 * side, 0.905 + lift), 0.056, 0.050),
        ("hair", (-0.008 * side, 0.945 + lift), (-0.02 * side, 0.93 + lift), 0.059, 0.056),
        ("top", (arm * 0.72, shoulder), (arm + far * 0.9, 0.47 + lift), 0.036, 0.026),
    ]


_SIZES = (16, 24, 36, 54, 80, 120, 180, 270)
"""Heights in pixels at which figures are drawn; what is needed in between is sampled from the next larger one."""


@lru_cache(maxsize=1200)
def _drawn(size: int, step: int, side: int, outfit: Outfit) -> Sprite:
    """An upright person `size` pixels tall, drawn limb by limb."""
    tall, wide = int(size * 1.06) + 4, int(size * 0.52) + 4
    tall, wide = tall + tall % 2, wide + wide % 2
    foot = (wide // 2, tall - 2 - max(1, size // 30))
    rows, columns = np.mgrid[0:tall, 0:wide].astype(np.float32)
    y = (foot[1] - rows - 0.5) / size
    x = (columns + 0.5 - foot[0]) / size
    colours = {"top": outfit.top, "trousers": outfit.trousers, "hair": outfit.hair, "shoes": outfit.shoes, "skin": _SKIN}
    rgb = np.zeros((tall, wide, 3), np.float32)
    opacity = np.zeros((tall, wide), np.float32)
    for name, a, b, thick_a, thick_b in _body(step, side / 2):
        if (name == "bag" and outfit.bag is None) or (name == "coat" and not outfit.coat):
            continue
        colour = outfit.bag if name == "bag" else outfit.top if name == "coat" else colours[name]
        gap = _limb(x, y, a, b, thick_a, thick_b)
        weight = np.clip(0.5 - gap * size, 0, 1)
        round_shade = np.clip(0.72 + 0.36 * np.clip(-gap / max(thick_a, thick_b), 0, 1) + 0.10 * (y - 0.5), 0.5, 1.15)
        rgb += weight[..., None] * (np.asarray(colour, np.float32) * round_shade[..., None] - rgb)
        opacity = np.maximum(opacity, weight)
    shadow = np.clip(1.2 - np.hypot(x / 0.16, (rows - foot[1]) / max(1.5, size * 0.03)), 0, 1) * 0.42
    return colour_sprite(np.where((opacity > 0)[..., None], rgb, 0), _over(opacity, shadow), foot)


def person(size: float, step: int, side: int, lean: float, outfit: Outfit) -> Sprite:
    """A person `size` pixels tall. `side`: -2..2, from walking left over head-on to walking right; `lean`: the part of the
    height by which the head stands to the right of the feet, as the lens shows it off its axis."""
    drawn = _drawn(next((one for one in _SIZES if one >= size), _SIZES[-1]), step, side, outfit)
    ratio = size / next((one for one in _SIZES if one >= size), _SIZES[-1])
    tall, wide = drawn.keep.shape
    high, broad = int(tall * ratio) + 1, int((wide + abs(lean) * tall) * ratio) + 2
    high, broad = high + high % 2, broad + broad % 2
    foot = (round(broad / 2 - lean * size / 2), min(high - 1, round(drawn.foot[1] * ratio)))
    full = _sampled(drawn.keep.shape, (high, broad), drawn.foot, foot, ratio, lean)
    half_foot, half_drawn = (foot[0] / 2, foot[1] / 2), (drawn.foot[0] / 2, drawn.foot[1] / 2)
    half = _sampled(drawn.keep_half.shape, (high // 2, broad // 2), half_drawn, half_foot, ratio, lean)
    return Sprite(
        drawn.keep.ravel()[full],
        drawn.luma.ravel()[full],
        drawn.keep_half.ravel()[half],
        drawn.blue.ravel()[half],
        drawn.red.ravel()[half],
        foot,
    )


def _sampled(
    source: tuple[int, ...], shape: tuple[int, int], source_foot: tuple[float, float], foot: tuple[float, float], ratio: float, lean: float
) -> NDArray[np.intp]:
    """For each pixel of a scaled and leaning picture, the flat index of the source's pixel it shows; outside, the first (clear) one."""
    rows = np.arange(shape[0]) + 0.5 - foot[1]
    row = np.floor(rows / ratio + source_foot[1]).astype(np.intp)
    offset = np.arange(shape[1])[None, :] + 0.5 - foot[0] + (rows * lean)[:, None]
    column = np.floor(offset / ratio + source_foot[0]).astype(np.intp)
    inside = (column >= 0) & (column < source[1]) & ((row >= 0) & (row < source[0]))[:, None]
    index: NDArray[np.intp] = np.where(inside, row[:, None] * source[1] + column, 0)
    return index


def _over(opacity: Floats, shadow: Floats) -> Floats:
    """Opacity of a body over its own soft shadow (which is black, so only opacity counts)."""
    total: Floats = (opacity + (1 - opacity) * shadow).astype(np.float32)
    return total


class Frame:
    """The three planes of one frame, to lay sprites on."""

    def __init__(self, luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8], near: Floats) -> None:
        self.luma, self.blue, self.red, self.near = luma, blue, red, near

    def lay(self, sprite: Sprite, column: float, row: float, depth: float, light: tuple[float, float, float], opacity: float = 1.0) -> None:
        """Lay a sprite with its foot at a pixel. `light` is (brightness, blue and red tint), `depth` in metres hides it."""
        height, width = sprite.keep.shape
        left, top = round((column - sprite.foot[0]) / 2) * 2, round((row - sprite.foot[1]) / 2) * 2
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(WIDTH, left + width), min(HEIGHT, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        cut = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        cut_half = (slice((y0 - top) // 2, (y1 - top) // 2), slice((x0 - left) // 2, (x1 - left) // 2))
        keep, own = sprite.keep[cut], sprite.luma[cut]
        keep_half, blue, red = sprite.keep_half[cut_half], sprite.blue[cut_half], sprite.red[cut_half]
        here = self.near[y0:y1, x0:x1]
        limit = 1.0 / depth
        if opacity < 1.0 or here.max() > limit:
            shown = (here <= limit).astype(np.float32) * np.float32(opacity)
            own, keep = own * shown, 1 - (1 - keep) * shown
            shown = shown[::2, ::2]
            keep_half, blue, red = 1 - (1 - keep_half) * shown, blue * shown, red * shown
        brightness, tint_blue, tint_red = (np.float32(value) for value in light)
        part = self.luma[y0:y1, x0:x1]
        part[:] = part * keep + (own * brightness + (1 - keep) * np.float32(16))
        for plane, colour, tint in ((self.blue, blue, tint_blue), (self.red, red, tint_red)):
            part = plane[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
            part[:] = part * keep_half + (colour * brightness + (1 - keep_half) * (128 + tint))
