"""Sign-in, responders' one-time links, duty sessions, owners' sight of who watches, bad pictures."""

import httpx
import pytest

from bonghwa.domain.errors import Refusal
from bonghwa.service import pictures, viewing
from bonghwa.storage.sql import journal
from tests.api.house import SINPO, House


def browser(house: House) -> httpx.Client:
    return httpx.Client(base_url=f"{house.url}/api/v1", timeout=60)


def test_a_wrong_password_and_an_unknown_name_are_told_alike_and_five_lock_the_account(house: House) -> None:
    with browser(house) as page:
        unknown = page.post("/session", json={"name": "아무개", "password": "x"})
        name = house.credentials.accounts["fire119"]["name"]
        wrong = [page.post("/session", json={"name": name, "password": "x"}) for _ in range(5)]
        locked = page.post("/session", json=house.credentials.accounts["fire119"])
    assert unknown.status_code == 401
    assert {answer.json()["code"] for answer in (unknown, *wrong)} == {"wrong_password"}
    assert locked.status_code == 429
    assert int(locked.headers["Retry-After"]) > 0


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(shared_house: House) -> None:
    with browser(shared_house) as page:
        answer = page.post("/session", json=shared_house.credentials.accounts["disaster_room"])
        who = page.get("/session").json()["account"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert (who["role"], who["agency"]) == ("disaster_room", "disaster_room")


def test_every_answer_carries_a_strict_policy(shared_house: House) -> None:
    for path in ("/healthz", "/", "/api/v1/nothing"):
        policy = shared_house.client.get(shared_house.url + path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def responder(house: House, incident: str) -> tuple[httpx.Client, dict[str, str], str]:
    link = house.call("police112", "POST", f"/incidents/{incident}/responders", json={"label": "순찰 12"}).json()
    page = browser(house)
    opened = page.get(f"{house.url}/r/{link['code']}")
    assert opened.status_code in (200, 503)  # 503 while the console is not built; a GET changes nothing either way
    session = page.post("/responders/redeem", json={"code": link["code"]}).json()
    page.headers["X-Bonghwa-CSRF"] = session["csrf"]
    return page, link, session["incident"]


def test_a_responder_sees_the_same_cameras_of_one_incident_and_a_second_device_is_refused_and_told(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery", text="신고자 이름")
    other = house.opened("police112", "robbery")
    page, link, own = responder(house, incident)
    seen = page.get(f"/incidents/{incident}").json()
    theirs = {c for g in house.incident("police112", incident)["grants"] for c in g["cameras"] if g["agency"] == "police112"}
    grant = next(g for g in seen["grants"] if g["state"] == "active")
    with browser(house) as second:
        stolen = second.post("/responders/redeem", json={"code": link["code"]})
    again = page.post("/responders/redeem", json={"code": link["code"]})
    told = house.incident("police112", incident)
    assert own == incident
    assert {c for g in seen["grants"] for c in g["cameras"]} == theirs
    assert {(g["agreement"], g["agency"]) for g in seen["grants"]} == {("R-1", "responders")}
    assert "신고자" not in str(seen)
    assert page.get(f"/incidents/{other}").status_code == 404
    assert page.get("/incidents").status_code == 403
    assert page.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}).status_code == 201
    assert (stolen.status_code, stolen.json()["code"]) == (409, "link_bound_elsewhere")
    assert again.status_code == 200
    assert "responder_refused" in {line["code"] for line in told["timeline"]}
    page.close()


def test_a_responders_link_dies_with_the_incident(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery")
    page, link, _ = responder(shared_house, incident)
    grant = next(g for g in page.get(f"/incidents/{incident}").json()["grants"] if g["state"] == "active")
    page.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
    shared_house.call("police112", "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "real"})
    assert page.get(f"/incidents/{incident}").status_code == 401
    assert page.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}).status_code == 401
    assert page.post("/responders/redeem", json={"code": link["code"]}).status_code == 404
    mine = [v for v in shared_house.call("중구", "GET", "/views", params={"state": "open"}).json()["items"] if v["grant"] == grant["id"]]
    assert mine == []
    page.close()


def test_a_district_watches_its_own_cameras_on_duty_only_and_the_log_keeps_it(shared_house: House) -> None:
    house = shared_house
    own = house.call("중구", "GET", "/cameras", params={"owner": "junggu", "limit": 1}).json()["items"][0]["id"]
    foreign = house.call("중구", "GET", "/cameras", params={"owner": "bupyeong", "limit": 1}).json()["items"][0]["id"]
    duty = house.call("중구", "POST", "/duties", json={"post": "관제석 1"}).json()["id"]
    watched = house.call("중구", "POST", "/views", json={"duty": duty, "camera": own})
    refused = house.call("중구", "POST", "/views", json={"duty": duty, "camera": foreign})
    stolen = house.call("부평구", "POST", "/views", json={"duty": duty, "camera": foreign})
    house.call("중구", "POST", f"/duties/{duty}/end", json={"handover": "이상 없음"})
    after = house.call("중구", "POST", "/views", json={"duty": duty, "camera": own})
    ended = house.call("중구", "GET", "/views", params={"state": "ended"}).json()["items"]
    assert watched.status_code == 201
    assert (refused.status_code, refused.json()["reason"]) == (403, "not_own_camera")
    assert stolen.status_code == 404
    assert after.status_code == 409
    assert next(v for v in ended if v["id"] == watched.json()["id"])["end_reason"] == "duty_ended"


def test_no_answer_carries_an_address_or_password_of_a_camera(shared_house: House) -> None:
    page = shared_house.call("control_room", "GET", "/cameras", params={"limit": 50}).text
    incident = shared_house.opened("police112", "robbery")
    seen = shared_house.call("police112", "GET", f"/incidents/{incident}").text
    for text in (page, seen):
        assert "rtsp" not in text
        assert "password" not in text.lower().replace('"password"', "")


def test_an_owner_sees_who_watches_under_which_clause_and_cuts_one_view(shared_house: House) -> None:
    incident = shared_house.opened("police112", "robbery")
    grant = next(g for g in shared_house.incident("police112", incident)["grants"] if g["owner"] == "junggu")
    view = shared_house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}).json()
    row = next(v for v in shared_house.call("중구", "GET", "/views").json()["items"] if v["id"] == view["id"])
    foreign = shared_house.call("부평구", "POST", f"/views/{view['id']}/revoke", json={"reason": "x"})
    cut = shared_house.call("중구", "POST", f"/views/{view['id']}/revoke", json={"reason": "다른 목적 의심"})
    assert (row["agreement"], row["clause"], row["incident"]["kind"]) == ("P-3", "4-1", "robbery")
    assert row["viewer"] == "112 접수요원 2"
    assert foreign.status_code == 404
    assert cut.status_code == 200
    assert shared_house.call("police112", "POST", f"/views/{view['id']}/ticket").status_code == 409


def test_a_camera_without_a_picture_gives_way_to_a_spare_and_a_bad_one_gets_a_repair_note(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("tracking_centre", "strap_cut", SINPO)
    before = house.incident("tracking_centre", incident)
    shown = [c for c in before["cameras"] if c["state"] == "chosen"]
    spares = [c for c in before["cameras"] if c["spare"]]
    late, bad = shown[0], shown[1]
    house.change(lambda tx: pictures.camera_state(tx, house.hub.city, late["id"], "late"))
    after = {c["id"]: c for c in house.incident("tracking_centre", incident)["cameras"]}
    marked = house.call(
        "tracking_centre", "POST", f"/incidents/{incident}/bad-picture", json={"camera": bad["id"], "reason": "거미줄"}
    ).json()
    notes = house.call("중구", "GET", "/repairs").json()["items"]
    final = {c["id"]: c for c in marked["cameras"]}
    assert len(spares) == 2
    assert after[late["id"]]["state"] == "replaced"
    assert after[spares[0]["id"]]["stands_for"] == late["id"]
    assert after[spares[0]["id"]]["rank"] == late["rank"]
    assert final[bad["id"]]["state"] == "bad"
    assert any(c["stands_for"] == bad["id"] for c in final.values())
    assert bad["id"] in {note["camera"]["id"] for note in notes}


def test_the_figures_of_each_transport_add_up_in_the_views_account(shared_house: House) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery")
    grant = next(g for g in house.incident("police112", incident)["grants"] if g["owner"] == "junggu")
    view = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}).json()["id"]
    for transport, seconds, size in (("webrtc", 2.5, 1000), ("ws", 1.5, 500)):
        house.change(lambda tx, t=transport: viewing.transport_opened(tx, house.hub.city, view, t))
        house.change(lambda tx, s=seconds, b=size: viewing.transport_ended(tx, house.hub.city, view, s, b, "viewer"))
    row = next(v for v in house.call("중구", "GET", "/views").json()["items"] if v["id"] == view)
    assert (row["seconds"], row["bytes"], row["transport"]) == (4.0, 1500, "ws")


@pytest.mark.parametrize("wrong", ["clock_stepped", "disk_full", "storage_failed"])
def test_a_stepped_clock_or_a_full_disk_opens_nothing_new_and_says_so(shared_house: House, wrong: str) -> None:
    house = shared_house
    incident = house.opened("police112", "robbery")
    grant = house.incident("police112", incident)["grants"][0]
    sound = house.hub.city.hub_ok
    house.hub.city.hub_ok = lambda: wrong
    try:
        refused = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
    finally:
        house.hub.city.hub_ok = sound
    opened = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
    assert (refused.status_code, refused.json()["code"]) == (503, wrong)
    assert opened.status_code == 201


def test_the_hubs_clock_says_when_the_wall_clock_jumped_and_never_follows_it() -> None:
    from bonghwa.service.clock import HubClock

    wall, ticks = [1_000_000_000_000], [0]
    clock = HubClock(lambda: wall[0], lambda: ticks[0])
    ticks[0] += 2_000_000_000
    wall[0] += 2_000_000
    calm = (clock.stepped(), clock.now())
    wall[0] -= 3_600_000_000
    back = (clock.stepped(), clock.now())
    wall[0] += 7_200_000_000
    forth = (clock.stepped(), clock.now())
    assert calm == (False, 1_000_002_000_000)
    assert back == forth == (True, 1_000_002_000_000)


def test_a_full_audit_failure_denies(shared_house: House) -> None:
    with pytest.raises((Refusal, ValueError)):
        shared_house.change(lambda tx: tx.audit("made:up", {}))


@pytest.mark.parametrize("cut_first", [False, True], ids=["while it is watched", "after it was cut"])
def test_what_a_gateway_that_died_had_delivered_is_in_the_ledger_once(house: House, cut_first: bool) -> None:
    house.gateways_up()
    incident = house.opened("police112", "robbery")
    grant = next(g for g in house.incident("police112", incident)["grants"] if g["state"] == "active")
    opened = house.call("police112", "POST", "/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
    assert opened.status_code == 201, opened.text
    view, city = opened.json()["id"], house.hub.city
    gateway = house.change(lambda tx: tx.views.get(view).gateway)
    for size in (1_000, 500):
        house.change(lambda tx: viewing.transport_opened(tx, city, view, "webrtc"))
        house.change(lambda tx, size=size: viewing.measured(tx, view, size / 100, size))
        if size == 1_000:
            house.change(lambda tx: viewing.transport_ended(tx, city, view, 11.0, 1_100, "lost"))
    if cut_first:
        assert house.call("police112", "DELETE", f"/views/{view}").status_code in (200, 204)
    house.change(lambda tx: viewing.gateway_gone(tx, city, gateway, "another boot"))
    house.change(lambda tx: viewing.gateway_gone(tx, city, gateway, "another boot"))
    with house.hub.engine.connect() as connection:
        ended = [body for _, _, _, body in journal.bodies(connection, ("view:ended",), 0) if body["view"] == view]
    record = house.change(lambda tx: tx.views.get(view))
    assert (record.state, record.bytes, record.seconds) == ("ended", 1_600, 16.0)
    assert sorted(entry["bytes"] for entry in ended) == [500, 1_100]
    assert sum(entry["seconds"] for entry in ended) == 16.0
