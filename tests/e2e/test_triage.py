"""The tracking centre's queue in a real browser: repeats fold away under their reason, and come back by key or by a graver alarm."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.api.house import House
from tests.e2e.desk import Desk, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(200)]
WHO = "tracking_centre"


@pytest.fixture
def desk(house: House, browser: Browser) -> Iterator[Desk]:
    """The tracking centre's desk at a hub without gateways: the queue needs no picture."""
    made = Desk(browser, house, WHO)
    yield made
    made.leave()


def batteries(house: House, ref: str, count: int) -> str:
    now = dt.datetime.now(dt.UTC)
    sent = [(now - dt.timedelta(minutes=count - n)).isoformat() for n in range(count)]
    return [house.opened(WHO, "low_battery", subject={"ref": ref}, at=at, external_id=f"{ref}-{n}") for n, at in enumerate(sent)][-1]


def test_repeats_fold_under_their_reason_and_come_back_by_key_or_by_a_graver_alarm(house: House, desk: Desk) -> None:
    page = desk.page
    quiet, runs = batteries(house, "W-1", 5), batteries(house, "W-2", 9)
    head = page.locator(".grp", has_text="숨김")
    until(lambda: "숨김 2" in head.inner_text(), what="two hidden lines, counted")
    assert page.locator(".away").count() == 0
    page.keyboard.press("h")
    until(lambda: page.locator(".away").count() == 2, what="the hidden lines")
    assert any("9번" in text for text in page.locator(".away").all_inner_texts())
    house.opened(WHO, "strap_cut", subject={"ref": "W-2", "moving": True})
    first = page.locator(".q").first
    until(lambda: first.count() and "스트랩 절단" in first.inner_text(), what="the cut strap on top")
    until(lambda: "스트랩이 끊겼고 움직이고 있음" in first.inner_text(), what="the why in words")
    until(lambda: "숨김 1" in head.inner_text(), what="one hidden line less")
    page.locator(".away .btn").click()
    page.locator("dialog textarea").fill("다시 봄")
    page.keyboard.press("Control+Enter")
    until(lambda: "숨김 0" in head.inner_text(), what="nothing hidden")
    shown = {one["id"]: one["triage"] for one in house.call(WHO, "GET", "/triage").json()["items"]}
    assert shown[quiet]["hidden"] is None
    assert shown[runs]["level"] == 0


def test_an_officer_hides_an_acknowledged_line_by_keyboard_with_a_reason(house: House, desk: Desk) -> None:
    page = desk.page
    incident = house.opened(WHO, "curfew_breach", subject={"ref": "W-3"})
    until(lambda: page.locator(".q").count() == 1, what="the line")
    page.keyboard.press("a")
    until(lambda: not house.incident(WHO, incident)["needs"], what="the acknowledgement")
    until(lambda: page.locator(".grp", has_text="확인 필요").count() == 0, what="the line among the open ones")
    until(lambda: page.locator(".grp", has_text="숨김 0").count() == 1, what="the empty section of hidden lines")
    page.keyboard.press("x")
    page.locator("dialog textarea").fill("집 앞, 담당 통화함")
    page.keyboard.press("Control+Enter")
    until(lambda: "숨김 1" in page.locator(".grp", has_text="숨김").inner_text(), what="the hidden line, counted")
    found = house.incident(WHO, incident)["triage"]["hidden"]
    assert (found["by_hand"], found["values"]["reason"]) == (True, "집 앞, 담당 통화함")


def answered(desk: Desk) -> None:
    """Wait until the hub has answered a request that was sent after all keys so far."""
    assert desk.page.evaluate("fetch('/api/v1/triage').then(answer => answer.status)") == 200


def test_one_press_too_many_acknowledges_no_alarm_that_moved_up_meanwhile(house: House, desk: Desk) -> None:
    page = desk.page
    both = [house.opened(WHO, "curfew_breach", subject={"ref": ref}) for ref in ("W-4", "W-5")]

    def waiting() -> list[str]:
        return [each for each in both if house.incident(WHO, each)["needs"]]

    until(lambda: page.locator(".q").count() == 2, what="both lines")
    page.keyboard.press("a")
    until(lambda: len(waiting()) == 1, what="one acknowledgement")
    until(lambda: "1" in page.locator(".grp", has_text="확인 필요").inner_text(), what="the other one on top")
    left = waiting()
    page.keyboard.press("a")
    answered(desk)
    assert waiting() == left
    page.keyboard.press("k")
    page.keyboard.press("a")
    until(lambda: waiting() == [], what="the one that was chosen")


def test_a_desk_that_nobody_touches_asks_the_hub_nothing_again_and_again(house: House, desk: Desk) -> None:
    page = desk.page
    house.opened(WHO, "curfew_breach", subject={"ref": "W-7"})
    until(lambda: page.locator(".q").count() == 1, what="the line")
    asked: Counter[str] = Counter()
    page.on("request", lambda request: asked.update([request.url.partition("/api/v1")[2].partition("?")[0]]))
    clock = page.locator(".clock")
    for _ in range(4):
        shown = clock.inner_text()
        until(lambda shown=shown: clock.inner_text() != shown, what="the next second")  # type: ignore[misc]
    assert asked["/session"] == asked["/vocabulary"] == 0
    assert sum(asked.values()) < 40, asked


def test_a_covered_desk_takes_no_keys_but_its_password(house: House, desk: Desk) -> None:
    page = desk.page
    incident = house.opened(WHO, "curfew_breach", subject={"ref": "W-6"})
    until(lambda: page.locator(".q").count() == 1, what="the line")
    page.evaluate("() => { const now = Date.now.bind(Date); Date.now = () => now() + 12 * 3600 * 1000; }")
    cover = page.locator("dialog[aria-labelledby=locked]")
    until(lambda: cover.count() == 1, what="the cover")
    for key in ("Tab", "a", "Escape", "Escape", "a"):
        page.keyboard.press(key)
    answered(desk)
    assert house.incident(WHO, incident)["needs"]
    assert cover.is_visible()
    page.locator("dialog input[type=password]").fill(house.credentials.accounts[WHO]["password"])
    page.keyboard.press("Enter")
    until(lambda: cover.count() == 0, what="the open desk")
    page.keyboard.press("a")
    until(lambda: not house.incident(WHO, incident)["needs"], what="the acknowledgement")


def test_a_line_that_takes_another_in_stays_in_the_queue(house: House, desk: Desk) -> None:
    page = desk.page
    target, source = (house.opened(WHO, "device_fault", subject={"ref": ref}) for ref in ("W-8", "W-9"))
    page.reload()
    faults = page.locator(".q", has_text="장치 고장")
    until(lambda: faults.count() == 2, what="both lines")
    assert house.call(WHO, "POST", f"/incidents/{source}/merge", json={"into": target, "reason": "같은 사람"}).status_code == 200
    house.opened(WHO, "curfew_breach", subject={"ref": "W-10"})
    until(lambda: page.locator(".q", has_text="외출제한 위반").count() == 1, what="an alarm from after the merge")
    assert faults.count() == 1


def test_an_alarm_does_not_come_back_to_the_queue_of_an_agency_that_closed_its_part(house: House, browser: Browser) -> None:
    incident = house.opened(WHO, "curfew_breach", subject={"ref": "W-15"})
    house.call(WHO, "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    police = Desk(browser, house, "police112")
    line = police.page.locator(".q", has_text="외출제한 위반")
    until(lambda: line.count() == 1, what="the line the centre shares")
    came_back = """() => { window.back = 0; const of = document.querySelector('.queue');
      new MutationObserver(() => { if (window.gone && of.textContent.includes('외출제한 위반')) window.back++; })
        .observe(of, { childList: true, subtree: true }); }"""
    police.page.evaluate(came_back)
    assert house.call("police112", "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "real"}).status_code == 200
    until(lambda: line.count() == 0, what="the closed part gone from the queue")
    police.page.evaluate("() => { window.gone = true; }")
    house.opened(WHO, "curfew_breach", subject={"ref": "W-15"})
    house.opened("police112", "robbery")
    until(lambda: police.page.locator(".q", has_text="강도").count() == 1, what="an alarm from after it")
    assert police.page.evaluate("() => window.back") == 0
    police.leave()


def test_lines_of_one_level_stand_by_the_seriousness_of_their_kind_before_what_weighs_more(house: House, desk: Desk) -> None:
    page = desk.page
    for n in range(5):
        house.opened(WHO, "location_lost", subject={"ref": "W-11"}, external_id=f"lost-{n}")
    house.opened(WHO, "curfew_breach", subject={"ref": "W-12"})
    until(lambda: "한 시간 안에 5번" in "".join(page.locator(".q").all_inner_texts()), what="what weighs more, in words")
    asked = [one["kind"] for one in house.call(WHO, "GET", "/triage").json()["items"]]
    shown = page.locator(".q").all_inner_texts()
    assert asked == ["curfew_breach", "location_lost"]
    assert ["외출제한 위반" in shown[0], "위치 소실" in shown[1]] == [True, True], shown


def test_a_real_line_that_becomes_grave_breaks_a_drill_at_the_desk_and_is_told(house: House, desk: Desk) -> None:
    page = desk.page
    house.opened(WHO, "low_battery", subject={"ref": "W-13"})
    house.opened(WHO, "exclusion_zone", subject={"ref": "W-14"}, drill=True)
    page.locator(".stage button").nth(1).click()
    until(lambda: page.locator(".q", has_text="출입금지구역").count() == 1, what="the drill's line")
    house.opened(WHO, "strap_cut", subject={"ref": "W-13"})
    until(lambda: page.locator(".q", has_text="스트랩 절단").count() == 1, 20, "the real line, which broke the drill")
    until(lambda: "스트랩 절단" in page.locator("[aria-live=assertive]").inner_text(), what="its words for a screen reader")


def test_a_malformed_report_names_its_wrong_field_and_shows_what_was_sent(house: House, desk: Desk) -> None:
    page = desk.page
    assert house.report(WHO, "strap_cut", at="gestern", text="시각이 틀린 접수").status_code == 422
    page.locator("button.notice").click()
    shown = page.locator("dialog li")
    until(lambda: shown.count() == 1, what="the refused report")
    assert "at" in shown.locator("code").inner_text()
    assert "RFC 3339" in shown.inner_text()
    assert '"text": "시각이 틀린 접수"' in shown.locator("pre").inner_text()


def test_the_newest_alarm_shows_the_key_that_acknowledges_only_where_that_key_would(house: House, desk: Desk) -> None:
    graver = house.opened(WHO, "strap_cut", subject={"ref": "W-31"})
    newest = house.opened(WHO, "curfew_breach", subject={"ref": "W-32"})
    peek = desk.page.locator(".peek", has_text="외출제한 위반")
    until(lambda: peek.locator("button", has_text="확인").count() == 1, what="the newest alarm's pictures")
    assert peek.locator("kbd").count() == 0, "the key acts on the cut strap"
    house.call(WHO, "POST", f"/incidents/{graver}/acknowledge", json={})
    until(lambda: peek.locator("kbd").count() == 1, what="the key on the newest alarm")
    # A row that came to the top by itself just now is not acknowledged yet: pressed until it is.
    until(lambda: desk.page.keyboard.press("a") or house.incident(WHO, newest)["acknowledged_at"], what="the newest alarm acknowledged")
