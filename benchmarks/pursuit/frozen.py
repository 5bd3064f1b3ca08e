"""The hash of everything that decides what is played, so that a table can be held against what was committed before the tuning."""

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORD = HERE / "frozen.sha256"
SOURCES = ("cities.py", "families.py", "operators.py", "osm.py", "routing.py", "scenarios.py", "truth.py", "views.py")
"""What moves, what is seen, and which scenarios there are."""


def file_hashes() -> dict[str, str]:
    """The SHA-256 of each frozen file as it is now."""
    return {name: hashlib.sha256((HERE / name).read_bytes()).hexdigest() for name in SOURCES}


def recorded() -> dict[str, str]:
    """The SHA-256 of each frozen file as it was committed, in the form of `sha256sum`."""
    lines = RECORD.read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def digest() -> str:
    """One SHA-256 for all frozen files."""
    return hashlib.sha256("".join(f"{value}  {name}\n" for name, value in sorted(file_hashes().items())).encode()).hexdigest()
