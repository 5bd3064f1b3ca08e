"""Write a picture of the console with a live wall: start the demo, file one alarm, look at it as its operator does."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, ViewportSize, sync_playwright
from setup import ROOT

OUTPUT = ROOT / "docs" / "images" / "console.png"
SIZE = ViewportSize(width=1600, height=900)
READY_S = 120.0
PICTURES_MS = 60_000
SETTLE_MS = 3_000
"""After the last picture: the map draws itself, the frame rates are counted."""
LIVE_TILES = 9
PLACE = {"lat": 37.4731, "lon": 126.6323, "accuracy_m": 25}
"""Yong-dong, Jung-gu."""


def main(output: Path) -> int:
    """Write the picture to `output`; 1 when the demo did not come up or no wall became live."""
    with tempfile.TemporaryDirectory(prefix="bonghwa-picture-") as folder:
        ready = Path(folder) / "ready.json"
        demo = subprocess.Popen(
            [sys.executable, "-m", "bonghwa.cli", "demo", "--port", "0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL
        )
        try:
            desk = wait_for(ready, demo)
            incident = file_strap_cut(desk)
            take(desk, incident, output)
        finally:
            demo.send_signal(signal.SIGTERM)
            demo.wait(30)
    print(f"{output}: {output.stat().st_size // 1024} kB")
    return 0


def wait_for(ready: Path, demo: "subprocess.Popen[bytes]") -> dict[str, Any]:
    """What the demo tells once everything answers: address, accounts, tokens."""
    until = time.monotonic() + READY_S
    while time.monotonic() < until and demo.poll() is None:
        if ready.exists():
            desk: dict[str, Any] = json.loads(ready.read_text())
            return desk
        time.sleep(0.2)
    raise SystemExit("the demo did not come up")


def file_strap_cut(desk: dict[str, Any]) -> str:
    """File the alarm as the tracking centre's own system would; the incident it opened."""
    report = {
        "line": "tracking_centre",
        "kind": "strap_cut",
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "place": PLACE,
        "external_id": f"picture-{os.getpid()}",
        "text": "전자장치 스트랩 절단 신호. 2분 전부터 위치가 움직임.",
    }
    key = {"Authorization": f"Bearer {desk['lines']['tracking_centre']}"}
    answer = httpx.post(f"{desk['url']}/api/v1/reports", json=report, headers=key, timeout=30).raise_for_status()
    return str(answer.json()["incident"]["id"])


def take(desk: dict[str, Any], incident: str, output: Path) -> None:
    """Sign in as the tracking centre, open the incident, wait for the wall, write the picture."""
    account = desk["accounts"]["tracking_centre"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport=SIZE, locale="ko-KR").new_page()
        page.goto(desk["url"])
        page.locator("input").first.fill(account["name"])
        page.locator("input[type=password]").fill(account["password"])
        page.keyboard.press("Enter")
        page.locator(f'a[href="/incidents/{incident}"]').first.click()
        wait_for_wall(page)
        output.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=output)
        browser.close()


def wait_for_wall(page: Page) -> None:
    """Until every tile of the wall shows a moving picture and the map stands still."""
    playing = "n => [...document.querySelectorAll('main video')].filter(v => v.videoWidth > 0 && v.currentTime > 0).length >= n"
    page.wait_for_function(playing, arg=LIVE_TILES, timeout=PICTURES_MS)
    page.locator(".map .drawing").wait_for(state="detached", timeout=PICTURES_MS)
    page.wait_for_timeout(SETTLE_MS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else OUTPUT))
