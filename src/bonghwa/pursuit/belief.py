"""The belief where the subject is: weighted particles on the roads, in a mixture of ways to move.

The whole mass is always 1, what left the network included. Every random number is a hash of the seed, the step, and the place of the
evidence within its step: the belief is a pure function of roads, coverage, start, seed and evidence.
"""

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.claims import Region, age_steps, circle_region
from bonghwa.pursuit.motion import advance, drawn, put_down, set_out
from bonghwa.pursuit.movement import BY_CAR, INDOORS, ON_FOOT, RIDING, TO_CAR, Movement, Watching
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.particles import Goals, State, empty_state
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Bytes, Floats, Numbers
from bonghwa.pursuit.weighing import blend, fit, gather, normalised, picked, turned, unseen

PARTICLES = 30_000
"""10,000 suffice for the share sighted; 30,000 fill the 90 % sets of a car after ten minutes."""
DEFENSIVE = 0.08
"""Share of a draw that goes by the root of the weight: what is thought unlikely keeps particles (5 to 10 % measured well)."""
FRESH_LEAST, FRESH_MOST = 0.2, 0.8
"""Bounds of the share of particles (not of mass) put down afresh at a claim, so that neither side is left with too few."""
KNOWN_TO_CAR = 0.1
"""Of subjects seen on foot so many are believed to go to a car."""
RARE_MODE = 0.1
"""No mode is thought less likely than this when a sighting does not tell it: the belief about the mode may be wrong with the place."""
CHANGED_MODE, DOUBTED_MODE = 0.125, 0.25
"""A mode told that was held more likely than the second (driving, where nothing is known) was in doubt, and the places that go with it
are his; one held less likely than the first he changed to just now, wherever he is."""
AGE_STEPS = 120
"""An old fix is moved on in at most so many steps, which bounds the time a start takes."""


@dataclass(frozen=True)
class Start:
    """The last thing known when a pursuit begins."""

    time: float
    """Now, seconds of any one clock."""
    x: float
    y: float
    """The last fix, metres from the roads' origin."""
    error_m: float
    """68 % of such fixes lie within."""
    age_s: float = 0.0
    """How old the fix is at `time`."""
    mode: str | None = None
    """`foot`, `car`, or None where not known."""


def key_of(seed: int, step: int, stage: str, nth: int = 0) -> np.uint64:
    """The key of one event's random numbers."""
    digest = blake2b(f"{seed}/{step}/{stage}/{nth}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@dataclass(eq=False)
class Belief:
    """Particles and all they move by. Changes in place; `copy` keeps a moment."""

    network: Network
    near: Goals
    movement: Movement
    watching: Watching
    seed: int
    state: State
    effective: float = field(default=0.0)
    """The effective number of particles after the last evidence."""

    @classmethod
    def starting(cls, network: Network, start: Start, seed: int, particles: int, movement: Movement, watching: Watching) -> "Belief":
        """Spread particles over the roads about the fix, then move them on for its age. Raises `NoRoad`."""
        near = network.near_goals(start.x, start.y, seed)
        made = cls(network, near, movement, watching, seed, empty_state(particles), float(particles))
        region = circle_region(network, start.x, start.y, start.error_m, watching)
        driving = 1.0 - movement.foot_share - movement.to_car_share
        made._put(made.state, region, start.mode, None, driving, key_of(seed, -1, "start"))
        steps, dt = age_steps(start.age_s, 1.0, AGE_STEPS)
        for n in range(steps):
            made._move(dt, key_of(seed, -1, "age", n))
        return made

    def copy(self) -> "Belief":
        """The same belief with arrays of its own."""
        return Belief(
            self.network,
            self.near,
            self.movement,
            self.watching,
            self.seed,
            State._make(column.copy() for column in self.state),
            self.effective,
        )

    def advance(self, step: int, dt: float) -> None:
        """Move all particles on to a step."""
        self._move(dt, key_of(self.seed, step, "move"))

    def _move(self, dt: float, key: np.uint64) -> None:
        advance(self.state, key, dt, self.network.net, self.near, self.network.far, self.movement)

    def unseen(self, exposure: Floats, key: np.uint64) -> None:
        """Weigh by what watched cameras did not show: `exposure` is detection rate times seconds, by camera."""
        unseen(self.state, exposure, self.network.sight, self.watching.shy_factor, self.watching.least)
        self._settle(key)

    def claim(self, region: Region, confidence: float, heading: float | None, mode: str | None, key: np.uint64) -> None:
        """Weigh by a claim that the subject is in a region.

        The new belief is, by the confidence, the old one inside the region, and else the old one as it was. Where too few particles are
        inside, fresh ones are put there with the missing part of the confidence.
        """
        s, w = self.state, self.watching
        east, north = turned(heading) if heading is not None else (0.0, 0.0)
        wheels = -1 if mode is None else int(mode == "car")
        fits = fit(
            s, region.edge, region.begin, region.end, region.height, self.network.net.way_x, self.network.net.way_y,
            east, north, w.heading_keen, w.heading_floor, wheels, w.other_mode,
        )  # fmt: skip
        inside = s.weight * fits
        total = float(inside.sum())
        enough = min(total**2 / float((inside**2).sum()) / w.fewest, 1.0) if total > 0 else 0.0
        added = confidence * (1.0 - enough)
        if enough > 0:
            blend(s, fits, confidence * enough / (1.0 - added))
        if added > 0:
            self._add(region, added, heading, mode, key)
        self._settle(key)

    def _add(self, region: Region, mass: float, heading: float | None, mode: str | None, key: np.uint64) -> None:
        """Put fresh particles into a region; the old ones, fewer now, keep the rest of the mass."""
        many = len(self.state.edge)
        fresh = int(many * min(max(mass, FRESH_LEAST), FRESH_MOST))
        made = empty_state(many)
        part = State._make(column[many - fresh :] for column in made)
        driving = float(self.state.weight[self.state.mode == BY_CAR].sum())
        if not self._put(part, region, mode, heading, min(max(driving, RARE_MODE), 1.0 - RARE_MODE), key):
            return
        self._join(made, fresh, mass, key)

    def _join(self, made: State, fresh: int, mass: float, key: np.uint64) -> None:
        """Give the last particles of a new state a mass; the old ones, drawn into the room before them, keep the rest."""
        many = len(made.edge)
        made.weight[many - fresh :] = mass / fresh
        chosen, weight = picked(self.state.weight, many - fresh, DEFENSIVE, drawn(key, 1))
        gather(self.state, made, chosen, weight * (1.0 - mass), 0)
        self.state = made

    def claim_mode(self, mode: str, confidence: float, key: np.uint64) -> None:
        """Weigh by a claim how the subject moves (`foot`, `car`), which says nothing of his place.

        Particles of the other mode weigh `other_mode`, by the confidence. Where too few particles, or too little mass, are of the mode,
        the places of all are taken again in it with the missing part of the confidence: he changed it wherever he is.
        """
        s, wheels = self.state, mode == "car"
        fits = np.where(((s.mode == BY_CAR) | (s.doing == RIDING)) == wheels, 1.0, self.watching.other_mode)
        there = s.weight[(fits == 1.0) & (s.doing < INDOORS)]
        mass = float(there.sum())
        doubted = min(max((mass - CHANGED_MODE) / (DOUBTED_MODE - CHANGED_MODE), 0.0), 1.0)
        enough = min(mass**2 / float((there**2).sum()) / self.watching.fewest, doubted) if doubted > 0 else 0.0
        added = confidence * (1.0 - enough)
        if enough > 0:
            blend(s, fits, confidence * enough / (1.0 - added))
        if added > 0:
            self._again(mode, added, key)
        self._settle(key)

    def _again(self, mode: str, mass: float, key: np.uint64) -> None:
        """Take the places of all particles once more in a mode, where edges are open to it; who is indoors stays there."""
        s, net = self.state, self.network.net
        edge, along, open_ = self._open_to(mode)
        weight = s.weight * open_
        if float(weight.sum()) <= 0:
            return
        many = len(s.edge)
        fresh = int(many * min(max(mass, FRESH_LEAST), FRESH_MOST))
        chosen, _ = picked(weight, fresh, 0.0, drawn(key, 3))
        made = empty_state(many)
        part = State._make(column[many - fresh :] for column in made)
        part.edge[:], part.along[:] = edge[chosen], along[chosen]
        part.mode[:] = BY_CAR if mode == "car" else ON_FOOT
        if mode == "foot":
            # The draw is in the order of the particles, which lie in no order of place: every tenth is as good as chance.
            part.mode[:: round(1 / KNOWN_TO_CAR)] = TO_CAR
        set_out(part, key_of(int(key), 0, "set out again"), False, net, self.near, self.network.far, self.movement)
        part.doing[s.doing[chosen] == INDOORS] = INDOORS
        part.shy[:] = s.shy[chosen]
        self._join(made, fresh, mass, key)

    def _open_to(self, mode: str) -> tuple[Numbers, Floats, Floats]:
        """Every particle's place as one of a mode has it (on the twin where only that is open), and how open it is, 0 to 1."""
        s, roads = self.state, self.network.roads
        wanted = CAR if mode == "car" else FOOT
        twin = np.where(roads.twin[s.edge] >= 0, roads.twin[s.edge], s.edge)
        turn = ((roads.use[s.edge] & wanted) == 0) & ((roads.use[twin] & wanted) > 0)
        edge = np.where(turn, twin, s.edge).astype(np.int32)
        along = np.where(turn, np.clip(roads.length[s.edge] - s.along, 0.0, roads.length[edge]), s.along)
        against = self.movement.against if mode == "car" else 0.0
        use = roads.use[edge]
        return edge, along, np.where((use & wanted) > 0, 1.0, np.where((use & AGAINST) > 0, against, 0.0))

    def _put(self, part: State, region: Region, mode: str | None, heading: float | None, driving: float, key: np.uint64) -> bool:
        """Put particles down in a region on edges open to their mode; False where none is."""
        net, m = self.network.net, self.movement
        use = net.use[region.edge]
        height = region.height * (region.end - region.begin)
        if heading is not None:
            east, north = turned(heading)
            along = east * net.way_x[region.edge] + north * net.way_y[region.edge]
            height = height * np.maximum(self.watching.heading_floor, np.exp(self.watching.heading_keen * (along - 1.0)))
        walkable = height * ((use & FOOT) > 0)
        drivable = height * np.where((use & CAR) > 0, 1.0, np.where((use & AGAINST) > 0, m.against, 0.0))
        sums = (float(walkable.sum()), float(drivable.sum()))
        known = mode is not None and sums[mode == "car"] > 0
        share = float(mode == "car") if known else driving
        chances = np.concatenate([_share(walkable, sums[0], 1.0 - share), _share(drivable, sums[1], share)])
        summed = np.cumsum(chances)
        if not len(summed) or summed[-1] <= 0:
            return False
        rows = len(region.edge)
        modes: Bytes = np.repeat(np.array([ON_FOOT, BY_CAR], np.uint8), rows)
        to_car = KNOWN_TO_CAR if known else m.to_car_share / (m.foot_share + m.to_car_share)
        everyone: NDArray[np.int64] = np.arange(len(part.edge))
        put_down(
            part, key_of(int(key), 0, "put"), everyone, np.tile(region.begin, 2), np.tile(region.end, 2), np.tile(region.edge, 2),
            modes, summed, to_car,
        )  # fmt: skip
        set_out(part, key_of(int(key), 0, "set out"), heading is not None, net, self.near, self.network.far, m)
        return True

    def _settle(self, key: np.uint64) -> None:
        """Make the mass 1, and draw the particles anew where too few carry it."""
        many = len(self.state.edge)
        self.effective = normalised(self.state.weight)
        if self.effective < many / 2:
            chosen, weight = picked(self.state.weight, many, DEFENSIVE, drawn(key, 2))
            made = empty_state(many)
            gather(self.state, made, chosen, weight, 0)
            self.state = made
            normalised(self.state.weight)

    def shares(self) -> dict[str, float]:
        """Mass by what the subject does: on foot, on foot to a car, driving, indoors, riding; together 1."""
        s = self.state
        left = s.doing >= INDOORS
        named = {"foot": ~left & (s.mode == ON_FOOT), "to_car": ~left & (s.mode == TO_CAR), "car": ~left & (s.mode == BY_CAR)}
        named |= {"indoors": s.doing == INDOORS, "riding": s.doing == RIDING}
        return {name: float(s.weight[mask].sum()) for name, mask in named.items()}


def _share(height: Floats, total: float, share: float) -> Floats:
    return height * (share / total) if total > 0 else height
