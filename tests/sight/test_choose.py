"""Which cameras are opened, why, and what is honestly not covered."""

import random
from collections import Counter

import numpy as np
import pytest

from bonghwa.domain.words_sight import WORDS
from bonghwa.sight.choose import Choice, choose, goals_around, ranked
from bonghwa.sight.exits import Exit
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.kernels import PRIOR, WORTH_OPENING

from .scenes import X0, Y0, camera, town

NORTH_EXIT = Exit(X0, Y0 + 150, 0.0, "우현로")
NAMELESS_EXIT = Exit(X0 + 150, Y0, 90.0, "")


def at_scene(cameras: list, **options: object) -> Choice:  # type: ignore[type-arg]
    given = {"accuracy_m": 0.0, "cap": 9, "spares": 2, "radius_m": 300.0} | options
    return choose(CameraIndex.build(cameras), X0, Y0, **given)  # type: ignore[arg-type]


def ids(choice: Choice, spares: bool = False) -> list[str]:
    return [each.camera_id for each in choice.chosen if each.spare == spares]


def codes(choice: Choice, camera_id: str) -> set[str]:
    return {reason.code for each in choice.chosen if each.camera_id == camera_id for reason in each.why}


def test_a_camera_that_faces_the_scene_comes_before_one_that_only_might() -> None:
    choice = at_scene([camera("maybe", 0, 30), camera("sure", 0, -30, bearing=0.0)])
    assert ids(choice) == ["sure", "maybe"]
    assert choice.chosen[0].score > choice.chosen[1].score
    assert "faces_scene_whole" in codes(choice, "sure")
    assert "may_see_scene" in codes(choice, "maybe")


def test_the_sharper_of_two_views_comes_first() -> None:
    choice = at_scene([camera("coarse", 0, -30, bearing=0.0, pixels=41), camera("sharp", 30, 0, bearing=270.0, pixels=800)])
    assert ids(choice)[0] == "sharp"
    assert "faces_scene" in codes(choice, "sharp")
    assert "faces_scene_far" in codes(choice, "coarse")


def test_a_second_look_from_another_side_beats_a_second_look_from_the_same() -> None:
    cameras = [
        camera("first", 0, -20, bearing=0.0, fov=50),
        camera("beside", 3, -21, bearing=352.0, fov=50),
        camera("across", 0, 22, bearing=180.0, fov=50),
    ]
    one, two, last = ids(at_scene(cameras))
    assert {one, last} == {"first", "beside"}
    assert two == "across"


def test_one_head_a_pole_is_enough_while_poses_are_unknown() -> None:
    cameras = [camera(f"head{n}", 10, 10, ordinal=n) for n in range(1, 6)] + [camera(f"other{n}", -20, n) for n in range(3)]
    choice = at_scene(cameras)
    assert len(choice.chosen) == 4
    (head,) = [each.camera_id for each in choice.chosen if each.camera_id.startswith("head")]
    assert "one_head_of_pole" in codes(choice, head)


def test_heads_of_known_pose_on_one_pole_may_all_be_chosen() -> None:
    cameras = [camera(f"head{n}", 0, -10, bearing=45.0 * n, fov=50) for n in range(8)]
    choice = at_scene(cameras)
    assert len(choice.chosen) > 4
    assert ids(choice)[0] == "head0"


def test_the_cap_holds_and_spares_come_after_it() -> None:
    choice = at_scene(town(3, 200, spread=120, known=1.0), cap=5, spares=2)
    assert len(ids(choice)) == 5
    assert len(ids(choice, spares=True)) == 2
    assert [each.rank for each in choice.chosen] == list(range(1, 8))
    assert [each.spare for each in choice.chosen] == [False] * 5 + [True] * 2


def test_owners_purposes_and_excluded_cameras_are_left_out() -> None:
    cameras = [
        camera("theirs", 0, -20, bearing=0.0, owner="donggu"),
        camera("traffic", 0, -22, bearing=0.0, purpose="교통단속"),
        camera("bad", 0, -24, bearing=0.0),
        camera("good", 0, -26, bearing=0.0),
    ]
    choice = at_scene(
        cameras, owners=frozenset({"junggu"}), left_out_purposes=frozenset({"교통단속"}), exclude=frozenset({"bad", "unheard-of"})
    )
    assert [each.camera_id for each in choice.chosen] == ["good"]


def test_cameras_beyond_the_radius_of_the_clause_are_not_opened() -> None:
    cameras = [camera("inside", 0, -99, bearing=0.0, range_m=120), camera("outside", 0, -101, bearing=0.0, range_m=120)]
    assert ids(at_scene(cameras, radius_m=100.0)) == ["inside"]


def test_a_dead_camera_is_never_chosen_and_a_slow_one_says_so() -> None:
    index = CameraIndex.build([camera("dead", 0, -20, bearing=0.0), camera("slow", 0, -25, bearing=0.0)])
    index.set_health("dead", 0.0)
    index.set_health("slow", 0.5)
    choice = choose(index, X0, Y0, 0.0, 9, 2, 300.0)
    assert [each.camera_id for each in choice.chosen] == ["slow"]
    assert "answers_slowly" in codes(choice, "slow")


def test_at_night_a_ptz_beats_an_equal_fixed_camera() -> None:
    cameras = [camera("fixed", 0, -30, bearing=0.0), camera("ptz", 0, 30.5, bearing=180.0, ptz=True)]
    assert ids(at_scene(cameras))[0] == "fixed"
    choice = at_scene(cameras, night=True)
    assert ids(choice)[0] == "ptz"
    assert {"night", "can_turn"} <= codes(choice, "ptz")


def test_where_cameras_are_few_the_nearest_four_are_opened_though_none_promises_the_scene() -> None:
    cameras = [camera(f"c{n}", 0, 230 + 10 * n, bearing=0.0, range_m=20) for n in range(6)]
    choice = at_scene(cameras)
    assert ids(choice) == ["c0", "c1", "c2", "c3"]
    assert "only_near" in codes(choice, "c0")
    assert all(each.score == 0 for each in choice.chosen)


def test_no_camera_near_says_so_and_names_the_nearest_that_may_be_opened() -> None:
    cameras = [camera("gone", 0, 400, owner="donggu"), camera("nearest", 0, 900), camera("farther", 0, 2_000)]
    choice = at_scene(cameras, owners=frozenset({"junggu"}))
    assert choice.chosen == ()
    assert choice.nearest is not None
    assert choice.nearest[0] == "nearest"
    assert choice.nearest[1] == pytest.approx(900, abs=0.1)
    (gap,) = choice.not_covered
    assert (gap.reason.code, gap.reason.values["camera"], gap.reason.values["m"]) == ("no_camera_within", "nearest", 900)


def test_fewer_than_four_cameras_within_the_radius_say_so_and_name_the_nearest_beyond_it() -> None:
    cameras = [camera("a", 0, 200), camera("b", 0, 250), camera("dead", 0, 310), camera("beyond", 0, 460), camera("farther", 0, 900)]
    index = CameraIndex.build(cameras)
    index.set_health("dead", 0.0)
    choice = choose(index, X0, Y0, 0.0, 9, 2, 300.0)
    assert ids(choice) == ["a", "b"]
    gap = choice.not_covered[0]
    assert gap.reason.code == "few_cameras_within"
    assert gap.reason.values == {"radius_m": 300, "n": 2, "camera": "beyond", "m": 460}
    assert "few_cameras" in {gap.reason.code for gap in at_scene([camera("only", 0, 200)]).not_covered}
    assert "few_cameras" not in {gap.reason.code[:11] for gap in at_scene([camera(f"c{n}", 0, 200) for n in range(4)]).not_covered}


def test_where_one_pole_is_all_there_is_its_other_heads_of_unknown_pose_make_up_four() -> None:
    pole = [camera(f"head{n}", 0, 200, ordinal=n) for n in range(1, 6)]
    near = [camera(f"head{n}", 0, 20, ordinal=n) for n in range(1, 6)]
    assert len(at_scene(near).chosen) == 4
    choice = at_scene(pole)
    assert len(choice.chosen) == 4
    assert all("one_head_of_pole" in codes(choice, each.camera_id) for each in choice.chosen)


def test_an_empty_registry_says_that_there_is_none() -> None:
    choice = at_scene([])
    assert choice.nearest is None
    assert [gap.reason.code for gap in choice.not_covered] == ["no_camera"]


def test_directions_are_covered_only_by_poses_that_are_known() -> None:
    sure = at_scene([camera("north", 0, 5, bearing=0.0, fov=60)])
    assert sure.directions == (True, False, False, False, False, False, False, False)
    guess = at_scene([camera("north", 0, 5, all_round=True)])
    assert not any(guess.directions)
    assert {gap.reason.code for gap in guess.not_covered} == {"few_cameras", "scene_uncertain", "direction_uncertain"}


def test_directions_that_nobody_sees_are_listed_with_their_bearing() -> None:
    choice = at_scene([camera("north", 0, -20, bearing=0.0, fov=60, range_m=80)])
    unseen = {gap.bearing: gap.reason.values["direction"] for gap in choice.not_covered if gap.reason.code == "direction_unseen"}
    assert unseen[90.0] == "e"
    assert unseen[270.0] == "w"
    assert 0.0 not in unseen


def test_an_exit_is_seen_or_listed_with_its_place() -> None:
    watched = at_scene([camera("gate", 0, 120, bearing=0.0)], exits=[NORTH_EXIT, NAMELESS_EXIT])
    assert (watched.exits, watched.exits_seen) == (2, 1)
    assert "sees_exit" in codes(watched, "gate")
    missing = [gap for gap in watched.not_covered if gap.x is not None]
    assert [(gap.reason.code, gap.x, gap.y, gap.bearing) for gap in missing] == [("exit_unseen_unnamed", X0 + 150, Y0, 90.0)]


def test_an_exit_that_only_an_unknown_pose_might_show_is_uncertain() -> None:
    choice = at_scene([camera("gate", 0, 120)], exits=[NORTH_EXIT])
    assert choice.exits_seen == 0
    assert "may_see_exit" in codes(choice, "gate")
    assert "exit_uncertain" in {gap.reason.code for gap in choice.not_covered}


def test_an_inexact_place_prefers_the_camera_that_shows_most_of_where_it_may_be() -> None:
    narrow = camera("narrow", 0, -15, bearing=0.0, fov=30, range_m=60)
    wide = camera("wide", 0, -62, bearing=0.0, fov=90, range_m=140, pixels=800)
    assert ids(at_scene([narrow, wide], accuracy_m=0.0))[0] == "narrow"
    assert ids(at_scene([narrow, wide], accuracy_m=60.0))[0] == "wide"


def test_the_same_question_has_the_same_answer() -> None:
    cameras = town(9, 300)
    first = at_scene(cameras)
    random.Random(1).shuffle(cameras)
    assert [each.camera_id for each in at_scene(cameras).chosen] == [each.camera_id for each in first.chosen]


@pytest.mark.parametrize("seed", range(6))
def test_what_each_further_camera_adds_never_grows(seed: int) -> None:
    index = CameraIndex.build(town(seed, 250, spread=200))
    _, gains, _ = ranked(index, X0, Y0, 16, 300.0, goals_around(X0, Y0, 0.0, [NORTH_EXIT]))
    promised = gains[gains > WORTH_OPENING]
    assert len(promised) > 4
    assert np.all(np.diff(promised) <= 1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_greedy_finds_the_single_best_camera(seed: int) -> None:
    cameras = town(seed, 120, spread=150)
    index = CameraIndex.build(cameras)
    goals = goals_around(X0, Y0, 0.0)
    (best, *_), (gain, *_), _ = ranked(index, X0, Y0, 9, 300.0, goals)
    alone = {each.id: at_scene([each]).chosen for each in cameras}
    top = max(chosen[0].score for chosen in alone.values() if chosen)
    assert round(min(1.0, float(gain)), 4) == top
    assert alone[index.cameras[best].id][0].score == top


def test_an_unknown_pose_never_scores_like_a_certain_one() -> None:
    choice = at_scene([camera("guess", 0, -10)])
    assert choice.chosen[0].score < 0.5
    index = CameraIndex.build([camera("guess", 0, -10), camera("all", 0, 10, all_round=True)])
    assert (index.geo[:, PRIOR] < 1).all()


def test_every_reason_has_words_in_both_languages_that_its_values_fill() -> None:
    seen: Counter[str] = Counter()
    for seed in range(30):
        cameras = town(seed, 5 + 8 * seed, spread=100.0 + 20 * seed, known=seed / 30)
        cameras[0] = camera("c0", 0, -20, bearing=0.0, ptz=True)
        index = CameraIndex.build(cameras)
        index.set_health("c0", 0.5)
        for radius in (1.0, 250.0):
            choice = choose(index, X0, Y0, 10.0 * (seed % 4), 9, 2, radius, night=seed % 2 == 0, exits=[NORTH_EXIT, NAMELESS_EXIT])
            reasons = [reason for each in choice.chosen for reason in each.why] + [gap.reason for gap in choice.not_covered]
            for reason in reasons:
                seen[reason.code] += 1
                for words in WORDS[reason.code]:
                    assert "{" not in words.format(**reason.values)
    assert len(seen) > 20
