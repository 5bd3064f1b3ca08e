"""How smoothly the city map pans, in headless Chromium without a graphics card: `python -m benchmarks.map [--quick] [--json]`.

The map of the running demo (all cameras of the city) is dragged by hand, by a mouse that moves every frame, at 1366x768 and 1920x1080.
Each row is the time between two animation frames. The rival in the same run is the empty map: the same page and library with no data to
draw, which is the least that this device can do. "Base map only" is the same page without cameras. `--shots FOLDER` keeps a picture each.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, ViewportSize, sync_playwright

from benchmarks.alarm import CHROMIUM, System, quantile, running, sign_in

SIZES = ((1366, 768), (1920, 1080))
STREET = "석바위"
"""A stop in the dense old town."""
NOTHING = {"type": "FeatureCollection", "features": []}
SCENES = ("empty map", "base map only", "whole city", "street zoom")
DRAG = """
async frames => {
  const canvas = document.querySelector('.map canvas'), box = canvas.getBoundingClientRect();
  const x0 = box.x + box.width / 2, y0 = box.y + box.height / 2, reach = Math.min(box.width, box.height) / 4;
  const act = (type, x, y, on) => on.dispatchEvent(new MouseEvent(type,
    { clientX: x, clientY: y, button: 0, buttons: type === 'mouseup' ? 0 : 1, bubbles: true, cancelable: true, view: window }));
  const next = () => new Promise(requestAnimationFrame);
  const spent = [];
  act('mousedown', x0, y0, canvas);
  let last = await next();
  for (let n = 1; n <= frames; n++) {
    const turn = 2 * Math.PI * n / 90;
    act('mousemove', x0 + reach * Math.sin(turn), y0 + reach * (1 - Math.cos(turn)) / 2, canvas);
    const now = await next();
    spent.push(now - last);
    last = now;
  }
  act('mouseup', x0, y0, canvas);
  return spent;
}
"""


def corners(columns: dict[str, Any]) -> dict[str, Any]:
    """Two cameras at the corners of the box to which the map fits the whole city, so that every scene shows the same piece of ground."""
    lons, lats = sorted(columns["lon"]), sorted(columns["lat"])
    n = len(lons)
    two = {name: column[:2] if len(column) == n else column for name, column in columns.items()}
    return {**two, "lon": [lons[int(n * 0.03)], lons[int(n * 0.995)]], "lat": [lats[int(n * 0.02)], lats[int(n * 0.9)]]}


def without(page: Page, scene: str) -> None:
    """Keep from the page what this scene does not draw; the map cannot tell it from a city that has none."""

    def empty(route: Route) -> None:
        route.fulfill(json=NOTHING)

    def two_cameras(route: Route) -> None:
        route.fulfill(json=corners(route.fetch().json()))

    if scene in ("empty map", "base map only"):
        page.route("**/api/v1/map/cameras", two_cameras)
    if scene == "empty map":
        page.route("**/api/v1/map/basemap", empty)
        page.route("**/api/v1/map/places", empty)


def shown(page: Page, scene: str) -> None:
    """Wait until the map stands still, at the zoom of the scene."""
    page.wait_for_selector(".map canvas", timeout=60_000)
    page.locator(".map .drawing").wait_for(state="detached", timeout=60_000)
    if scene == "street zoom":
        page.keyboard.press("/")
        page.locator("[role=search] input").fill(STREET)
        page.locator("[role=search] [role=option]").first.wait_for()
        page.keyboard.press("Enter")
    page.wait_for_timeout(3000)


def frames(browser: Browser, system: System, size: tuple[int, int], scene: str, count: int, shots: Path | None) -> list[float]:
    """Milliseconds between animation frames while the map is dragged; the first round, which fills caches, is left out."""
    page = browser.new_context(viewport=ViewportSize(width=size[0], height=size[1]), locale="ko-KR").new_page()
    without(page, scene)
    sign_in(page, system, "control_room")
    shown(page, scene)
    if shots:
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"{scene.replace(' ', '-')}-{size[0]}.png")
    page.evaluate(DRAG, 90)
    spent: list[float] = page.evaluate(DRAG, count)
    page.context.close()
    return spent


def measured(quick: bool, ready_file: Path | None, shots: Path | None) -> Iterator[tuple[tuple[int, int], str, list[float]]]:
    """Every size and scene, the empty map of a size first."""
    with running(ready_file) as system, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        for size in SIZES[:1] if quick else SIZES:
            for scene in SCENES:
                spent = frames(browser, system, size, scene, 90 if quick else 270, shots)
                print(f"{size} {scene}: p50 {statistics.median(spent):.0f} p95 {quantile(spent, 0.95):.0f} ms", file=sys.stderr, flush=True)
                yield size, scene, spent
        browser.close()


def rows(quick: bool = False, ready_file: Path | None = None, shots: Path | None = None) -> list[dict[str, Any]]:
    """Frame times of each scene, beside the empty map's of the same size."""
    table: list[dict[str, Any]] = []
    least: dict[tuple[int, int], list[float]] = {}
    for size, scene, spent in measured(quick, ready_file, shots):
        least.setdefault(size, spent)
        for name, share in (("p50", 0.5), ("p95", 0.95)):
            mine, theirs = quantile(spent, share), quantile(least[size], share)
            table.append(
                {
                    "name": f"map frame, {scene}, {size[0]}x{size[1]}, {name}",
                    "ours": round(mine, 1),
                    "rival": round(theirs, 1),
                    "ratio": round(theirs / mine, 2),
                    "unit": "ms",
                    "goal": None,
                    "met": None,
                    "n": len(spent),
                }
            )
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ready-file", type=Path)
    parser.add_argument("--shots", type=Path, help="keep a picture of each scene in this folder")
    given = parser.parse_args()
    found = rows(given.quick, given.ready_file, given.shots)
    print(json.dumps(found, ensure_ascii=False, indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
