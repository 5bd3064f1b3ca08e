import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bonghwa.city.callers import CredentialsError
from bonghwa.city.control import ControlServer, control_app
from bonghwa.city.director import Director
from bonghwa.city.scene import City
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.stage import Stage
from bonghwa.cli import drill
from tests.city.recorder import TOKENS, Recorder, recording

pytestmark = pytest.mark.anyio


async def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # the thing waited for has no event
            await asyncio.sleep(0.02)


@dataclass
class Set:
    hub: Recorder
    stage: Stage
    director: Director
    client: httpx.AsyncClient


@pytest.fixture
async def on_set(city: City) -> AsyncIterator[Set]:
    async with recording() as hub:
        stage = Stage()
        director = Director(city, stage, lambda: hub.credentials)
        control = ControlServer(control_app(director, lambda: TOKENS["control_room"]), "127.0.0.1", 0)
        running = asyncio.create_task(control.run_until_told())
        headers = {"Authorization": f"Bearer {TOKENS['control_room']}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{control.port}", headers=headers, timeout=30) as client:
            yield Set(hub, stage, director, client)
        await director.close()
        control.should_exit = True
        await running


async def test_a_drill_asked_for_files_its_reports_and_puts_its_subject_on_stage(on_set: Set) -> None:
    answer = await on_set.client.post("/drills", json={"name": "operator_finds", "seed": "one"})
    assert (answer.status_code, answer.json()["run"]) == (202, "one")
    await until(lambda: len(on_set.hub.reports) == 1)
    assert on_set.stage.appearances(answer.json()["begins"] + 1)
    await until(lambda: on_set.director.runs["one"].task.done())
    state = (await on_set.client.get("/drills/one")).json()
    assert state["done"] is True
    assert [one["status"] for one in state["filed"]] == [201]


async def test_a_drill_for_a_later_moment_waits_for_it(on_set: Set) -> None:
    import time

    answer = await on_set.client.post("/drills", json={"name": "house_fire", "at": time.time() + 3600})
    assert answer.status_code == 202
    assert (await on_set.client.get(f"/drills/{answer.json()['run']}")).json()["done"] is False
    assert on_set.stage.appearances(time.time()) == []
    assert on_set.hub.reports == {}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"name": "strap_cut"}, {"Authorization": "Bearer guess"}, 401),
        ({"name": "strap_cut"}, {"Authorization": ""}, 401),
        ({"name": "earthworks"}, {}, 422),
        ({"name": "strap_cut", "place": 1}, {}, 422),
    ],
)
async def test_a_drill_without_right_or_sense_is_refused(
    on_set: Set, body: dict[str, object], headers: dict[str, str], status: int
) -> None:
    assert (await on_set.client.post("/drills", json=body, headers=headers)).status_code == status
    assert on_set.director.runs == {}


async def test_a_run_is_played_once(on_set: Set) -> None:
    codes = [(await on_set.client.post("/drills", json={"name": "operator_finds", "seed": "same"})).status_code for _ in range(2)]
    assert codes == [202, 409]
    assert (await on_set.client.get("/drills/unknown")).status_code == 404


async def test_the_consoles_request_is_played_once_also_across_a_broken_stream(on_set: Set) -> None:
    listening = asyncio.create_task(on_set.director.listen())
    request = {"id": "7", "type": "drill.requested", "subject": "d1", "data": {"name": "operator_finds", "id": "d1"}}
    await on_set.hub.events.put({"id": "6", "type": "camera.health", "data": {}})
    await on_set.hub.events.put(request)
    await until(lambda: "d1" in on_set.director.runs)
    await on_set.hub.events.put({"hang_up": True})
    await until(lambda: len(on_set.hub.resumed) == 2)
    assert on_set.hub.resumed == [None, "7"]
    await on_set.hub.events.put(request)
    await on_set.hub.events.put({**request, "id": "8", "data": {"name": "operator_finds", "id": "d2"}})
    await until(lambda: "d2" in on_set.director.runs)
    assert list(on_set.director.runs) == ["d1", "d2"]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_an_unknown_drill_from_the_console_is_passed_over(on_set: Set) -> None:
    listening = asyncio.create_task(on_set.director.listen())
    for number, name in enumerate(("earthworks", "operator_finds")):
        await on_set.hub.events.put({"id": str(number), "type": "drill.requested", "data": {"name": name, "id": name}})
    await until(lambda: bool(on_set.director.runs))
    assert list(on_set.director.runs) == ["operator_finds"]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def ready_file(folder: Path, on_set: Set, control: str | None) -> Path:
    path = folder / "ready.json"
    credentials = on_set.hub.credentials
    document = {"url": credentials.url, "tokens": credentials.tokens, "lines": credentials.lines, "city": {"control": control}}
    path.write_text(json.dumps(document))
    return path


async def test_the_command_plays_through_the_city_and_prints_each_report(
    on_set: Set, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = ready_file(tmp_path, on_set, str(on_set.client.base_url).rstrip("/"))
    code = await asyncio.to_thread(drill.run, ["operator_finds", "--ready-file", str(path), "--seed", "told"])
    assert code == 0
    assert list(on_set.director.runs) == ["told"]
    said = capsys.readouterr().out
    assert "drill-operator_finds-told-000" in said
    assert "incident i-" in said


@pytest.mark.parametrize("control", [None, "http://127.0.0.1:9"])
async def test_without_a_city_the_command_files_the_reports_itself(on_set: Set, tmp_path: Path, control: str | None) -> None:
    path = ready_file(tmp_path, on_set, control)
    assert await asyncio.to_thread(drill.run, ["operator_finds", "--ready-file", str(path), "--seed", "alone"]) == 0
    assert list(on_set.hub.reports) == ["drill-operator_finds-alone-000"]
    assert on_set.director.runs == {}


async def test_without_credentials_no_drill_begins(city: City) -> None:
    def none() -> object:
        raise CredentialsError("not there yet")

    director = Director(city, Stage(), none)  # type: ignore[arg-type]
    with pytest.raises(CredentialsError):
        await director.start("strap_cut")
    assert director.runs == {}


def test_every_script_has_a_title_in_both_languages() -> None:
    assert all(set(script.title) == {"ko", "en"} and all(script.title.values()) for script in SCRIPTS.values())


async def test_the_control_face_says_which_cameras_show_the_subject_now_and_only_to_who_may_ask(on_set: Set, city: City) -> None:
    started = (await on_set.client.post("/drills", json={"name": "strap_cut_run", "seed": "seen"})).json()
    await until(lambda: bool(on_set.hub.reports))
    answer = (await on_set.client.get("/drills/seen/sight")).json()
    subject = on_set.director.runs["seen"].play.actors[0]
    lat, lon = subject.track.place(answer["at"])
    assert started["calls"] in (1, 2)
    assert (answer["subject"]["lat"], answer["subject"]["lon"]) == (lat, lon)
    assert answer["subject"]["mode"] == "foot"
    assert 0 <= answer["subject"]["heading"] < 360
    assert set(answer["cameras"]) <= set(city.cameras)
    none = (await on_set.client.get("/drills/seen/sight", params={"camera": ["nowhere"]})).json()
    assert none["cameras"] == []
    assert (await on_set.client.get("/drills/other/sight")).status_code == 404
    assert (await on_set.client.get("/drills/seen/sight", headers={"Authorization": "Bearer guess"})).status_code == 401


async def test_every_report_of_a_run_is_a_drill_for_the_hub(on_set: Set) -> None:
    await on_set.client.post("/drills", json={"name": "strap_cut_run", "seed": "marked"})
    await until(lambda: bool(on_set.hub.reports))
    assert [report["drill"] for report in on_set.hub.reports.values()] == [True]
    assert on_set.hub.refused == []
