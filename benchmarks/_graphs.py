"""Road graphs to measure on: a grid, real ones of the package and of the shared data beside the checkout (or BONGHWA_SHARED_DATA).

Plain readers for benchmarks and tests: the product's importers clean far more. Nothing here guesses one-ways where the source has none.
"""

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonghwa.data import read_data
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, SHORTEST_EDGE_M, Roads

SHARED = Path(os.environ.get("BONGHWA_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
KMH = 1 / 3.6
SPEEDS_KMH = {"motorway": 100, "trunk": 80, "primary": 60, "secondary": 50, "tertiary": 50}


@dataclass(frozen=True)
class Track:
    """Fixes of a taxi without times, and the nodes of the way that a person matched by hand."""

    fixes: NDArray[np.float64]
    nodes: list[int]


def junggu() -> Roads:
    """The standard node-link roads of Jung-gu: kind 0 of the package's roads, each link one way; a link back is its twin."""
    with np.load(io.BytesIO(read_data("roads.npz"))) as held:
        keep = np.flatnonzero(held["kind"] == 0)
        ptr, x, y = held["link_ptr"], held["x"], held["y"]
        nodes, ends = np.unique(np.concatenate([held["start"][keep], held["end"][keep]]), return_inverse=True)
        lines = [np.column_stack((x[ptr[k] : ptr[k + 1]], y[ptr[k] : ptr[k + 1]])) for k in keep]
        at = np.column_stack((held["node_x"][nodes], held["node_y"][nodes]))
        names, name = tuple(str(n) for n in held["names"]), held["name_idx"][keep]
    tail, head = ends[: len(keep)], ends[len(keep) :]
    return _directed(at, tail, head, lines, np.full(len(keep), 50 * KMH), name, names, "node-link roads of Jung-gu")


def beijing() -> Roads:
    """The graph of the sparse taxi tracks: straight directed edges; its own lengths are broken and reckoned anew."""
    folder = SHARED / "tracks" / "beijing_sparsetaxi" / "map"
    at = np.loadtxt(folder / "vertexMap.txt")[:, [3, 2]] * 1000.0
    edges = np.loadtxt(folder / "adjacentList.txt", skiprows=1)[:, :2].astype(np.int64)
    edges = np.unique(edges[edges[:, 0] != edges[:, 1]], axis=0)
    lines = list(np.stack((at[edges[:, 0]], at[edges[:, 1]]), axis=1))
    return _directed(at, edges[:, 0], edges[:, 1], lines, np.full(len(edges), 50 * KMH), np.zeros(len(edges)), ("",), "Beijing")


def tracks() -> list[Track]:
    """The 18 tracks with their ways matched by hand. The file holds 19 ways: the one with index 10 is a lone node of no track."""
    folder = SHARED / "tracks" / "beijing_sparsetaxi" / "manual_matched"
    ways = [[int(n) for n in line.split()] for line in (folder / "beijing_set60.txt").read_text().splitlines() if line.strip()]
    del ways[10]
    rows = [line.split() for line in (folder / "beijing_set60.coor.txt").read_text().splitlines() if line.strip()]
    found, at = [], 1
    for number in range(int(rows[0][0])):
        count = int(rows[at][2])
        fixes = np.array([[float(row[2]), float(row[1])] for row in rows[at + 1 : at + 1 + count]]) * 1000.0
        at += 1 + count
        found.append(Track(fixes, ways[number]))
    return found


def parquet(name: str) -> Roads:
    """An OSM street network of the shared data (`wuhan_8989`, `douala_809`), open both ways: it has no one-ways."""
    import pyarrow.parquet
    import shapely

    table = pyarrow.parquet.read_table(SHARED / "roads" / "large_osm" / f"{name}.parquet")
    lines = [np.asarray(g.coords)[:, :2] for g in shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))]
    nodes, ends = np.unique(np.concatenate([table["u"].to_numpy(), table["v"].to_numpy()]), return_inverse=True)
    u, v = ends[: len(lines)], ends[len(lines) :]
    at = np.zeros((len(nodes), 2))
    for k, line in enumerate(lines):
        at[u[k]], at[v[k]] = line[0], line[-1]
    kmh = np.array([SPEEDS_KMH.get(str(c).removesuffix("_link"), 30) for c in table["highway"].to_pylist()], float)
    both = [line for forth in lines for line in (forth, forth[::-1])]
    tail, head = np.column_stack((u, v)).ravel(), np.column_stack((v, u)).ravel()
    return _roads(
        at, tail, head, both, np.repeat(kmh * KMH, 2), np.zeros(len(both)), ("",), np.full(len(both), FOOT | CAR),
        np.arange(len(both)) ^ 1, name,
    )  # fmt: skip


def grid(side: int, metres: float, origin: tuple[float, float] = (0.0, 0.0)) -> Roads:
    """A square grid of streets; every fifth is one-way for cars, every seventh a footpath, every fourth fast."""
    place = np.arange(side * side).reshape(side, side)
    at = np.column_stack((place.ravel() % side, place.ravel() // side)) * metres + np.array(origin)
    across = np.column_stack((place[:, :-1].ravel(), place[:, 1:].ravel(), np.repeat(np.arange(side), side - 1)))
    along = np.column_stack((place[:-1].ravel(), place[1:].ravel(), np.tile(np.arange(side), side - 1)))
    tail, head, line = np.concatenate([across, along]).T
    there, back = np.full(len(line), FOOT | CAR), np.full(len(line), FOOT | CAR)
    back[line % 5 == 4] = FOOT | AGAINST
    there[line % 7 == 6] = back[line % 7 == 6] = FOOT
    both = np.column_stack((tail, head, head, tail)).reshape(-1, 2)
    speed = np.repeat(np.where(line % 4 == 0, 50 * KMH, 30 * KMH), 2)
    lines = [at[pair] for pair in both]
    return _roads(
        at, both[:, 0], both[:, 1], lines, speed, np.zeros(len(both)), ("",), np.column_stack((there, back)).ravel(),
        np.arange(len(both)) ^ 1, "a grid",
    )  # fmt: skip


def _directed(at, tail, head, lines, speed, name, names, source) -> Roads:  # type: ignore[no-untyped-def]
    """From directed edges: those without one back get a twin that is open on foot and to who breaks the law."""
    back = {(int(a), int(b)): k for k, (a, b) in enumerate(zip(tail, head, strict=True))}
    twin, use = np.full(len(tail), -1), np.full(len(tail), FOOT | CAR)
    for k, (a, b) in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
        other = back.get((b, a), -1)
        if other >= 0 and back[a, b] == k:
            twin[k] = other
    alone = np.flatnonzero(twin < 0)
    twin[alone] = len(tail) + np.arange(len(alone))
    return _roads(
        at, np.concatenate([tail, head[alone]]), np.concatenate([head, tail[alone]]), lines + [lines[k][::-1] for k in alone],
        np.concatenate([speed, speed[alone]]), np.concatenate([name, name[alone]]), names,
        np.concatenate([use, np.full(len(alone), FOOT | AGAINST)]), np.concatenate([twin, alone]), source,
    )  # fmt: skip


def _roads(at, tail, head, lines, speed, name, names, use, twin, source) -> Roads:  # type: ignore[no-untyped-def]
    origin = at.min(axis=0)
    first = np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64)
    points = np.concatenate(lines) - origin
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in lines])
    return Roads(
        origin=(float(origin[0]), float(origin[1])), x=at[:, 0] - origin[0], y=at[:, 1] - origin[1], tail=tail.astype(np.int32),
        head=head.astype(np.int32), length=np.maximum(length, SHORTEST_EDGE_M), twin=twin.astype(np.int32), use=use.astype(np.uint8),
        speed=speed, name=name.astype(np.int32), names=names, shape_first=first, shape_x=np.ascontiguousarray(points[:, 0]),
        shape_y=np.ascontiguousarray(points[:, 1]), source=source,
    )  # fmt: skip
