"""Surveys: a CSV that says where cameras look. Columns camera, bearing, fov, range_m, ptz, height_m, source, in any order."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bonghwa.domain.camera import POSE_SOURCES, Pose, PoseSource
from bonghwa.registry.standard import FileProblem

REQUIRED = ("camera", "bearing", "fov", "range_m")
_TRUE, _FALSE = {"1", "true", "yes", "y"}, {"", "0", "false", "no", "n"}


def read_survey(path: Path) -> dict[str, Pose]:
    """Poses by camera id or name. Any fault raises FileProblem with line and field: a survey counts whole or not at all."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem("not_text", f"not UTF-8 text (byte {error.start})") from None
    try:
        return _poses(csv.DictReader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise FileProblem("not_a_table", str(error)) from None


def _poses(reader: "csv.DictReader[str]") -> dict[str, Pose]:
    names = [name.strip() for name in reader.fieldnames or []]
    if not names:
        raise FileProblem("empty", "the file is empty; the first line must name the columns", 1)
    for name in REQUIRED:
        if name not in names:
            raise FileProblem("header", f"missing column: {name}; found: {', '.join(names[:20])}", 1, name)
    poses: dict[str, Pose] = {}
    for row in reader:
        line = reader.line_num
        if None in row or None in row.values():
            raise FileProblem("columns", f"this line does not have {len(names)} columns", line)
        cells = {name: row[raw].strip() for name, raw in zip(names, reader.fieldnames or [], strict=True)}
        camera = cells["camera"]
        if not camera:
            raise FileProblem("value", "empty", line, "camera")
        if camera in poses:
            raise FileProblem("value", f"{camera} was given before", line, "camera")
        poses[camera] = _pose(cells, line)
    if not poses:
        raise FileProblem("empty", "the file has a header and no row", 2)
    return poses


def _pose(cells: Mapping[str, str], line: int) -> Pose:
    source = cells.get("source", "").strip().replace(" ", "_") or "survey"
    if source not in POSE_SOURCES:
        raise FileProblem("value", f"{source!r} is not one of {', '.join(sorted(POSE_SOURCES))}", line, "source")
    ptz = cells.get("ptz", "").lower()
    if ptz not in _TRUE | _FALSE:
        raise FileProblem("value", f"{ptz!r} is neither yes nor no", line, "ptz")
    height = cells.get("height_m", "")
    return Pose(
        source=cast(PoseSource, source),
        bearing=_number(cells, "bearing", 0, 360, line) % 360.0,
        fov=_number(cells, "fov", 1, 360, line),
        range_m=_number(cells, "range_m", 1, 2000, line),
        ptz=ptz in _TRUE,
        height_m=_number(cells, "height_m", 0.1, 100, line) if height else None,
    )


def _number(cells: Mapping[str, str], field: str, low: float, high: float, line: int) -> float:
    try:
        value = float(cells[field])
    except ValueError:
        raise FileProblem("value", f"{cells[field]!r} is not a number", line, field) from None
    if not low <= value <= high:
        raise FileProblem("value", f"{value:g} is not within {low:g} to {high:g}", line, field)
    return value
