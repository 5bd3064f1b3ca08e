"""Metres for the places of a road file that gives degrees: Korea's grid in Korea, elsewhere a grid of its own about the middle."""

from collections.abc import Sequence

from bonghwa.domain.geo import to_grid
from bonghwa.registry.standard import KOREA

KOREA_GRID = "EPSG:5186"
_KOREA_MERIDIAN = 127.0


def project(places: Sequence[tuple[float, float]]) -> tuple[list[tuple[float, float]], str]:
    """Metres (x east, y north) of places (lat, lon), and what the grid is called.

    Outside Korea it is Korea's transverse Mercator turned to the meridian of the middle, where its scale is 1; northings count as there.
    """
    if not places:
        return [], KOREA_GRID
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    middle = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    south, west, north, east = KOREA
    if south <= middle[0] <= north and west <= middle[1] <= east:
        return [to_grid(lat, lon) for lat, lon in places], KOREA_GRID
    meridian = round(middle[1], 2)
    turned = _KOREA_MERIDIAN - meridian
    return [to_grid(lat, lon + turned) for lat, lon in places], f"transverse Mercator about {meridian:g} E"
