"""Small cities for tests: a grid, the Jung-gu roads of the package, and cameras at random places of them."""

import io
from collections.abc import Iterable
from importlib.resources import files

import numpy as np

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, SHORTEST_EDGE_M, Roads


def roads_of(x: np.ndarray, y: np.ndarray, streets: Iterable[tuple[int, int, int, int, float]]) -> Roads:
    """From straight streets (from, to, use, use the other way, speed), two edges each."""
    tail, head, use, speed = [], [], [], []
    for a, b, there, back, v in streets:
        tail += [a, b]
        head += [b, a]
        use += [there, back]
        speed += [v, v]
    t, h = np.array(tail, np.int32), np.array(head, np.int32)
    twin = np.arange(len(t), dtype=np.int32) ^ 1
    shape_x, shape_y = np.stack([x[t], x[h]], 1).ravel(), np.stack([y[t], y[h]], 1).ravel()
    length = np.maximum(np.hypot(x[t] - x[h], y[t] - y[h]), SHORTEST_EDGE_M)
    first = np.arange(len(t) + 1, dtype=np.int64) * 2
    names = np.zeros(len(t), np.int32)
    return Roads((0.0, 0.0), x, y, t, h, length, twin, np.array(use, np.uint8), np.array(speed), names, ("",), first, shape_x, shape_y)


def grid(side: int, metres: float = 100.0) -> Roads:
    """A square grid; every fifth street is one-way for cars, every seventh a footpath."""
    place = np.arange(side * side)
    x, y = (place % side) * metres, (place // side) * metres
    streets = []
    for n in place:
        for other, line in ((n + 1, n // side), (n + side, n % side)):
            if (other == n + 1 and n % side == side - 1) or other >= side * side:
                continue
            there, back = FOOT | CAR, FOOT | CAR
            if line % 5 == 4:
                back = FOOT | AGAINST
            if line % 7 == 6:
                there = back = FOOT
            streets.append((int(n), int(other), there, back, 13.9 if line % 4 == 0 else 8.3))
    return roads_of(x.astype(float), y.astype(float), streets)


def packaged() -> Roads:
    """The Jung-gu roads of the package as a graph: straight from node to node, both ways on foot."""
    data = np.load(io.BytesIO(files("bonghwa.data").joinpath("roads.npz").read_bytes()))
    kept = np.flatnonzero((data["kind"] == 0) & (data["start"] != data["end"]))
    ways = {}
    for link in kept:
        a, b = int(data["start"][link]), int(data["end"][link])
        key = (min(a, b), max(a, b))
        there, back, lanes = ways.get(key, (0, 0, 1))
        if a < b:
            there = CAR
        else:
            back = CAR
        ways[key] = (there, back, max(lanes, int(data["lanes"][link])))
    nodes = np.unique(np.array(list(ways)).ravel())
    number = {int(node): n for n, node in enumerate(nodes)}
    x, y = data["node_x"][nodes], data["node_y"][nodes]
    streets = [
        (number[a], number[b], FOOT | (t or AGAINST), FOOT | (r or AGAINST), 13.9 if lanes > 1 else 8.3)
        for (a, b), (t, r, lanes) in ways.items()
    ]
    return roads_of(x - x.mean(), y - y.mean(), streets)


def cameras_on(roads: Roads, share: float, seed: int = 0, metres: float = 40.0, chance: float = 1.0) -> Coverage:
    """Cameras at a share of the nodes, each showing the first metres of every street there."""
    random = np.random.default_rng(seed)
    nodes = np.flatnonzero(random.random(roads.nodes) < share)
    rows = []
    for camera, node in enumerate(nodes):
        for out in roads.out_edge[roads.out_first[node] : roads.out_first[node + 1]]:
            length = float(roads.length[out])
            reach = min(metres, length)
            rows.append((int(out), 0.0, reach, camera))
            if roads.twin[out] >= 0:
                rows.append((int(roads.twin[out]), length - reach, length, camera))
    rows.sort()
    edge = np.array([row[0] for row in rows], np.int64)
    first = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=roads.edges))]).astype(np.int64)
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Coverage(
        tuple(f"cam-{node}" for node in nodes),
        first,
        np.array(columns[3], np.int32),
        np.array(columns[1], float),
        np.array(columns[2], float),
        np.full(len(rows), chance),
    )
