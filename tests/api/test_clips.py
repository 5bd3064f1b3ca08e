"""Evidence clips at the hub: only under a live grant whose clause allows it, in its time; kept, held and erased as it says."""

import datetime as dt
from typing import Any

import pytest

from bonghwa.cli.evidence import NotProven, verify_clip
from bonghwa.service import clips
from bonghwa.service.ports import Limits
from tests.api.house import House, copy_town, running

SECOND = 1_000_000
MADE: dict[str, Any] = {
    "frames": 900, "codec": "avc1.42e01f", "width": 1280, "height": 720, "longest_gap_ms": 40,
    "masked": False, "recoded": False, "cut_short": None,
}  # fmt: skip


def granted(house: House, who: str = "tracking_centre", line: str = "tracking_centre", kind: str = "strap_cut") -> tuple[str, str, str]:
    """An incident of `who`, its grant of Jung-gu and a camera of it."""
    incident = house.opened(line, kind)
    grant = next(g for g in house.incident(who, incident)["grants"] if g["owner"] == "junggu" and g["agency"] == who)
    return incident, grant["id"], grant["cameras"][0]


def ask(house: House, grant: str, camera: str, who: str = "tracking_centre", **more: Any) -> Any:
    return house.call(who, "POST", f"/grants/{grant}/clips", json={"camera": camera, "reason": "도주 방향 확인", **more})


def made(house: House, clip: str, content: bytes = b"an MP4", **more: Any) -> None:
    """What the gateway says when it has recorded `content`."""
    import hashlib

    now = house.hub.clock.now()
    told = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), "from": now - 30 * SECOND, "to": now, **MADE, **more}
    house.change(lambda tx: clips.made(tx, clip, told))


def acts(house: House, clip: str) -> list[str]:
    from bonghwa.storage.sql import journal

    with house.hub.engine.connect() as connection:
        found = journal.bodies(
            connection,
            [f"clip:{act}" for act in ("asked", "made", "failed", "fetched", "held", "released", "erased", "refused")] + ["ticket:issued"],
            0,
        )
    return [act for _, _, act, body in reversed(found) if body.get("clip") == clip]


def orders(house: House, kind: str) -> list[dict[str, Any]]:
    from bonghwa.storage.sql import journal

    with house.hub.engine.connect() as connection:
        told = journal.control_after(connection, "gw1", "boot-gw1", 0)
    return [body for _, body in told if body["t"] == kind]


def test_a_participant_orders_a_clip_and_the_gateway_is_told(shared_house: House) -> None:
    house = shared_house
    incident, grant, camera = granted(house)
    answer = ask(house, grant, camera)
    assert answer.status_code == 201
    clip = answer.json()
    order = orders(house, "clip")[-1]
    assert (order["clip"], order["grant"], order["camera"]) == (clip["id"], grant, camera)
    assert 590 * SECOND <= order["to"] - order["from"] <= 600 * SECOND
    assert (clip["state"], clip["agreement"], clip["clause"], clip["drill"]) == ("recording", "T-1", "2-1", False)
    assert [c["id"] for c in house.incident("tracking_centre", incident)["clips"]] == [clip["id"]]
    assert house.call("tracking_centre", "POST", f"/clips/{clip['id']}/stop").status_code == 200
    assert orders(house, "clip_stop")[-1]["clip"] == clip["id"]
    assert acts(house, clip["id"]) == ["clip:asked"]


def test_a_clause_without_evidence_denies_with_its_name_and_the_refusal_is_logged(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("disaster", "flood")
    grant = next(g for g in house.incident("disaster_room", incident)["grants"] if g["owner"] == "junggu")
    assert grant["evidence"] is False
    answer = ask(house, grant["id"], grant["cameras"][0], "disaster_room")
    assert (answer.status_code, answer.json()["reason"]) == (403, "evidence_not_allowed")
    assert "D-1" in answer.json()["detail"]
    assert orders(house, "clip") == [order for order in orders(house, "clip") if order["grant"] != grant["id"]]


@pytest.mark.parametrize(
    ("times", "field", "code"),
    [
        ({"from": -40, "to": 10}, "from", "before_the_grant"),
        ({"from": 0, "to": 601}, "to", "clip_too_long"),
        ({"from": 5, "to": 10}, "from", "in_the_future"),
        ({"from": -5, "to": -6}, "to", "not_after_from"),
        ({"from": "yesterday"}, "from", "time"),
        ({"to": "2026-11-22T00:00:00"}, "to", "time"),
    ],
)
def test_a_time_outside_the_grant_is_refused_by_name(shared_house: House, times: dict[str, Any], field: str, code: str) -> None:
    house = shared_house
    _, grant, camera = granted(house)
    now = dt.datetime.now(dt.UTC)
    given = {key: value if isinstance(value, str) else (now + dt.timedelta(seconds=value)).isoformat() for key, value in times.items()}
    answer = ask(house, grant, camera, **given)
    assert (answer.status_code, answer.json()["field"], answer.json()["code"]) == (422, field, code)


def test_outsiders_owners_and_those_on_the_way_order_nothing(shared_house: House) -> None:
    house = shared_house
    _, grant, camera = granted(house)
    assert [ask(house, grant, camera, who).status_code for who in ("police112", "중구", "privacy_officer")] == [404, 404, 403]
    assert ask(house, grant, "c-none").json()["code"] == "camera_not_granted"


def test_after_the_close_nothing_more_is_recorded_but_what_there_is_may_be_fetched(shared_house: House) -> None:
    house = shared_house
    incident, grant, camera = granted(house)
    clip = ask(house, grant, camera).json()["id"]
    assert house.call("tracking_centre", "POST", f"/clips/{clip}/ticket").status_code == 409
    made(house, clip, cut_short="grant_over")
    house.call("tracking_centre", "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "real"})
    assert ask(house, grant, camera).status_code == 409
    given = house.call("tracking_centre", "POST", f"/clips/{clip}/ticket").json()
    assert given["url"].endswith(f"/clip/{clip}")
    for who in ("police112", "중구", "부평구", "privacy_officer"):
        assert house.call(who, "POST", f"/clips/{clip}/ticket").status_code in (403, 404)
    house.change(lambda tx: clips.fetched(tx, clip, house.hub.writer and tx.clips.get(clip).fetches[0].id, 6, True))
    fetches = house.call("tracking_centre", "GET", f"/clips/{clip}").json()["fetches"]
    assert [(f["bytes"], f["whole"]) for f in fetches] == [(6, True)]
    assert acts(house, clip) == ["clip:asked", "clip:made", "ticket:issued", "clip:fetched"]


def test_the_owner_and_the_privacy_officer_see_that_a_clip_was_taken_and_others_do_not(shared_house: House) -> None:
    house = shared_house
    _, grant, camera = granted(house)
    clip = ask(house, grant, camera).json()["id"]
    knows = {who: house.call(who, "GET", f"/clips/{clip}").status_code for who in ("중구", "privacy_officer", "부평구", "police112")}
    assert knows == {"중구": 200, "privacy_officer": 200, "부평구": 404, "police112": 404}
    listed = {who: clip in {c["id"] for c in house.call(who, "GET", "/clips").json()["items"]} for who in knows}
    assert listed == {"중구": True, "privacy_officer": True, "부평구": False, "police112": False}


def test_file_manifest_and_ledger_prove_each_other_and_any_change_is_found(shared_house: House, tmp_path: Any) -> None:
    house = shared_house
    _, grant, camera = granted(house)
    clip = ask(house, grant, camera).json()["id"]
    made(house, clip)

    def proven() -> Any:
        manifest = house.call("tracking_centre", "GET", f"/clips/{clip}").json()["manifest"]
        return manifest if manifest["ledger"]["proof"] is not None else None

    manifest = house.until(proven)
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"an MP4")
    key = (house.hub.data / "ledger/vkey").read_text().strip()
    assert verify_clip(file, manifest, None, key).pinned
    assert verify_clip(file, manifest, str(house.hub.data)).entry == manifest["ledger"]["entry"]
    assert verify_clip(file, manifest, house.url, key).size > manifest["ledger"]["entry"]
    ledger = manifest["ledger"]
    wrong: list[dict[str, Any]] = [
        {**manifest, "asked": {**manifest["asked"], "reason": "다른 까닭"}},
        {**manifest, "drill": True},
        {**manifest, "ledger": None},
        {**manifest, "ledger": {**ledger, "body": {**ledger["body"], "bytes": 1}}},
        {**manifest, "ledger": {**ledger, "salt": "00" * 16}},
        {**manifest, "ledger": {**ledger, "proof": ledger["proof"][1:]}},
        {**manifest, "ledger": {**ledger, "checkpoint": None}},
    ]
    for forged in wrong:
        with pytest.raises(NotProven):
            verify_clip(file, forged, None, key)
    file.write_bytes(b"an MP5")
    with pytest.raises(NotProven, match="SHA-256"):
        verify_clip(file, manifest, None, key)


def test_a_clip_of_a_drill_says_so_in_its_manifest_and_in_the_ledger(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("tracking_centre", "strap_cut", drill=True)
    grant = next(g for g in house.incident("tracking_centre", incident)["grants"] if g["owner"] == "junggu")
    clip = ask(house, grant["id"], grant["cameras"][0]).json()["id"]
    made(house, clip)
    manifest = house.call("tracking_centre", "GET", f"/clips/{clip}").json()["manifest"]
    assert (manifest["drill"], manifest["notice"]) == (True, "훈련 · DRILL")
    assert '"drill":true' in manifest["ledger"]["leaf"]


def test_a_clip_is_erased_when_its_days_are_over_unless_it_is_held(town: Any, tmp_path: Any) -> None:
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(clip_days=0)) as house:
        house.gateways_up()
        _, grant, camera = granted(house)
        kept, goes = (ask(house, grant, camera).json()["id"] for _ in range(2))
        held = {"reason": "수사 요청"}
        assert house.call("tracking_centre", "POST", f"/clips/{kept}/hold", json=held).status_code == 409

        # Held in the same change in which it is made: no timer may come between.
        def both(tx: Any) -> None:
            clips.made(tx, kept, {"sha256": "0" * 64, "bytes": 1, "from": tx.now, "to": tx.now, **MADE})
            clips.hold(tx, people_of(house, "tracking_centre"), kept, "수사 요청")

        house.change(both)
        made(house, goes)
        order = house.until(lambda: orders(house, "erase"), 20)
        assert order[0]["clips"] == [goes]
        house.change(lambda tx: clips.erased(tx, goes))
        gone = house.call("tracking_centre", "GET", f"/clips/{goes}").json()
        assert (gone["state"], gone["manifest"]["clip"]) == ("erased", goes)
        assert house.call("tracking_centre", "POST", f"/clips/{goes}/ticket").json()["code"] == "clip_not_there"
        assert house.call("중구", "GET", f"/clips/{kept}").json()["hold"] == "수사 요청"
        assert house.call("중구", "POST", f"/clips/{kept}/release", json={"reason": "끝"}).status_code == 200
        house.until(lambda: orders(house, "erase")[1:], 20)
        assert acts(house, goes) == ["clip:asked", "clip:made", "clip:erased"]
        assert acts(house, kept) == ["clip:asked", "clip:made", "clip:held", "clip:released"]


def people_of(house: House, who: str) -> Any:
    from bonghwa.service import people
    from bonghwa.storage.sql.writer import SqlRead

    with house.hub.engine.connect() as connection:
        return people.caller_of_token(SqlRead(connection, house.hub.clock.now()), house.token(who))


def test_what_a_restarted_gateway_was_recording_is_written_off_unless_it_says_otherwise(shared_house: House) -> None:
    house = shared_house
    _, grant, camera = granted(house)
    clip = ask(house, grant, camera).json()["id"]
    house.change(lambda tx: clips.gateway_started(tx, "gw1", "another-boot"))
    found = house.call("tracking_centre", "GET", f"/clips/{clip}").json()
    assert (found["state"], found["failure"], found["manifest"]) == ("failed", "gateway_lost", None)
    made(house, clip, cut_short="stop")
    assert house.call("tracking_centre", "GET", f"/clips/{clip}").json()["state"] == "made"
