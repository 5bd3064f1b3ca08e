"""How simulated subjects find a way: shortest ways under costs of their own, by scipy."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from benchmarks.pursuit.views import points
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Roads

TURN_M = 30.0

Floats = NDArray[np.float64]


class Ways:
    """The roads as a table of edges sorted by tail, then head."""

    def __init__(self, roads: Roads) -> None:
        self.roads = roads
        self.order = np.lexsort((roads.head, roads.tail))
        self.heading_out, self.heading_in = directions(roads)
        self.open = {
            "foot": (roads.use & FOOT) > 0,
            "car": (roads.use & CAR) > 0,
            "anywhere": (roads.use & (CAR | AGAINST)) > 0,
        }

    def reach(self, cost: Floats, start: int, limit: float) -> tuple[Floats, NDArray[np.int32]]:
        """The cost to each node from `start` and the node before it; infinite costs are closed edges."""
        take = self.order[np.isfinite(cost[self.order])]
        tail, head, price = self.roads.tail[take], self.roads.head[take], cost[take]
        # Of edges between the same two nodes only the cheapest stays.
        rank = np.lexsort((price, head, tail))
        tail, head, price = tail[rank], head[rank], price[rank]
        first = np.ones(len(tail), bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        nodes = self.roads.nodes
        pointer = np.concatenate([[0], np.cumsum(np.bincount(tail[first], minlength=nodes))])
        graph = csr_matrix((np.maximum(price[first], 1e-6), head[first], pointer), shape=(nodes, nodes))
        spent, before = dijkstra(graph, indices=start, return_predecessors=True, limit=limit)
        return spent, before

    def path(self, cost: Floats, before: NDArray[np.int32], start: int, end: int) -> list[int]:
        """The edges from `start` to `end` along the nodes before; empty where there is no way."""
        edges: list[int] = []
        node = end
        while node != start:
            previous = int(before[node])
            if previous < 0:
                return []
            leaving = self.leaving(previous)
            joining = leaving[self.roads.head[leaving] == node]
            edges.append(int(joining[np.argmin(cost[joining])]))
            node = previous
        return edges[::-1]

    def leaving(self, node: int) -> NDArray[np.int32]:
        """The edges that leave a node."""
        return self.roads.out_edge[self.roads.out_first[node] : self.roads.out_first[node + 1]]


def directions(roads: Roads) -> tuple[Floats, Floats]:
    """The heading of the first and of the last metres of each edge, radians from north: the ends of a line may be bent."""
    edge = np.arange(roads.edges)
    near = np.minimum(roads.length / 2, TURN_M)
    x, y = points(roads, edge, near)
    out = np.arctan2(x - roads.x[roads.tail], y - roads.y[roads.tail])
    x, y = points(roads, edge, roads.length - near)
    return out, np.arctan2(roads.x[roads.head] - x, roads.y[roads.head] - y)
