"""A right ends when what it stands on does: the agreement's time, the entrustment of a room, the account."""

import datetime as dt
from dataclasses import replace
from typing import Any

from bonghwa.storage.sql.writer import SqlTx
from tests.api.house import House

LONG_AGO = dt.date(2026, 1, 1)


def agreements_end(house: House) -> None:
    """All agreements ran out."""
    house.hub.city.agreements = tuple(replace(one, valid_from=LONG_AGO, valid_to=LONG_AGO) for one in house.hub.city.agreements)


def first_grant(house: House, who: str, incident: str) -> dict[str, Any]:
    return next(grant for grant in house.incident(who, incident)["grants"] if grant["agency"] == who)


def test_no_grant_is_lengthened_opened_or_left_to_open_once_its_agreement_is_over(house: House) -> None:
    active = first_grant(house, "police112", house.opened("police112", "robbery"))
    asked = first_grant(house, "police112", house.opened("police112", "robbery", priority=2))
    urgent = house.opened("fire119", "fire", priority=0)
    house.call("fire119", "POST", f"/incidents/{urgent}/invite", json={"agency": "police112", "basis": "공동대응"})
    agreements_end(house)
    longer = house.call("police112", "POST", f"/grants/{active['id']}/extend", json={"minutes": 60, "reason": "도주"})
    owner = {"junggu": "중구", "donggu": "동구"}[asked["owner"]]
    opened = house.call(owner, "POST", f"/grants/{asked['id']}/approve", json={"reason": "확인"})

    def nobody_answered(tx: SqlTx) -> None:
        for grant in tx.grants.find(incident=urgent, state="asked"):
            tx.grants.put(replace(grant, answer_by=tx.now))

    house.change(nobody_answered)
    house.until(lambda: first_grant(house, "police112", urgent)["state"] != "asked")
    assert [(answer.status_code, answer.json()["code"]) for answer in (longer, opened)] == [(409, "agreement_changed")] * 2
    assert first_grant(house, "police112", urgent)["state"] == "denied"


def test_a_rooms_pictures_end_with_the_agreement_that_entrusted_them_and_a_districts_own_go_on(house: House) -> None:
    house.gateways_up()
    camera = next(one for one in house.hub.cameras if one.owner == "junggu").id
    views = {}
    for who in ("control_room", "중구"):
        duty = house.call(who, "POST", "/duties", json={"post": "1"}).json()["id"]
        views[who] = house.call(who, "POST", "/views", json={"duty": duty, "camera": camera}).json()["id"]
    agreements_end(house)

    def ended() -> dict[str, str]:
        rows = house.call("privacy_officer", "GET", "/views", params={"state": "ended"}).json()["items"]
        return {row["id"]: row["end_reason"] for row in rows}

    assert house.until(ended) == {views["control_room"]: "agreement_over"}


def test_the_duty_of_a_closed_account_ends_though_it_watched_nothing(house: House) -> None:
    house.call("중구", "POST", "/duties", json={"post": "1"})

    def shut(tx: SqlTx) -> None:
        for account in tx.accounts.find(agency="junggu"):
            tx.accounts.put(replace(account, disabled=True))

    house.change(shut)
    assert house.until(lambda: house.call("privacy_officer", "GET", "/duties").json()["items"] == [])
