"""`python -m benchmarks.media [PART...] [--quick] [--json]`; what is measured and how, the package says."""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Error as PlaywrightError

from benchmarks._table import table
from benchmarks.media import capacity, cost, cut, first, network, networks
from benchmarks.media import clip as clips
from benchmarks.media.judge import browser, origin
from benchmarks.media.network import say
from benchmarks.media.stats import row

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What every part gets."""

    judging: Any
    origin: str
    folder: Path
    quick: bool


async def part_first(run: Run) -> list[Row]:
    rows = await first.rows(run.judging, run.origin, run.folder, clips.synthetic(), 2 if run.quick else 15, 2 if run.quick else 10)
    for number, clip in enumerate([] if run.quick else other_clips()):
        rows += await first.rows(run.judging, run.origin, run.folder / f"clip{number}", clip, 3, 0)
    return rows


async def part_cost(run: Run) -> list[Row]:
    viewers, window_s, rounds = (10, 2, 1) if run.quick else (40, 8, 3)
    return await cost.rows(run.origin, run.folder, clips.synthetic(), viewers, window_s, rounds)


async def part_cut(run: Run) -> list[Row]:
    clip = clips.synthetic(352, 288, 8, 25)
    return await cut.rows(run.judging, run.origin, run.folder, clip, 10 if run.quick else 50, 1 if run.quick else 5)


async def part_capacity(run: Run) -> list[Row]:
    steps = (50,) if run.quick else (100, 200, 300, 350, 400, 450, 500, 550, 600)
    return await capacity.rows(run.origin, run.folder, clips.synthetic(), steps, 4 if run.quick else 10)


async def part_networks(run: Run) -> list[Row]:
    if run.quick:
        return await networks.rows(run.judging, run.origin, run.folder, clips.synthetic(), 4, 1, networks.NETWORKS[1:2])
    return await networks.rows(run.judging, run.origin, run.folder, clips.synthetic(), 15, 2)


def other_clips() -> list[clips.Clip]:
    """The simulated city, and the real recordings where they are."""
    folder = clips.videos()
    if folder is None:
        say(f"real clips not measured: no ../shared/data/video, and {clips.VARIABLE} is not set")
    names = () if folder is None else clips.REAL
    return [clips.city(), *(clips.real(folder / name) for name in names if folder and (folder / name).is_file())]


PARTS: dict[str, Callable[[Run], Awaitable[list[Row]]]] = {
    "first": part_first,
    "cost": part_cost,
    "cut": part_cut,
    "capacity": part_capacity,
    "networks": part_networks,
}


async def measure(names: list[str], *, quick: bool) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bonghwa-bench-") as folder, origin() as address:
        async with browser(address) as judging:
            for name in names:
                say(f"{name} ... (load {os.getloadavg()[0]:.2f})")
                part = Path(folder) / name
                part.mkdir()
                try:
                    rows += await PARTS[name](Run(judging, address, part, quick))
                except (RuntimeError, OSError, TimeoutError, httpx.HTTPError, PlaywrightError) as error:
                    say(f"{name} failed: {error!r}")  # the other parts are still worth their time
                    rows.append(row(f"{name}: failed, not measured", None, None, "", note=type(error).__name__))
    return rows


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench media", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all without one")
    parser.add_argument("--quick", action="store_true", help="some three minutes: small n, few viewers, one clip, one bad network")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON and nothing else")
    given = parser.parse_args(argv)
    if unknown := set(given.part) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    network.enter("benchmarks.media", argv)
    say(f"{os.cpu_count()} cores, load {' '.join(f'{one:.2f}' for one in os.getloadavg())} at the start")
    with contextlib.redirect_stdout(sys.stderr):
        rows = asyncio.run(measure(given.part or list(PARTS), quick=given.quick))
    print(json.dumps(rows) if given.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
