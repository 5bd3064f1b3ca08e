"""Run every check of the code, also after one has failed, and say which did: 1 when any did."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from setup import CONSOLE, ROOT, node_command


@dataclass(frozen=True)
class Check:
    """A command that ends with 0 when all is well."""

    name: str
    command: list[str]
    folder: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)

    def passes(self) -> bool:
        """Run it, its output on ours."""
        begun = time.monotonic()
        code = subprocess.run(self.command, cwd=self.folder, env={**os.environ, **self.env}, check=False).returncode
        print(f"{self.name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s", flush=True)
        return code == 0


def checks() -> list[Check]:
    """What is checked, the quick ones first."""
    found = [
        Check("ruff check", ["ruff", "check"]),
        Check("ruff format", ["ruff", "format", "--check"]),
        Check("mypy", ["mypy"]),
        Check("rules", [sys.executable, "-m", "pytest", "-q", "tests/rules"]),
    ]
    if CONSOLE.is_dir():
        npm, env = node_command()
        found.append(Check("svelte-check", [*npm, "run", "check"], CONSOLE, env))
    return found


def main() -> int:
    failed = [check.name for check in checks() if not check.passes()]
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
