"""A jittered lattice of alleys over the whole grid, for the parts of the city whose roads nobody published.

An edge is one number: the lattice line along each axis, and which way the edge runs. It exists everywhere; `streets` closes the
edges that would run along a known road.
"""

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.chance import units

SPACING_M = np.array([64.0, 88.0])
_TURN = 0.31
_JITTER = 0.26
_CLOSED_SHARE = 0.12
_HALF = 1 << 20
_ROTATION = np.array([[np.cos(_TURN), -np.sin(_TURN)], [np.sin(_TURN), np.cos(_TURN)]])


def _edge(i: NDArray[np.int64], j: NDArray[np.int64], way: NDArray[np.int64]) -> NDArray[np.int64]:
    edge: NDArray[np.int64] = ((((i + _HALF) << 22) | (j + _HALF)) << 1) | way
    return edge


def _crossing(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
    key = _edge(i, j, np.zeros_like(i))
    shift = np.stack([units(key, 1), units(key, 2)], axis=-1) - 0.5
    crossing: NDArray[np.float64] = ((np.stack([i, j], axis=-1) + _JITTER * shift) * SPACING_M) @ _ROTATION.T
    return crossing


def ends(edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends of each edge in grid metres."""
    way = edges & 1
    i, j = (edges >> 23) - _HALF, ((edges >> 1) & ((1 << 22) - 1)) - _HALF
    return _crossing(i, j), _crossing(i + (way == 0), j + (way == 1))


def is_open(edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the edge is a street at all; some are left out so that blocks differ in size."""
    opened: NDArray[np.bool_] = units(edges, 3) >= _CLOSED_SHARE
    return opened


def _all_edges(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    i, j, way = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1), np.arange(2), indexing="ij")
    return _edge(i.ravel(), j.ravel(), way.ravel())


def around(x: float, y: float, radius: float) -> NDArray[np.int64]:
    """Edges that may come within `radius` metres of a place."""
    centre = np.array([x, y]) @ _ROTATION
    low = np.floor((centre - radius) / SPACING_M).astype(np.int64) - 1
    return _all_edges(low, np.ceil((centre + radius) / SPACING_M).astype(np.int64) + 1)


def candidates(places: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each place the edges of the four crossings around it: one row of eight."""
    low = np.floor((places @ _ROTATION) / SPACING_M).astype(np.int64)
    columns = [_edge(low[:, 0] + a, low[:, 1] + b, np.full(len(low), way)) for a in (0, 1) for b in (0, 1) for way in (0, 1)]
    return np.stack(columns, axis=1)
