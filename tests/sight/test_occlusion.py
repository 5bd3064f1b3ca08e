"""Walls: the depth buffers against exact rays, and what they change in an answer."""

import random
from math import hypot

import numpy as np

from bonghwa.domain.camera import Pose
from bonghwa.sight.choose import choose
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.occlusion import RAYS, Footprints

from .scenes import X0, Y0, camera, town

Ring = list[tuple[float, float]]


def block(east: float, north: float, width: float, depth: float) -> Ring:
    x, y = X0 + east, Y0 + north
    return [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth)]


def quarter() -> list[Ring]:
    """Blocks of 24 by 18 metres along streets of 12 metres."""
    return [block(36 * column - 320, 30 * row - 320, 24, 18) for column in range(18) for row in range(22)]


def inside(x: float, y: float, rings: list[Ring]) -> bool:
    return any(ring[0][0] <= x <= ring[2][0] and ring[0][1] <= y <= ring[2][1] for ring in rings)


def test_a_wall_hides_what_is_behind_it_and_nothing_before_it() -> None:
    index = CameraIndex.build([camera("a", 0, 0, bearing=0.0, range_m=80)], Footprints([block(-20, 30, 40, 10)]))
    assert index.seeing(X0, Y0 + 25).tolist() == [0]
    assert index.seeing(X0, Y0 + 60).tolist() == []


def test_depth_buffers_agree_with_exact_rays_between_buildings() -> None:
    rings = quarter()
    footprints = Footprints(rings)
    rng = random.Random(4)
    cameras = [each for each in town(4, 120, spread=250, known=0.0) if not inside(*grid_place(each), rings)]
    index = CameraIndex.build(cameras, footprints)
    agree = total = 0
    for at in range(len(index.cameras)):
        x, y, reach = index.geo[at, 0], index.geo[at, 1], float(np.sqrt(index.geo[at, 2]))
        for _ in range(40):
            px, py = x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)
            if hypot(px - x, py - y) > reach or inside(px, py, rings):
                continue
            total += 1
            agree += (at in index.seeing(px, py)) == (not footprints.blocked(x, y, px, py))
    assert total > 1_000
    assert agree / total > 0.97


def grid_place(each: object) -> tuple[float, float]:
    index = CameraIndex.build([each])  # type: ignore[list-item]
    return float(index.geo[0, 0]), float(index.geo[0, 1])


def test_without_footprints_nothing_is_assumed_to_block() -> None:
    index = CameraIndex.build([camera("a", 0, 0, bearing=0.0, range_m=80)])
    assert index.depth.shape == (0, RAYS)
    assert index.seeing(X0, Y0 + 60).tolist() == [0]


def test_a_camera_behind_a_wall_is_not_chosen_for_the_scene() -> None:
    cameras = [camera("behind", 0, -30, bearing=0.0), camera("clear", 45, 0, bearing=270.0)]
    walls = Footprints([block(-10, -15, 20, 5)])
    assert choose(CameraIndex.build(cameras), X0, Y0, 0.0, 9, 0, 300.0).chosen[0].camera_id == "behind"
    choice = choose(CameraIndex.build(cameras, walls), X0, Y0, 0.0, 9, 0, 300.0)
    assert choice.chosen[0].camera_id == "clear"
    assert all(reason.code != "faces_scene_whole" for each in choice.chosen[1:] for reason in each.why)


def test_a_longer_range_gets_a_depth_buffer_of_its_own() -> None:
    index = CameraIndex.build([camera("a", 0, 0, bearing=0.0, range_m=20)], Footprints([block(-20, 30, 40, 10)]))
    index.set_pose("a", Pose(range_m=100, source="survey", bearing=0.0, fov=70.0))
    assert index.seeing(X0, Y0 + 25).tolist() == [0]
    assert index.seeing(X0, Y0 + 60).tolist() == []
    assert index.seeing(X0 + 60, Y0 + 75).tolist() == []
