"""Compiled: the bounded Dijkstra search, the reached parts of edges, and the grid that finds roads near a place.

One file, because numba's cache notices only changes in the file of the function that is called.
"""

import numpy as np

from bonghwa.pursuit.roads import Floats, Numbers
from bonghwa.sight.kernel import compiled
from bonghwa.sight.kernels import Ints


@compiled
def _push(keys: Floats, items: Numbers, size: int, key: float, item: int) -> int:
    """Put an item into a binary heap of `size`; the new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] <= key:
            break
        keys[at], items[at] = keys[parent], items[parent]
        at = parent
    keys[at], items[at] = key, item
    return size + 1


@compiled
def _drop(keys: Floats, items: Numbers, size: int) -> int:
    """Take the least item away; the new size."""
    size -= 1
    key, item = keys[size], items[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at], items[at] = keys[child], items[child]
        at = child
    keys[at], items[at] = key, item
    return size


@compiled
def search(
    first: Ints,
    edges: Numbers,
    far: Numbers,
    cost: Floats,
    seeds: Numbers,
    seed_cost: Floats,
    limit: float,
    target: int,
    dist: Floats,
    via: Numbers,
    stamp: Numbers,
    mark: int,
    keys: Floats,
    items: Numbers,
    settled: Numbers,
) -> int:
    """Dijkstra from several seeds up to `limit` (inclusive), or until `target` is settled (-1: none). How many nodes it settled.

    `first`, `edges` list each node's edges, `far` is the node at an edge's other end: (out, head) forwards, (in, tail) backwards.
    An infinite cost closes an edge. The settled nodes are `settled[:answer]`, nearest first; `dist` and `via` (the edge one came by, -1 at
    a seed) hold for them. Nothing is cleared before a query: only what bears this query's `mark` in `stamp` is of it, and a settled
    node bears `mark + 1`, so that marks go up in twos.
    """
    size = 0
    for i in range(len(seeds)):
        node, at = seeds[i], seed_cost[i]
        if at <= limit and (stamp[node] != mark or at < dist[node]):
            stamp[node], dist[node], via[node] = mark, at, -1
            size = _push(keys, items, size, at, node)
    count = 0
    while size > 0:
        node, near = items[0], keys[0]
        size = _drop(keys, items, size)
        if stamp[node] != mark or near > dist[node]:
            continue
        stamp[node] = mark + 1
        settled[count] = node
        count += 1
        if node == target:
            break
        for k in range(first[node], first[node + 1]):
            edge = edges[k]
            other, at = far[edge], near + cost[edge]
            if at <= limit and stamp[other] != mark + 1 and (stamp[other] != mark or at < dist[other]):
                stamp[other], dist[other], via[other] = mark, at, edge
                size = _push(keys, items, size, at, other)
    return count


@compiled
def parts_within(
    first: Ints,
    edges: Numbers,
    length: Floats,
    cost: Floats,
    settled: Numbers,
    count: int,
    dist: Floats,
    start_edge: Numbers,
    start_begin: Floats,
    start_end: Floats,
    budget: float,
    stamp: Numbers,
    mark: int,
    slot: Numbers,
    edge_out: Numbers,
    begin_out: Floats,
    end_out: Floats,
) -> int:
    """The reached parts of edges with a budget of seconds: rows (edge, begin, end), two for an edge begun at both places. How many.

    Whoever starts anywhere in a start part has the whole budget; an edge has one start part at most.
    """
    rows = 0
    for i in range(len(start_edge)):
        edge = start_edge[i]
        if np.isfinite(cost[edge]):
            run = budget / cost[edge] * length[edge]
            edge_out[rows], begin_out[rows] = edge, start_begin[i]
            end_out[rows] = min(length[edge], start_end[i] + run)
            stamp[edge], slot[edge] = mark, rows
            rows += 1
    for i in range(count):
        node = settled[i]
        left = budget - dist[node]
        if left < 0.0:
            break
        for k in range(first[node], first[node + 1]):
            edge = edges[k]
            run = min(1.0, left / cost[edge]) * length[edge]
            if run <= 0.0:
                continue
            begun = slot[edge]
            if stamp[edge] == mark and begin_out[begun] <= run:
                begin_out[begun], end_out[begun] = 0.0, max(end_out[begun], run)
            else:
                edge_out[rows], begin_out[rows], end_out[rows] = edge, 0.0, run
                rows += 1
    return rows


@compiled
def fill_grid(
    x1: Floats, y1: Floats, x2: Floats, y2: Floats, west: float, south: float, cell: float, wide: int, high: int
) -> tuple[Ints, Numbers]:
    """Segments by the cells that their boxes touch, packed: those of cell `c` are `members[first[c]:first[c + 1]]`."""
    first = np.zeros(wide * high + 1, np.int64)
    members = np.empty(0, np.int32)
    cursor = first
    for turn in range(2):
        if turn == 1:
            for c in range(wide * high):
                first[c + 1] += first[c]
            members = np.empty(first[wide * high], np.int32)
            cursor = first.copy()
        for s in range(len(x1)):
            left, right = int((min(x1[s], x2[s]) - west) // cell), int((max(x1[s], x2[s]) - west) // cell)
            low, top = int((min(y1[s], y2[s]) - south) // cell), int((max(y1[s], y2[s]) - south) // cell)
            for row in range(low, top + 1):
                for column in range(left, right + 1):
                    c = row * wide + column
                    if turn == 0:
                        first[c + 1] += 1
                    else:
                        members[cursor[c]] = s
                        cursor[c] += 1
    return first, members


@compiled
def near_edges(
    first: Ints,
    members: Numbers,
    west: float,
    south: float,
    cell: float,
    wide: int,
    high: int,
    segments: Floats,
    owner: Numbers,
    x: float,
    y: float,
    radius: float,
    stamp: Numbers,
    mark: int,
    slot: Numbers,
    out: Floats,
    owners: Numbers,
) -> int:
    """Edges that touch the disc: rows (nearest distance, where along the line it is, first and last place inside the disc). How many.

    `segments` has the columns x1, y1, x2, y2, metres along the line at its beginning. A bent edge's part is the hull of its parts inside.
    """
    rows = 0
    left, right = max(0, int((x - radius - west) // cell)), min(wide - 1, int((x + radius - west) // cell))
    low, top = max(0, int((y - radius - south) // cell)), min(high - 1, int((y + radius - south) // cell))
    for row in range(low, top + 1):
        for column in range(left, right + 1):
            c = row * wide + column
            for k in range(first[c], first[c + 1]):
                s = members[k]
                dx, dy = segments[s, 2] - segments[s, 0], segments[s, 3] - segments[s, 1]
                fx, fy = x - segments[s, 0], y - segments[s, 1]
                long2 = dx * dx + dy * dy
                foot = 0.0 if long2 == 0.0 else (fx * dx + fy * dy) / long2
                held = min(1.0, max(0.0, foot))
                far = np.hypot(fx - held * dx, fy - held * dy)
                if far > radius:
                    continue
                long = np.sqrt(long2)
                begin, end = 0.0, long
                if long2 > 0.0:
                    off2 = (fx - foot * dx) ** 2 + (fy - foot * dy) ** 2
                    half = np.sqrt(max(0.0, radius * radius - off2))
                    begin, end = max(0.0, foot * long - half), min(long, foot * long + half)
                edge, walked = owner[s], segments[s, 4]
                if stamp[edge] != mark:
                    stamp[edge], slot[edge], owners[rows] = mark, rows, edge
                    out[rows, 0], out[rows, 1], out[rows, 2], out[rows, 3] = far, walked + held * long, walked + begin, walked + end
                    rows += 1
                else:
                    at = slot[edge]
                    if far < out[at, 0]:
                        out[at, 0], out[at, 1] = far, walked + held * long
                    out[at, 2], out[at, 3] = min(out[at, 2], walked + begin), max(out[at, 3], walked + end)
    return rows
