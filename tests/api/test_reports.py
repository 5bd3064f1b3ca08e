"""Alarms in: idempotent, strict, kept when malformed, each line only its own kinds."""

import datetime as dt

import pytest

from bonghwa.domain.alarm import LINES
from tests.api.house import SINPO, House

NOW = dt.datetime.now(dt.UTC).isoformat()


def body(**more: object) -> dict[str, object]:
    return {"line": "police112", "kind": "robbery", "at": NOW, "place": SINPO, "external_id": "e-1", **more}


def send(house: House, content: object, line: str = "police112") -> tuple[int, dict[str, object]]:
    answer = house.call(f"line:{line}", "POST", "/reports", json=content)
    return answer.status_code, answer.json()


def test_the_same_report_again_gives_the_same_incident_and_another_body_is_a_conflict(shared_house: House) -> None:
    first = send(shared_house, body(external_id="idem"))
    again = send(shared_house, body(external_id="idem"))
    other = send(shared_house, body(external_id="idem", text="다른 내용"))
    assert first[0] == 201
    assert again == (200, first[1])
    assert other[0] == 409
    assert other[1]["code"] == "external_id_reused"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"at": "gestern"}, "at"),
        ({"at": "2026-11-22T10:00:00"}, "at"),
        ({"kind": 7}, "kind"),
        ({"kind": "dragon"}, "kind"),
        ({"place": {"lat": "x", "lon": 1}}, "place.lat"),
        ({"place": {"lat": 37.4}}, "place.lon"),
        ({"place": {"lat": 137.4, "lon": 1}}, "place.lat"),
        ({"place": {"camera": "a", "site": "b"}}, "place"),
        ({"place": {"name": ""}}, "place.name"),
        ({"priority": 5}, "priority"),
        ({"priority": True}, "priority"),
        ({"subject": {"name": "x"}}, "subject.name"),
        ({"external_id": ""}, "external_id"),
        ({"drill": "yes"}, "drill"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_malformed_report_names_its_field_and_is_kept_for_the_operator(
    shared_house: House, change: dict[str, object], field: str
) -> None:
    status, problem = send(shared_house, body(external_id=f"bad-{field}") | change)
    kept = shared_house.call("police112", "GET", "/reports", params={"state": "rejected"}).json()["items"]
    assert (status, problem["field"]) == (422, field)
    assert kept[0]["problem"].startswith(field)
    assert shared_house.call("fire119", "GET", "/reports").json()["items"] == []


def test_what_is_not_json_is_refused_and_kept(shared_house: House) -> None:
    answer = shared_house.call("line:fire119", "POST", "/reports", content=b"\xff{", headers={"Content-Type": "application/json"})
    kept = shared_house.call("fire119", "GET", "/reports").json()["items"]
    assert (answer.status_code, answer.json()["code"]) == (422, "not_json")
    assert kept[0]["problem"] == "body: not_json"


@pytest.mark.parametrize("line", LINES)
def test_a_line_cannot_file_another_lines_kind_or_speak_for_it(shared_house: House, line: str) -> None:
    foreign = next((kind for kinds in LINES.values() for kind in kinds if kind not in LINES[line]), None)
    if foreign is not None:
        assert send(shared_house, body(line=line, kind=foreign), line)[0] == 403
    other = next(name for name in LINES if name != line)
    assert send(shared_house, body(line=other, kind=LINES[other][0]), line)[0] == 403


def test_a_line_credential_opens_nothing_but_reports(shared_house: House) -> None:
    for path in ("/incidents", "/views", "/cameras", "/events", "/session"):
        assert shared_house.call("line:police112", "GET", path).status_code == 403


@pytest.mark.parametrize(("line", "kind"), [(line, kind) for line, kinds in LINES.items() if line != "control_room" for kind in kinds])
def test_every_kind_of_every_line_is_accepted(shared_house: House, line: str, kind: str) -> None:
    assert shared_house.report(line, kind, external_id=f"all-{line}-{kind}").status_code == 201


def test_a_report_without_a_place_opens_an_incident_that_asks_for_it(shared_house: House) -> None:
    incident = shared_house.opened("fire119", "fire", None)
    before = shared_house.incident("fire119", incident)
    after = shared_house.call(
        "fire119", "PATCH", f"/incidents/{incident}", json={"place": {"name": "신포국제시장"}, "reason": "신고자 재통화"}
    ).json()
    assert "place" in before["needs"]
    assert before["cameras"] == []
    assert before["not_covered"][0]["code"] == "place_unknown"
    assert after["place"]["name"] == "신포국제시장"
    assert len(after["cameras"]) >= 4
    assert "place" not in after["needs"]


def test_repeats_about_one_subject_update_and_never_double_while_another_subject_is_its_own_incident(shared_house: House) -> None:
    one = shared_house.opened("tracking_centre", "low_battery", subject={"ref": "W-1"})
    same = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "W-1"})
    other = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "W-2"})
    drill = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "W-1"}, drill=True)
    merged = shared_house.incident("tracking_centre", one)
    assert (one, merged["kind"], merged["priority"], len(merged["reports"])) == (same, "strap_cut", 0, 2)
    assert len({one, other, drill}) == 3
    assert any(line["code"] == "merged_same_subject" for line in merged["timeline"])


def test_a_wrong_merge_is_split_and_grants_are_decided_again(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "low_battery", subject={"ref": "W-9"})
    shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "W-9"})
    before = shared_house.incident("tracking_centre", incident)
    cut = next(report["id"] for report in before["reports"] if report["kind"] == "strap_cut")
    after = shared_house.call(
        "tracking_centre", "POST", f"/incidents/{incident}/split", json={"reports": [cut], "reason": "다른 사람"}
    ).json()
    assert any(grant["state"] == "active" for grant in before["grants"])
    assert after["kind"] == "low_battery"
    assert {grant["state"] for grant in after["grants"]} == {"revoked"}
    assert any(g["state"] == "active" for g in shared_house.incident("tracking_centre", after["split_into"]["id"])["grants"])
