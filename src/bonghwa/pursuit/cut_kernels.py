"""Compiled: the greatest flow (Dinic 1970) and the least cut that it proves, on small whole capacities.

One file, because numba's cache notices only changes in the file of the function that is called.
"""

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import Bytes, Numbers
from bonghwa.sight.kernel import compiled
from bonghwa.sight.kernels import Ints

STOPPED = -1
TOO_DEAR = -2


@compiled
def packed(tail: Numbers, nodes: int) -> tuple[Ints, Numbers]:
    """Arcs by the node they leave: those of node `n` are `arc[first[n]:first[n + 1]]`. Arc `2k + 1` is the way back of arc `2k`."""
    first = np.zeros(nodes + 1, np.int64)
    for t in tail:
        first[t + 1] += 1
    for n in range(nodes):
        first[n + 1] += first[n]
    cursor = first[:-1].copy()
    arc = np.empty(len(tail), np.int32)
    for k in range(len(tail)):
        arc[cursor[tail[k]]] = k
        cursor[tail[k]] += 1
    return first, arc


@compiled
def _levels(first: Ints, arc: Numbers, head: Numbers, room: Numbers, source: int, sink: int, level: Numbers, queue: Numbers) -> bool:
    """Breadth first distances from the source over arcs with room; whether the sink is reached."""
    level[:] = -1
    level[source] = 0
    queue[0] = source
    begin, end = 0, 1
    while begin < end:
        node = queue[begin]
        begin += 1
        for k in range(first[node], first[node + 1]):
            a = arc[k]
            other = head[a]
            if room[a] > 0 and level[other] < 0:
                level[other] = level[node] + 1
                if other == sink:
                    return True
                queue[end] = other
                end += 1
    return False


@compiled
def _fill(path: Numbers, depth: int, room: Numbers) -> tuple[int, int]:
    """Send as much as fits along a path of arcs: how much, and the first place in the path that is now full."""
    least = room[path[0]]
    for i in range(1, depth):
        least = min(least, room[path[i]])
    full = depth
    for i in range(depth - 1, -1, -1):
        room[path[i]] -= least
        room[path[i] ^ 1] += least
        if room[path[i]] == 0:
            full = i
    return least, full


@compiled
def least_cut(
    first: Ints,
    arc: Numbers,
    head: Numbers,
    room: Numbers,
    source: int,
    sink: int,
    dearest: int,
    stop: Bytes,
    reached: NDArray[np.bool_],
) -> int:
    """The cost of the least cut. `room` is used up; `reached` becomes the source's side of the cut that lies nearest to the source.

    `STOPPED` when `stop[0]` was set by another thread, `TOO_DEAR` when every cut costs `dearest` or more.
    """
    nodes = len(first) - 1
    level, queue = np.empty(nodes, np.int32), np.empty(nodes, np.int32)
    cursor, path = np.empty(nodes, np.int64), np.empty(nodes, np.int32)
    flow = 0
    while _levels(first, arc, head, room, source, sink, level, queue):
        if stop[0] != 0:
            return STOPPED
        cursor[:] = first[:nodes]
        depth, node, steps = 0, source, 0
        while True:
            steps += 1
            if steps & 0xFFFF == 0 and stop[0] != 0:
                return STOPPED
            if node == sink:
                least, back = _fill(path, depth, room)
                flow += least
                if flow >= dearest:
                    return TOO_DEAR
                # Go on from the tail of the first arc that is now full.
                depth = back
                node = head[path[back] ^ 1]
                continue
            moved = False
            while cursor[node] < first[node + 1]:
                a = arc[cursor[node]]
                other = head[a]
                if room[a] > 0 and level[other] == level[node] + 1:
                    path[depth] = a
                    depth += 1
                    node = other
                    moved = True
                    break
                cursor[node] += 1
            if not moved:
                if depth == 0:
                    break
                level[node] = -1
                depth -= 1
                node = head[path[depth] ^ 1]
    reached[:] = level >= 0
    return flow
