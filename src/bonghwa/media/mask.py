"""A mask (가림): polygons painted grey over a picture, every pixel that one touches, before anything is coded.

Imported by the worker, which must start quickly: nothing but the standard library.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor
from typing import Any

Point = tuple[float, float]
Polygon = tuple[Point, ...]
Span = tuple[int, int, int]
"""Row, first column, column after the last."""

GREY = 0x80


def read_masks(regions: Any) -> tuple[Polygon, ...]:
    """The polygons of a message. Raises `TypeError` or `ValueError`."""
    masks = tuple(tuple((float(x), float(y)) for x, y in region) for region in regions)
    if not all(len(mask) >= 3 and all(0 <= part <= 1 for point in mask for part in point) for mask in masks):
        raise ValueError("regions: polygons of at least three points from 0 to 1")
    return masks


def paint(planes: Iterable[tuple[memoryview, int, int, int]], masks: Sequence[Polygon]) -> None:
    """Paint `masks` (0 to 1 across and down) over the planes of a YUV picture, each as (bytes, bytes a row, width, height).

    A grey 128 is the middle of luma and no colour in chroma, so every plane is painted alike.
    """
    for data, stride, width, height in planes:
        for row, first, end in spans(tuple(masks), width, height):
            at = row * stride
            data[at + first : at + end] = bytes([GREY]) * (end - first)


@lru_cache(maxsize=16)
def spans(masks: tuple[Polygon, ...], width: int, height: int) -> tuple[Span, ...]:
    """The pixels that the polygons touch in a plane of this size. What a polygon winds around more than once is inside it, too."""
    found: list[Span] = []
    for mask in masks:
        points = [(x * width, y * height) for x, y in mask]
        top, bottom = floor(min(y for _, y in points)), ceil(max(y for _, y in points))
        for row in range(max(0, top), min(height, max(bottom, top + 1))):
            found += [(row, first, end) for first, end in _row(points, row, width)]
    return tuple(found)


def _row(points: Sequence[Point], row: int, width: int) -> list[tuple[int, int]]:
    """What the polygon touches between the lines y = row and y = row + 1: where its edges run, and what lies between them."""
    touched: list[tuple[float, float]] = []
    crossings: list[tuple[float, int]] = []
    middle = row + 0.5
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if max(y0, y1) < row or min(y0, y1) > row + 1:
            continue
        at = [x0 + (x1 - x0) * (min(max(y, min(y0, y1)), max(y0, y1)) - y0) / (y1 - y0) for y in (row, row + 1)] if y0 != y1 else [x0, x1]
        touched.append((min(at), max(at)))
        if (y0 <= middle) != (y1 <= middle):
            crossings.append((x0 + (x1 - x0) * (middle - y0) / (y1 - y0), 1 if y1 > y0 else -1))
    winding = 0
    crossings.sort()
    for (x, way), (following, _) in pairwise(crossings):
        winding += way
        if winding:
            touched.append((x, following))
    return [(max(0, floor(low)), min(width, ceil(high) if high > floor(low) else floor(low) + 1)) for low, high in touched if low < width]
