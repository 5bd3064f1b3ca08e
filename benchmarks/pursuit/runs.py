"""Plays of whole cells, on two processes."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from benchmarks.pursuit.baselines import BASELINES
from benchmarks.pursuit.filter_policy import FILTERS
from benchmarks.pursuit.operators import sights
from benchmarks.pursuit.play import Outcome, ceiling, play
from benchmarks.pursuit.policy import Maker, view
from benchmarks.pursuit.scenarios import CELLS, mover, scenarios

PROCESSES = 2
CEILING = "ceiling"
PIECES = 4
"""A seed's scenarios are played in so many jobs."""


@dataclass
class Played:
    """The outcomes of a cell and mode by policy, in the order of seeds and numbers; the ceiling's too."""

    city: str
    cell: str
    mode: str
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A part of a cell for one process."""

    city: str
    cell: str
    mode: str
    seed: int
    count: int
    piece: int
    policies: tuple[str, ...]


def makers() -> dict[str, Maker]:
    """All policies by name."""
    return {**BASELINES, **FILTERS}


def played(cells: Sequence[tuple[str, str, str]], seeds: Sequence[int], count: int, policies: Sequence[str]) -> list[Played]:
    """Play (city, cell, mode) cells, all policies on the same scenarios with the same luck."""
    jobs = [
        Job(city, cell, mode, seed, count, piece, tuple(policies))
        for city, cell, mode in cells
        for seed in seeds
        for piece in range(PIECES)
    ]
    for city, cell, _ in cells:
        view(city, CELLS[cell].density, CELLS[cell].unknown_poses)
        mover(city)
    found = {key: Played(*key) for key in cells}
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("fork")) as pool:
        for job, outcomes in zip(jobs, pool.map(run, jobs), strict=True):
            there = found[job.city, job.cell, job.mode].outcomes
            for name, those in outcomes.items():
                there.setdefault(name, []).extend(those)
    return list(found.values())


def run(job: Job) -> dict[str, list[Outcome]]:
    """One job's outcomes by policy."""
    cell = CELLS[job.cell]
    sight = view(job.city, cell.density, cell.unknown_poses)
    found: dict[str, list[Outcome]] = {name: [] for name in (CEILING, *job.policies)}
    size = -(-job.count // PIECES)
    for scenario in scenarios(job.city, cell, job.mode, job.seed, job.count):
        if scenario.number // size != job.piece:
            continue
        seen = sights(scenario)
        found[CEILING].append(ceiling(scenario, seen))
        for name in job.policies:
            policy = makers()[name](sight, job.seed * 100_003 + scenario.number)
            found[name].append(play(scenario, policy, sight.roads, len(sight.x), seen))
    return found
