"""Which camera comes next after a known exit, on the real routes of Beijing alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.pursuit.cities import City, city
from benchmarks.pursuit.families import Plan
from benchmarks.pursuit.policy import Fix, Foresees, Maker, Sighting, standing, view
from benchmarks.pursuit.scenarios import mover, route_edges
from benchmarks.pursuit.truth import Track, heading, walk
from benchmarks.pursuit.views import pairs
from bonghwa.pursuit.roads import CAR

WITHIN = (1, 3, 9)
SOON_S = 300
"""The next camera counts where it is reached so soon."""
CAREFUL = 0.75
"""The share of the allowed speed that is driven."""
DRIVES = 3
"""How often each route is driven, each time at speeds of its own."""


@dataclass(frozen=True)
class Exit:
    """The subject leaves what the cameras of one place show; `nexts` is the place that shows it next."""

    fix: Fix
    camera: int
    heading: float | None
    here: int
    nexts: int


def hits(city_name: str, make: Maker, most: int | None = None) -> dict[int, list[bool]] | None:
    """For each of `WITHIN`, exit by exit, whether the next place was among the first named. None for a policy that names none."""
    found: dict[int, list[bool]] = {within: [] for within in WITHIN}
    cameras = city(city_name).cameras
    where = standing(cameras.x, cameras.y)
    sight = view(city_name)
    for number, gone in enumerate(exits(city_name)[:most]):
        policy = make(sight, number)
        if not isinstance(policy, Foresees):
            return None
        policy.start(gone.fix, 0, "car", 9)
        policy.tick(0)
        policy.sighted(Sighting(0, gone.camera, gone.heading, "car", 0.95))
        ranked = [place for place in dict.fromkeys(int(where[camera]) for camera in policy.next_cameras()) if place != gone.here]
        for within in WITHIN:
            found[within].append(gone.nexts in ranked[:within])
    return found


@cache
def exits(city_name: str) -> tuple[Exit, ...]:
    """Every exit on every real route that is followed by another camera soon, in a drawn order."""
    ground, move = city(city_name), mover(city_name)
    found: list[Exit] = []
    for number, route in enumerate(ground.routes):
        edges = route_edges(ground, route)
        for drive in range(DRIVES):
            rng = np.random.default_rng([31, number, drive])
            plan = Plan(0.0).go(edges, move.driven(edges, CAREFUL * rng.uniform(0.8, 1.2)), CAR)
            found += along(ground, walk(move.ways, plan, "taxi", 1_800, rng))
    order = np.random.default_rng(31).permutation(len(found))
    return tuple(found[at] for at in order)


def along(ground: City, track: Track) -> Sequence[Exit]:
    """The exits of one drive."""
    where = standing(ground.cameras.x, ground.cameras.y)
    moving = np.append(np.hypot(np.diff(track.x), np.diff(track.y)) > 0, False)
    end = int(np.flatnonzero(moving)[-1]) + 1 if moving.any() else 0
    second, camera = pairs(ground.cameras, track.x[:end], track.y[:end])
    shown = {at: {int(where[c]): int(c) for c in camera[second == at]} for at in np.unique(second).tolist()}
    found = []
    for at, there in shown.items():
        for place, by in there.items():
            if place in shown.get(at + 1, {}) or at + 1 >= end:
                continue
            later = next((t for t in range(at + 1, min(at + SOON_S, end)) if set(shown.get(t, {})) - set(there)), None)
            if later is None:
                continue
            fix = Fix(float(track.x[at]), float(track.y[at]), 10.0)
            found.append(Exit(fix, by, heading(track, at), place, min(set(shown[later]) - set(there))))
    return found
