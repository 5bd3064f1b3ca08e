"""Ways over the road graph: what is reachable in so many seconds, and the quickest way from place to place.

Bounded Dijkstra search in compiled code over arrays that are made once: a query touches only what it reaches. A `Ways` is for one
thread at a time; make another for another thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Floats, Numbers, Roads
from bonghwa.pursuit.speeds import SPEEDS, Mode, Speeds, most_seconds
from bonghwa.pursuit.way_kernels import fill_grid, near_edges, parts_within, search

CELL_M = 100.0
FARTHEST_ROAD_M = 3_200.0
"""A place farther than this from any road has no roads."""
SUREST_M = 1.0
"""No fix is taken as surer than this."""
AHEAD_S = (0.0, 60.0, 180.0, 300.0)


@dataclass(frozen=True, eq=False)
class Nearby:
    """Edges near a place, nearest first: how far off, where along, and which part lies inside the circle asked for."""

    edge: Numbers
    off: Floats
    along: Floats
    begin: Floats
    end: Floats


@dataclass(frozen=True, eq=False)
class Reached:
    """The parts of edges that can be reached: rows of an edge and metres along it. An edge begun in its middle may have two rows."""

    ahead: float
    """Seconds from now."""
    edge: Numbers
    begin: Floats
    end: Floats

    @property
    def metres(self) -> float:
        """The length of all parts; a street open both ways counts each way."""
        return float(np.sum(self.end - self.begin))


@dataclass(frozen=True, eq=False)
class Spread:
    """All that one search found: nodes in the order of `seconds` since the start, and the start's own parts of edges."""

    cost: Floats
    node: Numbers
    seconds: Floats
    via: Numbers
    start: Nearby


@dataclass(frozen=True)
class Route:
    """The quickest way between two places on edges: all its edges, first and last included, and its seconds."""

    seconds: float
    edges: tuple[int, ...]


class Ways:
    """Searches over one road graph, with the memory for them."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        nodes, edges = roads.nodes, roads.edges
        self.dist, self._via, self._stamp = np.zeros(nodes), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
        self._keys, self._items = np.zeros(2 * edges + 2), np.zeros(2 * edges + 2, np.int32)
        self._settled = np.zeros(nodes, np.int32)
        self._mark, self._count = 1, 0
        self._edge_stamp, self._slot, self._edge_mark = np.zeros(edges, np.int32), np.zeros(edges, np.int32), 0
        self._near, self._owners = np.zeros((edges, 4)), np.zeros(edges, np.int32)
        self._part_edge, self._part_begin, self._part_end = np.zeros(2 * edges, np.int32), np.zeros(2 * edges), np.zeros(2 * edges)
        self._index()

    def _index(self) -> None:
        roads = self.roads
        inner = np.ones(len(roads.shape_x), np.bool_)
        inner[roads.shape_first[1:] - 1] = False
        at = np.flatnonzero(inner)
        x1, y1, x2, y2 = roads.shape_x[at], roads.shape_y[at], roads.shape_x[at + 1], roads.shape_y[at + 1]
        owner = (np.searchsorted(roads.shape_first, at, side="right") - 1).astype(np.int32)
        long = np.hypot(x2 - x1, y2 - y1)
        whole = np.concatenate([[0.0], np.cumsum(long)])
        begins = np.searchsorted(owner, np.arange(roads.edges + 1))
        drawn = whole[begins[1:]] - whole[begins[:-1]]
        # Metres along the drawn line times this are metres along the edge: the length may be clamped or measured on the ground.
        self._stretch = roads.length / np.maximum(drawn, 1e-9)
        self._segments = np.column_stack((x1, y1, x2, y2, whole[:-1] - whole[begins[owner]]))
        self._owner = owner
        self._west, self._south = float(roads.shape_x.min()), float(roads.shape_y.min())
        self._wide = int((float(roads.shape_x.max()) - self._west) // CELL_M) + 1
        self._high = int((float(roads.shape_y.max()) - self._south) // CELL_M) + 1
        self._first, self._members = fill_grid(x1, y1, x2, y2, self._west, self._south, CELL_M, self._wide, self._high)

    def near(self, x: float, y: float, radius: float, use: int = FOOT | CAR | AGAINST) -> Nearby:
        """The edges that touch a circle and are open to one of `use`, nearest first (then by number)."""
        self._edge_mark += 1
        count = near_edges(
            self._first, self._members, self._west, self._south, CELL_M, self._wide, self._high, self._segments, self._owner,
            x, y, radius, self._edge_stamp, self._edge_mark, self._slot, self._near, self._owners,
        )  # fmt: skip
        edge, rows = self._owners[:count], self._near[:count]
        order = np.lexsort((edge, rows[:, 0]))
        order = order[(self.roads.use[edge[order]] & use) != 0]
        edge, rows = edge[order], rows[order]
        stretch = self._stretch[edge]
        along, begin, end = (np.clip(rows[:, column] * stretch, 0.0, self.roads.length[edge]) for column in (1, 2, 3))
        return Nearby(edge, rows[:, 0].copy(), along, begin, end)

    def start(self, x: float, y: float, radius: float, cost: Floats) -> Nearby:
        """Where somebody may be who was seen at a place with an error radius: all roads inside, or else the nearest one's nearest point.

        Empty when there is no road within `FARTHEST_ROAD_M`.
        """
        wide = max(radius, SUREST_M)
        while True:
            found = _only(self.near(x, y, wide), cost)
            if len(found.edge) or wide > FARTHEST_ROAD_M:
                break
            wide *= 2.0
        if wide > max(radius, SUREST_M) and len(found.edge):
            nearest = found.off <= found.off[0] + 1e-6
            edge, off, along = found.edge[nearest], found.off[nearest], found.along[nearest]
            return Nearby(edge, off, along, along, along)
        return found

    def run(
        self,
        seeds: NDArray[np.integer],
        seed_cost: Floats,
        cost: Floats,
        limit: float = np.inf,
        target: int = -1,
        *,
        backwards: bool = False,
    ) -> int:
        """Search from nodes; the number of nodes settled. The answers are `dist`, `within` and `edges_to` until the next search."""
        self._mark += 2
        if self._mark > 2**31 - 8:
            self._stamp[:], self._mark = 0, 1
        roads = self.roads
        first, edges, far = (roads.in_first, roads.in_edge, roads.tail) if backwards else (roads.out_first, roads.out_edge, roads.head)
        starts, costs = np.ascontiguousarray(seeds, np.int32), np.ascontiguousarray(seed_cost, np.float64)
        if 2 * len(starts) > len(self._keys) - roads.edges:
            self._keys, self._items = np.zeros(roads.edges + 2 * len(starts)), np.zeros(roads.edges + 2 * len(starts), np.int32)
        self._count = int(
            search(
                first, edges, far, cost, starts, costs, limit, target, self.dist, self._via, self._stamp, self._mark,
                self._keys, self._items, self._settled,
            )
        )  # fmt: skip
        return self._count

    def within(self) -> Numbers:
        """The nodes of the last search, nearest first."""
        return self._settled[: self._count]

    def seconds_to(self, nodes: NDArray[np.integer]) -> Floats:
        """The last search's seconds to each node, infinite where it did not come."""
        return np.where(self._stamp[nodes] == self._mark + 1, self.dist[nodes], np.inf)

    def edges_to(self, node: int) -> list[int]:
        """The edges by which the last search (forwards) came to a node it settled, in order of travel."""
        found: list[int] = []
        edge = int(self._via[node])
        while edge >= 0:
            found.append(edge)
            edge = int(self._via[self.roads.tail[edge]])
        return found[::-1]

    def spread(self, start: Nearby, cost: Floats, limit: float) -> Spread:
        """Everywhere that can be reached from the parts of a start that are open at this cost, within `limit` seconds."""
        start = _only(start, cost)
        part = (self.roads.length[start.edge] - start.end) / self.roads.length[start.edge]
        self.run(self.roads.head[start.edge], part * cost[start.edge], cost, limit)
        node = self.within().copy()
        return Spread(cost, node, self.dist[node], self._via[node], start)

    def parts(self, spread: Spread, budget: float, ahead: float = 0.0) -> Reached:
        """The parts of edges within a budget of seconds of a spread whose limit was not lower."""
        self.dist[spread.node] = spread.seconds
        start, roads = spread.start, self.roads
        self._edge_mark += 1
        rows = parts_within(
            roads.out_first, roads.out_edge, roads.length, spread.cost, spread.node, len(spread.node), self.dist,
            start.edge, start.begin, start.end, budget, self._edge_stamp, self._edge_mark, self._slot,
            self._part_edge, self._part_begin, self._part_end,
        )  # fmt: skip
        return Reached(ahead, self._part_edge[:rows].copy(), self._part_begin[:rows].copy(), self._part_end[:rows].copy())

    def reachable(
        self,
        x: float,
        y: float,
        radius: float,
        age: float,
        mode: Mode,
        ahead: Sequence[float] = AHEAD_S,
        speeds: Speeds = SPEEDS,
    ) -> list[Reached]:
        """What can be reached by maximum speed, now and so many seconds ahead, from a fix with its error radius (metres) and age (seconds).

        One list entry for each of `ahead`. Empty entries where no road is near.
        """
        cost = most_seconds(self.roads, mode, speeds)
        spread = self.spread(self.start(x, y, radius, cost), cost, age + max(ahead))
        return [self.parts(spread, age + seconds, seconds) for seconds in ahead]

    def route(self, edge: int, along: float, to_edge: int, to_along: float, cost: Floats, limit: float = np.inf) -> Route | None:
        """The quickest way between two points on edges, None when there is none within `limit` seconds."""
        roads = self.roads
        share = {at: cost[at] / roads.length[at] for at in (edge, to_edge)}
        if edge == to_edge and along <= to_along:
            return Route(float((to_along - along) * share[edge]), (edge,))
        rest = float((roads.length[edge] - along) * share[edge])
        more = float(to_along * share[to_edge])
        target = int(roads.tail[to_edge])
        self.run(roads.head[[edge]], np.array([rest]), cost, limit - more, target)
        seconds = float(self.seconds_to(np.array([target]))[0]) + more
        if not np.isfinite(seconds):
            return None
        return Route(seconds, (edge, *self.edges_to(target), to_edge))


def outline(roads: Roads, reached: Reached) -> list[list[tuple[float, float]]]:
    """The reached parts as lines to draw, in metres from the graph's origin; a street reached from both ways is two lines."""
    lines = []
    for edge, begin, end in zip(reached.edge.tolist(), reached.begin.tolist(), reached.end.tolist(), strict=True):
        lines.append(line_of(roads, edge, begin, end))
    return lines


def line_of(roads: Roads, edge: int, begin: float, end: float) -> list[tuple[float, float]]:
    """The line of a part of an edge, its ends and the bends between."""
    first, last = int(roads.shape_first[edge]), int(roads.shape_first[edge + 1])
    x, y = roads.shape_x[first:last], roads.shape_y[first:last]
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    walked *= roads.length[edge] / max(walked[-1], 1e-9)
    inside = (walked > begin) & (walked < end)
    bends = list(zip(x[inside].tolist(), y[inside].tolist(), strict=True))
    return [roads.at(edge, begin), *bends, roads.at(edge, end)]


def _only(found: Nearby, cost: Floats) -> Nearby:
    keep = np.isfinite(cost[found.edge])
    return Nearby(found.edge[keep], found.off[keep], found.along[keep], found.begin[keep], found.end[keep])
