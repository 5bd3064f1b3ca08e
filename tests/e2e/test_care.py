"""Care in the console: evidence kept from a tile and fetched, and a region that its owner draws a mask over, seen to be hidden."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bonghwa.cli import evidence
from tests.e2e.desk import PATIENCE_S, Demo, Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
LATER = PATIENCE_S * 1_000


def spread(desk: Desk, camera: str) -> float | None:
    """How much the grey values of the left quarter of a camera's moving picture differ; None while there is none."""
    found = desk.page.evaluate(
        """camera => {
          const video = document.querySelector(`.tile[data-camera="${camera}"][data-state=live] video`);
          if (!video || !video.videoWidth) return null;
          const canvas = document.createElement('canvas'); canvas.width = 160; canvas.height = 90;
          const g = canvas.getContext('2d'); g.drawImage(video, 0, 0, 160, 90);
          const grey = Array.from(g.getImageData(2, 2, 34, 86).data).filter((_, i) => i % 4 === 0);
          const mean = grey.reduce((a, b) => a + b) / grey.length;
          return Math.sqrt(grey.reduce((a, b) => a + (b - mean) ** 2, 0) / grey.length);
        }""",
        camera,
    )
    return None if found is None else float(found)


def test_evidence_is_kept_from_a_tile_by_keyboard_and_fetched_with_its_proof(demo: Demo, browser: Browser, tmp_path: Path) -> None:
    desk = Desk(browser, demo, "police112", accept_downloads=True)
    incident = demo.alarm("police112", "robbery")
    page = desk.page
    page.goto(f"{demo.ready['url']}/incidents/{incident}")
    until(lambda: len(desk.tiles()) >= 3, what="the wall")
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.wait_for_selector("dialog[open]", timeout=LATER)
    page.keyboard.press("Control+Enter")
    assert page.locator("dialog[open] [aria-invalid=true]").count() == 1
    page.locator("dialog[open] textarea").fill("도주 방향 확인")
    page.keyboard.press("Control+Enter")
    recording = page.wait_for_selector("[data-clip][data-state=recording]", timeout=LATER)
    clip = recording.get_attribute("data-clip")
    page.locator("[data-clip] button").first.click()
    page.wait_for_selector("[data-clip][data-state=made]", timeout=LATER)

    def proven() -> bool:
        ledger = demo.call("police112", "GET", f"/clips/{clip}").json()["manifest"]["ledger"]
        return ledger["proof"] is not None

    until(proven, what="the ledger's proof")
    got = []
    page.on("download", lambda each: got.append(each))
    page.locator("[data-clip] button").first.click()
    until(lambda: page.wait_for_timeout(50) or len(got) == 2, what="the clip and its manifest")
    file, paper = (tmp_path / each.suggested_filename for each in sorted(got, key=lambda each: each.suggested_filename.endswith(".json")))
    for each in got:
        each.save_as(tmp_path / each.suggested_filename)
    assert evidence.run(["verify", str(file), str(paper)]) == 0
    assert json.loads(paper.read_text())["asked"]["reason"] == "도주 방향 확인"
    assert desk.complaints == []
    owner = Desk(browser, demo, "district")
    owner.page.wait_for_selector(f"[data-clip='{clip}']", timeout=LATER)
    assert owner.complaints == []
    owner.leave()
    demo.close("police112", incident)
    desk.leave()


def test_a_mask_drawn_by_the_owner_hides_the_region_on_every_wall_and_says_so(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "police112")
    incident = demo.alarm("police112", "robbery")
    desk.page.goto(f"{demo.ready['url']}/incidents/{incident}")
    until(lambda: len(desk.tiles()) >= 3, what="the wall")
    camera = next(c for c in demo.incident("police112", incident)["cameras"] if c["owner"] == "junggu" and c["id"] in desk.tiles())
    until(lambda: (spread(desk, camera["id"]) or 0) > 5, what="a picture of it")
    owner = Desk(browser, demo, "district")
    page = owner.page
    page.goto(f"{demo.ready['url']}/cameras")
    page.locator("form.duty input").fill("관제석 1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".duty.on", timeout=LATER)
    page.locator(".filters input").fill(camera["name"])
    page.locator("li .name", has_text=camera["name"]).first.click()
    page.locator(".card_ .acts button").click()
    canvas = page.locator("[data-mask-canvas]")
    canvas.locator("img").wait_for(timeout=LATER)
    box = canvas.bounding_box()
    assert box is not None
    for x, y in ((0.01, 0.01), (0.3, 0.01), (0.3, 0.99), (0.01, 0.99), (0.01, 0.01)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    assert canvas.locator("polygon").count() == 1
    page.locator("dialog[open] textarea").fill("주택 창문")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open]", state="detached", timeout=LATER)
    tile = f".tile[data-camera='{camera['id']}']"
    desk.page.wait_for_selector(f"{tile} [data-masked]", timeout=LATER)
    until(lambda: (found := spread(desk, camera["id"])) is not None and found < 5, what="the masked picture")
    assert demo.call("중구", "GET", f"/cameras/{camera['id']}/mask").json()["reason"] == "주택 창문"
    page.locator(".card_ .acts button").click()
    page.wait_for_selector("dialog[open] polygon", timeout=LATER)
    page.locator("[data-mask-canvas]").focus()
    page.keyboard.press("Backspace")
    page.locator("dialog[open] textarea").fill("창문 가림막 설치")
    page.keyboard.press("Control+Enter")
    desk.page.wait_for_selector(f"{tile} [data-masked]", state="detached", timeout=LATER)
    until(lambda: (spread(desk, camera["id"]) or 0) > 5, what="the whole picture again")
    assert desk.complaints == []
    assert owner.complaints == []
    for each in (owner, desk):
        each.leave()
    demo.close("police112", incident)
