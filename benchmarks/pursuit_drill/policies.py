"""What is watched: the cameras that the pursuit chooses, or those nearest to the last known place, which is what products offer."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from benchmarks.pursuit.baselines import Nearest
from benchmarks.pursuit.policy import Fix as Place
from benchmarks.pursuit.policy import Sighting as Told
from benchmarks.pursuit_drill.operator_model import CONFIDENCE, Press
from benchmarks.pursuit_drill.world import World
from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.evidence import Fix, Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.watch import HOLD_S, Wall


class Policy(Protocol):
    """Told what the centre would be told; says each second what is watched."""

    def watch(self, second: int) -> Sequence[str]:
        """The cameras on the screens in this second."""

    def sighted(self, press: Press) -> None:
        """*Seen* was pressed."""

    def fixed(self, second: int, place: Place) -> None:
        """The device told its place again."""

    def unseen(self, second: int, cameras: Sequence[str]) -> None:
        """These were on screens for a second and nobody pressed."""


class NearestCameras:
    """The k nearest to the last fix or to the camera that saw him last; changes at most every ten seconds."""

    def __init__(self, world: World, place: Place, age_s: int, k: int) -> None:
        self._world, self._policy, self._held, self._since = world, Nearest(world.view, 0), list[str](), -HOLD_S
        self._policy.start(place, age_s, "unknown", k)

    def watch(self, second: int) -> Sequence[str]:
        chosen = [self._world.view.coverage.cameras[number] for number in self._policy.tick(second)]
        if set(chosen) != set(self._held) and second - self._since >= HOLD_S:
            self._held, self._since = chosen, float(second)
        return self._held

    def sighted(self, press: Press) -> None:
        camera = self._world.number[press.camera]
        self._policy.sighted(Told(int(press.at), camera, float(np.radians(press.heading)), press.mode, CONFIDENCE))

    def fixed(self, second: int, place: Place) -> None:
        self._policy.x, self._policy.y, self._policy.known_at = place.x, place.y, second
        self._policy.moved()

    def unseen(self, second: int, cameras: Sequence[str]) -> None:
        """Not made use of."""


class Pursued:
    """The product's pursuit, with whatever it is told."""

    def __init__(self, world: World, network: Network, place: Place, age_s: int, k: int, seed: int) -> None:
        start = Start(0.0, place.x, place.y, place.error_m, float(age_s))
        settings = Settings(wall=Wall(k=k))
        self._following = Following(world.view.roads, world.view.coverage, start, seed, settings, network)

    def watch(self, second: int) -> Sequence[str]:
        self._following.tick(float(second))
        return [watched.camera for watched in self._following.answers().watch]

    def sighted(self, press: Press) -> None:
        self._following.take(Sighting(press.at, press.camera, CONFIDENCE, press.heading, press.mode))

    def fixed(self, second: int, place: Place) -> None:
        self._following.take(Fix(float(second), place.x, place.y, place.error_m))

    def unseen(self, second: int, cameras: Sequence[str]) -> None:
        self._following.take(Unseen(float(second), 1.0, tuple(cameras), screens=len(cameras)))
