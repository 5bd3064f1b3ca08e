"""The pursuit screen in a real browser on the whole running system: followed, seen, undone, scrubbed back, shared, and blank at the end."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.desk import Demo, Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PATIENCE_MS = 120_000


def begun(desk: Desk, demo: Demo, incident: str) -> str:
    """Start to follow by its key, from the incident's page; the pursuit, once it is reckoned and a camera is live."""
    page = desk.page
    page.goto(f"{demo.ready['url']}/incidents/{incident}")
    page.wait_for_selector(".pursue")
    page.keyboard.press("t")
    page.wait_for_selector("[data-m90]", timeout=PATIENCE_MS)
    page.wait_for_selector(".tile[data-state=live]", timeout=PATIENCE_MS)
    return str(page.get_attribute("[data-pursuit]", "data-pursuit"))


def m90(page: Page) -> int:
    """Metres of road that hold 90 % of the estimate, as the page says it."""
    return int(page.get_attribute("[data-m90]", "data-m90") or 0)


def asked(page: Page) -> bool:
    """Say *seen* of the first tile that shows a picture; whether the heading is asked now."""
    states = [tile.get_attribute("data-state") for tile in page.query_selector_all(".tile")]
    if "live" not in states:
        return False
    page.keyboard.press(str(states.index("live") + 1))
    page.keyboard.press("s")
    return page.query_selector("[data-seeing]") is not None


def picture(demo: Demo, pursuit: str) -> dict[str, object]:
    return dict(demo.call("tracking_centre", "GET", f"/pursuits/{pursuit}").json())


def sightings(demo: Demo, pursuit: str) -> list[int]:
    """The numbers of the sightings that stand."""
    evidence: Any = picture(demo, pursuit)["evidence"]
    return [each["number"] for each in evidence if each["type"] == "sighting" and not each["undone"]]


def selected(page: Page) -> str:
    """Click the first live tile; its camera, read in the same moment: which stand on the wall changes."""
    hit = "const hit = document.querySelector('.tile[data-state=live] .hit');"
    first = f"() => {{ {hit} hit.click(); return hit.closest('.tile').dataset.camera; }}"
    until(lambda: page.locator(".tile[data-state=live] .hit").count(), what="a live camera")
    return str(page.evaluate(first))


def test_a_cut_strap_is_followed_seen_undone_and_scrubbed_back_by_keyboard(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "tracking_centre")
    page = desk.page
    incident = demo.alarm()
    pursuit = begun(desk, demo, incident)
    page.wait_for_selector(".pmap canvas")
    until(lambda: page.evaluate("performance.getEntriesByName('bonghwa:belief').length"), what="heat on the map")
    until(desk.tiles, what="a live camera")
    until(lambda: m90(page) > 1_500, what="an estimate that grew")
    until(lambda: asked(page), what="a tile that shows a picture")
    wide = m90(page)
    page.wait_for_selector("[data-seeing]")
    page.keyboard.press("f")
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("[data-sighting]", state="attached")
    page.wait_for_selector("[data-since=sighting]")
    until(lambda: m90(page) < wide, what="a smaller estimate")
    page.keyboard.press("v")
    page.wait_for_selector("[data-learning]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-learning]", state="detached")
    page.keyboard.press("v")
    page.keyboard.press("c")
    page.wait_for_selector("[data-mode=car]")
    page.wait_for_selector("[data-mode-mark=car]", state="attached")
    assert picture(demo, pursuit)["mode"] == "car"
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-mode]", state="detached")
    standing = sightings(demo, pursuit)
    selected(page)
    page.keyboard.press("s")
    page.wait_for_selector("[data-seeing]")
    page.keyboard.press("Enter")
    until(lambda: len(sightings(demo, pursuit)) == len(standing) + 1, what="a sighting without a heading")
    page.keyboard.press("Control+z")
    until(lambda: sightings(demo, pursuit) == standing, what="the sighting taken back")
    camera = selected(page)
    page.keyboard.press("p")
    until(lambda: camera in picture(demo, pursuit)["pins"], what="the pin")  # type: ignore[operator]
    page.keyboard.press("[")
    page.wait_for_selector("[data-past=true] .band.past")
    page.locator("input[type=range]").focus()
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-past=false]")
    others = demo.call("tracking_centre", "POST", f"/pursuits/{pursuit}/evidence", json={"type": "mode", "mode": "foot"}).json()["number"]
    page.wait_for_selector("[data-mode=foot]")
    page.keyboard.press("Control+z")
    page.wait_for_selector("[data-sighting]", state="detached")
    assert picture(demo, pursuit)["mode"] == "foot", "what somebody else said later stands"
    assert demo.call("tracking_centre", "DELETE", f"/pursuits/{pursuit}/evidence/{others}").status_code == 204
    until(lambda: m90(page) >= wide, what="the estimate as if nobody had said so")
    demo.close("tracking_centre", incident)
    desk.leave()


def test_nobody_is_seen_or_not_seen_on_a_tile_without_a_picture(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "tracking_centre")
    page = desk.page
    incident = demo.alarm()
    pursuit = begun(desk, demo, incident)
    page.route("**/api/v1/views", lambda route: route.fulfill(status=409, json={"error": "conflict"}))
    page.reload()
    page.wait_for_selector(".tile:not([data-state=live])", timeout=PATIENCE_MS)
    for key in "1sn":
        page.keyboard.press(key)
    page.wait_for_selector("text=지금 화면이 없어")
    assert page.locator("[data-seeing]").count() == 0
    kinds = [each["type"] for each in picture(demo, pursuit)["evidence"]]  # type: ignore[attr-defined]
    assert not {"sighting", "not_seen"} & set(kinds)
    demo.close("tracking_centre", incident)
    desk.leave()


@pytest.mark.parametrize(
    ("who", "line", "kind", "words", "closes"),
    [("police112", "police112", "missing_child", "아동 실종 찾기", True), ("fire119", "fire119", "rescue", "구조 출동대 따라보기", False)],
)
def test_a_search_and_a_crew_are_not_called_a_flight(
    demo: Demo, browser: Browser, who: str, line: str, kind: str, words: str, closes: bool
) -> None:
    desk = Desk(browser, demo, who)
    incident = demo.alarm(line, kind)
    begun(desk, demo, incident)
    assert desk.page.inner_text(".lay .left h1").startswith(words)
    text = desk.page.inner_text(".lay .left")
    assert ("나갈 수 있는 길목" in text) is closes
    assert "도주로" not in desk.page.inner_text(".lay")
    demo.close(who, incident)
    desk.leave()


def test_a_guest_sees_only_what_is_shared_and_the_end_of_the_incident_blanks_all(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "tracking_centre")
    incident = demo.alarm()
    pursuit = begun(desk, demo, incident)
    desk.page.keyboard.press("i")
    desk.page.wait_for_selector("dialog[open]")
    desk.page.locator("dialog[open] input[value=containment]").uncheck()
    desk.page.locator("dialog[open] input[value=watch]").uncheck()
    desk.page.keyboard.press("Control+Enter")
    until(lambda: "police112" in picture(demo, pursuit)["shared"]["with"], what="a guest")  # type: ignore[index]
    guest = Desk(browser, demo, "police112")
    guest.page.goto(f"{demo.ready['url']}/pursuits/{pursuit}")
    guest.page.wait_for_selector("[data-m90]")
    assert guest.page.locator("[data-closing]").count() == 0
    assert guest.page.locator(".tile").count() == 0
    assert guest.page.locator(".note").count() == 1
    demo.close("tracking_centre", incident)
    for each in (desk, guest):
        each.page.wait_for_selector("[data-state=ended]")
        until(lambda each=each: each.videos() == 0, what="a blank page")  # type: ignore[misc]
        assert each.page.locator("[data-m90], .pmap, [data-sighting]").count() == 0
    desk.leave()
    guest.leave()
