"""Kernels of the camera index: a packed, hashed grid and the tests against it. All places are EPSG:5186 metres.

They stay in one file because numba's cache notices changes of the file of the outermost function only.

A grid is `table` (open addressing: cell key, first, end; key EMPTY where free) over `members`, the camera numbers of every cell in one
row. `geo` is one cache line a camera: x, y, range squared, heading east, heading north, cosine of half the field of view, known, prior.
An unknown heading is 0, 0 with the cosine -2, which passes every test.
"""

from math import atan2, floor, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonghwa.sight.goals import SCENE
from bonghwa.sight.kernel import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Depths = NDArray[np.uint8]

CELL_M: Final = 50.0
"""The side of a cell of the grid of range discs."""
EMPTY: Final = -(1 << 62)
X: Final = 0
Y: Final = 1
RANGE2: Final = 2
EAST: Final = 3
NORTH: Final = 4
COS_HALF: Final = 5
KNOWN: Final = 6
PRIOR: Final = 7
GEO_COLUMNS: Final = 8
# Columns of `trait`: pixels on a metre at one metre, health 0..1, what night leaves of the value, and the number of the pole.
PIXELS: Final = 0
HEALTH: Final = 1
NIGHT: Final = 2
POLE: Final = 3
TRAIT_COLUMNS: Final = 4
SCENE_DECAY: Final = 0.6
"""What a further sure view of the scene is worth beside the one before."""
ANGLE_REPEAT: Final = 0.4
"""What a view of the scene loses when the same eighth of the compass already has a sure one."""
WORTH_OPENING: Final = 0.004
"""A camera that adds less is not opened: no more is shown than the alarm needs."""
_TURN: Final = 6.283185307179586


@compiled
def cell_key(column: int, row: int) -> int:
    """One integer for a grid cell."""
    return (column << 31) + row


@compiled
def find_slot(table: Ints, key: int) -> int:
    """The slot of a cell, or the free slot where it would go."""
    mask = table.shape[0] - 1
    slot: int = ((key * -7046029254386353131) >> 20) & mask
    while table[slot, 0] != key and table[slot, 0] != EMPTY:
        slot = (slot + 1) & mask
    return slot


@compiled
def touches(x: float, y: float, reach: float, column: int, row: int, cell: float) -> bool:
    """Whether a disc touches a grid cell."""
    dx = max(column * cell - x, 0.0, x - (column + 1) * cell)
    dy = max(row * cell - y, 0.0, y - (row + 1) * cell)
    return dx * dx + dy * dy <= reach * reach


@compiled
def count_cells(x: Floats, y: Floats, reach: Floats, cell: float, table: Ints) -> int:
    """Enter every touched cell into an EMPTY table with the number of its discs; how many pairs of disc and cell, -1 when half full."""
    pairs, used = 0, 0
    for i in range(x.shape[0]):
        for column in range(floor((x[i] - reach[i]) / cell), floor((x[i] + reach[i]) / cell) + 1):
            for row in range(floor((y[i] - reach[i]) / cell), floor((y[i] + reach[i]) / cell) + 1):
                if not touches(x[i], y[i], reach[i], column, row, cell):
                    continue
                key = cell_key(column, row)
                slot = find_slot(table, key)
                if table[slot, 0] == EMPTY:
                    table[slot, 0] = key
                    used += 1
                    if 2 * used > table.shape[0]:
                        return -1
                table[slot, 2] += 1
                pairs += 1
    return pairs


@compiled
def fill_cells(x: Floats, y: Floats, reach: Floats, cell: float, table: Ints, members: Numbers) -> None:
    """Lay out the counted cells one after the other and put the discs into them."""
    first = 0
    for slot in range(table.shape[0]):
        held = table[slot, 2]
        table[slot, 1] = first
        table[slot, 2] = first
        first += held
    for i in range(x.shape[0]):
        for column in range(floor((x[i] - reach[i]) / cell), floor((x[i] + reach[i]) / cell) + 1):
            for row in range(floor((y[i] - reach[i]) / cell), floor((y[i] + reach[i]) / cell) + 1):
                if touches(x[i], y[i], reach[i], column, row, cell):
                    slot = find_slot(table, cell_key(column, row))
                    members[table[slot, 2]] = i
                    table[slot, 2] += 1


@compiled
def sees(geo: Floats, depth: Depths, i: int, x: float, y: float) -> bool:
    """Whether camera `i` shows the point: in range, in its field of view when that is known, and no wall between."""
    dx, dy = x - geo[i, X], y - geo[i, Y]
    d2 = dx * dx + dy * dy
    if d2 > geo[i, RANGE2]:
        return False
    d = sqrt(d2)
    if dx * geo[i, EAST] + dy * geo[i, NORTH] < geo[i, COS_HALF] * d:
        return False
    if depth.shape[0] == 0 or d2 == 0.0:
        return True
    rays = depth.shape[1]
    ray = int((atan2(dx, dy) % _TURN) * rays / _TURN) % rays
    return bool(d <= (depth[i, ray] + 1) * sqrt(geo[i, RANGE2]) / 255.0)


@compiled
def cameras_seeing(table: Ints, members: Numbers, geo: Floats, depth: Depths, cell: float, x: float, y: float) -> Numbers:
    """The numbers of all cameras that show, or with an unknown pose might show, the point."""
    key = cell_key(floor(x / cell), floor(y / cell))
    slot = find_slot(table, key)
    first, end = table[slot, 1], table[slot, 2]
    found = np.empty(end - first, np.int32)
    n = 0
    for at in range(first, end):
        i = members[at]
        if sees(geo, depth, i, x, y):
            found[n] = i
            n += 1
    return found[:n]


@compiled
def cameras_in_block(block: Ints, x: float, y: float) -> Numbers:
    """What `cameras_seeing` answers where no walls are known, read from one block of memory (see `grid.one_block`).

    Unpacking each array argument costs a tenth of a microsecond, which is a tenth of the whole answer.
    """
    slots, members_at, geo_at = block[0], block[1], block[2]
    table = block[3 : 3 + 3 * slots].reshape((slots, 3))
    members = block[members_at:geo_at].view(np.int32)
    geo = block[geo_at:].view(np.float64)
    slot = find_slot(table, cell_key(floor(x / CELL_M), floor(y / CELL_M)))
    first, end = table[slot, 1], table[slot, 2]
    found = np.empty(end - first, np.int32)
    n = 0
    for at in range(first, end):
        i = members[at]
        g = GEO_COLUMNS * i
        dx, dy = x - geo[g + X], y - geo[g + Y]
        d2 = dx * dx + dy * dy
        if d2 <= geo[g + RANGE2] and dx * geo[g + EAST] + dy * geo[g + NORTH] >= geo[g + COS_HALF] * sqrt(d2):
            found[n] = i
            n += 1
    return found[:n]


@compiled
def cameras_seeing_each(
    table: Ints, members: Numbers, geo: Floats, depth: Depths, cell: float, x: Floats, y: Floats
) -> tuple[Ints, Numbers]:
    """`cameras_seeing` of many points: where each point's answer begins (one more than there are points), and all answers in a row."""
    first = np.zeros(x.shape[0] + 1, np.int64)
    for p in range(x.shape[0]):
        slot = find_slot(table, cell_key(floor(x[p] / cell), floor(y[p] / cell)))
        for at in range(table[slot, 1], table[slot, 2]):
            first[p + 1] += sees(geo, depth, members[at], x[p], y[p])
        first[p + 1] += first[p]
    found = np.empty(first[-1], np.int32)
    for p in range(x.shape[0]):
        slot = find_slot(table, cell_key(floor(x[p] / cell), floor(y[p] / cell)))
        n = first[p]
        for at in range(table[slot, 1], table[slot, 2]):
            if sees(geo, depth, members[at], x[p], y[p]):
                found[n] = members[at]
                n += 1
    return first, found


@compiled
def within(table: Ints, members: Numbers, geo: Floats, cell: float, x: float, y: float, radius: float) -> Numbers:
    """The numbers of all cameras that stand within a radius; the grid is one of points."""
    found = np.empty(256, np.int32)
    n = 0
    for column in range(floor((x - radius) / cell), floor((x + radius) / cell) + 1):
        for row in range(floor((y - radius) / cell), floor((y + radius) / cell) + 1):
            slot = find_slot(table, cell_key(column, row))
            for at in range(table[slot, 1], table[slot, 2]):
                i = members[at]
                dx, dy = x - geo[i, X], y - geo[i, Y]
                if dx * dx + dy * dy <= radius * radius:
                    if n == found.shape[0]:
                        longer = np.empty(2 * n, np.int32)
                        longer[:n] = found
                        found = longer
                    found[n] = i
                    n += 1
    return found[:n]


@compiled
def shares(geo: Floats, trait: Floats, depth: Depths, i: int, goals: Floats, night: float, value: Floats, hits: Numbers) -> int:
    """How well camera `i` shows each goal, into `value`: chance x pixels on target x health x night, 0..1. `hits` lists the goals it
    may show; the answer is how many."""
    power = geo[i, PRIOR] * trait[i, HEALTH]
    if night != 0.0:
        power *= trait[i, NIGHT]
    n = 0
    for t in range(goals.shape[0]):
        value[t] = 0.0
        if power > 0.0 and sees(geo, depth, i, goals[t, 0], goals[t, 1]):
            dx, dy = goals[t, 0] - geo[i, X], goals[t, 1] - geo[i, Y]
            pixels = trait[i, PIXELS] / max(sqrt(dx * dx + dy * dy), 1.0)
            value[t] = power * min(1.0, pixels / goals[t, 4])
            hits[n] = t
            n += 1
    return n


@compiled
def eighth_of(dx: float, dy: float) -> int:
    """Which of eight directions, 0 north and clockwise, a step goes."""
    return floor((atan2(dx, dy) % _TURN) * 8.0 / _TURN + 0.5) % 8


@compiled
def rank(
    table: Ints,
    members: Numbers,
    cell: float,
    geo: Floats,
    trait: Floats,
    depth: Depths,
    usable: NDArray[np.bool_],
    excluded: Numbers,
    x: float,
    y: float,
    radius: float,
    goals: Floats,
    night: float,
    most: int,
    at_least: int,
) -> tuple[Numbers, Floats, Floats]:
    """The best cameras in order, greedily: their numbers, what each added, and how well each shows every goal.

    Cameras that add nothing to the goals are taken only until `at_least` are chosen, nearest first. While its pose is unknown one head a
    pole is enough, unless fewer than `at_least` were found without the others.
    """
    near = within(table, members, geo, cell, x, y, radius)
    widest = 0.0
    for t in range(goals.shape[0]):
        widest = max(widest, sqrt((goals[t, 0] - x) ** 2 + (goals[t, 1] - y) ** 2))
    helpful = np.empty(near.shape[0], np.int32)
    idle = np.empty(near.shape[0], np.int32)
    value = np.empty((near.shape[0], goals.shape[0]))
    hits = np.empty((near.shape[0], goals.shape[0]), np.int32)
    hit = np.zeros(near.shape[0], np.int32)
    n, m = 0, 0
    for i in near:
        if not usable[i] or trait[i, HEALTH] <= 0.0:
            continue
        out = False
        for e in excluded:
            out = out or e == i
        if out:
            continue
        dx, dy = geo[i, X] - x, geo[i, Y] - y
        reaches = dx * dx + dy * dy <= (sqrt(geo[i, RANGE2]) + widest) ** 2
        hit[n] = shares(geo, trait, depth, i, goals, night, value[n], hits[n]) if reaches else 0
        if hit[n] > 0:
            helpful[n] = i
            n += 1
        else:
            idle[m] = i
            m += 1
    order = np.empty(min(most, n + m), np.int32)
    gains = np.zeros(order.shape[0])
    shown = np.zeros((order.shape[0], goals.shape[0]))
    chosen = greedy(geo, trait, x, y, goals, helpful[:n], value, hits, hit, order, gains, shown, at_least)
    wanted = min(at_least, order.shape[0])
    chosen = fill_up(geo, trait, x, y, idle[:m], order, chosen, wanted, False)
    if chosen < wanted:
        chosen = fill_up(geo, trait, x, y, np.append(idle[:m], helpful[:n]), order, chosen, wanted, True)
    return order[:chosen], gains[:chosen], shown[:chosen]


@compiled
def same_pole_unknown(geo: Floats, trait: Floats, a: int, b: int) -> bool:
    """Whether two heads share a pole and nobody knows where either looks."""
    return bool(geo[a, KNOWN] == 0.0 and geo[b, KNOWN] == 0.0 and trait[a, POLE] == trait[b, POLE])


@compiled
def gain_of(c: int, scene: Floats, fresh: float, angle: float, left: Floats, value: Floats, hits: Numbers, hit: Numbers) -> float:
    """What candidate `c` adds to what is shown so far."""
    gain: float = scene[c] * fresh * (1.0 - ANGLE_REPEAT * angle)
    for h in range(hit[c]):
        gain += left[hits[c, h]] * value[c, hits[c, h]]
    return gain


@compiled
def scene_views(
    geo: Floats, x: float, y: float, goals: Floats, helpful: Numbers, value: Floats, hits: Numbers, hit: Numbers
) -> tuple[Floats, Floats, Numbers]:
    """For each candidate how well it shows the scene, its squared distance from it, and the eighth it looks from."""
    n = helpful.shape[0]
    scene, away, eighth = np.zeros(n), np.empty(n), np.zeros(n, np.int32)
    for c in range(n):
        dx, dy = geo[helpful[c], X] - x, geo[helpful[c], Y] - y
        away[c] = dx * dx + dy * dy
        for h in range(hit[c]):
            if goals[hits[c, h], 3] == SCENE:
                scene[c] += goals[hits[c, h], 2] * value[c, hits[c, h]]
        if scene[c] > 0.0:
            eighth[c] = eighth_of(dx, dy)
    return scene, away, eighth


@compiled
def front_runner(bound: Floats, away: Floats) -> int:
    """The candidate of the highest bound, the nearer of two equal ones."""
    best = 0
    for c in range(1, bound.shape[0]):
        if bound[c] > bound[best] or (bound[c] == bound[best] and away[c] < away[best]):
            best = c
    return best


@compiled
def greedy(
    geo: Floats,
    trait: Floats,
    x: float,
    y: float,
    goals: Floats,
    helpful: Numbers,
    value: Floats,
    hits: Numbers,
    hit: Numbers,
    order: Numbers,
    gains: Floats,
    shown: Floats,
    at_least: int,
) -> int:
    """Take, again and again, the camera that adds most to what is shown so far, the nearer of two equal ones; how many were taken.

    What a camera adds only shrinks as others are taken, so an old gain is an upper bound: only the front runner is reckoned anew.
    """
    n = helpful.shape[0]
    scene, away, eighth = scene_views(geo, x, y, goals, helpful, value, hits, hit)
    left = np.where(goals[:, 3] == SCENE, 0.0, goals[:, 2])
    angles, fresh, chosen = np.zeros(8), 1.0, 0
    bound = np.empty(n)
    for c in range(n):
        bound[c] = gain_of(c, scene, fresh, 0.0, left, value, hits, hit)
    reckoned = np.zeros(n, np.int32)
    while chosen < order.shape[0] and n > 0:
        best = front_runner(bound, away)
        if bound[best] <= 0.0 or (bound[best] <= WORTH_OPENING and chosen >= at_least):
            break
        if reckoned[best] < chosen:
            bound[best] = gain_of(best, scene, fresh, angles[eighth[best]], left, value, hits, hit)
            reckoned[best] = chosen
            continue
        order[chosen], gains[chosen] = helpful[best], bound[best]
        shown[chosen] = value[best]
        fresh *= SCENE_DECAY ** scene[best]
        angles[eighth[best]] = max(angles[eighth[best]], min(1.0, scene[best]))
        for h in range(hit[best]):
            left[hits[best, h]] *= 1.0 - value[best, hits[best, h]]
        for c in range(n):
            if c == best or same_pole_unknown(geo, trait, helpful[c], helpful[best]):
                bound[c] = -1.0
        chosen += 1
    return chosen


@compiled
def fill_up(
    geo: Floats, trait: Floats, x: float, y: float, others: Numbers, order: Numbers, chosen: int, wanted: int, whole_poles: bool
) -> int:
    """Where fewer than wanted promise anything, add the nearest others: one head a pole while poses are unknown, or whole poles."""
    while chosen < wanted:
        best, best_away = -1, np.inf
        for c in range(others.shape[0]):
            i = others[c]
            out = False
            for k in range(chosen):
                out = out or order[k] == i or (not whole_poles and same_pole_unknown(geo, trait, i, order[k]))
            dx, dy = geo[i, X] - x, geo[i, Y] - y
            if not out and dx * dx + dy * dy < best_away:
                best, best_away = i, dx * dx + dy * dy
        if best < 0:
            break
        order[chosen] = best
        chosen += 1
    return chosen


@compiled
def nearest_of(geo: Floats, usable: NDArray[np.bool_], x: float, y: float) -> int:
    """The nearest usable camera, -1 when there is none; a plain scan, for the rare answer that nothing is near."""
    best, best_d2 = -1, np.inf
    for i in range(geo.shape[0]):
        dx, dy = x - geo[i, X], y - geo[i, Y]
        d2 = dx * dx + dy * dy
        if usable[i] and d2 < best_d2:
            best, best_d2 = i, d2
    return best
