import asyncio
import time
from datetime import UTC, datetime

import pytest

from bonghwa.city.callers import Callers, Credentials, CredentialsError, read_credentials
from bonghwa.city.drill import Call, NoSuchPlace, Play, perform
from bonghwa.city.figures import Outfit
from bonghwa.city.scene import City
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.stage import Stage
from bonghwa.city.subjects import cameras_seeing
from bonghwa.domain.alarm import LINES
from bonghwa.domain.geo import distance_m, to_grid
from tests.city.recorder import Recorder, recording

pytestmark = pytest.mark.anyio


async def at_once(_: float) -> None:
    """No waiting between the calls of a play."""
    await asyncio.sleep(0)


def test_every_line_has_a_drill() -> None:
    assert {line for script in SCRIPTS.values() for line in script.lines} == set(LINES)


@pytest.mark.parametrize("name", SCRIPTS)
async def test_every_report_of_a_drill_is_taken_and_marked(name: str, city: City) -> None:
    stage, begins = Stage(), time.time()
    play = SCRIPTS[name].play(city, "seed", begins)
    async with recording() as hub:
        callers = Callers(hub.credentials)
        filed = await perform(play, callers, None, stage, sleep=at_once)
        await callers.close()
    assert hub.refused == []
    assert [one.status for one in filed] == [201] * len(play.calls)
    assert len(hub.reports) == len(play.calls) > 0
    assert all(report["drill"] is True for report in hub.reports.values())
    assert {report["line"] for report in hub.reports.values()} == set(SCRIPTS[name].lines)
    times = [datetime.fromisoformat(report["at"]).timestamp() for _, report in sorted(hub.reports.items())]
    assert times == sorted(times)
    assert times[0] == pytest.approx(begins, abs=0.002)
    assert stage.appearances(begins + 1)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_same_seed_plays_the_same_drill(name: str, city: City) -> None:
    one, again, other = (SCRIPTS[name].play(city, seed, 1_000.0) for seed in ("a", "a", "b"))
    assert one.calls == again.calls
    assert one.calls != other.calls


def test_a_strap_cut_is_followed_by_fixes_of_the_same_subject_on_real_roads(city: City) -> None:
    play = SCRIPTS["strap_cut"].play(city, "seed", 1_000.0)
    assert len({call.subject for call in play.calls}) == 1
    assert len(play.calls) > 20
    walker = play.actors[0]
    for call in play.calls:
        assert call.place is not None
        lat, lon = walker.track.place(1_000.0 + call.after_s)
        assert distance_m(call.place["lat"], call.place["lon"], lat, lon) <= call.place["accuracy_m"]
    x, y = to_grid(play.calls[0].place["lat"], play.calls[0].place["lon"])
    assert any(street.nearest(x, y)[0] < 40 for street in city.streets.roads)
    walked = [walker.track.at(1_000.0 + after)[:2] for after in range(0, 300, 10)]
    for x, y in walked:
        assert min(street.nearest(x, y)[0] - street.width / 2 - street.walk for street in city.streets.near(x, y, 60)) < 25


@pytest.mark.parametrize("name", ["strap_cut", "robbery", "safe_return", "missing_person"])
def test_cameras_stand_where_a_drill_begins(name: str, city: City) -> None:
    play = SCRIPTS[name].play(city, "seed", 1_000.0)
    subject = next(actor for actor in play.actors if isinstance(actor.look, Outfit))
    x, y, _, _ = subject.track.at(1_000.0)
    assert len(cameras_seeing(city.poses, x, y, 150)) >= 4


def test_a_flood_opens_many_incidents(city: City) -> None:
    play = SCRIPTS["flood"].play(city, "seed", 1_000.0)
    assert len({call.subject for call in play.calls}) >= 12
    assert max(call.after_s for call in play.calls) < 60


def test_a_wanted_car_is_read_by_cameras_it_passes(city: City) -> None:
    play = SCRIPTS["wanted_car"].play(city, "seed", 1_000.0)
    for call in play.calls:
        camera = city.cameras[call.place["camera"]]
        x, y, _, _ = play.actors[0].track.at(1_000.0 + call.after_s)
        assert abs(camera.x - x) + abs(camera.y - y) < 90


def test_actors_leave_the_stage_when_their_time_ends(city: City) -> None:
    stage, play = Stage(), SCRIPTS["robbery"].play(city, "seed", 1_000.0)
    stage.enter(play.actors)
    assert [len(stage.appearances(at)) for at in (999.0, 1_000.0, 1_899.0, 1_901.0)] == [0, 1, 1, 0]


def test_a_city_without_cameras_has_no_place_for_a_drill() -> None:
    from bonghwa.city.roads import no_roads
    from bonghwa.city.streets import Streets

    empty = City([], Streets(no_roads()), lambda unix: ())
    with pytest.raises(NoSuchPlace):
        SCRIPTS["strap_cut"].play(empty, "seed", 1_000.0)


def one_call() -> Play:
    return Play("test", "run", time.time(), (Call(0.0, "fire119", "fire", {"lat": 37.47, "lon": 126.63}),))


async def test_a_hub_that_is_busy_gets_the_same_report_again_and_keeps_one() -> None:
    async with recording() as hub:
        hub.unwell = 2
        callers = Callers(hub.credentials)
        filed = await perform(one_call(), callers, sleep=at_once)
        again = await perform(one_call(), callers, sleep=at_once)
        await callers.close()
    assert [filed[0].status, again[0].status] == [201, 200]
    assert list(hub.reports) == ["drill-test-run-000"]


async def test_a_refusal_is_told_with_its_field_and_not_repeated() -> None:
    async with recording() as hub:
        callers = Callers(hub.credentials)
        bad = Play("test", "run", time.time(), (Call(0.0, "fire119", "fire", {"lat": 137.0, "lon": 126.63}),))
        filed = await perform(bad, callers, sleep=at_once)
        await callers.close()
    assert (filed[0].status, filed[0].accepted) == (422, False)
    assert filed[0].problem is not None
    assert filed[0].problem.startswith("place.lat")
    assert len(hub.refused) == 1


async def test_a_hub_that_is_away_is_given_up_in_the_end() -> None:
    callers = Callers(Credentials("http://127.0.0.1:9", {"fire119": "x"}), give_up_s=0.5)
    filed = await perform(one_call(), callers, sleep=at_once)
    await callers.close()
    assert (filed[0].status, filed[0].accepted) == (0, False)


async def test_a_line_without_a_credential_files_nothing() -> None:
    async with recording() as hub:
        callers = Callers(Credentials(hub.url, {}))
        filed = await perform(one_call(), callers, sleep=at_once)
        await callers.close()
    assert filed[0].problem == "lines.fire119: no credential"
    assert hub.reports == {}


def test_credentials_show_no_token() -> None:
    assert "token of fire119" not in repr(Recorder().credentials)


@pytest.mark.parametrize(
    ("content", "named"), [("", "Expecting"), ("[]", "object"), ('{"url": 3}', "url"), ('{"url": "http://x", "tokens": {}}', "lines")]
)
def test_credentials_that_cannot_be_used_are_refused_by_field(tmp_path: object, content: str, named: str) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "ready.json"
    path.write_text(content)
    with pytest.raises(CredentialsError, match=named):
        read_credentials(path)


def test_report_times_are_utc_with_milliseconds() -> None:
    body = one_call().calls[0].report("x", datetime(2026, 11, 22, 17, 41, 9, 123_000, UTC).timestamp())
    assert body["at"] == "2026-11-22T17:41:09.123Z"
