"""Simple simulated subjects and one simulated watcher, to tune the belief and to see that it is sane.

They are no evaluation: a few lines each, on small cities. None of them shares code with the belief.
"""

from collections.abc import Iterator
from math import atan2, degrees, exp, pi

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.evidence import Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import CAR, FOOT, Roads

FAMILIES = ("errand", "straight", "wander", "hider")
Track = list[tuple[int, float]]


def ways_out(roads: Roads, node: int, edge: int, use: int) -> list[int]:
    out = [int(e) for e in roads.out_edge[roads.out_first[node] : roads.out_first[node + 1]] if roads.use[e] & use]
    return [e for e in out if edge < 0 or e != roads.twin[edge]] or out


def errand(roads: Roads, random: np.random.Generator, node: int, use: int, reach: tuple[float, float]) -> Iterator[int]:
    """By a short way to one place after another; every street seems up to 30 % longer or shorter than it is."""
    open_edges = np.flatnonzero(roads.use & use)
    cost = roads.length / (roads.speed if use == CAR else 1.4) * random.uniform(0.7, 1.3, roads.edges)
    graph = csr_array((cost[open_edges], (roads.tail[open_edges], roads.head[open_edges])), shape=(roads.nodes, roads.nodes))
    while True:
        away = np.hypot(roads.x - roads.x[node], roads.y - roads.y[node])
        seconds, before = dijkstra(graph, indices=node, return_predecessors=True)
        goals = np.flatnonzero((away > reach[0]) & (away < reach[1]) & np.isfinite(seconds))
        if not len(goals):
            return
        goal = int(random.choice(goals))
        nodes = [goal]
        while nodes[-1] != node:
            nodes.append(int(before[nodes[-1]]))
        for a, b in zip(nodes[::-1], nodes[-2::-1], strict=False):
            yield min((e for e in ways_out(roads, a, -1, use) if roads.head[e] == b), key=lambda e: cost[e])
        node = goal


def turning(roads: Roads, random: np.random.Generator, node: int, use: int, straight: bool) -> Iterator[int]:
    """Straight: the way out nearest to a heading. Else any way out but back."""
    heading, edge = random.uniform(-pi, pi), -1
    while True:
        out = ways_out(roads, node, edge, use)
        if not out:
            return
        angles = [atan2(roads.y[roads.head[e]] - roads.y[node], roads.x[roads.head[e]] - roads.x[node]) for e in out]
        edge = out[int(np.argmax(np.cos(np.array(angles) - heading)))] if straight else int(random.choice(out))
        yield edge
        node = int(roads.head[edge])


def track(roads: Roads, family: str, mode: str, node: int, random: np.random.Generator, seconds: int = 600) -> Track:
    """Where a subject is every second from 0 on."""
    use = FOOT if mode == "foot" else CAR
    reach = (300.0, 2000.0) if mode == "foot" else (1000.0, 6000.0)
    way = (
        errand(roads, random, node, use, reach)
        if family in ("errand", "hider")
        else turning(roads, random, node, use, family == "straight")
    )
    pace = random.uniform(1.0, 1.7) if mode == "foot" else random.uniform(0.4, 1.0)
    hurry = 60.0 * (random.random() < 0.3) if mode == "foot" else 0.0
    stop_at = random.uniform(60, 300) if family == "hider" else float("inf")
    stood, made = 0.0, []
    edge, along = next(way, None), 0.0
    while edge is not None and len(made) <= seconds:
        made.append((edge, along))
        now = len(made)
        if stop_at < now < stop_at + 120:
            continue
        if stood > 0:
            stood -= 1
            continue
        along += (pace if mode == "foot" else pace * roads.speed[edge]) * (2.2 if now < hurry else 1.0)
        while along >= roads.length[edge]:
            following = next(way, None)
            if following is None:
                along = float(roads.length[edge])
                break
            along, edge = along - float(roads.length[edge]), following
            if mode == "car" and random.random() < 0.1:
                stood = random.uniform(3, 40)
    return made + made[-1:] * (seconds + 1 - len(made))


def seen_by(coverage: Coverage, edge: int, along: float) -> list[str]:
    rows = range(int(coverage.first[edge]), int(coverage.first[edge + 1]))
    return [coverage.cameras[coverage.camera[row]] for row in rows if coverage.begin[row] <= along <= coverage.end[row]]


class Hunt:
    """One pursuit of one simulated subject by a watcher who sees at a rate and tells what he saw and what not."""

    def __init__(
        self,
        network: Network,
        way: Track,
        mode: str,
        told: str | None,
        seed: int,
        wanted: Settings,
        delay: int = 120,
        operator: float = 0.5,
    ) -> None:
        self.network, self.way, self.mode, self.delay = network, way, mode, delay
        self.random = np.random.default_rng(seed)
        self.rate = 0.15 * operator * wanted.wall.k**-0.42
        x, y = network.roads.at(*way[0])
        error = 30.0
        x, y = x + self.random.normal(0, error / 1.5), y + self.random.normal(0, error / 1.5)
        start = Start(float(delay), x, y, error, float(delay), told)
        self.following = Following(network.roads, network.coverage, start, seed, wanted, network)
        self.found: list[int] = []
        self.ceiling: int | None = None
        self.inside: list[tuple[bool, bool]] = []

    def second(self, now: int) -> None:
        roads, edge, along = self.network.roads, *self.way[now]
        self.following.tick(float(now))
        watched = [camera.camera for camera in self.following._watch.chosen]  # noqa: SLF001
        shown = seen_by(self.network.coverage, edge, along)
        luck = self.random.random()
        caught = luck < 1 - exp(-self.rate)
        if shown and caught and self.ceiling is None:
            self.ceiling = now
        seen = [camera for camera in shown if camera in watched] if caught else []
        rest = tuple(camera for camera in watched if camera not in seen)
        self.following.take(Unseen(float(now), 1.0, rest, self.following.wall.k))
        if seen:
            self.found.append(now)
            run = atan2(roads.x[roads.head[edge]] - roads.x[roads.tail[edge]], roads.y[roads.head[edge]] - roads.y[roads.tail[edge]])
            self.following.take(Sighting(float(now), seen[0], 0.85, degrees(run) % 360, self.mode))
        if now % 30 == 0:
            answers = self.following.answers()
            street = int(self.network.street[edge])
            self.inside.append((street in answers.edge[: answers.half], street in answers.edge[: answers.most]))

    def run(self, until: int = 600) -> None:
        for now in range(self.delay, until + 1):
            self.second(now)
