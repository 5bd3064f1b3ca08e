"""Who sees what, by geometry of its own: a camera shows what lies in its sector. Nothing stands in the way: no footprints are known."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Roads

Floats = NDArray[np.float64]
SAMPLE_M = 3.0
"""How closely roads are looked at for the table of stretches."""


@dataclass(frozen=True, eq=False)
class Cameras:
    """Where cameras stand (metres from the roads' origin), where they look (radians from north, clockwise), how wide and how far."""

    x: Floats
    y: Floats
    bearing: Floats
    fov: Floats
    reach: Floats

    def only(self, keep: NDArray[np.int64]) -> "Cameras":
        """The cameras of these numbers."""
        return Cameras(self.x[keep], self.y[keep], self.bearing[keep], self.fov[keep], self.reach[keep])

    def all_round(self) -> "Cameras":
        """As if each looked everywhere: all that can be said where the pose is unknown."""
        return replace(self, fov=np.full(len(self.x), 2 * np.pi))


def pairs(cameras: Cameras, x: Floats, y: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which point is in which camera's sector: (point, camera) pairs sorted by point, then camera."""
    if not len(x) or not len(cameras.x):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = cKDTree(np.column_stack((cameras.x, cameras.y)))
    near = tree.query_ball_point(np.column_stack((x, y)), float(cameras.reach.max()), return_sorted=True)
    point = np.repeat(np.arange(len(x)), [len(found) for found in near])
    camera = np.fromiter((number for found in near for number in found), np.int64, len(point))
    east, north = x[point] - cameras.x[camera], y[point] - cameras.y[camera]
    off = np.abs((np.arctan2(east, north) - cameras.bearing[camera] + np.pi) % (2 * np.pi) - np.pi)
    inside = (np.hypot(east, north) <= cameras.reach[camera]) & (off <= cameras.fov[camera] / 2 + 1e-12)
    return point[inside], camera[inside]


def samples(roads: Roads) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Points about every `SAMPLE_M` along every edge, in the middle of their piece: edge, metres along, x, y."""
    pieces = np.maximum(np.ceil(roads.length / SAMPLE_M), 1).astype(np.int64)
    edge = np.repeat(np.arange(roads.edges), pieces)
    place = np.arange(len(edge)) - np.repeat(np.concatenate([[0], np.cumsum(pieces)[:-1]]), pieces)
    along = (place + 0.5) * (roads.length / pieces)[edge]
    x, y = points(roads, edge, along)
    return edge, along, x, y


def points(roads: Roads, edge: NDArray[np.int64], along: Floats) -> tuple[Floats, Floats]:
    """Where places on edges are, many at once."""
    step = np.hypot(np.diff(roads.shape_x), np.diff(roads.shape_y))
    step[roads.shape_first[1:-1] - 1] = 0.0
    # One ruler over all lines; a gap of a metre between lines keeps its marks rising.
    line = np.repeat(np.arange(roads.edges), np.diff(roads.shape_first))
    mark = np.concatenate([[0.0], np.cumsum(step)]) + line
    first, last = mark[roads.shape_first[:-1]], mark[roads.shape_first[1:] - 1]
    at = first[edge] + np.clip(along / roads.length[edge], 0, 1) * (last - first)[edge]
    return np.interp(at, mark, roads.shape_x), np.interp(at, mark, roads.shape_y)


def beyond_roads(roads: Roads, cameras: Cameras) -> NDArray[np.int64]:
    """The numbers of the cameras that show any road."""
    return np.unique(rows(roads, cameras)[1])


def rows(roads: Roads, cameras: Cameras) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]:
    """Stretches sorted by edge, then by where they begin: edge, camera, begin, end."""
    edge, along, x, y = samples(roads)
    point, camera = pairs(cameras, x, y)
    order = np.lexsort((along[point], camera, edge[point]))
    point, camera = point[order], camera[order]
    on = edge[point]
    fresh = np.ones(len(point), bool)
    fresh[1:] = (on[1:] != on[:-1]) | (camera[1:] != camera[:-1]) | (point[1:] != point[:-1] + 1)
    starts = np.flatnonzero(fresh)
    stops = np.append(starts[1:], len(point)) - 1 if len(starts) else starts
    half = roads.length / np.maximum(np.ceil(roads.length / SAMPLE_M), 1) / 2
    begin = along[point[starts]] - half[on[starts]]
    end = along[point[stops]] + half[on[starts]]
    order = np.lexsort((begin, on[starts]))
    return on[starts][order], camera[starts][order], begin[order], end[order]


def shown(roads: Roads, cameras: Cameras, unknown: float = 0.0, seed: int = 0) -> Coverage:
    """What a system knows of this: a drawn share of poses may be `unknown` to it, which then are a chance all around the camera."""
    count = len(cameras.x)
    hidden = np.random.default_rng([seed, 3]).random(count) < unknown
    edge, camera, begin, end = rows(roads, cameras)
    chance = np.ones(len(edge))
    if hidden.any():
        keep = ~hidden[camera]
        more = rows(roads, cameras.all_round())
        take = hidden[more[1]]
        guess = (cameras.fov / (2 * np.pi))[more[1][take]]
        edge, camera = np.append(edge[keep], more[0][take]), np.append(camera[keep], more[1][take])
        begin, end, chance = np.append(begin[keep], more[2][take]), np.append(end[keep], more[3][take]), np.append(chance[keep], guess)
        order = np.lexsort((begin, edge))
        edge, camera, begin, end, chance = edge[order], camera[order], begin[order], end[order], chance[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=roads.edges))]).astype(np.int64)
    names = tuple(f"c{number}" for number in range(count))
    return Coverage(names, first, camera.astype(np.int32), begin, end, chance)
