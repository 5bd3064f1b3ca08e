"""Rights and duties end, and begin anew, exactly when they should: responders, owners' refusals, legal duties, closed parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bonghwa.service.ports import Limits
from tests.api.house import House, copy_town, running
from tests.api.test_events_stream import Stream

ELSEWHERE = {"lat": 37.4740, "lon": 126.6220}
NEAR = {"lat": 37.4724, "lon": 126.6245}


def joint(house: House) -> str:
    """An incident of the tracking centre to which it called the police."""
    incident = house.opened("tracking_centre", "strap_cut")
    house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    return incident


@contextmanager
def on_the_way(house: House, who: str, incident: str) -> Iterator[httpx.Client]:
    """The phone of somebody whom `who` sent."""
    link = house.call(who, "POST", f"/incidents/{incident}/responders", json={"label": f"출동 {who}"}).json()
    with httpx.Client(base_url=f"{house.url}/api/v1", timeout=60) as phone:
        phone.headers["X-Bonghwa-CSRF"] = phone.post("/responders/redeem", json={"code": link["code"]}).json()["csrf"]
        yield phone


def of_responders(house: House, who: str, incident: str) -> list[dict[str, Any]]:
    seen = house.incident(who, incident)["grants"]
    return [g for g in seen if g["agency"] == "responders" and g["issuer"] == who and g["state"] == "active"]


def test_a_responder_opens_nothing_under_the_grant_of_another_agencys_crew(shared_house: House) -> None:
    house = shared_house
    incident = joint(house)
    with on_the_way(house, "police112", incident) as police, on_the_way(house, "tracking_centre", incident):
        foreign, own = of_responders(house, "tracking_centre", incident)[0], of_responders(house, "police112", incident)[0]
        refused = police.post("/views", json={"grant": foreign["id"], "camera": foreign["cameras"][0]})
        opened = police.post("/views", json={"grant": own["id"], "camera": own["cameras"][0]})
    assert (refused.status_code, opened.status_code) == (404, 201)


def test_a_responder_hears_nothing_of_another_agencys_crew(shared_house: House) -> None:
    house = shared_house
    incident = joint(house)
    with on_the_way(house, "police112", incident) as police:
        stream = Stream(police, {})
        with on_the_way(house, "tracking_centre", incident) as crew:
            grant = of_responders(house, "tracking_centre", incident)[0]
            crew.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
            link = next(r["id"] for r in house.incident("tracking_centre", incident)["responders"])
            house.call("tracking_centre", "POST", f"/responders/{link}/revoke", json={"reason": "센터만 아는 사유"})
        own = of_responders(house, "police112", incident)[0]
        view = police.post("/views", json={"grant": own["id"], "camera": own["cameras"][0]}).json()["id"]
        police.delete(f"/views/{view}")
        heard = [stream.events.get(timeout=20)]
        while heard[-1]["type"] != "view.ended":
            heard.append(stream.events.get(timeout=20))
    told = [event for event in heard if event["type"].startswith(("grant.", "view.", "responder."))]
    assert [event["subject"] for event in told] == [view]


def duties(house: House, who: str, incident: str, kind: str) -> list[dict[str, Any]]:
    return [each for each in house.incident(who, incident)["duties"] if each["kind"] == kind]


def close(house: House, who: str, incident: str) -> None:
    answer = house.call(who, "POST", f"/incidents/{incident}/close", json={"reason": "상황 끝", "disposition": "real"})
    assert answer.status_code == 200, answer.text


def test_a_viewing_after_the_wearer_was_notified_is_to_be_notified_too(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("tracking_centre", "strap_cut")
    close(house, "tracking_centre", incident)
    first = duties(house, "tracking_centre", incident, "notify_wearer")[0]
    house.call("tracking_centre", "POST", f"/obligations/{first['id']}/done", json={"note": "우편으로 알림"})
    house.call("tracking_centre", "POST", f"/incidents/{incident}/reopen", json={"reason": "다시 끊김"})
    owed = [each for each in duties(house, "tracking_centre", incident, "notify_wearer") if each["done_at"] is None]
    assert len(owed) == 1


def test_the_time_to_notify_counts_from_the_end_of_the_viewing_and_no_later_close_moves_it(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("tracking_centre", "strap_cut")
    opened = duties(house, "tracking_centre", incident, "notify_wearer")[0]["due_at"]
    for grant in house.incident("tracking_centre", incident)["grants"]:
        house.call("tracking_centre", "POST", f"/grants/{grant['id']}/revoke", json={"reason": "확인 끝"})
    watched = duties(house, "tracking_centre", incident, "notify_wearer")[0]["due_at"]
    close(house, "tracking_centre", incident)
    assert opened < watched
    assert duties(house, "tracking_centre", incident, "notify_wearer")[0]["due_at"] == watched


def test_a_close_gives_no_more_time_to_review_what_opened_unanswered(town, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(ask_answer_s=0)) as house:
        body = {"agency": "police112", "basis": "공동대응"}
        incident = house.opened("fire119", "fire", priority=0)
        house.call("fire119", "POST", f"/incidents/{incident}/invite", json=body)
        review = house.until(lambda: duties(house, "police112", incident, "review"))[0]
        close(house, "fire119", incident)
        assert duties(house, "police112", incident, "review")[0]["due_at"] == review["due_at"]


def of_owner(house: House, who: str, incident: str, owner: str) -> list[dict[str, Any]]:
    """What `who` may watch now, or asks to, of an owner's cameras."""
    seen = house.incident(who, incident)["grants"]
    return [g for g in seen if (g["agency"], g["owner"]) == (who, owner) and g["state"] in ("asked", "active")]


def test_a_guest_that_takes_up_its_part_again_opens_nothing_that_an_owner_took_back(shared_house: House) -> None:
    house = shared_house
    incident = joint(house)
    for who in ("tracking_centre", "police112"):
        taken = of_owner(house, who, incident, "junggu")[0]
        house.call("중구", "POST", f"/grants/{taken['id']}/revoke", json={"reason": "다른 목적"})
    close(house, "police112", incident)
    house.call("police112", "POST", f"/incidents/{incident}/reopen", json={"reason": "다시 맡음"})
    house.call("tracking_centre", "PATCH", f"/incidents/{incident}", json={"reason": "정정", "priority": 1})
    assert of_owner(house, "police112", incident, "junggu") == []
    assert of_owner(house, "tracking_centre", incident, "junggu") == []


def test_a_more_urgent_code_opens_no_camera_that_the_owner_left_out(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery", priority=2)
    asked = of_owner(house, "police112", incident, "junggu")[0]
    one = asked["cameras"][0]
    house.call("중구", "POST", f"/grants/{asked['id']}/approve", json={"reason": "하나만", "cameras": [one]})
    for code in (1, 0):
        house.call("police112", "PATCH", f"/incidents/{incident}", json={"reason": "흉기", "priority": code})
        held = of_owner(house, "police112", incident, "junggu")
        assert [(grant["clause"], grant["cameras"]) for grant in held] == [("4-1", [one])]


def test_a_text_that_no_database_keeps_is_refused_by_its_field(shared_house: House) -> None:
    name = shared_house.call(None, "POST", "/session", json={"name": "관\0제", "password": "x"})
    incident = shared_house.opened("police112", "robbery")
    note = shared_house.call("police112", "POST", f"/incidents/{incident}/notes", json={"text": "a\0b"})
    parts = shared_house.call("police112", "POST", f"/incidents/{incident}/split", json={"reports": ["rep\0"], "reason": "r"})
    assert [(answer.status_code, answer.json()["field"]) for answer in (name, note, parts)] == [
        (422, "name"),
        (422, "text"),
        (422, "reports"),
    ]


def test_an_agency_that_closed_its_part_reads_no_more_what_to_look_for_nor_what_happened_meanwhile(shared_house: House) -> None:
    house = shared_house
    incident = joint(house)
    house.call("tracking_centre", "PATCH", f"/incidents/{incident}", json={"reason": "인상", "look_for": "검은 모자"})
    before = house.incident("police112", incident)
    close(house, "police112", incident)
    left = house.incident("police112", incident)
    house.call("tracking_centre", "PATCH", f"/incidents/{incident}", json={"reason": "이동", "place": ELSEWHERE, "priority": 1})
    seen = house.incident("police112", incident)
    assert (before["look_for"], seen["look_for"]) == ("검은 모자", None)
    assert seen["timeline"] == left["timeline"]
    close(house, "tracking_centre", incident)
    after = house.incident("police112", incident)["timeline"]
    assert [line["code"] for line in after[len(left["timeline"]) :]] == ["closed"]


def test_a_crews_pictures_stay_while_nothing_changed_for_it_under_two_grants_of_one_owner(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery", priority=2)
    approve(house, incident)
    house.call("police112", "PATCH", f"/incidents/{incident}", json={"reason": "정정", "place": NEAR})
    approve(house, incident)
    assert len(of_owner(house, "police112", incident, "junggu")) == 2
    with on_the_way(house, "police112", incident):
        before = {grant["id"] for grant in of_responders(house, "police112", incident)}
        with on_the_way(house, "police112", incident):
            after = {grant["id"] for grant in of_responders(house, "police112", incident)}
    assert len(before) == 2
    assert after == before


def approve(house: House, incident: str) -> None:
    """Jung-gu opens all that the police asked of it."""
    asked = next(grant for grant in of_owner(house, "police112", incident, "junggu") if grant["state"] == "asked")
    answer = house.call("중구", "POST", f"/grants/{asked['id']}/approve", json={"reason": "확인"})
    assert answer.status_code == 200, answer.text
