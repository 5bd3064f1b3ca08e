"""What the pursuit benchmark's subjects, operators and scores obey."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="subjects find their ways by scipy")

from benchmarks.pursuit import cities, frozen, report, score
from benchmarks.pursuit.__main__ import there
from benchmarks.pursuit.baselines import BASELINES
from benchmarks.pursuit.families import BEGINS, FOOT_FAMILIES
from benchmarks.pursuit.operators import chance, draw, false_seconds, sights
from benchmarks.pursuit.play import Outcome, WatchedTooManyError, ceiling, play, sets
from benchmarks.pursuit.policy import Mass, view
from benchmarks.pursuit.runs import Played
from benchmarks.pursuit.scenarios import HARD, HORIZON_S, MODES, scenarios
from benchmarks.pursuit.truth import INDOORS, LEFT, OPEN
from benchmarks.pursuit.views import Cameras, pairs, points
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT

SEED = 4_711
"""None that the benchmark reports."""


@pytest.fixture(scope="module")
def played():
    """Some scenarios of each mode with their sights."""
    return [(scenario, sights(scenario)) for mode in MODES for scenario in scenarios("junggu", HARD, mode, SEED, 20)]


def all_of(view_, seed):
    class All:
        def start(self, fix, age_s, mode, k):
            pass

        def tick(self, second):
            return range(len(view_.x))

        def sighted(self, sighting):
            pass

    return All()


def test_what_is_played_is_what_was_committed_before_the_tuning():
    assert frozen.file_hashes() == frozen.recorded()


def test_subjects_stay_on_the_road_and_leave_an_edge_only_at_its_end(played):
    roads = cities.city("junggu").roads
    for scenario, _ in played:
        track = scenario.track
        assert (track.along >= 0).all()
        assert (track.along <= roads.length[track.edge] + 1e-9).all()
        x, y = points(roads, track.edge, track.along)
        assert np.hypot(x - track.x, y - track.y).max() < 1e-6
        step = np.hypot(np.diff(track.x), np.diff(track.y))
        changed = np.flatnonzero(np.diff(track.edge))
        over = roads.length[track.edge[changed]] - track.along[changed] + track.along[changed + 1]
        assert (step[changed] <= over + 60).all(), "short edges may be passed within a second, none by a jump"


def test_edges_follow_each_other_and_are_open_to_who_goes_there(played):
    roads = cities.city("junggu").roads
    near = []
    for scenario, _ in played:
        track = scenario.track
        needed = np.where(track.mode == FOOT, FOOT, CAR | (AGAINST if track.family == "against" else 0))
        assert ((roads.use[track.edge] & needed) > 0).all(), track.family
        hops = [(a, b) for a, b in zip(track.edge[:-1], track.edge[1:], strict=True) if a != b]
        near += [roads.head[a] == roads.tail[b] or roads.head[a] in roads.tail[roads.in_edge[slice_of(roads, b)]] for a, b in hops]
    assert np.mean(near) > 0.99, "but for edges passed within a second"


def slice_of(roads, edge):
    tail = roads.tail[edge]
    return slice(roads.in_first[tail], roads.in_first[tail + 1])


def test_speeds_are_those_of_walkers_and_cars(played):
    for scenario, _ in played:
        track = scenario.track
        speed = np.hypot(np.diff(track.x), np.diff(track.y))
        on_foot = track.mode[:-1] == FOOT
        assert (speed[on_foot & (track.mode[1:] == FOOT)] <= 5.0 + 1e-6).all()
        assert (speed <= 42.0 + 1e-6).all()
        assert 0.2 <= speed[on_foot].mean() <= 4 if on_foot.all() else True


def test_the_same_numbers_give_the_same_subject_in_every_cell():
    one = list(scenarios("junggu", HARD, "unknown", SEED, 10))
    again = list(scenarios("junggu", HARD, "unknown", SEED, 10))
    older = list(scenarios("junggu", replace(HARD, age_s=300, error_m=300.0, k=4), "unknown", SEED, 10))
    for first, second, third in zip(one, again, older, strict=True):
        assert first.fix == second.fix
        assert np.array_equal(first.track.x, second.track.x)
        assert np.array_equal(first.track.x, third.track.x[: len(first.track.x)])


def test_another_seed_is_another_subject():
    one, other = (next(scenarios("junggu", HARD, "foot", seed, 1)) for seed in (SEED, SEED + 1))
    assert not np.array_equal(one.track.x, other.track.x)


def test_the_fix_is_off_by_its_error_radius_in_about_two_thirds():
    near = [np.hypot(s.fix[0] - s.track.x[0], s.fix[1] - s.track.y[0]) <= 100 for s in scenarios("junggu", HARD, "car", SEED, 300)]
    assert np.mean(near) == pytest.approx(0.68, abs=0.08)


def test_who_is_indoors_or_has_left_is_shown_by_nobody(played):
    hidden = 0
    for scenario, seen in played:
        state = scenario.track.state[seen.second + HARD.age_s]
        assert (state == OPEN).all()
        hidden += int((scenario.track.state != OPEN).any())
    families = {scenario.track.family for scenario, _ in played if (scenario.track.state == LEFT).any()}
    assert families == {"bus"}
    assert any((scenario.track.state == INDOORS).any() for scenario, _ in played)
    assert hidden > 3


def test_what_cameras_show_is_what_the_table_of_stretches_says():
    ground = cities.city("junggu")
    rng = np.random.default_rng(SEED)
    rows = rng.integers(0, len(ground.coverage.camera), 500)
    edge = np.repeat(np.arange(ground.roads.edges), np.diff(ground.coverage.first))[rows]
    middle = (ground.coverage.begin[rows] + ground.coverage.end[rows]) / 2
    x, y = points(ground.roads, edge, middle)
    point, camera = pairs(ground.cameras, x, y)
    shown = set(zip(point.tolist(), camera.tolist(), strict=True))
    assert np.mean([(at, int(ground.coverage.camera[row])) in shown for at, row in enumerate(rows)]) > 0.97
    for name, first in (("begin", ground.coverage.begin), ("end", ground.coverage.end)):
        assert (first >= -1e-9).all(), name
    assert (ground.coverage.end > ground.coverage.begin).all()


def test_a_camera_shows_its_sector_to_its_range_and_nothing_else():
    eastward = Cameras(np.array([10.0]), np.array([5.0]), np.array([np.pi / 2]), np.array([np.pi / 2]), np.array([50.0]))
    offsets = {(30, 0): True, (30, 29): True, (30, -29): True, (49.9, 0): True, (50.1, 0): False, (30, 31): False, (-5, 0): False}
    x, y = (np.array([offset[axis] for offset in offsets], float) + start for axis, start in ((0, 10.0), (1, 5.0)))
    assert set(pairs(eastward, x, y)[0].tolist()) == {at for at, shown in enumerate(offsets.values()) if shown}


def test_an_unknown_pose_is_a_chance_all_around_the_camera():
    known, doubtful = view("junggu"), view("junggu", 1.0, 0.5)
    assert known.coverage.chance.min() == 1
    assert doubtful.coverage.cameras == known.coverage.cameras
    guesses = doubtful.coverage.chance[doubtful.coverage.chance < 1]
    assert len(guesses) > 100
    assert guesses.min() == pytest.approx(40 / 360)


def test_luck_is_even_and_depends_on_nothing_but_its_counters(played):
    scenario = played[0][0]
    camera, second = np.divmod(np.arange(60_000), 600)
    luck = draw(1, scenario, camera, second)
    assert luck.mean() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(luck[:-1], luck[1:])[0, 1] == pytest.approx(0, abs=0.02)
    assert draw(1, scenario, camera[777:778], second[777:778])[0] == luck[777]
    assert not np.array_equal(luck, draw(1, played[1][0], camera, second))


def test_who_watches_everything_sees_what_the_ceiling_sees(played):
    ground = view("junggu")
    for scenario, seen in played[::7]:
        wide = replace(scenario, cell=replace(HARD, k=len(ground.x)))
        outcome = play(wide, all_of(ground, 0), ground.roads, len(ground.x), seen)
        assert outcome.first() == ceiling(scenario, seen).first()
        assert outcome.in_sight == outcome.in_any_sight


@pytest.mark.parametrize("name", sorted(BASELINES.keys() - {"chain"}))  # the chain is slow: test_pursuers.py plays it once
def test_no_policy_sees_more_than_the_ceiling_and_each_is_the_same_twice(played, name):
    ground = view("junggu")
    for scenario, seen in played[::4]:
        one, again = (play(scenario, BASELINES[name](ground, 5), ground.roads, len(ground.x), seen) for _ in range(2))
        top = ceiling(scenario, seen)
        assert set(one.sighted) <= set(top.sighted)
        assert one == again


def test_false_confirmations_come_as_often_as_the_cell_says():
    scenario = next(scenarios("junggu", replace(HARD, false=0.2), "foot", SEED, 1))
    count = sum(len(false_seconds(replace(scenario, number=number))) for number in range(500))
    assert count / 500 == pytest.approx(-10 * np.log(0.8), rel=0.1)
    assert not len(false_seconds(replace(scenario, cell=HARD)))


def test_a_false_confirmation_is_told_to_the_policy_and_is_not_a_sighting():
    ground = view("junggu")
    for scenario in scenarios("junggu", replace(HARD, false=0.5), "foot", SEED, 6):
        outcome = play(scenario, BASELINES["nearest"](ground, 5), ground.roads, len(ground.x))
        assert len(outcome.false) == len(false_seconds(scenario))
        assert set(outcome.sighted) <= set(ceiling(scenario).sighted)


def test_tired_eyes_see_less_on_each_of_nine_screens_and_the_ceiling_is_not_tired(played):
    scenario = replace(played[0][0], cell=replace(HARD, tired=True))
    assert chance(scenario, 9) < chance(scenario, 4) < chance(scenario, 1) == chance(played[0][0], 9)


def test_more_cameras_than_screens_are_refused(played):
    ground = view("junggu")
    with pytest.raises(WatchedTooManyError):
        play(played[0][0], all_of(ground, 0), ground.roads, len(ground.x), played[0][1])


def test_a_set_holds_the_truth_on_either_way_of_its_street(played):
    scenario, roads = played[0][0], cities.city("junggu").roads
    edge, along = int(scenario.track.edge[HARD.age_s]), float(scenario.track.along[HARD.age_s])
    other = int(np.argmax(roads.length))
    half = np.array([edge, int(roads.twin[edge]), other])

    def taken(share, left=0.0):
        return sets(Mass(half, np.zeros(3), roads.length[half], np.array(share), left), roads, scenario, 0)

    assert 0 <= along <= roads.length[edge]
    assert taken([0.95, 0.0, 0.05]).in_50
    assert taken([0.0, 0.95, 0.05]).in_90
    assert not taken([0.0, 0.0, 1.0]).in_90
    assert not taken([0.04, 0.0, 0.0], left=0.96).in_50
    with pytest.raises(ValueError, match="not 1"):
        taken([0.5, 0.0, 0.0])


def test_a_piece_of_the_other_way_is_counted_from_the_other_end(played):
    roads = cities.city("junggu").roads
    scenario = next(s for s, _ in played if s.track.along[HARD.age_s] > 0.8 * roads.length[s.track.edge[HARD.age_s]])
    back = int(roads.twin[scenario.track.edge[HARD.age_s]])
    cut = 0.2 * float(roads.length[back])
    both = Mass(np.array([back, back]), np.array([0.0, cut]), np.array([cut, float(roads.length[back])]), np.array([0.0, 1.0]))
    assert not sets(both, roads, scenario, 0).in_90
    assert sets(replace(both, share=both.share[::-1]), roads, scenario, 0).in_90


def test_who_left_is_in_the_set_only_where_leaving_was_believed(played):
    roads = cities.city("junggu").roads
    scenario = next(s for s, _ in played if (s.track.state == LEFT).any())
    gone = int(np.flatnonzero(scenario.track.state == LEFT)[-1]) - HARD.age_s
    here = np.array([int(scenario.track.edge[-1])])
    for left, held in ((0.05, False), (0.2, True)):
        mass = Mass(here, np.zeros(1), roads.length[here], np.array([1 - left]), left)
        assert sets(mass, roads, scenario, gone).in_90 is held


def test_the_share_of_the_ceiling_is_paired_and_its_interval_holds_it():
    mine = [Outcome("shy", 1, n, sighted=[5] if n % 4 == 0 else []) for n in range(400)]
    tops = [Outcome("shy", 1, n, sighted=[5] if n % 2 == 0 else []) for n in range(400)]
    number = score.share_of_ceiling(mine, tops)
    assert number.value == pytest.approx(50)
    assert 40 < number.low < 50 < number.high < 60
    assert score.first_seen(mine).value == HORIZON_S


def test_a_false_confirmation_that_is_never_mended_counts_as_the_horizon_and_a_late_one_not_at_all():
    assert score.recoveries([Outcome("shy", 1, 1, false=[(10, 70), (50, None), (500, None)])]) == [60.0, HORIZON_S]


def test_a_city_whose_files_are_missing_is_said_to_be_skipped(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BONGHWA_BENCH_DATA", str(tmp_path))
    assert there(["junggu", "wuhan"]) == ["junggu"]
    assert "SKIPPED: the city wuhan" in capsys.readouterr().err


def test_the_filter_and_what_moves_know_nothing_of_each_other():
    here = Path(sys.modules["benchmarks.pursuit"].__file__).parent
    for name in frozen.SOURCES:
        product = {module for module in imported(here / name) if module.startswith("bonghwa")}
        assert product <= {
            "bonghwa.data", "bonghwa.domain.geo", "bonghwa.pursuit.coverage", "bonghwa.pursuit.roads", "bonghwa.registry.cameras",
        }, name  # fmt: skip
    secret = {f"benchmarks.pursuit.{name}" for name in ("truth", "families", "scenarios", "operators", "play", "routing")}
    assert not imported(here / "filter_policy.py") & secret
    for path in (here.parents[1] / "src/bonghwa/pursuit").glob("**/*.py"):
        assert not any(module.startswith("benchmarks") for module in imported(path))


def imported(path):
    tree = ast.parse(path.read_text())
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    return plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_every_family_has_a_beginning_that_is_open_to_it():
    assert all(BEGINS[family] == FOOT for family in FOOT_FAMILIES)


def test_a_cell_is_drawn_as_a_picture_of_its_own(tmp_path: Path) -> None:
    seen, missed = Outcome("home", 1, 0, sighted=[30]), Outcome("home", 1, 1)
    report.plots([Played("junggu", "false 20", "car", {"ceiling": [seen, seen], "nearest": [seen, missed]})], tmp_path / "plots")
    assert (tmp_path / "plots" / "junggu-false-20-car.png").read_bytes().startswith(b"\x89PNG")
