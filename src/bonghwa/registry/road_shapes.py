"""Rows of shapefiles of roads: .shp with its .dbf beside it."""

import codecs
import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely.geometry

from bonghwa.registry.road_table import Columns, Row, check_columns, points_of
from bonghwa.registry.standard import FileProblem

_DEGREES = ("GEOGCS", "GEOGCRS")
_GRID = {
    "false_easting": 200_000.0, "false_northing": 600_000.0, "central_meridian": 127.0, "longitude_of_natural_origin": 127.0,
    "latitude_of_origin": 38.0, "latitude_of_natural_origin": 38.0,
}  # fmt: skip
"""What tells EPSG:5186 from Korea's other grids: a neighbouring belt or an older northing puts every road some 100 km off, within Korea."""
_PARAMETER = re.compile(r'PARAMETER\s*\[\s*"([^"]+)"\s*,\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)')


def fields_of(path: Path) -> list[str]:
    """The column names of a shapefile. Raises FileProblem, OSError."""
    with _shapefile(path) as reader:
        return [str(field[0]) for field in reader.fields if field[0] != "DeletionFlag"]


def read_shapes(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of a shapefile. Raises FileProblem where it is none, is cut, lacks a column or is in another grid."""
    check_columns([*fields_of(path), "geometry"], columns)
    _check_grid(_beside(path, ".prj"))
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


def _beside(path: Path, suffix: str) -> Path:
    """The part of a shapefile with this ending, in small letters or capitals."""
    capitals = path.with_suffix(suffix.upper())
    return capitals if capitals.exists() else path.with_suffix(suffix)


def _check_grid(prj: Path) -> None:
    """Raise FileProblem where a .prj says that places are not in EPSG:5186; without one they are taken to be."""
    if not prj.exists():
        return
    text = prj.read_text(encoding="utf-8", errors="replace").lstrip()
    if text.startswith(_DEGREES):
        raise FileProblem("grid", f"{prj.name} says degrees; the standard node-link is in EPSG:5186 metres", field="geometry")
    for name, said in _PARAMETER.findall(text):
        wanted = _GRID.get(name.lower().replace(" ", "_"))
        if wanted is not None and abs(float(said) - wanted) > 1e-6 * wanted:
            text = f"{prj.name} says {name} {said}; the standard node-link is in EPSG:5186, whose is {wanted:g}"
            raise FileProblem("grid", text, field="geometry")


def _encoding(path: Path) -> str:
    """What the .cpg beside a shapefile says its text is in; cp949, which holds EUC-KR, where it says nothing known."""
    cpg = _beside(path, ".cpg")
    said = cpg.read_text(encoding="ascii", errors="replace").strip() if cpg.exists() else ""
    try:
        name = codecs.lookup(said).name
    except (LookupError, ValueError):  # A zero byte is a ValueError.
        return "cp949"
    return "cp949" if name == "euc_kr" else name


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
        with _beside(path, suffix).open("rb"):
            pass
    encoding = _encoding(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # It only warns of a size that is not that of the header.
            warnings.filterwarnings("ignore", message=r".*\.cpg file")
            return shapefile.Reader(str(path), encoding=encoding, encodingErrors="replace")
    except _shape_errors() as error:
        raise FileProblem("not_shapefile", f"not a shapefile, or one that is cut ({error})"[:300]) from None
