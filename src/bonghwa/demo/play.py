"""Brings the demo up, keeps it up, and says where it is."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonghwa.demo.layout import CHECKOUT, Folders, Ports, write_private
from bonghwa.supervisor import StartFailed, Supervisor

START_WITHIN_S = 90.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What the caller of the demo asked for."""

    host: str
    insecure: bool
    ready_file: Path | None


class Demo:
    """One run of the demo, from an empty data folder to its ready file."""

    def __init__(self, wishes: Wishes, folders: Folders, ports: Ports, stopping: Callable[[], bool], say: Say) -> None:
        self._wishes, self._folders, self._ports, self._say = wishes, folders, ports, say
        self._supervisor = Supervisor(folders.data / "logs", stopping, self._restarted)
        self._credentials: dict[str, Any] = {}
        self._announced = False

    def play(self) -> None:
        """Bring everything up and stay until a stop is asked. Raises StartFailed."""
        begun = time.monotonic()
        try:
            if self._prepare() and self._start():
                self._announced = True
                self._write_ready_file()
                self._greet(time.monotonic() - begun)
                self._supervisor.run(lambda: False)
        finally:
            for name in self._supervisor.stop("hub"):
                self._say(f"{name} did not end by itself and was killed")

    def _prepare(self) -> bool:
        """The registry, then the city, which says where its cameras are and look, and accounts meanwhile; then what the city said."""
        self._say("preparing: 21,747 cameras, accounts, keys ...")
        for name in ("demo", "hub", "city", *self._ports.gateways):
            self._folders.ready(name).unlink(missing_ok=True)
        if not self._supervisor.perform("prepare", [self._stage("registry")]):
            return False
        self._say("the simulated city opens its eyes ...")
        self._supervisor.start("city", self._city())
        if not self._supervisor.perform("prepare", [self._stage("people")]):
            return False
        self._credentials = json.loads(self._folders.credentials.read_text())
        if not self._supervisor.run(self._folders.ready("city").exists, START_WITHIN_S):
            return False
        return self._supervisor.perform("prepare", [self._stage("survey"), self._stage("sources")])

    def _start(self) -> bool:
        self._say("starting the hub and the gateways ...")
        self._supervisor.start("hub", self._hub())
        for name in self._ports.gateways:
            self._supervisor.start(name, self._gateway(name))
        return self._supervisor.run(self._all_answer, START_WITHIN_S)

    def _stage(self, step: str) -> list[str]:
        return [sys.executable, "-m", "bonghwa.demo.stage", step, str(self._folders.data)]

    def _serve(self, what: str, **flags: object) -> list[str]:
        words = [sys.executable, "-m", "bonghwa.cli", "serve", what]
        for flag, value in flags.items():
            words += [f"--{flag.replace('_', '-')}"] if value is True else [f"--{flag.replace('_', '-')}", str(value)]
        return words

    def _hub(self) -> list[str]:
        asked = {"insecure": True} if self._wishes.insecure else {}
        return self._serve(
            "hub",
            data=self._folders.data,
            host=self._wishes.host,
            port=self._ports.hub,
            agreements=CHECKOUT / "agreements",
            mqtt_embedded=True,
            mqtt_port=self._ports.mqtt,
            ready_file=self._folders.ready("hub"),
            **asked,
        )

    def _gateway(self, name: str) -> list[str]:
        return self._serve(
            "gateway",
            name=name,
            data=self._folders.data,
            hub=self.url,
            host=self._wishes.host,
            port=self._ports.gateways[name],
            origin=self.url,
            ready_file=self._folders.ready(name),
        )

    def _city(self) -> list[str]:
        return self._serve(
            "city",
            cameras=self._folders.cameras,
            data=self._folders.city,
            rtsp_port=self._ports.rtsp,
            control_port=self._ports.control,
            hub=self.url,
            credentials=self._folders.ready("demo"),
            mqtt=f"127.0.0.1:{self._ports.mqtt}",
            ready_file=self._folders.ready("city"),
        )

    @property
    def url(self) -> str:
        """The address of the hub and its console."""
        return self._address(self._ports.hub)

    def _address(self, port: int) -> str:
        host = self._wishes.host
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def _all_answer(self) -> bool:
        """Whether each process answers and the hub knows its gateways."""
        if not all(self._folders.ready(name).exists() for name in ("hub", "city", *self._ports.gateways)):
            return False
        gateways = [self._address(port) for port in self._ports.gateways.values()]
        if not all(_answers(url) for url in (f"{self.url}/readyz", *(f"{gateway}/healthz" for gateway in gateways))):
            return False
        status = _get(f"{self.url}/api/v1/status", self._credentials["tokens"]["control_room"])
        return bool(status) and all(gateway["state"] == "up" for gateway in status["gateways"])

    def _restarted(self, name: str, code: int) -> None:
        self._say(f"{name} ended with {code} and was started again")
        if self._announced:
            self._write_ready_file()

    def _write_ready_file(self) -> None:
        """For the city and its callers inside the data folder, and where the caller of the demo asked for it."""
        pids = self._supervisor.pids
        document = {
            "version": 1,
            "url": self.url,
            **{part: self._credentials[part] for part in ("tokens", "lines", "districts", "accounts")},
            "pids": {"hub": pids["hub"], "gateways": [pids[name] for name in self._ports.gateways], "city": pids["city"]},
            "gateways": [self._address(port) for port in self._ports.gateways.values()],
            "data_dir": str(self._folders.data),
            "mqtt": {"host": "127.0.0.1", "port": self._ports.mqtt},
            "city": {"control": f"http://127.0.0.1:{self._ports.control}"},
        }
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        for target in (self._folders.ready("demo"), self._wishes.ready_file):
            if target is not None:
                write_private(target, text)

    def _greet(self, seconds: float) -> None:
        accounts, ready = self._credentials["accounts"], self._wishes.ready_file or self._folders.ready("demo")
        rows = [f"    {role:<16} {account['name']:<20} {account['password']}" for role, account in accounts.items()]
        self._say(
            "\n".join(
                [
                    "",
                    f"  봉화가 켜졌습니다 ({seconds:.1f}초).  Bonghwa is up ({seconds:.1f} s).",
                    "",
                    f"  주소 / address    {self.url}",
                    f"  자료 / data       {self._folders.data}",
                    "",
                    "  계정 / accounts   (역할 role, 이름 name, 비밀번호 password)",
                    *rows,
                    "",
                    f"  훈련 / a drill    bonghwa drill --ready-file {ready} strap_cut",
                    "  끝내기 / end      Ctrl-C",
                    "",
                ]
            )
        )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310  # our own http address
            return True
    except OSError:
        return False


def _get(url: str, token: str) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310  # our own http address
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise StartFailed(f"{url}: the hub answers {refused.code}") from refused
    except OSError:
        return None
