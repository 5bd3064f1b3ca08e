"""The roads and the coverage packed for the kernels, and the places somebody may be on the way to. Shared by all pursuits of a process."""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.motion import WALK_MPS
from bonghwa.pursuit.particles import Goals, Net, Sight, Singles
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Floats, Numbers, Roads
from bonghwa.sight.kernel import compiled

FAR_GOALS = 64
"""Goals of drivers, spread over the whole graph."""
NEAR_GOALS = 96
"""Goals of walkers, about the last fix: an even choice of directions and of distances."""
NEAR_M = 3000.0
"""No walker's goal is farther from the last fix: 40 minutes on foot."""
CLOSEST_GOAL_M = 150.0


@compiled
def _seconds_to(goal: int, column: Numbers, tail: Numbers, first: NDArray[np.int64], edges: Numbers, cost: Floats, seconds: Singles) -> int:
    """Dijkstra backwards from a node over edges of finite cost, within the nodes that have a column. Returns how many were reached."""
    seconds[:] = np.inf
    seconds[column[goal]] = 0.0
    heap = [(np.float64(0.0), np.int64(goal))]
    reached = 0
    while heap:
        near, node = heappop(heap)
        if near > seconds[column[node]]:
            continue
        reached += 1
        for k in range(first[node], first[node + 1]):
            edge = edges[k]
            other = tail[edge]
            if column[other] < 0 or cost[edge] == np.inf:
                continue
            far = np.float32(near + cost[edge])
            if far < seconds[column[other]]:
                seconds[column[other]] = far
                heappush(heap, (np.float64(far), np.int64(other)))
    return reached


@dataclass(frozen=True, eq=False)
class Network:
    """Roads, coverage and drivers' goals as the kernels take them. Build it once for all pursuits of a process."""

    roads: Roads
    coverage: Coverage
    net: Net
    sight: Sight
    far: Goals
    row_edge: Numbers
    """The edge of each row of the coverage."""
    rows_first: NDArray[np.int64]
    rows: NDArray[np.int64]
    """The rows of camera `c` are `rows[rows_first[c]:rows_first[c + 1]]`."""
    street: Numbers
    """The number of each edge's street: the lower of its two edges."""
    number: dict[str, int]
    """A camera's number by its id."""
    middle_x: Floats
    middle_y: Floats
    """A point of each edge from which no other of the edge is farther than `half`."""
    half: Floats

    @classmethod
    def of(cls, roads: Roads, coverage: Coverage) -> "Network":
        """Pack a graph and its coverage; takes under a second for a city."""
        first, last = roads.shape_first[:-1], roads.shape_first[1:] - 1
        x, y = roads.shape_x, roads.shape_y
        way = _unit(x[last] - x[first], y[last] - y[first])
        leaves = _unit(x[first + 1] - x[first], y[first + 1] - y[first])
        reaches = _unit(x[last] - x[last - 1], y[last] - y[last - 1])
        speed = np.maximum(roads.speed, 1.0)
        out = roads.out_edge
        out_way = np.column_stack([each[out] for each in (roads.length, speed, *way, *leaves)]).astype(np.float32)
        net = Net(
            roads.head, roads.length, roads.twin, roads.use, speed, roads.out_first, out, roads.head[out], roads.use[out], out_way,
            *way, *reaches,
        )  # fmt: skip
        cameras = len(coverage.cameras)
        sight = Sight(coverage.first, coverage.camera, coverage.begin, coverage.end, coverage.chance)
        lowest_x, highest_x = np.minimum.reduceat(x, first), np.maximum.reduceat(x, first)
        lowest_y, highest_y = np.minimum.reduceat(y, first), np.maximum.reduceat(y, first)
        return cls(
            roads,
            coverage,
            net,
            sight,
            _far_goals(roads, speed),
            np.repeat(np.arange(roads.edges), np.diff(coverage.first)).astype(np.int32),
            np.concatenate([[0], np.cumsum(np.bincount(coverage.camera, minlength=cameras))]).astype(np.int64),
            np.argsort(coverage.camera, kind="stable"),
            np.where(roads.twin >= 0, np.minimum(np.arange(roads.edges), roads.twin), np.arange(roads.edges)).astype(np.int32),
            {camera: number for number, camera in enumerate(coverage.cameras)},
            (lowest_x + highest_x) / 2,
            (lowest_y + highest_y) / 2,
            np.hypot(highest_x - lowest_x, highest_y - lowest_y) / 2,
        )

    def near_goals(self, x: float, y: float, seed: int) -> Goals:
        """Walkers' goals about a point: drawn so that every direction and every distance up to `NEAR_M` is about as frequent."""
        roads = self.roads
        away = np.hypot(roads.x - x, roads.y - y)
        walkable = np.zeros(roads.nodes, bool)
        walkable[roads.tail[(roads.use & FOOT) > 0]] = True
        nodes = np.flatnonzero(walkable & (away <= NEAR_M))
        local = np.full(roads.nodes, -1, np.int32)
        local[nodes] = np.arange(len(nodes))
        chance = 1.0 / np.maximum(away[nodes], CLOSEST_GOAL_M) * (away[nodes] >= min(CLOSEST_GOAL_M, away[nodes].max(initial=0.0) / 2))
        many = min(NEAR_GOALS, int(np.count_nonzero(chance)))
        cost = np.where((roads.use & FOOT) > 0, roads.length / WALK_MPS, np.inf)
        seconds = np.full((many, len(nodes)), np.inf, np.float32)
        if many:
            # numpy's generator: fixed by the seed within one release of numpy, as the goals must be for a replay.
            picked = np.random.Generator(np.random.Philox(seed)).choice(nodes, many, replace=False, p=chance / chance.sum())
            for row, goal in enumerate(picked):
                _seconds_to(int(goal), local, roads.tail, roads.in_first, roads.in_edge, cost, seconds[row])
        return Goals(local, seconds)


def _unit(x: Floats, y: Floats) -> tuple[Singles, Singles]:
    length = np.maximum(np.hypot(x, y), 1e-9)
    return (x / length).astype(np.float32), (y / length).astype(np.float32)


def _far_goals(roads: Roads, speed: Floats) -> Goals:
    """Drivers' goals: the farthest of eight draws from those chosen before, again and again, where a third of the graph can drive to."""
    local = np.arange(roads.nodes, dtype=np.int32)
    drivable = np.unique(roads.head[(roads.use & CAR) > 0])
    many = min(FAR_GOALS, len(drivable))
    cost = np.where((roads.use & CAR) > 0, roads.length / speed, np.inf)
    cost[(roads.use & (CAR | AGAINST)) == AGAINST] = np.inf
    random = np.random.Generator(np.random.Philox(0))
    seconds = np.empty((many, roads.nodes), np.float32)
    chosen: list[int] = []
    for _ in range(3 * many):
        draws = random.choice(drivable, 8)
        apart = [min((np.hypot(roads.x[d] - roads.x[c], roads.y[d] - roads.y[c]) for c in chosen), default=0.0) for d in draws]
        goal = int(draws[int(np.argmax(apart))])
        row = len(chosen)
        if row == many:
            break
        if _seconds_to(goal, local, roads.tail, roads.in_first, roads.in_edge, cost, seconds[row]) > len(drivable) // 3:
            chosen.append(goal)
    return Goals(local, seconds[: len(chosen)])
