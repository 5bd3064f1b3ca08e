"""Joins parts of a road graph that nearly touch: a dead end beside a road of another part is a gap in the file, not in the street.

Only other parts are joined: within one part a dead end beside a road may well be a wall. Stops of bus sections stand at the kerb of the
road that they belong to and are joined from farther.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from bonghwa.pursuit.roads import INFERRED, Roads
from bonghwa.registry.road_streets import Street, cut, draw_up, line_length, point_of

REACH_M = 15.0
STOP_REACH_M = 40.0
"""How far a dead end, and a bus stop, may lie from the road that it is joined to."""
Ints = NDArray[np.int64]
Places = list[tuple[float, float]]


def root_of(parent: list[int], node: int) -> int:
    """The node that stands for a group in a forest of parents."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def parts_of(nodes: int, streets: Sequence[Street]) -> Ints:
    """For each node the number of one node of its part."""
    parent = list(range(nodes))
    for street in streets:
        parent[root_of(parent, street.end)] = root_of(parent, street.start)
    return np.array([root_of(parent, node) for node in range(nodes)], dtype=np.int64)


def count_parts(nodes: int, streets: Sequence[Street]) -> int:
    """How many parts of the graph do not touch; nodes without a street do not count."""
    part = parts_of(nodes, streets)
    return len({int(part[street.start]) for street in streets})


def part_sizes(roads: Roads) -> list[int]:
    """How many nodes each part of a road graph has, the largest first."""
    parent = list(range(roads.nodes))
    for tail, head in zip(roads.tail.tolist(), roads.head.tolist(), strict=True):
        parent[root_of(parent, head)] = root_of(parent, tail)
    roots = [root_of(parent, node) for node in range(roads.nodes)]
    return sorted(Counter(roots).values(), reverse=True)


def join_parts(places: Places, streets: Sequence[Street]) -> tuple[list[Street], int, int]:
    """The streets with near parts joined, how many ends were joined and how many streets split for it. Adds nodes to `places`."""
    reach = _may_be_joined(len(places), streets)
    if not reach:
        return list(streets), 0, 0
    parent = list(range(len(places)))
    cuts: dict[int, list[tuple[float, int]]] = defaultdict(list)
    joined = 0
    for node, at, share in _nearest(places, streets, reach):
        other = streets[at].start if share == 0.0 else streets[at].end
        if 0.0 < share < 1.0:
            other = _cut_at(streets[at], share, cuts[at], places, parent)
        joined += root_of(parent, node) != root_of(parent, other)
        parent[root_of(parent, node)] = root_of(parent, other)
    pieces = [piece for at, street in enumerate(streets) for piece in (cut(street, sorted(cuts[at])) if at in cuts else [street])]
    return _welded(places, pieces, parent), joined, len(cuts)


def _cut_at(street: Street, share: float, cuts: list[tuple[float, int]], places: Places, parent: list[int]) -> int:
    """The node of a cut at this share of a street, a new one unless it is cut within a metre of it already."""
    length = line_length(street.line)
    for others, node in cuts:
        if abs(others - share) * length < 1.0:
            return node
    places.append(point_of(street.line, share))
    parent.append(len(parent))
    cuts.append((share, len(parent) - 1))
    return len(parent) - 1


def _may_be_joined(nodes: int, streets: Sequence[Street]) -> dict[int, float]:
    """The dead ends and bus stops, and how far each may reach."""
    touching: list[int] = [0] * nodes
    drawn: list[int] = [0] * nodes
    for street in streets:
        for node in (street.start, street.end):
            touching[node] += 1
            drawn[node] += not street.ahead & INFERRED
    return {n: STOP_REACH_M if not drawn[n] else REACH_M for n in range(nodes) if touching[n] and (touching[n] == 1 or not drawn[n])}


def _nearest(places: Places, streets: Sequence[Street], reach: dict[int, float]) -> list[tuple[int, int, float]]:
    """For each end in reach of another part: its node, the nearest street there, and at what share of it they meet (0, 1: its ends).

    A bus section is met only at its stops, for nobody knows where its road runs between them.
    """
    part = parts_of(len(places), streets)
    nodes = list(reach)
    far = np.array([reach[node] for node in nodes])
    points = shapely.points([places[node] for node in nodes])
    lines = np.array([shapely.linestrings(street.line) for street in streets])
    which, line = shapely.STRtree(lines).query(points, predicate="dwithin", distance=far)
    other = np.array([part[streets[at].start] for at in line.tolist()], dtype=np.int64) != part[np.array(nodes)[which]]
    which, line = which[other], line[other]
    along = shapely.line_locate_point(lines[line], points[which])
    away = shapely.distance(lines[line], points[which])
    best: dict[int, tuple[float, int, float]] = {}
    for i in range(len(which)):
        street, node = streets[line[i]], nodes[which[i]]
        length = line_length(street.line)
        inferred = bool(street.ahead & INFERRED)
        near_end = min(along[i], length - along[i])
        if inferred and near_end > far[which[i]]:
            continue
        share = float(along[i] / length) if length > 0 else 0.0
        if near_end <= far[which[i]]:
            share = float(along[i] > length / 2)
        # A known road is better than a bus section, however near that is.
        merit = float(away[i]) + STOP_REACH_M * inferred
        if node not in best or merit < best[node][0]:
            best[node] = (merit, int(line[i]), share)
    return [(node, street, share) for node, (_, street, share) in best.items()]


def _welded(places: Places, streets: list[Street], parent: list[int]) -> list[Street]:
    """Streets with joined nodes made one; a street that became a dot is left out."""
    found = []
    for street in streets:
        street.start, street.end = root_of(parent, street.start), root_of(parent, street.end)
        draw_up(street, places[street.start], places[street.end])
        if street.start != street.end:
            found.append(street)
    return found
