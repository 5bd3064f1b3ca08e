"""The import of road files as one act: each read by its format, put together, cleaned, and written to one file for pursuits."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path
from typing import Any

from bonghwa.pursuit.mapped import save_roads
from bonghwa.pursuit.roads import Roads
from bonghwa.registry.importing import write_rejects
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.road_dirt import RoadDirt
from bonghwa.registry.road_shapes import fields_of
from bonghwa.registry.road_streets import RoadFile
from bonghwa.registry.road_table import header_of
from bonghwa.registry.roads_nodelink import is_nodes, read_nodelink
from bonghwa.registry.roads_osm import Progress, read_osm
from bonghwa.registry.roads_packaged import read_packaged
from bonghwa.registry.roads_parquet import read_parquet
from bonghwa.registry.standard import FileProblem

PACKAGED = "packaged"
"""Named instead of a file: the roads inside the package."""
FORMATS = (".osm", ".osm.pbf", ".pbf", ".parquet", ".csv", ".shp")


class RoadFileProblem(Exception):
    """A file that cannot be used: `file` and what is wrong with it. Nothing was written."""

    def __init__(self, file: Path, problem: FileProblem) -> None:
        super().__init__(f"{file}: {problem}")
        self.file, self.problem = file, problem


@dataclass(frozen=True)
class RoadImport:
    """What an import found and wrote."""

    rows: int
    roads: Roads
    dirt: RoadDirt
    sha256: str
    rejects_files: tuple[Path, ...]

    def as_json(self) -> dict[str, Any]:
        """The form of the command's `--json`."""
        return {
            "rows": self.rows,
            "nodes": self.roads.nodes,
            "edges": self.roads.edges,
            "km": round(float(self.roads.length.sum()) / 2000.0, 1),
            "source": self.roads.source,
            "sha256": self.sha256,
            "rejects_files": [str(file) for file in self.rejects_files],
            "dirt": self.dirt.as_json(),
        }


def import_roads(files: Sequence[Path], out: Path, *, join: bool = True, progress: Progress = lambda _words, _count: None) -> RoadImport:
    """Read road files, put them together and write the graph to `out`, rejects beside it. Raises RoadFileProblem, OSError."""
    readers = _readers(files, progress)
    found: list[tuple[Path, RoadFile]] = []
    for path, read in readers:
        progress(f"reading {path.name}", 0)
        try:
            found.append((path, read()))
        except FileProblem as problem:
            raise RoadFileProblem(path, problem) from None
    whole = _together(found)
    progress("cleaning streets", len(whole.streets))
    roads, dirt = clean(whole, join=join)
    if roads.edges == 0:
        raise RoadFileProblem(files[0], FileProblem("empty", "no road is left"))
    progress("writing edges", roads.edges)
    digest = save_roads(out, roads)
    rejects = tuple(write_rejects(out.parent, path, file.rejects) for path, file in _told_apart(found) if file.rejects)
    return RoadImport(whole.rows, roads, dirt, digest, rejects)


def _told_apart(found: Sequence[tuple[Path, RoadFile]]) -> Iterator[tuple[Path, RoadFile]]:
    """The files, of several with one name the later ones numbered: districts' files lie in folders under the same name."""
    seen = Counter[str]()
    for path, file in found:
        seen[path.stem] += 1
        yield (path if seen[path.stem] == 1 else path.with_stem(f"{path.stem}-{seen[path.stem]}")), file


def _readers(files: Sequence[Path], progress: Progress) -> list[tuple[Path, Callable[[], RoadFile]]]:
    """Who reads which file; a file of nodes goes with the links that were named before or after it."""
    links: list[Path] = []
    nodes: list[Path] = []
    found: list[tuple[Path, Callable[[], RoadFile]]] = []
    for path in files:
        name = path.name.lower()
        if str(path) == PACKAGED:
            found.append((path, read_packaged))
        elif name.endswith((".osm", ".pbf")):
            found.append((path, lambda path=path: read_osm(path, progress)))  # type: ignore[misc]
        elif name.endswith(".parquet"):
            found.append((path, lambda path=path: read_parquet(path)))  # type: ignore[misc]
        elif name.endswith((".csv", ".shp")):
            (nodes if is_nodes(_columns(path)) else links).append(path)
        else:
            raise RoadFileProblem(path, FileProblem("format", f"not one of {', '.join(FORMATS)}"))
    if nodes and len(nodes) != len(links):
        text = f"{len(nodes)} files of nodes for {len(links)} of links; give as many of both"
        raise RoadFileProblem(nodes[0], FileProblem("format", text))
    for at, path in enumerate(links):
        its = nodes[at] if nodes else None
        found.append((path, lambda path=path, its=its: read_nodelink(path, its)))  # type: ignore[misc]
    return found


def _columns(path: Path) -> list[str]:
    try:
        return fields_of(path) if path.suffix.lower() == ".shp" else header_of(path)
    except FileProblem as problem:
        raise RoadFileProblem(path, problem) from None


def _together(found: Sequence[tuple[Path, RoadFile]]) -> RoadFile:
    """All files as one; they must be in one grid. A node of one file is that of another at the same place, so that neighbours meet."""
    whole = replace(found[0][1], places=[], streets=[], rejects=[], rows=0, source="; ".join(file.source for _, file in found))
    known: dict[tuple[float, float], int] = {}
    for path, file in found:
        if file.grid != whole.grid:
            raise RoadFileProblem(path, FileProblem("grid", f"in {file.grid}, but {found[0][0].name} is in {whole.grid}"))
        first = len(whole.places)
        at = [(round(x, 2), round(y, 2)) for x, y in file.places]
        number = [known.get(place, first + node) for node, place in enumerate(at)]
        # Only after the file: within one, two nodes at one place may be a road over another. A missing place is that of no other.
        known |= {place: number[node] for node, place in enumerate(at) if not isnan(place[0])}
        for street in file.streets:
            street.start, street.end = number[street.start], number[street.end]
        whole.places += file.places
        whole.streets += file.streets
        whole.rejects += file.rejects
        whole.rows += file.rows
        whole.nodes_given = whole.nodes_given and file.nodes_given
    if whole.grid != "EPSG:5186":
        whole.source += f"; in metres of {whole.grid}"
    return whole
