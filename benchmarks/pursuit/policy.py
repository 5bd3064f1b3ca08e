"""What a policy is: it is told what a tracking centre would be told, and says which cameras to watch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.cities import city
from benchmarks.pursuit.views import shown
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Roads

Floats = NDArray[np.float64]
WATCH_CHANGES_S = 10
"""The watch set changes at most so often."""


@dataclass(frozen=True, eq=False)
class View:
    """What the system knows of a city. A camera's number is its place in `coverage.cameras` and in `x`, `y`."""

    roads: Roads
    coverage: Coverage
    x: Floats
    y: Floats
    """Where each camera stands, metres from the roads' origin."""


@dataclass(frozen=True)
class Fix:
    """Where the device said the subject was, metres from the roads' origin; the truth lies within `error_m` in 68 of 100 cases."""

    x: float
    y: float
    error_m: float


@dataclass(frozen=True)
class Sighting:
    """Somebody confirmed the subject, perhaps wrongly. `heading` is where it was going, radians from north, None while it stood."""

    second: int
    camera: int
    heading: float | None
    mode: str
    """`foot` or `car`."""
    confidence: float


@dataclass(frozen=True, eq=False)
class Mass:
    """Where the subject is believed to be: shares of pieces of edges (a piece of both ways of a street may be either edge's)."""

    edge: NDArray[np.int64]
    begin: Floats
    end: Floats
    share: Floats
    left: float = 0.0
    """The share of having left the network. All shares and this make 1."""


class Policy(Protocol):
    """Chooses what is watched. Seconds count from when watching begins. What it watches and was not sighted on, it knows itself."""

    def start(self, fix: Fix, age_s: int, mode: str, k: int) -> None:
        """A pursuit begins with a fix of that age; `mode` is `foot`, `car` or `unknown`, `k` how many cameras can be watched."""

    def tick(self, second: int) -> Sequence[int]:
        """At most `k` cameras to watch from now for ten seconds. The first tick is of second 0; in between nothing else is asked."""

    def sighted(self, sighting: Sighting) -> None:
        """Somebody confirmed a sighting in a second after the last tick's and before the next."""


@runtime_checkable
class Believes(Protocol):
    """A policy that can say where the subject is. Scored only where it is so."""

    def mass(self, second: int) -> Mass:
        """The belief in the second of the last tick, with all that was sighted since."""


@runtime_checkable
class Foresees(Protocol):
    """A policy that can say which cameras come next. Scored only where it is so."""

    def next_cameras(self) -> Sequence[int]:
        """Cameras by how likely each is the next to show the subject, the likeliest first."""


Maker = Callable[[View, int], Policy]
"""A fresh policy for a city; the number is a seed for its own chance."""


def standing(x: Floats, y: Floats) -> NDArray[np.int64]:
    """The number of the place each camera stands at: cameras at one point are one."""
    return np.unique(np.round(np.column_stack((x, y)), 1), axis=0, return_inverse=True)[1].ravel()


@cache
def view(city_name: str, density: float = 1.0, unknown_poses: float = 0.0) -> View:
    """What the system knows, where so large a share of camera poses is unknown to it."""
    ground = city(city_name, density)
    coverage = shown(ground.roads, ground.cameras, unknown_poses) if unknown_poses else ground.coverage
    return View(ground.roads, coverage, ground.cameras.x, ground.cameras.y)
