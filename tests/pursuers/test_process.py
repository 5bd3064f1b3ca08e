"""What a pursuer's process does with many pursuits: real processes on a small town, spoken to as the hub does."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import to_grid, to_wgs84
from bonghwa.domain.pursuit import Watched
from bonghwa.pursuers.ground import Ground, lay
from bonghwa.pursuers.kept import KEPT
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuers.team import Away, Team
from bonghwa.pursuit.covering import cover
from bonghwa.pursuit.roads import Roads
from bonghwa.sight.index import CameraIndex
from tests.pursuit.cities import grid

WEST, SOUTH = to_grid(37.47, 126.62)
SIDE = 16


def town() -> Roads:
    """A grid that lies in Incheon."""
    plain = grid(SIDE)
    return Roads(
        **{name: getattr(plain, name) for name in ("x", "y", "tail", "head", "length", "twin", "use", "speed", "name", "names")},
        origin=(WEST, SOUTH), shape_first=plain.shape_first, shape_x=plain.shape_x, shape_y=plain.shape_y,
    )  # fmt: skip


def camera(node: int, roads: Roads) -> Camera:
    lat, lon = to_wgs84(WEST + float(roads.x[node]), SOUTH + float(roads.y[node]))
    pose = Pose(60.0, "survey", 90.0, 180.0)
    return Camera(f"c{node}", f"c{node}", "city", f"s{node}", 1, "", "", "", lat, lon, 200, 30, None, "", "", "2000-01-01", pose)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ground")
    roads = town()
    cameras = [camera(node, roads) for node in range(0, roads.nodes, 3)]
    lay(made, roads, cover(roads, CameraIndex.build(cameras)), cameras)
    return made


def spec(id_: str, started_at: float) -> dict[str, Any]:
    lat, lon = to_wgs84(WEST + 700, SOUTH + 700)
    wall = {"k": 4, "pins": [], "owners": ["city"], "left_out": [], "bad": []}
    place = {"lat": lat, "lon": lon, "accuracy_m": 30.0, "fix_at": started_at, "started_at": started_at}
    return {"id": id_, **place, "mode": "car", "seed": 1, "particles": 1_000, **wall}


def mode(number: int) -> dict[str, Any]:
    """A fact that may be told at any place."""
    nowhere = dict.fromkeys(("camera", "heading", "lat", "lon", "accuracy_m"))
    return {"do": "fact", "number": number, "type": "mode", "mode": "foot", "confidence": 0.8, "at": time.time(), **nowhere}


class Diary(Team):
    """The team, with what every picture said of itself, and every log."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, 1, lambda _pursuit, _watched: None)
        self.pictures: dict[str, list[dict[str, Any]]] = {}
        self.reaches: dict[str, int] = {}
        self.logs: list[str | None] = []

    def heard(self, said: dict[str, Any], lines: list[bytes]) -> None:
        super().heard(said, lines)
        if said["is"] == "log":
            self.logs.append(said["why"])
        if said["is"] == "picture":
            self.pictures.setdefault(said["id"], []).append(said)
            self.reaches[said["id"]] = self.reaches.get(said["id"], 0) + len(lines) - 1

    async def until(self, ready: Any, seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not ready():  # noqa: ASYNC110 -- until real processes have said so
                await asyncio.sleep(0.02)

    async def surely(self, id_: str, message: dict[str, Any], seconds: float = 60.0) -> None:
        """Tell until it was heard: said twice it counts once."""
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(Away):
                    await self.tell(id_, message)
                    return
                await asyncio.sleep(0.02)


@pytest.mark.anyio
async def test_each_of_many_pursuits_has_its_steps_one_after_the_other_and_a_picture_of_them(folder: Path) -> None:
    team = Diary(folder)
    try:
        began = time.time() - 5
        ids = [f"many-{number}" for number in range(6)]
        for number, id_ in enumerate(ids):
            team.begin(spec(id_, began + number / 6))
        await team.until(lambda: all(len(team.pictures.get(id_, [])) >= 4 for id_ in ids))
        for id_ in ids:
            times = [said["now"] for said in team.pictures[id_]]
            assert times == sorted(times)
            assert len(set(times)) > 2, "its pictures move on"
            assert team.pictures[id_][-1]["took"].keys() == {"tick_ms", "tick_cpu_ms", "weigh_ms", "picture_ms", "late_ms"}
        assert team.ticks.buckets()[-1][1] == sum(len(said) for said in team.pictures.values())
    finally:
        await team.close()


@pytest.mark.anyio
async def test_the_reachable_area_comes_when_it_changed_and_is_in_every_picture(folder: Path) -> None:
    team = Diary(folder)
    try:
        team.begin(spec("area", time.time() - 60))
        await team.until(lambda: len(team.pictures.get("area", [])) >= 4)
        assert team.reaches["area"] < len(team.pictures["area"])
        picture = team.picture("area")
        assert picture is not None
        assert [ring["minutes"] for ring in picture["reach"]] == [0, 1, 3, 5]
        assert any(ring["parts"] for ring in picture["reach"])
        assert picture["now"] == team.pictures["area"][-1]["now"]
    finally:
        await team.close()


def test_streets_whole_in_a_smaller_ring_are_left_out_of_the_larger_ones(folder: Path, tmp_path: Path) -> None:
    ground = Ground.load(folder)
    reckoner = Reckoner(ground, spec("rings", 0.0), tmp_path / "log", 40.0)
    reckoner.picture()
    count, text = reckoner.reach
    assert count == 1
    taken: set[int] = set()
    for ring in json.loads(text):
        streets = [street for street, _, _ in ring["parts"]]
        assert len(streets) == len(set(streets))
        assert not taken & set(streets)
        assert all(0 <= low < high <= 1 for _, low, high in ring["parts"])
        taken |= {street for street, low, high in ring["parts"] if (low, high) == (0, 1)}
    metres = sum(ground.roads.length[street] for street in taken)
    one_way = np.unique(ground.network.street)
    assert 0 < metres <= ground.roads.length[one_way].sum()
    reckoner.close()


def test_a_picture_of_before_is_the_one_that_was_shown_with_its_reachable_area(folder: Path, tmp_path: Path) -> None:
    reckoner = Reckoner(Ground.load(folder), spec("past", 0.0), tmp_path / "log", 10.0)
    shown = {}
    for second in range(10, 10 + 10 * (KEPT + 3)):
        reckoner.tick(float(second))
        if second % 10 == 0:
            shown[float(second)] = {**reckoner.picture(), "reach": json.loads(reckoner.reach[1])}
        if second % 25 == 0:
            reckoner.take({"do": "unseen", "seconds": 2.0, "cameras": ["c0", "c3", "unknown"], "screens": 4}, float(second))
    latest = max(shown)
    for at in (latest, latest - 10 * (KEPT - 1)):
        kept = reckoner.at(at + 3)
        assert kept is not None
        assert {name: kept[name] for name in kept if name != "strip"} == {name: shown[at][name] for name in kept if name != "strip"}
        assert [mark["at"] for mark in kept["strip"]] == [latest - 10 * n for n in reversed(range(KEPT))]
    assert reckoner.at(latest - 10 * KEPT) is None
    vain = {tuple(mark["vain"]) for mark in reckoner.picture()["strip"]}
    assert vain == {(), ("c0", "c3", "unknown")}
    reckoner.close()


def test_what_is_told_every_second_is_on_disk_and_not_a_second_time_in_memory(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    ground = Ground.load(folder)
    reckoner = Reckoner(ground, spec("log", 0.0), log, 0.0)
    for second in range(2, 400, 2):
        reckoner.take({"do": "unseen", "seconds": 2.0, "cameras": ["c0", "c3"], "screens": 4}, float(second))
    assert len(reckoner.following.log) == 2
    assert len(log.read_text().splitlines()) == 199
    reckoner.tick(400.0)
    again = Reckoner(ground, spec("log", 0.0), log, 400.0)
    assert again.picture()["belief"] == reckoner.picture()["belief"]
    for each in (reckoner, again):
        each.close()


@pytest.mark.anyio
async def test_a_process_whose_disk_is_full_goes_on_with_its_pursuits_and_says_so_once(folder: Path) -> None:
    team, log = Diary(folder), folder / "full.jsonl"
    try:
        team.begin(spec("full", time.time() - 5))
        await team.until(lambda: team.pictures.get("full"))
        [pid] = team.pids
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
        facts = [mode(number) for number in (1, 2, 3)]
        for fact in facts[:2]:
            team.remember("full", fact)
            await team.surely("full", fact)
        assert [bool(why) for why in team.logs] == [True]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        await team.surely("full", facts[2])
        assert [bool(why) for why in team.logs] == [True, False]
        assert team.pids == [pid]
        assert log.read_bytes().count(b"\n") == 3
        os.kill(pid, signal.SIGKILL)
        await team.until(lambda: team.pids not in ([], [pid]))
        await team.surely("full", facts[2])
        assert log.read_bytes().count(b"\n") == 3, "it knows them all"
    finally:
        await team.close()


@pytest.mark.anyio
async def test_the_cameras_wanted_are_said_again_each_ten_seconds_where_they_lie_elsewhere_by_then_and_at_once_when_asked(
    folder: Path,
) -> None:
    wanted: list[tuple[Watched, ...]] = []
    team = Team(folder, 1, lambda _pursuit, watched: wanted.append(watched))

    def shown(now: float, *watch: list[Any]) -> None:
        took = {"tick_ms": 1.0, "late_ms": 0.0}
        team.heard({"is": "picture", "id": "far", "now": now, "watch": list(watch), "took": took, "lines": 1}, [b"{}"])

    try:
        team.begin(spec("far", 0.0))
        for second in range(31):
            shown(float(second), ["c0", 0.5, 30.0 * second])
        assert wanted == [(Watched("c0", 0.5, away),) for away in (0.0, 300.0, 600.0, 900.0)]
        for second in range(31, 61):
            shown(float(second), ["c0", 0.5, 900.0])
        assert len(wanted) == 4, "nothing moved"
        shown(61.0, ["c3", 0.5, 0.0])
        shown(62.0, ["c3", 0.5, 20.0])
        assert wanted[4:] == [(Watched("c3", 0.5, 0.0),)]
        team.watch_again("far")
        shown(63.0, ["c3", 0.5, 20.0])
        assert wanted[5:] == [(Watched("c3", 0.5, 20.0),)]
    finally:
        await team.close()
