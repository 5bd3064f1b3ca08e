"""A policy against a scenario, second by second."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.operators import Sights, chance, false_camera, false_seconds, sights, words
from benchmarks.pursuit.policy import WATCH_CHANGES_S, Believes, Fix, Mass, Policy, Sighting
from benchmarks.pursuit.scenarios import HORIZON_S, Scenario
from benchmarks.pursuit.truth import LEFT, heading, mode_name
from bonghwa.pursuit.roads import Roads

AGAIN_S = 5
"""An operator confirms on the same camera at most so often."""
SETS_EVERY_S = 30
HEADING_ERROR = 0.25
TRUE_CONFIDENCE = (0.7, 0.95)
FALSE_CONFIDENCE = (0.5, 0.9)


@dataclass(frozen=True)
class SetTaken:
    """What the belief's sets were in a second."""

    second: int
    in_50: bool
    in_90: bool
    metres_50: float
    metres_90: float


@dataclass
class Outcome:
    """What came of one play."""

    family: str
    seed: int
    number: int
    sighted: list[int] = field(default_factory=list)
    """The seconds of true sightings."""
    in_sight: int = 0
    """Seconds in which a watched camera showed the subject."""
    in_any_sight: int = 0
    """Seconds in which any camera showed it."""
    changes: int = 0
    """Cameras put on a screen after the first tick."""
    false: list[tuple[int, int | None]] = field(default_factory=list)
    """False confirmations: when, and when the subject was found again (in the 90 % set, or sighted); None for never."""
    sets: list[SetTaken] = field(default_factory=list)

    def first(self) -> int | None:
        """The second of the first true sighting."""
        return self.sighted[0] if self.sighted else None


class WatchedTooManyError(ValueError):
    """A policy chose more cameras than there are screens, one twice, or one that is not there."""


def ceiling(scenario: Scenario, seen: Sights | None = None) -> Outcome:
    """Every camera watched by somebody who watches nothing else."""
    seen = seen or sights(scenario)
    outcome = Outcome(scenario.track.family, scenario.seed, scenario.number)
    outcome.sighted = np.unique(seen.second[seen.luck < chance(scenario, 1)]).tolist()
    outcome.in_sight = outcome.in_any_sight = len(np.unique(seen.second))
    return outcome


def play(scenario: Scenario, policy: Policy, roads: Roads, cameras: int, seen: Sights | None = None) -> Outcome:
    """Ten minutes of watching, the watch set renewed every ten seconds."""
    return _Play(scenario, policy, roads, cameras, seen or sights(scenario)).run()


class _Play:
    def __init__(self, scenario: Scenario, policy: Policy, roads: Roads, cameras: int, seen: Sights) -> None:
        self.scenario, self.policy, self.roads, self.cameras, self.seen = scenario, policy, roads, cameras, seen
        self.outcome = Outcome(scenario.track.family, scenario.seed, scenario.number, in_any_sight=len(np.unique(seen.second)))
        self.confirmed: dict[int, int] = {}
        self.wrong = set(false_seconds(scenario).tolist())

    def run(self) -> Outcome:
        cell, policy = self.scenario.cell, self.policy
        policy.start(Fix(*self.scenario.fix, cell.error_m), cell.age_s, self.scenario.mode, cell.k)
        before: set[int] = set()
        for second in range(0, HORIZON_S, WATCH_CHANGES_S):
            watched = self.chosen(second)
            if second:
                self.outcome.changes += len(set(watched.tolist()) - before)
            before = set(watched.tolist())
            self.asked(second)
            self.watch(second, watched)
        return self.outcome

    def chosen(self, second: int) -> NDArray[np.int64]:
        watched = np.array(sorted(int(camera) for camera in self.policy.tick(second)), np.int64)
        if len(watched) > self.scenario.cell.k or len(np.unique(watched)) != len(watched):
            raise WatchedTooManyError(f"second {second}: {len(watched)} cameras on {self.scenario.cell.k} screens, or one of them twice")
        if len(watched) and not (watched[0] >= 0 and watched[-1] < self.cameras):
            raise WatchedTooManyError(f"second {second}: no such camera among {watched.tolist()}")
        return watched

    def asked(self, second: int) -> None:
        """Ask for the belief where it is scored: every half a minute, and while a false confirmation is not mended."""
        lost = any(found is None for _, found in self.outcome.false)
        if not isinstance(self.policy, Believes) or not (lost or second % SETS_EVERY_S == 0):
            return
        taken = sets(self.policy.mass(second), self.roads, self.scenario, second)
        if second % SETS_EVERY_S == 0:
            self.outcome.sets.append(taken)
        if taken.in_90:
            self.found(second)

    def found(self, second: int) -> None:
        self.outcome.false = [(when, second if found is None and second > when else found) for when, found in self.outcome.false]

    def watch(self, begin: int, watched: NDArray[np.int64]) -> None:
        seen, odds = self.seen, chance(self.scenario, len(watched))
        here = slice(seen.at(begin).start, seen.at(begin + WATCH_CHANGES_S - 1).stop)
        mine = np.isin(seen.camera[here], watched)
        second, camera, luck = seen.second[here][mine], seen.camera[here][mine], seen.luck[here][mine]
        self.outcome.in_sight += len(np.unique(second))
        events = [(int(s), int(c), True) for s, c, u in zip(second, camera, luck, strict=True) if u < odds]
        if len(watched):
            wrong = self.wrong.intersection(range(begin, begin + WATCH_CHANGES_S))
            events += [(s, false_camera(self.scenario, s, watched), False) for s in wrong]
        for when, where, true in sorted(events):
            self.confirm(when, where, true=true)

    def confirm(self, second: int, camera: int, *, true: bool) -> None:
        if true and second - self.confirmed.get(camera, -AGAIN_S) < AGAIN_S:
            return
        if true:
            self.confirmed[camera] = second
            self.outcome.sighted.append(second)
            self.found(second)
        else:
            self.outcome.false.append((second, None))
        self.policy.sighted(told(self.scenario, second, camera, true=true))


def told(scenario: Scenario, second: int, camera: int, *, true: bool) -> Sighting:
    """What the operator says. A wrong person goes anywhere, in the way that is looked for."""
    low, high = TRUE_CONFIDENCE if true else FALSE_CONFIDENCE
    sure = low + (high - low) * words(scenario, camera, second, 0)
    turn = words(scenario, camera, second, 1)
    if not true:
        mode = scenario.mode if scenario.mode != "unknown" else ("foot" if words(scenario, camera, second, 2) < 0.5 else "car")
        return Sighting(second, camera, 2 * np.pi * turn, mode, sure)
    at = second + scenario.cell.age_s
    going = heading(scenario.track, at)
    seen_going = None if going is None else (going + HEADING_ERROR * (2 * turn - 1)) % (2 * np.pi)
    return Sighting(second, camera, seen_going, mode_name(int(scenario.track.mode[at])), sure)


def sets(mass: Mass, roads: Roads, scenario: Scenario, second: int) -> SetTaken:
    """Whether the smallest sets of 50 and 90 % hold the truth, and how long their streets are."""
    at = second + scenario.cell.age_s
    track = scenario.track
    total = float(mass.share.sum()) + mass.left
    if abs(total - 1) > 1e-6:
        raise ValueError(f"second {second}: the shares make {total}, not 1")
    size = np.maximum(mass.end - mass.begin, 1e-9)
    order = np.argsort(-mass.share / size, kind="stable")
    sums = np.cumsum(mass.share[order])
    here = _pieces_at(mass, roads, int(track.edge[at]), float(track.along[at]))
    held, metres = [], []
    for level in (0.5, 0.9):
        # Having left has no length: it is in the set wherever the streets alone cannot make it up.
        gone = mass.left > 1 - level
        need = level - mass.left if gone else level
        count = int(np.searchsorted(sums, need - 1e-12)) + 1 if need > 0 else 0
        inside = order[:count]
        held.append(gone if track.state[at] == LEFT else bool(np.isin(here, inside).any()))
        metres.append(float(size[inside].sum()))
    return SetTaken(second, held[0], held[1], metres[0], metres[1])


def _pieces_at(mass: Mass, roads: Roads, edge: int, along: float) -> NDArray[np.int64]:
    """The pieces of either way of the street on which the truth stands; at a crossing also the first of the others is not taken."""
    twin = int(roads.twin[edge])
    found = (mass.edge == edge) & (mass.begin <= along + 1e-6) & (along - 1e-6 <= mass.end)
    if twin >= 0:
        back = (1 - along / roads.length[edge]) * roads.length[twin]
        found |= (mass.edge == twin) & (mass.begin <= back + 1e-6) & (back - 1e-6 <= mass.end)
    return np.flatnonzero(found)
