"""Reads roads from GeoParquet: a line a row with `highway` and `geometry` (WKB), and `oneway`, `maxspeed`, `name`, `length` if any.

A file without `oneway` has lost which way its lines run: then every road is open both ways. Nodes are where lines end, to the
centimetre: `u` and `v` of files that were simplified no longer tell which end is which.
"""

import json
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from bonghwa.registry.road_classes import known_class, speed, uses
from bonghwa.registry.road_dirt import judge
from bonghwa.registry.road_grid import KOREA_GRID, project
from bonghwa.registry.road_streets import Line, RoadFile, Street
from bonghwa.registry.road_table import points_of
from bonghwa.registry.standard import FileProblem, Reject

_NEEDED = ("highway", "geometry")
_MAY_HAVE = ("oneway", "maxspeed", "name", "junction", "foot", "motor_vehicle", "access", "sidewalk")


def read_parquet(path: Path) -> RoadFile:
    """The roads of a file, in metres of its own grid, or projected from degrees. Raises FileProblem, OSError."""
    columns, degrees, grid = _read(path)
    rows = len(columns["geometry"])
    file = RoadFile(rows=rows, grid=grid, source=path.name + (": no one-ways given" if "oneway" not in columns else ""), nodes_given=False)
    lines = shapely.from_wkb(np.array(columns["geometry"], dtype=object), on_invalid="ignore")
    kept: list[tuple[int, Line]] = []
    for at, geometry in enumerate(lines.tolist()):
        line = points_of(geometry)
        fault = _fault(line, columns["highway"][at])
        if line is not None and fault is None:
            kept.append((at, line))
        elif fault is not None:
            file.rejects.append(Reject(at + 1, fault[0], fault[1]))
            judge(at + 1, file.rejects, done=False)
    judge(rows, file.rejects, done=True)
    if degrees:
        kept, file.grid = _projected(kept)
    number: dict[tuple[float, float], int] = {}
    for at, line in kept:
        tags = {"oneway": "no"} | {key: _tag(columns[key][at]) for key in columns if key not in ("geometry", "length")}
        ahead, back = uses(tags)
        start, end = (number.setdefault((round(x, 2), round(y, 2)), len(number)) for x, y in (line[0].tolist(), line[-1].tolist()))
        length = _metres(columns["length"][at]) if "length" in columns else None
        file.streets.append(Street(start, end, line, ahead, back, speed(tags), tags.get("name", ""), length))
    file.places = list(number)
    return file


def _read(path: Path) -> tuple[dict[str, list[Any]], bool, str]:
    """The columns of use, whether places are degrees, and the name of the grid."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise FileProblem("needs_extra", "GeoParquet files need the package pyarrow: install bonghwa[roads]") from None
    with path.open("rb") as stream:
        try:
            schema = parquet.read_schema(stream)
            missing = [name for name in _NEEDED if name not in schema.names]
            if missing:
                raise FileProblem(
                    "header", f"missing column: {', '.join(missing)}; found: {', '.join(schema.names[:20])}", field=missing[0]
                )
            names = [name for name in (*_NEEDED, *_MAY_HAVE, "length") if name in schema.names]
            stream.seek(0)
            table = parquet.read_table(stream, columns=names)
            columns = {name: table[name].to_pylist() for name in names}
        except (pa.ArrowException, OSError, ValueError) as error:
            raise FileProblem("not_parquet", f"not a Parquet file, or one that is cut: {str(error)[:200]}") from None
    if not all(value is None or isinstance(value, bytes) for value in columns["geometry"]):
        raise FileProblem("value", "is not WKB", field="geometry")
    return columns, *_grid(schema.metadata or {})


def _grid(metadata: dict[bytes, bytes]) -> tuple[bool, str]:
    """From the `geo` metadata (GeoParquet 1.1): no system of reference means degrees."""
    try:
        geo = json.loads(metadata[b"geo"])
        reference = geo["columns"][geo["primary_column"]].get("crs") or {}
        kind, name, code = reference.get("type", ""), reference.get("name", ""), reference.get("id", {}).get("code", "")
    except (KeyError, ValueError, TypeError, AttributeError):
        raise FileProblem("header", "no GeoParquet metadata that says what grid the places are in", field="geometry") from None
    if kind != "ProjectedCRS":
        return True, ""
    return False, KOREA_GRID if code == 5186 else f"a metric grid ({name})"


def _fault(line: Line | None, highway: object) -> tuple[str, str] | None:
    if line is None or len(line) < 2:
        return "geometry", "not a line"
    if not known_class(_tag(highway)):
        return "highway", f"{_tag(highway)[:40]!r} is no class of road"
    return None


def _metres(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and isfinite(value) else None


def _tag(value: object) -> str:
    """A cell as a tag; of a list the first, as where several ways were made one."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _projected(kept: list[tuple[int, Line]]) -> tuple[list[tuple[int, Line]], str]:
    points = np.concatenate([line for _, line in kept])
    if len(points) and (np.abs(points[:, 0]).max() > 180 or np.abs(points[:, 1]).max() > 90):
        raise FileProblem("value", "places are no degrees, and the file names no metric grid", field="geometry")
    metres, grid = project([(lat, lon) for lon, lat in points.tolist()])
    ends = np.cumsum([len(line) for _, line in kept])[:-1]
    return [(at, line) for (at, _), line in zip(kept, np.split(np.array(metres), ends), strict=True)], grid
