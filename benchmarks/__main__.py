"""Run the named benchmarks, or all, one after the other in processes of their own: `python -m benchmarks [NAME...] [--quick] [--json]`."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks._table import table

HERE = Path(__file__).resolve().parent
NAMES = sorted(
    [path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_")] + [path.parent.name for path in HERE.glob("*/__main__.py")]
)


def measure(name: str, *, quick: bool) -> list[dict[str, Any]]:
    """The rows of one benchmark. Raises CalledProcessError when it fails; what it says on its way goes to standard error."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Each benchmark measures us and a rival in the same run.")
    parser.add_argument("name", nargs="*", help=f"of {', '.join(NAMES)}; all without one")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON and nothing else")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller measurements")
    given = parser.parse_args()
    if unknown := set(given.name) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    rows = [row for name in given.name or NAMES for row in measure(name, quick=given.quick)]
    print(json.dumps(rows) if given.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
