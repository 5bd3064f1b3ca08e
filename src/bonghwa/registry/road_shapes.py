"""Rows of shapefiles of roads: .shp with its .dbf beside it."""

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely.geometry

from bonghwa.registry.road_table import Columns, Row, check_columns, points_of
from bonghwa.registry.standard import FileProblem

_DEGREES = ("GEOGCS", "GEOGCRS")


def fields_of(path: Path) -> list[str]:
    """The column names of a shapefile. Raises FileProblem, OSError."""
    with _shapefile(path) as reader:
        return [str(field[0]) for field in reader.fields if field[0] != "DeletionFlag"]


def read_shapes(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of a shapefile. Raises FileProblem where it is none, is cut, lacks a column or is in degrees."""
    check_columns([*fields_of(path), "geometry"], columns)
    grid = path.with_suffix(".prj")
    if grid.exists() and grid.read_text(encoding="utf-8", errors="replace").lstrip().startswith(_DEGREES):
        raise FileProblem("grid", f"{grid.name} says degrees; the standard node-link is in EPSG:5186 metres", field="geometry")
    with _shapefile(path) as reader:
        number = 0
        try:
            for number, each in enumerate(reader.iterShapeRecords(), start=1):
                cells = {name: "" if value is None else str(value).strip() for name, value in each.record.as_dict().items()}
                shape = each.shape
                points = points_of(shapely.geometry.shape(shape.__geo_interface__)) if shape.points else None
                yield Row(number, cells, points)
            if number != reader.numRecords:
                raise FileProblem("truncated", f"{number} shapes, but {reader.numRecords} rows in the .dbf")
        except _shape_errors() as error:
            raise FileProblem("truncated", f"the shapefile is cut or damaged here ({error})"[:300]) from None


def _shape_errors() -> tuple[type[Exception], ...]:
    import shapefile

    return (
        shapefile.ShapefileException,
        Warning,
        struct.error,
        ValueError,
        IndexError,
        KeyError,
        EOFError,
        OSError,
        TypeError,
        AssertionError,
    )


def _shapefile(path: Path) -> Any:
    try:
        import shapefile
    except ImportError:
        raise FileProblem("needs_extra", "shapefiles need the package pyshp: install bonghwa[roads]") from None
    for suffix in (".shp", ".dbf"):
        with path.with_suffix(suffix).open("rb"):
            pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # It only warns of a size that is not that of the header.
            return shapefile.Reader(str(path), encoding="cp949", encodingErrors="replace")
    except _shape_errors() as error:
        raise FileProblem("not_shapefile", f"not a shapefile, or one that is cut ({error})"[:300]) from None
