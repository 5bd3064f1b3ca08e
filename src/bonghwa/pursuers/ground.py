"""What every pursuit of a process stands on: the roads, and which camera shows which of them, as files that the hub wrote."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bonghwa.domain.camera import Camera
from bonghwa.domain.geo import to_grid, to_wgs84
from bonghwa.pursuers.closing import Closing
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.mapped import load_roads, save_roads
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import INFERRED, Floats, Roads
from bonghwa.pursuit.ways import Ways, line_of

ROADS, COVERAGE, CAMERAS = "roads.map", "coverage.npz", "cameras.json"


@dataclass(frozen=True, eq=False)
class Ground:
    """Roads and coverage, packed once for all pursuits of a process. `owner` and `purpose` are of each camera of the coverage."""

    roads: Roads
    coverage: Coverage
    network: Network
    ways: Ways
    closing: Closing
    owner: tuple[str, ...]
    purpose: tuple[str, ...]
    _middles: dict[str, tuple[float, float, float] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, roads: Roads, coverage: Coverage, owner: Sequence[str], purpose: Sequence[str]) -> "Ground":
        """From what is in memory."""
        return cls(roads, coverage, Network.of(roads, coverage), Ways(roads), Closing(roads), tuple(owner), tuple(purpose))

    @classmethod
    def load(cls, folder: Path) -> "Ground":
        """From the files that `lay` wrote. Raises OSError, ValueError or KeyError where they are not whole."""
        with np.load(folder / COVERAGE, allow_pickle=False) as file:
            coverage = Coverage(
                tuple(str(camera) for camera in file["cameras"]), file["first"], file["camera"], file["begin"], file["end"], file["chance"]
            )
        told = json.loads((folder / CAMERAS).read_text("utf-8"))
        return cls.of(load_roads(folder / ROADS), coverage, told["owner"], told["purpose"])

    def metres(self, lat: float, lon: float) -> tuple[float, float]:
        """A place in metres from the roads' origin."""
        x, y = to_grid(lat, lon)
        return x - self.roads.origin[0], y - self.roads.origin[1]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude of a point in metres from the roads' origin."""
        lat, lon = to_wgs84(x + self.roads.origin[0], y + self.roads.origin[1])
        return round(lat, 6), round(lon, 6)

    def same(self, camera: str) -> str:
        """A camera's id as the one string that all pursuits share; itself where no such camera is known."""
        number = self.network.number.get(camera)
        return camera if number is None else self.coverage.cameras[number]

    def middle(self, camera: str) -> tuple[float, float, float] | None:
        """Of the roads a camera shows: their middle in metres from the origin, and how far they reach from it. None where it shows none."""
        if camera not in self._middles:
            self._middles[camera] = self._middle(camera)
        return self._middles[camera]

    def shown_by(self, cameras: Iterable[str]) -> Coverage:
        """The coverage with all other cameras showing their stretches with no chance; rows and numbers stay."""
        works = np.zeros(len(self.coverage.cameras), np.bool_)
        works[[self.network.number[camera] for camera in cameras]] = True
        return replace(self.coverage, chance=np.where(works[self.coverage.camera], self.coverage.chance, 0.0))

    def _middle(self, camera: str) -> tuple[float, float, float] | None:
        network, coverage = self.network, self.coverage
        number = network.number.get(camera)
        if number is None:
            return None
        rows = network.rows[network.rows_first[number] : network.rows_first[number + 1]].tolist()
        points = np.array([self.roads.at(int(network.row_edge[row]), (coverage.begin[row] + coverage.end[row]) / 2) for row in rows])
        x, y = (float(each) for each in points.mean(axis=0))
        drawn = [line_of(self.roads, int(network.row_edge[row]), float(coverage.begin[row]), float(coverage.end[row])) for row in rows]
        ends = np.array([point for line in drawn for point in line])
        return x, y, max(10.0, float(np.hypot(ends[:, 0] - x, ends[:, 1] - y).max()))


def lay(folder: Path, roads: Roads, coverage: Coverage, cameras: Sequence[Camera]) -> str:
    """Write what the processes stand on; the name of this road graph, which changes with its content."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha = save_roads(folder / ROADS, roads)
    known = {camera.id: camera for camera in cameras}
    waiting = folder / "coverage.new.npz"
    np.savez(
        waiting,
        cameras=np.array(coverage.cameras),
        first=coverage.first,
        camera=coverage.camera,
        begin=coverage.begin,
        end=coverage.end,
        chance=coverage.chance,
    )
    os.replace(waiting, folder / COVERAGE)
    told = {"owner": [known[c].owner for c in coverage.cameras], "purpose": [known[c].purpose for c in coverage.cameras]}
    (folder / CAMERAS).write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    return sha


def streets_of(roads: Roads) -> dict[str, object]:
    """The road graph for a map: each street's line as flat longitudes and latitudes, its name, and which are known as bus sections only."""
    twin = roads.twin
    street = np.flatnonzero((twin < 0) | (np.arange(roads.edges) < twin))
    lines: dict[str, list[float]] = {}
    names: dict[str, str] = {}
    for edge in street.tolist():
        part = slice(int(roads.shape_first[edge]), int(roads.shape_first[edge + 1]))
        lines[str(edge)] = _line(roads.shape_x[part] + roads.origin[0], roads.shape_y[part] + roads.origin[1])
        if name := roads.names[roads.name[edge]]:
            names[str(edge)] = name
    inferred = [edge for edge in street.tolist() if roads.use[edge] & INFERRED]
    return {"source": roads.source, "streets": lines, "names": names, "inferred": inferred}


def _line(x: Floats, y: Floats) -> list[float]:
    flat: list[float] = []
    for east, north in zip(x.tolist(), y.tolist(), strict=True):
        lat, lon = to_wgs84(east, north)
        flat += [round(lon, 6), round(lat, 6)]
    return flat
