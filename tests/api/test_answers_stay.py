"""What was answered, left or revoked stays so: owners' answers, moved subjects, responders, words of one agency."""

import datetime as dt
from typing import Any

import httpx

from bonghwa.service import timers
from bonghwa.service.ports import Limits
from tests.api.house import BUPYEONG, SINPO, House, copy_town, running

ELSEWHERE = {"lat": 37.4740, "lon": 126.6220}
THIRD = {"lat": 37.4760, "lon": 126.6170}


def patch(house: House, who: str, incident: str, **body: Any) -> dict[str, Any]:
    return dict(house.call(who, "PATCH", f"/incidents/{incident}", json={"reason": "정정", **body}).json())


def of_owner(seen: dict[str, Any], owner: str, state: str) -> list[dict[str, Any]]:
    return [g for g in seen["grants"] if g["owner"] == owner and g["state"] == state]


def test_what_an_owner_took_back_no_later_decision_opens_again(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery")
    grant = of_owner(shared_house.incident("police112", incident), "junggu", "active")[0]
    shared_house.call("중구", "POST", f"/grants/{grant['id']}/revoke", json={"reason": "다른 목적"})
    seen = patch(shared_house, "police112", incident, place=SINPO)
    assert of_owner(seen, "junggu", "active") == of_owner(seen, "junggu", "asked") == []
    assert "owner_refused" in {denial["code"] for denial in seen["denials"]}


def test_a_partly_approved_request_never_grows_beyond_what_the_owner_said(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery", priority=2)
    asked = of_owner(shared_house.incident("police112", incident), "junggu", "asked")[0]
    one = asked["cameras"][0]
    shared_house.call("중구", "POST", f"/grants/{asked['id']}/approve", json={"reason": "확인", "cameras": [one]})
    seen = patch(shared_house, "police112", incident, place=SINPO)
    assert {c for g in of_owner(seen, "junggu", "active") for c in g["cameras"]} == {one}
    assert of_owner(seen, "junggu", "asked") == []


def test_cameras_that_come_in_with_a_new_place_are_asked_for_anew(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery", priority=2)
    asked = of_owner(shared_house.incident("police112", incident), "junggu", "asked")[0]
    shared_house.call("중구", "POST", f"/grants/{asked['id']}/approve", json={"reason": "확인"})
    seen = patch(shared_house, "police112", incident, place=ELSEWHERE)
    granted = {c for g in of_owner(seen, "junggu", "active") for c in g["cameras"]}
    assert granted <= set(asked["cameras"])
    assert {c for g in of_owner(seen, "junggu", "asked") for c in g["cameras"]}.isdisjoint(asked["cameras"])


def test_a_subject_that_moves_twice_leaves_no_picture_behind(town, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(old_pictures_s=1)) as house:
        house.gateways_up()
        incident = house.opened("police112", "robbery", SINPO)
        grant = of_owner(house.incident("police112", incident), "junggu", "active")[0]
        moved = patch(house, "police112", incident, place=ELSEWHERE)
        gone = next(c for c in grant["cameras"] if c not in of_owner(moved, "junggu", "active")[0]["cameras"])
        view = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": gone}).json()["id"]
        patch(house, "police112", incident, place=THIRD)

        def reason() -> str | None:
            ended = house.call("police112", "GET", "/views", params={"state": "ended"}).json()["items"]
            return next((row["end_reason"] for row in ended if row["id"] == view), None)

        assert house.until(reason) == "place_corrected"


def test_a_revoked_responders_pictures_end_though_another_crew_goes_on(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery")
    views = {}
    links = {}
    for label in ("순찰 1", "순찰 2"):
        link = house.call("police112", "POST", f"/incidents/{incident}/responders", json={"label": label}).json()
        with httpx.Client(base_url=f"{house.url}/api/v1", timeout=60) as page:
            csrf = page.post("/responders/redeem", json={"code": link["code"]}).json()["csrf"]
            grant = next(g for g in page.get(f"/incidents/{incident}").json()["grants"] if g["state"] == "active")
            body = {"grant": grant["id"], "camera": grant["cameras"][0]}
            views[label] = page.post("/views", json=body, headers={"X-Bonghwa-CSRF": csrf}).json()["id"]
        links[label] = link["id"]
    house.call("police112", "POST", f"/responders/{links['순찰 1']}/revoke", json={"reason": "분실"})
    open_views = {row["id"] for row in house.call("privacy_officer", "GET", "/views").json()["items"]}
    assert views["순찰 1"] not in open_views
    assert views["순찰 2"] in open_views


def test_responders_follow_a_moved_subject(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("tracking_centre", "strap_cut", SINPO, subject={"ref": "mover"})
    house.call("tracking_centre", "POST", f"/incidents/{incident}/responders", json={"label": "순찰 3"})
    house.opened("tracking_centre", "strap_cut", ELSEWHERE, subject={"ref": "mover"})
    seen = house.incident("tracking_centre", incident)
    own = {c for g in seen["grants"] if g["agency"] == "tracking_centre" and g["state"] == "active" for c in g["cameras"]}
    theirs = {c for g in seen["grants"] if g["agency"] == "responders" and g["state"] == "active" for c in g["cameras"]}
    assert theirs == own


def test_two_rooms_with_the_same_external_id_never_meet(shared_house: House) -> None:
    body = {"line": "control_room", "kind": "fire", "at": dt.datetime.now(dt.UTC).isoformat(), "place": BUPYEONG, "external_id": "1"}
    one = shared_house.call("중구", "POST", "/reports", json=body)
    two = shared_house.call("부평구", "POST", "/reports", json=body)
    bad = shared_house.call("부평구", "POST", "/reports", json={**body, "external_id": "2", "at": "?"})
    assert (one.status_code, two.status_code, bad.status_code) == (201, 201, 422)
    assert one.json()["incident"]["id"] != two.json()["incident"]["id"]
    assert shared_house.call("중구", "GET", f"/incidents/{two.json()['incident']['id']}").status_code == 404
    assert len(shared_house.call("부평구", "GET", "/reports").json()["items"]) == 1
    assert shared_house.call("중구", "GET", "/reports").json()["items"] == []


def test_what_one_agency_writes_is_its_own(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut")
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/notes", json={"text": "대상자 병력"})
    patch(shared_house, "tracking_centre", incident, priority=1, reason="피해자 이름 언급")
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/close", json={"reason": "대상자 비밀 사유", "disposition": "real"})
    police = str(shared_house.incident("police112", incident))
    own = str(shared_house.incident("tracking_centre", incident))
    for secret in ("대상자 병력", "피해자 이름", "비밀 사유", "위치추적 관제요원 3"):
        assert secret not in police
        assert secret in own


def test_merging_by_hand_keeps_the_more_urgent_kind_and_what_to_look_for(shared_house: House) -> None:
    urgent = shared_house.opened("police112", "kidnapping", look_for="흰 승합차")
    target = shared_house.opened("police112", "other")
    seen = shared_house.call("police112", "POST", f"/incidents/{urgent}/merge", json={"into": target, "reason": "같은 신고"}).json()
    assert (seen["kind"], seen["priority"], seen["look_for"]) == ("kidnapping", 0, "흰 승합차")
    assert any(g["state"] == "active" for g in seen["grants"])


def test_a_closed_account_and_an_expired_session_end_their_views_and_duties(house: House) -> None:
    from dataclasses import replace

    house.gateways_up()
    incident = house.opened("police112", "robbery")
    grant = house.incident("police112", incident)["grants"][0]
    view = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}).json()["id"]
    duty = house.call("중구", "POST", "/duties", json={"post": "1"}).json()["id"]

    def shut(tx):  # type: ignore[no-untyped-def]
        for account in tx.accounts.find():
            if account.agency in ("police112", "junggu"):
                tx.accounts.put(replace(account, disabled=True))

    house.change(shut)

    def over() -> bool:
        open_views = {row["id"] for row in house.call("privacy_officer", "GET", "/views").json()["items"]}
        duties = {row["id"] for row in house.call("privacy_officer", "GET", "/duties").json()["items"]}
        return view not in open_views and duty not in duties

    assert house.until(over)


def test_a_timer_that_fails_keeps_no_other_from_its_work(house: House, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def broken(tx, city) -> None:  # type: ignore[no-untyped-def]
        raise RuntimeError("a bad row")

    monkeypatch.setattr(timers, "EVERY", (broken, *timers.EVERY))
    house.hub.city.limits = Limits(louder_after_s=0)
    incident = house.opened("fire119", "fire")
    assert house.until(lambda: house.incident("fire119", incident)["louder"])
