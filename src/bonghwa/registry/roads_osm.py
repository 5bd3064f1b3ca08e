"""Reads roads from OpenStreetMap files, `.osm` and `.osm.pbf`. A way is cut into streets wherever another way shares its node."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bonghwa.registry.road_classes import known_class, speed, uses
from bonghwa.registry.road_dirt import judge
from bonghwa.registry.road_grid import project
from bonghwa.registry.road_streets import RoadFile, Street
from bonghwa.registry.standard import FileProblem, Reject

Progress = Callable[[str, int], None]
"""Called now and then with what is being done and how much of it is."""
_TAGS = (
    "highway", "oneway", "junction", "maxspeed", "foot", "motor_vehicle", "vehicle", "access", "name",
    "sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right",
)  # fmt: skip
_REPORT_EVERY = 20_000
Way = tuple[dict[str, str], list[int]]


def read_osm(path: Path, progress: Progress = lambda _words, _count: None) -> RoadFile:
    """The roads and paths of a file. Raises FileProblem for one that is no OSM file, is cut or holds no road; OSError."""
    file = RoadFile(source=f"OpenStreetMap (ODbL), {path.name}")
    ways, degrees = _read(path, file, progress)
    judge(file.rows, file.rejects, done=True)
    order = list(degrees)
    metres, file.grid = project([degrees[node] for node in order])
    place = dict(zip(order, metres, strict=True))
    used = Counter(node for _, nodes in ways for node in nodes)
    number: dict[int, int] = {}
    for tags, nodes in ways:
        ahead, back = uses(tags)
        pace = speed(tags)
        for piece in _pieces(nodes, used):
            start, end = (number.setdefault(node, len(number)) for node in (piece[0], piece[-1]))
            line = np.array([place[node] for node in piece])
            file.streets.append(Street(start, end, line, ahead, back, pace, tags.get("name", "")))
    file.places = [place[node] for node in number]
    return file


def _read(path: Path, file: RoadFile, progress: Progress) -> tuple[list[Way], dict[int, tuple[float, float]]]:
    """The ways that are roads, and degrees of their nodes."""
    try:
        import osmium
    except ImportError:
        raise FileProblem("needs_extra", "OpenStreetMap files need the package osmium: install bonghwa[roads]") from None
    with path.open("rb"):
        pass  # osmium words a file that cannot be opened as one that is damaged.
    found: list[tuple[int, dict[str, str], list[int]]] = []
    degrees: dict[int, tuple[float, float]] = {}
    try:
        for item in osmium.FileProcessor(path).with_locations().with_filter(osmium.filter.KeyFilter("highway")):
            if not isinstance(item, osmium.osm.Way) or not known_class(item.tags["highway"]):
                continue
            file.rows += 1
            tags = {key: item.tags[key] for key in _TAGS if key in item.tags}
            degrees.update((node.ref, (node.location.lat, node.location.lon)) for node in item.nodes if node.location.valid())
            found.append((item.id, tags, [node.ref for node in item.nodes]))
            if file.rows % _REPORT_EVERY == 0:
                progress("ways", file.rows)
        missing = {ref for _, _, nodes in found for ref in nodes if ref not in degrees}
        # Whoever asks Overpass gets the ways first, and editors number what is new below zero: neither is known while ways are read.
        if missing:
            later = osmium.FileProcessor(path, osmium.osm.NODE)
            for item in later.with_filter(osmium.filter.IdFilter(missing)) if min(missing) >= 0 else later:
                if isinstance(item, osmium.osm.Node) and item.id in missing and item.location.valid():
                    degrees[item.id] = item.location.lat, item.location.lon
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise FileProblem("not_osm", f"not an OSM file, or one that is cut: {error}") from None
    ways: list[Way] = []
    for way, tags, nodes in found:
        runs = _runs([node if node in degrees else None for node in nodes])
        if not runs:
            file.rejects.append(Reject(0, f"way/{way}", "fewer than two of its nodes are in the file"))
        ways += [(tags, run) for run in runs]
    return ways, {node: degrees[node] for _, run in ways for node in run}


def _runs(nodes: list[int | None]) -> list[list[int]]:
    """A way's nodes without repeats; where some are not in the file, as at the edge of an extract, the runs between them."""
    runs: list[list[int]] = [[]]
    for node in nodes:
        if node is None:
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != node:
            runs[-1].append(node)
    return [run for run in runs if len(run) > 1]


def _pieces(nodes: list[int], used: Counter[int]) -> list[list[int]]:
    """A way's nodes, cut where a node is used more than once."""
    pieces, piece = [], [nodes[0]]
    for node in nodes[1:]:
        piece.append(node)
        if used[node] > 1:
            pieces.append(piece)
            piece = [node]
    return [*pieces, piece] if len(piece) > 1 else pieces
