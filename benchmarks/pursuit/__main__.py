"""`python -m benchmarks.pursuit [--quick] [--city NAME...] [--cell NAME...]`; what is measured and how, the package says."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks._table import table
from benchmarks.pursuit import report, runs
from benchmarks.pursuit.cities import NAMES, MissingDataError, city
from benchmarks.pursuit.scenarios import CELLS, EACH_SEED, MODES, SEEDS

PLOTS = Path("var/bench/pursuit")
QUICK_COUNT = 40
QUICK_EXITS = 100


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.pursuit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the hard cell of Jung-gu, one seed, few scenarios")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--city", nargs="+", choices=NAMES, help="without it junggu and beijing")
    parser.add_argument("--cell", nargs="+", choices=[*CELLS, "all"], help="without it hard and false 20")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--each", type=int, metavar="N", help=f"scenarios of a seed, without it {EACH_SEED}")
    parser.add_argument("--policy", nargs="+", choices=list(runs.makers()), help="without it all")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help=f"draw them there; without it, and not --quick, in {PLOTS}")
    args = parser.parse_args(argv)
    rows = measure(args)
    print(json.dumps(rows) if args.json else table(rows))
    return 0


def measure(args: argparse.Namespace) -> list[report.Row]:
    """All rows that were asked for."""
    cities = there(args.city or (["junggu"] if args.quick else ["junggu", "beijing"]))
    cells = list(CELLS) if args.cell and "all" in args.cell else args.cell or (["hard"] if args.quick else ["hard", "false 20"])
    policies = args.policy or list(runs.makers())
    seeds, count = (SEEDS[:1], args.each or QUICK_COUNT) if args.quick else (SEEDS, args.each or EACH_SEED)
    wanted = [(name, cell, mode) for name in cities for cell in cells for mode in args.mode]
    rows = report.hash_rows({name: city(name).data for name in cities})
    played = runs.played(wanted, seeds, count, policies)
    for cell in played:
        rows += report.cell_rows(cell)
    if "beijing" in cities:
        rows += report.next_rows("beijing", policies, QUICK_EXITS if args.quick else None)
    if folder := args.plots or (None if args.quick else PLOTS):
        report.plots(played, folder)
        print(f"plots: {folder}", file=sys.stderr)
    return rows


def there(names: list[str]) -> list[str]:
    """The cities whose data is on this machine; the others are said to be skipped."""
    found = []
    for name in names:
        try:
            city(name)
        except MissingDataError as error:
            print(f"SKIPPED: the city {name} is not measured: {error}", file=sys.stderr)
        else:
            found.append(name)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
