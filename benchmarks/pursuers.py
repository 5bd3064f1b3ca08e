"""The pursuers with 1 and with 20 pursuits at once: the product's own processes on real ground, told all that a hub tells them.

Two processes, as the product starts them, beside one process for all (and, where memory allows, one for each). Every pursuit is told every
two seconds that its cameras were watched in vain; every five seconds one of them is told a sighting. The ground: a grid of 38,025 nodes
with a camera at every fourth crossing, and the packaged roads with the packaged cameras.

`python -m benchmarks.pursuers [--quick] [--only GROUND] [--json]`. Needs Linux, for the memory of processes.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._pursued import GROUNDS, HOUR_S, Load, Measured, follow, grown

PURSUITS = 20
GOAL_TICK_MS = 20.0
SECONDS, QUICK_SECONDS = 60, 10
EACH_NEEDS_BYTES = 10 << 30
"""A process for each of 20 pursuits is only tried where so much memory is free."""
Row = dict[str, Any]


def rows(quick: bool, only: str = "") -> list[Row]:
    """All rows; `quick` measures the packaged ground alone, shortly, without the hour and without a process for each."""
    found: list[Row] = []
    seconds = QUICK_SECONDS if quick else SECONDS
    for name, lay in GROUNDS.items():
        if only not in ("", name) or (quick and not only and name != "packaged"):
            continue
        with tempfile.TemporaryDirectory(prefix="bonghwa-pursuers-") as folder:
            ground = lay(Path(folder))
            print(f"{name} laid: {ground.about}", file=sys.stderr)
            one, many, together, alone = (
                said(f"{name}, {pursuits} in {size}", asyncio.run(follow(ground, Load(pursuits, size, seconds))))
                for pursuits, size in ((1, 2), (PURSUITS, 2), (PURSUITS, 1), (1, 1))
            )
            found += time_rows(f"{ground.about}, 1 pursuit", one, None)
            found += time_rows(f"{ground.about}, {PURSUITS} pursuits in 2 processes", many, together)
            found += memory_rows(ground.about, one, many, together, alone)
            if not quick and free_bytes() > EACH_NEEDS_BYTES:
                each = said(f"{name}, a process each", asyncio.run(follow(ground, Load(PURSUITS, PURSUITS, seconds))))
                found += each_rows(f"{ground.about}, {PURSUITS} pursuits", many, each)
            if not quick:
                found += hour_rows(ground.about, grown(ground))
    return found


def said(name: str, measured: Measured) -> Measured:
    """Say on the way how a run went."""
    ticks = " ".join(f"{value:.1f}" for value in np.percentile(measured.tick_ms, (50, 99, 100)))
    print(f"{name}: tick ms p50 p99 worst {ticks}, {measured.skipped} seconds skipped, {measured.pss >> 20} MB", file=sys.stderr)
    return measured


def time_rows(title: str, ours: Measured, rival: Measured | None) -> list[Row]:
    """How long ticks, seconds and answers took, how late pictures were, and what the hub's loop felt; the rival is one process for all."""
    found = []
    for name, of in (("tick", "tick_ms"), ("tick, processor time", "tick_cpu_ms"), ("tick, what was not seen, and picture", "second_ms")):
        values, others = getattr(ours, of), getattr(rival, of) if rival else None
        for level, label in ((50, "p50"), (99, "p99"), (100, "worst")):
            mine, them = at(values, level), at(others, level)
            goal = GOAL_TICK_MS if (of, level) == ("tick_ms", 99) else None
            found.append(row(f"{title}: {name}, {label}", mine, them, "ms", len(values), goal))
    for name, of in (
        ("a picture later than its second", "late_ms"),
        ("a sighting told and weighed", "answer_ms"),
        ("hub's loop", "lag_ms"),
    ):
        values, others = getattr(ours, of), getattr(rival, of) if rival else None
        found += [
            row(f"{title}: {name}, {label}", at(values, level), at(others, level), "ms", len(values))
            for level, label in ((50, "p50"), (99, "p99"))
        ]
    them = rival.skipped if rival else None
    found.append(row(f"{title}: seconds without a picture", ours.skipped, them, f"of {ours.seconds_followed}", len(ours.tick_ms), 0))
    found.append(row(f"{title}: a picture", at(ours.picture_bytes, 50), None, "B", len(ours.picture_bytes)))
    return [*found, row(f"{title}: processor of the processes", 100 * ours.busy, 100 * rival.busy if rival else None, "% of a core", 1)]


def memory_rows(title: str, one: Measured, many: Measured, together: Measured, alone: Measured) -> list[Row]:
    """Proportional set size: what is shared counts once."""
    further = (together.pss - alone.pss) / (PURSUITS - 1) / 2**20
    return [
        row(f"{title}: memory with 1 pursuit", one.pss / 2**20, None, "MB", 1),
        row(f"{title}: memory with {PURSUITS} pursuits in 2 processes", many.pss / 2**20, together.pss / 2**20, "MB", 1),
        row(f"{title}: memory of a further pursuit in a process", further, None, "MB", PURSUITS - 1),
    ]


def each_rows(title: str, ours: Measured, each: Measured) -> list[Row]:
    """Beside a process for each pursuit."""
    return [
        row(f"{title}, beside a process each: tick, p99", at(ours.tick_ms, 99), at(each.tick_ms, 99), "ms", len(ours.tick_ms)),
        row(f"{title}, beside a process each: memory", ours.pss / 2**20, each.pss / 2**20, "MB", 1),
    ]


def hour_rows(title: str, hour: dict[str, float]) -> list[Row]:
    """What an hour of one pursuit leaves: driven as fast as it goes."""
    return [
        row(f"{title}: memory grown from 12 to {HOUR_S // 60} minutes", hour["grown"] / 2**20, None, "MB", 1),
        row(f"{title}: its log after {HOUR_S // 60} minutes", hour["log"] / 2**20, None, "MB", 1),
        row(f"{title}: begun anew from that log", hour["again_s"], None, "s", 1),
    ]


def at(values: list[float] | None, level: float) -> float | None:
    """A hundredth of values; None where there are none."""
    return float(np.percentile(values, level)) if values else None


def row(name: str, ours: float | None, rival: float | None, unit: str, n: int, goal: float | None = None) -> Row:
    """One row; less is better in all of them."""
    found: Row = {
        "name": name,
        "ours": None if ours is None else round(ours, 2),
        "rival": None if rival is None else round(rival, 2),
        "ratio": round(rival / ours, 2) if ours and rival else None,
        "unit": unit,
        "n": n,
    }
    if goal is not None:
        found |= {"goal": goal, "goal_of": "ours", "met": None if ours is None else ours <= goal}
    return found


def free_bytes() -> int:
    """Memory that can be had without swapping."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def main() -> int:
    from benchmarks._table import table

    parser = argparse.ArgumentParser(prog="python -m benchmarks.pursuers", description="The pursuers with 1 and with 20 pursuits at once.")
    parser.add_argument("--quick", action="store_true", help="the packaged ground alone, ten seconds a run")
    parser.add_argument("--only", default="", choices=["", *GROUNDS], help="one ground alone")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    given = parser.parse_args()
    began = time.monotonic()
    found = rows(given.quick, given.only)
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
