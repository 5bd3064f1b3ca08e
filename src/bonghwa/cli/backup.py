"""`bonghwa backup FILE`: copy a data folder into one file, also while the hub runs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bonghwa.ledger.errors import LedgerError
from bonghwa.storage.backup import BackupRefused, back_up


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when the copy is whole, 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(
        prog="bonghwa backup", description="Copy a data folder into FILE. The file holds keys: keep it as safe."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a new file, e.g. bonghwa-2026-11-22.tar.gz")
    parser.add_argument("--data", metavar="DIR", type=Path, default=Path("var"), help="data folder (default: var)")
    given = parser.parse_args(argv)
    try:
        made = back_up(given.data, given.file)
    except (BackupRefused, LedgerError, OSError) as problem:
        print(f"bonghwa backup: {problem}", file=sys.stderr)
        return 1
    print(f"{given.file}: {made['files']} files, {made['bytes']:,} bytes, ledger of {made['entries']:,} entries")
    return 0
