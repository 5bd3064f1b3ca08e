"""The event stream: only what the caller may see, in order, resumed without loss or with an honest reset, ended with its session."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

import httpx

from tests.api.house import House


class Stream:
    """One open stream, read in a thread of its own."""

    def __init__(self, client: httpx.Client, headers: dict[str, str]) -> None:
        self.events: Queue[dict[str, Any]] = Queue()
        self.ended = threading.Event()
        self.opened = threading.Event()
        threading.Thread(target=self._read, args=(client, headers), daemon=True).start()
        assert self.opened.wait(20)

    def _read(self, client: httpx.Client, headers: dict[str, str]) -> None:
        try:
            with client.stream("GET", "/events", headers=headers, timeout=60) as answer:
                self.opened.set()
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        self.events.put(json.loads(line[5:]))
        except httpx.HTTPError:
            pass
        finally:
            self.opened.set()
            self.ended.set()

    def until(self, kind: str, seconds: float = 20) -> dict[str, Any]:
        """The next event of a type; events before it are passed over."""
        while True:
            event = self.events.get(timeout=seconds)
            if event["type"] == kind:
                return event

    def nothing_of(self, subject: str, fence: str) -> bool:
        """Whether no event of a subject came before the event of another one."""
        while True:
            event = self.events.get(timeout=20)
            if event["subject"] == subject:
                return False
            if event["subject"] == fence:
                return True


@contextmanager
def listening(house: House, who: str, **headers: str) -> Iterator[Stream]:
    with httpx.Client(base_url=f"{house.url}/api/v1") as client:
        yield Stream(client, {"Authorization": f"Bearer {house.token(who)}", **headers})


def test_an_agency_hears_of_its_own_incidents_and_never_of_anothers(shared_house: House) -> None:
    with listening(shared_house, "police112") as police, listening(shared_house, "tracking_centre") as centre:
        tracked = shared_house.opened("tracking_centre", "strap_cut", subject={"ref": "quiet"})
        robbery = shared_house.opened("police112", "robbery", text="피해자 진술")
        assert centre.until("incident.opened")["subject"] == tracked
        assert police.nothing_of(tracked, fence=robbery)


def test_owners_hear_of_grants_on_their_cameras_and_never_of_the_incidents_text(shared_house: House) -> None:
    with listening(shared_house, "중구") as owner, listening(shared_house, "부평구") as other:
        incident = shared_house.opened("police112", "robbery", text="비밀스러운 진술", look_for="검은 상의")
        grant = owner.until("grant.active")
        fence = shared_house.opened("control_room", "fire", {"lat": 37.4895, "lon": 126.7245})
        assert (grant["data"]["owner"], grant["data"]["incident"]) == ("junggu", incident)
        assert "진술" not in json.dumps(grant, ensure_ascii=False)
        assert "검은" not in json.dumps(grant, ensure_ascii=False)
        assert other.until("grant.active")["data"]["incident"] == fence


def test_a_stream_resumes_after_its_last_event_without_loss_or_repeat(shared_house: House) -> None:
    with listening(shared_house, "fire119") as first:
        one = shared_house.opened("fire119", "fire")
        cursor = first.until("incident.opened")
    missed = [shared_house.opened("fire119", "fire") for _ in range(5)]
    with listening(shared_house, "fire119", **{"Last-Event-ID": cursor["id"]}) as again:
        seen = [again.until("incident.opened")["subject"] for _ in missed]
        ids = []
        live = shared_house.opened("fire119", "rescue")
        ids.append(again.until("incident.opened")["subject"])
    assert cursor["subject"] == one
    assert seen == missed
    assert ids == [live]


def test_a_cursor_from_another_life_gets_reset(shared_house: House) -> None:
    for cursor in ("999999999", "not-a-number"):
        with listening(shared_house, "fire119", **{"Last-Event-ID": cursor}) as stream:
            assert stream.events.get(timeout=20)["type"] == "reset"


def test_the_snapshot_and_its_cursor_leave_no_gap(shared_house: House) -> None:
    shared_house.opened("fire119", "hazmat")
    answer = shared_house.call("fire119", "GET", "/incidents")
    listed = {row["id"] for row in answer.json()["items"]}
    late = shared_house.opened("fire119", "hazmat")
    with listening(shared_house, "fire119", **{"Last-Event-ID": answer.headers["Event-Cursor"]}) as stream:
        event = stream.until("incident.opened")
    assert late not in listed
    assert event["subject"] == late


def test_a_stream_and_its_views_end_with_the_session(shared_house: House) -> None:
    house = shared_house
    password = house.credentials.accounts["police112"]
    with httpx.Client(base_url=f"{house.url}/api/v1", timeout=60) as browser:
        session = browser.post("/session", json=password).json()
        incident = house.opened("police112", "kidnapping")
        grant = house.incident("police112", incident)["grants"][0]
        stream = Stream(browser, {})
        csrf = {"X-Bonghwa-CSRF": session["csrf"]}
        refused = browser.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]})
        view = browser.post("/views", json={"grant": grant["id"], "camera": grant["cameras"][0]}, headers=csrf).json()["id"]
        assert browser.delete("/session", headers=csrf).status_code == 204
        assert stream.ended.wait(20)
        gone = browser.get("/incidents")
    ended = house.call("police112", "GET", "/views", params={"state": "ended"}).json()["items"]
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert gone.status_code == 401
    assert next(row for row in ended if row["id"] == view)["end_reason"] == "session_ended"


def test_times_in_events_are_rfc_3339(shared_house: House) -> None:
    with listening(shared_house, "fire119") as stream:
        shared_house.opened("fire119", "medical")
        event = stream.until("incident.opened")
    assert event["data"]["opened_at"].endswith("Z")
    assert event["at"].endswith("Z")


def test_an_agency_that_closed_its_part_hears_that_and_the_end_and_nothing_between(shared_house: House) -> None:
    incident = shared_house.opened("tracking_centre", "curfew_breach", subject={"ref": "left"})
    shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/invite", json={"agency": "police112", "basis": "검거 공조"})
    end = {"reason": "끝", "disposition": "real"}
    with listening(shared_house, "police112") as police:
        shared_house.call("police112", "POST", f"/incidents/{incident}/close", json=end)
        assert police.until("incident.updated")["data"]["part_closed"] == "police112"
        shared_house.opened("tracking_centre", "strap_cut", {"lat": 37.4740, "lon": 126.6220}, subject={"ref": "left"})
        fence = shared_house.opened("police112", "robbery")
        assert police.nothing_of(incident, fence)
        shared_house.call("tracking_centre", "POST", f"/incidents/{incident}/close", json=end)
        assert police.until("incident.closed")["subject"] == incident
