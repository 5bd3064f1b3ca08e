"""How fast a subject goes: at the most (what bounds where he can be) and usually (when he is expected).

At the most, on foot: 6.5 m/s. The world records of 5,000 m (12:35.36, 6.62 m/s) and 400 m (43.03 s, 9.30 m/s) lie above it, but 6.5 m/s
from a standing start is 400 m in 62 s and 2 km in 5:08, which only trained runners hold. On foot it is no legal or physical bound:
pass another `Speeds` for somebody known to run faster.

At the most, by car: 1.6 times what the road allows. Cars in pursuits that ended in death (United States, 1994 to 2002, n = 3,965) were on
average 25 mph over a limit of 44 mph, 1.58 times it (Injury Prevention, BMJ, "Characteristics of vehicles in fatal crashes related to
police pursuit", table 3): the peak of the worst pursuits, here granted for minutes. At least 20 m/s (72 km/h) in the smallest street, at
most 55 m/s (200 km/h), and against one-ways: these three are choices, not measurements.

Usually: 1.4 m/s on foot (Bohannon 1997, Age and Ageing 26: comfortable gait of adults 1.27 to 1.46 m/s), a car at 0.6 times what
the road allows, since it stops at crossings.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Floats, Roads

Mode = Literal["foot", "car", "unknown"]


@dataclass(frozen=True)
class Speeds:
    """Metres a second on foot, shares of an edge's speed by car."""

    foot_most: float = 6.5
    foot_usual: float = 1.4
    car_most: float = 1.6
    car_least_most: float = 20.0
    car_ceiling: float = 55.0
    car_usual: float = 0.6


SPEEDS = Speeds()


def most_seconds(roads: Roads, mode: Mode, speeds: Speeds = SPEEDS) -> Floats:
    """The fewest seconds each edge can take, infinite where it is closed to the mode. Drivers may break limits and one-ways."""
    foot = np.where(roads.use & FOOT, roads.length / speeds.foot_most, np.inf)
    fast = np.clip(roads.speed * speeds.car_most, speeds.car_least_most, speeds.car_ceiling)
    car = np.where(roads.use & (CAR | AGAINST), roads.length / fast, np.inf)
    return _of(mode, foot, car)


def usual_seconds(roads: Roads, mode: Mode, speeds: Speeds = SPEEDS) -> Floats:
    """The seconds each edge takes as a rule, infinite where it is closed. Drivers keep to one-ways; unknown is a car where one may go."""
    foot = np.where(roads.use & FOOT, roads.length / speeds.foot_usual, np.inf)
    car = np.where(roads.use & CAR, roads.length / np.maximum(roads.speed * speeds.car_usual, 1.0), np.inf)
    return _of(mode, foot, car)


def _of(mode: Mode, foot: Floats, car: Floats) -> Floats:
    if mode == "foot":
        return foot
    return car if mode == "car" else np.minimum(foot, car)
