"""Steering in a real browser on the whole running system: our camera turns under the arrow keys, others ask, and it goes home by itself."""

import io

import av
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser

from bonghwa.city.chance import key_of
from tests.e2e.desk import Demo, Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def turning_camera(demo: Demo) -> dict[str, str]:
    """A camera of Jung-gu that turns and has no fault (the simulated city breaks one in fifty)."""
    cameras = demo.call("district", "GET", "/cameras?owner=junggu&limit=400").json()["items"]
    return next(c for c in cameras if c["pose"]["ptz"] and key_of("fault", c["id"]) % 1000 >= 20)


def look(demo: Demo, camera: str) -> np.ndarray:
    """What the camera shows now, in grey, without the burned-in lines; seen in a duty session of the entrusted room."""
    duty = demo.call("control_room", "POST", "/duties", json={"post": "확인석"}).json()["id"]
    view = demo.call("control_room", "POST", "/views", json={"duty": duty, "camera": camera}).json()

    def still() -> bytes | None:
        ticket = demo.call("control_room", "POST", f"/views/{view['id']}/ticket").json()["ticket"]
        answer = httpx.get(view["snapshot"], headers={"Authorization": f"Bearer {ticket}"}, timeout=30)
        return answer.content if answer.status_code == 200 else None

    try:
        content = until(still, what="a still")
    finally:
        demo.call("control_room", "POST", f"/duties/{duty}/end", json={})
    frame = next(av.open(io.BytesIO(content)).decode(video=0))
    return frame.to_ndarray(format="gray")[:320].astype(int)


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The share of the picture that is another one; people and cars that moved make little of it."""
    return float(np.mean(np.abs(one - other) > 16))


def on_duty(desk: Desk, demo: Demo, camera: dict[str, str]) -> None:
    """Start a duty session and watch this camera, by hand. One that an earlier walk left open ends first."""
    for open_now in demo.call("district", "GET", "/duties").json()["items"]:
        demo.call("district", "POST", f"/duties/{open_now['id']}/end", json={})
    page = desk.page
    page.goto(f"{demo.ready['url']}/cameras")
    page.locator("form.duty input").fill("관제석 3")
    page.locator("form.duty button").click()
    page.wait_for_selector(".duty.on")
    page.locator(".filters input").first.fill(camera["name"])
    page.locator(f"li:has-text('{camera['name']}') .btn").first.click()
    until(lambda: camera["id"] in desk.tiles(), what="the own camera")
    page.locator(".filters input").first.blur()


def test_a_room_steers_its_own_camera_and_it_is_home_after_the_duty_session(demo: Demo, browser: Browser) -> None:
    camera = turning_camera(demo)
    at_home = look(demo, camera["id"])
    desk = Desk(browser, demo, "district")
    on_duty(desk, demo, camera)
    desk.page.keyboard.press("g")
    desk.page.wait_for_selector("[data-held=mine]")
    desk.page.keyboard.down("ArrowRight")
    until(lambda: apart(look(demo, camera["id"]), at_home) > 0.3, what="a turned picture")
    desk.page.keyboard.up("ArrowRight")
    refused = demo.call("police112", "POST", f"/cameras/{camera['id']}/steer", json={"act": "move", "pan": 1, "duty": "dty_none"})
    assert refused.status_code == 404
    held = demo.call("control_room", "GET", "/steering").json()["items"]
    assert [(hold["camera"], hold["post"], hold["mine"]) for hold in held] == [(camera["id"], "관제석 3", False)]
    duty = next(d for d in demo.call("district", "GET", "/duties").json()["items"])
    demo.call("district", "POST", f"/duties/{duty['id']}/end", json={})
    until(lambda: desk.videos() == 0, what="a blank page")
    until(lambda: apart(look(demo, camera["id"]), at_home) < 0.1, what="the home view")
    assert demo.call("district", "GET", "/steering").json()["items"] == []
    assert desk.complaints == []
    desk.leave()


def test_who_may_not_steer_asks_the_owners_room_by_keyboard(demo: Demo, browser: Browser) -> None:
    police, owner = Desk(browser, demo, "police112"), Desk(browser, demo, "district")
    incident = demo.alarm("police112", "robbery")
    police.page.goto(f"{demo.ready['url']}/incidents/{incident}")
    first = until(police.tiles, what="a picture")[0]
    number = police.page.locator(f".tile[data-camera={first}]").get_attribute("data-number")
    police.page.keyboard.press(str(number))
    police.page.keyboard.press("g")
    police.page.wait_for_selector("dialog[open] textarea")
    police.page.keyboard.type("북쪽 골목 입구")
    police.page.keyboard.press("Control+Enter")
    owner.page.wait_for_selector("[data-request] :text('북쪽 골목 입구')", timeout=30_000)
    owner.page.keyboard.press("t")
    until(lambda: not demo.call("district", "GET", "/steering-requests").json()["items"], what="the answer")
    # A picture that is still being asked for when the incident ends is refused, and the browser writes every refusal down.
    until(lambda: not any(police.tiles(state) for state in ("asking", "waiting", "reconnecting")), what="every picture")
    demo.close("police112", incident)
    until(lambda: police.videos() == 0, what="a blank page")
    assert police.complaints == owner.complaints == []
    police.leave()
    owner.leave()
