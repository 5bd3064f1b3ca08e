"""Reads the Korean standard node-link (표준노드링크): links and nodes as CSV or shapefile, EPSG:5186. A link is one way of a road.

Columns are those of the Ministry's guide; CSV exports name the ends Source and Target, shapefiles F_NODE and T_NODE. Nodes of a CSV are
in degrees (latitude, longitude), those of a shapefile points in the grid.
"""

from collections.abc import Iterable, Mapping
from math import isfinite, nan
from pathlib import Path

from bonghwa.domain.geo import to_grid
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT
from bonghwa.registry.road_dirt import judge
from bonghwa.registry.road_shapes import read_shapes
from bonghwa.registry.road_streets import Line, RoadFile, Street, together
from bonghwa.registry.road_table import Row, ends_open, read_table
from bonghwa.registry.standard import KOREA, FileProblem, Reject

LINK_COLUMNS = ("LINK_ID", ("Source", "F_NODE"), ("Target", "T_NODE"), "LANES", "ROAD_RANK", "ROAD_NAME", "MAX_SPD", "LENGTH", "geometry")
NODE_COLUMNS = (("Id", "NODE_ID"), "NODE_TYPE")
GRID_BOX = (-100_000.0, 40_000.0, 700_000.0, 1_100_000.0)
"""West, south, east, north of Korea in EPSG:5186 metres, widely."""
_NO_GRID = "not within Korea in EPSG:5186 metres"
_MOTORWAYS = ("101", "102")
_KMH_OF_RANK = {"101": 100.0, "102": 80.0, "103": 60.0, "106": 60.0}
_KMH_OF_LANES = {"1": 30.0, "2": 50.0}
_USUAL_KMH = 60.0


class _Fault(ValueError):
    def __init__(self, field: str, reason: str, value: str) -> None:
        super().__init__(reason)
        self.field, self.reason, self.value = field, reason, value


def is_nodes(columns: Iterable[str]) -> bool:
    """Whether a table of these columns holds nodes, not links."""
    return "NODE_TYPE" in set(columns)


def read_nodelink(links: Path, nodes: Path | None = None) -> RoadFile:
    """The links of a file and, where given, their nodes. Raises FileProblem, OSError."""
    file = RoadFile(source=f"standard node-link, {links.name}", nodes_given=nodes is not None)
    places = _read_nodes(nodes) if nodes is not None else {}
    number: dict[str, int] = {}
    for row in _rows(links, LINK_COLUMNS):
        file.rows += 1
        try:
            street = _street(row.cells, row.line_of)
        except _Fault as fault:
            file.rejects.append(Reject(row.line, fault.field, fault.reason, fault.value[:120]))
            judge(file.rows, file.rejects, done=False)
            continue
        for end, names in (("start", ("Source", "F_NODE")), ("end", ("Target", "T_NODE"))):
            node = _first(row.cells, names)
            if node not in number:
                number[node] = len(number)
                file.places.append(places.get(node, (nan, nan)))
            setattr(street, end, number[node])
        file.streets.append(street)
    last = file.rejects[-1] if file.rejects else None
    if last is not None and last.line == row.line and links.suffix.lower() == ".csv" and ends_open(links):
        raise FileProblem("truncated", f"the file ends in the middle of this line ({last.reason})", last.line, last.field)
    judge(file.rows, file.rejects, done=True)
    file.streets = together(file.streets)
    return file


def _rows(path: Path, columns: tuple[str | tuple[str, ...], ...]) -> Iterable[Row]:
    return read_shapes(path, columns) if path.suffix.lower() == ".shp" else read_table(path, columns)


def _first(cells: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if name in cells), "")


def _street(cells: Mapping[str, str], line: Line | None) -> Street:
    """A link as a one-way street, its nodes still to be told."""
    for names in (("Source", "F_NODE"), ("Target", "T_NODE")):
        if not _first(cells, names):
            raise _Fault(names[0] if names[0] in cells else names[1], "empty", "")
    if line is None or len(line) < 2:
        raise _Fault("geometry", "not a line", cells.get("geometry", ""))
    if not _within(line):
        raise _Fault("geometry", _NO_GRID, f"{line[0, 0]:g} {line[0, 1]:g}")
    rank = cells["ROAD_RANK"]
    foot = 0 if rank in _MOTORWAYS else FOOT
    limit = _number(cells, "MAX_SPD")
    kmh = limit if 5.0 <= limit <= 130.0 else _KMH_OF_RANK.get(rank) or _KMH_OF_LANES.get(cells["LANES"], _USUAL_KMH)
    name = cells["ROAD_NAME"]
    return Street(0, 0, line, foot | CAR, foot | AGAINST, kmh / 3.6, "" if name == "-" else name, _number(cells, "LENGTH"))


def _within(points: Line) -> bool:
    west, south, east, north = GRID_BOX
    return bool((points >= (west, south)).all() and (points <= (east, north)).all())


def _number(cells: Mapping[str, str], field: str) -> float:
    try:
        value = float(cells[field] or 0.0)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise _Fault(field, "not a number", cells[field])
    return value


def _read_nodes(path: Path) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    south, west, north, east = KOREA
    for row in _rows(path, NODE_COLUMNS):
        node = _first(row.cells, ("Id", "NODE_ID"))
        if row.line_of is not None:
            if not _within(row.line_of):
                raise FileProblem("value", f"{_NO_GRID}: {row.line_of[0, 0]:g} {row.line_of[0, 1]:g}", row.line, "geometry")
            found[node] = (float(row.line_of[0, 0]), float(row.line_of[0, 1]))
            continue
        if "latitude" not in row.cells or "longitude" not in row.cells:
            raise FileProblem("header", "missing column: latitude, longitude", 1, "latitude")
        try:
            lat, lon = float(row.cells["latitude"]), float(row.cells["longitude"])
        except ValueError:
            raise FileProblem("value", "not a number", row.line, "latitude") from None
        if not (south <= lat <= north and west <= lon <= east):
            raise FileProblem("value", f"not within Korea: {lat:g}, {lon:g}", row.line, "latitude")
        found[node] = to_grid(lat, lon)
    return found
