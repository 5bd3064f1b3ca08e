"""Alarm to picture and close to blank, in headless Chromium, on the whole running system: `python -m benchmarks.alarm [--quick] [--json]`.

50 strap cuts at real stops and markets all over the city: from sending the report to the first picture that Chromium decoded of a
camera that nobody pulled before (the console's desk is open on its queue, nobody clicks). Each place is told on standard error: cameras
that the clause allows within its radius, chosen, explained, first picture. Where fewer than four are allowed, all of them must be open,
and the answer must say so and name the nearest beyond; such places are counted apart. `--places` files that many.

Then 50 raw viewers on each transport, which do not listen to the hub and so do not help: from sending the close to the last picture
that Chromium decoded. There is no rival to run beside it: cities do this by telephone.
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
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from bonghwa.domain.geo import to_grid
from bonghwa.registry.places import Named, packaged_places
from bonghwa.sight.choose import AT_LEAST

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent
PLAYER = ROOT / "tests" / "media" / "player.js"
FEW = ("few_cameras", "few_cameras_within", "no_camera", "no_camera_within")
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


def places(count: int, seed: int) -> list[Named]:
    """Stops and markets all over the city: real places where something may happen, far from each other so that every camera is cold."""
    known = [p for p in packaged_places() if p.kind in ("stop", "market")]
    chosen: list[Named] = []
    for place in random.Random(seed).sample(known, len(known)):
        if all(abs(place.lat - other.lat) + abs(place.lon - other.lon) > 0.02 for other in chosen[-20:]):
            chosen.append(place)
        if len(chosen) == count:
            break
    return chosen


@dataclass(frozen=True)
class Outcome:
    """What one alarm got. `allowed` counts the cameras that the clause lets open within its radius; `first_ms` is None without a picture
    in 10 s, and `states` then tells of each chosen camera how it answers; `said` is the answer's own word that cameras are few."""

    place: Named
    allowed: int
    chosen: int
    explained: int
    first_ms: float | None
    states: list[str]
    said: str

    @property
    def honest(self) -> bool:
        """At least four explained cameras, or all that there are and the answer says so."""
        return self.explained == self.chosen >= min(AT_LEAST, self.allowed) and (self.allowed >= AT_LEAST or bool(self.said))

    def line(self) -> str:
        none = "no picture in 10 s" if self.chosen else "nothing to show"
        first = none if self.first_ms is None else f"{self.first_ms:.0f} ms"
        counts = f"{self.allowed:>4} allowed {self.chosen:>3} chosen {self.explained:>3} explained"
        return "  ".join([counts, first, self.place.name, self.said, *(self.states if self.first_ms is None else [])])


def strap_cut_clause() -> dict[str, Any]:
    """The clause of the sample agreement that opens cameras for a strap cut."""
    agreement = tomllib.loads((ROOT / "agreements" / "tracking-centre.toml").read_text())
    return dict(next(clause for clause in agreement["clause"] if "strap_cut" in clause["kinds"] and clause["approval"] == "auto"))


def allowed_around(system: System, place: Named, clause: dict[str, Any]) -> int:
    """How many cameras of the registry the clause lets open around a place."""
    margin = clause["radius_m"] / 80_000
    box = f"{place.lon - margin},{place.lat - margin},{place.lon + margin},{place.lat + margin}"
    path = f"/cameras?limit=5000&bbox={box}"
    items = system.call(system.ready["tokens"]["tracking_centre"], "GET", path).json()["items"]
    x, y = to_grid(place.lat, place.lon)
    away = [hypot(a - x, b - y) for a, b in (to_grid(c["lat"], c["lon"]) for c in items if c["purpose"] not in clause["left_out"])]
    return sum(metres <= clause["radius_m"] for metres in away)


def sign_in(page: Page, system: System, role: str) -> None:
    """By name and password, as a person does; the desk is open on its queue."""
    account = system.ready["accounts"][role]
    page.goto(system.url)
    page.locator("input").nth(0).fill(account["name"])
    page.locator("input[type=password]").fill(account["password"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".clock", timeout=60_000)


def first_pictures(page: Page, system: System, spots: list[Named]) -> list[Outcome]:
    """What each of these alarms got, one after the other."""
    clause = strap_cut_clause()
    found = []
    for place in spots:
        page.evaluate("performance.clearMeasures()")
        sent, incident = system.strap_cut(place.lat, place.lon)
        seen = system.incident(incident)
        first = wait_for_picture(page, [c["id"] for c in seen["cameras"]], sent) if seen["cameras"] else None
        states = [f"{c['name']}: {c['health']}, {c['state']}" for c in system.incident(incident)["cameras"]]
        said = next((gap["text"] for gap in seen["not_covered"] if gap["code"] in FEW), "")
        explained = len([c for c in seen["cameras"] if c["why"]])
        outcome = Outcome(place, allowed_around(system, place, clause), len(seen["cameras"]), explained, first, states, said)
        print(outcome.line(), file=sys.stderr, flush=True)
        found.append(outcome)
        system.close(incident)
    return found


def wait_for_picture(page: Page, cameras: list[str], sent: float) -> float | None:
    """Milliseconds from sending the report to the first decoded picture of any of these; None when none came in 10 s."""
    script = """names => { const ends = performance.getEntriesByType('measure').filter(e => names.includes(e.name))
      .map(e => performance.timeOrigin + e.startTime + e.duration); return ends.length ? Math.min(...ends) : 0 }"""
    names = [f"bonghwa:first-frame:{camera}" for camera in cameras]
    try:
        return float(page.wait_for_function(script, arg=names, timeout=10_000, polling=50).json_value()) - sent * 1000
    except PlaywrightTimeout:
        return None


def last_pictures(page: Page, system: System, transport: str, count: int, spots: Iterator[Named]) -> tuple[list[float], int]:
    """Milliseconds from sending the close to each raw viewer's last decoded picture (0 when it came before); and views without any."""
    waits: list[float] = []
    blind = 0
    token = system.ready["tokens"]["tracking_centre"]
    while len(waits) < count:
        place = next(spots)
        _, incident = system.strap_cut(place.lat, place.lon)
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


def alarm_rows(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    """Times of those that showed a picture; then cameras and pictures where the clause allows four, and honesty where it does not."""
    waits = [o.first_ms for o in outcomes if o.first_ms is not None]
    enough = [o for o in outcomes if o.allowed >= AT_LEAST]
    few = [o for o in outcomes if o.allowed < AT_LEAST]
    blind = sum(o.chosen > 0 and o.first_ms is None for o in outcomes)
    least = min((o.explained for o in enough), default=0)
    silent = sum(not o.honest for o in few)
    return [
        row("alarm to first decoded picture, cold, p50", statistics.median(waits), 1000, len(waits)),
        row("alarm to first decoded picture, cold, p95", quantile(waits, 0.95), 2500, len(waits)),
        row("alarms with cameras but no picture in 10 s", blind, 0, len(outcomes), "alarms"),
        {**row("fewest explained cameras where the clause allows 4", least, 4, len(enough), "cameras"), "met": least >= AT_LEAST},
        {**row("places where the clause allows fewer than 4", len(few), 0, len(outcomes), "places"), "goal": None, "met": None},
        row("of these, places that do not say so", silent, 0, len(few), "places"),
    ]


def rows(quick: bool = False, ready_file: Path | None = None, alarms: int | None = None) -> list[dict[str, Any]]:
    """All rows; progress goes to standard error."""
    count = 6 if quick else 50
    alarms = alarms or count
    spots = places(alarms + count * 3, 7)
    with running(ready_file) as system, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        sign_in(page, system, "tracking_centre")
        table = alarm_rows(first_pictures(page, system, spots[:alarms]))
        raw = browser.new_context().new_page()
        raw.goto(f"{system.url}/", wait_until="domcontentloaded")
        raw.evaluate(f"(() => {{ {PLAYER.read_text()}; Object.assign(window, {{ joinWhep, joinStream }}) }})()")
        rest = iter(spots[alarms:])
        cuts = {transport: last_pictures(raw, system, transport, count, rest) for transport in ("webrtc", "ws")}
        browser.close()
    for transport, (ends, blind) in cuts.items():
        table.append(row(f"close to last decoded picture, {transport}, p99", quantile(ends, 0.99), 250, len(ends)))
        print(f"{transport}: {sorted(round(e) for e in ends)} never showed {blind}", file=sys.stderr)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ready-file", type=Path)
    parser.add_argument("--places", type=int, help="how many alarms to file; 50, or 6 with --quick")
    given = parser.parse_args()
    found = rows(given.quick, given.ready_file, given.places)
    print(json.dumps(found, ensure_ascii=False, indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
