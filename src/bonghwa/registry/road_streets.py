"""Streets between two nodes, as every road file is read into, and the packed road graph they make."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import hypot

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import SHORTEST_EDGE_M, Floats, Roads
from bonghwa.registry.standard import Reject

Line = NDArray[np.float64]
"""Points of a line, one a row: x, y in metres of the grid."""


LOOSE_M = 10.0
"""A line that stops farther from its node is dirt. Standard node-link lines all stop 6 m before it: that is their way."""
SIDE_BY_SIDE_M = 25.0
"""How far the two carriageways of one road may be apart half-way."""
_TOUCHING_M = 0.01


@dataclass(slots=True)
class Street:
    """A street from node `start` to node `end`; nodes are numbers of the places in a `RoadFile`.

    `ahead` and `back` say who may go from start to end and the other way: sums of FOOT, CAR, AGAINST, INFERRED.
    """

    start: int
    end: int
    line: Line
    ahead: int
    back: int
    speed: float
    """Metres a second."""
    name: str = ""
    length: float | None = None
    """Metres as the file says; None where it says nothing."""


@dataclass(slots=True)
class RoadFile:
    """What a road file holds, before it is cleaned: `rows` roads of which `rejects` cannot be used, the others in `streets`.

    `places` is x, y of each node in metres of `grid`; NaN where streets name a node that the file does not hold.
    """

    places: list[tuple[float, float]] = field(default_factory=list)
    streets: list[Street] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rows: int = 0
    grid: str = "EPSG:5186"
    source: str = ""
    nodes_given: bool = True
    """Whether the file came with nodes; without, each is where the streets that name it end, which is no dirt."""


def line_length(line: Line) -> float:
    """Metres along a line."""
    return float(np.hypot(np.diff(line[:, 0]), np.diff(line[:, 1])).sum())


def draw_up(street: Street, start: tuple[float, float], end: tuple[float, float]) -> int:
    """Draw a street up to two places; how many of its ends were off by more than LOOSE_M. Its length grows by what was drawn."""
    loose = 0
    for place, at in ((start, 0), (end, -1)):
        gap = hypot(street.line[at, 0] - place[0], street.line[at, 1] - place[1])
        if gap > _TOUCHING_M:
            street.line = np.insert(street.line, 0 if at == 0 else len(street.line), place, axis=0)
            street.length = None if street.length is None else street.length + gap
            loose += gap > LOOSE_M
        else:
            street.line = street.line.copy()
            street.line[at] = place
    return loose


def cut(street: Street, where: Sequence[tuple[float, int]]) -> list[Street]:
    """The pieces of a street cut at shares of its line (0 to 1, rising), each with the node that goes there."""
    line = street.line
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(line[:, 0]), np.diff(line[:, 1])))])
    shares = [0.0, *(share for share, _ in where), 1.0]
    nodes = [street.start, *(node for _, node in where), street.end]
    found = []
    for n in range(len(nodes) - 1):
        begin, end = shares[n] * walked[-1], shares[n + 1] * walked[-1]
        inner = line[(walked > begin) & (walked < end)]
        ends = [[np.interp(at, walked, line[:, 0]), np.interp(at, walked, line[:, 1])] for at in (begin, end)]
        length = None if street.length is None else street.length * (shares[n + 1] - shares[n])
        found.append(replace(street, start=nodes[n], end=nodes[n + 1], line=np.vstack([ends[:1], inner, ends[1:]]), length=length))
    return found


def pack(places: Floats, streets: Sequence[Street], source: str) -> Roads:
    """The road graph of the streets: edge 2 i is street i from start to end, edge 2 i + 1 its twin. `places` is x, y of each node.

    The line of every street begins at its start's place and ends at its end's; what no street touches is left out.
    """
    ends = np.array([(street.start, street.end) for street in streets], dtype=np.int64).reshape(-1, 2)
    used = np.unique(ends)
    tail_head = np.searchsorted(used, ends).astype(np.int32)
    at = places[used].reshape(-1, 2)
    origin = (float(np.floor(at[:, 0].mean())), float(np.floor(at[:, 1].mean()))) if len(at) else (0.0, 0.0)
    names: dict[str, int] = {"": 0}
    name = np.array([names.setdefault(street.name, len(names)) for street in streets], dtype=np.int32)
    length = np.array([line_length(street.line) if street.length is None else street.length for street in streets], dtype=np.float64)
    lines = [line for street in streets for line in (street.line, street.line[::-1])]
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    tail = np.column_stack((tail_head[:, 0], tail_head[:, 1])).ravel()
    return Roads(
        origin=origin,
        x=at[:, 0] - origin[0],
        y=at[:, 1] - origin[1],
        tail=tail,
        head=np.column_stack((tail_head[:, 1], tail_head[:, 0])).ravel(),
        length=np.repeat(np.maximum(length, SHORTEST_EDGE_M), 2),
        twin=(np.arange(len(tail)) ^ 1).astype(np.int32),
        use=np.array([use for street in streets for use in (street.ahead, street.back)], dtype=np.uint8),
        speed=np.repeat(np.array([street.speed for street in streets], dtype=np.float64), 2),
        name=np.repeat(name, 2),
        names=tuple(names),
        shape_first=np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        shape_x=points[:, 0] - origin[0],
        shape_y=points[:, 1] - origin[1],
        source=source,
    )


def together(streets: Sequence[Street]) -> list[Street]:
    """One street where two one-way ones run side by side between the same nodes, one each way; the first keeps its line.

    For files that hold each direction of a road as a link of its own. Halves of a roundabout are not side by side.
    """
    waiting: dict[tuple[int, int], list[Street]] = {}
    found: list[Street] = []
    for street in streets:
        there = waiting.get((street.end, street.start), [])
        other = next((each for each in there if _side_by_side(street.line, each.line)), None)
        if other is None:
            waiting.setdefault((street.start, street.end), []).append(street)
            found.append(street)
        else:
            there.remove(other)
            other.back = street.ahead
    return found


def _side_by_side(one: Line, other: Line) -> bool:
    mine, others = line_length(one), line_length(other)
    (x1, y1), (x2, y2) = point_of(one), point_of(other)
    return abs(mine - others) <= 0.25 * min(mine, others) + SIDE_BY_SIDE_M and hypot(x1 - x2, y1 - y2) <= SIDE_BY_SIDE_M


def point_of(line: Line, share: float = 0.5) -> tuple[float, float]:
    """The point at a share of a line."""
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(line[:, 0]), np.diff(line[:, 1])))])
    return float(np.interp(share * walked[-1], walked, line[:, 0])), float(np.interp(share * walked[-1], walked, line[:, 1]))
