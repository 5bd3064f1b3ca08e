"""The files of the OSM cities, as directed links: ends, lines in metres, (speed, use, name number)."""

import gzip
import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np

from bonghwa.pursuit.roads import CAR, FOOT

Link = tuple[float, int, int]

SPEEDS = {
    "motorway": 25.0, "motorway_link": 13.9, "trunk": 19.4, "trunk_link": 12.0, "primary": 16.7, "primary_link": 11.0,
    "secondary": 14.0, "secondary_link": 10.0, "tertiary": 13.0, "tertiary_link": 9.0, "unclassified": 9.7, "residential": 8.3,
    "living_street": 5.0, "service": 5.6, "road": 8.3, "busway": 11.0, "other": 8.3, "track": 5.0,
}  # fmt: skip
"""What a car drives by class of road, metres a second. A class that is not here is open on foot only."""
FOOT_ONLY_M_S = 3.0
NO_WALKING = {"motorway", "motorway_link", "trunk_link"}
CURVIEST = 1.6
"""An edge longer than this many times its straight line has a bad length."""


def kind(highway: str) -> tuple[float, int]:
    """Speed and use of a class of road."""
    speed = SPEEDS.get(highway)
    if speed is None:
        return FOOT_ONLY_M_S, FOOT
    return speed, CAR if highway in NO_WALKING else CAR | FOOT


def beijing(folder: Path) -> tuple[np.ndarray, list[np.ndarray], list[Link], tuple[str, ...], list[list[int]], str]:
    """The sparse taxi graph: ends, lines, classes, names, routes and the hash of the files.

    Its coordinates are kilometres (north, east). Most of its lengths belong to other edges (374 are not even positive), so all are
    recomputed as straight lines, which is what the nodes tell. Routes are hand-matched; the one of a single node is dropped.
    """
    vertices = np.array([line.split() for line in (folder / "map/vertexMap.txt").read_text().splitlines()], np.float64)
    at = vertices[:, [3, 2]] * 1000.0
    numbers = {int(name): int(number) for number, name in vertices[:, :2]}
    rows = [line.split() for line in (folder / "map/adjacentList.txt").read_text().splitlines()[1:]]
    routes = [list(map(int, line.split())) for line in (folder / "manual_matched/beijing_set60.txt").read_text().splitlines()]
    routes = [route for route in routes if len(route) > 1]
    driven = {pair for route in routes for pair in pairwise(route)}
    known = {(int(row[0]), int(row[1])) for row in rows} | driven
    ends = np.array(sorted(pair for pair in known if pair[0] != pair[1]))
    highway = classes_of(folder, numbers)
    names: dict[str, int] = {"": 0}
    classes: list[Link] = []
    for a, b in ends.tolist():
        way, name = highway.get((a, b), ("road", ""))
        speed, use = kind(way)
        use |= CAR if (a, b) in driven else 0
        classes.append((max(speed, 5.0) if use & CAR else speed, use, names.setdefault(name, len(names))))
    files = [folder / "map/vertexMap.txt", folder / "map/adjacentList.txt", folder / "manual_matched/beijing_set60.txt"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return ends, [at[[a, b]] for a, b in ends.tolist()], classes, tuple(names), routes, digest


def classes_of(folder: Path, numbers: dict[int, int]) -> dict[tuple[int, int], tuple[str, str]]:
    """The class and name of each edge, from the ways whose nodes it joins."""
    found: dict[tuple[int, int], tuple[str, str]] = {}
    ways = gzip.decompress((folder / "map/osm_data/beijing.waynodes.txt.gz").read_bytes()).decode().splitlines()
    facts = (folder / "map/osm_data/beijing.highway.txt").read_text().splitlines()
    for nodes, fact in zip(ways, facts, strict=True):
        words = fact.split("\t")
        on = [numbers[int(node)] for node in nodes.split() if int(node) in numbers]
        for a, b in pairwise(on):
            found[a, b] = (words[1], words[3])
            found.setdefault((b, a), (words[1], words[3]))
    return found


def parquet(file: Path) -> tuple[np.ndarray, list[np.ndarray], list[Link], tuple[str, ...], str]:
    """A table of u, v, key, highway and a line in metres. A street that is in it one way only is made open both ways."""
    import shapely
    from pyarrow import parquet as tables

    table = tables.read_table(file, columns=["u", "v", "key", "highway", "geometry"]).to_pydict()
    lines = [np.asarray(line.coords)[:, :2] for line in shapely.from_wkb(table["geometry"])]
    number = {node: at for at, node in enumerate(sorted(set(table["u"]) | set(table["v"])))}
    ends: list[tuple[int, int]] = []
    kept: list[np.ndarray] = []
    classes: list[Link] = []
    seen: set[tuple[int, int, int]] = set()
    for u, v, highway, line in zip(table["u"], table["v"], table["highway"], lines, strict=True):
        a, b = number[u], number[v]
        metres = round(float(np.hypot(*np.diff(line, axis=0).T).sum()))
        if a == b or (min(a, b), max(a, b), metres) in seen:
            continue
        seen.add((min(a, b), max(a, b), metres))
        speed, use = kind(str(highway).strip("[]'\"").split("'")[0])
        ends += [(a, b), (b, a)]
        kept += [line, line[::-1]]
        classes += [(speed, use, 0), (speed, use, 0)]
    return np.array(ends), kept, classes, ("",), hashlib.sha256(file.read_bytes()).hexdigest()
