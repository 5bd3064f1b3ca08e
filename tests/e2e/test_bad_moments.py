"""A desk and a phone in bad moments: a hub that does not answer, an answer that comes late, a second window, a person who was away."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Geolocation, Page, Route, expect

from tests.api.house import House
from tests.e2e.desk import JUNGGU, Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]
WHO = "tracking_centre"
AWAY = "16:00"


class Unwell:
    """What the hub answers to some requests of a page: nothing good, `times` times, or until it is well again; then `body`, or its own."""

    def __init__(self, times: int = 1_000_000, body: dict[str, Any] | None = None) -> None:
        self.times, self.body, self.asked = times, body, 0

    def __call__(self, route: Route) -> None:
        self.asked += 1
        if self.asked <= self.times:
            route.fulfill(status=503, content_type="application/problem+json", body='{"title": "later", "status": 503}')
        elif self.body is not None:
            route.fulfill(json=self.body)
        else:
            route.continue_()


def own_camera(house: House) -> dict[str, Any]:
    return dict(house.call("중구", "GET", "/cameras", params={"owner": "junggu", "limit": 1}).json()["items"][0])


def masked(house: House, camera: str) -> list[Any]:
    return list(house.call("중구", "GET", f"/cameras/{camera}/mask").json()["regions"])


def open_mask(page: Page, house: House, camera: dict[str, Any]) -> None:
    page.goto(f"{house.url}/cameras")
    page.locator(".filters input").fill(camera["name"])
    page.locator("li .name", has_text=camera["name"]).first.click()
    page.locator(".card_ .acts button").click()


def draw(page: Page) -> None:
    box = page.locator("[data-mask-canvas]").bounding_box()
    assert box is not None
    for x, y in ((0.5, 0.5), (0.8, 0.5), (0.8, 0.8), (0.5, 0.5)):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.locator("dialog[open] textarea").fill("현관")


def test_a_region_drawn_before_the_present_mask_is_known_is_added_to_it(house: House, browser: Browser) -> None:
    camera = own_camera(house)
    window = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.3]]
    put = house.call("중구", "PUT", f"/cameras/{camera['id']}/mask", json={"regions": [window], "reason": "창문"})
    assert put.status_code == 200, put.text
    desk = Desk(browser, house, "district")
    page = desk.page
    unwell = Unwell()
    page.route("**/mask", lambda route: unwell(route) if route.request.method == "GET" else route.continue_())
    open_mask(page, house, camera)
    draw(page)
    page.keyboard.press("Control+Enter")
    page.locator("dialog[open] [role=alert] button").wait_for()
    assert masked(house, camera["id"]) == [window], "nothing is saved over what is not known"
    unwell.times = 0
    page.locator("dialog[open] [role=alert] button").click()
    expect(page.locator("[data-mask-canvas] polygon")).to_have_count(2)
    page.locator("dialog[open] textarea").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("dialog[open]", state="detached")
    assert len(masked(house, camera["id"])) == 2
    assert window in masked(house, camera["id"])
    desk.leave()


def test_a_wall_beside_a_desk_that_is_used_is_not_covered_and_both_open_with_one_password(house: House, browser: Browser) -> None:
    incident = house.opened(WHO, "strap_cut")
    desk = Desk(browser, house, WHO)
    page, clock = desk.page, desk.context.clock
    clock.install()
    page.goto(f"{house.url}/incidents/{incident}")
    page.wait_for_selector(".wall")
    wall = desk.context.new_page()
    wall.goto(f"{house.url}/incidents/{incident}/wall")
    wall.wait_for_selector(".wall")
    for _ in range(2):
        page.mouse.move(300, 300)
        page.mouse.move(320, 300)
        clock.fast_forward("10:00")
    assert wall.locator("dialog[open]").count() == page.locator("dialog[open]").count() == 0
    clock.fast_forward(AWAY)
    for each in (page, wall):
        each.wait_for_selector("dialog[open] input[type=password]")
    page.reload()
    page.wait_for_selector("dialog[open] input[type=password]")
    page.locator("dialog[open] input").fill(house.ready["accounts"][WHO]["password"])
    page.keyboard.press("Enter")
    for each in (page, wall):
        each.wait_for_selector("dialog[open]", state="detached")
    wall.bring_to_front()
    wall.keyboard.press("a")
    until(lambda: not house.incident(WHO, incident)["needs"], 15, what="the acknowledgement from the other window")
    desk.leave()


def test_an_owners_request_is_shown_although_the_hub_did_not_answer_when_it_came(house: House, browser: Browser) -> None:
    desk = Desk(browser, house, "district")
    page = desk.page
    page.goto(f"{house.url}/views")
    page.wait_for_selector(".ax")
    asked = {
        "id": "g-1", "agency": WHO, "agreement": "A", "agreement_hash": "", "clause": "1", "basis": "b", "purpose": "p", "owner": "junggu",
        "state": "asked", "awaits": "owner", "asked_at": None, "decided_at": None, "answer_by": "2099-01-01T00:00:00.000Z", "minutes": 10,
        "expires_at": None, "cameras": ["c"], "reason": None, "review": False, "evidence": False, "unmasked": False,
        "incident": {"number": "T-1", "kind": "strap_cut", "priority": 1, "place": None, "drill": False},
    }  # fmt: skip
    unwell = Unwell(1, {"items": [asked]})
    page.route("**/grants?state=asked", unwell)
    house.gateways_up()
    # Whatever is asked or decided about an owner's cameras makes its page ask: once, while nothing else happens.
    house.opened("police112", "robbery", JUNGGU)
    page.locator("section.ask[data-grant='g-1']").wait_for(timeout=15_000)
    desk.leave()


def test_a_desk_whose_first_list_does_not_come_has_its_queue_and_map_when_the_hub_is_back(house: House, browser: Browser) -> None:
    desk = Desk(browser, house, WHO)
    page = desk.page
    unwell = Unwell(1)
    page.route("**/api/v1/incidents?*", lambda route: unwell(route) if "state=open" in route.request.url else route.continue_())
    page.reload()
    page.locator(".list .q, .queue .empty, canvas.maplibregl-canvas").first.wait_for(timeout=20_000)
    page.wait_for_selector("canvas.maplibregl-canvas", timeout=20_000)
    desk.leave()


def test_a_page_loaded_while_the_hub_is_started_again_is_still_signed_in(house: House, browser: Browser) -> None:
    desk = Desk(browser, house, WHO)
    page = desk.page
    page.route("**/api/v1/session", Unwell(1))
    page.reload()
    page.wait_for_selector(".clock", timeout=20_000)
    desk.leave()


def phone(house: House, browser: Browser, **more: Any) -> Page:
    """A responder's phone, bound to a link by its tap."""
    incident = house.opened(WHO, "strap_cut")
    link = house.call(WHO, "POST", f"/incidents/{incident}/responders", json={"label": "순찰 12"})
    assert link.status_code == 201, link.text
    context = browser.new_context(viewport={"width": 390, "height": 844}, **more)
    page = context.new_page()
    page.goto(house.url + httpx.URL(link.json()["url"]).path)
    page.locator("[data-stage=tap] button").click()
    page.wait_for_selector("[data-stage=on]")
    return page


def test_a_responders_page_loaded_again_without_a_network_offers_to_try_again(house: House, browser: Browser) -> None:
    page = phone(house, browser)
    unwell = Unwell()
    page.route("**/api/v1/session", unwell)
    page.reload()
    page.wait_for_selector("[data-stage=failed]")
    unwell.times = 0
    page.locator("[data-stage=failed] button").click()
    page.wait_for_selector("[data-stage=on]")
    page.context.close()


def north(degrees: float) -> Geolocation:
    """A place so far north of the scene."""
    return {"latitude": JUNGGU["lat"] + degrees, "longitude": JUNGGU["lon"]}


def test_a_responder_without_satellites_for_a_while_has_the_distance_again_when_they_are_back(house: House, browser: Browser) -> None:
    page = phone(house, browser, geolocation=north(0.002), permissions=["geolocation"])
    eta = page.locator(".eta")
    expect(eta).to_contain_text("220 m")
    page.context.set_geolocation(None)
    expect(eta).to_contain_text("쓸 수 없습니다")
    page.context.set_geolocation(north(0.001))
    expect(eta).to_contain_text("110 m")
    page.context.close()


def test_enter_in_the_search_chooses_what_was_typed_not_what_fewer_letters_found(house: House, browser: Browser) -> None:
    desk = Desk(browser, house, WHO)
    page = desk.page
    incidents = {"one": house.opened(WHO, "strap_cut"), "other": house.opened(WHO, "curfew_breach", subject={"ref": "W-9"})}

    def found(route: Route) -> None:
        which = "other" if route.request.url.endswith("other") else "one"
        route.fulfill(json={"items": [{"type": "incident", "id": incidents[which], "name": which, "detail": "", "lat": None, "lon": None}]})

    page.route("**/api/v1/search?*", found)
    page.keyboard.press("/")
    page.keyboard.type("o")
    page.locator("#found li", has_text="one").wait_for()
    page.keyboard.type("ther")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/*")
    assert page.url.endswith(incidents["other"])
    desk.leave()
