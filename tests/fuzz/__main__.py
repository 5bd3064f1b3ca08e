"""Run each harness for so many seconds, one after the other: `python -m tests.fuzz SECONDS [NAME...]`. 1 when any found a fault.

What was learned stays in `.fuzz/NAME`, and an input that failed in `.fuzz/NAME-crash-*`; give it as `--input FILE` to run it again.
"""

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent.parent / ".fuzz"
NAMES = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
SLOW_S = 10


def run_here(name: str, seconds: int, inputs: list[str]) -> None:
    """Fuzz in this process; libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["bonghwa.media"]):
        harness = importlib.import_module(f"tests.fuzz.{name}")
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(harness.SEEDS):
        (corpus / f"seed-{index}").write_bytes(seed)
    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={SLOW_S}",
        "-max_len=8192",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    where = inputs or [str(corpus)]
    atheris.Setup([name, *limits, f"-artifact_prefix={KEPT / name}-", *where], harness.fuzz)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description="Fuzz what strangers can send, each subject in turn.")
    parser.add_argument("seconds", type=int, help="for each subject")
    parser.add_argument("name", nargs="*", help=f"of {', '.join(NAMES)}; all without one")
    parser.add_argument("--input", action="append", default=[], metavar="FILE", help="run only this input")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.name) - set(NAMES):
        parser.error(f"there is no harness {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if given.here:
        run_here(given.name[0], given.seconds, given.input)
        return 0
    failed = []
    for name in given.name or NAMES:
        print(f"== {name}", flush=True)
        again = [argument for file in given.input for argument in ("--input", file)]
        command = [sys.executable, "-m", "tests.fuzz", str(given.seconds), name, "--here", *again]
        if subprocess.run(command, check=False, env={**os.environ, "PYTHONUNBUFFERED": "1"}).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "nothing found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
