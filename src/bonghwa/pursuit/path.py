"""The path so far: sightings, or fixes of a device, joined by the most likely way over the roads.

Sightings: the candidates are the stretches that the sighting's camera shows, a step costs by how well the time of travel fits the time
that passed (Viterbi over coverage intervals). Fixes: Newson and Krumm 2009, "Hidden Markov Map Matching Through Noise and Sparseness":
a Gaussian of the distance to the road, an exponential of the difference between the way and the straight line.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from math import cos, inf, isnan, log, radians
from typing import TypeVar, cast

import numpy as np

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Floats, Numbers, Roads
from bonghwa.pursuit.speeds import SPEEDS, Mode, Speeds, most_seconds, usual_seconds
from bonghwa.pursuit.viterbi import best, pairs
from bonghwa.pursuit.ways import Route, Ways

T = TypeVar("T")
HASTE, DELAY = 0.35, 0.8
"""Deviations of the logarithm of time passed over usual time, when he was faster and when slower (he may have waited)."""
USUAL_SLACK_S = 3.0
"""Added to both times, so that short legs are not judged by fractions of seconds."""
HEADING_WEIGHT = 2.0
"""The concentration of the heading's von Mises distribution: an edge the other way is e^4 times less likely."""
WRONG_WAY = log(0.05)
"""The score of a step that only a driver who goes against a one-way can make."""
CANDIDATES = 32
DETOUR_M = 12.0
"""How much longer than the straight line a way between two fixes is, per second between them, at a chance of 1/e."""
DETOUR_UNTIMED_M = 200.0
LONGEST_DETOUR, LONGEST_EXTRA_M = 3.0, 1_000.0
SEEN_WITHIN = 3.0
"""Roads within so many error radii of a fix are candidates; at least `NEAREST_M`."""
NEAREST_M = 50.0


@dataclass(frozen=True)
class Sighting:
    """Somebody saw the subject on a camera: its number in the coverage, the time in seconds, compass degrees of heading where known."""

    camera: int
    at: float
    heading: float | None = None


@dataclass(frozen=True)
class Fix:
    """A place the device told, in metres from the graph's origin, with its error radius (one deviation) and the time where known."""

    x: float
    y: float
    radius: float
    at: float | None = None


@dataclass(frozen=True)
class Leg:
    """The way from one event to the next: its edges, the first and last only in part."""

    edges: tuple[int, ...]
    begin: float
    """Metres along the first edge."""
    end: float
    """Metres along the last edge."""
    seconds: float
    """What it takes at a usual speed."""
    passed: float
    """Seconds that passed; not a number where a time is unknown."""
    chance: float
    """How likely the leg begins and ends on these stretches of road, against all others."""
    width: float
    """Metres he can have strayed from the way and come back in time at a usual speed; 0 where he had no time to."""


@dataclass(frozen=True)
class Path:
    """Legs in order of time. `broken` are the numbers of events that nothing joins with the one before (a gap in the path)."""

    legs: tuple[Leg, ...]
    broken: tuple[int, ...]

    def edges(self) -> tuple[int, ...]:
        """All edges in order of travel, an edge that ends one leg and begins the next once."""
        found: list[int] = []
        for leg in self.legs:
            found += leg.edges[1:] if found and found[-1] == leg.edges[0] else leg.edges
        return tuple(found)


@dataclass(frozen=True, eq=False)
class _Layer:
    """Candidates of one event: parts of edges, and how likely each is by itself."""

    edge: Numbers
    begin: Floats
    end: Floats
    score: Floats

    @property
    def middle(self) -> Floats:
        return (self.begin + self.end) / 2


class Kept:
    """What the way from one sighting to the next costs and which it is, kept from one joining to the next: a sighting more costs one step.

    It serves one graph and coverage, and holds what the last joining used.
    """

    def __init__(self) -> None:
        self._last: dict[Hashable, object] = {}
        self._now: dict[Hashable, object] = {}

    def get(self, key: Hashable, reckon: Callable[[], T]) -> T:
        """What is kept under a key, else what `reckon` says."""
        found = self._now[key] = self._last[key] if key in self._last else reckon()
        return cast(T, found)

    def done(self) -> None:
        """Forget what this joining did not use."""
        self._last, self._now = self._now, {}


def join_sightings(
    ways: Ways, coverage: Coverage, sightings: Sequence[Sighting], mode: Mode, speeds: Speeds = SPEEDS, kept: Kept | None = None
) -> Path:
    """The most likely way through sightings in order of time. One without roads, or that nobody could reach in time, breaks the path."""
    roads, kept = ways.roads, kept or Kept()
    usual, most = usual_seconds(roads, mode, speeds), most_seconds(roads, mode, speeds)
    layers = [_sighted(roads, coverage, sighting, most) for sighting in sightings]
    times = [sighting.at for sighting in sightings]

    def step(at: int) -> Floats:
        before, after, passed = layers[at], layers[at + 1], times[at + 1] - times[at]
        return kept.get((mode, *sightings[at : at + 2]), lambda: _timed_step(ways, before, after, passed, usual, most))

    def leg(at: int, i: int, j: int, chance: float) -> Leg:
        before, after, passed = layers[at], layers[at + 1], times[at + 1] - times[at]
        found = kept.get((mode, *sightings[at : at + 2], i, j), lambda: _leg(ways, before, i, after, j, usual, most, passed, chance))
        return replace(found, chance=chance)

    path = _joined(layers, step, leg)
    kept.done()
    return path


def match_fixes(ways: Ways, fixes: Sequence[Fix], mode: Mode, speeds: Speeds = SPEEDS) -> Path:
    """The most likely way along fixes in order of time. One that no way joins with the one before breaks the path."""
    roads = ways.roads
    cost, most = usual_seconds(roads, mode, speeds), most_seconds(roads, mode, speeds)
    metres = np.where(np.isfinite(cost), roads.length, np.inf)
    layers = [_fixed(ways, fix, cost) for fix in fixes]

    def passed(at: int) -> float:
        before, after = fixes[at].at, fixes[at + 1].at
        return float("nan") if before is None or after is None else after - before

    def step(at: int) -> Floats:
        straight = float(np.hypot(fixes[at + 1].x - fixes[at].x, fixes[at + 1].y - fixes[at].y))
        reach = float(LONGEST_DETOUR * straight + LONGEST_EXTRA_M)
        before, after = layers[at], layers[at + 1]
        way = _between(ways, before.edge, before.middle, after.edge, after.middle, metres, reach, before.begin, after.end)
        beta = DETOUR_UNTIMED_M if isnan(passed(at)) else max(DETOUR_M * passed(at), 10.0)
        score = -np.abs(way - straight) / beta
        if passed(at) >= 0.0:
            quick = float((roads.length[np.isfinite(most)] / most[np.isfinite(most)]).max(initial=1.0))
            slack = fixes[at].radius + fixes[at + 1].radius
            score = np.where(way <= quick * passed(at) + SEEN_WITHIN * slack, score, -np.inf)
        return score

    def leg(at: int, i: int, j: int, chance: float) -> Leg:
        return _leg(ways, layers[at], i, layers[at + 1], j, metres, metres, passed(at), chance, cost)

    return _joined(layers, step, leg)


def _sighted(roads: Roads, coverage: Coverage, sighting: Sighting, most: Floats) -> _Layer:
    rows = np.flatnonzero(coverage.camera == sighting.camera)
    edge = (np.searchsorted(coverage.first, rows, side="right") - 1).astype(np.int32)
    # Seen anywhere in view: a stretch counts by its length and by the chance that the camera shows it.
    score = np.log(coverage.chance[rows] * (coverage.end[rows] - coverage.begin[rows]))
    if sighting.heading is not None:
        score = score + [HEADING_WEIGHT * cos(radians(bearing(roads, int(e)) - sighting.heading)) for e in edge]
    score = np.where(np.isfinite(most[edge]), score, -np.inf)
    return _Layer(edge, coverage.begin[rows], coverage.end[rows], score)


def bearing(roads: Roads, edge: int) -> float:
    """Compass degrees from an edge's beginning to its end."""
    first, last = int(roads.shape_first[edge]), int(roads.shape_first[edge + 1]) - 1
    east, north = roads.shape_x[last] - roads.shape_x[first], roads.shape_y[last] - roads.shape_y[first]
    return float(np.degrees(np.arctan2(east, north)) % 360.0)


def _fixed(ways: Ways, fix: Fix, cost: Floats) -> _Layer:
    found = ways.near(fix.x, fix.y, max(SEEN_WITHIN * fix.radius, NEAREST_M))
    keep = np.flatnonzero(np.isfinite(cost[found.edge]))[:CANDIDATES]
    edge, along, slack = found.edge[keep], found.along[keep], max(fix.radius, 1.0)
    # An error radius about each: a fix a little behind the last one on a road means that he stood, not that he drove round the block.
    return _Layer(edge, along - slack, along + slack, -0.5 * (found.off[keep] / max(fix.radius, 1.0)) ** 2)


def _timed_step(ways: Ways, before: _Layer, after: _Layer, passed: float, usual: Floats, most: Floats) -> Floats:
    """How well each pair of stretches fits the time that passed; impossible below the fewest seconds between their nearest ends."""
    fewest = _between(ways, before.edge, before.end, after.edge, after.begin, most, max(passed, 0.0), before.begin, after.end)
    score = np.full(fewest.shape, -np.inf)
    possible = fewest <= passed + 1e-9
    if not possible.any():
        return score
    typical = _between(ways, before.edge, before.middle, after.edge, after.middle, usual, inf, before.begin, after.end)
    lawful = np.isfinite(typical)
    # Where only a law-breaker can go, his time is reckoned from the fewest seconds.
    typical = np.where(lawful, typical, 2.0 * np.where(np.isfinite(fewest), fewest, 0.0))
    ratio = np.log((max(passed, 0.0) + USUAL_SLACK_S) / (typical + USUAL_SLACK_S))
    fit = -0.5 * (ratio / np.where(ratio < 0.0, HASTE, DELAY)) ** 2 + np.where(lawful, 0.0, WRONG_WAY)
    return np.where(possible, fit, -np.inf)


def _between(
    ways: Ways,
    edge: Numbers,
    along: Floats,
    to_edge: Numbers,
    to_along: Floats,
    cost: Floats,
    limit: float,
    overlap: Floats,
    until: Floats,
) -> Floats:
    """The cost of the least way between all pairs of points on edges, infinite above `limit`.

    The points stand for stretches that begin at `overlap` and end at `until`: on one edge the second is reached from the first whenever
    it does not lie wholly behind it.
    """
    roads, found = ways.roads, np.full((len(edge), len(to_edge)), np.inf)
    share, to_share = cost[edge] / roads.length[edge], cost[to_edge] / roads.length[to_edge]
    more = np.where(np.isfinite(to_share), to_along * np.where(np.isfinite(to_share), to_share, 0.0), np.inf)
    for i in np.flatnonzero(np.isfinite(share)).tolist():
        rest = np.array([(roads.length[edge[i]] - along[i]) * share[i]])
        ways.run(roads.head[edge[i : i + 1]], rest, cost, limit)
        found[i] = ways.seconds_to(roads.tail[to_edge]) + more
        for j in np.flatnonzero(to_edge == edge[i]).tolist():
            if along[i] <= to_along[j] or overlap[i] <= until[j]:
                found[i, j] = min(found[i, j], max(0.0, to_along[j] - along[i]) * share[i])
    found[found > limit] = np.inf
    return found


def _leg(
    ways: Ways,
    before: _Layer,
    i: int,
    after: _Layer,
    j: int,
    cost: Floats,
    second: Floats,
    passed: float,
    chance: float,
    seconds: Floats | None = None,
) -> Leg:
    """The way between two chosen candidates by `cost`, else by the `second` cost (against one-ways)."""
    roads = ways.roads
    edge, begin, to_edge, end = int(before.edge[i]), float(before.middle[i]), int(after.edge[j]), float(after.middle[j])
    timed = cost if seconds is None else seconds
    if edge == to_edge and before.begin[i] <= after.end[j]:
        route: Route | None = Route(0.0, (edge,))  # Stretches that overlap: he may hardly have moved.
    else:
        route = ways.route(edge, begin, to_edge, end, cost)
    if route is None:
        route = ways.route(edge, begin, to_edge, end, second)
        assert route is not None, "a step that is possible has a way"
        timed = second if seconds is None else seconds
    if len(route.edges) == 1:
        metres, took = abs(end - begin), abs(end - begin) / float(roads.length[edge]) * float(timed[edge])
    else:
        inner = list(route.edges[1:-1])
        shares = (1.0 - begin / float(roads.length[edge]), end / float(roads.length[to_edge]))
        metres = float(roads.length[inner].sum() + shares[0] * roads.length[edge] + shares[1] * roads.length[to_edge])
        took = float(timed[inner].sum() + shares[0] * timed[edge] + shares[1] * timed[to_edge])
    pace = metres / took if took > 0.0 else float(roads.length[edge] / timed[edge])
    width = inf if isnan(passed) else max(0.0, passed - took) * pace / 2.0
    return Leg(route.edges, begin, end, took, passed, chance, width)


def _joined(layers: Sequence[_Layer], step: Callable[[int], Floats], leg: Callable[[int, int, int, float], Leg]) -> Path:
    """The best sequence of each run of events that can be joined, as legs."""
    legs: list[Leg] = []
    broken: list[int] = []
    at = 0
    while at < len(layers):
        states, steps = [layers[at].score], []
        alive = layers[at].score
        while at + len(states) < len(layers):
            between, score = step(at + len(states) - 1), layers[at + len(states)].score
            alive = (alive[:, None] + between).max(axis=0, initial=-inf) + score
            if not np.isfinite(alive).any():
                break
            states.append(score)
            steps.append(between)
        chosen = best(states, steps) if steps else None
        if chosen is not None:
            chances = pairs(states, steps)
            for k, (i, j) in enumerate(zip(chosen[0][:-1], chosen[0][1:], strict=True)):
                legs.append(leg(at + k, i, j, float(chances[k][i, j])))
        at += len(states)
        if at < len(layers):
            broken.append(at)
    return Path(tuple(legs), tuple(broken))
