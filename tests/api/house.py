"""A real hub over HTTP on loopback, with a small town out of the real registry, and callers of every role."""

import csv
import datetime as dt
import io
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from bonghwa.api.app import create_app
from bonghwa.cli import cameras
from bonghwa.config import DEFAULT_GATEWAYS, GatewayEntry, HubSettings, PursuitSettings, Settings
from bonghwa.data import read_data
from bonghwa.demo_accounts import Credentials, prepare
from bonghwa.pursuers.team import Team
from bonghwa.service.ports import GatewayRow, Limits
from bonghwa.storage.sql.writer import SqlTx
from bonghwa.wiring import Hub

ROOT = Path(__file__).resolve().parents[2]
SINPO = {"lat": 37.4715, "lon": 126.6255, "accuracy_m": 25}
BUPYEONG = {"lat": 37.4895, "lon": 126.7245, "accuracy_m": 25}


def build_town(folder: Path) -> Credentials:
    """A data folder with Jung-gu, Dong-gu and a part of Bupyeong out of the packaged registry, and every account."""
    rows = list(csv.reader(io.StringIO(read_data("incheon_cctv.csv.gz").decode("utf-8-sig"))))
    kept = [row for row in rows[1:] if row[1].endswith((" 중구청", " 동구청"))] + [row for row in rows[1:] if row[1].endswith(" 부평구청")][
        :300
    ]
    file = folder.parent / "town.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([rows[0], *kept])
    assert cameras.run(["import", str(file), "--data", str(folder), "--json"]) == 0
    return prepare(folder)


class House:
    """The running hub. `call(who, …)` speaks as a role, a district's Korean name or `line:<line>`."""

    def __init__(self, hub: Hub, credentials: Credentials, url: str) -> None:
        self.hub, self.credentials, self.url = hub, credentials, url
        self.team: Team
        self.client = httpx.Client(base_url=f"{url}/api/v1", timeout=90, headers={"Accept-Language": "en"})

    @property
    def ready(self) -> dict[str, Any]:
        """Where it is and who may sign in, as the demo's ready file says it."""
        return {"url": self.url, "accounts": self.credentials.accounts}

    def token(self, who: str) -> str:
        """The bearer token of a caller."""
        if who.startswith("line:"):
            return self.credentials.lines[who.removeprefix("line:")]
        return self.credentials.tokens.get(who) or self.credentials.districts[who]

    def call(self, who: str | None, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; `who` None carries no credential."""
        headers = {"Authorization": f"Bearer {self.token(who)}"} if who else {}
        return self.client.request(method, path, headers={**headers, **more.pop("headers", {})}, **more)

    def report(self, line: str, kind: str, place: Any = SINPO, **more: Any) -> httpx.Response:
        """File an alarm with the line's own credential."""
        body = {
            "line": line,
            "kind": kind,
            "at": dt.datetime.now(dt.UTC).isoformat(),
            "place": place,
            "external_id": str(time.monotonic_ns()),
        }
        return self.call(f"line:{line}", "POST", "/reports", json={**body, **more})

    def opened(self, line: str, kind: str, place: Any = SINPO, **more: Any) -> str:
        """File an alarm that must be accepted; the incident's id."""
        answer = self.report(line, kind, place, **more)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["incident"]["id"])

    def incident(self, who: str, incident: str) -> dict[str, Any]:
        """An incident as `who` sees it."""
        answer = self.call(who, "GET", f"/incidents/{incident}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def change(self, change: Callable[[SqlTx], Any]) -> Any:
        """Run a change as the hub would."""
        return self.hub.writer.submit(change).result(10)

    def gateways_up(self) -> None:
        """Let the hub believe that its gateways are connected, for rules that come before any picture."""

        def up(tx: SqlTx) -> None:
            for entry in self.hub.settings.gateways:
                tx.gateways.put(GatewayRow(entry.name, "http://127.0.0.1:1", f"boot-{entry.name}", entry.owners, "up"))

        self.change(up)

    def until(self, ready: Callable[[], Any], seconds: float = 15) -> Any:
        """Wait for a condition; its value. Fails when it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = ready()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError("the condition did not come")


@contextmanager
def running(
    folder: Path,
    credentials: Credentials,
    limits: Limits | None = None,
    gateways: tuple[GatewayEntry, ...] = DEFAULT_GATEWAYS,
    **hub: Any,
) -> Iterator[House]:
    """Serve a hub over the folder until the block ends."""
    settings = Settings(
        hub=replace(HubSettings(data=str(folder), agreements=str(ROOT / "agreements"), port=0), **hub),
        limits=limits or Limits(),
        gateways=gateways,
        pursuit=PursuitSettings(processes=1, particles=4_000, stand_by=False),
    )
    made = Hub(settings)
    app = create_app(made)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    house = House(made, credentials, f"http://127.0.0.1:{port}")
    house.team = app.state.desk.pursuing.team
    try:
        yield house
    finally:
        house.client.close()
        server.should_exit = True
        thread.join(10)
        made.close()


def copy_town(source: Path, target: Path) -> Path:
    """A fresh copy of a prepared town."""
    shutil.copytree(source, target)
    return target


def credentials_of(folder: Path) -> Credentials:
    """Credentials kept beside a prepared town."""
    return Credentials(**json.loads((folder.parent / "credentials.json").read_text()))
