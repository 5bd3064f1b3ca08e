"""Which cameras to watch now: particles are rolled on, and the cameras are taken that together see the most of them, with the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bonghwa.pursuit.belief import Belief, key_of
from bonghwa.pursuit.motion import roll
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.particles import empty_state
from bonghwa.pursuit.roads import Bytes, Floats, Numbers
from bonghwa.pursuit.weighing import gather, greedy, picked

ROLLED = 1_200
"""Particles rolled on: a camera's share is then known to about one point in a hundred, and the choice is no longer than a second's step
of 20 pursuits can bear."""
STEPS_S = np.array([2.0] * 10 + [4.0] * 10 + [10.0] * 6)
"""Two minutes ahead, the near ones finely: with one minute, screens stayed empty where cameras stand far apart. Cars jump over short
views, but in the mean the seconds in view are right."""
SAID_S = 60.0
"""What is said of a camera, and of all, is about so long."""
MOST_CAMERAS = 48
"""One particle notes at most so many cameras on its way."""
HOLD_S = 10.0
"""The set changes at most this often: a wall that flickers shows nothing."""
KEEP_BONUS = 0.3
"""A camera watched already counts for so much more, and for the error of its reckoning: halves the churn at no cost in sightings."""
GLIMPSE_S = 2.0
"""In t seconds in view a camera counts 1 - exp(-t / glimpse): that he passes is what counts. Weighed by what an eye notices in so long,
cameras were kept for believed stops, while drivers went by elsewhere."""
PATIENCE_S = 45.0
"""A view in t seconds counts exp(-t / patience) as much as one now: later views can still be chosen later."""


@dataclass(frozen=True)
class Wall:
    """What watchers have and may use."""

    k: int = 9
    """How many cameras can be watched at once."""
    pins: tuple[str, ...] = ()
    """Cameras that stay as long as they are usable."""
    usable: tuple[str, ...] | None = None
    """The cameras that the clause allows and that work; None for all."""


class Reason(NamedTuple):
    """Why a camera is watched, as data for words: a kind and its numbers.

    `pinned`; `kept` (bonus); `in_view` (mass it shows now); `arrives` (mass that comes into view, from and to seconds);
    `adds` (mass that no camera chosen before it sees).
    """

    kind: str
    numbers: tuple[float, ...]


@dataclass(frozen=True)
class Watched:
    """One camera to watch."""

    camera: str
    holds: float
    """The probability that it shows the subject at some time of the next minute."""
    begins_at: float
    ends_at: float
    """When he is expected in view: the 10th and 90th hundredth of arrivals, absolute seconds. Equal where nobody is expected."""
    why: tuple[Reason, ...]


@dataclass(eq=False)
class Watch:
    """The cameras watched now, and when they changed last."""

    chosen: tuple[Watched, ...] = ()
    hope: float = 0.0
    """How likely at least one of the chosen shows the subject within the next minute."""
    ceiling: float = 0.0
    """The same if every usable camera were watched: more than that nobody can hope for."""
    changed_at: float = float("-inf")
    reckoned_at: float = float("-inf")
    urgent: bool = field(default=False)
    """Something happened that the set does not know of yet."""
    _allowed: tuple[Wall, Bytes] | None = None
    """What the last wall allows, marked once: it names every usable camera of a city."""

    def due(self, now: float) -> bool:
        """Whether to choose anew: every ten seconds, or at once after news, but never sooner than ten seconds after a change."""
        return now >= self.changed_at + HOLD_S and (self.urgent or now >= self.reckoned_at + HOLD_S)

    def choose(self, belief: Belief, wall: Wall, now: float, step: int) -> None:
        """Choose the cameras to watch from now on."""
        before = {watched.camera for watched in self.chosen}
        if self._allowed is None or self._allowed[0] is not wall:
            self._allowed = wall, allowed_by(wall, belief.network)
        self.chosen, self.hope, self.ceiling = choose(belief, wall, self._allowed[1], before, now, step)
        self.reckoned_at, self.urgent = now, False
        if {watched.camera for watched in self.chosen} != before:
            self.changed_at = now


def allowed_by(wall: Wall, network: Network) -> Bytes:
    """A mark for each camera: 1 where it is usable."""
    many = len(network.coverage.cameras)
    return np.ones(many, np.uint8) if wall.usable is None else _marks(network.number, wall.usable, many)


def choose(belief: Belief, wall: Wall, allowed: Bytes, before: set[str], now: float, step: int) -> tuple[tuple[Watched, ...], float, float]:
    """The cameras that together most likely show the subject soon, the greatest gain first, pins before all.

    With them how likely they show him within a minute, and how likely any usable camera does.
    """
    network = belief.network
    cameras = len(network.coverage.cameras)
    pinned = _marks(network.number, wall.pins, cameras) & allowed
    blind_pins = [pin for pin in dict.fromkeys(wall.pins) if pin not in network.number and (wall.usable is None or pin in wall.usable)]
    k = max(wall.k, int(pinned.sum()) + len(blind_pins))
    start, weight = picked(belief.state.weight, ROLLED, 0.0, 0.5)
    some = empty_state(ROLLED)
    gather(belief.state, some, start, weight, 0)
    shy = np.where(some.shy > 0, belief.watching.shy_factor, 1.0)
    keys = np.array([key_of(belief.seed, step, "watch", n) for n in range(len(STEPS_S))], np.uint64)
    who, since, shown, starts = roll(
        some, keys, STEPS_S, network.net, belief.near, network.far, belief.movement, network.sight, MOST_CAMERAS, cameras
    )
    caught = (1.0 - np.exp(-shown * shy[who] / GLIMPSE_S)) * np.exp(-since / PATIENCE_S)
    kept = _marks(network.number, tuple(before), cameras)
    chosen, gains = greedy(who, starts, caught, weight, allowed, kept, pinned, k - len(blind_pins), KEEP_BONUS)
    made = [Watched(pin, 0.0, now, now, (Reason("pinned", ()),)) for pin in blind_pins]
    for number, gain in zip(chosen, gains, strict=True):
        rows = slice(int(starts[number]), int(starts[number + 1]))
        holds = weight[who[rows]]
        coming, soon = since[rows] > 0, since[rows] <= SAID_S
        arrivals = _hundredths(since[rows][coming], holds[coming])
        why = [Reason("pinned", ())] if pinned[number] else []
        why += [Reason("kept", (KEEP_BONUS,))] if kept[number] else []
        why += [Reason("in_view", (float(holds[~coming].sum()),))] if not coming.all() else []
        why += [Reason("arrives", (float(holds[coming].sum()), *arrivals))] if coming.any() else []
        why += [Reason("adds", (float(gain),))]
        window = _hundredths(since[rows], holds) if len(holds) else (0.0, 0.0)
        camera = network.coverage.cameras[number]
        made.append(Watched(camera, min(float(holds[soon].sum()), 1.0), now + window[0], now + window[1], tuple(why)))
    watched = np.zeros(cameras, np.uint8)
    watched[chosen] = 1
    soon, each = since <= SAID_S, np.diff(starts)
    hope, ceiling = (_shown(weight, who[soon & np.repeat(marks > 0, each)]) for marks in (watched, allowed))
    return tuple(made), hope, ceiling


def _shown(weight: Floats, who: Numbers) -> float:
    """The weight of some particles, each counted once however often it is named."""
    named = np.zeros(len(weight), bool)
    named[who] = True
    return float(weight[named].sum())


def _marks(number: dict[str, int], cameras: Sequence[str], many: int) -> Bytes:
    marks = np.zeros(many, np.uint8)
    marks[[number[camera] for camera in cameras if camera in number]] = 1
    return marks


def _hundredths(seconds: Floats, weight: Floats) -> tuple[float, float]:
    """The 10th and the 90th hundredth of weighted times."""
    if not len(seconds):
        return 0.0, 0.0
    order = np.argsort(seconds, kind="stable")
    summed = np.cumsum(weight[order])
    low, high = np.searchsorted(summed, (0.1 * summed[-1], 0.9 * summed[-1]))
    return float(seconds[order[low]]), float(seconds[order[min(high, len(order) - 1)]])
