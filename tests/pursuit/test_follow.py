"""Properties of a pursuit that hold whatever happens to it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.claims import NoRoad
from bonghwa.pursuit.evidence import BadEvidence, Evidence, Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.movement import BY_CAR, INDOORS
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT
from bonghwa.pursuit.watch import HOLD_S, Wall
from tests.pursuit.cities import cameras_on, grid

ROADS = grid(15)
COVERAGE = cameras_on(ROADS, 0.4)
NETWORK = Network.of(ROADS, COVERAGE)
SMALL = Settings(particles=600)
MIDDLE = (700.0, 700.0)

cameras = st.sampled_from(COVERAGE.cameras)
confidences = st.floats(0.05, 0.95)
headings = st.none() | st.sampled_from([0.0, 45.0, 90.0, 180.0, 270.0])
modes = st.sampled_from([None, "foot", "car"])
places = st.floats(-300, 1700)


def evidence_at(time: float) -> st.SearchStrategy[Evidence]:
    return st.one_of(
        st.builds(Sighting, st.just(time), cameras, confidences, headings, modes),
        st.builds(PlateRead, st.just(time), cameras, confidences, headings),
        st.builds(Unseen, st.just(time), st.floats(0, 20), st.lists(cameras, max_size=9).map(tuple), st.integers(1, 16)),
        st.builds(Fix, st.just(time), places, places, st.floats(1, 400), st.floats(0, 30)),
        st.builds(PublicReport, st.just(time), places, places, st.floats(1, 400), confidences, modes),
        st.builds(ModeKnown, st.just(time), st.sampled_from(["foot", "car"]), confidences),
    )


@st.composite
def events(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """A run of a pursuit: it ticks, takes facts of now and of before, undoes some, and its wall changes."""
    time, taken, made = 0.0, 0, []
    for _ in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from(["tick", "tick", "now", "now", "late", "undo", "wall"]))
        if kind == "tick":
            time += draw(st.floats(0.2, 15.0))
            made.append(("tick", time))
        elif kind in ("now", "late"):
            made.append(("take", draw(evidence_at(time - (0.0 if kind == "now" else draw(st.floats(0.0, 25.0)))))))
            taken += 1
        elif kind == "wall":
            made.append(("wall", Wall(draw(st.integers(1, 9)), tuple(draw(st.lists(cameras, max_size=2))))))
        elif taken:
            made.append(("undo", draw(st.integers(1, taken))))
    return made


def begin(mode: str | None = None, seed: int = 5, wanted: Settings = SMALL) -> Following:
    return Following(ROADS, COVERAGE, Start(0.0, *MIDDLE, 80.0, 20.0, mode), seed, wanted, NETWORK)


def run(following: Following, run_of: list[tuple[str, Any]]) -> None:
    undone = set()
    for kind, what in run_of:
        if kind == "tick":
            following.tick(what)
        elif kind == "take":
            following.take(what)
        elif kind == "wall":
            following.arrange(what)
        elif what not in undone:
            following.undo(what)
            undone.add(what)


def bits(following: Following) -> bytes:
    return b"".join(column.tobytes() for column in following.belief.state)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.sampled_from([None, "foot", "car"]))
def test_after_any_events_the_mass_is_one_and_nobody_is_off_the_road(run_of: list[tuple[str, Any]], mode: str | None) -> None:
    following = begin(mode)
    run(following, run_of)
    s, answers = following.belief.state, following.answers()
    assert abs(s.weight.sum() - 1.0) < 1e-9
    assert s.weight.min() > 0
    assert abs(sum(answers.modes.values()) - 1.0) < 1e-9
    assert abs(answers.mass.sum() + answers.left - 1.0) < 1e-9
    assert (s.along >= 0).all()
    assert (s.along <= ROADS.length[s.edge]).all()
    use = ROADS.use[s.edge]
    on_road = s.doing < INDOORS
    driving = s.mode == BY_CAR
    assert (use[on_road & ~driving] & FOOT).all()
    assert (use[on_road & driving] & (CAR | AGAINST)).all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_a_replay_of_the_log_gives_the_same_bits(run_of: list[tuple[str, Any]]) -> None:
    following = begin()
    run(following, run_of)
    again = Following.replay(ROADS, COVERAGE, following.log, NETWORK)
    assert bits(again) == bits(following)
    assert again.answers().watch == following.answers().watch
    assert again.log == following.log


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events(), st.data())
def test_what_is_undone_leaves_the_bits_of_what_never_came(run_of: list[tuple[str, Any]], data: st.DataObject) -> None:
    plain, other = begin(), begin()
    run_of = [event for event in run_of if event[0] != "undo"]
    at = data.draw(st.integers(0, len(run_of)))
    until = data.draw(st.integers(at, len(run_of)))
    run(plain, run_of)
    run(other, run_of[:at])
    number = other.take(data.draw(evidence_at(other.now - data.draw(st.floats(0, 20)))))
    run(other, run_of[at:until])
    other.undo(number)
    run(other, run_of[until:])
    assert bits(other) == bits(plain)


def test_late_evidence_weighs_as_if_it_had_come_in_time() -> None:
    sighting = Sighting(12.0, COVERAGE.cameras[20], 0.7, 90.0, "foot")
    early, late = begin(), begin()
    early.tick(12.0)
    early.take(sighting)
    early.tick(40.0)
    late.tick(40.0)
    late.take(sighting)
    assert bits(early) == bits(late)


def test_other_seeds_give_other_beliefs() -> None:
    assert bits(begin(seed=1)) != bits(begin(seed=2))


def test_the_wall_holds_distinct_usable_cameras_and_its_pins_and_changes_at_most_every_ten_seconds() -> None:
    following = begin(wanted=Settings(particles=3000))
    usable = COVERAGE.cameras[::2]
    following.arrange(Wall(6, (usable[3], COVERAGE.cameras[1]), usable))
    following.tick(HOLD_S)
    changed, before = [], None
    for second in range(10, 180):
        following.tick(float(second))
        if second % 7 == 0:
            following.take(Sighting(float(second), COVERAGE.cameras[second * 7 % 80], 0.8))
        watch = [watched.camera for watched in following.answers().watch]
        assert len(set(watch)) == len(watch) <= 6
        assert set(watch) <= set(usable)
        assert usable[3] in watch
        if before is not None and set(watch) != before:
            changed.append(second)
        before = set(watch)
    assert len(changed) > 3
    assert min(np.diff(changed)) >= HOLD_S


def test_nonsense_is_refused_by_its_field_and_changes_nothing() -> None:
    following = begin()
    following.tick(5.0)
    before, told = bits(following), len(following.log)
    wrong: list[tuple[Evidence, type[Exception], str]] = [
        (Sighting(5.0, "nowhere"), NoRoad, "nowhere"),
        (Sighting(5.0, COVERAGE.cameras[0], 1.0), BadEvidence, "confidence"),
        (Sighting(500.0, COVERAGE.cameras[0]), BadEvidence, "time"),
        (Fix(5.0, float("nan"), 0.0, 10.0), BadEvidence, "x"),
        (Fix(5.0, 9e6, 0.0, 10.0), NoRoad, "100 km"),
        (PublicReport(5.0, 0.0, 0.0, -1.0), BadEvidence, "error_m"),
        (ModeKnown(5.0, "boat"), BadEvidence, "mode"),
    ]
    for evidence, error, word in wrong:
        with pytest.raises(error, match=word):
            following.take(evidence)
    with pytest.raises(BadEvidence):
        following.undo(1)
    assert bits(following) == before
    assert len(following.log) == told
