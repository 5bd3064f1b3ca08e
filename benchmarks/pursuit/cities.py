"""The cities of the evaluation: roads read with code of its own, and where cameras stand.

`junggu` has real roads (standard node-link; no alleys) and real camera positions; bearings are drawn, since no public data has any.
`beijing` has a real OSM graph and real taxi routes; `wuhan` and `douala` have real OSM streets; their cameras are drawn at crossings.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.pursuit import osm
from benchmarks.pursuit.views import Cameras, beyond_roads, samples, shown
from bonghwa.data import open_data, read_data
from bonghwa.domain.geo import to_grid
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, SHORTEST_EDGE_M, Roads
from bonghwa.registry.cameras import parse_file

NAMES = ("junggu", "beijing", "wuhan", "douala")
SEED = 20_261_122
FIELDS_OF_VIEW = np.array([40.0, 70.0, 90.0, 110.0])
ALONG_THE_ROAD = 0.7
"""The share of cameras that look along the nearest road; the others look anywhere."""
CROSSINGS_WATCHED = {"main": 0.15, "side": 0.03}
MAIN_ROAD_M_S = 13.0
"""From this speed on a road counts as a main one."""


class MissingDataError(Exception):
    """The city's files are not on this machine."""


@dataclass(frozen=True, eq=False)
class City:
    """Roads, the cameras that stand there, what they show, and real routes (lists of nodes) where there are any."""

    name: str
    roads: Roads
    cameras: Cameras
    coverage: Coverage
    """Every camera of `cameras` shows some road, and its number there is its number here."""
    routes: tuple[tuple[int, ...], ...]
    data: str
    """The SHA-256 of the files it was read from."""

    def thinned(self, share: float) -> "City":
        """The same city with only so large a share of its cameras, the same ones each time."""
        if share >= 1:
            return self
        keep = np.sort(np.random.default_rng([SEED, 7]).permutation(len(self.cameras.x))[: max(round(share * len(self.cameras.x)), 1)])
        cameras = self.cameras.only(keep)
        return City(self.name, self.roads, cameras, shown(self.roads, cameras), self.routes, self.data)


@cache
def city(name: str, density: float = 1.0) -> City:
    """A city by its name. Raises MissingDataError where its files are not there."""
    if density < 1:
        return city(name).thinned(density)
    roads, routes, data = _READERS[name]()
    cameras = real_cameras(roads) if name == "junggu" else crossing_cameras(roads)
    cameras = cameras.only(beyond_roads(roads, cameras))
    return City(name, roads, cameras, shown(roads, cameras), routes, data)


def data_folder() -> Path | None:
    """`BONGHWA_BENCH_DATA`, else `../shared/data` beside the checkout or the working directory; None where there is none."""
    named = os.environ.get("BONGHWA_BENCH_DATA")
    places = [Path(named)] if named else [base / "shared/data" for base in (Path(__file__).parents[3], Path.cwd().parent)]
    return next((place for place in places if place.is_dir()), None)


def _file(relative: str) -> Path:
    folder = data_folder()
    if folder is None or not (folder / relative).exists():
        raise MissingDataError(f"{relative} is not at ../shared/data (or BONGHWA_BENCH_DATA)")
    return folder / relative


def junggu() -> tuple[Roads, tuple[tuple[int, ...], ...], str]:
    """The packaged standard node-link roads of Jung-gu. A link without a way back gets one for walkers and law breakers."""
    raw = open_data("roads.npz")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "roads.npz"
        path.write_bytes(raw)
        with np.load(path, allow_pickle=False) as data:
            z = {key: data[key] for key in data.files}
    lines, classes, ends = [], [], []
    # The file's links end some 8 m before their crossing: each is led on to the crossing's place.
    middle = crossing_places(z)
    for link in np.flatnonzero(z["kind"] == 0):
        first, last = z["link_ptr"][link], z["link_ptr"][link + 1]
        line = np.column_stack((z["x"][first:last], z["y"][first:last]))
        lines.append(np.vstack((middle[z["start"][link]], line, middle[z["end"][link]])))
        lanes, rank = int(z["lanes"][link]), int(z["rank"][link])
        speed = 27.8 if rank == 101 else 16.7 if rank == 103 or lanes >= 3 else 13.9 if lanes == 2 else 8.3
        classes.append((speed, CAR if rank == 101 else CAR | FOOT, int(z["name_idx"][link])))
        ends.append((int(z["start"][link]), int(z["end"][link])))
    names = tuple(str(name) for name in z["names"])
    roads = assemble(np.array(ends), lines, classes, names, "standard node-link, Jung-gu")
    return roads, (), hashlib.sha256(raw + open_data("incheon_cctv.csv.gz")).hexdigest()


def crossing_places(z: dict[str, np.ndarray]) -> np.ndarray:
    """The middle of the ends of the links that meet at each node."""
    links = np.flatnonzero(z["kind"] == 0)
    point = np.concatenate((z["link_ptr"][links], z["link_ptr"][links + 1] - 1))
    node = np.concatenate((z["start"][links], z["end"][links]))
    count = np.maximum(np.bincount(node, minlength=len(z["node_x"])), 1)
    east, north = (np.bincount(node, z[axis][point], minlength=len(count)) / count for axis in "xy")
    return np.column_stack((east, north))


def beijing() -> tuple[Roads, tuple[tuple[int, ...], ...], str]:
    """The graph of the sparse taxi set and its 18 usable hand-matched routes."""
    folder = _file("tracks/beijing_sparsetaxi")
    ends, lines, classes, names, routes, data = osm.beijing(folder)
    roads = assemble(ends, lines, classes, names, "OSM, Beijing")
    return roads, tuple(renumbered(ends, routes)), data


def parquet(file: str) -> tuple[Roads, tuple[tuple[int, ...], ...], str]:
    """A street network of the large OSM set. It tells nothing of one-ways: every street is open both ways."""
    ends, lines, classes, names, data = osm.parquet(_file(f"roads/large_osm/{file}"))
    return assemble(ends, lines, classes, names, f"OSM, {file}"), (), data


_READERS: dict[str, Callable[[], tuple[Roads, tuple[tuple[int, ...], ...], str]]] = {
    "junggu": junggu,
    "beijing": beijing,
    "wuhan": lambda: parquet("wuhan_8989.parquet"),
    "douala": lambda: parquet("douala_809.parquet"),
}


def renumbered(ends: np.ndarray, routes: list[list[int]]) -> list[tuple[int, ...]]:
    """Routes in the node numbers of the assembled graph, which drops nodes without edges."""
    number = {int(node): at for at, node in enumerate(np.unique(ends))}
    return [tuple(number[node] for node in route) for route in routes]


def assemble(
    ends: np.ndarray, lines: list[np.ndarray], classes: list[tuple[float, int, int]], names: tuple[str, ...], source: str
) -> Roads:
    """Directed links to `Roads`: a link that lacks its way back gets one that is open on foot, and to who breaks the law."""
    used, flat = np.unique(ends, return_inverse=True)
    pairs = flat.reshape(-1, 2).tolist()
    free: dict[tuple[int, int], list[int]] = {}
    for edge, (a, b) in enumerate(pairs):
        free.setdefault((a, b), []).append(edge)
    twin = [-1] * len(pairs)
    lines, classes = list(lines), list(classes)
    for edge in range(len(pairs)):
        a, b = pairs[edge]
        if twin[edge] >= 0:
            continue
        back = [other for other in free.get((b, a), []) if twin[other] < 0 and other != edge]
        if back:
            other = back[0]
            twin[edge], twin[other] = other, edge
            continue
        speed, use, name = classes[edge]
        twin[edge] = len(pairs)
        twin.append(edge)
        pairs.append([b, a])
        lines.append(lines[edge][::-1])
        classes.append((speed, (use & FOOT) | (AGAINST if use & CAR else 0), name))
    return packed(np.array(pairs, np.int32), lines, classes, np.array(twin, np.int32), names, source, len(used))


def packed(
    pairs: np.ndarray,
    lines: list[np.ndarray],
    classes: list[tuple[float, int, int]],
    twin: np.ndarray,
    names: tuple[str, ...],
    source: str,
    nodes: int,
) -> Roads:  # fmt: skip
    """The arrays of `Roads`, metres from the middle of the city."""
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    points = np.concatenate(lines)
    origin = np.round(points.mean(axis=0))
    points = points - origin
    step = np.hypot(*np.diff(points, axis=0).T)
    walked = np.concatenate([[0.0], np.cumsum(step)])
    length = np.maximum(walked[first[1:] - 1] - walked[first[:-1]], SHORTEST_EDGE_M)
    at = np.zeros((nodes, 2))
    at[pairs[:, 0]], at[pairs[:, 1]] = points[first[:-1]], points[first[1:] - 1]
    speed, use, name = (np.array(column) for column in zip(*classes, strict=True))
    return Roads(
        origin=(float(origin[0]), float(origin[1])),
        x=at[:, 0].copy(),
        y=at[:, 1].copy(),
        tail=pairs[:, 0].copy(),
        head=pairs[:, 1].copy(),
        length=length,
        twin=twin,
        use=use.astype(np.uint8),
        speed=speed.astype(np.float64),
        name=name.astype(np.int32),
        names=names,
        shape_first=first,
        shape_x=points[:, 0].copy(),
        shape_y=points[:, 1].copy(),
        source=source,
    )


def real_cameras(roads: Roads) -> Cameras:
    """The registry's camera positions near the roads. Ranges are the registry's priors, spread; bearings and fields of view are drawn."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cctv.csv"
        path.write_bytes(read_data("incheon_cctv.csv.gz"))
        cameras = parse_file(path, date(2026, 1, 1)).cameras
    at = np.array([to_grid(camera.lat, camera.lon) for camera in cameras]) - np.array(roads.origin)
    reach = np.array([camera.pose.range_m for camera in cameras])
    tree = cKDTree(np.column_stack(samples(roads)[2:]))
    near = np.flatnonzero(tree.query(at, distance_upper_bound=160.0)[0] < 160.0)
    rng = np.random.default_rng([SEED, 1])
    return aimed(roads, at[near], reach[near] * rng.uniform(0.8, 1.3, len(near)), rng)


def crossing_cameras(roads: Roads) -> Cameras:
    """Two cameras, back to back, at a drawn share of the crossings: more of those where a main road passes."""
    rng = np.random.default_rng([SEED, 2])
    streets = np.diff(roads.out_first)
    main = np.zeros(roads.nodes, bool)
    main[roads.tail[roads.speed >= MAIN_ROAD_M_S]] = True
    chance = np.where(main, CROSSINGS_WATCHED["main"], CROSSINGS_WATCHED["side"])
    chosen = np.flatnonzero((streets >= 3) & (rng.random(roads.nodes) < chance))
    at = np.repeat(np.column_stack((roads.x, roads.y))[chosen], 2, axis=0)
    reach = rng.uniform(40.0, 90.0, len(at))
    bearing = np.repeat(rng.uniform(0, 2 * np.pi, len(chosen)), 2) + np.tile([0.0, np.pi], len(chosen))
    return Cameras(at[:, 0].copy(), at[:, 1].copy(), bearing % (2 * np.pi), np.full(len(at), np.pi), reach)


def aimed(roads: Roads, at: np.ndarray, reach: np.ndarray, rng: np.random.Generator) -> Cameras:
    """Cameras of which most look along the nearest road, one way or the other, and the others anywhere."""
    starts = np.setdiff1d(np.arange(len(roads.shape_x)), roads.shape_first[1:] - 1)
    east, north = roads.shape_x[starts + 1] - roads.shape_x[starts], roads.shape_y[starts + 1] - roads.shape_y[starts]
    middle = np.column_stack((roads.shape_x[starts] + east / 2, roads.shape_y[starts] + north / 2))
    nearest = cKDTree(middle).query(at)[1]
    along = np.arctan2(east, north)[nearest] + rng.normal(0, np.radians(20), len(at)) + np.pi * rng.integers(0, 2, len(at))
    anywhere = rng.uniform(0, 2 * np.pi, len(at))
    bearing = np.where(rng.random(len(at)) < ALONG_THE_ROAD, along, anywhere) % (2 * np.pi)
    return Cameras(at[:, 0].copy(), at[:, 1].copy(), bearing, np.radians(rng.choice(FIELDS_OF_VIEW, len(at))), reach)
