"""`bonghwa restore FILE`: make a data folder from a backup."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bonghwa.storage.backup import BackupRefused, restore


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when the folder is there and its ledger verifies, 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(prog="bonghwa restore", description="Make a data folder from a backup. The hub must not be running.")
    parser.add_argument("file", metavar="FILE", type=Path, help="what bonghwa backup wrote")
    parser.add_argument("--data", metavar="DIR", type=Path, default=Path("var"), help="an empty or missing folder (default: var)")
    given = parser.parse_args(argv)
    try:
        verdict = restore(given.file, given.data)
    except (BackupRefused, OSError) as problem:
        print(f"bonghwa restore: {problem}", file=sys.stderr)
        return 1
    print(f"{given.data}: restored; {verdict.text if verdict else 'it has no ledger yet'}")
    return 0 if verdict is None or verdict.ok else 1
