"""A pursuit in its process: what it keeps for looking back, also when the process was killed and begun again from the log."""

import json
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonghwa.domain.geo import to_wgs84
from bonghwa.pursuers.closing import never
from bonghwa.pursuers.ground import Ground
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuit.claims import NoRoad
from tests.pursuit.cities import cameras_on, grid

ROADS = grid(15)
COVERAGE = cameras_on(ROADS, 0.4)
GROUND = Ground.of(ROADS, COVERAGE, ["gu"] * len(COVERAGE.cameras), [""] * len(COVERAGE.cameras))
LAT, LON = to_wgs84(700.0, 700.0)
SPEC: dict[str, Any] = {
    "id": "pur", "lat": LAT, "lon": LON, "accuracy_m": 40.0, "fix_at": 995.0, "started_at": 1000.0, "mode": "foot", "seed": 3,
    "particles": 600, "k": 4, "pins": [], "owners": ["gu"], "left_out": [], "bad": [],
}  # fmt: skip
FACT: dict[str, Any] = {"do": "fact", "heading": None, "mode": None, "confidence": 0.8, "lat": None, "lon": None, "accuracy_m": None}


def told(reckoner: Reckoner, second: int) -> None:
    """A run of a pursuit: sightings, one of them taken back, a mode, and cameras watched in vain."""
    now = 1000.0 + second
    if second in (100, 430, 610):
        camera = COVERAGE.cameras[second % len(COVERAGE.cameras)]
        reckoner.take({**FACT, "number": second, "type": "sighting", "camera": camera, "at": now}, now)
    elif second == 470:
        reckoner.take({"do": "undo", "number": 430}, now)
    elif second == 640:
        reckoner.take({**FACT, "number": 640, "type": "mode", "mode": "car", "camera": None, "at": now}, now)
    elif second % 30 == 17:
        reckoner.take({"do": "unseen", "seconds": 2.0, "cameras": list(COVERAGE.cameras[:4]), "screens": 4}, now)


def followed(log: Path, seconds: int) -> Reckoner:
    """A pursuit that was looked at each second up to a time."""
    made = Reckoner(GROUND, SPEC, log, 1000.0)
    for second in range(seconds + 1):
        told(made, second)
        made.tick(1000.0 + second)
        if second % 10 == 0:
            made.picture()
    return made


@pytest.mark.parametrize("seconds", [80, 700])
def test_a_pursuit_begun_again_from_its_log_looks_back_as_before(tmp_path: Path, seconds: int) -> None:
    before = followed(tmp_path / "log", seconds)
    strip = before.picture()["strip"]
    times = [mark["at"] for mark in strip]
    kept = {at: before.at(at) for at in times}
    before.close()
    after = Reckoner(GROUND, SPEC, tmp_path / "log", 1000.0 + seconds)
    try:
        assert after.picture()["strip"] == strip
        assert len(times) == min(seconds // 10 + 1, 61)
        for at, old in kept.items():
            again = after.at(at)
            assert old is not None
            assert again is not None
            for part in ("now", "since", "belief", "reach", "path", "blind"):
                assert again[part] == old[part], (at, part)
            assert "ring" not in again
    finally:
        after.close()


def test_a_past_picture_of_a_pursuit_begun_again_says_how_the_way_was_closed_then(tmp_path: Path) -> None:
    followed(tmp_path / "log", 60).close()
    after = Reckoner(GROUND, SPEC, tmp_path / "log", 1060.0)
    try:
        old = after.at(1010.0)
        assert old is not None
        assert old["containment"]["reckoned_at"] == 1010.0
        assert old["containment"]["points"]
        assert after.at(1010.0) == old
    finally:
        after.close()


def test_what_was_refused_does_not_hinder_a_pursuit_that_is_begun_again(tmp_path: Path) -> None:
    before = followed(tmp_path / "log", 20)
    for number, wrong in (
        (900, {"type": "sighting", "camera": "shows no road"}),
        (901, {"type": "fix", "camera": None, "lat": 1.0, "lon": 1.0, "accuracy_m": 5.0}),
    ):
        with pytest.raises(NoRoad):
            before.take({**FACT, **wrong, "number": number, "at": 1020.0}, 1020.0)
    before.close()
    after = Reckoner(GROUND, SPEC, tmp_path / "log", 1020.0)
    try:
        assert after.picture()["belief"] == before.picture()["belief"]
    finally:
        after.close()


def test_a_process_that_was_away_for_a_minute_has_the_pictures_of_it(tmp_path: Path) -> None:
    followed(tmp_path / "log", 40).close()
    after = Reckoner(GROUND, SPEC, tmp_path / "log", 1100.0)
    try:
        assert [mark["at"] for mark in after.picture()["strip"]] == [1000.0 + 10 * n for n in range(11)]
    finally:
        after.close()


def test_a_leg_after_a_gap_in_the_path_begins_when_he_was_seen_behind_the_gap(tmp_path: Path) -> None:
    where = {camera: middle for camera in COVERAGE.cameras if (middle := GROUND.middle(camera)) is not None}

    def by_distance(camera: str) -> list[str]:
        x, y, _ = where[camera]
        return sorted(where, key=lambda other: hypot(where[other][0] - x, where[other][1] - y))

    here = next(iter(where))
    there = by_distance(here)[-1]
    seen = [(1100.0, here), (1300.0, by_distance(here)[1]), (1302.0, there), (1500.0, by_distance(there)[1])]
    reckoner = Reckoner(GROUND, SPEC, tmp_path / "log", 1000.0)
    for number, (at, camera) in enumerate(seen, 1):
        reckoner.take({**FACT, "number": number, "type": "sighting", "camera": camera, "at": at}, at)
    legs = reckoner.picture()["path"]
    reckoner.close()
    assert [(leg["from_at"], leg["to_at"]) for leg in legs] == [(1100.0, 1300.0), (1302.0, 1500.0)]


def test_a_fact_of_a_clock_that_is_ahead_counts_for_now_and_takes_no_pursuit_along(tmp_path: Path) -> None:
    made = followed(tmp_path / "log", 20)
    try:
        camera = COVERAGE.cameras[0]
        made.take({**FACT, "number": 1, "type": "sighting", "camera": camera, "at": 1050.0}, 1020.0)
        assert made.following.now == 1020.0
        assert made.picture()["since"] == {"kind": "sighting", "at": 1020.0}
        made.tick(1021.0)
        assert made.following.now == 1021.0
    finally:
        made.close()


def test_a_camera_that_is_dead_or_that_the_clause_leaves_out_closes_no_way_and_sees_no_street(tmp_path: Path) -> None:
    followed(tmp_path / "log", 60).close()
    relied_on = {camera for point in closed(tmp_path, SPEC)["points"] for camera in point["watched"]}
    assert relied_on, "while all cameras work some are relied on"
    for change in ({"bad": sorted(relied_on)}, {"owners": []}):
        found = closed(tmp_path, SPEC | change)
        assert not relied_on & {camera for point in found["points"] for camera in point["watched"]}, change
    blind = Reckoner(GROUND, SPEC | {"bad": list(COVERAGE.cameras)}, tmp_path / "log", 1060.0)
    try:
        assert {(begin, end) for _, begin, end, _ in blind.picture()["blind"]} == {(0.0, 1.0)}, "nobody sees any part of any street"
    finally:
        blind.close()


def closed(folder: Path, spec: dict[str, Any]) -> dict[str, Any]:
    """How the way was closed a minute ago, by the cameras that can be watched now."""
    reckoner = Reckoner(GROUND, spec, folder / "log", 1060.0)
    try:
        picture = reckoner.at(1010.0)
        assert picture is not None
        found: dict[str, Any] = picture["containment"]
        return found
    finally:
        reckoner.close()


def all_are_closed() -> None:
    """Wait for what was asked: one is reckoned after the other, so that it is there once this one is given up."""
    given_up = never()
    given_up[0] = 1
    GROUND.closing.ask(COVERAGE, 0.0, 0.0, 1.0, 0.0, "foot", given_up).result()


def test_a_containment_counts_its_seconds_from_the_moment_it_was_asked_for(tmp_path: Path) -> None:
    reckoner = Reckoner(GROUND, SPEC, tmp_path / "log", 1000.0)
    try:
        reckoner.picture()
        all_are_closed()
        reckoner.tick(1007.0)
        found = reckoner.picture()["containment"]
        assert found["points"]
        assert found["reckoned_at"] == 1000.0, "not the moment it was there"
    finally:
        reckoner.close()


@pytest.mark.parametrize("at", [1000.0, 1000.9], ids=["at a step", "between two steps"])
def test_no_way_is_closed_where_the_camera_has_just_seen_him(tmp_path: Path, at: float) -> None:
    for camera in COVERAGE.cameras[:20]:
        reckoner = Reckoner(GROUND, SPEC, tmp_path / camera, 1000.0)
        try:
            reckoner.take({**FACT, "number": 1, "type": "sighting", "camera": camera, "at": at}, at)
            reckoner.picture()
            all_are_closed()
            found = reckoner.picture()["containment"]
            shown = GROUND.middle(camera)
            assert shown is not None
            for point in found["points"]:
                x, y = GROUND.metres(point["lat"], point["lon"])
                assert hypot(x - shown[0], y - shown[1]) >= shown[2] - 0.5, (camera, point)
        finally:
            reckoner.close()


@pytest.mark.parametrize("at", [1000.0, 1000.9], ids=["at a step", "between two steps"])
def test_after_a_sighting_he_may_be_anywhere_on_what_the_camera_shows(tmp_path: Path, at: float) -> None:
    reckoner = Reckoner(GROUND, SPEC, tmp_path / "log", 1000.0)
    try:
        for camera in COVERAGE.cameras[:20]:
            number = GROUND.network.number[camera]
            reckoner.take({**FACT, "number": number + 1, "type": "sighting", "camera": camera, "at": at}, at)
            reckoner.picture()
            now = json.loads(reckoner.reach[1])[0]
            assert now["minutes"] == 0
            reached = {street: (low, high) for street, low, high in now["parts"]}
            for row in np.flatnonzero(COVERAGE.camera == number).tolist():
                edge = int(GROUND.network.row_edge[row])
                street, length = int(GROUND.network.street[edge]), float(ROADS.length[edge])
                ends = [float(each[row]) / length for each in (COVERAGE.begin, COVERAGE.end)]
                low, high = sorted(ends if street == edge else [1 - end for end in ends])
                assert reached[street][0] <= low + 1e-3, (camera, street)
                assert reached[street][1] >= high - 1e-3, (camera, street)
            reckoner.take({"do": "undo", "number": number + 1}, at)
    finally:
        reckoner.close()


def test_a_hint_at_his_mode_that_is_hardly_believed_bounds_no_reach(tmp_path: Path) -> None:
    def metres(confidence: float) -> float:
        reckoner = Reckoner(GROUND, SPEC | {"mode": "car"}, tmp_path / f"{confidence}", 1000.0)
        hint = {**FACT, "number": 1, "type": "mode", "mode": "foot", "camera": None, "at": 1000.0, "confidence": confidence}
        try:
            reckoner.take(hint, 1000.0)
            reckoner.take({**FACT, "number": 2, "type": "sighting", "camera": COVERAGE.cameras[50], "at": 1001.0}, 1001.0)
            reckoner.picture()
            minute = json.loads(reckoner.reach[1])[1]
            return float(sum((high - low) * ROADS.length[street] for street, low, high in minute["parts"]))
        finally:
            reckoner.close()

    assert metres(0.3) > 2 * metres(0.8), "by car as well, until it is believed that he is on foot"
