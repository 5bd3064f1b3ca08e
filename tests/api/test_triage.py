"""The tracking centre's queue over HTTP: one line a wearer, ranked with why, hidden with a reason and an end, nothing lost."""

import datetime as dt
from typing import Any

import pytest

from bonghwa.domain.alarm import LINES
from tests.api.anklets import ALARMS, WEARERS, day
from tests.api.house import SINPO, House

WHO = "tracking_centre"
AUTO = ("strap_cut", "curfew_breach", "exclusion_zone", "approach_protected")
ASKED = ("interference", "location_lost")


def ago(minutes: float) -> str:
    return (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes)).isoformat()


def queue(house: House, who: str = WHO) -> dict[str, Any]:
    answer = house.call(who, "GET", "/triage")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def row(house: House, incident: str) -> dict[str, Any]:
    return next(one for one in queue(house)["items"] if one["id"] == incident)


def wearer(house: House, ref: str, *kinds: str, minutes: float = 5) -> str:
    """The incident of a wearer whose device sends these kinds one after another; it must stay one."""
    made = {
        house.opened(WHO, kind, subject={"ref": ref}, at=ago(minutes - n / 10), external_id=f"{ref}-{n}") for n, kind in enumerate(kinds)
    }
    assert len(made) == 1
    return made.pop()


def act(house: House, incident: str, what: str, **body: Any) -> Any:
    return house.call(WHO, "POST", f"/incidents/{incident}/{what}", json=body)


@pytest.mark.parametrize("kind", LINES[WHO])
def test_every_kind_is_accepted_and_only_the_legal_ones_open_cameras(shared_house: House, kind: str) -> None:
    incident = shared_house.opened(WHO, kind, subject={"ref": f"law-{kind}"})
    states = {grant["state"] for grant in shared_house.incident(WHO, incident)["grants"]}
    assert states == ({"active"} if kind in AUTO else {"asked"} if kind in ASKED else set())


@pytest.mark.parametrize("kind", ASKED)
def test_a_suspicion_opens_only_when_an_officer_records_it_and_then_stands_higher(shared_house: House, kind: str) -> None:
    incident = shared_house.opened(WHO, kind, subject={"ref": f"suspected-{kind}"})
    before = row(shared_house, incident)
    for grant in shared_house.incident(WHO, incident)["grants"]:
        assert shared_house.call(WHO, "POST", f"/grants/{grant['id']}/approve", json={"reason": "의심과 긴급"}).status_code == 200
    after = row(shared_house, incident)
    assert {grant["state"] for grant in shared_house.incident(WHO, incident)["grants"]} == {"active"}
    assert after["triage"]["level"] < before["triage"]["level"]
    assert "triage_suspicion" in {why["code"] for why in after["triage"]["why"]}


@pytest.mark.parametrize("first", ["low_battery", "device_fault", "location_lost"])
def test_a_breach_after_a_lesser_alarm_opens_its_cameras_at_once(shared_house: House, first: str) -> None:
    incident = wearer(shared_house, f"rise-{first}", first, "curfew_breach")
    found = shared_house.incident(WHO, incident)
    assert found["kind"] == "curfew_breach"
    assert "active" in {grant["state"] for grant in found["grants"]}


def test_a_flat_battery_after_a_breach_neither_takes_its_place_nor_its_cameras(shared_house: House) -> None:
    incident = wearer(shared_house, "keeps", "curfew_breach")
    shared_house.opened(WHO, "low_battery", subject={"ref": "keeps"}, priority=0)
    found = shared_house.incident(WHO, incident)
    assert found["kind"] == "curfew_breach"
    assert {grant["state"] for grant in found["grants"]} == {"active"}


def test_the_same_battery_is_one_hidden_line_that_says_how_often_and_each_report_stays_readable(shared_house: House) -> None:
    incident = wearer(shared_house, "quiet", *["low_battery"] * 7)
    found = row(shared_house, incident)
    whole = shared_house.incident(WHO, incident)
    assert found["triage"]["hidden"]["code"] == "said_again"
    assert "7 times since" in found["triage"]["hidden"]["text"]
    assert found["triage"]["hidden"]["until"] > found["triage"]["hidden"]["since"]
    assert [spell["count"] for spell in whole["spells"]] == [7]
    assert sorted(whole["spells"][0]["reports"]) == sorted(report["id"] for report in whole["reports"])


def test_a_hidden_line_comes_back_at_once_with_a_cut_strap(shared_house: House) -> None:
    incident = wearer(shared_house, "wakes", *["low_battery"] * 5)
    assert row(shared_house, incident)["triage"]["hidden"]
    shared_house.opened(WHO, "strap_cut", subject={"ref": "wakes", "moving": True})
    found = row(shared_house, incident)
    assert (found["triage"]["hidden"], found["triage"]["level"], found["priority"]) == (None, 0, 0)
    assert "acknowledge" in found["needs"]


def test_a_more_serious_alarm_must_be_acknowledged_anew_and_waits_its_own_time(shared_house: House) -> None:
    incident = wearer(shared_house, "again", "curfew_breach")
    assert act(shared_house, incident, "acknowledge").json()["needs"] == []
    shared_house.opened(WHO, "curfew_breach", subject={"ref": "again"})
    assert row(shared_house, incident)["needs"] == []
    shared_house.opened(WHO, "strap_cut", subject={"ref": "again"})
    found = row(shared_house, incident)
    assert (found["needs"], found["state"], found["louder"]) == (["acknowledge"], "new", False)


def test_an_officer_hides_with_a_reason_and_an_end_and_shows_again(shared_house: House) -> None:
    incident = wearer(shared_house, "by-hand", "curfew_breach")
    assert act(shared_house, incident, "hide", reason="집 앞", minutes=30).json()["code"] == "acknowledge_first"
    act(shared_house, incident, "acknowledge")
    away = act(shared_house, incident, "hide", reason="집 앞", minutes=30).json()["triage"]["hidden"]
    assert (away["code"], away["by_hand"], away["values"]["reason"]) == ("hidden_by_hand", True, "집 앞")
    assert {grant["state"] for grant in shared_house.incident(WHO, incident)["grants"]} == {"active"}
    assert act(shared_house, incident, "show", reason="다시 봄").json()["triage"]["hidden"] is None
    codes = [line["code"] for line in shared_house.incident(WHO, incident)["timeline"]]
    assert {"hidden", "shown"} <= set(codes)


def test_what_an_officer_hid_comes_back_with_an_alarm_from_elsewhere_and_says_so(shared_house: House) -> None:
    incident = wearer(shared_house, "returns", "curfew_breach")
    act(shared_house, incident, "acknowledge")
    act(shared_house, incident, "hide", reason="집 앞", minutes=30)
    shared_house.opened(WHO, "curfew_breach", {**SINPO, "lon": SINPO["lon"] + 0.004}, subject={"ref": "returns"})
    found = row(shared_house, incident)["triage"]
    assert found["hidden"] is None
    assert found["why"][0]["code"] == "back_place"


def test_nobody_hides_a_cut_strap_without_an_end_or_for_another_agency(shared_house: House) -> None:
    cut = wearer(shared_house, "never", "strap_cut")
    act(shared_house, cut, "acknowledge")
    assert act(shared_house, cut, "hide", reason="r", minutes=10).json()["code"] == "never_hidden"
    breach = wearer(shared_house, "shared", "curfew_breach")
    act(shared_house, breach, "acknowledge")
    assert act(shared_house, breach, "hide", reason="r", minutes=241).status_code == 422
    assert act(shared_house, breach, "hide", minutes=10).status_code == 422
    act(shared_house, breach, "invite", agency="police112", basis="검거 공조")
    guest = shared_house.call("police112", "POST", f"/incidents/{breach}/hide", json={"reason": "r", "minutes": 10})
    assert (guest.status_code, guest.json()["code"]) == (403, "only_owner_hides")
    assert next(one for one in queue(shared_house, "police112")["items"] if one["id"] == breach)["triage"] is None


def test_hiding_is_for_alarms_of_supervised_persons_only(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery")
    answer = shared_house.call("police112", "POST", f"/incidents/{incident}/hide", json={"reason": "r", "minutes": 10})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_triaged")


def test_an_alarm_about_an_earlier_moment_never_moves_the_place_back(shared_house: House) -> None:
    there = {**SINPO, "lon": SINPO["lon"] + 0.004}
    incident = shared_house.opened(WHO, "strap_cut", there, subject={"ref": "late"}, at=ago(1))
    shared_house.opened(WHO, "location_lost", SINPO, subject={"ref": "late"}, at=ago(6))
    assert shared_house.incident(WHO, incident)["place"]["lon"] == there["lon"]
    shared_house.opened(WHO, "location_lost", SINPO, subject={"ref": "late"}, at=ago(0))
    assert shared_house.incident(WHO, incident)["place"]["lon"] == SINPO["lon"]


def test_a_split_leaves_the_most_serious_alarm_in_front(shared_house: House) -> None:
    incident = wearer(shared_house, "split", "low_battery", "strap_cut", "location_lost")
    lost = next(one["id"] for one in shared_house.incident(WHO, incident)["reports"] if one["kind"] == "location_lost")
    assert act(shared_house, incident, "split", reports=[lost], reason="다른 사람").json()["kind"] == "strap_cut"


@pytest.mark.parametrize(
    ("subject", "field"),
    [({"ref": "x", "moving": "yes"}, "subject.moving"), ({"ref": "x", "zone_m": -1}, "subject.zone_m"), ({"moving": True}, "subject.ref")],
)
def test_what_a_device_says_of_its_wearer_is_read_strictly(shared_house: House, subject: dict[str, Any], field: str) -> None:
    answer = shared_house.report(WHO, "strap_cut", subject=subject)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_day_of_500_alarms_of_20_wearers_ends_with_few_lines_none_lost_and_the_serious_ones_on_top(house: House) -> None:
    house.gateways_up()
    for sent in day(dt.datetime.now(dt.UTC)):
        house.opened(WHO, **sent.body)
    found = queue(house)
    rows = found["items"]
    shown = [one for one in rows if not one["triage"]["hidden"]]
    details = [house.incident(WHO, one["id"]) for one in rows]
    reports = {report["external_id"]: report for one in details for report in one["reports"]}
    refs = [one["reports"][0]["subject_ref"] for one in details]
    spells = sum(len(one["spells"]) for one in details)
    print(f"{len(reports)} alarms, {spells} spells, {len(rows)} lines, {len(shown)} shown, {found['hidden']} hidden")
    for one, ref in zip(rows, refs, strict=True):
        why = [reason["text"] for reason in one["triage"]["why"]]
        print(ref, one["kind"], one["triage"]["level"], one["triage"]["count"], why, (one["triage"]["hidden"] or {}).get("text"))
    assert len(rows) == WEARERS
    assert (len(reports), sum(one["triage"]["count"] for one in rows)) == (ALARMS, ALARMS)
    assert all(sum(spell["count"] for spell in one["spells"]) == len(one["reports"]) for one in details)
    assert refs[:5] == ["W-19", "W-18", "W-17", "W-16", "W-15"]
    assert [one["kind"] for one in rows[:5]] == ["strap_cut", "exclusion_zone", "interference", "curfew_breach", "location_lost"]
    assert [one["triage"]["level"] for one in rows] == sorted(one["triage"]["level"] for one in rows)
    # At night that is one reason more, whenever the test is run.
    assert {why["code"] for why in rows[4]["triage"]["why"]} - {"triage_night"} == {"triage_likely_flat"}
    assert len(shown) <= 6
    assert found["hidden"] == len(rows) - len(shown)
    assert {one["kind"] for one in rows if one["triage"]["hidden"]} == {"low_battery", "device_fault"}
    assert all(one["triage"]["hidden"]["until"] for one in rows if one["triage"]["hidden"])


def test_two_wearers_at_one_site_are_two_lines(shared_house: House) -> None:
    site = {"camera": next(iter(shared_house.call(WHO, "GET", "/cameras", params={"limit": 1}).json()["items"]))["id"]}
    one = shared_house.opened(WHO, "curfew_breach", site, subject={"ref": "one-at-site"})
    other = shared_house.opened(WHO, "strap_cut", site, subject={"ref": "other-at-site"})
    assert one != other
    assert shared_house.incident(WHO, one)["kind"] == "curfew_breach"


def test_a_reopened_line_is_not_hidden_by_a_word_from_before_its_end(shared_house: House) -> None:
    incident = wearer(shared_house, "reopened", "curfew_breach")
    act(shared_house, incident, "acknowledge")
    act(shared_house, incident, "hide", reason="집 앞", minutes=240)
    act(shared_house, incident, "close", reason="귀가", disposition="real")
    act(shared_house, incident, "reopen", reason="다시 나감")
    assert row(shared_house, incident)["triage"]["hidden"] is None


def test_alarms_merged_into_a_hidden_line_are_not_hidden_with_it(shared_house: House) -> None:
    quiet = wearer(shared_house, "hidden-target", "device_fault")
    zone = wearer(shared_house, "merged-source", "exclusion_zone")
    act(shared_house, quiet, "acknowledge")
    act(shared_house, quiet, "hide", reason="수리 접수함", minutes=240)
    act(shared_house, zone, "merge", into=quiet, reason="같은 사람, 기기 교체")
    found = row(shared_house, quiet)
    assert (found["kind"], found["triage"]["hidden"]) == ("exclusion_zone", None)


def test_a_hidden_line_that_an_officer_raises_shows_again(shared_house: House) -> None:
    incident = wearer(shared_house, "raised-hidden", "curfew_breach")
    act(shared_house, incident, "acknowledge")
    act(shared_house, incident, "hide", reason="집 앞", minutes=60)
    shared_house.call(WHO, "PATCH", f"/incidents/{incident}", json={"priority": 0, "reason": "흉기 소지 제보"})
    assert row(shared_house, incident)["triage"]["hidden"] is None


def test_a_split_shows_the_place_of_the_newest_alarm_that_stays_and_of_the_newest_that_goes(shared_house: House) -> None:
    there = {**SINPO, "lon": SINPO["lon"] + 0.004}
    for n, (place, minutes) in enumerate([(there, 1), (SINPO, 9)]):
        for kind in ("curfew_breach", "location_lost"):
            incident = shared_house.opened(
                WHO, kind, place, subject={"ref": "split-late"}, at=ago(minutes), external_id=f"split-{kind}-{n}"
            )
    lost = [one["id"] for one in shared_house.incident(WHO, incident)["reports"] if one["kind"] == "location_lost"]
    answer = act(shared_house, incident, "split", reports=lost, reason="다른 사람").json()
    assert answer["place"]["lon"] == there["lon"]
    assert shared_house.incident(WHO, answer["split_into"]["id"])["place"]["lon"] == there["lon"]


def test_a_merged_line_stands_where_its_wearer_was_last(shared_house: House) -> None:
    there = {**SINPO, "lon": SINPO["lon"] + 0.004}
    old = shared_house.opened(WHO, "low_battery", SINPO, subject={"ref": "old-device"}, at=ago(50))
    cut = shared_house.opened(WHO, "strap_cut", there, subject={"ref": "new-device"}, at=ago(1))
    assert act(shared_house, cut, "merge", into=old, reason="같은 사람, 기기 교체").status_code == 200
    found = shared_house.incident(WHO, old)
    assert (found["kind"], found["place"]["lon"]) == ("strap_cut", there["lon"])


def test_a_graver_alarm_takes_nothing_of_the_code_an_officer_gave(shared_house: House) -> None:
    incident = wearer(shared_house, "raised", "location_lost")
    raised = shared_house.call(WHO, "PATCH", f"/incidents/{incident}", json={"priority": 0, "reason": "피해자 집 쪽"}).json()
    shared_house.opened(WHO, "curfew_breach", subject={"ref": "raised"})
    found = row(shared_house, incident)
    assert (found["kind"], found["priority"]) == ("curfew_breach", 0)
    assert found["triage"]["level"] <= raised["triage"]["level"]


def test_a_repeat_does_not_take_back_that_an_officer_called_it_not_urgent(shared_house: House) -> None:
    incident = wearer(shared_house, "lowered", "curfew_breach")
    body = {"priority": 3, "reason": "보호관찰관 동행 확인"}
    shared_house.call(WHO, "PATCH", f"/incidents/{incident}", json=body)
    shared_house.opened(WHO, "curfew_breach", subject={"ref": "lowered"})
    found = shared_house.incident(WHO, incident)
    assert (found["priority"], {grant["state"] for grant in found["grants"]}) == (3, {"revoked"})
    shared_house.opened(WHO, "exclusion_zone", subject={"ref": "lowered"})
    assert shared_house.incident(WHO, incident)["priority"] == 1


def test_after_a_merge_alarms_of_both_names_update_the_one_line_until_a_split_parts_them(shared_house: House) -> None:
    kept = wearer(shared_house, "one-name", "curfew_breach")
    gone = wearer(shared_house, "other-name", "curfew_breach")
    act(shared_house, gone, "merge", into=kept, reason="같은 사람, 기기 교체")
    assert shared_house.opened(WHO, "location_lost", subject={"ref": "other-name"}) == kept
    assert shared_house.opened(WHO, "location_lost", subject={"ref": "one-name"}) == kept
    others = [one["id"] for one in shared_house.incident(WHO, kept)["reports"] if one["subject_ref"] == "other-name"]
    fresh = act(shared_house, kept, "split", reports=others, reason="다른 사람").json()["split_into"]["id"]
    assert shared_house.opened(WHO, "location_lost", subject={"ref": "other-name"}) == fresh
    assert shared_house.opened(WHO, "location_lost", subject={"ref": "one-name"}) == kept
