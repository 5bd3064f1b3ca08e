"""The city's own base map: land, borders, roads, bus sections, blocks of flats and schools. No tiles from elsewhere."""

from pathlib import Path

import numpy as np
import shapely

from tools.demo_data.borders import Borders, geometry, simplified, to_degrees, to_metres
from tools.demo_data.files import Feature, read_geojson
from tools.demo_data.roads import BUS, Road

BORDER_TOLERANCE_M = 12.0
ROAD_TOLERANCE_M = 1.0
BLOCK_TOLERANCE_M = 2.5


def feature(layer: str, shape: Feature, **properties: object) -> Feature:
    """A GeoJSON feature of one layer."""
    return {"type": "Feature", "properties": {"layer": layer, **properties}, "geometry": shape}


def ground(borders: Borders) -> list[Feature]:
    """Land, districts and dongs, all from one simplified coverage so that their lines coincide."""
    coarse = simplified(borders, BORDER_TOLERANCE_M)
    features = [feature("land", geometry(coarse.city, 5))]
    features += [feature("district", geometry(shape, 5), id=d.id, name=d.ko, name_en=d.en) for d, shape in coarse.districts]
    features += [feature("dong", geometry(shape, 5), name=name, district=d.id) for d, name, shape in coarse.dongs]
    return features


def drawn_roads(roads: list[Road]) -> list[Feature]:
    """Roads as lines; bus sections are marked as inferred, since they run straight from stop to stop."""
    features = []
    for road in roads:
        line = shapely.LineString(road.points).simplify(ROAD_TOLERANCE_M)
        shape = geometry(to_degrees(line, 6 if road.kind != BUS else 5), 6)
        if road.kind == BUS:
            features.append(feature("bus", shape, routes=road.routes, inferred=True))
        else:
            name = {"name": road.name} if road.name else {}
            features.append(feature("road", shape, rank=road.rank, lanes=road.lanes, oneway=int(road.oneway), **name))
    return features


def drawn_blocks(folder: Path, borders: Borders) -> list[Feature]:
    """Complexes of flats and school grounds inside the city."""
    city = borders.city
    shapely.prepare(city)
    features = []
    for layer, name in (("block", "incheon_residential_osm.geojson.gz"), ("school", "incheon_school_polygons_osm.geojson.gz")):
        for item in read_geojson(folder / name):
            shape = shapely.make_valid(shapely.geometry.shape(item["geometry"]))
            if not shapely.contains(city, shapely.point_on_surface(shape)):
                continue
            flat = to_metres(shape).simplify(BLOCK_TOLERANCE_M)
            parts = [part for part in np.atleast_1d(shapely.get_parts(flat)) if part.geom_type == "Polygon" and part.area > 400]
            if parts:
                drawn = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
                label = {"name": item["properties"]["name"]} if item["properties"].get("name") else {}
                features.append(feature(layer, geometry(to_degrees(drawn, 5), 5), **label))
    return features
