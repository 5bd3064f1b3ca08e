"""What the people at the screens see: draws that depend on seed, scenario, camera and second alone, so each policy meets the same luck."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.cities import city
from benchmarks.pursuit.scenarios import HORIZON_S, Scenario
from benchmarks.pursuit.truth import OPEN
from benchmarks.pursuit.views import pairs

DETECT, FALSE_WHEN, FALSE_WHERE, WORDS = 1, 2, 3, 4
"""What a draw is for."""

ONE_SCREEN, NINE_SCREENS = 0.85, 0.53
"""Share of events noticed with one monitor and with nine."""


def draw(kind: int, scenario: Scenario, camera: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Uniform numbers in 0..1 by their counter (the finaliser of SplitMix64, chained)."""
    mode = ("foot", "car", "unknown").index(scenario.mode)
    state = np.full(np.broadcast(camera, second).shape, np.uint64(kind), np.uint64)
    for word in (scenario.seed, scenario.number, mode, camera, second):
        state = _mixed(state + np.asarray(word).astype(np.uint64))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


@dataclass(frozen=True, eq=False)
class Sights:
    """Every second in which a camera shows the subject, from when watching begins, sorted by second, then camera."""

    second: NDArray[np.int64]
    camera: NDArray[np.int64]
    luck: NDArray[np.float64]
    """Below the chance of a second the operator notices."""

    def at(self, second: int) -> slice:
        """The rows of one second."""
        return slice(int(np.searchsorted(self.second, second)), int(np.searchsorted(self.second, second + 1)))


def sights(scenario: Scenario) -> Sights:
    """Who shows the subject when, by where it truly is: one who is indoors or gone is shown by nobody."""
    cell, track = scenario.cell, scenario.track
    cameras = city(scenario.city, cell.density).cameras
    seconds = np.arange(HORIZON_S)
    there = seconds + cell.age_s
    seconds = seconds[track.state[there] == OPEN]
    point, camera = pairs(cameras, track.x[seconds + cell.age_s], track.y[seconds + cell.age_s])
    second = seconds[point]
    return Sights(second, camera, draw(DETECT, scenario, camera, second))


def chance(scenario: Scenario, screens: int) -> float:
    """That an operator who watches so many screens notices the subject in a second in which it is in view."""
    share = 1.0
    if scenario.cell.tired and screens > 1:
        share = float(np.interp(screens, [1, 9], [1.0, NINE_SCREENS / ONE_SCREEN]))
    return float(1 - np.exp(-scenario.cell.rate * share))


def false_seconds(scenario: Scenario) -> NDArray[np.int64]:
    """When a wrong person is confirmed, on whatever is watched then."""
    seconds = np.arange(1, HORIZON_S)
    if scenario.cell.false <= 0:
        return seconds[:0]
    luck = draw(FALSE_WHEN, scenario, np.zeros_like(seconds), seconds)
    return seconds[luck < 1 - (1 - scenario.cell.false) ** (1 / 60)]


def false_camera(scenario: Scenario, second: int, watched: NDArray[np.int64]) -> int:
    """On which of the watched cameras: two policies that watch the same ones err on the same one."""
    return int(watched[np.argmin(draw(FALSE_WHERE, scenario, watched, np.full(len(watched), second)))])


def words(scenario: Scenario, camera: int, second: int, what: int) -> float:
    """A number for one detail of what an operator says."""
    return float(draw(WORDS + what, scenario, np.array([camera]), np.array([second]))[0])
