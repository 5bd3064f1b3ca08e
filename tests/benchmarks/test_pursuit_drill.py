"""The scripted operator of the drills, the words of its table, and its calls to the system's faces."""

import json
from itertools import pairwise

import pytest

from benchmarks.pursuit_drill.offline import Outcome
from benchmarks.pursuit_drill.operator_model import AGAIN_S, REACTS_S, Operator, Press, Seen
from benchmarks.pursuit_drill.report import interval, row, rows

NORTH = Seen(0.0, "foot")


def pressed(operator: Operator, showing: list[str], seconds: int) -> list[Press]:
    return [press for second in range(seconds) if (press := operator.look(second, showing, NORTH)) is not None]


def test_nobody_presses_for_a_subject_who_is_on_no_screen() -> None:
    assert pressed(Operator("luck"), [], 200) == []


def test_four_of_ten_seconds_in_view_are_noticed_and_told_one_to_two_seconds_later() -> None:
    firsts = []
    for number in range(400):
        operator = Operator(f"drill {number}")
        operator.look(0, ["c"], NORTH)
        if operator.pending is not None:
            assert REACTS_S[0] <= operator.pending.at <= REACTS_S[1]
        firsts.append(operator.pending is not None)
    assert 0.33 < sum(firsts) / len(firsts) < 0.46


def test_the_same_camera_is_not_confirmed_twice_within_five_seconds_and_one_hand_presses_once() -> None:
    presses = pressed(Operator("luck"), ["a", "b"], 300)
    assert len(presses) > 20
    for camera in ("a", "b"):
        times = [press.at for press in presses if press.camera == camera]
        assert min(later - earlier for earlier, later in pairwise(times)) >= AGAIN_S - 1
    assert {press.mode for press in presses} == {"foot"}
    assert all(press.heading <= 15 or press.heading >= 345 for press in presses)


def test_luck_belongs_to_the_drill_the_camera_and_the_second_not_to_who_watches() -> None:
    alone = [press.at for press in pressed(Operator("one"), ["a"], 100)]
    assert alone == [press.at for press in pressed(Operator("one"), ["a"], 100)]
    assert alone != [press.at for press in pressed(Operator("two"), ["a"], 100)]


def outcome(presses: list[float], car: int = 100) -> Outcome:
    return Outcome([Press(at, "c", 0.0, "foot") for at in presses], in_sight=10, in_any=20, first_car=car)


def test_the_rows_count_what_was_sighted_when() -> None:
    played = [
        {"pursuit": outcome([50.0, 500.0]), "nearest": outcome([50.0]), "ceiling": outcome([10.0, 200.0, 590.0])},
        {"pursuit": outcome([60.0, 140.0]), "nearest": outcome([]), "ceiling": outcome([10.0, 590.0])},
    ]
    found = {each["name"]: each for each in rows(played)}
    assert (found["sighted within ten minutes"]["ours"], found["sighted within ten minutes"]["rival"]) == (100.0, 50.0)
    assert found["sighted again after he got into the car"]["ours"] == 100.0
    assert found["sighted again after he got into the car"]["rival"] == 0.0
    assert found["sighted in the last three minutes"]["ours"] == 50.0
    assert found["longest time without a sighting"]["rival"] == (550 + 600) / 2
    assert found["share of the time in any view that he was on a screen"]["ours"] == 50.0
    json.dumps(list(found.values()))


def test_a_drill_in_which_a_measure_has_no_meaning_is_left_out_of_it() -> None:
    values = [{"pursuit": 1.0, "nearest": 0.0, "ceiling": 1.0}, {"pursuit": None, "nearest": None, "ceiling": None}]
    assert row("x", "%", values)["n"] == 1
    assert row("x", "%", values[1:])["n"] == 0


def test_an_interval_holds_its_mean() -> None:
    low, high = interval([value % 7 for value in range(100)])
    assert low < sum(value % 7 for value in range(100)) / 100 < high


@pytest.mark.parametrize("second", [0, 30])
def test_a_sighting_counts_only_in_its_time(second: int) -> None:
    assert outcome([31.0]).sighted(second, second + 32) is (second == 0 or second == 30)
    assert not outcome([31.0]).sighted(32)
