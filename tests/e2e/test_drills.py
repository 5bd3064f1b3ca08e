"""One drill of each line, played through the outside faces; a drill is marked everywhere and counts nowhere."""

import subprocess
import sys

import pytest
from playwright.sync_api import Browser

from tests.e2e.desk import Demo, Desk, until

pytestmark = pytest.mark.timeout(400)
DRILLS = {
    "strap_cut": ("tracking_centre", "tracking_centre"),
    "strap_cut_run": ("tracking_centre", "tracking_centre"),
    "robbery": ("police112", "police112"),
    "house_fire": ("fire119", "fire119"),
    "market_smoke": ("market_fire", "fire119"),
    "emergency_bell": ("emergency_bell", "control_room"),
    "safe_return": ("safe_return", "control_room"),
    "wanted_car": ("plate", "police112"),
    "flood": ("disaster", "disaster_room"),
    "operator_finds": ("control_room", "control_room"),
}


def counts(demo: Demo) -> tuple[int, int]:
    """Views and opened grants of the privacy officer's day."""
    day = demo.call("privacy_officer", "GET", "/privacy/day")
    assert day.status_code == 200, day.text
    return day.json()["counts"]["views"], sum(clause["allowed"] for clause in day.json()["clauses"])


@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_of_each_line_reaches_the_agency_it_is_for(demo: Demo, name: str) -> None:
    line, agency = DRILLS[name]
    counted = counts(demo)
    before = {row["id"] for row in demo.call(agency, "GET", "/incidents").json()["items"]}
    command = [sys.executable, "-m", "bonghwa.cli", "drill", name, "--ready-file", str(demo.file), "--no-wait"]
    played = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert played.returncode == 0, played.stdout + played.stderr

    def arrived() -> list[dict[str, object]]:
        rows = demo.call(agency, "GET", "/incidents").json()["items"]
        return [row for row in rows if row["id"] not in before and row["line"] == line]

    rows = until(arrived, what=f"the incident of {name}")
    for row in rows:
        assert row["drill"]
        seen = demo.incident(agency, str(row["id"]))
        assert all(grant["drill"] for grant in seen["grants"])
        demo.close(agency, str(row["id"]))
    assert counts(demo) == counted  # a drill never counts in statistics


@pytest.mark.browser
def test_a_drill_looks_unmistakably_different_and_a_real_alarm_breaks_its_frame(demo: Demo, browser: Browser) -> None:
    desk = Desk(browser, demo, "police112")
    drill = demo.alarm("police112", "assault", drill=True)
    until(lambda: desk.page.locator(".drill").count() and "훈련" in desk.page.inner_text("body"), what="the drill's frame and word")
    real = demo.alarm("police112", "kidnapping")
    until(lambda: desk.page.locator("body.drill").count() == 0, what="the end of the drill's frame")
    demo.close("police112", drill)
    demo.close("police112", real)
    assert desk.complaints == []
    desk.leave()
