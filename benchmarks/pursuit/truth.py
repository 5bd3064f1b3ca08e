"""A subject that moves: a plan of edges, speeds and stops, walked second by second."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.pursuit.routing import Ways
from bonghwa.pursuit.roads import CAR, FOOT, Roads

Floats = NDArray[np.float64]

OPEN, INDOORS, LEFT = 0, 1, 2
"""Can be seen; stands at its place but behind walls; has left the network (a bus, a train)."""
FASTEST_FOOT_M_S = 5.0
FASTEST_CAR_M_S = 42.0
GATHER_M_S2 = 2.5
BRAKE_M_S2 = 3.0
LONGEST_S = 1_800
"""Noise is drawn for so long whatever is asked, so that a longer track begins as the shorter one does."""


@dataclass
class Plan:
    """What the subject means to do, edge by edge. Lists of the same length."""

    along: float
    """Where on the first edge it begins."""
    edge: list[int] = field(default_factory=list)
    speed: list[float] = field(default_factory=list)
    """Metres a second it wants to go there."""
    mode: list[int] = field(default_factory=list)
    wait: list[float] = field(default_factory=list)
    """Seconds it stands at the end of the edge, in the open."""
    pause_at: list[float] = field(default_factory=list)
    """The part of the edge where it pauses, -1 for nowhere."""
    pause: list[float] = field(default_factory=list)
    pause_state: list[int] = field(default_factory=list)
    last: int = OPEN
    """What it is once the plan is done: it stays where it is."""

    def go(self, edges: list[int], speed: float | list[float], mode: int) -> "Plan":
        """Add edges at a speed."""
        speeds = speed if isinstance(speed, list) else [speed] * len(edges)
        self.edge += edges
        self.speed += speeds
        self.mode += [mode] * len(edges)
        self.wait += [0.0] * len(edges)
        self.pause_at += [-1.0] * len(edges)
        self.pause += [0.0] * len(edges)
        self.pause_state += [OPEN] * len(edges)
        return self

    def stop(self, number: int, seconds: float, at: float = 0.5, state: int = OPEN) -> "Plan":
        """Pause on the plan's edge of that number, at that part of it."""
        if self.edge:
            number = number % len(self.edge)
            self.pause_at[number], self.pause[number], self.pause_state[number] = at, seconds, state
        return self


@dataclass(frozen=True, eq=False)
class Track:
    """Where the subject is each second, from second 0 on."""

    family: str
    edge: NDArray[np.int32]
    along: Floats
    x: Floats
    y: Floats
    mode: NDArray[np.uint8]
    state: NDArray[np.uint8]


def walk(ways: Ways, plan: Plan, family: str, seconds: int, rng: np.random.Generator) -> Track:
    """The track of a plan. Speed wavers about what is wanted; cars gather speed, brake before stops and slow down in turns."""
    noise = np.empty(LONGEST_S + 1)
    shocks = rng.normal(0, 1, LONGEST_S + 1)
    noise[0] = 0.12 * shocks[0]
    for second in range(1, LONGEST_S + 1):
        noise[second] = 0.9 * noise[second - 1] + 0.052 * shocks[second]
    roads = ways.roads
    path = np.array(plan.edge, np.int32)
    mode = np.array(plan.mode, np.uint8)
    done = _advance(
        roads.length[path], np.array(plan.speed), mode, np.array(plan.wait), np.array(plan.pause_at), np.array(plan.pause),
        np.array(plan.pause_state, np.uint8), corners(ways, path, mode), min(plan.along, roads.length[path[0]]), plan.last,
        seconds, np.clip(noise, -0.3, 0.3),
    )  # fmt: skip
    at, along, state = done
    edge = path[at]
    x, y = places(roads, edge, along)
    return Track(family, edge, along, x, y, mode[at], state)


def places(roads: Roads, edge: NDArray[np.int32], along: Floats) -> tuple[Floats, Floats]:
    """Where the places of one track are."""
    x, y = np.empty(len(edge)), np.empty(len(edge))
    for one in np.unique(edge):
        here = edge == one
        first, last = roads.shape_first[one], roads.shape_first[one + 1]
        sx, sy = roads.shape_x[first:last], roads.shape_y[first:last]
        mark = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(sx), np.diff(sy)))])
        at = along[here] / roads.length[one] * mark[-1]
        x[here], y[here] = np.interp(at, mark, sx), np.interp(at, mark, sy)
    return x, y


def corners(ways: Ways, path: NDArray[np.int32], mode: NDArray[np.uint8]) -> Floats:
    """How fast one can leave each edge of a path for the next: cars slow down for turns, walkers do not."""
    turn = np.zeros(len(path))
    turn[:-1] = np.abs((ways.heading_out[path[1:]] - ways.heading_in[path[:-1]] + np.pi) % (2 * np.pi) - np.pi)
    slow = np.interp(np.degrees(turn), [20, 60, 100, 180], [FASTEST_CAR_M_S, 9.0, 6.0, 2.0])
    return np.where(mode == CAR, slow, FASTEST_FOOT_M_S)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _goal(wanted: float, speed: float, by_car: bool, to_stop: float, to_end: float, corner: float) -> float:
    if not by_car:
        return min(wanted, FASTEST_FOOT_M_S)
    braked = max(np.sqrt(2 * BRAKE_M_S2 * to_stop), 1.0)
    turning = max(np.sqrt(corner * corner + 2 * BRAKE_M_S2 * to_end), 1.0)
    return min(wanted, FASTEST_CAR_M_S, speed + GATHER_M_S2, braked, turning)


@njit(cache=True)  # type: ignore[untyped-decorator]
def _advance(
    length: Any, wanted: Any, mode: Any, wait: Any, pause_at: Any, pause: Any, pause_state: Any, corner: Any, along: float, last: int,
    seconds: int, noise: Any,
) -> Any:  # fmt: skip
    at_out, along_out, state_out = np.empty(seconds + 1, np.int64), np.empty(seconds + 1), np.zeros(seconds + 1, np.uint8)
    at, standing, state, ended = 0, 0.0, OPEN, False
    speed = 0.6 * wanted[0]
    paused = pause_at[0] >= 0 and pause_at[0] * length[0] < along
    for second in range(seconds + 1):
        at_out[second], along_out[second], state_out[second] = at, along, state
        if standing > 0:
            standing, speed = standing - 1.0, 0.0
            state = state if standing > 0 else OPEN
        elif not ended:
            stop = pause_at[at] * length[at] if pause_at[at] >= 0 and not paused else np.inf
            leave = 0.0 if wait[at] > 0 or at == len(length) - 1 else corner[at]
            speed = _goal(wanted[at] * (1 + noise[second]), speed, mode[at] == CAR, max(stop - along, 0.0), length[at] - along, leave)
            left = speed
            while left > 0 and standing <= 0 and not ended:
                stop = pause_at[at] * length[at] if pause_at[at] >= 0 and not paused else np.inf
                step = min(left, max(min(stop, length[at]) - along, 0.0))
                along, left = along + step, left - step
                if along >= stop:
                    paused, standing, state = True, pause[at], pause_state[at]
                elif along >= length[at] and at == len(length) - 1:
                    ended, state = True, last
                elif along >= length[at]:
                    standing = wait[at]
                    at, along, paused = at + 1, 0.0, False
    return at_out, along_out, state_out


def heading(track: Track, second: int) -> float | None:
    """The direction of the last two seconds, radians from north; None while it stands."""
    before = max(second - 2, 0)
    east, north = track.x[second] - track.x[before], track.y[second] - track.y[before]
    return float(np.arctan2(east, north)) % (2 * np.pi) if np.hypot(east, north) > 0.5 else None


def mode_name(mode: int) -> str:
    """`foot` or `car`."""
    return "foot" if mode == FOOT else "car"
