"""The compiled kernels that move particles on roads. All of this family stand here: numba's cache notices changes of this file only.

Random numbers are counted, never drawn in order: each is a hash of (key, particle, event, draw), with the key hashed of the pursuit's
seed, the step and the stage. So the same pursuit replays to the same bits, whoever is moved first. The hash is the finaliser of
SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

from collections.abc import Callable
from math import cos, exp, sin
from typing import cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bonghwa.pursuit.movement import (
    ABOUT,
    AHEAD,
    BY_CAR,
    INDOORS,
    MOVING,
    ON_FOOT,
    PAUSED,
    RIDING,
    TO_CAR,
    TO_GOAL,
    Movement,
)
from bonghwa.pursuit.particles import FROM_X, LENGTH, SPEED, WAY_X, Goals, Net, Sight, Singles, State
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Bytes, Floats, Numbers
from bonghwa.sight.kernel import Function, compiled

inlined = cast(Callable[[Function], Function], njit(cache=True, nogil=True, forceinline=True))
"""Compiled into its caller."""
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53
WALK_MPS = 1.34
"""Free walking speed (Weidmann 1993)."""
ARRIVED_S = 5.0
"""So near a node is a goal reached."""
MOST_HOPS = 200
"""A particle passes at most this many nodes in one step; beyond it waits at the end of its edge."""


@inlined
def mixed(z: np.uint64) -> np.uint64:
    """The finaliser of SplitMix64."""
    z = (z ^ (z >> _S30)) * _FIRST
    z = (z ^ (z >> _S27)) * _SECOND
    return z ^ (z >> _S31)


@inlined
def hashed(key: np.uint64, number: int) -> np.uint64:
    """A hash of a key and a number."""
    return mixed(key + _GOLDEN * np.uint64(number + 1))


@inlined
def drawn(key: np.uint64, number: int) -> float:
    """The number-th uniform of a key, in [0, 1)."""
    return float(hashed(key, number) >> _S11) * _UNIT


@inlined
def on_wheels(mode: int, doing: int) -> bool:
    """Whether this particle moves along car roads."""
    return mode == BY_CAR or doing == RIDING


@compiled
def new_pace(key: np.uint64, driving: bool, m: Movement) -> float:
    """A pace: metres a second on foot, share of the road's speed in a car."""
    kind, where = drawn(key, 0), drawn(key, 1)
    if driving:
        if kind < m.slow_share:
            return m.slow_low + where * (m.slow_high - m.slow_low)
        if kind < 1.0 - m.rush_share:
            return m.slow_high + where * (m.fair_high - m.slow_high)
        return m.fair_high + where * (m.rush_high - m.fair_high)
    if kind < m.walk_share:
        return m.walk_low + where * (m.walk_high - m.walk_low)
    if kind < m.walk_share + m.jog_share:
        return m.walk_high + where * (m.jog_high - m.walk_high)
    return m.jog_high + where * (m.run_high - m.jog_high)


@compiled
def plan_anew(i: int, key: np.uint64, forward: bool, s: State, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """Draw a plan, its goal and heading, and a pace. With `forward` a goal must lie ahead, if one is found in four draws."""
    edge = s.edge[i]
    driving = on_wheels(s.mode[i], s.doing[i])
    u = drawn(key, 0)
    s.plan[i] = TO_GOAL if u < m.goal_share else AHEAD if u < m.goal_share + m.ahead_share else ABOUT
    spread = (drawn(key, 1) + drawn(key, 2) + drawn(key, 3) - 1.5) * 2.0 * m.heading_spread
    s.heading[i] = np.arctan2(net.way_y[edge], net.way_x[edge]) + spread
    s.pace[i] = new_pace(hashed(key, 4), driving, m)
    goals = car if driving else foot
    many = goals.seconds.shape[0]
    if s.plan[i] != TO_GOAL or many == 0:
        return
    ahead = goals.local[net.head[edge]]
    behind = goals.local[net.head[net.twin[edge]]] if net.twin[edge] >= 0 else ahead
    for attempt in range(4):
        s.goal[i] = int(drawn(key, 8 + attempt) * many)
        if ahead < 0 or not forward:
            return
        left = goals.seconds[s.goal[i], ahead]
        if left < np.inf and (behind < 0 or left <= goals.seconds[s.goal[i], behind]):
            return


@inlined
def lawful(use: int, driving: bool, against: float) -> float:
    """How likely an edge of such a use is entered at all, beside one that is open."""
    if driving:
        return 1.0 if use & CAR else against if use & AGAINST else 0.0
    return 1.0 if use & FOOT else 0.0


@inlined
def seconds_to(
    driving: bool, goal: int, node: int, foot_local: Numbers, foot_seconds: Singles, car_local: Numbers, car_seconds: Singles
) -> float:
    """How long it takes from a node to a goal; infinite where that is not known."""
    if driving:
        column = car_local[node]
        return float(car_seconds[goal, column]) if column >= 0 and goal < car_seconds.shape[0] else np.inf
    column = foot_local[node]
    return float(foot_seconds[goal, column]) if column >= 0 and goal < foot_seconds.shape[0] else np.inf


@inlined
def next_edge(
    edge: int, node: int, driving: bool, plan: int, goal: int, here: float, heading: float, key: np.uint64, m: Movement,
    twin: Numbers, to_x: Singles, to_y: Singles,
    out_first: NDArray[np.int64], out_edge: Numbers, out_head: Numbers, out_use: Bytes, out_way: Singles,
    foot_local: Numbers, foot_seconds: Singles, car_local: Numbers, car_seconds: Singles,
) -> int:  # fmt: skip
    """The edge taken at the end of this one, -1 where none is open: one draw among all ways out, weighed by the plan.

    `here` is the time left to the goal from the node; the plan is kept as a heading where that is infinite.
    """
    if plan == TO_GOAL and here == np.inf:
        plan = AHEAD
    if plan == AHEAD:
        way_x, way_y, keen, column = cos(heading), sin(heading), m.ahead_keen, WAY_X
    else:
        way_x, way_y, keen, column = float(to_x[edge]), float(to_y[edge]), m.about_keen, FROM_X
    back = twin[edge]
    total, best = 0.0, -1
    for k in range(out_first[node], out_first[node + 1]):
        weight = lawful(out_use[k], driving, m.against)
        if weight == 0.0:
            continue
        if out_edge[k] == back:
            weight *= m.car_uturn if driving else m.foot_uturn
        if plan == TO_GOAL:
            left = seconds_to(driving, goal, out_head[k], foot_local, foot_seconds, car_local, car_seconds)
            own = out_way[k, LENGTH] / (out_way[k, SPEED] if driving else WALK_MPS)
            weight *= exp(-m.goal_keen * min(max((own + left - here) / (2.0 * own), 0.0), 1.0))
        else:
            weight *= exp(keen * (way_x * out_way[k, column] + way_y * out_way[k, column + 1]))
            if driving:
                weight *= out_way[k, SPEED] * 0.1
        total += weight
        if drawn(key, k - out_first[node]) * total < weight:
            best = out_edge[k]
    return best


@compiled
def turn_back(i: int, s: State, net: Net) -> None:
    """Go the other way along the same street, where it is open on foot."""
    twin = net.twin[s.edge[i]]
    if twin >= 0 and net.use[twin] & FOOT:
        s.along[i] = net.length[twin] * (1.0 - s.along[i] / net.length[s.edge[i]])
        s.edge[i] = twin


@compiled
def change_moving(i: int, key: np.uint64, dt: float, s: State, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """What may befall who moves: at most one change a step, drawn once."""
    u = drawn(key, 0) / dt
    driving = s.mode[i] == BY_CAR
    if u < m.replan_rate:
        plan_anew(i, hashed(key, 1), False, s, net, foot, car, m)
        if not driving and drawn(key, 2) < m.turnback:
            turn_back(i, s, net)
        return
    u -= m.replan_rate
    pace_rate = m.car_pace_rate if driving else m.pace_rate
    if u < pace_rate:
        s.pace[i] = new_pace(hashed(key, 1), driving, m)
        return
    u -= pace_rate
    if driving:
        if u < m.park_rate:
            s.doing[i] = INDOORS
        elif u < m.park_rate + m.abandon_rate and net.use[s.edge[i]] & FOOT:
            s.mode[i] = ON_FOOT
            plan_anew(i, hashed(key, 1), False, s, net, foot, car, m)
    else:
        change_walking(i, u, key, s, net, foot, car, m)


@compiled
def change_walking(i: int, u: float, key: np.uint64, s: State, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """What may befall who walks: he stands, goes indoors, boards a bus, reaches his car. `u` is what is left of the draw."""
    if u < m.foot_pause_rate:
        s.doing[i] = PAUSED
        return
    u -= m.foot_pause_rate
    if u < m.indoors_rate:
        s.doing[i] = INDOORS
        return
    u -= m.indoors_rate
    if not net.use[s.edge[i]] & CAR:
        return
    if u < m.ride_rate:
        s.doing[i] = RIDING
        plan_anew(i, hashed(key, 1), False, s, net, foot, car, m)
    elif u < m.ride_rate + m.start_car_rate and s.mode[i] == TO_CAR:
        s.mode[i] = BY_CAR
        plan_anew(i, hashed(key, 1), False, s, net, foot, car, m)


@compiled
def change_still(i: int, key: np.uint64, dt: float, s: State, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """What may befall who stands, is indoors, or rides."""
    u = drawn(key, 0) / dt
    doing, edge = s.doing[i], s.edge[i]
    driving = s.mode[i] == BY_CAR
    if doing == PAUSED:
        if u < (m.car_resume_rate if driving else m.foot_resume_rate):
            s.doing[i] = MOVING
            if not driving and drawn(key, 1) < m.turnback:
                turn_back(i, s, net)
    elif doing == INDOORS:
        if u < m.out_rate:
            s.doing[i] = MOVING
            if driving and net.use[edge] & FOOT and drawn(key, 1) < 0.5:
                s.mode[i] = ON_FOOT
            if s.mode[i] != BY_CAR and drawn(key, 2) < 0.5:
                turn_back(i, s, net)
            plan_anew(i, hashed(key, 3), False, s, net, foot, car, m)
    elif u < m.alight_rate and net.use[edge] & FOOT:
        s.doing[i], s.mode[i] = MOVING, ON_FOOT
        plan_anew(i, hashed(key, 3), False, s, net, foot, car, m)


@compiled
def arrive(i: int, key: np.uint64, s: State, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """What one does at his goal: goes in or stands, with another plan for afterwards."""
    inside = drawn(key, 2) < m.arrive_indoors
    plan_anew(i, hashed(key, 3), False, s, net, foot, car, m)
    s.doing[i] = INDOORS if inside else PAUSED


@compiled
def advance(s: State, key: np.uint64, dt: float, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """All particles, `dt` seconds on.

    Most of them only go on along their streets: that is done here with plain arrays, as handing tuples of arrays on costs more than
    the work itself.
    """
    edges, alongs, modes, doings, plans, goals, headings, paces = s.edge, s.along, s.mode, s.doing, s.plan, s.goal, s.heading, s.pace
    head, length, twin, speeds, to_x, to_y = net.head, net.length, net.twin, net.speed, net.to_x, net.to_y
    out_first, out_edge, out_head, out_use, out_way = net.out_first, net.out_edge, net.out_head, net.out_use, net.out_way
    foot_local, foot_seconds, car_local, car_seconds = foot.local, foot.seconds, car.local, car.seconds
    walker = m.replan_rate + m.pace_rate + m.foot_pause_rate + m.indoors_rate + m.ride_rate + m.start_car_rate
    driver = m.replan_rate + m.car_pace_rate + m.abandon_rate + m.park_rate
    for i in range(len(edges)):
        own = hashed(key, i)
        event = hashed(own, 0)
        u = drawn(event, 0) / dt
        if doings[i] == MOVING:
            if u < (driver if modes[i] == BY_CAR else walker):
                change_moving(i, event, dt, s, net, foot, car, m)
        elif doings[i] == RIDING or u < max(m.car_resume_rate, m.foot_resume_rate, m.out_rate):
            change_still(i, event, dt, s, net, foot, car, m)
        doing = doings[i]
        if doing in (PAUSED, INDOORS):
            continue
        driving = on_wheels(modes[i], doing)
        time, edge, along = dt, edges[i], alongs[i]
        for hop in range(MOST_HOPS):
            speed = m.ride_speed if doing == RIDING else paces[i] * speeds[edge] if driving else float(paces[i])
            need = (length[edge] - along) / speed
            if need > time:
                along = min(along + speed * time, length[edge])
                break
            time -= need
            along = length[edge]
            plan, goal, here = plans[i], goals[i], np.inf
            if plan == TO_GOAL:
                here = seconds_to(driving, goal, head[edge], foot_local, foot_seconds, car_local, car_seconds)
                if here < ARRIVED_S and doing == MOVING:
                    edges[i] = edge
                    arrive(i, own, s, net, foot, car, m)
                    break
            out = next_edge(
                edge, head[edge], driving, plan, goal, here, headings[i], hashed(own, 8 + hop), m, twin, to_x, to_y,
                out_first, out_edge, out_head, out_use, out_way, foot_local, foot_seconds, car_local, car_seconds,
            )  # fmt: skip
            if out < 0:
                doings[i] = PAUSED
                break
            edge, along = out, 0.0
            if driving and doing == MOVING and drawn(own, 1000 + hop) < m.light_chance:
                doings[i] = PAUSED
                break
        edges[i], alongs[i] = edge, along


@compiled
def set_out(s: State, key: np.uint64, forward: bool, net: Net, foot: Goals, car: Goals, m: Movement) -> None:
    """Give particles that were just put down (edge, along, mode) all the rest: a plan, a pace, and whether they are shy."""
    for i in range(len(s.edge)):
        own = hashed(key, i)
        s.doing[i] = MOVING
        s.shy[i] = drawn(own, 0) < m.shy_share
        plan_anew(i, hashed(own, 1), forward, s, net, foot, car, m)


@compiled
def put_down(
    s: State, key: np.uint64, at: NDArray[np.int64], begin: Floats, end: Floats, edge: Numbers, mode: Bytes, summed: Floats, to_car: float
) -> None:
    """Place particles on stretches drawn by their summed chances; `mode` is of the stretch, and of those on foot a share goes to a car."""
    total = summed[-1]
    for n in range(len(at)):
        i = at[n]
        own = hashed(key, i)
        row = min(np.searchsorted(summed, drawn(own, 0) * total, side="right"), len(summed) - 1)
        s.edge[i] = edge[row]
        s.along[i] = begin[row] + drawn(own, 1) * (end[row] - begin[row])
        s.mode[i] = mode[row]
        if mode[row] == ON_FOOT and drawn(own, 2) < to_car:
            s.mode[i] = TO_CAR


@compiled
def note(
    s: State,
    now: float,
    dt: float,
    sight: Sight,
    count: Numbers,
    which: NDArray[np.int32],
    since: NDArray[np.float64],
    shown: NDArray[np.float64],
) -> None:
    """Note which cameras show each particle now: `which[i, :count[i]]`, since when, and for how long by chance."""
    edges, alongs, doings = s.edge, s.along, s.doing
    first, camera, begin, end, chance = sight.first, sight.camera, sight.begin, sight.end, sight.chance
    most = which.shape[1]
    for i in range(len(edges)):
        if doings[i] >= INDOORS:
            continue
        for k in range(first[edges[i]], first[edges[i] + 1]):
            if begin[k] > alongs[i]:
                break
            if alongs[i] > end[k]:
                continue
            # The camera that shows it now most often did so a step ago, and stands last.
            slot = count[i] - 1
            while slot >= 0 and which[i, slot] != camera[k]:
                slot -= 1
            if slot < 0:
                if count[i] == most:
                    continue
                slot = count[i]
                which[i, slot], since[i, slot], shown[i, slot] = camera[k], now, 0.0
                count[i] += 1
            shown[i, slot] += dt * chance[k]


@compiled
def roll(
    s: State, keys: NDArray[np.uint64], steps: Floats, net: Net, foot: Goals, car: Goals, m: Movement, sight: Sight, most: int, cameras: int
) -> tuple[Numbers, Floats, Floats, NDArray[np.int64]]:
    """Move particles on, each step of so many seconds with a key of its own, and note which cameras show each.

    Returns rows (particle, first seconds, seconds in view by chance), sorted by camera, and where each camera's rows begin. A particle
    notes at most `most` cameras. The state is used up.
    """
    many = len(s.edge)
    count = np.zeros(many, np.int32)
    which = np.empty((many, most), np.int32)
    since, shown = np.empty((many, most)), np.empty((many, most))
    now = 0.0
    note(s, now, steps[0], sight, count, which, since, shown)
    for step in range(len(keys)):
        advance(s, keys[step], steps[step], net, foot, car, m)
        now += steps[step]
        note(s, now, steps[step], sight, count, which, since, shown)
    starts = np.zeros(cameras + 1, np.int64)
    for i in range(many):
        for slot in range(count[i]):
            starts[which[i, slot] + 1] += 1
    for c in range(cameras):
        starts[c + 1] += starts[c]
    place = starts.copy()
    rows = starts[cameras]
    who, first, seconds = np.empty(rows, np.int32), np.empty(rows), np.empty(rows)
    for i in range(many):
        for slot in range(count[i]):
            row = place[which[i, slot]]
            place[which[i, slot]] += 1
            who[row], first[row], seconds[row] = i, since[i, slot], shown[i, slot]
    return who, first, seconds, starts
