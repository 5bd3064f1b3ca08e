"""Reading the public files as they are, and writing ours so that equal content gives equal bytes."""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Feature = dict[str, Any]


def read_rows(path: Path, encoding: str) -> Iterator[dict[str, str]]:
    """Rows of a CSV, by column name; gzipped when the name says so."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(io.StringIO(raw.decode(encoding)))


def read_geojson(path: Path) -> list[Feature]:
    """The features of a GeoJSON file."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    features: list[Feature] = json.loads(raw)["features"]
    return features


def write_gzip(path: Path, content: bytes) -> None:
    """Gzip without time or name, so that the bytes depend on the content alone."""
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def write_geojson(path: Path, features: Iterable[Feature]) -> None:
    """A gzipped FeatureCollection."""
    body = {"type": "FeatureCollection", "features": list(features)}
    write_gzip(path, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def write_rows(path: Path, columns: list[str], rows: Iterable[Iterable[object]]) -> None:
    """A gzipped CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_gzip(path, text.getvalue().encode())
