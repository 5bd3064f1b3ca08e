"""Small road files as others send them: OpenStreetMap, standard node-link, GeoParquet."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
import shapefile
import shapely
from osmium.osm.mutable import Node, Way
from pyarrow import parquet

from bonghwa.pursuit.roads import Roads

Places = Mapping[int, tuple[float, float]]
Ways = Sequence[tuple[int, Sequence[int], Mapping[str, str]]]

LINKS = ("LINK_ID", "Source", "Target", "LANES", "ROAD_RANK", "ROAD_NAME", "MAX_SPD", "LENGTH", "geometry")
NODES = ("Id", "NODE_TYPE", "latitude", "longitude")


def osm_text(places: Places, ways: Ways) -> str:
    """OSM XML of nodes (id: lat, lon) and ways (id, nodes, tags)."""
    nodes = "".join(f'<node id="{node}" lat="{lat}" lon="{lon}"/>' for node, (lat, lon) in places.items())
    lines = "".join(
        f'<way id="{way}">' + "".join(f'<nd ref="{node}"/>' for node in members)
        + "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items()) + "</way>"
        for way, members, tags in ways
    )  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{nodes}{lines}</osm>'


def write_osm(path: Path, places: Places, ways: Ways) -> Path:
    """The same as a file; `.pbf` or `.osm` by its name."""
    if path.suffix != ".pbf":
        path.write_text(osm_text(places, ways), encoding="utf-8")
        return path
    writer = osmium.SimpleWriter(path, overwrite=True)
    for node, (lat, lon) in places.items():
        writer.add_node(Node(id=node, location=(lon, lat)))
    for way, members, tags in ways:
        writer.add_way(Way(id=way, nodes=list(members), tags=dict(tags)))
    writer.close()
    return path


def link(source: str, target: str, line: Sequence[tuple[float, float]], **changes: str) -> dict[str, str]:
    """A row of links."""
    wkt = "LINESTRING (" + ", ".join(f"{x} {y}" for x, y in line) + ")"
    length = str(shapely.LineString(line).length)
    row = dict(zip(LINKS, (f"{source}{target}", source, target, "2", "104", "제물량로", "50", length, wkt), strict=True))
    return row | changes


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]], encoding: str = "utf-8-sig") -> Path:
    """A CSV of rows."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_shapes(
    folder: Path, links: Sequence[Mapping[str, str]], nodes: Mapping[str, tuple[float, float]], encoding: str = "cp949"
) -> tuple[Path, Path]:
    """The Ministry's two shapefiles."""
    with shapefile.Writer(str(folder / "MOCT_LINK.shp"), shapeType=shapefile.POLYLINE, encoding=encoding) as writer:
        for name in ("LINK_ID", "F_NODE", "T_NODE", "ROAD_RANK", "ROAD_NAME"):
            writer.field(name, "C", size=40)
        writer.field("LANES", "N")
        writer.field("MAX_SPD", "N")
        writer.field("LENGTH", "N", size=18, decimal=6)
        for row in links:
            writer.line([shapely.get_coordinates(shapely.from_wkt(row["geometry"])).tolist()])
            names = ("LINK_ID", "Source", "Target", "ROAD_RANK", "ROAD_NAME")
            writer.record(*(row[name] for name in names), int(row["LANES"]), int(row["MAX_SPD"]), float(row["LENGTH"]))
    with shapefile.Writer(str(folder / "MOCT_NODE.shp"), shapeType=shapefile.POINT, encoding="cp949") as writer:
        writer.field("NODE_ID", "C")
        writer.field("NODE_TYPE", "C")
        for node, (x, y) in nodes.items():
            writer.point(x, y)
            writer.record(node, "101")
    return folder / "MOCT_LINK.shp", folder / "MOCT_NODE.shp"


def write_parquet(path: Path, rows: Sequence[Mapping[str, object]], crs: Mapping[str, object] | None = None) -> Path:
    """A GeoParquet file of rows, whose `geometry` is points or a geometry, in a metric grid unless told otherwise."""
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "geometry"}
    shapes = [row["geometry"] for row in rows]
    lines = [shape if isinstance(shape, shapely.Geometry) else shapely.LineString(shape) for shape in shapes]  # type: ignore[call-overload]
    columns["geometry"] = [shapely.to_wkb(line) for line in lines]
    grid = {"type": "ProjectedCRS", "name": "UTM 49N", "id": {"code": 32649}} if crs is None else crs
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": grid}}}
    parquet.write_table(pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def edges_of(roads: Roads) -> set[tuple[tuple[int, int], tuple[int, int], int]]:
    """Every edge as where it begins and ends, to the metre, and its use."""
    at = np.round(np.column_stack((roads.x + roads.origin[0], roads.y + roads.origin[1]))).astype(int).tolist()
    return {(tuple(at[a]), tuple(at[b]), int(use)) for a, b, use in zip(roads.tail, roads.head, roads.use, strict=True)}


def check_roads(roads: Roads) -> None:
    """What holds of every road graph: twins mirror each other, lines join their nodes, lengths are at least half a metre."""
    edges = np.arange(roads.edges)
    assert (roads.twin[roads.twin] == edges).all()
    assert (roads.twin != edges).all()
    assert (roads.tail[roads.twin] == roads.head).all()
    assert (roads.length == roads.length[roads.twin]).all()
    assert (roads.length >= 0.5).all()
    assert np.isfinite(roads.length).all()
    assert (roads.speed > 0).all()
    first, last = roads.shape_first[:-1], roads.shape_first[1:] - 1
    for points, ends in ((first, roads.tail), (last, roads.head)):
        assert np.allclose(roads.shape_x[points], roads.x[ends], atol=1e-9)
        assert np.allclose(roads.shape_y[points], roads.y[ends], atol=1e-9)
    for edge in range(roads.edges):
        mine = roads.shape_x[roads.shape_first[edge] : roads.shape_first[edge + 1]]
        other = int(roads.twin[edge])
        assert (mine == roads.shape_x[roads.shape_first[other] : roads.shape_first[other + 1]][::-1]).all()
    assert set(np.unique(np.concatenate([roads.tail, roads.head])).tolist()) == set(range(roads.nodes))
