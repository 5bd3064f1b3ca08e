"""The rival of the particles: a first-order Markov chain over pieces of directed edges, one sparse matrix for each mode.

How long somebody stays on a piece is geometric about the mean, which spreads him as differing speeds would. At the end of an edge the chain
chooses among the ways out by how little they turn, drivers also by how fast the road is. It knows no goals, no plans and no paces, and
forgets where it came from but for the edge it is on. What is watched in vain multiplies pieces by the chance of missing; a sighting is a
prior over what the camera shows, mixed in by its confidence. Cameras are chosen greedily by the mass that comes into their view within a
minute, stepping the chain on, those chosen before taking away what they catch.

It may import nothing of truth, families, scenarios, operators or play. Its parameters were set by reason and by no scenario.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from benchmarks.pursuit.policy import Fix, Mass, Sighting, View, standing
from benchmarks.pursuit.views import points
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Roads

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEP_S = 2.0
"""So often the product's hub tells what was watched, too."""
PIECE_S = 10.0
"""A piece takes about so long in the mean: finer ones would make all go at the same speed, coarser ones blur what cameras show."""
MEAN_FOOT_M_S, CAR_SHARE_OF_SPEED = 1.6, 0.6
"""Walking, with some running; a car at a share of the road's speed, stops included."""
KEEN = {"foot": 1.5, "car": 2.0}
UTURN = {"foot": 0.08, "car": 0.02}
AGAINST_SHARE = 0.03
INDOORS_PER_S, OUT_PER_S = 1 / 1_500, 1 / 600
CAR_SHARE = 0.4
"""Where the mode is not known, so much of the belief drives."""
STARTS_CAR_PER_S, ABANDONS_PER_S = 1 / 600, 1 / 1_200
DETECT_PER_S, TEMPER, LEAST = 0.15, 0.7, 1e-3
SCREENS_POWER = 0.42
HEADING_KEEN, HEADING_FLOOR, OTHER_MODE = 2.5, 0.05, 0.02
ENOUGH_INSIDE = 0.02
"""Where so much was believed to be in view, a sighting sharpens that; with less, the rest is put down afresh."""
HORIZON_S, PATIENCE_S, KEEP_BONUS = 60.0, 45.0, 0.3
FORESEEN_S = 180.0
HARDLY = 1e-7
"""Pieces that carry less than this in a whole minute choose no camera."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The pieces of a city for one mode of moving, and one step over them."""

    edge: Ints
    begin: Floats
    end: Floats
    x: Floats
    y: Floats
    open: NDArray[np.bool_]
    """Pieces that the mode may be on."""
    step: csr_matrix
    """`step @ belief` is the belief a step later."""
    sees: csr_matrix
    """How likely each camera (row) shows who is on a piece (column)."""
    shown_by: csr_matrix
    """The same by piece."""
    enters: csr_matrix
    """How likely who is on a piece (column) and out of a camera's view (row) is in it a step later."""
    catch: Floats
    """How likely one watcher notices who passes each camera."""

    def only(self, where: Ints) -> "Chain":
        """These pieces alone; who leaves them is lost."""
        sees = self.shown_by[where].T.tocsr()
        step = self.step[where][:, where]
        plain = (self.edge, self.begin, self.end, self.x, self.y, self.open)
        return Chain(*(each[where] for each in plain), step, sees, self.shown_by[where], self.enters[:, where], self.catch)


def chain_of(roads: Roads, coverage: Coverage, mode: str, step_s: float = STEP_S) -> Chain:
    """Build the chain of `foot` or `car`."""
    driving = mode == "car"
    speed = np.maximum(CAR_SHARE_OF_SPEED * roads.speed, 1.0) if driving else np.full(roads.edges, MEAN_FOOT_M_S)
    law = np.where(roads.use & CAR, 1.0, np.where(roads.use & AGAINST, AGAINST_SHARE, 0.0))
    allowed = law if driving else np.where(roads.use & FOOT, 1.0, 0.0)
    count = np.maximum(1, np.round(roads.length / (speed * PIECE_S))).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)])
    edge = np.repeat(np.arange(roads.edges), count)
    part, size = np.arange(first[-1]) - first[edge], (roads.length / count)[edge]
    begin, end = part * size, (part + 1) * size
    x, y = points(roads, edge, (begin + end) / 2)
    leave = np.minimum(1.0, step_s * speed[edge] / size)
    came, goes, turn = _turns(roads, allowed, mode)
    last = first[1:] - 1
    inner = np.flatnonzero(np.arange(len(edge)) != last[edge])
    stuck = np.ones(roads.edges, bool)
    stuck[came] = False
    leave[last[stuck]] = 0.0
    to = np.concatenate([np.arange(len(edge)), inner + 1, first[goes]])
    at = np.concatenate([np.arange(len(edge)), inner, last[came]])
    chance = np.concatenate([1.0 - leave, leave[inner], leave[last[came]] * turn])
    step = csr_matrix((chance, (to, at)), shape=(len(edge), len(edge)))
    sees = _sees(coverage, first, begin, end, len(edge))
    enters = sees @ step
    enters = (enters - enters.multiply(sees)).tocsr()
    # Both ways of a street are shown: half of the metres are those of one passing.
    passing_s = np.asarray(sees @ (size / speed[edge])).ravel() / 2
    return Chain(edge, begin, end, x, y, allowed[edge] > 0, step, sees, sees.T.tocsr(), enters, 1.0 - np.exp(-DETECT_PER_S * passing_s))


def _turns(roads: Roads, allowed: Floats, mode: str) -> tuple[Ints, Ints, Floats]:
    """From which edge to which at a crossing, and how likely: by how little it turns, and for drivers by how fast the road is."""
    many = np.diff(roads.out_first)[roads.head]
    came = np.repeat(np.arange(roads.edges), many)
    place = np.arange(len(came)) - np.repeat(np.concatenate([[0], np.cumsum(many)[:-1]]), many)
    goes = roads.out_edge[roads.out_first[roads.head[came]] + place].astype(np.int64)
    way = np.arctan2(roads.y[roads.head] - roads.y[roads.tail], roads.x[roads.head] - roads.x[roads.tail])
    weight = allowed[goes] * np.exp(KEEN[mode] * (np.cos(way[goes] - way[came]) - 1.0))
    if mode == "car":
        weight *= roads.speed[goes]
    weight[goes == roads.twin[came]] *= UTURN[mode]
    total = np.bincount(came, weight, roads.edges)
    keep = weight > 0
    return came[keep], goes[keep], weight[keep] / total[came[keep]]


def _sees(coverage: Coverage, first: Ints, begin: Floats, end: Floats, pieces: int) -> csr_matrix:
    """The part of each piece that each camera shows, times how surely."""
    rows = np.repeat(np.arange(len(coverage.first) - 1), np.diff(coverage.first))
    many = np.diff(first)[rows]
    row = np.repeat(np.arange(len(rows)), many)
    piece = first[rows[row]] + np.arange(len(row)) - np.repeat(np.concatenate([[0], np.cumsum(many)[:-1]]), many)
    shown = np.clip(np.minimum(end[piece], coverage.end[row]) - np.maximum(begin[piece], coverage.begin[row]), 0, None)
    part = coverage.chance[row] * shown / (end[piece] - begin[piece])
    keep = part > 0
    made = csr_matrix((part[keep], (coverage.camera[row[keep]], piece[keep])), shape=(len(coverage.cameras), pieces))
    made.data = np.minimum(made.data, 1.0)
    return made


class Belief:
    """The belief of one subject: for each mode the mass on its pieces and indoors at them; all of it together is 1."""

    def __init__(self, roads: Roads, chains: dict[str, Chain]) -> None:
        self.roads, self.chains = roads, chains
        self.mass: dict[str, Floats] = {}
        self.inside: dict[str, Floats] = {}

    def start(self, x: float, y: float, error_m: float, shares: dict[str, float]) -> None:
        """Spread about a fix: a round normal, and a tenth of it three times as wide."""
        for mode, share in shares.items():
            chain = self.chains[mode]
            squared = (chain.x - x) ** 2 + (chain.y - y) ** 2
            sigma = max(error_m / 1.51, 10.0, float(np.sqrt(squared[chain.open].min())) / 2)
            height = 0.9 * np.exp(-squared / (2 * sigma**2)) + 0.1 / 9 * np.exp(-squared / (18 * sigma**2))
            height = height * chain.open * (chain.end - chain.begin)
            self.mass[mode], self.inside[mode] = share * height / height.sum(), np.zeros(len(height))

    def tick(self, step_s: float = STEP_S) -> None:
        """A step on: along the roads, indoors and out, and between the modes where both are believed in."""
        for mode, chain in self.chains.items():
            moved = chain.step @ self.mass[mode]
            goes, comes = moved * (INDOORS_PER_S * step_s), self.inside[mode] * (OUT_PER_S * step_s)
            self.mass[mode], self.inside[mode] = moved - goes + comes, self.inside[mode] + goes - comes
        if len(self.chains) == 2:
            gets_in = self._leaving("foot", STARTS_CAR_PER_S * step_s, "car")
            gets_out = self._leaving("car", ABANDONS_PER_S * step_s, "foot")
            self.mass["car"] += gets_in
            self.mass["foot"] += gets_out

    def _leaving(self, mode: str, share: float, other: str) -> Floats:
        """Take a share off the pieces of a mode, and spread it over those of the other on the same edges, where that is open."""
        here, there = self.chains[mode], self.chains[other]
        use = self.roads.use[here.edge]
        part = self.mass[mode] * share * ((use & (FOOT if other == "foot" else CAR | AGAINST)) > 0)
        self.mass[mode] = self.mass[mode] - part
        by_edge = np.bincount(here.edge, part, self.roads.edges) / self.roads.length
        return by_edge[there.edge] * (there.end - there.begin)  # type: ignore[no-any-return]

    def unseen(self, cameras: Sequence[int], seconds: float, screens: int) -> None:
        """Nobody saw him on these cameras."""
        for mode, chain in self.chains.items():
            looked = np.zeros(chain.sees.shape[0])
            looked[list(cameras)] = 1.0 - np.exp(-DETECT_PER_S * TEMPER * seconds * max(screens, 1) ** -SCREENS_POWER)
            self.mass[mode] = self.mass[mode] * np.maximum(1.0 - chain.shown_by @ looked, LEAST)
        self._settle()

    def sighted(self, camera: int, heading: float | None, mode: str, sure: float) -> None:
        """Somebody saw him: by that confidence he is where the camera shows and as he was seen, else all is as it was."""
        priors = {name: self._prior(name, camera, heading, mode) for name in self.chains}
        top = max(float(prior.max()) for prior in priors.values())
        if top <= 0:
            return
        fits = {name: self.mass[name] * prior / top for name, prior in priors.items()}
        fitting = sum(float(fit.sum()) for fit in fits.values())
        fresh = {name: prior * (self.chains[name].end - self.chains[name].begin) for name, prior in priors.items()}
        afresh = sum(float(each.sum()) for each in fresh.values())
        known = min(1.0, fitting / ENOUGH_INSIDE)
        for name in self.chains:
            claim = (1 - known) * fresh[name] / afresh + (known * fits[name] / fitting if fitting > 0 else 0.0)
            self.mass[name] = (1 - sure) * self.mass[name] + sure * claim
            self.inside[name] = (1 - sure) * self.inside[name]
        self._settle()

    def _prior(self, name: str, camera: int, heading: float | None, mode: str) -> Floats:
        chain = self.chains[name]
        prior = np.zeros(len(chain.edge))
        row = chain.sees[[camera]]
        prior[row.indices] = row.data * chain.open[row.indices] * (1.0 if name == mode else OTHER_MODE)
        if heading is not None:
            edge = chain.edge[row.indices]
            tail, head = self.roads.tail[edge], self.roads.head[edge]
            way = np.arctan2(self.roads.x[head] - self.roads.x[tail], self.roads.y[head] - self.roads.y[tail])
            prior[row.indices] *= np.maximum(HEADING_FLOOR, np.exp(HEADING_KEEN * (np.cos(way - heading) - 1.0)))
        return prior

    def _settle(self) -> None:
        total = sum(float(each.sum()) for part in (self.mass, self.inside) for each in part.values())
        for part in (self.mass, self.inside):
            for mode in part:
                part[mode] = part[mode] / total

    def arrivals(self, seconds: float, patience_s: float) -> Floats:
        """By camera: the mass in its view now or coming into it, as far as a watcher would notice it; earlier counts more."""
        return sum(arriving(chain, self.mass[mode], None, seconds, patience_s)[0] for mode, chain in self.chains.items())  # type: ignore[return-value]

    def choose(self, k: int, before: Sequence[int]) -> list[int]:
        """The greatest gain first, larger for a camera that is watched already; each takes away what it catches."""
        parts: list[tuple[Chain, Floats, Floats]] = []
        score = np.zeros(next(iter(self.chains.values())).sees.shape[0])
        for mode, chain in self.chains.items():
            own, summed = arriving(chain, self.mass[mode], None, HORIZON_S, PATIENCE_S)
            score += own
            where = np.flatnonzero(summed > HARDLY)
            parts.append((chain.only(where), self.mass[mode][where], np.ones(len(where))))
        kept = np.ones(len(score))
        kept[list(before)] = 1.0 + KEEP_BONUS
        chosen: list[int] = []
        while len(chosen) < k:
            score = score * kept
            score[chosen] = -1.0
            best = int(np.argmax(score))
            if score[best] <= 0:
                break
            chosen.append(best)
            for chain, _, through in parts:
                row = chain.sees[[best]]
                through[row.indices] *= 1.0 - chain.catch[best] * row.data
            score = sum(arriving(chain, mass, through, HORIZON_S, PATIENCE_S)[0] for chain, mass, through in parts)
        return chosen


def arriving(chain: Chain, mass: Floats, through: Floats | None, seconds: float, patience_s: float) -> tuple[Floats, Floats]:
    """By camera what `Belief.arrivals` says, and by piece the mass of all steps; `through` is what cameras chosen before let through."""
    mass = mass if through is None else mass * through
    score, summed = chain.sees @ mass, np.zeros(len(mass))
    for weight in np.exp(-STEP_S * np.arange(1, round(seconds / STEP_S) + 1) / patience_s):
        summed += weight * mass
        mass = chain.step @ mass
        if through is not None:
            mass *= through
    return chain.catch * (score + chain.enters @ summed), summed


@cache
def chains_of(view: View) -> dict[str, Chain]:
    """Both chains of a city, kept."""
    return {mode: chain_of(view.roads, view.coverage, mode) for mode in ("foot", "car")}


class Chained:
    """The chain as a policy, told every two seconds what was watched, as the product is."""

    def __init__(self, view: View, seed: int) -> None:  # noqa: ARG002 -- it draws nothing
        self._view = view
        self._second, self._k = 0, 9
        self._watched: list[int] = []
        self._waiting: list[Sighting] = []
        self._belief: Belief

    def start(self, fix: Fix, age_s: int, mode: str, k: int) -> None:
        self._k = k
        shares = {"foot": 1 - CAR_SHARE, "car": CAR_SHARE} if mode == "unknown" else {mode: 1.0}
        # A subject on foot may get into a car, and a driver may leave his: both chains are there from the start.
        self._belief = Belief(self._view.roads, chains_of(self._view))
        self._belief.start(fix.x, fix.y, fix.error_m, {"foot": 0.0, "car": 0.0} | shares)
        for _ in range(round(age_s / STEP_S)):
            self._belief.tick()

    def tick(self, second: int) -> Sequence[int]:
        step = round(STEP_S)
        for at in range(self._second + step, second + 1, step):
            self._belief.tick()
            self._sightings(at)
            if self._watched:
                self._belief.unseen(self._watched, STEP_S, self._k)
        self._second = second
        self._sightings(second)
        self._watched = self._belief.choose(self._k, self._watched)
        return self._watched

    def sighted(self, sighting: Sighting) -> None:
        self._waiting.append(sighting)

    def mass(self, second: int) -> Mass:  # noqa: ARG002  the chain's own time is the last tick's
        self._sightings(float("inf"))
        belief = self._belief
        parts = [(chain.edge, chain.begin, chain.end, belief.mass[mode]) for mode, chain in belief.chains.items()]
        edge, begin, end, share = (np.concatenate(column) for column in zip(*parts, strict=True))
        left = sum(float(each.sum()) for each in belief.inside.values())
        return Mass(edge, begin, end, share, left)

    def next_cameras(self) -> Sequence[int]:
        """By the mass that comes into view, the places that show him now left out."""
        self._sightings(float("inf"))
        where = standing(self._view.x, self._view.y)
        now = sum(chain.sees @ self._belief.mass[mode] for mode, chain in self._belief.chains.items())
        score = self._belief.arrivals(FORESEEN_S, PATIENCE_S)
        score[np.isin(where, where[now > 0.05])] = 0.0
        return np.argsort(-score, kind="stable")[:64].tolist()  # type: ignore[no-any-return]

    def _sightings(self, until: float) -> None:
        for each in [each for each in self._waiting if each.second <= until]:
            self._belief.sighted(each.camera, each.heading, each.mode, min(0.99, each.confidence))
        self._waiting = [each for each in self._waiting if each.second > until]
