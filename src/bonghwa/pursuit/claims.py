"""Where a claim says that the subject is: stretches of road with heights, from a camera's coverage or from a point with an error radius."""

from dataclasses import dataclass, replace
from math import ceil, hypot

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.evidence import Fix, PlateRead, PublicReport, Sighting
from bonghwa.pursuit.movement import Watching
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import Floats, Numbers
from bonghwa.sight.kernel import compiled

RADIUS_68_SIGMAS = 1.5096
"""68 % of a round normal spread lie within this many of its deviations."""
FINEST_PIECE_M, COARSEST_PIECE_M = 5.0, 50.0
FARTHEST_M = 100_000.0
DRIFT_MPS = {"foot": 1.5, "car": 8.0, None: 4.0}
"""Metres a second by mode: 68 % of subjects are no farther from where they were, as the crow flies, with turns and waits. A guess."""


class NoRoad(ValueError):
    """There is no road where the claim says."""


@dataclass(frozen=True, eq=False)
class Region:
    """Stretches sorted by edge, and how likely a metre of each is beside a metre of another."""

    edge: Numbers
    begin: Floats
    end: Floats
    height: Floats

    @classmethod
    def sorted_of(cls, edge: Numbers, begin: Floats, end: Floats, height: Floats) -> "Region":
        """Bring stretches into order, and drop those without length or height."""
        keep = (end > begin) & (height > 0)
        order = np.flatnonzero(keep)[np.argsort(edge[keep], kind="stable")]
        return cls(edge[order].astype(np.int32), begin[order], end[order], height[order])


def camera_region(network: Network, camera: str, watching: Watching) -> Region:
    """What a camera shows, with a margin on both sides that runs on into the next streets. Raises `NoRoad`."""
    number = network.number.get(camera)
    if number is None:
        raise NoRoad(f"camera {camera} shows no road")
    roads, sight, margin = network.roads, network.sight, watching.margin_m
    rows: list[tuple[int, float, float, float]] = []
    for row in network.rows[network.rows_first[number] : network.rows_first[number + 1]]:
        edge, begin, end = int(network.row_edge[row]), float(sight.begin[row]), float(sight.end[row])
        length, height = float(roads.length[edge]), float(sight.chance[row])
        edging = height * watching.margin_height
        rows.append((edge, begin, end, height))
        rows.append((edge, max(begin - margin, 0.0), begin, edging))
        rows.append((edge, end, min(end + margin, length), edging))
        beyond, before = end + margin - length, margin - begin
        if beyond > 0:
            node = roads.head[edge]
            outs = roads.out_edge[roads.out_first[node] : roads.out_first[node + 1]]
            rows += [(int(out), 0.0, min(beyond, float(roads.length[out])), edging) for out in outs if out != roads.twin[edge]]
        if before > 0:
            node = roads.tail[edge]
            ways = [int(way) for way in roads.in_edge[roads.in_first[node] : roads.in_first[node + 1]] if way != roads.twin[edge]]
            rows += [(way, max(float(roads.length[way]) - before, 0.0), float(roads.length[way]), edging) for way in ways]
    edges, begins, ends, heights = zip(*rows, strict=True)
    return Region.sorted_of(np.array(edges, np.int32), np.array(begins), np.array(ends), np.array(heights))


@compiled
def _pieces(
    edges: NDArray[np.int64], counts: NDArray[np.int64], length: Floats, first: NDArray[np.int64], x: Floats, y: Floats
) -> tuple[Numbers, Floats, Floats, Floats, Floats]:
    """Cut edges into so many equal pieces each: edge, begin, end, and the point in the middle of each piece."""
    many = counts.sum()
    edge, begin, end = np.empty(many, np.int32), np.empty(many), np.empty(many)
    at_x, at_y = np.empty(many), np.empty(many)
    n = 0
    for k in range(len(edges)):
        e = edges[k]
        drawn = 0.0
        for p in range(first[e], first[e + 1] - 1):
            drawn += np.hypot(x[p + 1] - x[p], y[p + 1] - y[p])
        point, walked = first[e], 0.0
        step = np.hypot(x[point + 1] - x[point], y[point + 1] - y[point])
        for part in range(counts[k]):
            edge[n] = e
            begin[n], end[n] = length[e] * part / counts[k], length[e] * (part + 1) / counts[k]
            middle = drawn * (part + 0.5) / counts[k]
            while walked + step < middle and point + 2 < first[e + 1]:
                walked += step
                point += 1
                step = np.hypot(x[point + 1] - x[point], y[point + 1] - y[point])
            share = min((middle - walked) / step, 1.0) if step > 0 else 0.0
            at_x[n] = x[point] + share * (x[point + 1] - x[point])
            at_y[n] = y[point] + share * (y[point + 1] - y[point])
            n += 1
    return edge, begin, end, at_x, at_y


def circle_region(network: Network, x: float, y: float, error_m: float, watching: Watching) -> Region:
    """The roads about a point of which 68 % of the truth lies within `error_m`; heights are two round normals, a narrow and a wide one.

    Where no road is so near, the radius doubles until there is one. Raises `NoRoad` where there is none within 100 km.
    """
    roads = network.roads
    sigma = max(error_m, FINEST_PIECE_M) / RADIUS_68_SIGMAS
    reach = 2.5 * sigma * watching.fix_tail_factor
    away = np.hypot(network.middle_x - x, network.middle_y - y) - network.half
    while not (away <= reach).any():
        sigma, reach = sigma * 2, reach * 2
        if reach > FARTHEST_M:
            raise NoRoad("no road is within 100 km of the place")
    edges = np.flatnonzero(away <= reach)
    piece = min(max(sigma / 3, FINEST_PIECE_M), COARSEST_PIECE_M)
    counts = np.maximum(1, np.ceil(roads.length[edges] / piece)).astype(np.int64)
    edge, begin, end, at_x, at_y = _pieces(edges, counts, roads.length, roads.shape_first, roads.shape_x, roads.shape_y)
    squared = (at_x - x) ** 2 + (at_y - y) ** 2
    wide = sigma * watching.fix_tail_factor
    height = (1 - watching.fix_tail) * np.exp(-squared / (2 * sigma**2)) / sigma**2
    height += watching.fix_tail * np.exp(-squared / (2 * wide**2)) / wide**2
    return Region.sorted_of(edge, begin, end, np.where(squared <= reach**2 * 1.5, height, 0.0))


def aged(network: Network, evidence: Sighting | PlateRead | Fix | PublicReport, seconds: float) -> Fix | PublicReport:
    """What a place of so many seconds before tells of now: about there, the wider the longer ago and the faster he moves.

    For places from between the fix that a pursuit began from and its beginning: the belief has no step of its own for them.
    """
    if isinstance(evidence, Fix | PublicReport):
        x, y, error_m = evidence.x, evidence.y, evidence.error_m
    else:
        x, y, error_m = _middle(network, evidence.camera)
    mode = "car" if isinstance(evidence, PlateRead) else None if isinstance(evidence, Fix) else evidence.mode
    wide = hypot(error_m, DRIFT_MPS[mode] * seconds)
    if isinstance(evidence, Fix):
        return replace(evidence, error_m=wide, age_s=0.0)
    return PublicReport(evidence.time, x, y, wide, evidence.confidence, mode)


def _middle(network: Network, camera: str) -> tuple[float, float, float]:
    """The middle of the roads a camera shows, and how far they reach from it."""
    number = network.number[camera]
    rows = network.rows[network.rows_first[number] : network.rows_first[number + 1]]
    begin, end = network.sight.begin[rows], network.sight.end[rows]
    points = np.array([network.roads.at(int(network.row_edge[row]), (b + e) / 2) for row, b, e in zip(rows, begin, end, strict=True)])
    x, y = points.mean(axis=0)
    return float(x), float(y), max(FINEST_PIECE_M, float(np.hypot(*(points - (x, y)).T).max()))


def age_steps(age_s: float, step_s: float, most: int) -> tuple[int, float]:
    """In how many steps, and how long ones, an age is moved on: as long as the clock's own up to `most` of them, then longer."""
    if age_s <= 0:
        return 0, step_s
    steps = min(max(1, ceil(age_s / step_s)), most)
    return steps, age_s / steps
