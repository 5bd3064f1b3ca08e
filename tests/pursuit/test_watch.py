"""Which cameras are named, and what is said of them."""

import numpy as np

from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.watch import Wall
from tests.pursuit.cities import cameras_on, grid

ROADS = grid(15)
MIDDLE = (700.0, 700.0)


def beyond(metres: float) -> Coverage:
    """A camera at every node that is so far from the middle, none nearer."""
    every = cameras_on(ROADS, 1.0)
    row_edge = np.repeat(np.arange(ROADS.edges), np.diff(every.first))
    node = np.array([int(camera.removeprefix("cam-")) for camera in every.cameras])
    away = np.hypot(ROADS.x[node] - MIDDLE[0], ROADS.y[node] - MIDDLE[1])[every.camera]
    kept = away > metres
    first = np.concatenate([[0], np.cumsum(np.bincount(row_edge[kept], minlength=ROADS.edges))]).astype(np.int64)
    return Coverage(every.cameras, first, every.camera[kept], every.begin[kept], every.end[kept], every.chance[kept])


def test_screens_are_filled_with_cameras_that_he_may_reach_only_after_a_minute() -> None:
    following = Following(ROADS, beyond(350.0), Start(0.0, *MIDDLE, 10.0, 0.0, "foot"), 5, Settings(3000, wall=Wall(9)))
    watched = following.answers().watch
    assert len(watched) == 9
    later = [each for each in watched if each.begins_at > 60.0]
    assert later
    assert all(each.ends_at >= each.begins_at for each in later)


def test_the_chance_is_of_the_next_minute_alone() -> None:
    following = Following(ROADS, beyond(350.0), Start(0.0, *MIDDLE, 10.0, 0.0, "foot"), 5, Settings(3000, wall=Wall(9)))
    for each in following.answers().watch:
        coming = next(reason.numbers[0] for reason in each.why if reason.kind == "arrives")
        assert each.holds < coming
    assert following.hope <= sum(each.holds for each in following.answers().watch) < 0.5


def test_who_is_known_to_drive_is_mostly_believed_to_drive_after_ten_minutes_unseen() -> None:
    following = Following(ROADS, cameras_on(ROADS, 0.2), Start(0.0, *MIDDLE, 50.0, 0.0, "car"), 5, Settings(3000))
    following.tick(600.0)
    assert following.answers().modes["car"] > 0.6


def test_a_driver_who_may_be_anywhere_does_not_make_the_wall_change_by_luck() -> None:
    every = grid(40)
    following = Following(every, cameras_on(every, 0.3), Start(0.0, 2000.0, 2000.0, 100.0, 300.0, "car"), 5, Settings(10_000))
    came: list[int] = []
    before: set[str] = set()
    for second in range(0, 300, 10):
        following.tick(float(second))
        now = {watched.camera for watched in following.answers().watch}
        came.append(len(now - before))
        before = now
    assert came[0] == 9
    assert sum(came[1:]) < 29  # one a choice, of nine
