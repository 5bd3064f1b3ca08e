"""Rows of road tables: CSV whose geometry is WKT."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from bonghwa.registry.road_streets import Line
from bonghwa.registry.standard import FileProblem

Columns = Sequence[str | tuple[str, ...]]
_LONGEST_CELL = 1 << 22


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its line in the file (1 is the header of a CSV), its cells, and its line or point where it has one."""

    line: int
    cells: dict[str, str]
    line_of: Line | None


def points_of(geometry: shapely.Geometry | None) -> Line | None:
    """The points of a line or point, of a line in touching parts the points of the joined one; None for anything else."""
    if isinstance(geometry, shapely.MultiLineString):
        geometry = shapely.line_merge(geometry)
    if not isinstance(geometry, shapely.LineString | shapely.Point) or geometry.is_empty:
        return None
    points = shapely.get_coordinates(geometry)
    return points if np.isfinite(points).all() else None


def check_columns(found: Sequence[str], wanted: Columns) -> None:
    """Raise FileProblem naming the columns that are missing; of a tuple one is enough."""
    missing = [each for each in wanted if not set((each,) if isinstance(each, str) else each) & set(found)]
    if missing:
        words = [each if isinstance(each, str) else " or ".join(each) for each in missing]
        shown = ", ".join(name.encode("utf-8", "replace").decode()[:40] for name in found[:20])
        raise FileProblem("header", f"missing column: {', '.join(words)}; found: {shown}", 1, words[0])


def header_of(path: Path) -> list[str]:
    """The column names of a CSV. Raises FileProblem, OSError."""
    with path.open(encoding=_encoding(path), errors="surrogateescape", newline="") as stream:
        try:
            return [name.strip() for name in next(csv.reader(stream, strict=True), [])]
        except csv.Error as error:
            raise FileProblem("not_a_table", f"not a CSV table ({error})", 1) from None


def read_table(path: Path, columns: Columns) -> Iterator[Row]:
    """The rows of a CSV. Raises FileProblem where it is no table, lacks a column or is cut in the middle of a row."""
    header = header_of(path)
    check_columns(header, columns)
    cut = ends_open(path)
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=_encoding(path), errors="surrogateescape", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        next(reader)
        try:
            for cells in reader:
                if not any(cells):
                    continue
                if len(cells) != len(header):
                    code = "truncated" if cut and not stream.readline() else "not_a_table"
                    raise FileProblem(code, f"{len(cells)} columns where the table has {len(header)}", reader.line_num)
                row = {name: _text(cell) for name, cell in zip(header, cells, strict=True)}
                wkt = row.get("geometry")
                yield Row(reader.line_num, row, points_of(shapely.from_wkt(wkt, on_invalid="ignore")) if wkt else None)
        except csv.Error as error:
            code = "truncated" if cut else "not_a_table"
            raise FileProblem(code, f"the file is cut or not a CSV table here ({error})", reader.line_num) from None


def _text(cell: str) -> str:
    """A cell without spaces around it; bytes that are no text in the file's encoding become question marks."""
    return cell.strip().encode("utf-8", "replace").decode()


def ends_open(path: Path) -> bool:
    """Whether a file that is not empty ends in the middle of a line."""
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) not in b"\r\n"


def _encoding(path: Path) -> str:
    """UTF-8 or cp949, from the first line that is not plain ASCII. Raises FileProblem for what is empty or no text."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    if not head.strip():
        raise FileProblem("empty", "the file is empty; the first line must name the columns", 1)
    if b"\x00" in head:
        raise FileProblem("not_a_table", "a zero byte; this is not a text file", 1)
    whole = head[: head.rfind(b"\n") + 1] or head
    for encoding in ("utf-8-sig", "cp949"):
        try:
            whole.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileProblem("not_text", "neither UTF-8 nor cp949 text", 1)
