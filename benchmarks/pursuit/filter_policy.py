"""The product's filter as policies: the whole of it, and what is left of it without its parts.

An adapter turns `bonghwa.pursuit`'s belief and choice into `Policy`, `Believes` and `Foresees` of benchmarks/pursuit/policy.py. The
report takes every maker of `FILTERS`; the one named `OURS` is held against the goals. It may import nothing of truth, families,
scenarios, operators or play.
"""

from collections.abc import Sequence
from functools import cache
from math import degrees

import numpy as np

from benchmarks.pursuit import policy
from benchmarks.pursuit.policy import Fix, Maker, Mass, View, standing
from bonghwa.pursuit.belief import Start, key_of
from bonghwa.pursuit.evidence import Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.motion import roll
from bonghwa.pursuit.movement import Movement, Watching
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.particles import empty_state
from bonghwa.pursuit.watch import MOST_CAMERAS, Wall
from bonghwa.pursuit.weighing import gather, picked

PARTICLES = 10_000
"""PURSUIT: 10,000 suffice; the product's 30,000 would only make this slower."""
TOLD_EVERY_S = 2
"""So often the product's hub tells what was watched."""
FORESEEN_S = 180
FORESEEN_FROM = 4_000


@cache
def network_of(view: View) -> Network:
    """One for all pursuits of a view, as in the product's processes."""
    return Network.of(view.roads, view.coverage)


class Pursues:
    """The filter as the product hosts it: told every two seconds what was watched, at once what was sighted."""

    def __init__(self, view: View, seed: int, movement: Movement | None = None, *, negative: bool = True) -> None:
        self._view, self._seed, self._negative = view, seed, negative
        self._movement = movement or Movement()
        self._waiting: list[Sighting] = []
        self._second = 0
        self._watched: tuple[str, ...] = ()
        self._k = 9
        self._following: Following

    def start(self, fix: Fix, age_s: int, mode: str, k: int) -> None:
        self._k = k
        start = Start(0.0, fix.x, fix.y, fix.error_m, float(age_s), None if mode == "unknown" else mode)
        settings = Settings(PARTICLES, 1.0, self._movement, Watching(), Wall(k=k))
        self._following = Following(self._view.roads, self._view.coverage, start, self._seed, settings, network_of(self._view))

    def tick(self, second: int) -> Sequence[int]:
        self._until(second)
        network = network_of(self._view)
        self._watched = tuple(watched.camera for watched in self._following.answers().watch)
        return [network.number[camera] for camera in self._watched]

    def sighted(self, sighting: policy.Sighting) -> None:
        heading = None if sighting.heading is None else degrees(sighting.heading) % 360
        camera = self._view.coverage.cameras[sighting.camera]
        self._waiting.append(Sighting(float(sighting.second), camera, min(0.99, sighting.confidence), heading, sighting.mode))

    def mass(self, second: int) -> Mass:  # noqa: ARG002  the filter's own time is the last tick's
        self._sightings(float("inf"))
        answers = self._following.answers()
        length = self._view.roads.length[answers.edge]
        return Mass(answers.edge.astype(np.int64), np.zeros(len(length)), length, answers.mass, answers.left)

    def next_cameras(self) -> Sequence[int]:
        """By how many particles come first into view of the camera's place, the places that show them now left out."""
        self._sightings(float("inf"))
        belief, network = self._following.belief, network_of(self._view)
        count = len(self._view.coverage.cameras)
        start, weight = picked(belief.state.weight, FORESEEN_FROM, 0.0, 0.5)
        some = empty_state(FORESEEN_FROM)
        gather(belief.state, some, start, weight, 0)
        keys = np.array([key_of(belief.seed, self._second, "foresee", n) for n in range(FORESEEN_S)], np.uint64)
        who, since, _, starts = roll(
            some, keys, np.ones(FORESEEN_S), network.net, belief.near, network.far, belief.movement, network.sight, MOST_CAMERAS, count
        )
        camera = np.repeat(np.arange(count), np.diff(starts))
        where = standing(self._view.x, self._view.y)
        place = where[camera]
        now = {(int(w), int(p)) for w, p in zip(who[since == 0], place[since == 0], strict=True)}
        chance: dict[int, float] = {}
        first: dict[int, tuple[float, int]] = {}
        for w, s, p in zip(who.tolist(), since.tolist(), place.tolist(), strict=True):
            if s > 0 and (w, p) not in now and s < first.get(w, (float("inf"), 0))[0]:
                first[w] = s, p
        for w, (_, p) in first.items():
            chance[p] = chance.get(p, 0.0) + float(weight[w])
        one_of = {int(p): number for number, p in reversed(list(enumerate(where.tolist())))}
        return [one_of[p] for p in sorted(chance, key=lambda p: -chance[p])]

    def _until(self, second: int) -> None:
        for at in range(self._second + TOLD_EVERY_S, second + 1, TOLD_EVERY_S):
            self._sightings(at)
            self._following.tick(at)
            if self._negative and self._watched:
                self._following.take(Unseen(float(at), float(TOLD_EVERY_S), self._watched, self._k))
        self._second = second
        self._sightings(second)
        self._following.tick(second)

    def _sightings(self, until: float) -> None:
        for sighting in [each for each in self._waiting if each.time <= until]:
            self._following.take(sighting)
        self._waiting = [each for each in self._waiting if each.time > until]


@cache
def _alone(plan: str) -> Movement:
    """One movement hypothesis alone, for everybody and always."""
    shares = {"goal_share": float(plan == "goal"), "ahead_share": float(plan == "ahead")}
    return Movement()._replace(**shares)


OURS = "pursuit"
FILTERS: dict[str, Maker] = {
    OURS: Pursues,
    "no negative": lambda view, seed: Pursues(view, seed, negative=False),
    "goal only": lambda view, seed: Pursues(view, seed, _alone("goal")),
    "heading only": lambda view, seed: Pursues(view, seed, _alone("ahead")),
    "local only": lambda view, seed: Pursues(view, seed, _alone("about")),
}
"""By name: `pursuit` itself, and what is left of it with one movement hypothesis, or without what was watched in vain."""
