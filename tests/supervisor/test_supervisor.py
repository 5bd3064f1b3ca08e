"""The supervisor with real processes: it starts them, revives them, and leaves none behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from bonghwa.supervisor import StartFailed, Supervisor

DEADLINE_S = 30.0

CHILD = """
import sys, time
from bonghwa.supervisor import end_with_parent
end_with_parent()
open(sys.argv[1], "w").write("up")
time.sleep(600)
"""
STUBBORN = """
import signal, subprocess, sys, time
for wanted in (signal.SIGTERM, signal.SIGINT):
    signal.signal(wanted, signal.SIG_IGN)
grandchild = subprocess.Popen(["sleep", "600"])
open(sys.argv[1], "w").write(str(grandchild.pid))
time.sleep(600)
"""
PARENT = """
import sys
from pathlib import Path
from bonghwa.supervisor import StopRequest, Supervisor
stop = StopRequest()
home = Path(sys.argv[1])
supervisor = Supervisor(home / "logs", lambda: stop.asked)
child = supervisor.start("child", [sys.executable, "-c", sys.argv[2], str(home / "child")])
(home / "pid").write_text(str(child))
supervisor.run(lambda: False)
supervisor.stop("child")
"""


def python(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", program, *map(str, arguments)]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def written(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs", lambda: False)
    yield made
    made.stop("")


def test_a_killed_process_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    up = tmp_path / "up"
    first = supervisor.start("child", python(CHILD, up))
    assert supervisor.run(lambda: written(up), DEADLINE_S)
    up.unlink()
    os.kill(first, signal.SIGKILL)
    assert supervisor.run(lambda: written(up), DEADLINE_S)
    assert supervisor.pids["child"] != first


def test_stopping_ends_a_process_that_will_not_and_what_it_started(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bonghwa.supervisor.GRACE_S", 0.3)
    noted = tmp_path / "grandchild"
    stubborn = supervisor.start("stubborn", python(STUBBORN, noted))
    assert supervisor.run(lambda: written(noted), DEADLINE_S)
    grandchild = int(noted.read_text())
    assert supervisor.stop("stubborn") == ["stubborn"]
    wait_for(lambda: gone(stubborn) and gone(grandchild))


def test_a_willing_process_is_not_killed(supervisor: Supervisor, tmp_path: Path) -> None:
    up = tmp_path / "up"
    pid = supervisor.start("child", python(CHILD, up))
    assert supervisor.run(lambda: written(up), DEADLINE_S)
    assert supervisor.stop("child") == []
    assert gone(pid)


def test_a_process_that_cannot_start_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start("broken", python("raise SystemExit('no such port')"))
    with pytest.raises(StartFailed, match=r"broken .*died \d times(.|\n)*no such port"):
        supervisor.run(lambda: False, within_s=1)


def test_nothing_is_started_again_once_a_stop_began(tmp_path: Path) -> None:
    stopping = False
    supervisor = Supervisor(tmp_path, lambda: stopping)
    pid = supervisor.start("child", python(CHILD, tmp_path / "up"))
    assert supervisor.run(lambda: written(tmp_path / "up"), DEADLINE_S)
    stopping = True
    os.kill(pid, signal.SIGKILL)
    assert supervisor.run(lambda: False) is False
    assert supervisor.pids == {"child": pid}
    supervisor.stop("child")
    assert supervisor.pids == {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_the_supervisor_and_its_children(tmp_path: Path, how: signal.Signals) -> None:
    parent = subprocess.Popen(python(PARENT, tmp_path, CHILD))
    wait_for(lambda: written(tmp_path / "child"))
    parent.send_signal(how)
    assert parent.wait(DEADLINE_S) == 0
    assert gone(int((tmp_path / "pid").read_text()))


def test_a_child_ends_when_its_supervisor_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(python(PARENT, tmp_path, CHILD))
    wait_for(lambda: written(tmp_path / "child"))
    parent.kill()
    parent.wait(DEADLINE_S)
    wait_for(lambda: gone(int((tmp_path / "pid").read_text())))


def test_a_signal_that_was_blocked_until_the_supervisor_listens_is_not_lost() -> None:
    program = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
from bonghwa.supervisor import StopRequest
raise SystemExit(0 if StopRequest().asked else 1)
"""
    assert subprocess.run(python(program), check=False).returncode == 0


def test_tasks_are_performed_side_by_side_to_their_end(supervisor: Supervisor, tmp_path: Path) -> None:
    # Each waits for what the other writes: one after the other they would never end.
    meet = "import pathlib, sys, time\npathlib.Path(sys.argv[1]).touch()\nwhile not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)"
    a, b = tmp_path / "a", tmp_path / "b"
    assert supervisor.perform("meet", [python(meet, a, b), python(meet, b, a)])


def test_a_task_that_fails_is_named_and_ends_the_others(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"prepare failed (.|\n)*no such table"):
        supervisor.perform("prepare", [python(CHILD, tmp_path / "up"), python("raise SystemExit('no such table')")])


def test_a_stop_ends_a_task(tmp_path: Path) -> None:
    up = tmp_path / "up"
    supervisor = Supervisor(tmp_path / "logs", lambda: written(up))
    assert supervisor.perform("prepare", [python(CHILD, up)]) is False
