import time
from itertools import pairwise

import numpy as np
import pytest

from bonghwa.city.cars import Paint
from bonghwa.city.drill import Play
from bonghwa.city.figures import Outfit
from bonghwa.city.flight import FASTEST_WALK, LASTS_S
from bonghwa.city.graph import packaged_graph
from bonghwa.city.journey import Journey
from bonghwa.city.lookout import Lookout
from bonghwa.city.scene import City, Scene, still
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.subjects import Actor
from tests.city.town import NIGHT, Cast

SEEDS = ("one", "two", "three")


@pytest.fixture(scope="module")
def plays(_city: City) -> dict[str, Play]:
    return {seed: SCRIPTS["strap_cut_run"].play(_city, seed, NIGHT) for seed in SEEDS}


def subject_of(play: Play) -> tuple[Actor, Journey]:
    actor = play.actors[0]
    assert isinstance(actor.track, Journey)
    return actor, actor.track


def moments(journey: Journey, step: float = 0.5) -> np.ndarray:
    return np.arange(journey.begins, journey.begins + journey.starts[-1], step)


def places(journey: Journey, at: np.ndarray) -> np.ndarray:
    return np.array([journey.at(float(moment))[:2] for moment in at])


@pytest.mark.parametrize("seed", SEEDS)
def test_he_walks_then_drives_then_walks_for_a_quarter_of_an_hour(plays: dict[str, Play], seed: str) -> None:
    _, journey = subject_of(plays[seed])
    modes = [journey.mode(float(at)) for at in moments(journey)]
    changes = [one for one, other in pairwise([*modes, ""]) if one != other]
    assert changes == ["foot", "car", "foot"]
    assert modes.count("car") * 0.5 > 240
    assert journey.starts[-1] >= LASTS_S


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_jumps_and_every_speed_is_one_of_his_mode(plays: dict[str, Play], seed: str) -> None:
    _, journey = subject_of(plays[seed])
    at = moments(journey)
    speed = np.hypot(*np.diff(places(journey, at), axis=0).T) / 0.5
    driven = np.array([journey.mode(float(moment)) == "car" for moment in at[:-1]])
    assert speed[~driven].max() <= FASTEST_WALK + 0.01
    assert speed[driven].max() <= 1.1 * 60 / 3.6 + 0.5
    assert np.abs(np.diff(speed[driven])).max() / 0.5 < 8.0
    assert (speed[driven] < 0.1).any()
    assert 1.2 < np.median(speed[~driven & (speed > 0.2)]) < FASTEST_WALK
    assert 5.0 < speed[driven].mean() < 14.0


@pytest.mark.parametrize("seed", SEEDS)
def test_all_of_his_way_lies_on_real_roads(plays: dict[str, Play], seed: str) -> None:
    _, journey = subject_of(plays[seed])
    points = np.concatenate([np.linspace(a, b, 30) for line in packaged_graph().lines for a, b in pairwise(line)])
    from scipy.spatial import cKDTree

    away, _ = cKDTree(points).query(places(journey, moments(journey, 2.0)))
    assert np.quantile(away, 0.95) < 15.0
    assert away.max() < 32.0


def test_a_car_drives_no_one_way_street_backwards() -> None:
    graph = packaged_graph()
    assert all(arc.forwards or not graph.oneway[arc.link] for arcs in graph.drives.values() for arc in arcs)
    assert all(arc.tail == tail for arcs in (graph.walks, graph.drives) for tail, found in arcs.items() for arc in found)


def test_the_same_seed_goes_the_same_way_and_another_another(city: City, plays: dict[str, Play]) -> None:
    _, journey = subject_of(plays["one"])
    _, again = subject_of(SCRIPTS["strap_cut_run"].play(city, "one", NIGHT))
    _, other = subject_of(plays["two"])
    at = moments(journey, 10.0)
    assert (places(journey, at) == places(again, at)).all()
    assert np.abs(places(journey, at) - places(other, at)).max() > 100


@pytest.mark.parametrize("seed", SEEDS)
def test_the_alarm_gives_an_old_fix_with_its_error_and_the_device_may_stay_silent(plays: dict[str, Play], seed: str) -> None:
    play, (_, journey) = plays[seed], subject_of(plays[seed])
    assert 5 <= NIGHT - journey.begins <= 45
    assert 1 <= len(play.calls) <= 2
    assert {call.subject for call in play.calls} == {f"훈련-전자장치-{seed}"}
    assert all(call.place is not None and 10 <= call.place["accuracy_m"] <= 80 for call in play.calls)
    assert [call.after_s >= 180 for call in play.calls[1:]] == [True] * len(play.calls[1:])


def test_of_many_drills_some_have_a_later_fix_and_some_have_none(city: City) -> None:
    counts = {len(SCRIPTS["strap_cut_run"].play(city, f"fix {number}", NIGHT).calls) for number in range(4)}
    assert counts == {1, 2}


def test_he_is_a_person_on_foot_and_his_own_car_while_he_drives(plays: dict[str, Play]) -> None:
    actor, journey = subject_of(plays["one"])
    for at in moments(journey, 7.0):
        appearance = actor.appearance(float(at))
        if appearance is not None:
            assert isinstance(appearance.look, Paint if journey.mode(float(at)) == "car" else Outfit)


def test_his_car_waits_for_him_and_stays_where_he_leaves_it(plays: dict[str, Play]) -> None:
    play, (_, journey) = plays["one"], subject_of(plays["one"])
    gets_in, gets_out = (journey.begins + float(journey.starts[leg]) for leg in (2, 3))
    shown = [[actor.id for actor in play.actors[1:] if actor.appearance(at)] for at in (gets_in - 1, gets_in + 1, gets_out + 1)]
    assert shown == [["one/car waiting"], [], ["one/car left"]]
    waiting = play.actors[1].appearance(gets_in - 1)
    assert waiting is not None
    assert journey.at(gets_in + 0.01)[:2] == pytest.approx((waiting.x, waiting.y), abs=0.2)


def sights(city: City, play: Play, mode: str, count: int) -> list[tuple[float, str]]:
    """Moments of this mode in which a camera of the town shows him, each with that camera."""
    actor, journey = subject_of(play)
    lookout, found = Lookout(city), list[tuple[float, str]]()
    for at in moments(journey, 4.0):
        appearance = actor.appearance(float(at))
        if appearance is not None and journey.mode(float(at)) == mode:
            found += [(float(at), camera) for camera in lookout.showing(appearance, float(at))[:1]]
        if len(found) == count:
            break
    return found


def changed(scene: Scene, cast: Cast, actor: Actor, at: float) -> np.ndarray:
    """Which pixels become lighter or darker when he comes on stage; the burned-in 훈련 left aside."""
    cast.appearances = ()
    without = still(scene, at)[0].astype(int)
    appearance = actor.appearance(at)
    assert appearance is not None
    cast.appearances = (appearance,)
    differs = np.abs(still(scene, at)[0].astype(int) - without) > 4
    cast.appearances = ()
    differs[:92, differs.shape[1] * 2 // 3 :] = False
    return np.argwhere(differs)


@pytest.mark.parametrize("mode", ["foot", "car"])
def test_the_camera_that_sees_him_shows_him_at_his_true_place(city: City, cast: Cast, plays: dict[str, Play], mode: str) -> None:
    looked = 0
    for play in plays.values():
        actor, journey = subject_of(play)
        for at, camera in sights(city, play, mode, 2):
            scene = Scene(city, city.cameras[camera])
            pixels = changed(scene, cast, actor, at)
            x, y, _, _ = journey.at(at)
            points, _ = scene.lens.project(np.array([[x, y, 0.0], [x, y, 1.5]]))
            tall = float(points[0, 1] - points[1, 1])
            assert len(pixels) > 2, (camera, at)
            row, column = np.median(pixels, axis=0)
            reach = (3.0 if mode == "car" else 0.6) * tall + 6
            assert abs(column - points[0, 0]) < reach
            assert points[1, 1] - reach < row < points[0, 1] + reach
            looked += 1
    assert looked >= 2


def test_what_the_city_says_is_seen_is_what_is_drawn(city: City, cast: Cast, plays: dict[str, Play]) -> None:
    actor, journey = subject_of(plays["one"])
    lookout, agreed, hidden = Lookout(city), 0, 0
    for at in moments(journey, 40.0)[1:]:
        appearance = actor.appearance(float(at))
        assert appearance is not None
        near = [camera.id for camera in city.near(appearance.x, appearance.y, 60.0)][:12]
        said = lookout.showing(appearance, float(at), near)
        cast.appearances = (appearance,)
        for camera in [*[each for each in near if each in said][:2], *[each for each in near if each not in said][:1]]:
            planes = (np.zeros((360, 640), np.uint8), np.zeros((180, 320), np.uint8), np.zeros((180, 320), np.uint8))
            drawn = [one.id for one in Scene(city, city.cameras[camera]).draw(float(at), *planes)]
            assert (camera in said) == (drawn == [actor.id]), (camera, at)
            agreed += camera in said
            hidden += camera not in said
        cast.appearances = ()
        if agreed >= 2 and hidden >= 3:
            break
    assert agreed >= 2
    assert hidden >= 3


def test_an_actor_of_an_older_drill_has_its_mode_by_its_look(city: City) -> None:
    walker = SCRIPTS["strap_cut"].play(city, "a", time.time()).actors[0]
    driver = SCRIPTS["wanted_car"].play(city, "a", time.time()).actors[0]
    assert [walker.mode(time.time()), driver.mode(time.time())] == ["foot", "car"]
