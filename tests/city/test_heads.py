"""Turning heads: where a simulated camera points after moves, stops and the way home, and that its picture shows it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bonghwa.city.heads import HOME, TILT_DOWN_DEG, TILT_UP_DEG, ZOOM_MOST, Heads, turned
from bonghwa.city.pose import Pose
from bonghwa.city.scene import City, Scene, still
from tests.city.town import NOON

POSE = Pose(0, 0, 6, 350, 15, 80, 60, turns=True)
SPEED = st.floats(-1, 1)


class Clock:
    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_camera_nobody_turned_looks_as_it_was_mounted_and_costs_nothing() -> None:
    heads = Heads(Clock())
    heads.stop("c")
    heads.home("c")
    assert len(heads) == 0
    assert turned(POSE, heads.aim("c", NOON)) is POSE


def test_a_move_lasts_as_long_as_it_was_asked_for_and_stands_then() -> None:
    heads = Heads(Clock())
    heads.move("c", 0.5, 0, 0, 2)
    assert [heads.aim("c", NOON + s).pan for s in (0, 1, 2, 9)] == [0, 20, 40, 40]
    assert turned(POSE, heads.aim("c", NOON + 1)).bearing == 10


def test_a_stop_ends_it_at_once() -> None:
    clock = Clock()
    heads = Heads(clock)
    heads.move("c", -1, 0, 0, 2)
    clock.now += 0.5
    heads.stop("c")
    assert heads.aim("c", NOON + 5).pan == -20


@given(st.lists(st.tuples(SPEED, SPEED, SPEED, st.floats(0, 5)), max_size=6), st.floats(0, 60))
def test_it_stays_within_its_limits_and_always_comes_home(moves: list[tuple[float, float, float, float]], wait: float) -> None:
    clock = Clock()
    heads = Heads(clock)
    for pan, tilt, zoom, seconds in moves:
        heads.move("c", pan, tilt, zoom, seconds)
        clock.now += seconds
        aim = heads.aim("c", clock.now)
        assert -TILT_DOWN_DEG <= aim.tilt <= TILT_UP_DEG
        assert 1 <= aim.zoom <= ZOOM_MOST
        pose = turned(POSE, aim)
        assert 0 <= pose.bearing < 360
        assert pose.fov <= POSE.fov
        assert 2 <= pose.pitch <= 65
    clock.now += wait
    heads.home("c")
    assert heads.aim("c", clock.now + 30) == HOME
    assert len(heads) == 0


def test_the_picture_turns_with_the_head_and_is_the_old_one_at_home(city: City) -> None:
    camera = next(camera for camera in city.cameras.values() if camera.turns)
    scene, clock = Scene(city, camera), Clock()
    city.heads = Heads(clock)
    before = still(scene, NOON)[0]
    city.heads.move(camera.id, 1, 0, 0, 1)
    after = still(scene, NOON + 1)[0]
    assert np.mean(np.abs(after[:300].astype(int) - before[:300])) > 8
    clock.now = NOON + 1
    city.heads.home(camera.id)
    home = still(scene, NOON + 20)[0]
    assert scene.pose == city.poses[camera.id]
    # People and cars have moved on meanwhile; the street stands where it stood.
    assert np.mean(np.abs(home[:300].astype(int) - before[:300]) > 12) < 0.1
