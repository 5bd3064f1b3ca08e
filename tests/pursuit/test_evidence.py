"""What each kind of evidence does to a belief, and that a false one is recovered from."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.pursuit.answers import camera_mass, directed_mass
from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.evidence import Evidence, Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen, as_json, from_json
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.weighing import normalised, picked
from tests.pursuit.cities import cameras_on, grid
from tests.pursuit.subjects import Hunt, track

ROADS = grid(21)
COVERAGE = cameras_on(ROADS, 1.0)
NETWORK = Network.of(ROADS, COVERAGE)
MIDDLE = 10 * 21 + 10


def node(column: int, row: int) -> str:
    return f"cam-{row * 21 + column}"


def begin(mode: str | None = None, seconds: float = 120.0, particles: int = 6000, network: Network = NETWORK) -> Following:
    start = Start(0.0, 1000.0, 1000.0, 40.0, 0.0, mode)
    following = Following(network.roads, network.coverage, start, 3, Settings(particles=particles), network)
    following.tick(seconds)
    return following


def mass_at(following: Following, column: int, row: int, metres: float) -> float:
    s = following.belief.state
    x, y = np.array([ROADS.at(int(e), float(a)) for e, a in zip(s.edge, s.along, strict=True)]).T
    near = np.hypot(x - column * 100, y - row * 100) <= metres
    return float(s.weight[near & (s.doing < 2)].sum())


def test_nothing_seen_lowers_what_a_watched_camera_shows_and_never_to_nothing() -> None:
    following = begin("foot")
    watched = max(camera_mass(following.belief).items(), key=lambda shown: shown[1])[0]
    masses = [camera_mass(following.belief)[watched]]
    for _ in range(60):
        following.take(Unseen(120.0, 3.0, (watched,), 1))
        masses.append(camera_mass(following.belief)[watched])
    assert all(later < sooner for sooner, later in pairwise(masses))
    assert masses[3] < 0.6 * masses[0]
    assert masses[-1] > 0


THERE = {
    "sighting": lambda time: Sighting(time, node(12, 10), 0.9, mode="foot"),
    "plate": lambda time: PlateRead(time, node(12, 10), 0.9),
    "fix": lambda time: Fix(time, 1200.0, 1000.0, 30.0, confidence=0.9),
    "report": lambda time: PublicReport(time, 1200.0, 1000.0, 30.0, 0.9, "foot"),
}


@pytest.mark.parametrize("kind", THERE)
def test_a_place_from_before_the_beginning_says_about_where_he_is_and_the_less_the_longer_ago(kind: str) -> None:
    near = []
    for before in (0.0, 60.0, 180.0):
        start = Start(0.0, 1000.0, 1000.0, 40.0, 240.0, "car" if kind == "plate" else "foot")
        following = Following(ROADS, COVERAGE, start, 3, Settings(particles=6000), NETWORK)
        following.take(THERE[kind](-before))
        near.append(mass_at(following, 12, 10, 75))
    assert near[0] > 0.8
    assert near[0] > 1.1 * near[1] > 1.1 * 1.1 * near[2] > 0


def test_more_screens_tell_less() -> None:
    left = []
    for screens in (1, 9):
        following = begin("foot")
        following.take(Unseen(120.0, 3.0, (node(11, 10), node(9, 10)), screens))
        left.append(camera_mass(following.belief)[node(11, 10)])
    assert left[0] < left[1]


@pytest.mark.parametrize("confidence", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("place", [(11, 10), (17, 17)], ids=["where many are", "where nobody is"])
def test_a_sighting_moves_its_confidence_there_and_leaves_the_rest_as_it_was(confidence: float, place: tuple[int, int]) -> None:
    following = begin("foot")
    before, there = directed_mass(following.belief), mass_at(following, *place, 75)
    following.take(Sighting(120.0, node(*place), confidence))
    assert mass_at(following, *place, 75) == pytest.approx(confidence + (1 - confidence) * there, abs=0.02)
    far = [edge for edge in range(ROADS.edges) if np.hypot(*(np.array(ROADS.at(edge, 50.0)) - np.array(place) * 100)) > 160]
    after = directed_mass(following.belief)
    assert after[far].sum() == pytest.approx((1 - confidence) * before[far].sum(), abs=0.01)


def test_a_sighting_tells_the_way_he_went_and_how() -> None:
    following = begin(None)
    following.take(Sighting(120.0, node(15, 12), 0.9, 90.0, "car"))
    assert following.belief.shares()["car"] > 0.8
    following.tick(135.0)
    s = following.belief.state
    x = np.array([ROADS.at(int(e), float(a))[0] for e, a in zip(s.edge, s.along, strict=True)])
    assert s.weight[x > 1500].sum() > 2 * s.weight[(x < 1500) & (x > 1300)].sum()


def test_a_plate_read_is_of_a_car() -> None:
    following = begin(None)
    following.take(PlateRead(120.0, node(15, 10), 0.9))
    assert following.belief.shares()["car"] > 0.85


@pytest.mark.parametrize(
    ("evidence", "least"),
    [(Fix(120.0, 400.0, 1600.0, 50.0), 0.75), (PublicReport(120.0, 400.0, 1600.0, 50.0, 0.3), 0.2)],
    ids=["fix", "report"],
)
def test_a_place_from_outside_moves_as_much_as_it_is_trusted(evidence: Evidence, least: float) -> None:
    following = begin("foot")
    assert mass_at(following, 4, 16, 150) < 0.01
    following.take(evidence)
    assert least < mass_at(following, 4, 16, 150) < least + 0.25


def test_a_false_confirmation_is_recovered_from_within_three_minutes() -> None:
    following = begin("foot")
    following.take(Sighting(120.0, node(17, 17), 0.9, None, "foot"))
    for second in range(121, 301):
        following.tick(float(second))
        following.take(Unseen(float(second), 1.0, tuple(watched.camera for watched in following.answers().watch), 9))
    answers = following.answers()
    x, y = np.array([ROADS.at(int(edge), 50.0) for edge in answers.edge]).T
    false_place = np.hypot(x - 1700, y - 1700) < 500
    assert answers.mass[false_place].sum() < 0.5
    true_place = np.hypot(x - 1000, y - 1000) < 500
    assert answers.mass[true_place].sum() > 0.3 * answers.mass.sum()


def test_a_true_sighting_outweighs_a_false_one_before_it() -> None:
    following = begin("foot")
    following.take(Sighting(120.0, node(17, 17), 0.9))
    following.tick(130.0)
    following.take(Sighting(130.0, node(11, 10), 0.9))
    following.tick(140.0)
    following.take(Sighting(140.0, node(11, 10), 0.9))
    assert mass_at(following, 11, 10, 200) > 0.85


def blocks(following: Following) -> np.ndarray:
    """Mass on squares of 200 m: a place, however one is on the street there."""
    s = following.belief.state
    there = s.doing < 2
    x, y = np.array([ROADS.at(int(e), float(a)) for e, a in zip(s.edge[there], s.along[there], strict=True)]).T
    return np.histogram2d(x, y, bins=10, range=[[0, 2000], [0, 2000]], weights=s.weight[there])[0]


@pytest.mark.parametrize(("before", "after"), [("foot", "car"), ("car", "foot")])
def test_a_mode_learnt_turns_the_estimate_into_it_at_the_same_places(before: str, after: str) -> None:
    following = begin(before)
    places, left = blocks(following), following.answers().left
    following.take(ModeKnown(120.0, after, 0.9))
    shares = following.belief.shares()
    told = shares["car"] if after == "car" else shares["foot"] + shares["to_car"]
    assert told > 0.7 * (1 - left)
    assert np.abs(blocks(following) - places).sum() < 0.1
    assert following.answers().left == pytest.approx(left, abs=0.03)
    assert following.belief.state.weight.sum() == pytest.approx(1.0, abs=1e-9)


def test_who_got_into_a_car_is_soon_farther_off() -> None:
    on_foot, driven = begin("foot"), begin("foot")
    driven.take(ModeKnown(120.0, "car", 0.95))
    for following in (on_foot, driven):
        following.tick(210.0)
    assert driven.answers().most_m > 1.5 * on_foot.answers().most_m


@pytest.mark.parametrize("confidence", [0.3, 0.9])
def test_a_mode_learnt_of_a_mixture_weighs_the_other_by_what_is_left_of_the_doubt(confidence: float) -> None:
    following = begin(None)
    s = following.belief.state
    before, fits = following.belief.shares()["car"], float(s.weight[(s.mode == 2) | (s.doing == 3)].sum())
    following.take(ModeKnown(120.0, "car", confidence))
    expected = (1 - confidence) * before + confidence * before / (fits + 0.02 * (1 - fits))
    assert following.belief.shares()["car"] == pytest.approx(expected, abs=0.02)


def test_a_mode_taken_back_leaves_no_trace() -> None:
    plain, other = begin("foot"), begin("foot")
    number = other.take(ModeKnown(110.0, "car"))
    assert other.belief.shares()["car"] > 0.5
    other.undo(number)
    for following in (plain, other):
        following.tick(130.0)
    assert all((a == b).all() for a, b in zip(plain.belief.state, other.belief.state, strict=True))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(50, 400), st.floats(0, 1))
def test_drawing_particles_anew_keeps_expectations(seed: int, many: int, defensive: float) -> None:
    random = np.random.default_rng(seed)
    weight = random.random(500) ** 6
    normalised(weight)
    value = random.normal(size=500)
    means = []
    for start in random.random(300):
        chosen, fresh = picked(weight, many, defensive, float(start))
        assert fresh.sum() == pytest.approx(1.0, abs=1e-9)
        means.append((fresh * value[chosen]).sum())
    assert np.mean(means) == pytest.approx((weight * value).sum(), abs=5 * np.std(means) / np.sqrt(300) + 0.02)


@given(
    st.sampled_from(
        [
            Sighting(1.0, "a", 0.5, 90.0, "foot"),
            PlateRead(1.0, "a"),
            Unseen(1.0, 2.0, ("a", "b"), 9),
            Fix(1.0, 2.0, 3.0, 4.0, 5.0),
            PublicReport(1.0, 2.0, 3.0),
            ModeKnown(1.0, "car"),
        ]
    )
)
def test_evidence_survives_json(evidence: Evidence) -> None:
    assert from_json(as_json(evidence)) == evidence


def test_blind_mass_is_what_no_camera_shows() -> None:
    none = Coverage((), np.zeros(ROADS.edges + 1, np.int64), *(np.zeros(0, kind) for kind in (np.int32, float, float, float)))
    answers = begin("foot", 60.0, 2000, Network.of(ROADS, none)).answers()
    assert answers.blind_mass == pytest.approx(1 - answers.left)
    assert answers.watch == ()
    assert begin("foot", 60.0, 2000).answers().blind_mass < 0.5


@pytest.mark.parametrize("mode", ["foot", "car"])
def test_the_90_percent_set_mostly_holds_a_simple_subject(mode: str) -> None:
    inside = []
    sparse = Network.of(ROADS, cameras_on(ROADS, 0.3))
    for run in range(6):
        way = track(ROADS, ("errand", "straight", "wander")[run % 3], mode, MIDDLE, np.random.default_rng(run), 300)
        hunt = Hunt(sparse, way, mode, mode, run, Settings(particles=4000), 60)
        hunt.run(240)
        inside += [most for _, most in hunt.inside]
    assert np.mean(inside) > 0.7
