"""The demo from its command line: what it refuses, and a whole start, a killed hub and a stop."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from bonghwa.cli import demo
from bonghwa.demo.layout import PortTaken, data_folder, take_ports

UP_WITHIN_S = 240.0
STOP_WITHIN_S = 10.0


def wait_for(holds: Callable[[], bool], within_s: float = UP_WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("host", "insecure", "problem"),
    [
        ("192.0.2.1", False, "passwords would travel in the clear"),
        ("0.0.0.0", True, "give the address that viewers will use"),
        ("city.test", True, "give an IP address"),
    ],
)
def test_an_unsafe_address_is_refused(host: str, insecure: bool, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.run(["--host", host, *(["--insecure"] if insecure else [])])
    assert ended.value.code == 2
    assert problem in capsys.readouterr().err


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {number} on 127.0.0.1"):
            take_ports("127.0.0.1", number)


def test_every_server_gets_a_port_of_its_own() -> None:
    ports = take_ports("127.0.0.1", 0)
    numbers = [ports.hub, *ports.gateways.values(), ports.rtsp, ports.control, ports.mqtt]
    assert len(set(numbers)) == len(numbers) == 6


def test_a_fresh_data_folder_is_private_and_goes_away_and_a_named_one_stays(tmp_path: Path) -> None:
    with data_folder(None) as fresh:
        assert fresh.data.stat().st_mode & 0o777 == 0o700
    assert not fresh.data.exists()
    with data_folder(tmp_path / "kept") as kept:
        (kept.data / "file").touch()
    assert (tmp_path / "kept" / "file").exists()


class Running:
    """A demo that is up: its process, what its ready file says, and what it prints."""

    def __init__(self, folder: Path) -> None:
        self.ready_file, self.log = folder / "ready.json", folder / "demo.log"
        command = [sys.executable, "-m", "bonghwa.cli", "demo", "--port", "0", "--ready-file", str(self.ready_file)]
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    @property
    def ready(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.ready_file.read_text())
        return document

    def up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.ready_file.exists()

    def descendants(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children(recursive=True)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started = Running(tmp_path_factory.mktemp("demo"))
    try:
        wait_for(started.up)
        yield started
    finally:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(4 * STOP_WITHIN_S)


@pytest.mark.timeout(600)
def test_the_ready_file_says_what_outside_programs_rely_on(running: Running) -> None:
    ready = running.ready
    assert ready["version"] == 1
    roles = {"police112", "fire119", "tracking_centre", "disaster_room", "control_room", "district", "privacy_officer"}
    assert set(ready["tokens"]) == set(ready["accounts"]) == roles
    assert all(set(account) == {"name", "password"} for account in ready["accounts"].values())
    assert len(ready["lines"]) == 9
    assert len(ready["districts"]) == 10
    assert (len(ready["gateways"]), len(ready["pids"]["gateways"])) == (2, 2)
    assert all(psutil.pid_exists(pid) for pid in (ready["pids"]["hub"], ready["pids"]["city"], *ready["pids"]["gateways"]))
    assert all(answers(f"{url}/healthz") for url in (ready["url"], *ready["gateways"]))
    assert running.ready_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.timeout(600)
def test_no_secret_is_in_a_log(running: Running) -> None:
    ready = running.ready
    secrets = [*ready["tokens"].values(), *ready["lines"].values(), *(account["password"] for account in ready["accounts"].values())]
    logs = "".join(path.read_text(errors="replace") for path in (Path(ready["data_dir"]) / "logs").iterdir())
    assert [secret for secret in secrets if secret in logs] == []
    assert re.search(r"rtsp://[^\s\"]*:[^\s\"]*@", logs) is None


@pytest.mark.timeout(600)
def test_a_killed_hub_comes_back_at_the_same_address_under_a_new_process_id(running: Running) -> None:
    before = running.ready
    os.kill(before["pids"]["hub"], signal.SIGKILL)
    wait_for(lambda: running.ready["pids"]["hub"] != before["pids"]["hub"])
    wait_for(lambda: answers(f"{before['url']}/readyz"))
    assert running.ready["url"] == before["url"]
    assert running.ready["tokens"] == before["tokens"]


@pytest.mark.timeout(600)
def test_a_stop_ends_everything_with_0_and_removes_the_fresh_data(running: Running) -> None:
    data, family = Path(running.ready["data_dir"]), running.descendants()
    assert len(family) >= 4
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(4 * STOP_WITHIN_S) == 0
    assert [pid for pid in family if psutil.pid_exists(pid)] == []
    assert not data.exists()
