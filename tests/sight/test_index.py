"""The index answers exactly what testing every camera would answer."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import bearing_deg, distance_m, to_grid, to_wgs84
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.kernels import COS_HALF, EAST, NORTH, RANGE2, X, Y

from .scenes import X0, Y0, camera, town


def brute(index: CameraIndex, x: float, y: float) -> set[str]:
    """Every camera tested in numpy."""
    dx, dy = x - index.geo[:, X], y - index.geo[:, Y]
    d2 = dx * dx + dy * dy
    shown = (d2 <= index.geo[:, RANGE2]) & (dx * index.geo[:, EAST] + dy * index.geo[:, NORTH] >= index.geo[:, COS_HALF] * np.sqrt(d2))
    return {index.cameras[at].id for at in np.flatnonzero(shown)}


def seen(index: CameraIndex, x: float, y: float) -> set[str]:
    return {index.cameras[at].id for at in index.seeing(x, y)}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 400))
def test_a_point_query_equals_brute_force(seed: int, size: int) -> None:
    index = CameraIndex.build(town(seed, size))
    rng = random.Random(seed)
    for _ in range(40):
        x, y = X0 + rng.uniform(-500, 500), Y0 + rng.uniform(-500, 500)
        assert seen(index, x, y) == brute(index, x, y)


def test_a_query_in_degrees_agrees_with_bearing_and_distance_on_the_ellipsoid() -> None:
    cameras = town(7, 300, known=1.0)
    index = CameraIndex.build(cameras)
    rng = random.Random(7)
    checked = 0
    for _ in range(200):
        lat, lon = to_wgs84(X0 + rng.uniform(-400, 400), Y0 + rng.uniform(-400, 400))
        answer = seen(index, *to_grid(lat, lon))
        for each in cameras:
            sure = judged(each, lat, lon)
            if sure is not None:
                checked += 1
                assert (each.id in answer) == sure
    assert checked > 10_000


def judged(each: Camera, lat: float, lon: float) -> bool | None:
    """Whether a camera shows a place, by geodesy alone; None within a metre or a degree of the edge (the grid turns north a little)."""
    assert each.pose.bearing is not None
    assert each.pose.fov is not None
    away = distance_m(each.lat, each.lon, lat, lon)
    if abs(away - each.pose.range_m) < 1 or away < 5:
        return None
    turn = abs((bearing_deg(each.lat, each.lon, lat, lon) - each.pose.bearing + 180) % 360 - 180)
    if away < each.pose.range_m and each.pose.fov < 360 and abs(turn - each.pose.fov / 2) < 1:
        return None
    return away < each.pose.range_m and turn <= each.pose.fov / 2


def test_many_points_at_once_give_the_answers_of_each() -> None:
    index = CameraIndex.build(town(11, 200))
    rng = np.random.default_rng(11)
    x, y = X0 + rng.uniform(-500, 500, 300), Y0 + rng.uniform(-500, 500, 300)
    first, found = index.seeing_each(x, y)
    for p in range(300):
        assert found[first[p] : first[p + 1]].tolist() == index.seeing(x[p], y[p]).tolist()


def test_cameras_near_a_place_equal_brute_force() -> None:
    index = CameraIndex.build(town(5, 400, spread=900))
    away = np.hypot(index.geo[:, X] - X0, index.geo[:, Y] - Y0)
    for radius in (0.0, 50.0, 100.0, 333.3, 2_000.0):
        assert sorted(index.near(X0, Y0, radius)) == np.flatnonzero(away <= radius).tolist()


def test_turning_a_camera_moves_what_it_sees_and_not_the_grid() -> None:
    index = CameraIndex.build([camera("a", 0, 0, bearing=0.0), camera("b", 500, 0, bearing=0.0)])
    grid = index.sight_grid
    assert seen(index, X0, Y0 + 40) == {"a"}
    index.set_pose("a", Pose(range_m=60, source="survey", bearing=180.0, fov=70.0))
    assert seen(index, X0, Y0 + 40) == set()
    assert seen(index, X0, Y0 - 40) == {"a"}
    assert index.sight_grid is grid


def test_a_longer_range_is_found_from_cells_it_did_not_touch_before() -> None:
    index = CameraIndex.build([camera("a", 0, 0, bearing=90.0)])
    assert seen(index, X0 + 190, Y0) == set()
    index.set_pose("a", Pose(range_m=200, source="survey", bearing=90.0, fov=70.0))
    assert seen(index, X0 + 190, Y0) == {"a"}
    assert seen(index, X0 + 205, Y0) == set()


def test_an_unknown_pose_may_see_all_around_within_its_prior_range() -> None:
    index = CameraIndex.build([camera("a", 0, 0, range_m=50)])
    assert all(seen(index, X0 + dx, Y0 + dy) == {"a"} for dx, dy in ((49, 0), (0, 49), (-49, 0), (0, -49)))
    assert seen(index, X0 + 51, Y0) == set()


def test_retired_cameras_are_not_in_the_index() -> None:
    index = CameraIndex.build([camera("a", 0, 0), camera("b", 0, 0, retired=True)])
    assert [each.id for each in index.cameras] == ["a"]


def test_an_empty_index_answers_that_nothing_is_there() -> None:
    index = CameraIndex.build([])
    assert index.seeing(X0, Y0).tolist() == []
    assert index.nearest(X0, Y0) is None


def test_the_nearest_camera_is_named_with_its_distance() -> None:
    index = CameraIndex.build([camera("far", 3_000, 0), camera("near", 0, -1_200)])
    found = index.nearest(X0, Y0)
    assert found is not None
    assert found[0] == "near"
    assert found[1] == pytest.approx(1_200, abs=0.01)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_health_beyond_its_scale_is_refused(share: float) -> None:
    index = CameraIndex.build([camera("a", 0, 0)])
    with pytest.raises(ValueError, match="share"):
        index.set_health("a", share)


def test_distant_tiles_of_a_large_map_share_one_small_grid() -> None:
    cameras = [camera(f"c{n}", 200_000.0 * (n % 4), 150_000.0 * (n // 4), bearing=0.0) for n in range(12)]
    index = CameraIndex.build(cameras)
    assert len(index.sight_grid.table) <= 1_024
    for n in range(12):
        assert seen(index, X0 + 200_000.0 * (n % 4), Y0 + 150_000.0 * (n // 4) + 30) == {f"c{n}"}
