"""The privacy officer's day: what it counts."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from bonghwa.api.privacy import DAY_US
from bonghwa.demo_accounts import Credentials
from bonghwa.service.ports import Limits
from bonghwa.storage.sql.writer import SqlTx
from tests.api.house import House, copy_town, running

OFFICER = "privacy_officer"


def day(house: House, date: dt.date | None = None) -> dict[str, Any]:
    answer = house.call(OFFICER, "GET", "/privacy/day", params={"date": date.isoformat()} if date else {})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_what_is_refused_counts_on_its_own_day_and_a_drills_never(house: House) -> None:
    house.opened("tracking_centre", "low_battery", drill=True)
    assert day(house)["counts"]["denied"] == 0
    house.opened("tracking_centre", "low_battery")
    today = day(house)
    assert today["counts"]["denied"] > 0
    yesterday = dt.date.fromisoformat(today["date"]) - dt.timedelta(days=1)
    assert day(house, yesterday)["counts"]["denied"] == 0


def test_what_opened_unanswered_in_a_drill_is_marked_and_nobodys_review(town: tuple[Path, Credentials], tmp_path: Path) -> None:
    with running(copy_town(town[0], tmp_path / "data"), town[1], Limits(ask_answer_s=0)) as house:
        for drill in (True, False):
            urgent = house.opened("fire119", "fire", priority=0, drill=drill)
            house.call("fire119", "POST", f"/incidents/{urgent}/invite", json={"agency": "police112", "basis": "공동대응"})
        found = house.until(lambda: (known := day(house)) and len(reviews(known)) == 2 and known)
        assert {each["drill"] for each in reviews(found)} == {True, False}
        assert found["counts"]["to_review"] == len(found["reviews"]) == 1


def reviews(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["obligations"] if each["kind"] == "review"]


def test_a_refused_view_of_a_drill_is_marked_and_does_not_count(house: House) -> None:
    for drill, denied in ((True, 0), (False, 1)):
        incident = house.opened("tracking_centre", "strap_cut", drill=drill)
        grant = house.incident("tracking_centre", incident)["grants"][0]
        before = day(house)["counts"]["denied"]
        answer = house.call("tracking_centre", "POST", "/views", json={"grant": grant["id"], "camera": "elsewhere"})
        assert (answer.status_code, answer.json()["reason"]) == (403, "camera_not_granted")
        assert day(house)["counts"]["denied"] == before + denied


def test_a_clause_counts_what_was_decided_on_the_day_and_not_what_still_waits_or_the_day_before(house: House) -> None:
    first, second = (house.opened("tracking_centre", "strap_cut") for _ in range(2))
    house.opened("tracking_centre", "location_lost")

    def a_day_ago(tx: SqlTx) -> None:
        for grant in tx.grants.find(incident=first):
            tx.grants.put(replace(grant, asked_at=grant.asked_at - DAY_US, decided_at=grant.asked_at - DAY_US))

    opened = len(house.incident("tracking_centre", second)["grants"])
    house.change(a_day_ago)
    rows = {row["clause"]: (row["allowed"], row["denied"]) for row in day(house)["clauses"]}
    assert rows == {"2-1": (opened, 0), "2-2": (0, 0)}
