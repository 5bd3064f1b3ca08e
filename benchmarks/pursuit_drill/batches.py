"""Many drills played fast, in some processes at once."""

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from typing import Any

from benchmarks._table import table
from benchmarks.pursuit_drill.offline import Outcome, played
from benchmarks.pursuit_drill.report import rows
from benchmarks.pursuit_drill.world import World, drills, world
from bonghwa.pursuit.network import Network

AT_ONCE = 5
"""Drills whose cameras are looked through together."""


def batch(seeds: Sequence[int], k: int) -> list[dict[str, Outcome]]:
    """The outcomes of some drills; in a process of its own."""
    ground, network = _ground()
    outcomes = []
    for seed, drill in zip(seeds, drills(ground, [str(seed) for seed in seeds]), strict=True):
        outcomes.append(played(ground, network, drill, seed, k))
        told = ", ".join(f"{name} {said(outcome)}" for name, outcome in outcomes[-1].items())
        print(f"drill {seed:>3}: {told}", file=sys.stderr, flush=True)
    return outcomes


@cache
def _ground() -> tuple[World, Network]:
    ground = world()
    return ground, Network.of(ground.view.roads, ground.view.coverage)


def offline(seeds: Sequence[int], k: int, processes: int) -> list[dict[str, Any]]:
    """The rows of drills played fast. After every batch the table so far goes to standard error."""
    batches = [seeds[at : at + AT_ONCE] for at in range(0, len(seeds), AT_ONCE)]
    outcomes: list[dict[str, Outcome]] = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(batch, part, k) for part in batches]):
            outcomes += done.result()
            print(table(rows(outcomes)), file=sys.stderr, flush=True)
    return rows(outcomes)


def said(outcome: Outcome) -> str:
    """One outcome in short: sightings, seconds on a screen of seconds in any view."""
    return f"{len(outcome.presses)} sightings {outcome.in_sight}/{outcome.in_any} s"
