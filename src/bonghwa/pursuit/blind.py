"""What nobody can see: the parts of roads that no camera shows, by how likely the subject is there."""

from dataclasses import dataclass

import numpy as np

from bonghwa.pursuit.contain import SURE
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Floats, Numbers, Roads
from bonghwa.sight.kernel import compiled
from bonghwa.sight.kernels import Ints

SHORTEST_BLIND_M = 5.0
"""Shorter gaps between cameras hide nobody for long."""


@dataclass(frozen=True, eq=False)
class Blind:
    """Parts of streets that no camera shows, most likely first. A street's two ways are one row, on the edge with the lower number."""

    edge: Numbers
    begin: Floats
    end: Floats
    mass: Floats
    """The belief there, both ways together, spread evenly along each edge."""

    @property
    def total(self) -> float:
        """All belief in these parts."""
        return float(self.mass.sum())


def blind_parts(
    roads: Roads, coverage: Coverage, mass: Floats, most: int = 50, sure: float = SURE, shortest: float = SHORTEST_BLIND_M
) -> Blind:
    """The `most` likely unseen parts, given the belief on each edge. A camera counts when it shows the stretch at least so surely.

    Raises ValueError when `mass` is not one number an edge.
    """
    if mass.shape != (roads.edges,):
        raise ValueError("mass: one number an edge is needed")
    paired = roads.twin >= 0
    both = mass + np.where(paired, mass[np.where(paired, roads.twin, 0)], 0.0)
    street = np.flatnonzero((both > 0.0) & (~paired | (np.arange(roads.edges) < roads.twin))).astype(np.int32)
    rows = len(street) + len(coverage.begin)
    edge, begin, end = np.empty(rows, np.int32), np.empty(rows), np.empty(rows)
    count = _gaps(
        street, roads.length, roads.twin, coverage.first, coverage.begin, coverage.end, coverage.chance, sure, shortest, edge, begin, end
    )
    edge, begin, end = edge[:count], begin[:count], end[:count]
    there = both[edge] * (end - begin) / roads.length[edge]
    order = np.lexsort((begin, edge, -there))[:most]
    return Blind(edge[order], begin[order], end[order], there[order])


@compiled
def _gaps(
    street: Numbers,
    length: Floats,
    twin: Numbers,
    first: Ints,
    begin: Floats,
    end: Floats,
    chance: Floats,
    sure: float,
    shortest: float,
    edge_out: Numbers,
    begin_out: Floats,
    end_out: Floats,
) -> int:
    """The unseen parts of each street: between the stretches of its edge and, mirrored, of its twin. How many."""
    rows = 0
    for edge in street:
        other, long, at = twin[edge], length[edge], 0.0
        a, stop = first[edge], first[edge + 1]
        b, last = (first[other], first[other + 1]) if other >= 0 else (0, 0)
        held = np.empty((stop - a + last - b, 2))
        n = 0
        for row in range(a, stop):
            if chance[row] >= sure:
                held[n, 0], held[n, 1] = begin[row], end[row]
                n += 1
        for row in range(b, last):
            if chance[row] >= sure:
                held[n, 0], held[n, 1] = long - end[row], long - begin[row]
                n += 1
        order = np.argsort(held[:n, 0])
        for k in range(n + 1):
            low, high = (held[order[k], 0], held[order[k], 1]) if k < n else (long, long)
            # A whole edge counts however short it is.
            if low - at >= min(shortest, long) and low > at:
                edge_out[rows], begin_out[rows], end_out[rows] = edge, at, min(low, long)
                rows += 1
            at = max(at, high)
    return rows
