"""Roads, goals, coverage and particles as the kernels take them: tuples of plain arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import Bytes, Floats, Numbers

Singles = NDArray[np.float32]


class Net(NamedTuple):
    """The roads as the kernels take them: see `Roads`. Directions are unit vectors, east and north."""

    head: Numbers
    length: Floats
    twin: Numbers
    use: Bytes
    speed: Floats
    out_first: NDArray[np.int64]
    out_edge: Numbers
    out_head: Numbers
    out_use: Bytes
    out_way: Singles
    """The ways out of node `n` are rows `out_first[n]` to `out_first[n + 1]`, one behind the other in memory: a particle at a crossing
    looks at all of them, and memory is what that costs. Columns of `out_way`: see below."""
    way_x: Singles
    way_y: Singles
    """From an edge's tail straight to its head."""
    to_x: Singles
    to_y: Singles
    """How an edge reaches its head."""


LENGTH, SPEED, WAY_X, WAY_Y, FROM_X, FROM_Y = range(6)
"""Columns of `out_way`: metres, metres a second, from the edge's tail straight to its head, and how it leaves its tail."""


class Goals(NamedTuple):
    """Places that somebody may be on the way to, and how many seconds it takes from every node."""

    local: Numbers
    """A node's column in `seconds`, -1 for one too far away."""
    seconds: Singles
    """Row: goal; infinite where there is no way."""


class State(NamedTuple):
    """All particles: arrays of one length."""

    edge: Numbers
    along: Floats
    weight: Floats
    mode: Bytes
    doing: Bytes
    plan: Bytes
    goal: NDArray[np.int16]
    heading: Singles
    """Radians, counter-clockwise from east."""
    pace: Singles
    """Metres a second on foot; beside the road's speed in a car."""
    shy: Bytes


class Sight(NamedTuple):
    """The coverage as the kernels take it: see `Coverage`."""

    first: NDArray[np.int64]
    camera: Numbers
    begin: Floats
    end: Floats
    chance: Floats


def empty_state(many: int) -> State:
    """Room for particles, all of one weight."""
    return State(
        np.zeros(many, np.int32),
        np.zeros(many),
        np.full(many, 1.0 / many),
        np.zeros(many, np.uint8),
        np.zeros(many, np.uint8),
        np.zeros(many, np.uint8),
        np.zeros(many, np.int16),
        np.zeros(many, np.float32),
        np.zeros(many, np.float32),
        np.zeros(many, np.uint8),
    )
