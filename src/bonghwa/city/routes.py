"""Ways drawn from a seed over the road graph, and the same ways as they are drawn: on the pavement, or in the right lane."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.chance import unit_of
from bonghwa.city.graph import Arc, RoadGraph
from bonghwa.city.journey import Mode
from bonghwa.city.streets import LANE_M, Street, Streets

STEP_M = 4.0
"""Ways are given as points about so far apart."""

_ON_STREET_M = 20.0
_PARALLEL = 0.8
_SAME_STREET_BONUS_M = 5.0
_SMOOTH = 3
_STRAIGHT = 0.75


@dataclass(frozen=True)
class Spur:
    """Where a way is: on a link, so many metres from its start node, going forwards or not."""

    link: int
    along: float
    forwards: bool


@dataclass(frozen=True, eq=False)
class Route:
    """A way over the graph: its points, metres along and the speed allowed at each, and which of them are crossings."""

    xy: NDArray[np.float64]
    along: NDArray[np.float64]
    speed: NDArray[np.float64]
    crossings: tuple[int, ...]
    pieces: tuple[tuple[float, Arc, float], ...]
    """For each link gone: metres of the way before it, the arc, metres along the arc where the way enters it."""

    def place(self, graph: RoadGraph, metres: float) -> Spur:
        """Where the way is after so many metres."""
        before, arc, entered = next(piece for piece in reversed(self.pieces) if piece[0] <= metres or piece is self.pieces[0])
        gone, length = entered + metres - before, graph.length(arc.link)
        along = min(max(gone, 0.0), length)
        return Spur(arc.link, along if arc.forwards else length - along, arc.forwards)


def wander(graph: RoadGraph, start: Spur, metres: float, mode: Mode, seed: str) -> Route:
    """At least `metres` from a place, turns at crossings drawn from the seed; nobody turns back but at a dead end.

    Who walks goes straight on half of the time; who drives prefers straight and wide roads. Both shun where they have been.
    """
    arc = graph.arc(start.link, start.forwards)
    length = graph.length(start.link)
    entered = start.along if start.forwards else length - start.along
    lines = [_from(graph.line(arc), entered)]
    speeds, pieces, crossings = [graph.speed[arc.link]], [(0.0, arc, entered)], list[float]()
    gone, seen = length - entered, Counter({arc.link: 1})
    while gone < metres:
        following = _next(graph, arc, mode, seen, f"{seed}/{len(pieces)}")
        if following is None:
            break
        if graph.crossing[following.tail] >= 3:
            crossings.append(gone)
        arc = following
        seen[arc.link] += 1
        lines.append(graph.line(arc))
        speeds.append(graph.speed[arc.link])
        pieces.append((gone, arc, 0.0))
        gone += graph.length(arc.link)
    xy, along = _resampled(np.concatenate(lines))
    marks = tuple(int(mark) for mark in np.searchsorted(along, crossings))
    piece = np.searchsorted([before for before, _, _ in pieces], along, side="right") - 1
    return Route(xy, along, np.array(speeds)[np.maximum(piece, 0)], marks, tuple(pieces))


def _next(graph: RoadGraph, arc: Arc, mode: Mode, seen: Counter[int], seed: str) -> Arc | None:
    options = graph.arcs(mode).get(arc.head, [])
    options = [other for other in options if other.head != arc.tail] or options
    if not options:
        return None
    going = _unit(graph.line(arc)[-2:])
    merits = []
    for other in options:
        straight = float(going @ _unit(graph.line(other)[:2])) > _STRAIGHT
        merit = (2.0 if straight else 1.0) if mode == "foot" else (3.0 if straight else 1.0) * float(graph.speed[other.link])
        merits.append(merit * 0.15 ** seen[other.link])
    summed = np.cumsum(merits)
    return options[int(np.searchsorted(summed, unit_of(seed, "turn") * summed[-1], side="right"))]


def _unit(line: NDArray[np.float64]) -> NDArray[np.float64]:
    step: NDArray[np.float64] = line[-1] - line[0]
    return step / max(1e-9, float(np.hypot(*step)))


def _from(line: NDArray[np.float64], metres: float) -> NDArray[np.float64]:
    """A line without its first metres."""
    along = _along(line)
    here = np.array([[np.interp(metres, along, line[:, axis]) for axis in (0, 1)]])
    return np.concatenate([here, line[along > metres + 1e-6]])


def _along(line: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])


def _resampled(line: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points about every `STEP_M`, and how far along each is."""
    along = _along(line)
    marks = np.linspace(0.0, along[-1], max(2, round(along[-1] / STEP_M) + 1))
    return np.stack([np.interp(marks, along, line[:, axis]) for axis in (0, 1)], axis=1), marks


def drawn(streets: Streets, xy: NDArray[np.float64], mode: Mode) -> NDArray[np.float64]:
    """The points moved from the surveyed line to where one sees somebody go: right of the centre line of the street that runs there.

    Smooth over about 25 m, so that nobody jumps where two streets meet. As many points as were given.
    """
    step = np.gradient(xy, axis=0)
    heading = step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
    moved = np.empty_like(xy)
    last: Street | None = None
    for begin in range(0, len(xy), 12):
        part = slice(begin, begin + 12)
        middle = xy[part].mean(axis=0)
        near = streets.near(float(middle[0]), float(middle[1]), 24.0 + _ON_STREET_M)
        for at, (point, going) in enumerate(zip(xy[part], heading[part], strict=True), begin):
            moved[at], last = _on_street(near, point, going, last, mode)
    edge = np.pad(moved, ((_SMOOTH, _SMOOTH), (0, 0)), mode="edge")
    kernel = np.ones(2 * _SMOOTH + 1) / (2 * _SMOOTH + 1)
    return np.stack([np.convolve(edge[:, axis], kernel, mode="valid") for axis in (0, 1)], axis=1)


def _on_street(
    near: list[Street], point: NDArray[np.float64], going: NDArray[np.float64], last: Street | None, mode: Mode
) -> tuple[NDArray[np.float64], Street | None]:
    best: tuple[float, Street, NDArray[np.float64]] | None = None
    for street in near:
        away, along = street.nearest(float(point[0]), float(point[1]))
        if away > _ON_STREET_M:
            continue
        x, y, dx, dy = street.point(along)
        ahead = float(going @ (dx, dy))
        merit = away - (_SAME_STREET_BONUS_M if last is not None and street.key == last.key else 0.0)
        if abs(ahead) < _PARALLEL or (best is not None and merit >= best[0]):
            continue
        way = 1.0 if ahead > 0 else -1.0
        best = merit, street, np.array([x, y]) + lateral(street, mode) * way * np.array([dy, -dx])
    return (point, None) if best is None else (best[2], best[1])


def lateral(street: Street, mode: Mode) -> float:
    """How far right of a street's centre line people walk and cars drive (in the lane at the kerb)."""
    if mode == "foot":
        return street.width / 2 + street.walk * 0.5 if street.walk > 0 else street.width / 2 - 1.2
    return 0.0 if street.lanes < 2 else (max(1, street.lanes // 2) - 0.5) * LANE_M
