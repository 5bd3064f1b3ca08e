"""The quality page and the map's columns, from the same cameras."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bonghwa.data import load_city, read_data
from bonghwa.domain.camera import WARNINGS, Camera, Pose
from bonghwa.domain.camera_diff import plan
from bonghwa.registry.cameras import parse_file
from bonghwa.registry.map_columns import map_columns
from bonghwa.registry.quality import quality


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> tuple[Camera, ...]:
    path: Path = tmp_path_factory.mktemp("real") / "incheon_cctv.csv"
    path.write_bytes(read_data("incheon_cctv.csv.gz"))
    parsed = parse_file(path, date(2026, 1, 1)).cameras
    return plan([], parsed, {district.id: district.ko for district in load_city().districts}).added


def test_districts_with_most_doubts_come_first_and_all_ten_are_there(cameras: tuple[Camera, ...]) -> None:
    page = quality(cameras, {})
    doubts = [sum(n for code, n in entry["warnings"].items() if code != "unknown_pose") / entry["sites"] for entry in page["districts"]]
    assert len(doubts) == 10
    assert doubts == sorted(doubts, reverse=True)
    assert sum(entry["cameras"] for entry in page["districts"]) == page["totals"]["cameras"] == 21_747


def test_warnings_are_told_in_the_language_asked_for_worst_first(cameras: tuple[Camera, ...]) -> None:
    korean, english = quality(cameras, {}, "ko")["warnings"], quality(cameras, {}, "en")["warnings"]
    assert [entry["n"] for entry in korean] == sorted((entry["n"] for entry in korean), reverse=True)
    assert (korean[0]["text"], english[0]["text"]) == ("촬영 방면 미상", "Direction unknown")


def test_old_and_new_towns_stand_side_by_side_with_what_they_see(cameras: tuple[Camera, ...]) -> None:
    towns = quality(cameras, {})["towns"]
    assert {town["kind"] for town in towns} == {"old", "new"}
    for town in towns:
        assert 0 <= town["seen_share"] <= town["reach_share"] <= 1
        assert town["area_km2"] > 1
        assert town["road_km"] > 10
    old = [town["per_km2"] for town in towns if town["kind"] == "old"]
    new = [town["per_km2"] for town in towns if town["kind"] == "new"]
    assert min(old) > max(new)


def test_known_poses_make_what_is_seen_certain(cameras: tuple[Camera, ...]) -> None:
    pose = Pose(range_m=60, source="survey", bearing=0.0, fov=360.0)
    towns = quality([replace(camera, pose=pose) for camera in cameras], {})["towns"]
    assert all(town["seen_share"] == town["reach_share"] for town in towns)
    assert all(town["pose_known_share"] == 1.0 for town in towns)


def test_health_is_counted_by_camera(cameras: tuple[Camera, ...]) -> None:
    own = [camera for camera in cameras if camera.owner == "donggu"]
    page = quality(cameras, {own[0].id: "dead", own[1].id: "ok"})
    entry = next(entry for entry in page["districts"] if entry["owner"] == "donggu")
    assert entry["health"] == {"unknown": len(own) - 2, "ok": 1, "dead": 1}


def test_an_empty_registry_has_an_empty_page() -> None:
    page = quality([], {})
    assert page["totals"] == {"sites": 0, "cameras": 0, "pose_known": 0}
    assert page["towns"] == []


def test_map_columns_are_of_equal_length_and_leave_retired_cameras_out(cameras: tuple[Camera, ...]) -> None:
    some = [*cameras[:50], replace(cameras[50], retired=True)]
    columns = map_columns(some, {cameras[0].id: "dead", cameras[1].id: "black"})
    lengths = {len(column) for name, column in columns.items() if isinstance(column, list) and name not in ("owners", "purposes")}
    assert lengths == {50}
    assert columns["health"][:3] == [3, 7, 0]
    assert columns["owners"][columns["owner"][0]] == cameras[0].owner
    assert columns["purposes"][columns["purpose"][9]] == cameras[9].purpose


def test_map_warnings_are_a_mask_over_the_fixed_order(cameras: tuple[Camera, ...]) -> None:
    columns = map_columns(cameras[:200], {})
    for camera, mask in zip(cameras[:200], columns["warn"], strict=True):
        assert {code for bit, code in enumerate(WARNINGS) if mask >> bit & 1} == set(camera.warnings)


def test_the_map_version_moves_with_a_pose_but_not_with_health(cameras: tuple[Camera, ...]) -> None:
    some = list(cameras[:5])
    version = map_columns(some, {})["version"]
    assert map_columns(some, {some[0].id: "dead"})["version"] == version
    turned = replace(some[0], pose=Pose(range_m=60, source="survey", bearing=5.0, fov=70.0))
    assert map_columns([turned, *some[1:]], {})["version"] != version
