"""Containment: the fewest crossings that close the ring between where the subject can be now and where he could be by a later time.

A minimum vertex cut. A crossing that a camera watches costs 1, one that a patrol must take 3, a road in its middle 2 (some roads jump
from inside straight beyond the ring). A patrol can take only what it reaches before the subject; a ring that cannot be closed with
that in mind is not feasible, and a wider one is tried. Reached by maximum speed, and one-ways never bound it.

Runs of a large graph take tens of milliseconds: call from a worker, with a `stop` flag to give up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.cut_kernels import STOPPED, TOO_DEAR, least_cut, packed
from bonghwa.pursuit.roads import Bytes, Floats, Roads
from bonghwa.pursuit.speeds import SPEEDS, Mode, Speeds, most_seconds, usual_seconds
from bonghwa.pursuit.ways import Spread, Ways

WATCHED_COST, MIDDLE_COST, PATROL_COST = 1, 2, 3
NEVER = 1 << 20
"""The cost of what cannot be closed in time. No cut of real roads comes near it."""
TOUCH_M = 10.0
"""A camera watches a crossing when a stretch it shows comes this near."""
SURE = 0.5
"""Cameras that show a stretch with less chance are not relied on."""
USUAL_HORIZON = 8.0
"""The usual arrival is looked for so many times as far ahead as the widest ring."""
RINGS_S = (180.0, 300.0, 480.0)


class Stopped(Exception):
    """The reckoning was told to give up."""


@dataclass(frozen=True)
class Point:
    """One place to close: a crossing (`node`), or a road in its middle (`edge` and `along`); the other is -1."""

    node: int
    edge: int
    along: float
    x: float
    y: float
    names: tuple[str, ...]
    """The named streets that meet there, sorted."""
    cameras: tuple[str, ...]
    """The cameras that show it, sorted; none: a patrol must."""
    cost: int
    earliest: float
    """Seconds from now when the subject can be there at the earliest."""
    expected: float
    """Seconds from now when he is there at a usual speed; infinite where the law-abiding have no way."""


@dataclass(frozen=True)
class Containment:
    """A ring that these points close. No points and cost 0: the roads end before the ring."""

    ring: float
    """The subject can be beyond the ring so many seconds from now if nothing is closed."""
    cost: int
    points: tuple[Point, ...]

    @property
    def patrols(self) -> int:
        """How many of the points need a patrol."""
        return sum(1 for point in self.points if not point.cameras)


@dataclass(frozen=True, eq=False)
class _Ring:
    """What one question is about. Seconds are from now; those of nodes are infinite where the subject does not come."""

    limit: float
    within: float
    """Seconds until a patrol stands where it is sent."""
    cost: Floats
    usual_cost: Floats
    earliest: Floats
    usual: Floats
    when: Floats
    """When the subject begins each edge's unreached part: 0 where he is on it, infinite where he does not come."""
    low: Floats
    high: Floats
    """Each edge's part that can be closed in its middle: unreached now, within the ring (metres)."""


def contain(
    ways: Ways,
    coverage: Coverage | None,
    x: float,
    y: float,
    radius: float,
    age: float,
    mode: Mode,
    *,
    response: float = 0.0,
    rings: Sequence[float] = RINGS_S,
    speeds: Speeds = SPEEDS,
    stop: Bytes | None = None,
) -> Containment | None:
    """The earliest of `rings` that can be closed when patrols take `response` seconds; None when none can.

    The subject was at a place with an error radius (metres) `age` seconds ago. Raises Stopped once another thread sets `stop[0]`.
    """
    roads, cost, usual_cost = ways.roads, most_seconds(ways.roads, mode, speeds), usual_seconds(ways.roads, mode, speeds)
    start = ways.start(x, y, radius, cost)
    if not len(start.edge):
        return None
    usual = _seconds(ways, ways.spread(start, usual_cost, age + USUAL_HORIZON * max(rings)), age)
    spread = ways.spread(start, cost, age + max(rings))
    now, begun = ways.parts(spread, age), np.full(roads.edges, -1.0)
    np.maximum.at(begun, now.edge, now.end)
    earliest = _seconds(ways, spread, age)
    when, low = np.where(begun >= 0.0, 0.0, earliest[roads.tail]), np.maximum(begun, 0.0)
    flag = np.zeros(1, np.uint8) if stop is None else stop
    watched = watched_nodes(roads, coverage)
    for limit in sorted(rings):
        run = np.where(np.isfinite(cost), (limit - np.minimum(when, limit)) / cost * roads.length, 0.0)
        high = np.minimum(roads.length, low + run)
        ring = _Ring(limit, response, cost, usual_cost, earliest, usual, when, low, high)
        found = _close(roads, coverage, watched, ring, flag)
        if found is not None:
            return found
    return None


def watched_nodes(roads: Roads, coverage: Coverage | None) -> NDArray[np.bool_]:
    """Crossings that a reliable camera shows: a stretch comes within `TOUCH_M` of them."""
    seen = np.zeros(roads.nodes, np.bool_)
    if coverage is not None:
        edge = np.repeat(np.arange(roads.edges), np.diff(coverage.first))
        sure = coverage.chance >= SURE
        seen[roads.tail[edge[sure & (coverage.begin <= TOUCH_M)]]] = True
        seen[roads.head[edge[sure & (coverage.end >= roads.length[edge] - TOUCH_M)]]] = True
    return seen


def _seconds(ways: Ways, spread: Spread, age: float) -> Floats:
    seconds = np.full(ways.roads.nodes, np.inf)
    seconds[spread.node] = np.maximum(spread.seconds - age, 0.0)
    return seconds


def _close(roads: Roads, coverage: Coverage | None, watched: NDArray[np.bool_], ring: _Ring, stop: Bytes) -> Containment | None:
    """The least cut of one ring, None when it cannot be closed in time."""
    inner, inside = ring.earliest <= 0.0, ring.earliest <= ring.limit
    # Arcs of the flow are the edges one can be on within the ring: from a node inside, or begun already. Who comes to the tail of an
    # edge that is begun in its middle can only go back through where he may be now, so that such an edge leaves the source alone.
    on = np.isfinite(ring.cost) & (ring.when <= ring.limit) & ~(inner[roads.tail] & inner[roads.head])
    edge = np.flatnonzero(on).astype(np.int32)
    tail, head = roads.tail[edge], roads.head[edge]
    # Nodes of the flow: 0 the source, 1 the sink, 2n + 2 and 2n + 3 the two halves of the n-th node between.
    between = np.flatnonzero(inside & ~inner)
    number = np.full(roads.nodes, -1, np.int32)
    number[between] = np.arange(len(between), dtype=np.int32)
    leaves = np.where(ring.when[edge] <= 0.0, 0, 2 * number[tail] + 3)
    enters = np.where(inner[head], 0, np.where(inside[head], 2 * number[head] + 2, 1))
    shown = _edge_watched(roads, coverage, ring)[edge]
    # A road can be closed in its middle until the subject leaves it, or the ring.
    last = ring.when[edge] + (ring.high[edge] - ring.low[edge]) / roads.length[edge] * ring.cost[edge]
    middle = np.where(shown | (last >= ring.within), MIDDLE_COST, NEVER)
    crossing = np.where(watched[between], WATCHED_COST, np.where(ring.earliest[between] >= ring.within, PATROL_COST, NEVER))
    kept = leaves != enters
    edge, leaves, enters, middle = edge[kept], leaves[kept], enters[kept], middle[kept]
    half = 2 * np.arange(len(between)) + 2
    arcs = (np.concatenate([half, leaves]), np.concatenate([half + 1, enters]), np.concatenate([crossing, middle]))
    cost, side = solve(*arcs, 2 * len(between) + 2, stop)
    if cost is None:
        return None
    points = [_crossing(roads, coverage, ring, int(node), bool(watched[node])) for node in between[side[half] & ~side[half + 1]]]
    points += [_middle(roads, coverage, ring, int(e)) for e in edge[side[leaves] & ~side[enters]]]
    return Containment(ring.limit, cost, tuple(sorted(points, key=lambda point: (point.earliest, point.node, point.edge))))


def solve(
    leaves: NDArray[np.integer], enters: NDArray[np.integer], capacity: NDArray[np.integer], nodes: int, stop: Bytes
) -> tuple[int | None, NDArray[np.bool_]]:
    """The least cut of a flow network between its nodes 0 and 1, and the nodes on the side of 0; None when it needs what costs `NEVER`.

    Raises Stopped.
    """
    count = len(leaves)
    tail, head, room = np.empty(2 * count, np.int32), np.empty(2 * count, np.int32), np.zeros(2 * count, np.int32)
    tail[0::2], tail[1::2], head[0::2], head[1::2], room[0::2] = leaves, enters, enters, leaves, capacity
    first, arc = packed(tail, nodes)
    side = np.zeros(nodes, np.bool_)
    cost = int(least_cut(first, arc, head, room, 0, 1, NEVER, stop, side))
    if cost == STOPPED:
        raise Stopped
    return (None if cost == TOO_DEAR else cost), side


def _stretches(roads: Roads, coverage: Coverage | None, edge: int) -> list[tuple[float, float, str]]:
    """The reliably shown stretches of an edge, its twin's included, as (begin, end, camera)."""
    if coverage is None:
        return []
    length, found = float(roads.length[edge]), []
    for e in (edge, int(roads.twin[edge])):
        for row in range(int(coverage.first[e]), int(coverage.first[e + 1])) if e >= 0 else ():
            begin, end = float(coverage.begin[row]), float(coverage.end[row])
            if coverage.chance[row] >= SURE:
                part = (begin, end) if e == edge else (max(length - end, 0.0), length - begin)
                found.append((*part, coverage.cameras[coverage.camera[row]]))
    return sorted(found)


def _edge_watched(roads: Roads, coverage: Coverage | None, ring: _Ring) -> NDArray[np.bool_]:
    """Whether a reliable camera shows some of each edge's part that can be closed in its middle; its twin's stretches count."""
    watched = np.zeros(roads.edges, np.bool_)
    if coverage is None:
        return watched
    sure = coverage.chance >= SURE
    edge, begin, end = np.repeat(np.arange(roads.edges), np.diff(coverage.first))[sure], coverage.begin[sure], coverage.end[sure]
    watched[edge[np.maximum(begin, ring.low[edge]) < np.minimum(end, ring.high[edge])]] = True
    paired = roads.twin[edge] >= 0
    twin, length = roads.twin[edge[paired]], roads.length[edge[paired]]
    begin, end = length - end[paired], length - begin[paired]
    watched[twin[np.maximum(begin, ring.low[twin]) < np.minimum(end, ring.high[twin])]] = True
    return watched


def _crossing(roads: Roads, coverage: Coverage | None, ring: _Ring, node: int, watched: bool) -> Point:
    into = roads.in_edge[roads.in_first[node] : roads.in_first[node + 1]].tolist()
    out = roads.out_edge[roads.out_first[node] : roads.out_first[node + 1]].tolist()
    cameras: set[str] = set()
    for e in out:
        cameras.update(camera for begin, _, camera in _stretches(roads, coverage, e) if begin <= TOUCH_M)
    for e in into:
        cameras.update(camera for _, end, camera in _stretches(roads, coverage, e) if end >= roads.length[e] - TOUCH_M)
    names = tuple(sorted({roads.names[roads.name[e]] for e in (*into, *out)} - {""}))
    cost = WATCHED_COST if watched else PATROL_COST
    at = float(roads.x[node]), float(roads.y[node])
    return Point(node, -1, 0.0, *at, names, tuple(sorted(cameras)), cost, float(ring.earliest[node]), float(ring.usual[node]))


def _middle(roads: Roads, coverage: Coverage | None, ring: _Ring, edge: int) -> Point:
    """A place in the middle of a road: where a camera shows it, else the middle of the open part, or as far on as a patrol needs."""
    low, high, length = float(ring.low[edge]), float(ring.high[edge]), float(roads.length[edge])
    cut = [(max(begin, low), min(end, high), camera) for begin, end, camera in _stretches(roads, coverage, edge)]
    shown = [stretch for stretch in cut if stretch[0] < stretch[1]]
    when, pace = float(ring.when[edge]), float(ring.cost[edge]) / length
    in_time = min(high, max((low + high) / 2, low + (ring.within - when) / pace))
    along = (shown[0][0] + shown[0][1]) / 2 if shown else in_time
    cameras = tuple(sorted({camera for begin, end, camera in shown if begin <= along <= end}))
    name = roads.names[roads.name[edge]]
    begun = 0.0 if when <= 0.0 else float(ring.usual[roads.tail[edge]])
    usual = begun + (along - low) * float(ring.usual_cost[edge]) / length
    earliest = when + (along - low) * pace
    return Point(-1, edge, along, *roads.at(edge, along), (name,) if name else (), cameras, MIDDLE_COST, earliest, usual)
