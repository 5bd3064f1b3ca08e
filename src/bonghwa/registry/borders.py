"""Where a point lies: the district and dong polygons of the city, and the districts that words name."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from bonghwa.data import City, load_city, read_data


@dataclass(frozen=True)
class Borders:
    """The dongs of the city with the district of each, indexed for many points at once."""

    districts: tuple[str, ...]
    dongs: tuple[str, ...]
    """ "중구 신포동": district and dong as people write them."""
    shapes: NDArray[np.object_]
    tree: shapely.STRtree

    def dong_of(self, lats: Sequence[float], lons: Sequence[float]) -> NDArray[np.intp]:
        """For every point the index of its dong, -1 outside the city."""
        found = np.full(len(lats), -1, dtype=np.intp)
        points, dongs = self.tree.query(shapely.points(lons, lats), predicate="intersects")
        found[points] = dongs
        return found

    def district_of(self, lats: Sequence[float], lons: Sequence[float]) -> list[str | None]:
        """For every point the id of its district, None outside the city."""
        return [None if dong < 0 else self.districts[dong] for dong in self.dong_of(lats, lons)]


@cache
def load_borders() -> Borders:
    """The packaged borders."""
    features = json.loads(read_data("dongs.geojson.gz"))["features"]
    city = load_city()
    shapes = np.array([shapely.geometry.shape(feature["geometry"]) for feature in features], dtype=object)
    shapely.prepare(shapes)
    owners = tuple(feature["properties"]["district"] for feature in features)
    names = tuple(f"{city.district(owner).ko} {f['properties']['dong']}" for owner, f in zip(owners, features, strict=True))
    return Borders(owners, names, shapes, shapely.STRtree(shapes))


class DistrictWords:
    """Which district an office name or an address speaks of. Districts are data: `districts.toml`."""

    def __init__(self, city: City) -> None:
        prefix = "|".join(re.escape(word) for word in sorted(city.short, key=len, reverse=True))
        self._pattern = {
            district.id: re.compile(rf"(?:^|\s)(?:{prefix})?(?:{'|'.join(map(re.escape, district.names))})") for district in city.districts
        }
        self._known: dict[str, str | None] = {}

    def of_office(self, office: str) -> str | None:
        """The district whose office this is, None for another city's."""
        if office not in self._known:
            self._known[office] = self._find(office)
        return self._known[office]

    def of_address(self, address: str) -> str | None:
        """The district an address names, None when it names none."""
        return self._find(address[:40])

    def _find(self, text: str) -> str | None:
        hits = [(match.start(), district) for district, pattern in self._pattern.items() if (match := pattern.search(text))]
        return min(hits)[1] if hits else None
