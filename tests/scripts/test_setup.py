"""The setup that every script begins with: steps run once, and a stop leaves nothing behind."""

import importlib.util
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import psutil
import pytest

SETUP = Path(__file__).resolve().parents[2] / "scripts" / "setup.py"
DEADLINE_S = 30.0


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """A copy of the script in a checkout of its own, imported."""
    copy = tmp_path / "checkout" / "scripts" / "setup.py"
    copy.parent.mkdir(parents=True)
    shutil.copy(SETUP, copy)
    spec = importlib.util.spec_from_file_location("setup_under_test", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def handlers() -> object:
    """The test process's own signal handlers, put back afterwards."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield kept
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_a_step_runs_again_only_when_its_inputs_or_its_outcome_changed(setup: ModuleType, tmp_path: Path) -> None:
    outcome, ran = tmp_path / "outcome", []

    def make() -> None:
        ran.append(1)
        outcome.write_text("made")

    def go(*inputs: str) -> int:
        setup.Steps(1).step("one", inputs, outcome, make)
        return len(ran)

    assert [go("a"), go("a"), go("b"), go("b")] == [1, 1, 2, 2]
    outcome.unlink()
    assert go("b") == 3


@pytest.mark.usefixtures("handlers")
def test_a_step_that_failed_runs_again_and_says_what_went_wrong(setup: ModuleType, tmp_path: Path) -> None:
    steps = setup.Steps(1)
    setup.VENV.mkdir()
    for _ in range(2):
        with pytest.raises(setup.StepFailed, match="failed with exit 3:\nno space left"):
            steps.step("one", ["a"], tmp_path, lambda: steps.run(["sh", "-c", "echo no space left; exit 3"]))


STOPPED_IN_A_STEP = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("setup_under_test", sys.argv[1])
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)
setup.set_up = lambda steps, environment: steps.run(["sh", "-c", "sleep 600 & echo $$ $! > pids; sleep 600"], cwd=setup.ROOT)
sys.exit(setup.main(["demo", "bonghwa", "demo"]))
"""


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_a_step_ends_with_0_and_leaves_no_process(setup: ModuleType, how: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", STOPPED_IN_A_STEP, setup.__file__])
    noted = setup.ROOT / "pids"
    deadline = time.monotonic() + DEADLINE_S
    while not (noted.exists() and len(noted.read_text().split()) == 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(how)
    assert process.wait(DEADLINE_S) == 0
    assert [pid for pid in map(int, noted.read_text().split()) if not gone(pid)] == []


def test_two_setups_of_one_checkout_take_turns(setup: ModuleType) -> None:
    first = subprocess.Popen([sys.executable, "-c", STOPPED_IN_A_STEP, setup.__file__], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_S
    while not (setup.ROOT / "pids").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = subprocess.Popen([sys.executable, "-c", STOPPED_IN_A_STEP, setup.__file__], stderr=subprocess.PIPE, text=True)
    assert second.stderr is not None
    assert "another setup of this checkout is running" in second.stderr.readline()
    second.terminate()
    second.communicate(timeout=DEADLINE_S)
    first.terminate()
    assert (second.returncode, first.wait(DEADLINE_S)) == (0, 0)


def test_the_settings_of_pip_reach_uv(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "PYTHON", Path(sys.executable))
    answer = "global.index-url='https://mirror.test/simple'\n:env:.find-links='one two'\ninstall.trusted-host='mirror.test'\n"
    listing = tmp_path / "python"
    listing.write_text(f"#!/bin/sh\ncat <<'E'\n{answer}E\n")
    listing.chmod(0o755)
    monkeypatch.setattr(setup, "PYTHON", listing)
    monkeypatch.setenv("UV_INSECURE_HOST", "own.test")
    settings = setup.uv_settings()
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.test/simple"
    assert settings["UV_FIND_LINKS"] == "one,two"
    assert "UV_INSECURE_HOST" not in settings


@pytest.mark.parametrize(
    ("version", "suffices"),
    [("v18.20.0", False), ("v20.18.0", False), ("v20.19.0", True), ("v21.7.0", False), ("v22.11.0", False), ("v24.1.0", True)],
)
def test_only_a_node_that_builds_the_console_is_used(setup: ModuleType, tmp_path: Path, version: str, suffices: bool) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert setup.node_suffices(str(node)) is suffices


def test_an_older_python_gets_a_plain_word(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer"):
        setup.newer_python()
