"""The road graph as a pursuit reckons on it: packed arrays, one row an edge, one edge a direction.

A street is two edges, one each way, each the other's `twin`. A one-way street is two as well: against the way it is open on foot only,
and to a driver who breaks the law, so that one-ways never bound what is reachable. All places are metres from `origin`, a point of
EPSG:5186 (or of whatever metric grid the source was in): never degrees, never float32.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]
Bytes = NDArray[np.uint8]

SHORTEST_EDGE_M = 0.5

FOOT = 1
"""Open to who walks."""
CAR = 2
"""Open to who drives and keeps the law."""
AGAINST = 4
"""A driver who breaks the law could go here: against a one-way."""
INFERRED = 8
"""Known only as a bus section, straight from stop to stop: no road of this shape is known."""


@dataclass(frozen=True, eq=False)
class Roads:
    """A directed road graph. Edge `e` runs from node `tail[e]` to node `head[e]`; arrays of edges have all the same length."""

    origin: tuple[float, float]
    x: Floats
    y: Floats
    """Where each node is, in metres from `origin` (east, north)."""
    tail: Numbers
    head: Numbers
    length: Floats
    """Metres along the edge, at least `SHORTEST_EDGE_M`."""
    twin: Numbers
    """The edge of the same street the other way, -1 where there is none."""
    use: Bytes
    """A sum of `FOOT`, `CAR`, `AGAINST`, `INFERRED`."""
    speed: Floats
    """What a car drives here, metres a second: the limit, or what the class of the road allows."""
    name: Numbers
    """The number of the street's name in `names`; names[0] is ""."""
    names: tuple[str, ...]
    shape_first: NDArray[np.int64]
    """The line of edge `e` is the points `shape_first[e]` to `shape_first[e + 1]` of `shape_x`, `shape_y`, from tail to head."""
    shape_x: Floats
    shape_y: Floats
    source: str = ""
    """What the graph was built from, for people."""
    out_first: NDArray[np.int64] = field(init=False)
    out_edge: Numbers = field(init=False)
    """The edges that leave node `n` are `out_edge[out_first[n]:out_first[n + 1]]`, in rising order."""
    in_first: NDArray[np.int64] = field(init=False)
    in_edge: Numbers = field(init=False)

    def __post_init__(self) -> None:
        for first, edge, end in (("out_first", "out_edge", self.tail), ("in_first", "in_edge", self.head)):
            order = np.argsort(end, kind="stable").astype(np.int32)
            counts = np.bincount(end, minlength=len(self.x))
            object.__setattr__(self, first, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))
            object.__setattr__(self, edge, order)

    @classmethod
    def laid_out(cls, **values: Any) -> "Roads":
        """A graph all of whose fields are at hand, `out_edge` and the like too: nothing is reckoned, nothing copied."""
        names = {each.name for each in fields(cls)}
        if values.keys() != names:
            raise TypeError(f"not exactly the fields of Roads: {', '.join(sorted(values.keys() ^ names))}")
        roads = cls.__new__(cls)
        for name, value in values.items():
            object.__setattr__(roads, name, value)
        return roads

    @property
    def nodes(self) -> int:
        """How many nodes."""
        return len(self.x)

    @property
    def edges(self) -> int:
        """How many directed edges."""
        return len(self.tail)

    def at(self, edge: int, along: float) -> tuple[float, float]:
        """The point so many metres along an edge, in metres from `origin`; clamped to its ends."""
        first, last = int(self.shape_first[edge]), int(self.shape_first[edge + 1])
        x, y = self.shape_x[first:last], self.shape_y[first:last]
        walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        # The length may be clamped or measured on the ground: the line is stretched to it.
        part = min(max(along / self.length[edge], 0.0), 1.0) * walked[-1]
        return float(np.interp(part, walked, x)), float(np.interp(part, walked, y))
