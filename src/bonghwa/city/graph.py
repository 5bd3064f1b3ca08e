"""The packaged roads as a graph on which drills' people walk and drive: links between crossings, each with its ways and its speed.

Only roads of known shape are in it: bus sections and motorways are not.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

_BUS = 1
_MOTORWAYS = (101, 102)
_KMH_OF_RANK = {103: 60.0}
_KMH_OF_LANES = {1: 30.0, 2: 50.0}
_KMH_WIDE = 60.0
_CORE_ROUNDS = 60


@dataclass(frozen=True)
class Arc:
    """One link in one direction: from node `tail` to node `head`."""

    link: int
    forwards: bool
    tail: int
    head: int


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Links with their lines (EPSG:5186 metres), nodes, and the arcs that leave each node on foot and by car."""

    lines: tuple[NDArray[np.float64], ...]
    """The line of each link, from its start node to its end node, the nodes' own places included."""
    ends: NDArray[np.int64]
    """Start and end node of each link (n, 2)."""
    oneway: NDArray[np.bool_]
    speed: NDArray[np.float64]
    """What a car may drive on each link, metres a second."""
    walks: dict[int, list[Arc]]
    drives: dict[int, list[Arc]]
    """The arcs out of each node. A way that only leads into a dead end is left out where there is another."""
    crossing: NDArray[np.int64]
    """How many other nodes each node leads to: a crossing has at least three."""

    def arcs(self, mode: str) -> dict[int, list[Arc]]:
        """The arcs out of each node for `foot` or `car`."""
        return self.drives if mode == "car" else self.walks

    def arc(self, link: int, forwards: bool) -> Arc:
        """A link in a direction."""
        start, end = self.ends[link].tolist()
        return Arc(link, forwards, start, end) if forwards else Arc(link, forwards, end, start)

    def line(self, arc: Arc) -> NDArray[np.float64]:
        """The points of an arc from tail to head."""
        return self.lines[arc.link] if arc.forwards else self.lines[arc.link][::-1]

    def length(self, link: int) -> float:
        """Metres of a link."""
        return float(np.hypot(*np.diff(self.lines[link], axis=0).T).sum())

    def nearest(self, x: float, y: float) -> tuple[int, float]:
        """The link nearest to a place and how far along it the place is, metres. Raises ValueError in a graph without links."""
        best: tuple[float, int, float] | None = None
        for link, line in enumerate(self.lines):
            low, high = line.min(axis=0) - 150, line.max(axis=0) + 150
            if best is not None and not (low[0] < x < high[0] and low[1] < y < high[1]):
                continue
            step = np.diff(line, axis=0)
            size = np.maximum(np.sum(step * step, axis=1), 1e-9)
            part = np.clip(((x - line[:-1, 0]) * step[:, 0] + (y - line[:-1, 1]) * step[:, 1]) / size, 0.0, 1.0)
            away = np.hypot(*(line[:-1] + part[:, None] * step - np.array([x, y])).T)
            at = int(np.argmin(away))
            if best is None or away[at] < best[0]:
                best = float(away[at]), link, float(np.sqrt(size[:at]).sum() + part[at] * np.sqrt(size[at]))
        if best is None:
            raise ValueError("no roads of known shape")
        return best[1], best[2]


def _core(arcs: list[Arc]) -> dict[int, list[Arc]]:
    """Arcs by their tail, without those that lead only into dead ends where there are others."""
    goes_on, out = list(arcs), dict[int, set[int]]()
    for _ in range(_CORE_ROUNDS):
        out = {}
        for arc in goes_on:
            out.setdefault(arc.tail, set()).add(arc.head)
        kept = [arc for arc in goes_on if out.get(arc.head, set()) - {arc.tail}]
        if len(kept) == len(goes_on):
            break
        goes_on = kept
    by_tail: dict[int, list[Arc]] = {}
    good = {(arc.link, arc.forwards) for arc in goes_on}
    for arc in arcs:
        by_tail.setdefault(arc.tail, []).append(arc)
    return {tail: [arc for arc in found if (arc.link, arc.forwards) in good] or found for tail, found in by_tail.items()}


@cache
def packaged_graph() -> RoadGraph:
    """The graph of the roads inside the package; empty when the package was built without them."""
    resource = files("bonghwa.data").joinpath("roads.npz")
    if not resource.is_file():
        nothing = np.zeros(0)
        return RoadGraph((), np.zeros((0, 2), np.int64), nothing.astype(bool), nothing, {}, {}, nothing.astype(np.int64))
    with as_file(resource) as path, np.load(path, allow_pickle=False) as data:
        held = {name: np.asarray(data[name]) for name in data.files if name != "names"}
    return _graph(held)


def _graph(held: dict[str, NDArray[np.generic]]) -> RoadGraph:
    points = np.stack([held["x"], held["y"]], axis=1).astype(np.float64)
    first, last = held["link_ptr"][:-1].astype(np.int64), held["link_ptr"][1:].astype(np.int64)
    node = np.concatenate([held["start"], held["end"]]).astype(np.int64)
    # Links of the standard network stop some metres before their node: it lies in the middle of the ends that meet there.
    meeting = np.maximum(np.bincount(node, minlength=len(held["node_x"])), 1)
    tips = np.concatenate([points[first], points[last - 1]])
    place = np.stack([np.bincount(node, weights=tips[:, axis], minlength=len(meeting)) / meeting for axis in (0, 1)], axis=1)
    chosen = np.flatnonzero((held["kind"] != _BUS) & ~np.isin(held["rank"], _MOTORWAYS) & (held["start"] != held["end"])).tolist()
    ends = np.stack([held["start"][chosen], held["end"][chosen]], axis=1).astype(np.int64)
    lines = []
    for link, (start, end) in zip(chosen, ends.tolist(), strict=True):
        line = np.concatenate([place[start : start + 1], points[first[link] : last[link]], place[end : end + 1]])
        moved = np.concatenate([[True], np.hypot(*np.diff(line, axis=0).T) > 0.05])
        lines.append(line[moved] if moved.sum() > 1 else np.stack([place[start], place[end] + 0.1]))
    oneway, lanes, rank = held["oneway"][chosen].astype(bool), held["lanes"][chosen].astype(int), held["rank"][chosen].astype(int)
    kmh = [_KMH_OF_RANK.get(r) or _KMH_OF_LANES.get(n, _KMH_WIDE) for r, n in zip(rank.tolist(), lanes.tolist(), strict=True)]
    ahead = [Arc(i, True, start, end) for i, (start, end) in enumerate(ends.tolist())]
    back = [Arc(arc.link, False, arc.head, arc.tail) for arc in ahead]
    neighbours: dict[int, set[int]] = {}
    for arc in ahead:
        neighbours.setdefault(arc.tail, set()).add(arc.head)
        neighbours.setdefault(arc.head, set()).add(arc.tail)
    crossing = np.array([len(neighbours.get(number, ())) for number in range(len(place))], np.int64)
    drives = _core(ahead + [arc for arc in back if not oneway[arc.link]])
    return RoadGraph(tuple(lines), ends, oneway, np.array(kmh) / 3.6, _core(ahead + back), drives, crossing)
