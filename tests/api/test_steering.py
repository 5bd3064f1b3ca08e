"""Steering over HTTP: the owner's room alone, one at a time, home again, everything in the ledger, requests for the others."""

from dataclasses import replace
from typing import Any

import pytest

from bonghwa.service.placing import camera_says
from bonghwa.storage.sql import journal
from tests.api.house import House


def acts(house: House, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    with house.hub.engine.connect() as connection:
        found = journal.bodies(connection, kinds or ("steering:held", "steering:moved", "steering:home", "steering:freed"), 0)
    return [(act, body) for _, _, act, body in reversed(found)]


def orders(house: House, camera: str) -> list[tuple[str, str]]:
    """What was told to gateways about this camera: its gateway and the act."""
    found = []
    for entry in house.hub.settings.gateways:
        with house.hub.engine.connect() as connection:
            told = journal.control_after(connection, entry.name, f"boot-{entry.name}", 0)
        found += [(entry.name, body["act"]) for _, body in told if body["t"] == "ptz" and body["camera"] == camera]
    return found


@pytest.fixture
def own(house: House) -> "Own":
    house.gateways_up()
    return Own(house)


class Own:
    """A room of Jung-gu on duty, and two of its own cameras."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.duty = house.call("중구", "POST", "/duties", json={"post": "관제석 3"}).json()["id"]
        cameras = house.call("중구", "GET", "/cameras", params={"owner": "junggu", "limit": 2}).json()["items"]
        self.camera, self.other = (camera["id"] for camera in cameras)

    def steer(self, who: str = "중구", camera: str | None = None, **body: Any) -> Any:
        wish = {"act": "move", "pan": 0.5, "duty": self.duty, **body}
        sent = {key: value for key, value in wish.items() if value is not None}
        return self.house.call(who, "POST", f"/cameras/{camera or self.camera}/steer", json=sent)

    def held(self, who: str = "중구") -> list[dict[str, Any]]:
        return list(self.house.call(who, "GET", "/steering").json()["items"])


def test_an_owner_on_duty_steers_and_every_step_is_in_the_ledger_once(own: Own) -> None:
    for _ in range(3):
        assert own.steer().status_code == 200
    assert own.steer(act="stop").status_code == 200
    assert own.steer(pan=-0.5).status_code == 200
    own.house.call("중구", "POST", f"/duties/{own.duty}/end", json={})
    own.house.until(lambda: not own.held())
    assert [act for act, _ in acts(own.house)] == ["steering:held", "steering:moved", "steering:moved", "steering:home", "steering:freed"]
    assert [body["pan"] for act, body in acts(own.house) if act == "steering:moved"] == [0.5, -0.5]
    assert [act for _, act in orders(own.house, own.camera)] == ["move"] * 3 + ["stop", "move", "home"]
    assert {body["reason"] for act, body in acts(own.house) if act == "steering:home"} == {"duty_ended"}


def test_a_camera_that_was_only_taken_is_not_sent_home(own: Own) -> None:
    own.steer(act="stop")
    own.house.call("중구", "POST", f"/duties/{own.duty}/end", json={})
    own.house.until(lambda: not own.held())
    assert [act for _, act in orders(own.house, own.camera)] == ["stop"]


def test_who_gives_a_camera_back_frees_it_at_once_and_sends_it_home(own: Own) -> None:
    own.steer()
    assert own.steer(act="leave").status_code == 200
    assert own.held() == []
    assert [act for _, act in orders(own.house, own.camera)] == ["move", "home"]
    own.steer(act="stop")
    own.steer(act="leave")
    assert [act for _, act in orders(own.house, own.camera)] == ["move", "home", "stop"]


def test_a_turned_camera_of_a_lost_gateway_is_sent_home_when_the_gateway_is_back(own: Own) -> None:
    own.steer()
    row = own.house.change(lambda tx: tx.gateways.get(own.house.hub.city.gateways.of("junggu")[0]))
    own.house.change(lambda tx: tx.gateways.put(replace(tx.gateways.get(row.name), state="lost")))
    own.house.call("중구", "POST", f"/duties/{own.duty}/end", json={})
    own.house.until(lambda: own.house.hub.ticked_at and own.house.call("중구", "GET", "/duties").json()["items"] == [])
    ticked = own.house.hub.ticked_at
    own.house.until(lambda: own.house.hub.ticked_at > ticked)
    assert [act for _, act in orders(own.house, own.camera)] == ["move"]
    own.house.change(lambda tx: tx.gateways.put(replace(tx.gateways.get(row.name), state="up")))
    own.house.until(lambda: [act for _, act in orders(own.house, own.camera)] == ["move", "home"])


def test_another_person_is_told_the_post_and_no_name(own: Own) -> None:
    own.steer()
    second = own.house.call("control_room", "POST", "/duties", json={"post": "입주석 1"}).json()["id"]
    refused = own.steer("control_room", duty=second)
    assert (refused.status_code, refused.json()["code"]) == (409, "steered_by_another")
    assert refused.json()["values"] == {"post": "관제석 3", "agency": "junggu"}
    assert "관제요원" not in refused.text
    assert own.held("control_room")[0]["mine"] is False
    assert own.steer("control_room", camera=own.other, duty=second).status_code == 200


def test_ten_seconds_after_the_last_act_the_next_may_and_the_camera_goes_home_once(own: Own) -> None:
    own.steer()
    own.house.change(lambda tx: tx.holds.put(replace(tx.holds.get(own.camera), last_at=tx.now - 11_000_000)))
    own.house.until(lambda: not own.held())
    second = own.house.call("control_room", "POST", "/duties", json={"post": "입주석 1"}).json()["id"]
    assert own.steer("control_room", duty=second).status_code == 200
    assert [act for _, act in orders(own.house, own.camera)] == ["move", "home", "move"]


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("부평구", {}, 404, "no_such_duty"),
        ("police112", {}, 404, "no_such_duty"),
        ("중구", {"duty": None, "grant": "grt_none"}, 404, "no_such_grant"),
        ("중구", {"duty": None}, 422, "one_of"),
        ("중구", {"grant": "grt_none"}, 422, "one_of"),
        ("중구", {"pan": 1.5}, 422, "invalid"),
        ("중구", {"act": "dance"}, 422, "invalid"),
        ("중구", {"camera": "none"}, 404, "no_such_camera"),
    ],
)
def test_who_has_no_right_learns_nothing(own: Own, who: str, body: dict[str, Any], status: int, code: str) -> None:
    answer = own.steer(who, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert orders(own.house, own.camera) == []


def test_another_districts_camera_is_refused_with_a_reason_and_the_refusal_is_recorded(own: Own) -> None:
    foreign = own.house.call("부평구", "GET", "/cameras", params={"owner": "bupyeong", "limit": 1}).json()["items"][0]["id"]
    refused = own.steer(camera=foreign)
    assert (refused.status_code, refused.json()["reason"]) == (403, "not_own_camera")
    assert [body["reason"] for _, body in acts(own.house, "steering:refused")] == ["not_own_camera"]


def test_without_its_gateway_nothing_is_held(house: House) -> None:
    own = Own(house)
    assert (own.steer().status_code, own.held()) == (503, [])


class Watching:
    """Police 112 watches a camera of Jung-gu in an incident."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.incident = house.opened("police112", "robbery")
        grant = next(g for g in house.incident("police112", self.incident)["grants"] if g["owner"] == "junggu")
        self.grant, self.camera, self.other = grant["id"], *grant["cameras"][:2]
        house.call("police112", "POST", "/views", json={"grant": self.grant, "camera": self.camera})

    def ask(self, who: str = "police112", camera: str | None = None, text: str = "북쪽 골목") -> Any:
        body = {"grant": self.grant, "text": text}
        return self.house.call(who, "POST", f"/cameras/{camera or self.camera}/steer/request", json=body)


def test_who_watches_asks_the_owners_room_which_answers(house: House) -> None:
    house.gateways_up()
    watching = Watching(house)
    steered = house.call("police112", "POST", f"/cameras/{watching.camera}/steer", json={"act": "move", "pan": 1, "grant": watching.grant})
    assert (steered.status_code, steered.json()["reason"]) == (403, "only_owner_steers")
    asked = watching.ask()
    assert asked.status_code == 201
    waiting = house.call("중구", "GET", "/steering-requests").json()["items"]
    assert [(item["text"], item["agency"], item["mine"]) for item in waiting] == [("북쪽 골목", "police112", False)]
    assert house.call("부평구", "GET", "/steering-requests").json()["items"] == []
    path = f"/steering-requests/{asked.json()['id']}/done"
    assert [house.call(who, "POST", path).status_code for who in ("부평구", "police112", "중구", "중구")] == [404, 404, 200, 409]
    assert [act for act, _ in acts(house, "steering:requested", "steering:answered")] == ["steering:requested", "steering:answered"]
    assert house.call("중구", "GET", "/steering-requests").json()["items"] == []


def test_only_who_watches_asks_and_not_without_end(house: House) -> None:
    house.gateways_up()
    watching = Watching(house)
    assert watching.ask("fire119").status_code == 404
    assert watching.ask(camera=watching.other).json()["reason"] == "only_who_watches_asks"
    assert watching.ask(text=" ").status_code == 422
    assert [watching.ask().status_code for _ in range(4)] == [201, 201, 201, 409]


def test_requests_end_with_their_incident(house: House) -> None:
    house.gateways_up()
    watching = Watching(house)
    watching.ask()
    house.call("police112", "POST", f"/incidents/{watching.incident}/close", json={"reason": "끝", "disposition": "test"})
    house.until(lambda: not house.call("중구", "GET", "/steering-requests").json()["items"])


def test_a_camera_steered_under_the_rooms_own_grant_goes_home_at_the_close(house: House) -> None:
    house.gateways_up()
    incident = house.opened("emergency_bell", "sos")
    grant = next(g for g in house.incident("control_room", incident)["grants"] if g["owner"] == "junggu" and g["state"] == "active")
    known = {c["id"]: c for c in house.call("중구", "GET", "/cameras", params={"owner": "junggu", "limit": 5000}).json()["items"]}
    camera = next(c for c in grant["cameras"] if known[c]["purpose"] == "생활방범")
    body = {"act": "move", "pan": 1, "grant": grant["id"]}
    assert house.call("control_room", "POST", f"/cameras/{camera}/steer", json=body).status_code == 200
    house.call("control_room", "POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "test"})
    house.until(lambda: [act for _, act in orders(house, camera)] == ["move", "home"])
    assert {body["reason"] for act, body in acts(house) if act == "steering:home"} == {"closed"}


def test_what_a_camera_says_of_its_pose_waits_for_its_owner(house: House) -> None:
    camera = house.hub.book.all()[0]
    say = {"lat": camera.lat, "lon": camera.lon, "bearing": 90.0}
    for owners in (("nobody",), (camera.owner,), (camera.owner,)):
        house.change(lambda tx, owners=owners: camera_says(tx, house.hub.city, owners, camera.id, **say))
    assert len(acts(house, "registry:pose_proposed")) == 1
    assert house.change(lambda tx: tx.proposals.get(camera.id)).bearing == 90.0
    assert house.hub.book.get(camera.id).pose == camera.pose
