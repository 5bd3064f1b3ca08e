"""Starts processes, starts again those that die, and ends them all: nothing of a system outlives its supervisor.

Each child is the leader of its own process group and holds the reading end of a pipe whose writing end only the
supervisor has. When the supervisor dies, however it dies, the pipe closes and the child ends itself.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
PARENT_PIPE = "BONGHWA_PARENT_PIPE"
GRACE_S = 7.0
"""How long a process may take to end by itself."""

_TICK_S = 0.1
_FIRST_DELAY_S, _LONGEST_DELAY_S = 0.5, 15.0
_SETTLED_S = 30.0
"""A process that ran this long is started again without delay when it dies."""


class StartFailed(Exception):
    """A system did not come up; the text says which process and what it said last."""


class StopRequest:
    """Listens for SIGTERM and SIGINT from its making on."""

    def __init__(self) -> None:
        """Install the handlers, then let in a signal that came before them."""
        self.asked = False
        for wanted in STOP_SIGNALS:
            signal.signal(wanted, self._note)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def _note(self, *_: object) -> None:
        self.asked = True


@dataclass
class _Child:
    """One supervised process and how its starts went."""

    name: str
    argv: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Owns its children from `start` to `stop`. For one thread; `stopping` asks whether to go on.

    `on_restart(name, code)` is told when a process that died with `code` was started again.
    """

    logs: Path
    stopping: Callable[[], bool]
    on_restart: Callable[[str, int], None] = lambda _name, _code: None
    _children: dict[str, _Child] = field(default_factory=dict)
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def start(self, name: str, argv: Sequence[str]) -> int:
        """Start `argv` as `name`, its output appended to LOGS/NAME.log; answers the process id."""
        log = self.logs / f"{name}.log"
        child = _Child(name, argv, log, self._spawn(argv, log), time.monotonic())
        self._children[name] = child
        return child.process.pid

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each child, as it now is."""
        return {name: child.process.pid for name, child in self._children.items()}

    def run(self, until: Callable[[], bool], within_s: float | None = None) -> bool:
        """Watch over the children until `until` holds or a stop is asked; answers whether it held.

        Raises StartFailed when it did not hold `within_s` seconds, naming a process that died meanwhile.
        """
        begun = time.monotonic()
        while not self.stopping():
            if until():
                return True
            if within_s is not None and time.monotonic() - begun > within_s:
                raise StartFailed(self._complaint(within_s))
            self._revive()
            time.sleep(_TICK_S)
        return False

    def perform(self, name: str, tasks: Sequence[Sequence[str]]) -> bool:
        """Run `tasks` side by side to their end; False when a stop was asked, and they were ended.

        Raises StartFailed when one fails, with what it said last; the others are ended.
        """
        log = self.logs / f"{name}.log"
        running = [self._spawn(argv, log) for argv in tasks]
        try:
            while any(process.poll() is None for process in running):
                if self.stopping():
                    return False
                if any(process.poll() for process in running):
                    break
                time.sleep(_TICK_S / 5)
        finally:
            for process in running:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        if any(process.returncode for process in running):
            raise StartFailed("\n".join([f"{name} failed ({log}):", *_last_words(log)]))
        return True

    def stop(self, first: str) -> list[str]:
        """End every child, `first` before the others; answers the names of those that had to be killed."""
        order = sorted(self._children.values(), key=lambda child: child.name != first)
        for child in order:
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(child.process.poll() is None for child in order):
            time.sleep(_TICK_S / 5)
        killed = [child.name for child in order if child.process.poll() is None]
        for child in order:
            _signal_group(child.process, signal.SIGKILL)  # also what a child left behind in its group
            child.process.wait()
        self._children.clear()
        return killed

    def _spawn(self, argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        self.logs.mkdir(parents=True, exist_ok=True)
        reading = self._pipe[0]
        with open(log, "ab") as output:
            return subprocess.Popen(
                list(argv),
                env={**os.environ, PARENT_PIPE: str(reading)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(reading,),
                start_new_session=True,
            )

    def _revive(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            code = child.process.poll()
            if code is None:
                continue
            if child.restart_at is None:
                child.deaths = 1 if now - child.started > _SETTLED_S else child.deaths + 1
                child.restart_at = now + min(_FIRST_DELAY_S * 2 ** (child.deaths - 1), _LONGEST_DELAY_S)
                _signal_group(child.process, signal.SIGKILL)
            elif now >= child.restart_at:
                child.process, child.started, child.restart_at = self._spawn(child.argv, child.log), now, None
                self.on_restart(child.name, code)

    def _complaint(self, waited_s: float) -> str:
        dead = [child for child in self._children.values() if child.deaths]
        lines = [f"not up after {waited_s:.0f} s"]
        for child in dead or self._children.values():
            lines += [f"--- {child.name} ({child.log}), died {child.deaths} times, said last:", *_last_words(child.log)]
        return "\n".join(lines)


def _last_words(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-15:]


def _signal_group(process: subprocess.Popen[bytes], wanted: signal.Signals) -> None:
    try:
        os.killpg(process.pid, wanted)
    except ProcessLookupError:
        return


def end_with_parent() -> None:
    """In a child of a `Supervisor`, end this process when the supervisor is gone; elsewhere do nothing."""
    pipe = os.environ.pop(PARENT_PIPE, None)
    if pipe is None:
        return
    os.set_inheritable(int(pipe), False)
    threading.Thread(target=_await_parent, args=(int(pipe),), name="parent watch", daemon=True).start()


def _await_parent(pipe: int) -> None:
    os.read(pipe, 1)  # nobody writes: it returns when the last writing end is closed
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(os.getpgrp(), signal.SIGKILL)
