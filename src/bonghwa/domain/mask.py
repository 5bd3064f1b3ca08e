"""A camera's mask (가림): the regions of its picture that its owner hides from everybody without the right to see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from bonghwa.domain.errors import Invalid

MOST_REGIONS, LEAST_POINTS, MOST_POINTS = 16, 3, 32
_LEAST_AREA = 1e-5

Regions = tuple[tuple[tuple[float, float], ...], ...]
Sight = Literal["plain", "masked", "unmasked"]
"""How a view saw its camera: there was no mask; the mask lay over it; the mask was lifted by right."""


@dataclass(frozen=True)
class Mask:
    """What is hidden of a camera: polygons of points from 0 to 1 across and down; none since it was removed.

    `rev` counts all changes of masks: a gateway takes no older one after a newer.
    """

    camera: str
    owner: str
    regions: Regions
    rev: int
    reason: str
    by: str
    at: int


def check_regions(given: Sequence[Sequence[Sequence[float]]]) -> Regions:
    """The regions, sound. Raises Invalid naming the place that is not."""
    if not 1 <= len(given) <= MOST_REGIONS:
        raise Invalid("regions", "between", low=1, high=MOST_REGIONS)
    return tuple(_region(region, f"regions.{number}") for number, region in enumerate(given))


def _region(given: Sequence[Sequence[float]], field: str) -> tuple[tuple[float, float], ...]:
    if not LEAST_POINTS <= len(given) <= MOST_POINTS:
        raise Invalid(field, "between", low=LEAST_POINTS, high=MOST_POINTS)
    points: list[tuple[float, float]] = []
    for number, point in enumerate(given):
        if len(point) != 2 or not all(isfinite(part) and 0 <= part <= 1 for part in point):
            raise Invalid(f"{field}.{number}", "point")
        points.append((round(point[0], 4), round(point[1], 4)))
    doubled = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True))
    spread = (max(x for x, _ in points) - min(x for x, _ in points)) * (max(y for _, y in points) - min(y for _, y in points))
    if abs(doubled) / 2 < _LEAST_AREA and spread < _LEAST_AREA:
        raise Invalid(field, "no_area")
    return tuple(points)


def sight(mask: Mask | None, unmasked: bool) -> Sight:
    """How a view with or without the right sees a camera with this mask."""
    if mask is None or not mask.regions:
        return "plain"
    return "unmasked" if unmasked else "masked"
