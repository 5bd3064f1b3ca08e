"""The whole demo as a user starts it, spoken to over HTTP, and looked at in a real Chromium."""

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PATIENCE_S = 90.0
JUNGGU = {"lat": 37.4715, "lon": 126.6255, "accuracy_m": 30}


def until(ready: Callable[[], Any], seconds: float = PATIENCE_S, what: str = "the condition") -> Any:
    """Wait for a condition; its value. Fails, naming it, when it does not come."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = ready()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {seconds:g} s")


class Stands(Protocol):
    """A hub that people can sign in to: where it is, and with what."""

    @property
    def ready(self) -> dict[str, Any]: ...


class Demo:
    """A running demo. `file` is its ready file, read anew at each question, since a restarted hub renews it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def ready(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    def token(self, who: str) -> str:
        ready = self.ready
        if who.startswith("line:"):
            return str(ready["lines"][who.removeprefix("line:")])
        return str(ready["tokens"].get(who) or ready["districts"][who])

    def call(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(who)}", "Accept-Language": "en"}
        return httpx.request(method, f"{self.ready['url']}/api/v1{path}", headers=headers, timeout=60, **more)

    def alarm(self, line: str = "tracking_centre", kind: str = "strap_cut", **more: Any) -> str:
        body = {
            "line": line,
            "kind": kind,
            "at": dt.datetime.now(dt.UTC).isoformat(),
            "place": JUNGGU,
            "external_id": str(time.monotonic_ns()),
        }
        answer = self.call(f"line:{line}", "POST", "/reports", json={**body, **more})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["incident"]["id"])

    def incident(self, who: str, incident: str) -> dict[str, Any]:
        answer = self.call(who, "GET", f"/incidents/{incident}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def close(self, who: str, incident: str) -> dict[str, Any]:
        answer = self.call(who, "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "test"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """Start the demo on free ports; end it as a user would."""
    file = folder / "ready.json"
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bonghwa.cli", "demo", "--port", "0", "--ready-file", str(file)], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            until(lambda: file.exists() or process.poll() is not None, 180, "the demo")
            assert process.poll() is None, (folder / "demo.log").read_text()
            yield Demo(file)
        finally:
            process.terminate()
            assert process.wait(30) == 0


class Desk:
    """A person's browser at a desk: signed in, and every complaint of the page remembered."""

    def __init__(self, browser: Browser, hub: Stands, role: str, **context: Any) -> None:
        self.context: BrowserContext = browser.new_context(**({"viewport": {"width": 1600, "height": 900}} | context))
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_S * 1_000)
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        account = hub.ready["accounts"][role]
        self.page.goto(hub.ready["url"])
        self.page.locator("input").first.fill(account["name"])
        self.page.locator("input[type=password]").fill(account["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".clock", timeout=PATIENCE_S * 1000)

    def _hear(self, message: ConsoleMessage) -> None:
        """Keep what the console says is wrong, but for views that are refused (403, 409): a browser writes each down by itself.

        A view whose right has just ended, as its picture was on its way or coming back, is refused, and that is the cut at work.
        """
        url = message.location.get("url", "")
        refused = message.text.startswith("Failed to load resource") and any(status in message.text for status in (" 403 ", " 409 "))
        if message.type == "error" and not (refused and "/api/v1/views" in url):
            self.complaints.append(f"{message.text} {url}")

    def tiles(self, state: str = "live") -> list[str]:
        """The cameras whose tiles are in this state."""
        return list(self.page.eval_on_selector_all(f".tile[data-state={state}]", "tiles => tiles.map(t => t.dataset.camera)"))

    def fingerprints(self) -> dict[str, str]:
        """A small grey picture of each live tile's video as a string: equal only for equal pictures."""
        return dict(
            self.page.evaluate(
                """() => Object.fromEntries([...document.querySelectorAll('.tile[data-state=live]')].map(tile => {
                  const video = tile.querySelector('video'); const canvas = document.createElement('canvas');
                  canvas.width = 96; canvas.height = 54; const g = canvas.getContext('2d'); g.drawImage(video, 0, 0, 96, 54);
                  return [tile.dataset.camera, Array.from(g.getImageData(0, 0, 96, 54).data).filter((_, i) => i % 4 === 0).join('')];
                }))"""
            )
        )

    def videos(self) -> int:
        """How many pictures are on the page at all."""
        return int(
            self.page.evaluate(
                "[...document.querySelectorAll('video')].filter(v => v.isConnected && (v.srcObject || v.src) && v.videoWidth).length"
            )
        )

    def leave(self) -> None:
        self.context.close()
