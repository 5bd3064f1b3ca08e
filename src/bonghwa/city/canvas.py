"""Antialiased convex polygons in numpy: the only drawing primitive of the simulated street."""

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
Window = tuple[slice, slice]

_COLUMNS = np.arange(WIDTH, dtype=np.float32) + np.float32(0.5)
_ROWS = np.arange(HEIGHT, dtype=np.float32) + np.float32(0.5)


def window_of(points: Points, margin: float = 1.0) -> Window | None:
    """The pixel window that holds the points, cut at the picture's border; None when nothing of it is in the picture."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
    x1, y1 = min(WIDTH, int(np.ceil(high[0]))), min(HEIGHT, int(np.ceil(high[1])))
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def cover(points: Points, window: Window) -> Floats:
    """How much of each pixel of `window` the convex polygon covers, 0..1, whichever way round its corners are given.

    Distance to the nearest edge, cut at half a pixel; a polygon thinner than a pixel is dimmed by its thickness.
    """
    following = np.roll(points, -1, axis=0)
    edge = following - points
    length = np.hypot(edge[:, 0], edge[:, 1])
    doubled = float(np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]))
    keep = length > 1e-6
    if not keep.any():
        return np.zeros((window[0].stop - window[0].start, window[1].stop - window[1].start), np.float32)
    turn = (1.0 if doubled > 0 else -1.0) / length[keep]
    across, down = -edge[keep, 1] * turn, edge[keep, 0] * turn
    offset = -(across * points[keep, 0] + down * points[keep, 1]) + 0.5
    columns, rows = _COLUMNS[window[1]], _ROWS[window[0]]
    covered: Floats | None = None
    for a, b, c in zip(across, down, offset, strict=True):
        inside = np.add.outer(np.float32(b) * rows + np.float32(c), np.float32(a) * columns)
        covered = inside if covered is None else np.minimum(covered, inside, out=covered)
    assert covered is not None
    np.clip(covered, 0.0, 1.0, out=covered)
    thickness = abs(doubled) / float(length.sum())
    if thickness < 1.0:
        covered *= np.float32(2 * thickness / (1 + thickness))
    return covered


def windows_of(low: Points, high: Points, margin: float = 1.0) -> list[Window | None]:
    """`window_of` for many boxes at once, given their low and high corners (n, 2)."""
    first = np.maximum(low - margin, 0.0).astype(np.int64).tolist()
    last = np.minimum(np.ceil(high + margin), (WIDTH, HEIGHT)).astype(np.int64).tolist()
    return [(slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None for (x0, y0), (x1, y1) in zip(first, last, strict=True)]


def blend(
    picture: Floats, points: Points, colour: tuple[float, float, float] | Floats, opacity: float = 1.0, window: Window | None = None
) -> None:
    """Paint a convex polygon over an (H, W, 3) picture; `window` when the polygon's is known."""
    window = window or window_of(points)
    if window is None:
        return
    weight = cover(points, window)
    if opacity != 1.0:
        weight *= np.float32(opacity)
    part = picture[window]
    for channel, value in enumerate(colour):
        plane = part[:, :, channel]
        plane += weight * (np.float32(value) - plane)


def disc(centre: tuple[float, float], radius_x: float, radius_y: float, corners: int = 12) -> Points:
    """An ellipse as a polygon of `corners` points."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([centre[0] + radius_x * np.cos(angle), centre[1] + radius_y * np.sin(angle)], axis=1)
