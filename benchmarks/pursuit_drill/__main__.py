"""Drills of a subject on the run: `python -m benchmarks.pursuit_drill [--drills N] [--k K] [--json] [--quick] [--live N]`.

Seeds 1 to N of the drill `strap_cut_run`, ten minutes each, played fast: the same subject, walls and operator's luck for the product's
pursuit, for the k cameras nearest to the last known place, and for all cameras at once. `--live N` instead plays N drills in real time
on the running demo, through its outside faces only. Progress goes to standard error.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks._table import table
from benchmarks.pursuit_drill.batches import offline


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pursuit_drill", description=__doc__)
    parser.add_argument("--drills", type=int, default=100, help="how many seeds, from the first")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--k", type=int, default=9, help="cameras watched at once")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON and nothing else")
    parser.add_argument("--quick", action="store_true", help="three drills")
    parser.add_argument("--live", type=int, metavar="N", help="play N drills in real time on the running demo")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each live drill")
    parser.add_argument("--ready-file", type=Path, help="a running demo's; else one is started for the live drills")
    given = parser.parse_args()
    if given.live:
        from benchmarks.pursuit_drill.live import live

        found = live(given.live, given.first, given.k, given.minutes, given.ready_file)
    else:
        found = offline(range(given.first, given.first + (3 if given.quick else given.drills)), given.k, given.processes)
    print(json.dumps(found, ensure_ascii=False) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
