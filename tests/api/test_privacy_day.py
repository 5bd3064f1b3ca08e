"""The privacy officer's day: what it counts."""

import datetime as dt
from pathlib import Path
from typing import Any

from bonghwa.demo_accounts import Credentials
from bonghwa.service.ports import Limits
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
