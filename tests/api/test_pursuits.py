"""Following a subject over HTTP: who may, what is recorded, grants that follow, what a guest sees, and a pursuer that is killed."""

import datetime as dt
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bonghwa.demo_accounts import Credentials
from bonghwa.service import pursuits
from bonghwa.service.ports import Limits
from bonghwa.storage.sql import journal
from tests.api.house import BUPYEONG, House, copy_town, running

CENTRE, POLICE = "tracking_centre", "police112"


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def acts(house: House, *kinds: str) -> list[dict[str, Any]]:
    """What the ledger holds of these acts, oldest first."""
    with house.hub.engine.connect() as connection:
        return [body for _, _, _, body in reversed(journal.bodies(connection, kinds, 0))]


class Chase:
    """A running pursuit of a cut strap in Jung-gu."""

    def __init__(self, house: House, subject: dict[str, Any] | None = None, **asked: Any) -> None:
        self.house = house
        self.incident = house.opened(CENTRE, "strap_cut", **({"subject": subject} if subject else {}))
        answer = house.call(CENTRE, "POST", "/pursuits", json={"incident": self.incident, **asked})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    def get(self, who: str = CENTRE, **params: str) -> dict[str, Any]:
        answer = self.house.call(who, "GET", f"/pursuits/{self.id}", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def reckoned(self) -> dict[str, Any]:
        """The picture once there is one, and its cameras are granted."""

        def there() -> dict[str, Any] | None:
            seen = self.get()
            return seen if seen["watch"] and all(each["granted"] for each in seen["watch"]) else None

        return dict(self.house.until(there, 90))

    def tell(self, who: str = CENTRE, **fact: Any) -> Any:
        return self.house.call(who, "POST", f"/pursuits/{self.id}/evidence", json={"at": now(), **fact})


@pytest.fixture
def chase(house: House) -> Chase:
    house.gateways_up()
    return Chase(house)


def test_a_pursuit_says_where_he_may_be_and_its_cameras_become_grants(chase: Chase) -> None:
    seen = chase.reckoned()
    belief = seen["belief"]
    assert sum(share for _, share, _, _ in belief["streets"]) + belief["modes"]["left"] == pytest.approx(1, abs=0.02)
    assert 0 < belief["m50"] <= belief["m90"]
    assert [ring["minutes"] for ring in seen["reach"]] == [0, 1, 3, 5]
    assert 0 < seen["hope"] <= seen["ceiling"] + 1e-6 <= 1 + 1e-6
    assert len({each["camera"]["id"] for each in seen["watch"]}) == len(seen["watch"]) <= 9
    assert all(each["why"][0]["ko"] and each["why"][0]["en"] for each in seen["watch"])
    grants = chase.house.incident(CENTRE, chase.incident)["grants"]
    granted = {camera for grant in grants if grant["state"] == "active" for camera in grant["cameras"]}
    assert granted == {each["camera"]["id"] for each in seen["watch"]}
    changes = acts(chase.house, "pursuit:watch")
    assert sorted(granted) == sorted(changes[-1]["cameras"])
    roads = chase.house.call(CENTRE, "GET", f"/roads/{seen['roads']['sha']}").json()
    assert {str(number) for number, *_ in belief["streets"]} <= roads["streets"].keys()


def test_asking_again_gives_the_running_pursuit(chase: Chase) -> None:
    again = chase.house.call(CENTRE, "POST", "/pursuits", json={"incident": chase.incident})
    assert (again.status_code, again.json()["id"]) == (200, chase.id)


def test_a_sighting_draws_the_belief_together_and_taking_it_back_undoes_that(chase: Chase) -> None:
    before = chase.reckoned()
    camera = before["watch"][-1]["camera"]["id"]
    told = chase.tell(type="sighting", camera=camera, heading=180.0, mode="foot")
    assert told.status_code == 201, told.text
    seen = chase.house.until(lambda: (found := chase.get())["since"]["kind"] == "sighting" and found, 30)
    assert seen["path"]["points"][0]["camera"]["id"] == camera
    assert "북에서 남으로" in seen["radio"]["ko"]
    assert "north to south" in seen["radio"]["en"]
    number = told.json()["number"]
    assert chase.house.call(CENTRE, "DELETE", f"/pursuits/{chase.id}/evidence/{number}").status_code == 204
    after = chase.house.until(lambda: (found := chase.get())["since"]["kind"] == "start" and found, 30)
    assert after["radio"] is None
    assert [(each["number"], each["undone"]) for each in after["evidence"]] == [(number, True)]
    assert [body["fact"] for body in acts(chase.house, "pursuit:told", "pursuit:undone")] == [number, number]


def test_a_mode_learnt_without_a_sighting_turns_the_figures_and_is_taken_back_like_any_fact(chase: Chase) -> None:
    chase.reckoned()
    assert chase.get()["mode"] is None
    told = chase.house.call(CENTRE, "POST", f"/pursuits/{chase.id}/evidence", json={"type": "mode", "mode": "car"})
    assert told.status_code == 201, told.text
    number = told.json()["number"]
    seen = chase.house.until(lambda: (found := chase.get())["belief"]["modes"]["car"] > 0.6 and found, 30)
    assert (seen["mode"], seen["since"]["kind"], seen["path"]["points"]) == ("car", "start", [])
    [entry] = seen["evidence"]
    assert (entry["type"], entry["mode"], entry["confidence"], entry["camera"], entry["place"]) == ("mode", "car", 0.9, None, None)
    assert (entry["words"]["ko"], entry["words"]["en"]) == ("이제 차로 이동", "By car from now on")
    assert chase.house.call(CENTRE, "DELETE", f"/pursuits/{chase.id}/evidence/{number}").status_code == 204
    after = chase.house.until(lambda: (found := chase.get())["belief"]["modes"]["car"] < 0.5 and found, 30)
    assert after["mode"] is None
    assert [(body["fact"], body.get("mode")) for body in acts(chase.house, "pursuit:told", "pursuit:undone")] == [
        (number, "car"),
        (number, None),
    ]


def test_a_mode_that_a_later_sighting_denies_is_unknown_again(chase: Chase) -> None:
    camera = chase.reckoned()["watch"][0]["camera"]["id"]
    assert chase.tell(type="mode", mode="car").status_code == 201
    assert chase.tell(type="sighting", camera=camera).status_code == 201
    assert chase.get()["mode"] == "car"
    assert chase.tell(type="sighting", camera=camera, mode="foot").status_code == 201
    assert chase.get()["mode"] is None


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"type": "sighting"}, "camera"),
    ({"type": "mode"}, "mode"),
    ({"type": "mode", "mode": "boat"}, "mode"),
    ({"type": "sighting", "camera": "nowhere"}, "camera"),
    ({"type": "fix"}, "place"),
    ({"type": "fix", "place": {"lat": 37.47, "lon": 1e9}}, "place.lon"),
    ({"type": "guess"}, "type"),
    ({"type": "report", "place": {"lat": 37.47, "lon": 126.62}, "confidence": 1.0}, "confidence"),
    ({"type": "report", "place": {"lat": 37.47, "lon": 126.62}, "at": "yesterday"}, "at"),
    ({"type": "report", "place": {"lat": 37.47, "lon": 126.62}, "at": "2001-01-01T00:00:00Z"}, "at"),
    ({"type": "report", "place": {"lat": 37.47, "lon": 126.62}, "at": "2101-01-01T00:00:00Z"}, "at"),
    ({"type": "fix", "place": {"lat": -33.0, "lon": 18.0, "accuracy_m": 10}}, "place"),
]
"""Facts that cannot be, and the field each is refused by."""


def test_where_a_device_says_it_is_counts_while_it_moves_and_not_where_it_lies_cut_off(house: House) -> None:
    house.gateways_up()
    chase = Chase(house, {"ref": "bracelet-7"})
    chase.reckoned()
    away = {"lat": 37.4725, "lon": 126.6300, "accuracy_m": 40}
    for moving in (False, True):
        told = house.opened(CENTRE, "location_lost", away, subject={"ref": "bracelet-7", "moving": moving})
        assert told == chase.incident

    def heard() -> dict[str, Any] | None:
        seen = chase.get()
        return seen if seen["since"]["kind"] == "fix" else None

    [fact] = house.until(heard, 30)["evidence"]
    assert (fact["type"], fact["place"]["lat"], fact["by"]) == ("fix", 37.4725, "위치추적관제센터")
    assert acts(house, "pursuit:told")[-1]["by"] == "line:tracking_centre"
    assert house.call(CENTRE, "DELETE", f"/pursuits/{chase.id}/evidence/{fact['number']}").status_code == 204
    house.until(lambda: chase.get()["since"]["kind"] == "start", 30)


def test_a_device_far_from_every_road_is_kept_in_the_ledger_and_counts_for_nothing(house: House) -> None:
    house.gateways_up()
    chase = Chase(house, {"ref": "bracelet-8"})
    chase.reckoned()
    at_sea = {"lat": 33.2, "lon": 124.2, "accuracy_m": 40}
    house.opened(CENTRE, "location_lost", at_sea, subject={"ref": "bracelet-8", "moving": True})
    house.until(lambda: [fact for fact in chase.get()["evidence"] if fact["undone"]], 30)
    assert acts(house, "pursuit:undone")[-1]["by"] == "system"
    assert chase.get()["since"]["kind"] == "start"


def test_a_fact_that_cannot_be_is_refused_by_its_field_and_changes_nothing(chase: Chase) -> None:
    chase.reckoned()
    for fact, field in IMPOSSIBLE:
        answer = chase.tell(**fact)
        assert answer.status_code == 422, (fact, answer.text)
        assert field in answer.text
    assert [each for each in chase.get()["evidence"] if not each["undone"]] == []


def test_a_pin_stays_on_the_wall_and_fewer_cameras_are_watched_when_asked(chase: Chase) -> None:
    pinned = chase.reckoned()["watch"][-1]["camera"]["id"]
    wall = chase.house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"k": 4, "pins": [pinned]})
    assert wall.status_code == 200, wall.text

    def fewer() -> dict[str, Any] | None:
        seen = chase.get()
        return seen if len(seen["watch"]) <= 4 and any(each["pinned"] for each in seen["watch"]) else None

    seen = chase.house.until(fewer, 40)
    assert [each["camera"]["id"] for each in seen["watch"] if each["pinned"]] == [pinned]
    assert chase.house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"k": 17}).status_code == 422
    assert chase.house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"pins": ["nowhere"]}).status_code == 422


def test_a_guest_sees_the_parts_that_were_shared_under_its_own_clause_and_nothing_before(chase: Chase) -> None:
    house = chase.house
    chase.reckoned()
    assert house.call(POLICE, "GET", f"/pursuits/{chase.id}").status_code == 404
    share = {"with": [POLICE], "what": ["path", "containment"]}
    assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/sharing", json=share).status_code == 422, "not taking part yet"
    invited = house.call(CENTRE, "POST", f"/incidents/{chase.incident}/invite", json={"agency": POLICE, "basis": "공조 요청"})
    assert invited.status_code in (200, 201), invited.text
    assert house.call(POLICE, "GET", f"/pursuits/{chase.id}").status_code == 404, "invited is not shown"
    assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/sharing", json=share).status_code == 200
    seen = chase.get(POLICE)
    assert seen["belief"] is None
    assert seen["watch"] is None
    assert seen["path"] is not None
    assert chase.tell(POLICE, type="report", place={"lat": 37.4715, "lon": 126.6255, "accuracy_m": 40}).status_code == 201
    assert house.call(POLICE, "PUT", f"/pursuits/{chase.id}/sharing", json=share).status_code == 403
    assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/sharing", json={"with": [], "what": []}).status_code == 200
    assert house.call(POLICE, "GET", f"/pursuits/{chase.id}").status_code == 404
    assert house.call("중구", "GET", f"/pursuits/{chase.id}").status_code == 404


class Led:
    """The centre's incident with the police in it, and who leads a pursuit there."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.chase = Chase(house)
        self.chase.reckoned()
        invited = house.call(CENTRE, "POST", f"/incidents/{self.chase.incident}/invite", json={"agency": POLICE, "basis": "공조 요청"})
        assert invited.status_code in (200, 201), invited.text

    def share(self, who: str, pursuit: str, guest: str, *what: str) -> None:
        answer = self.house.call(who, "PUT", f"/pursuits/{pursuit}/sharing", json={"with": [guest], "what": list(what)})
        assert answer.status_code == 200, answer.text

    def close(self, who: str) -> None:
        body = {"reason": "검거", "disposition": "test"}
        answer = self.house.call(who, "POST", f"/incidents/{self.chase.incident}/close", json=body)
        assert answer.status_code == 200, answer.text

    def granted(self, who: str) -> set[str]:
        grants = self.house.incident(who, self.chase.incident)["grants"]
        return {camera for grant in grants if grant["agency"] == who and grant["state"] == "active" for camera in grant["cameras"]}


@pytest.fixture
def led(house: House) -> Led:
    house.gateways_up()
    return Led(house)


def test_a_guest_that_closed_its_part_sees_the_running_pursuit_no_more_nor_when_it_is_back(led: Led) -> None:
    house, chase = led.house, led.chase
    led.share(CENTRE, chase.id, POLICE, "belief", "path", "watch")
    assert [each["id"] for each in house.call(POLICE, "GET", "/pursuits").json()["items"]] == [chase.id]
    led.close(POLICE)
    assert house.call(POLICE, "GET", f"/pursuits/{chase.id}").status_code == 404
    assert house.call(POLICE, "GET", "/pursuits").json()["items"] == []
    house.until(lambda: chase.get()["shared"]["with"] == [], 10)
    assert acts(house, "pursuit:shared")[-1]["by"] == "system"
    back = house.call(POLICE, "POST", f"/incidents/{chase.incident}/reopen", json={"reason": "다시 필요"})
    assert back.status_code == 200, back.text
    assert house.call(POLICE, "GET", f"/pursuits/{chase.id}").status_code == 404


def test_a_guest_sees_no_camera_and_no_time_of_what_was_not_shared(led: Led) -> None:
    house, chase = led.house, led.chase
    camera = chase.get()["watch"][0]["camera"]["id"]
    assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"pins": [camera]}).status_code == 200
    assert chase.tell(type="mode", mode="car").status_code == 201
    assert chase.tell(type="sighting", camera=camera, mode="car").status_code == 201
    house.until(lambda: any(mark["seen"] for mark in chase.get()["strip"]), 40)
    led.share(CENTRE, chase.id, POLICE)
    seen = chase.get(POLICE)
    assert (seen["pins"], seen["mode"], seen["since"], seen["strip"]) == ([], None, None, None)
    led.share(CENTRE, chase.id, POLICE, "belief")
    seen = chase.get(POLICE)
    assert seen["pins"] == []
    assert not any(mark["seen"] or mark["vain"] for mark in seen["strip"])
    led.share(CENTRE, chase.id, POLICE, "belief", "path", "watch")
    seen = chase.get(POLICE)
    assert (seen["pins"], seen["mode"]) == ([camera], "car")
    assert any(mark["seen"] for mark in seen["strip"])


def test_who_leads_a_pursuit_gets_its_cameras_though_it_is_also_a_guest_of_an_older_one(led: Led) -> None:
    house, chase = led.house, led.chase
    led.share(CENTRE, chase.id, POLICE, "belief", "watch")
    own = house.call(POLICE, "POST", "/pursuits", json={"incident": chase.incident})
    assert own.status_code == 201, own.text
    pinned = chase.get()["watch"][0]["camera"]["id"]
    wall = {"k": 1, "pins": [pinned]}
    assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json=wall).status_code == 200
    house.until(lambda: led.granted(CENTRE) == {pinned}, 60)

    def theirs() -> bool:
        watch = house.call(POLICE, "GET", f"/pursuits/{own.json()['id']}").json()["watch"]
        wanted = {each["camera"]["id"] for each in watch or []}
        return len(wanted) > 1 and led.granted(POLICE) == wanted

    house.until(theirs, 90)


def test_when_the_leader_closes_its_part_a_guest_is_back_at_the_place_of_the_incident(led: Led) -> None:
    house, chase = led.house, led.chase
    assert house.call(CENTRE, "DELETE", f"/pursuits/{chase.id}", json={"reason": "경찰이 이어서"}).status_code == 204
    about_the_place = house.until(lambda: led.granted(CENTRE), 10)
    theirs = house.call(POLICE, "POST", "/pursuits", json={"incident": chase.incident}).json()["id"]
    led.share(POLICE, theirs, CENTRE, "watch")
    assert house.call(POLICE, "PUT", f"/pursuits/{theirs}/wall", json={"k": 1}).status_code == 200
    house.until(lambda: len(led.granted(CENTRE)) == 1, 90)
    led.close(POLICE)
    house.until(lambda: led.granted(CENTRE) == about_the_place, 15)


def test_a_camera_that_is_watched_on_is_let_go_when_where_he_may_be_has_left_it_behind(chase: Chase) -> None:
    chase.reckoned()

    def left_behind(tx: Any) -> tuple[set[str], set[str]]:
        pursuit = tx.pursuits.get(chase.id)
        far = tuple(replace(each, away_m=1e6) if n == 0 else each for n, each in enumerate(pursuit.watch))
        pursuits.watch(tx, chase.house.hub.city, chase.id, far)
        grants = tx.grants.find(incident=chase.incident, agency=CENTRE, state="active")
        return {each.camera for each in far}, {camera for grant in grants for camera in grant.cameras}

    wanted, granted = chase.house.change(left_behind)
    assert granted < wanted
    assert len(wanted - granted) == 1


def test_a_picture_that_ends_as_the_pursuit_moves_on_says_so(town: tuple[Path, Credentials], tmp_path: Path) -> None:
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(old_pictures_s=1, view_idle_s=300)) as house:
        house.gateways_up()
        chase = Chase(house)
        last = chase.reckoned()["watch"][-1]
        view = house.call(CENTRE, "POST", "/views", json={"grant": last["grant"], "camera": last["camera"]["id"]}).json()["id"]
        assert house.call(CENTRE, "PUT", f"/pursuits/{chase.id}/wall", json={"k": 1}).status_code == 200

        def reason() -> str | None:
            ended = house.call(CENTRE, "GET", "/views", params={"state": "ended"}).json()["items"]
            return next((row["end_reason"] for row in ended if row["id"] == view), None)

        assert house.until(reason, 60) == "pursuit_moved"


def test_a_pursuit_begins_as_long_ago_as_its_place_is_old_and_not_as_its_first_alarm(house: House) -> None:
    house.gateways_up()
    subject = {"ref": "bracelet-9"}
    before = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=50)).isoformat()
    first = house.report(CENTRE, "low_battery", subject=subject, at=before)
    assert first.status_code in (200, 201), first.text
    chase = Chase(house, subject)
    assert chase.incident == first.json()["incident"]["id"]
    assert chase.get()["start"]["age_s"] < 60


def test_a_place_from_before_the_one_it_began_from_is_refused_or_counts_for_nothing(house: House) -> None:
    house.gateways_up()
    chase = Chase(house, {"ref": "bracelet-10"})
    chase.reckoned()
    away = {"lat": 37.4725, "lon": 126.6300, "accuracy_m": 40}
    before = (dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)).isoformat()
    refused = chase.tell(type="fix", place=away, at=before)
    assert refused.status_code == 422
    assert "at" in refused.text
    subject = {"ref": "bracelet-10", "moving": True}
    late = house.report(CENTRE, "location_lost", away, subject=subject, at=before)
    assert late.json()["incident"]["id"] == chase.incident
    fresh = {"lat": 37.4719, "lon": 126.6262, "accuracy_m": 40}
    house.opened(CENTRE, "location_lost", fresh, subject=subject)
    [fact] = house.until(lambda: chase.get()["evidence"], 30)
    assert fact["place"]["lat"] == fresh["lat"]


def test_an_incident_without_a_place_or_without_a_clause_is_not_followed(house: House) -> None:
    nowhere = house.opened(CENTRE, "strap_cut", place=None)
    answer = house.call(CENTRE, "POST", "/pursuits", json={"incident": nowhere})
    assert (answer.status_code, answer.json()["code"]) == (409, "place_unknown")
    battery = house.opened(CENTRE, "low_battery", place=BUPYEONG)
    answer = house.call(CENTRE, "POST", "/pursuits", json={"incident": battery})
    assert (answer.status_code, answer.json()["code"]) == (403, "no_clause")
    assert house.call(POLICE, "POST", "/pursuits", json={"incident": battery}).status_code == 404


def test_it_ends_with_the_incident_and_nothing_more_is_told(chase: Chase) -> None:
    chase.reckoned()
    closed = chase.house.call(CENTRE, "POST", f"/incidents/{chase.incident}/close", json={"reason": "검거", "disposition": "test"})
    assert closed.status_code == 200, closed.text
    seen = chase.house.until(lambda: (found := chase.get())["state"] == "ended" and found)
    assert seen["belief"] is None
    assert seen["watch"] is None
    assert chase.tell(type="sighting", camera="x").status_code == 409
    assert acts(chase.house, "pursuit:ended")[-1]["reason"] == "part_closed"


def test_a_pursuer_that_is_killed_goes_on_from_its_log_with_the_same_belief(chase: Chase) -> None:
    camera = chase.reckoned()["watch"][0]["camera"]["id"]
    assert chase.tell(type="sighting", camera=camera, mode="car").status_code == 201
    chase.house.until(lambda: (found := chase.get())["since"]["kind"] == "sighting" and found, 30)
    before = chase.house.until(lambda: len((found := chase.get())["strip"]) >= 2 and found, 40)
    team = chase.house.team
    [pid] = team.pids
    os.kill(pid, signal.SIGKILL)
    chase.house.until(lambda: chase.get()["reckoner"] != "ok", 10)
    assert chase.get()["belief"] == before["belief"] or chase.get()["reckoner"] == "ok", "the last known picture stays"
    after = chase.house.until(lambda: (found := chase.get())["reckoner"] == "ok" and team.pids not in ([], [pid]) and found, 60)
    assert after["since"]["kind"] == "sighting"
    assert after["since"]["at"] == before["since"]["at"]
    assert len(after["strip"]) >= len(before["strip"])
    assert chase.get(at=after["strip"][1]["at"])["scrubbed"]
    assert team.failures == 1


def test_the_picture_of_a_moment_ago_can_be_looked_at(chase: Chase) -> None:
    chase.reckoned()
    strip = chase.house.until(lambda: len(found := chase.get()["strip"]) >= 2 and found, 40)
    assert chase.tell(type="sighting", camera=chase.get()["watch"][0]["camera"]["id"], mode="foot").status_code == 201
    assert len(chase.get()["path"]["points"]) == 1
    old = chase.get(at=strip[0]["at"])
    assert old["scrubbed"]
    assert (old["evidence"], old["path"]["points"], old["radio"]) == ([], [], None), "nobody had seen him then"
    assert old["now"] == strip[0]["at"]
    assert chase.house.call(CENTRE, "GET", f"/pursuits/{chase.id}", params={"at": "2001-01-01T00:00:00Z"}).status_code == 404


def test_what_was_watched_in_vain_lowers_the_belief_where_it_was_watched(chase: Chase) -> None:
    house = chase.house
    seen = chase.reckoned()
    best = seen["watch"][0]
    opened = house.call(CENTRE, "POST", "/views", json={"grant": best["grant"], "camera": best["camera"]["id"]})
    assert opened.status_code == 201, opened.text

    def live(tx: Any) -> None:
        view = tx.views.get(opened.json()["id"])
        tx.views.put(type(view)(**{**vars(view), "live": 1, "idle_since": None}))

    house.change(live)
    strip = house.until(lambda: any(best["camera"]["id"] in mark["vain"] for mark in chase.get()["strip"]), 40)
    assert strip


def test_the_hub_goes_on_with_its_pursuits_after_a_new_start(town: tuple[Path, Credentials], tmp_path: Path) -> None:
    folder = copy_town(town[0], tmp_path / "data")
    with running(folder, town[1]) as house:
        house.gateways_up()
        chase = Chase(house)
        camera = chase.reckoned()["watch"][0]["camera"]["id"]
        assert chase.tell(type="sighting", camera=camera).status_code == 201
        house.until(lambda: chase.get()["since"]["kind"] == "sighting", 30)
    with running(folder, town[1]) as house:
        chase.house = house
        seen = house.until(lambda: (found := chase.get())["since"] and found, 60)
        assert seen["since"]["kind"] == "sighting"
        assert seen["path"]["points"][0]["camera"]["id"] == camera
