"""What a belief shows: sets that are the shortest, and densities tempered by mode."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bonghwa.pursuit.answers import directed_mass, tempered
from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import Roads
from tests.pursuit.cities import cameras_on, grid


def blocks_of_many_widths() -> Roads:
    """A grid whose columns stand the farther apart the farther east they are: 7 to 193 m."""
    even = grid(15)
    east, shape = even.x**2 / 1_400, even.shape_x**2 / 1_400
    length = np.hypot(east[even.tail] - east[even.head], even.y[even.tail] - even.y[even.head])
    return replace(even, x=east, shape_x=shape, length=length)


ROADS = blocks_of_many_widths()
COVERAGE = cameras_on(ROADS, 0.4)
NETWORK = Network.of(ROADS, COVERAGE)

masses = arrays(np.float64, st.integers(1, 30), elements=st.just(0.0) | st.floats(1e-9, 1.0))
powers = st.floats(0.3, 3.0)


def after_two_minutes(mode: str | None) -> Following:
    following = Following(ROADS, COVERAGE, Start(0.0, 700.0, 700.0, 50.0, 30.0, mode), 7, Settings(particles=4_000), NETWORK)
    following.tick(120.0)
    return following


@given(masses, st.data(), powers)
def test_tempering_keeps_the_whole_the_empty_streets_and_which_is_denser(mass: np.ndarray, data: st.DataObject, power: float) -> None:
    length = data.draw(arrays(np.float64, len(mass), elements=st.floats(0.5, 900.0)))
    shown = tempered(mass, length, power)
    assert shown.sum() == pytest.approx(mass.sum(), rel=1e-9)
    assert not shown[mass == 0].any()
    order = np.argsort(mass / length, kind="stable")
    assert (np.diff((shown / length)[order]) >= -1e-12 * shown.max() / length.min()).all()


@given(masses, powers)
def test_a_power_below_one_flattens_and_above_one_sharpens(mass: np.ndarray, power: float) -> None:
    length = np.full(len(mass), 40.0)
    steeper = tempered(mass, length, power).max() - mass.max()
    assert steeper >= -1e-9 if power >= 1 else steeper <= 1e-9


@pytest.mark.parametrize("mode", [None, "foot", "car"])
def test_a_set_is_the_shortest_streets_that_hold_its_share(mode: str | None) -> None:
    answers = after_two_minutes(mode).answers()
    length = ROADS.length[answers.edge]
    assert (np.diff(answers.mass / length) <= 1e-15).all()
    on_roads = answers.mass.sum()
    for share, streets, metres in ((0.5, answers.half, answers.half_m), (0.9, answers.most, answers.most_m)):
        assert answers.mass[:streets].sum() >= share * on_roads - 1e-12
        assert answers.mass[: streets - 1].sum() < share * on_roads
        assert metres == pytest.approx(length[:streets].sum())


@pytest.mark.parametrize(("mode", "wider"), [("car", True), ("foot", False)])
def test_drivers_are_shown_wider_than_their_particles_and_walkers_closer(mode: str, wider: bool) -> None:
    following = after_two_minutes(mode)
    answers, each = following.answers(), directed_mass(following.belief)
    streets = each + each[ROADS.twin]
    streets[ROADS.twin < np.arange(ROADS.edges)] = 0.0
    order = np.argsort(-streets / ROADS.length, kind="stable")
    raw = np.searchsorted(np.cumsum(streets[order]), 0.9 * streets.sum()) + 1
    raw_m = ROADS.length[order[:raw]].sum()
    assert answers.most_m > 1.1 * raw_m if wider else answers.most_m < 0.9 * raw_m
    # A clause's radius is measured from the particles' own set: showing drivers wider opens no camera.
    assert set(answers.untempered.tolist()) == set(order[:raw].tolist())


def test_what_nobody_sees_of_a_street_is_no_more_than_the_street() -> None:
    answers = after_two_minutes(None).answers()
    assert (answers.blind <= answers.mass + 1e-15).all()
    assert answers.blind_mass == pytest.approx(answers.blind.sum())
    assert 0 < answers.blind_mass < answers.mass.sum()
