"""The compiled kernels that weigh particles by evidence, draw them anew and add them up. All of this family stand here."""

from math import cos, exp, sqrt

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.movement import BY_CAR, INDOORS
from bonghwa.pursuit.particles import Sight, State
from bonghwa.pursuit.roads import Bytes, Floats, Numbers
from bonghwa.sight.kernel import compiled


@compiled
def fit(
    s: State,
    edge: Numbers,
    begin: Floats,
    end: Floats,
    height: Floats,
    way_x: NDArray[np.float32],
    way_y: NDArray[np.float32],
    heading_x: float,
    heading_y: float,
    keen: float,
    floor: float,
    wheels: int,
    other_mode: float,
) -> Floats:
    """How well each particle fits a claim: the greatest height of the stretches (sorted by edge) that hold it, by heading and mode.

    A heading of length 0 says nothing; `wheels` is 0 on foot, 1 driving, -1 unknown. Who left the network fits nothing.
    """
    fits = np.zeros(len(s.edge))
    for i in range(len(s.edge)):
        if s.doing[i] >= INDOORS:
            continue
        row = np.searchsorted(edge, s.edge[i])
        best = 0.0
        while row < len(edge) and edge[row] == s.edge[i]:
            if begin[row] <= s.along[i] <= end[row]:
                best = max(best, height[row])
            row += 1
        if best == 0.0:
            continue
        if heading_x != 0.0 or heading_y != 0.0:
            best *= max(floor, exp(keen * (heading_x * way_x[s.edge[i]] + heading_y * way_y[s.edge[i]] - 1.0)))
        if wheels >= 0 and (s.mode[i] == BY_CAR) != (wheels == 1):
            best *= other_mode
        fits[i] = best
    return fits


@compiled
def blend(s: State, fits: Floats, confidence: float) -> None:
    """The mixture of the belief given the claim, by its confidence, with the belief as it was. The fits must not all be 0."""
    total = 0.0
    for i in range(len(fits)):
        total += s.weight[i] * fits[i]
    for i in range(len(fits)):
        s.weight[i] *= 1.0 - confidence + confidence * fits[i] / total


@compiled
def unseen(s: State, exposure: Floats, sight: Sight, shy: float, least: float) -> None:
    """Lower the weight of what watched cameras show. `exposure` is by camera: detection rate times seconds, 0 for a camera not watched."""
    for i in range(len(s.edge)):
        if s.doing[i] >= INDOORS:
            continue
        edge, along = s.edge[i], s.along[i]
        missed = 1.0
        for k in range(sight.first[edge], sight.first[edge + 1]):
            if sight.begin[k] > along:
                break
            if along <= sight.end[k] and exposure[sight.camera[k]] > 0.0:
                looked = exposure[sight.camera[k]] * (shy if s.shy[i] else 1.0)
                missed *= 1.0 - sight.chance[k] * (1.0 - exp(-looked))
        s.weight[i] *= max(missed, least)


@compiled
def normalised(weight: Floats) -> float:
    """Make the weights sum to 1, none of them 0, and return the effective number of particles."""
    total = 0.0
    for i in range(len(weight)):
        total += weight[i]
    least = 1e-12 / len(weight)
    again = 0.0
    for i in range(len(weight)):
        weight[i] = max(weight[i] / total, least)
        again += weight[i]
    squares = 0.0
    for i in range(len(weight)):
        weight[i] /= again
        squares += weight[i] * weight[i]
    return 1.0 / squares


@compiled
def picked(weight: Floats, many: int, defensive: float, start: float) -> tuple[NDArray[np.int64], Floats]:
    """Systematic draw of particles and their new weights (sum of `weight` kept in the mean).

    The draw goes by the weight, but a share `defensive` by its root: what is thought unlikely keeps particles, each of little weight.
    """
    roots = 0.0
    total = 0.0
    for i in range(len(weight)):
        roots += sqrt(weight[i])
        total += weight[i]
    chosen = np.empty(many, np.int64)
    fresh = np.empty(many)
    summed, n = 0.0, 0
    last = 0
    for i in range(len(weight)):
        if weight[i] == 0.0:
            continue
        chance = (1.0 - defensive) * weight[i] / total + defensive * sqrt(weight[i]) / roots
        summed += chance
        last = i
        while n < many and (n + start) / many < summed:
            chosen[n] = i
            fresh[n] = weight[i] / chance / many
            n += 1
    while n < many:
        chosen[n], fresh[n] = last, weight[last] / many
        n += 1
    kept = 0.0
    for n in range(many):
        kept += fresh[n]
    for n in range(many):
        fresh[n] *= total / kept
    return chosen, fresh


@compiled
def blind_and_seen(s: State, sight: Sight, cameras: int) -> tuple[Bytes, Floats]:
    """Which particles are on a road that no camera shows, and how much of the belief each camera shows now."""
    blind = np.zeros(len(s.edge), np.uint8)
    seen = np.zeros(cameras)
    for i in range(len(s.edge)):
        if s.doing[i] >= INDOORS:
            continue
        edge, along = s.edge[i], s.along[i]
        shown = False
        for k in range(sight.first[edge], sight.first[edge + 1]):
            if sight.begin[k] > along:
                break
            if along <= sight.end[k]:
                shown = True
                seen[sight.camera[k]] += s.weight[i] * sight.chance[k]
        blind[i] = not shown
    return blind, seen


@compiled
def greedy(
    who: Numbers,
    starts: NDArray[np.int64],
    caught: Floats,
    weight: Floats,
    allowed: Bytes,
    kept: Bytes,
    pinned: Bytes,
    k: int,
    bonus: float,
) -> tuple[Numbers, Floats]:
    """The k cameras that together see the most: pins first, then each the greatest gain.

    One watched already counts for `bonus` more, and for one standard error of its gain: few particles tell two cameras hardly apart, and
    none shall give way to luck. Rows (sorted by camera, `starts`) say with what chance `caught` a camera sees particle `who`. Returns
    cameras and their own gains.
    """
    cameras = len(starts) - 1
    left = weight.copy()
    chosen = np.empty(k, np.int32)
    gains = np.empty(k)
    taken = np.zeros(cameras, np.uint8)
    many = 0
    while many < k:
        best, best_gain, best_score = -1, 0.0, 0.0
        for c in range(cameras):
            if taken[c] or not allowed[c]:
                continue
            gain, squares = 0.0, 0.0
            for row in range(starts[c], starts[c + 1]):
                part = left[who[row]] * caught[row]
                gain += part
                squares += part * part
            score = gain * (1.0 + bonus) + sqrt(squares) if kept[c] else gain
            if pinned[c]:
                score += 1e6
            if score > best_score:
                best, best_gain, best_score = c, gain, score
        if best < 0:
            break
        chosen[many], gains[many] = best, best_gain
        taken[best] = 1
        many += 1
        for row in range(starts[best], starts[best + 1]):
            left[who[row]] *= 1.0 - caught[row]
    return chosen[:many], gains[:many]


@compiled
def gather(s: State, into: State, chosen: NDArray[np.int64], weight: Floats, at: int) -> None:
    """Copy chosen particles, with new weights, to places from `at` on."""
    for n in range(len(chosen)):
        i, j = chosen[n], at + n
        into.edge[j], into.along[j], into.weight[j] = s.edge[i], s.along[i], weight[n]
        into.mode[j], into.doing[j], into.plan[j], into.goal[j] = s.mode[i], s.doing[i], s.plan[i], s.goal[i]
        into.heading[j], into.pace[j], into.shy[j] = s.heading[i], s.pace[i], s.shy[i]


@compiled
def edge_mass(s: State, marked: Bytes, street: Numbers, edges: int) -> tuple[Floats, Floats]:
    """Mass on each street (by its number in `street`) and the part of it whose particles are marked.

    Both have two rows: 0 who is on foot, 1 who drives. Who left the network is nowhere.
    """
    mass, part = np.zeros((2, edges)), np.zeros((2, edges))
    for i in range(len(s.edge)):
        if s.doing[i] < INDOORS:
            number, row = street[s.edge[i]], int(s.mode[i] == BY_CAR)
            mass[row, number] += s.weight[i]
            if marked[i]:
                part[row, number] += s.weight[i]
    return mass, part


@compiled
def turned(degrees: float) -> tuple[float, float]:
    """The unit vector (east, north) of a bearing clockwise from north."""
    radians = degrees * 0.017453292519943295
    return cos(1.5707963267948966 - radians), cos(radians)
