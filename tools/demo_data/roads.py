"""One road table from three sources: the standard node-link roads, island roads of OpenStreetMap, and bus sections elsewhere."""

import gzip
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bonghwa.domain.geo import to_grid
from tools.demo_data.borders import Borders, to_metres
from tools.demo_data.files import read_rows

STANDARD, BUS, OSM = 0, 1, 2
OSM_RANKS = {"motorway": 101, "trunk": 103, "primary": 103, "secondary": 107}
OSM_LANES = {"primary": 4, "secondary": 2, "tertiary": 2}
LONGEST_DETOUR = 3.0
LONGEST_SECTION_M = 2500.0
"""Beyond this a straight line from stop to stop says nothing about the road: express hops and sea bridges."""
CROSSING_DETOUR = 1.25
CROSSING_WATER_M = 1000.0
"""A longer section is a crossing when it is hardly longer by road, and so much of it lies over water: the bridges to the islands."""


@dataclass(frozen=True)
class Road:
    """A road from one junction to the next, in grid metres. `rank` is the standard's road rank, `routes` counts bus routes."""

    points: tuple[tuple[float, float], ...]
    kind: int
    rank: int
    lanes: int
    name: str
    start: str
    end: str
    oneway: bool
    routes: int = 0


def standard_roads(path: Path) -> list[Road]:
    """The directed links of the Ministry's standard node-link file (EPSG:5186)."""
    roads = []
    for row in read_rows(path, "utf-8-sig"):
        line = shapely.from_wkt(row["geometry"])
        name = "" if row["ROAD_NAME"] == "-" else row["ROAD_NAME"]
        roads.append(
            Road(
                tuple((round(x, 2), round(y, 2)) for x, y in line.coords),
                STANDARD,
                int(row["ROAD_RANK"]),
                int(row["LANES"]),
                name,
                f"n{row['Source']}",
                f"n{row['Target']}",
                True,
            )
        )
    return roads


def island_roads(folder: Path, inside: BaseGeometry) -> list[Road]:
    """OpenStreetMap ways split at their junctions, kept where a part lies inside."""
    nodes: dict[int, tuple[float, float]] = {}
    ways: dict[int, dict[str, object]] = {}
    for path in sorted(folder.glob("*.json.gz")):
        for element in json.loads(gzip.decompress(path.read_bytes()))["elements"]:
            if element["type"] == "node":
                nodes[element["id"]] = (element["lat"], element["lon"])
            elif element["type"] == "way":
                ways[element["id"]] = element
    used = Counter(node for way in ways.values() for node in dict.fromkeys(way["nodes"]))  # type: ignore[call-overload]
    shapely.prepare(inside)
    roads = []
    for _, way in sorted(ways.items()):
        roads += _split_way(way, nodes, used, inside)
    return roads


def _split_way(way: dict[str, object], nodes: dict[int, tuple[float, float]], used: Counter[int], inside: BaseGeometry) -> list[Road]:
    members: list[int] = way["nodes"]  # type: ignore[assignment]
    tags: dict[str, str] = way["tags"]  # type: ignore[assignment]
    highway = tags["highway"].removesuffix("_link")
    lanes = tags.get("lanes", "")
    parts: list[list[int]] = [[members[0]]]
    for position, node in enumerate(members[1:], start=1):
        parts[-1].append(node)
        if used[node] > 1 and position < len(members) - 1:
            parts.append([node])
    roads = []
    for part in parts:
        points = tuple((round(x, 2), round(y, 2)) for x, y in (to_grid(*nodes[node]) for node in part))
        if len(points) > 1 and shapely.contains_xy(inside, *points[len(points) // 2]):
            roads.append(
                Road(
                    points,
                    OSM,
                    OSM_RANKS.get(highway, 104),
                    int(lanes) if lanes.isdigit() else OSM_LANES.get(highway, 1),
                    tags.get("name", ""),
                    f"o{part[0]}",
                    f"o{part[-1]}",
                    tags.get("oneway") == "yes",
                )
            )
    return roads


def read_stops(path: Path) -> dict[str, tuple[str, float, float]]:
    """Bus stops by number: name, lat, lon. The file's columns 위도 and 경도 are swapped; 0,0 means unknown and is left out."""
    stops: dict[str, tuple[str, float, float]] = {}
    for row in read_rows(path, "cp949"):
        lat, lon = float(row["경도"]), float(row["위도"])
        if lat and lon:
            stops.setdefault(row["정류소번호"], (row["정류소명"], lat, lon))
    return stops


def bus_sections(path: Path, stops: dict[str, tuple[str, float, float]], borders: Borders) -> list[Road]:
    """Straight lines from stop to stop where no road data is at hand; both directions are one, `routes` counts who passes.

    Left out: sections more than three times as long by road as straight, hops of over 2.5 km, and those inside the district
    whose roads we have.
    """
    city, mapped = to_metres(borders.city), to_metres(borders.district("junggu")).buffer(300)
    shapely.prepare(city)
    shapely.prepare(mapped)
    grid = {number: to_grid(lat, lon) for number, (_, lat, lon) in stops.items()}
    lines: dict[str, list[tuple[int, str, float]]] = defaultdict(list)
    for row in read_rows(path, "cp949"):
        lines[row["노선아이디"]].append((int(row["순번"]), row["정류소번호"], float(row["정류소구간거리"] or 0)))
    routes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line, sequence in lines.items():
        for (_, here, _), (_, there, by_road) in pairwise(sorted(sequence)):
            if here not in grid or there not in grid or here == there:
                continue
            (x1, y1), (x2, y2) = grid[here], grid[there]
            straight = hypot(x2 - x1, y2 - y1)
            if not 1 <= straight <= LONGEST_SECTION_M or by_road > LONGEST_DETOUR * straight:
                continue
            routes[min(here, there), max(here, there)].add(line)
    roads = []
    for (here, there), passing in sorted(routes.items()):
        ends = (grid[here], grid[there])
        if all(shapely.contains_xy(city, *end) for end in ends) and not all(shapely.contains_xy(mapped, *end) for end in ends):
            points = tuple((round(x, 2), round(y, 2)) for x, y in ends)
            roads.append(Road(points, BUS, 104, 2, "", f"b{here}", f"b{there}", False, len(passing)))
    return roads


def write_roads(path: Path, roads: list[Road]) -> None:
    """`roads.npz`: packed polylines with attributes and the graph of their ends."""
    names = sorted({road.name for road in roads})
    nodes: dict[str, tuple[int, float, float]] = {}
    for road in roads:
        for key, (x, y) in ((road.start, road.points[0]), (road.end, road.points[-1])):
            nodes.setdefault(key, (len(nodes), x, y))
    np.savez_compressed(
        path,
        link_ptr=np.cumsum([0] + [len(road.points) for road in roads], dtype=np.int64),
        x=np.array([x for road in roads for x, _ in road.points]),
        y=np.array([y for road in roads for _, y in road.points]),
        lanes=np.array([road.lanes for road in roads], dtype=np.int8),
        rank=np.array([road.rank for road in roads], dtype=np.int16),
        kind=np.array([road.kind for road in roads], dtype=np.int8),
        oneway=np.array([road.oneway for road in roads], dtype=np.bool_),
        routes=np.array([road.routes for road in roads], dtype=np.int16),
        start=np.array([nodes[road.start][0] for road in roads], dtype=np.int32),
        end=np.array([nodes[road.end][0] for road in roads], dtype=np.int32),
        node_x=np.array([x for _, x, _ in nodes.values()]),
        node_y=np.array([y for _, _, y in nodes.values()]),
        name_idx=np.array([names.index(road.name) for road in roads], dtype=np.int32),
        names=np.array(names),
    )


def crossings(path: Path, stops: dict[str, tuple[str, float, float]], borders: Borders) -> list[tuple[float, float, float, float, int]]:
    """Sections too long for `bus_sections` whose length by road is near the straight line: bridges across the sea.

    Each as the ends of the line in grid metres and the metres by road, the shortest of each pair of stops.
    """
    city = to_metres(borders.city)
    shapely.prepare(city)
    lines: dict[str, list[tuple[int, str, float]]] = defaultdict(list)
    for row in read_rows(path, "cp949"):
        lines[row["노선아이디"]].append((int(row["순번"]), row["정류소번호"], float(row["정류소구간거리"] or 0)))
    found: dict[tuple[str, str], float] = {}
    for sequence in lines.values():
        for (_, here, _), (_, there, by_road) in pairwise(sorted(sequence)):
            if here not in stops or there not in stops:
                continue
            (x1, y1), (x2, y2) = to_grid(*stops[here][1:]), to_grid(*stops[there][1:])
            straight = hypot(x2 - x1, y2 - y1)
            if not straight > LONGEST_SECTION_M or not straight <= by_road <= CROSSING_DETOUR * straight:
                continue
            inside = shapely.contains_xy(city, x1, y1) and shapely.contains_xy(city, x2, y2)
            if inside and shapely.LineString([(x1, y1), (x2, y2)]).difference(city).length > CROSSING_WATER_M:
                pair = (min(here, there), max(here, there))
                found[pair] = min(found.get(pair, by_road), by_road)
    rows = []
    for (here, there), by_road in sorted(found.items()):
        ends = (*to_grid(*stops[here][1:]), *to_grid(*stops[there][1:]))
        x1, y1, x2, y2 = (round(each, 2) for each in ends)
        rows.append((x1, y1, x2, y2, round(by_road)))
    return rows
