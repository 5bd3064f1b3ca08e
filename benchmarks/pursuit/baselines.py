"""What is done without particles: the nearest cameras, random ones within reach, a ring of those that are about to be reached, a chain."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from benchmarks.pursuit.chain import Chained
from benchmarks.pursuit.policy import Fix, Maker, Policy, Sighting, View
from bonghwa.pursuit.roads import CAR, FOOT

Floats = NDArray[np.float64]
FOOT_M_S = 1.8
FARTHEST_S = 1_000.0
AHEAD_S = 30.0
"""The ring is of cameras that are reached in about so long."""


class Times:
    """How long from a place to each camera at ordinary speeds: by scipy over all edges, one-ways left aside."""

    def __init__(self, view: View, mode: str) -> None:
        roads, self.view = view.roads, view
        on_foot = np.where(roads.use & FOOT, roads.length / FOOT_M_S, np.inf)
        by_car = np.where(roads.use & CAR, roads.length / roads.speed, np.inf)
        cost = {"foot": on_foot, "car": by_car, "unknown": np.minimum(on_foot, by_car)}[mode]
        passable = np.isfinite(cost)
        order = np.lexsort((cost, roads.head, roads.tail))
        order = order[passable[order]]
        tail, head = roads.tail[order], roads.head[order]
        first = np.ones(len(order), bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        keep = order[first]
        self.graph = csr_matrix((cost[keep], (roads.tail[keep], roads.head[keep])), shape=(roads.nodes, roads.nodes))
        self.nodes = cKDTree(np.column_stack((roads.x, roads.y)))
        self.edge = np.repeat(np.arange(roads.edges), np.diff(view.coverage.first))
        self.part = view.coverage.begin / roads.length[self.edge]
        self.cost = cost[self.edge]

    def to_cameras(self, x: float, y: float) -> Floats:
        """Seconds to where each camera begins to show a road; infinite beyond `FARTHEST_S`."""
        start = int(self.nodes.query((x, y))[1])
        spent = dijkstra(self.graph, indices=start, limit=FARTHEST_S)
        there = spent[self.view.roads.tail[self.edge]] + np.where(np.isfinite(self.cost), self.cost, 1e9) * self.part
        found = np.full(len(self.view.x), np.inf)
        np.minimum.at(found, self.view.coverage.camera, there)
        return np.where(found < 1e8, found, np.inf)


@cache
def times(view: View, mode: str) -> Times:
    """The times of a city, kept."""
    return Times(view, mode)


class Nearest:
    """The k cameras nearest to the last known place: what products offer."""

    def __init__(self, view: View, seed: int) -> None:
        self.view, self.rng = view, np.random.default_rng(seed)

    def start(self, fix: Fix, age_s: int, mode: str, k: int) -> None:
        self.mode, self.k = mode, k
        self.x, self.y, self.known_at = fix.x, fix.y, -age_s
        self.moved()

    def moved(self) -> None:
        """The last known place is another one."""
        self.far = np.hypot(self.view.x - self.x, self.view.y - self.y)

    def tick(self, second: int) -> Sequence[int]:  # noqa: ARG002 -- a policy of the protocol
        return np.argsort(self.far, kind="stable")[: self.k].tolist()

    def sighted(self, sighting: Sighting) -> None:
        self.x, self.y, self.known_at = float(self.view.x[sighting.camera]), float(self.view.y[sighting.camera]), sighting.second
        self.moved()

    def next_cameras(self) -> Sequence[int]:
        return np.argsort(self.far, kind="stable")[:64].tolist()


class InReach(Nearest):
    """k random cameras that can have been reached since the last known place, others every ten seconds."""

    def moved(self) -> None:
        self.far = times(self.view, self.mode).to_cameras(self.x, self.y)

    def tick(self, second: int) -> Sequence[int]:
        within = np.flatnonzero(self.far <= max(second - self.known_at, 10.0))
        return self.rng.permutation(within)[: self.k].tolist()


class Ring(InReach):
    """The cameras that are about to be reached at an ordinary speed, one in each direction first; half of each mode if unknown."""

    def moved(self) -> None:
        modes = ("foot", "car") if self.mode == "unknown" else (self.mode,)
        self.rings = [times(self.view, mode).to_cameras(self.x, self.y) for mode in modes]

    def tick(self, second: int) -> Sequence[int]:
        parts = [self.ring(far, second - self.known_at + AHEAD_S) for far in self.rings]
        merged = [camera for turn in zip_longest(*parts) for camera in turn if camera is not None]
        return list(dict.fromkeys(merged))[: self.k]

    def ring(self, far: Floats, due: float) -> list[int]:
        """The cameras nearest to being due, one in each of k directions, then the others."""
        late = np.abs(far - due)
        order = np.argsort(late, kind="stable")[: 8 * self.k]
        order = order[np.isfinite(late[order])]
        direction = np.arctan2(self.view.x[order] - self.x, self.view.y[order] - self.y)
        sector = np.floor((direction + np.pi) / (2 * np.pi) * self.k).astype(np.int64) % self.k
        first = np.sort(np.unique(sector, return_index=True)[1])
        rest = np.setdiff1d(np.arange(len(order)), first)
        return [int(camera) for camera in order[np.concatenate((first, rest))]]

    def next_cameras(self) -> Sequence[int]:
        return np.argsort(self.rings[0], kind="stable")[:64].tolist()


def _maker(policy: Callable[[View, int], Policy]) -> Maker:
    return policy


BASELINES: dict[str, Maker] = {"nearest": _maker(Nearest), "in reach": _maker(InReach), "ring": _maker(Ring), "chain": _maker(Chained)}
