"""The life of an incident: acknowledge, invite, correct, close, reopen, and what each agency may know of it."""

import pytest

from bonghwa.service.ports import Limits
from tests.api.house import BUPYEONG, SINPO, House, copy_town, running

CLOSE = {"reason": "끝", "disposition": "real"}


def test_police_cannot_open_read_or_learn_of_the_tracking_centres_incident(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "secret"})
    known = shared_house.incident("tracking_centre", incident)
    grant = known["grants"][0]
    for method, path, body in (
        ("GET", f"/incidents/{incident}", None),
        ("POST", f"/incidents/{incident}/acknowledge", {}),
        ("POST", f"/incidents/{incident}/close", CLOSE),
        ("POST", "/views", {"grant": grant["id"], "camera": grant["cameras"][0]}),
        ("POST", f"/grants/{grant['id']}/extend", {"minutes": 5, "reason": "x"}),
    ):
        assert shared_house.call("police112", method, path, json=body).status_code == 404
    listed = shared_house.call("police112", "GET", "/incidents", params={"state": "all"}).json()["items"]
    found = shared_house.call("police112", "GET", "/search", params={"q": known["number"]}).json()["items"]
    assert incident not in {row["id"] for row in listed}
    assert incident not in {item["id"] for item in found}


def test_nearby_incidents_of_sharing_agencies_are_linked_without_an_id_and_the_tracking_centre_never_is(shared_house: House) -> None:
    place = {"lat": 37.4650, "lon": 126.6300}
    tracked = shared_house.opened("tracking_centre", "strap_cut", place)
    fire = shared_house.opened("fire119", "fire", place)
    robbery = shared_house.opened("police112", "robbery", place)
    links = shared_house.incident("police112", robbery)["links"]
    assert [(link["kind"], link["agency"]) for link in links] == [("fire", "fire119")]
    assert fire not in str(links)
    assert shared_house.incident("tracking_centre", tracked)["links"] == []


def test_an_invited_agency_acts_under_its_own_clause_and_each_closes_its_own_part(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut")
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    police = shared_house.incident("police112", incident)
    own = {(g["agreement"], g["clause"]) for g in police["grants"]}
    closed = shared_house.call("police112", "POST", f"/incidents/{incident}/close", json=CLOSE).json()
    centre = shared_house.incident("tracking_centre", incident)
    assert own == {("P-3", "7-1")}
    assert police["reports"] == []
    assert {g["state"] for g in closed["grants"]} == {"ended"}
    assert closed["mine"] == {"state": "closed", "disposition": "real"}
    assert {g["state"] for g in centre["grants"]} == {"active"}
    assert centre["state"] != "closed"


def test_an_agency_that_closed_its_part_sees_where_he_was_then_and_not_where_he_is(shared_house: House) -> None:
    house, subject = shared_house, {"ref": "W-left"}
    incident = house.opened("tracking_centre", "strap_cut", SINPO, subject=subject)
    house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    house.call("police112", "POST", f"/incidents/{incident}/close", json=CLOSE)
    then = house.incident("police112", incident)["place"]
    assert house.opened("tracking_centre", "strap_cut", BUPYEONG, subject=subject) == incident
    listed = house.call("police112", "GET", "/incidents", params={"state": "closed"}).json()["items"]
    assert house.incident("police112", incident)["place"] == then
    assert next(each for each in listed if each["id"] == incident)["place"] == then
    assert house.incident("tracking_centre", incident)["place"] != then
    back = house.call("police112", "POST", f"/incidents/{incident}/reopen", json={"reason": "다시 필요"}).json()
    assert back["place"] == house.incident("tracking_centre", incident)["place"]


@pytest.mark.parametrize("kind", ["interference", "location_lost"])
def test_police_whom_the_centre_calls_on_a_mere_suspicion_record_it_before_a_camera_opens(shared_house: House, kind: str) -> None:
    incident = shared_house.opened("tracking_centre", kind, priority=1)
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    grants = shared_house.incident("police112", incident)["grants"]
    assert {(g["clause"], g["state"], g["awaits"]) for g in grants} == {("7-4", "asked", "officer")}


def test_closing_by_the_owner_ends_everything_and_reopening_gives_new_grants(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut")
    before = shared_house.incident("tracking_centre", incident)
    closed = shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/close", json=CLOSE).json()
    refused = shared_house.call(
        "tracking_centre", "POST", "/views", json={"grant": before["grants"][0]["id"], "camera": before["grants"][0]["cameras"][0]}
    )
    reopened = shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/reopen", json={"reason": "다시 신호"}).json()
    old = {g["id"] for g in before["grants"]}
    assert closed["state"] == "closed"
    assert closed["duties"][0]["kind"] == "notify_wearer"
    assert refused.status_code == 409
    assert {g["id"] for g in reopened["grants"] if g["state"] == "active"}.isdisjoint(old)
    assert {g["state"] for g in reopened["grants"] if g["id"] in old} == {"ended"}


def test_a_corrected_place_chooses_anew_and_old_pictures_stay_until_the_new_ones_show(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery", SINPO)
    before = shared_house.incident("police112", incident)
    old = before["grants"][0]
    after = shared_house.call(
        "police112", "PATCH", f"/incidents/{incident}", json={"place": {"lat": 37.4740, "lon": 126.6220}, "reason": "주소 정정"}
    ).json()
    moved = next(g for g in after["grants"] if g["state"] == "active" and g["owner"] == old["owner"])
    gone = next(c for c in old["cameras"] if c not in moved["cameras"])
    still = shared_house.call("police112", "POST", "/views", json={"grant": moved["id"], "camera": gone})
    assert moved["id"] == old["id"]
    assert set(moved["cameras"]) != set(old["cameras"])
    assert still.status_code == 201


def test_moving_to_another_district_revokes_what_no_longer_holds(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery", SINPO)
    after = shared_house.call("police112", "PATCH", f"/incidents/{incident}", json={"place": BUPYEONG, "reason": "주소 정정"}).json()
    states = {g["owner"]: g["state"] for g in after["grants"]}
    assert states["junggu"] == "revoked"
    assert states["bupyeong"] == "active"


@pytest.mark.parametrize(("priority", "expected"), [(0, "active"), (1, "active"), (2, "asked"), (3, None), (4, None)])
def test_the_code_decides_whether_cameras_open_by_themselves_ask_or_stay_shut(
    shared_house: House, priority: int, expected: str | None
) -> None:
    incident = shared_house.incident("police112", shared_house.opened("police112", "robbery", SINPO, priority=priority))
    assert {g["state"] for g in incident["grants"]} == ({expected} if expected else set())
    if expected is None:
        assert incident["denials"][0]["code"] == "clause_denies"
        assert incident["denials"][0]["clause"] == "5-1"


def test_changing_the_code_decides_again(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery", SINPO, priority=3)
    raised = shared_house.call("police112", "PATCH", f"/incidents/{incident}", json={"priority": 0, "reason": "흉기 확인"}).json()
    lowered = shared_house.call("police112", "PATCH", f"/incidents/{incident}", json={"priority": 4, "reason": "오인"}).json()
    assert {g["state"] for g in raised["grants"]} == {"active"}
    assert {g["state"] for g in lowered["grants"]} == {"revoked"}


def test_an_owner_approves_some_denies_and_revokes_and_a_foreign_owner_cannot(shared_house: House) -> None:
    def asked() -> dict[str, object]:
        incident = shared_house.opened("police112", "robbery", SINPO, priority=2)
        return next(g for g in shared_house.incident("police112", incident)["grants"] if g["owner"] == "junggu")

    one, two = asked(), asked()
    listed = shared_house.call("중구", "GET", "/grants").json()["items"]
    fewer = shared_house.call(
        "중구",
        "POST",
        f"/grants/{one['id']}/approve",
        json={"reason": "확인", "cameras": list(one["cameras"])[:1]},  # type: ignore[call-overload]
    ).json()
    assert {one["id"], two["id"]} <= {g["id"] for g in listed}
    assert "text" not in str(listed[0]["incident"])
    assert shared_house.call("부평구", "POST", f"/grants/{two['id']}/approve", json={"reason": "x"}).status_code == 404
    assert shared_house.call("police112", "POST", f"/grants/{two['id']}/approve", json={"reason": "x"}).status_code == 403
    assert (fewer["state"], len(fewer["cameras"])) == ("active", 1)
    assert shared_house.call("중구", "POST", f"/grants/{two['id']}/deny", json={"reason": "불필요"}).json()["state"] == "denied"
    assert shared_house.call("중구", "POST", f"/grants/{one['id']}/revoke", json={"reason": "다른 목적"}).json()["state"] == "revoked"


def test_suspicion_and_urgency_are_recorded_by_the_officer_before_a_lost_location_opens(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "location_lost")
    asked = shared_house.incident("tracking_centre", incident)
    grant = asked["grants"][0]
    owner = shared_house.call("중구", "POST", f"/grants/{grant['id']}/approve", json={"reason": "x"})
    opened = shared_house.call("tracking_centre", "POST", f"/grants/{grant['id']}/approve", json={"reason": "도주 의심, 긴급"}).json()
    assert (grant["state"], grant["awaits"]) == ("asked", "officer")
    assert "confirm" in asked["needs"]
    assert owner.status_code == 403
    assert opened["state"] == "active"


def test_an_unanswered_request_is_denied_but_at_code_0_it_opens_and_is_reviewed(town, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(ask_answer_s=0)) as house:
        denied = house.opened("police112", "robbery", SINPO, priority=2)
        house.until(lambda: {g["state"] for g in house.incident("police112", denied)["grants"]} == {"denied"})
        # an invited agency asks under "7-3"; the incident is code 0
        urgent = house.opened("fire119", "fire", SINPO, priority=0)
        house.call("fire119", "POST", f"/incidents/{urgent}/invite", json={"agency": "police112", "basis": "공동대응"})
        house.until(lambda: {g["state"] for g in house.incident("police112", urgent)["grants"]} == {"active"})
        seen = house.incident("police112", urgent)
        assert all(grant["review"] for grant in seen["grants"])
        assert "review" in {duty["kind"] for duty in seen["duties"]}


def test_an_unanswered_bell_calls_louder_and_goes_to_the_police_by_itself(town, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    from bonghwa.domain import alarm

    monkeypatch.setitem(alarm.ESCALATIONS, "emergency_bell", replace(alarm.ESCALATIONS["emergency_bell"], after_s=0))
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(louder_after_s=0)) as house:
        bell = house.opened("emergency_bell", "sos", SINPO)
        passed = house.until(lambda: (r := house.call("police112", "GET", f"/incidents/{bell}")).status_code == 200 and r.json())
        assert passed["louder"]
        assert {(g["agreement"], g["clause"]) for g in passed["grants"]} == {("P-3", "7-2")}
        acknowledged = house.call("control_room", "POST", f"/incidents/{bell}/acknowledge").json()
        assert not acknowledged["louder"]
        assert acknowledged["state"] == "acknowledged"


def test_drill_and_real_carry_their_mark_everywhere_and_never_merge(shared_house: House) -> None:
    drill = shared_house.incident("police112", shared_house.opened("police112", "robbery", drill=True, subject={"ref": "d"}))
    real = shared_house.incident("police112", shared_house.opened("police112", "robbery", subject={"ref": "d"}))
    refused = shared_house.call("police112", "POST", f"/incidents/{drill['id']}/merge", json={"into": real["id"], "reason": "같음"})
    assert {drill["drill"], *(g["drill"] for g in drill["grants"])} == {True}
    assert {real["drill"], *(g["drill"] for g in real["grants"])} == {False}
    assert ("훈" in drill["number"], "훈" in real["number"]) == (True, False)
    assert refused.status_code == 409


def test_an_agency_that_closed_its_part_acknowledges_nothing_for_those_who_go_on(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "still-rings"})
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    shared_house.call("police112", "POST", f"/incidents/{incident}/close", json=CLOSE)
    refused = shared_house.call("police112", "POST", f"/incidents/{incident}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (409, "part_closed")
    assert "acknowledge" in shared_house.incident("tracking_centre", incident)["needs"]


def test_an_agency_finds_what_it_closed_among_the_closed_ones_while_others_go_on(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "closed-part"})
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    shared_house.call("police112", "POST", f"/incidents/{incident}/close", json=CLOSE)

    def listed(who: str, state: str) -> bool:
        found = shared_house.call(who, "GET", "/incidents", params={"state": state, "limit": 500}).json()["items"]
        return incident in {one["id"] for one in found}

    assert [listed("police112", state) for state in ("open", "closed", "all")] == [False, True, True]
    assert [listed("tracking_centre", state) for state in ("open", "closed", "all")] == [True, False, True]
    assert incident not in {one["id"] for one in shared_house.call("police112", "GET", "/triage").json()["items"]}
