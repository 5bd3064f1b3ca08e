"""Land, districts and dongs from the administrative dong polygons."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bonghwa.data import District, load_city
from bonghwa.domain.geo import to_grid, to_wgs84
from tools.demo_data.files import Feature, read_geojson


@dataclass(frozen=True)
class Borders:
    """Polygons in degrees: every dong with its district, and what they add up to."""

    dongs: list[tuple[District, str, BaseGeometry]]
    districts: list[tuple[District, BaseGeometry]]

    @property
    def city(self) -> BaseGeometry:
        """The whole city."""
        return shapely.union_all([shape for _, shape in self.districts])

    def district(self, district_id: str) -> BaseGeometry:
        """One district's polygon."""
        return next(shape for district, shape in self.districts if district.id == district_id)


def to_metres(shape: BaseGeometry) -> BaseGeometry:
    """A geometry in degrees as EPSG:5186 metres."""
    return shapely.transform(shape, lambda points: np.array([to_grid(lat, lon) for lon, lat in points]))


def to_degrees(shape: BaseGeometry, decimals: int) -> BaseGeometry:
    """A geometry in EPSG:5186 metres as degrees of so many decimals."""
    return shapely.transform(shape, lambda points: np.round([to_wgs84(x, y)[::-1] for x, y in points], decimals).reshape(-1, 2))


def geometry(shape: BaseGeometry, decimals: int) -> Feature:
    """GeoJSON geometry of a shape in degrees, rounded."""
    rounded = shapely.transform(shape, lambda points: np.round(points, decimals))
    result: Feature = shapely.geometry.mapping(rounded)
    return result


def read_borders(path: Path) -> Borders:
    """The dongs of the boundary file and the districts they dissolve into."""
    districts = {district.ko: district for district in load_city().districts}
    dongs = []
    for feature in read_geojson(path):
        properties = feature["properties"]
        shape = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        dongs.append((districts[properties["sggnm"]], properties["adm_nm"].split()[-1], shape))
    whole = [(district, shapely.union_all([shape for owner, _, shape in dongs if owner is district])) for district in districts.values()]
    return Borders(dongs, whole)


def simplified(borders: Borders, tolerance_m: float) -> Borders:
    """The same borders with fewer points, neighbours still meeting without gap or overlap."""
    coarse = shapely.coverage_simplify(np.array([to_metres(shape) for _, _, shape in borders.dongs]), tolerance_m)
    dongs = [(district, name, shape) for (district, name, _), shape in zip(borders.dongs, coarse, strict=True)]
    whole = [(district, shapely.union_all([shape for owner, _, shape in dongs if owner is district])) for district, _ in borders.districts]
    degrees = [(district, name, to_degrees(shape, 5)) for district, name, shape in dongs]
    return Borders(degrees, [(district, to_degrees(shape, 5)) for district, shape in whole])


def border_features(borders: Borders) -> list[Feature]:
    """Features of `dong` and `district`, full detail, for finding where a point lies."""
    features: list[Feature] = []
    for district, name, shape in borders.dongs:
        features.append({"type": "Feature", "properties": {"district": district.id, "dong": name}, "geometry": geometry(shape, 6)})
    return features
