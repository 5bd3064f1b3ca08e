"""Which pursuits are played: cells, seeds, and each scenario's subject, fix and luck, all functions of a few numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.pursuit.cities import City, city
from benchmarks.pursuit.families import BEGINS, CAR_FAMILIES, FOOT_FAMILIES, Mover, taxi
from benchmarks.pursuit.routing import Ways
from benchmarks.pursuit.truth import Track, walk

HORIZON_S = 600
MODES = ("foot", "car", "unknown")
SEEDS = (11, 12, 13)
EACH_SEED = 120
"""Scenarios of a seed: with three seeds 360 a cell and mode."""
WITHIN_THE_RADIUS = 0.68
"""An error radius holds this share of fixes, as phones mean it."""


@dataclass(frozen=True)
class Cell:
    """A setting. `age_s` is how old the fix is when watching begins; `false` the chance in a minute that a wrong person is confirmed."""

    name: str
    age_s: int = 120
    error_m: float = 100.0
    density: float = 1.0
    rate: float = 0.5
    k: int = 9
    false: float = 0.0
    unknown_poses: float = 0.0
    tired: bool = False
    """Whether who watches more screens sees less on each."""


HARD = Cell("hard")
CELLS = {
    cell.name: cell
    for cell in (
        HARD,
        replace(HARD, name="delay 15", age_s=15),
        replace(HARD, name="delay 300", age_s=300),
        replace(HARD, name="error 15", error_m=15.0),
        replace(HARD, name="error 300", error_m=300.0),
        replace(HARD, name="density 25", density=0.25),
        replace(HARD, name="density 5", density=0.05),
        replace(HARD, name="rate 1", rate=1.0),
        replace(HARD, name="rate 0.25", rate=0.25),
        replace(HARD, name="k 4", k=4),
        replace(HARD, name="k 16", k=16),
        replace(HARD, name="false 5", false=0.05),
        replace(HARD, name="false 20", false=0.20),
        replace(HARD, name="unknown poses", unknown_poses=0.5),
        replace(HARD, name="tired", tired=True),
    )
}
"""The hard cell, and those that differ from it in one thing."""


@dataclass(frozen=True, eq=False)
class Scenario:
    """One pursuit. The track begins at the fix, `cell.age_s` before watching does."""

    city: str
    cell: Cell
    mode: str
    """What the watchers are told: foot, car or unknown."""
    seed: int
    number: int
    track: Track
    fix: tuple[float, float]
    """Where the device said it was, metres from the roads' origin."""


def families(city_name: str, mode: str) -> tuple[str, ...]:
    """The families of a mode in a city. Beijing's cars drive the real routes."""
    cars = ("taxi",) if city_name == "beijing" else CAR_FAMILIES
    return {"foot": FOOT_FAMILIES, "car": cars, "unknown": (*FOOT_FAMILIES, *cars, "walkcar")}[mode]


def scenarios(city_name: str, cell: Cell, mode: str, seed: int, count: int = EACH_SEED) -> Iterator[Scenario]:
    """The scenarios of a seed, the families in turn. The same seed and number is the same subject in every cell."""
    ground = city(city_name)
    move = mover(city_name)
    chosen = families(city_name, mode)
    for number in range(count):
        family = chosen[number % len(chosen)]
        rng = np.random.default_rng([seed, number, MODES.index(mode), *family.encode()])
        track = subject(ground, move, family, cell.age_s + HORIZON_S, rng)
        luck = np.random.default_rng([seed, number, MODES.index(mode), 999])
        spread = cell.error_m / np.sqrt(-2 * np.log(1 - WITHIN_THE_RADIUS))
        off = luck.normal(0, 1, 2) * spread
        yield Scenario(city_name, cell, mode, seed, number, track, (float(track.x[0] + off[0]), float(track.y[0] + off[1])))


@cache
def mover(city_name: str) -> Mover:
    """The plans of a city. People are drawn to where cameras stand, as people are why they stand there."""
    ground = city(city_name)
    tree = cKDTree(np.column_stack((ground.cameras.x, ground.cameras.y)))
    about = tree.query_ball_point(np.column_stack((ground.roads.x, ground.roads.y)), 300.0, return_length=True)
    return Mover(Ways(ground.roads), np.minimum(about, 20).astype(np.float64))


def subject(ground: City, move: Mover, family: str, seconds: int, rng: np.random.Generator) -> Track:
    """A subject of the family from a drawn start, where people are."""
    if family == "taxi":
        return real_drive(ground, move, seconds, rng)
    roads = ground.roads
    weight = roads.length * (move.pull[roads.tail] + move.pull[roads.head])
    weight = weight * ((roads.use & BEGINS[family]) > 0) * (roads.length < 800)
    chance = np.cumsum(weight)
    edge = int(np.searchsorted(chance, rng.random() * chance[-1], side="right"))
    plan = move.plan(family, edge, rng.random() * float(roads.length[edge]), rng)
    return walk(move.ways, plan, family, seconds, rng)


def real_drive(ground: City, move: Mover, seconds: int, rng: np.random.Generator) -> Track:
    """A piece of a real route that begins in its first half."""
    routes = [route for route in ground.routes if len(route) > 12]
    route = routes[int(rng.integers(len(routes)))]
    edges = route_edges(ground, route)
    begin = int(rng.integers(0, max(len(edges) // 2, 1)))
    along = rng.random() * float(ground.roads.length[edges[begin]])
    return walk(move.ways, taxi(move, edges[begin:], along, rng), "taxi", seconds, rng)


def route_edges(ground: City, route: tuple[int, ...]) -> list[int]:
    """The edges of a list of nodes; cut where two nodes are not neighbours."""
    roads, edges = ground.roads, []
    for a, b in pairwise(route):
        leaving = roads.out_edge[roads.out_first[a] : roads.out_first[a + 1]]
        joining = leaving[roads.head[leaving] == b]
        if not len(joining):
            break
        edges.append(int(joining[np.argmin(roads.length[joining])]))
    return edges
