"""Alarm to picture and close to blank, in headless Chromium, on the whole running system: `python -m benchmarks.alarm [--quick] [--json]`.

50 strap cuts at the places of real cameras all over the city: from sending the report to the first picture that Chromium decoded of a
camera that nobody pulled before (the console's desk is open on its queue, nobody clicks). Then 50 raw viewers on each transport, which do
not listen to the hub and so do not help: from sending the close to the last picture that Chromium decoded. There is no rival to run
beside it: cities do this by telephone.
"""

import argparse
import contextlib
import datetime as dt
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from bonghwa.registry.places import packaged_places

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PLAYER = Path(__file__).resolve().parent.parent / "tests" / "media" / "player.js"
WATCH = """
async ({camera, view, transport}) => {
  const video = document.createElement('video'); video.muted = true; document.body.append(video);
  const state = {camera, frames: 0, last: 0}; (window.watched ??= []).push(state);
  const seen = () => { state.frames++; state.last = performance.timeOrigin + performance.now(); video.requestVideoFrameCallback(seen); };
  video.requestVideoFrameCallback(seen);
  if (transport === 'webrtc') await joinWhep(video, view.whep, view.ticket, () => {});
  else joinStream(video, view.stream, view.ticket, () => {}, () => {});
}
"""


class System:
    """The running demo, spoken to through its outside faces."""

    def __init__(self, file: Path) -> None:
        self.file, self.ready = file, json.loads(file.read_text())
        self.url = self.ready["url"]
        self.client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=60)

    def call(self, token: str, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)

    def strap_cut(self, lat: float, lon: float) -> tuple[float, str]:
        """File one; when it was sent and the incident's id."""
        body = {
            "line": "tracking_centre", "kind": "strap_cut", "at": dt.datetime.now(dt.UTC).isoformat(),
            "place": {"lat": lat, "lon": lon, "accuracy_m": 30}, "external_id": f"bench-{time.monotonic_ns()}",
        }  # fmt: skip
        sent = time.time()
        answer = self.call(self.ready["lines"]["tracking_centre"], "POST", "/reports", json=body)
        answer.raise_for_status()
        return sent, answer.json()["incident"]["id"]

    def incident(self, incident: str) -> dict[str, Any]:
        return dict(self.call(self.ready["tokens"]["tracking_centre"], "GET", f"/incidents/{incident}").json())

    def close(self, incident: str) -> tuple[float, list[str]]:
        sent = time.time()
        answer = self.call(
            self.ready["tokens"]["tracking_centre"], "POST", f"/incidents/{incident}/close", json={"reason": "측정", "disposition": "test"}
        )
        return sent, answer.json().get("unreached", ["?"])


@contextlib.contextmanager
def running(ready_file: Path | None) -> Iterator[System]:
    """The system named by a ready file, or one started for this run."""
    if ready_file is not None:
        yield System(ready_file)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.json"
        demo = subprocess.Popen(
            [sys.executable, "-m", "bonghwa.cli", "demo", "--port", "0", "--ready-file", str(file)], stdout=subprocess.DEVNULL
        )
        try:
            while not file.exists():
                if demo.poll() is not None:
                    raise RuntimeError("the demo did not come up")
                time.sleep(0.1)
            yield System(file)
        finally:
            demo.terminate()
            demo.wait(30)


def places(count: int, seed: int) -> list[tuple[float, float]]:
    """Stops and markets all over the city: real places where something may happen, far from each other so that every camera is cold."""
    known = [p for p in packaged_places() if p.kind in ("stop", "market")]
    chosen: list[tuple[float, float]] = []
    for place in random.Random(seed).sample(known, len(known)):
        if all(abs(place.lat - lat) + abs(place.lon - lon) > 0.02 for lat, lon in chosen[-20:]):
            chosen.append((place.lat, place.lon))
        if len(chosen) == count:
            break
    return chosen


def sign_in(page: Page, system: System, role: str) -> None:
    """By name and password, as a person does; the desk is open on its queue."""
    account = system.ready["accounts"][role]
    page.goto(system.url)
    page.locator("input").nth(0).fill(account["name"])
    page.locator("input[type=password]").fill(account["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".clock", timeout=60_000)


def first_pictures(page: Page, system: System, spots: list[tuple[float, float]]) -> tuple[list[float], list[int], int]:
    """Milliseconds from sending each report to its first decoded picture, how many cameras it got, and how many pictures never came."""
    waits, cameras, missed = [], [], 0
    for lat, lon in spots:
        page.evaluate("performance.clearMeasures()")
        sent, incident = system.strap_cut(lat, lon)
        seen = system.incident(incident)
        cameras.append(len([c for c in seen["cameras"] if c["why"]]))
        mine = [f"bonghwa:first-frame:{c['id']}" for c in seen["cameras"]]
        script = """names => { const ends = performance.getEntriesByType('measure').filter(e => names.includes(e.name))
          .map(e => performance.timeOrigin + e.startTime + e.duration); return ends.length ? Math.min(...ends) : 0 }"""
        try:
            found = page.wait_for_function(script, arg=mine, timeout=10_000, polling=50).json_value()
            waits.append(float(found) - sent * 1000)
        except PlaywrightTimeout:
            missed += 1
        system.close(incident)
    return waits, cameras, missed


def last_pictures(page: Page, system: System, transport: str, count: int, spots: Iterator[tuple[float, float]]) -> tuple[list[float], int]:
    """Milliseconds from sending the close to each raw viewer's last decoded picture (0 when it came before); and views without any."""
    waits: list[float] = []
    blind = 0
    token = system.ready["tokens"]["tracking_centre"]
    while len(waits) < count:
        _, incident = system.strap_cut(*next(spots))
        grants = [g for g in system.incident(incident)["grants"] if g["state"] == "active"]
        cameras = [(g["id"], c) for g in grants for c in g["cameras"]][: count - len(waits)]
        if not cameras:
            system.close(incident)
            continue
        page.evaluate("window.watched = []; document.body.replaceChildren()")
        for grant, camera in cameras:
            view = system.call(token, "POST", "/views", json={"grant": grant, "camera": camera}).json()
            with contextlib.suppress(Exception):
                page.evaluate(WATCH, {"camera": camera, "view": view, "transport": transport})
        page.wait_for_timeout(4000)
        sent, _ = system.close(incident)
        page.wait_for_timeout(1500)
        for state in page.evaluate("window.watched"):
            if state["frames"] == 0:
                blind += 1
            else:
                waits.append(max(0.0, state["last"] - sent * 1000))
    return waits, blind


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def row(name: str, ours: float, goal: float, n: int, unit: str = "ms") -> dict[str, Any]:
    return {"name": name, "ours": round(ours, 1), "rival": None, "ratio": None, "unit": unit, "goal": goal, "met": ours <= goal, "n": n}


def rows(quick: bool = False, ready_file: Path | None = None) -> list[dict[str, Any]]:
    """All rows; progress goes to standard error."""
    count = 6 if quick else 50
    spots = places(count * 4, 7)
    with running(ready_file) as system, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        sign_in(page, system, "tracking_centre")
        waits, cameras, missed = first_pictures(page, system, spots[:count])
        print(f"alarm to picture: {sorted(round(w) for w in waits)} missed {missed}", file=sys.stderr)
        raw = browser.new_context().new_page()
        raw.goto(f"{system.url}/", wait_until="domcontentloaded")
        raw.evaluate(f"(() => {{ {PLAYER.read_text()}; Object.assign(window, {{ joinWhep, joinStream }}) }})()")
        rest = iter(spots[count:])
        cuts = {transport: last_pictures(raw, system, transport, count, rest) for transport in ("webrtc", "ws")}
        browser.close()
    table = [
        row("alarm to first decoded picture, cold, p50", statistics.median(waits), 1000, len(waits)),
        row("alarm to first decoded picture, cold, p95", quantile(waits, 0.95), 2500, len(waits)),
        {**row("alarms without a picture in 10 s", missed, 0, count, "alarms"), "ours": missed},
        {**row("fewest explained cameras of an alarm", min(cameras), 4, count, "cameras"), "met": min(cameras) >= 4},
    ]
    for transport, (ends, blind) in cuts.items():
        table.append(row(f"close to last decoded picture, {transport}, p99", quantile(ends, 0.99), 250, len(ends)))
        print(f"{transport}: {sorted(round(e) for e in ends)} never showed {blind}", file=sys.stderr)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ready-file", type=Path)
    given = parser.parse_args()
    found = rows(given.quick, given.ready_file)
    print(json.dumps(found, ensure_ascii=False, indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
