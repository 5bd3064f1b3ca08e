"""The main job in a real browser on the whole running system: an alarm comes in, pictures open by themselves, the close blanks them."""

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.desk import Demo, Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]


def test_from_alarm_to_close_by_keyboard_alone(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "tracking_centre")
    incident = demo.alarm()
    until(lambda: len(desk.tiles()) >= 3, what="pictures in the peek dock, without a key pressed")
    desk.page.keyboard.press("a")
    until(lambda: demo.incident("tracking_centre", incident)["acknowledged_at"], what="the acknowledgement")
    desk.page.keyboard.press("Enter")
    desk.page.wait_for_url(f"**/incidents/{incident}", timeout=60_000)
    until(lambda: len(desk.tiles()) >= 4, what="the wall")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_selector("[role=dialog], dialog[open]", timeout=20_000)
    desk.page.keyboard.press("2")
    desk.page.keyboard.press("Control+Enter")
    until(lambda: demo.incident("tracking_centre", incident)["state"] == "closed", what="the close")
    until(lambda: desk.videos() == 0, what="a blank page")
    assert demo.incident("tracking_centre", incident)["mine"]["disposition"] == "mistaken"
    assert desk.complaints == []
    desk.leave()


def test_every_camera_shows_its_own_moving_picture(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "police112")
    incident = demo.alarm("police112", "robbery")
    desk.page.goto(f"{demo.ready['url']}/incidents/{incident}")
    until(lambda: len(desk.tiles()) >= 4, what="the wall")
    first = desk.fingerprints()
    moved: set[str] = set()

    def all_moved() -> bool:
        moved.update(camera for camera, picture in desk.fingerprints().items() if camera in first and picture != first[camera])
        return moved >= set(first)

    until(all_moved, what="movement in every picture")
    assert len(set(first.values())) == len(first) >= 4
    demo.close("police112", incident)
    until(lambda: desk.videos() == 0, what="a blank page")
    desk.leave()


def test_alarms_at_real_places_get_explained_cameras_under_a_clause_with_its_basis(demo: Demo) -> None:
    for lat, lon in ((37.4715, 126.6255), (37.4740, 126.6220), (37.4890, 126.7240), (37.4565, 126.7052), (37.5385, 126.7370)):
        incident = demo.alarm(place={"lat": lat, "lon": lon, "accuracy_m": 30})
        seen = demo.incident("tracking_centre", incident)
        explained = [camera for camera in seen["cameras"] if camera["why"] and all(reason["text"] for reason in camera["why"])]
        demo.close("tracking_centre", incident)
        assert len(explained) >= 4
        assert {(g["agreement"], g["clause"]) for g in seen["grants"]} == {("T-1", "2-1")}
        assert all("16" in grant["basis"] for grant in seen["grants"])


def test_used_foreign_and_hub_tickets_are_refused_by_the_gateway(demo: Demo) -> None:
    incident = demo.alarm("fire119", "fire")
    grant = next(g for g in demo.incident("fire119", incident)["grants"] if len(g["cameras"]) > 1)
    one, two = grant["cameras"][:2]

    def still(address: str, ticket: str) -> int:
        return httpx.get(address, headers={"Authorization": f"Bearer {ticket}"}, timeout=30).status_code

    view = demo.call("fire119", "POST", "/views", json={"grant": grant["id"], "camera": one}).json()
    other = demo.call("fire119", "POST", "/views", json={"grant": grant["id"], "camera": two}).json()
    assert still(view["snapshot"], demo.token("fire119")) == 401
    assert still(view["snapshot"], other["ticket"]) in (401, 403)
    assert still(view["snapshot"], view["ticket"]) in (200, 503, 504)
    assert still(view["snapshot"], view["ticket"]) in (401, 403)
    fresh = demo.call("fire119", "POST", f"/views/{view['id']}/ticket").json()["ticket"]
    demo.close("fire119", incident)
    assert still(view["snapshot"], fresh) in (401, 403, 410)
    assert demo.call("fire119", "POST", f"/views/{view['id']}/ticket").status_code == 409


def test_the_ledger_keeps_report_decision_grant_ticket_view_and_close_and_verifies(demo: Demo) -> None:
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-m", "bonghwa.cli", "ledger", "verify", demo.ready["url"]], capture_output=True, text=True)
    day = demo.call("privacy_officer", "GET", "/privacy/day").json()
    assert done.returncode == 0, done.stdout + done.stderr
    assert day["counts"]["views"] > 0
    assert day["counts"]["without_grant"] == 0
