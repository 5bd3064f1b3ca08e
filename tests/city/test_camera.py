import json
from collections import Counter
from pathlib import Path

import pytest

from bonghwa.city.camera import CameraFileError, Fault, cameras_from, load_cameras
from bonghwa.city.pose import true_poses
from bonghwa.city.roads import no_roads, packaged_roads
from bonghwa.city.streets import Streets
from tests.city.town import camera_rows


def test_two_in_a_hundred_cameras_are_broken_half_a_percent_each_way() -> None:
    rows = [{"id": f"camera-{number}", "lat": 37.4, "lon": 126.6} for number in range(20_000)]
    found = Counter(camera.fault for camera in cameras_from(rows))
    assert sum(found[fault] for fault in Fault) == pytest.approx(400, abs=60)
    for fault in Fault:
        assert found[fault] == pytest.approx(100, abs=40)


def test_a_camera_is_broken_by_its_id_alone() -> None:
    here, there = ({"id": "same", "lat": lat, "lon": 126.6, "name": name} for lat, name in ((37.4, "one"), (37.5, "two")))
    assert cameras_from([here])[0].fault is cameras_from([there])[0].fault


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"id": "a", "lon": 126.6}, "lat"),
        ({"id": "a", "lat": "north", "lon": 126.6}, "north"),
        ({"id": "a", "lat": 137.4, "lon": 126.6}, "lat/lon"),
        ({"id": "", "lat": 37.4, "lon": 126.6}, "id"),
    ],
)
def test_a_wrong_row_is_refused_by_number_and_field(row: dict[str, object], named: str) -> None:
    with pytest.raises(CameraFileError, match=rf"cameras\[1\].*{named}"):
        cameras_from([{"id": "fine", "lat": 37.4, "lon": 126.6}, row])


def test_a_camera_that_is_there_twice_is_refused() -> None:
    with pytest.raises(CameraFileError, match="twice"):
        cameras_from([{"id": "a", "lat": 37.4, "lon": 126.6}] * 2)


@pytest.mark.parametrize("content", ["", "[]", '{"cameras": 3}', "{"])
def test_a_file_that_is_no_export_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(content)
    with pytest.raises(CameraFileError, match=r"cameras\.json"):
        load_cameras(path)


def test_the_hubs_export_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps({"cameras": camera_rows()}), "utf-8")
    cameras = load_cameras(path)
    assert len(cameras) == len(camera_rows()) > 100
    assert any(camera.turns for camera in cameras)
    assert any(not camera.turns for camera in cameras)


def test_poses_do_not_depend_on_the_order_of_the_export() -> None:
    cameras = cameras_from(camera_rows())
    streets = Streets(packaged_roads())
    assert true_poses(cameras, streets) == true_poses(cameras[::-1], streets)


def test_heads_of_one_pole_look_different_ways() -> None:
    heads = cameras_from([{"id": f"head-{n}", "lat": 37.47, "lon": 126.63} for n in range(4)])
    bearings = [pose.bearing for pose in true_poses(heads, Streets(packaged_roads())).values()]
    gaps = [abs((one - other + 180) % 360 - 180) for i, one in enumerate(bearings) for other in bearings[:i]]
    assert min(gaps) > 20


def test_a_city_without_road_data_still_has_a_street_before_every_camera() -> None:
    cameras = cameras_from([{"id": f"c{n}", "lat": 37.4 + n * 0.001, "lon": 126.6} for n in range(50)])
    streets = Streets(no_roads())
    for camera, (street, along) in zip(cameras, streets.foot_points(_places(cameras)), strict=True):
        x, y, _, _ = street.point(along)
        assert abs(x - camera.x) + abs(y - camera.y) < 120


def _places(cameras: list) -> object:
    import numpy as np

    return np.array([[camera.x, camera.y] for camera in cameras])
