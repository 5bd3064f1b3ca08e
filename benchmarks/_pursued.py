"""Pursuits in the product's processes, fed as a hub feeds them: for benchmarks/pursuers.py."""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks._graphs import grid
from bonghwa.data import read_data
from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import to_grid, to_wgs84
from bonghwa.domain.pursuit import Watched
from bonghwa.pursuers.ground import Ground, lay
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuers.team import Refused, Team
from bonghwa.pursuit.covering import cover
from bonghwa.pursuit.roads import Roads
from bonghwa.registry.cameras import parse_file
from bonghwa.registry.roads_packaged import roads_at
from bonghwa.sight.index import CameraIndex

PARTICLES = 30_000
WATCHED = 16
TOLD_EVERY_S = 2.0
SIGHTED_EVERY_S = 5.0
LAG_PROBE_S = 0.01
AGO_S = 300.0
"""The pursuits began so long ago: he may be far by now, which is the dear part."""
WARM_UP_S = 12.0
READY_S = 300.0
HOUR_S = 3_600
SETTLED_S = 720
"""From then on the kept pictures are as many as they will be."""
SEED = 20_261_123


@dataclass(frozen=True)
class Laid:
    """A folder with ground, where pursuits begin on it, and whose cameras there are."""

    folder: Path
    about: str
    starts: tuple[tuple[float, float], ...]
    owners: tuple[str, ...]

    def spec(self, number: int, began: float) -> dict[str, Any]:
        """How the hub begins one; a third each on foot, driving, and of unknown mode."""
        lat, lon = self.starts[number % len(self.starts)]
        return {
            "id": f"pursuit-{number}",
            "lat": lat,
            "lon": lon,
            "accuracy_m": 50.0,
            "fix_at": began - 60.0,
            "started_at": began,
            "mode": ("foot", "car", None)[number % 3],
            "seed": number,
            "particles": PARTICLES,
            "k": WATCHED,
            "pins": [],
            "owners": list(self.owners),
            "left_out": [],
            "bad": [],
        }


@dataclass(frozen=True)
class Load:
    """How many pursuits in how many processes, for how long."""

    pursuits: int
    size: int
    seconds: float
    ago_s: float = AGO_S
    warm_up_s: float = WARM_UP_S


@dataclass
class Measured:
    """What came of it. Milliseconds, one value a second and pursuit where nothing else is said."""

    tick_ms: list[float] = field(default_factory=list)
    tick_cpu_ms: list[float] = field(default_factory=list)
    second_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)
    """One value a sighting."""
    lag_ms: list[float] = field(default_factory=list)
    """How much later than asked the hub's loop woke, a hundred times a second."""
    picture_bytes: list[float] = field(default_factory=list)
    skipped: int = 0
    seconds_followed: int = 0
    pss: int = 0
    busy: float = 0.0
    """Processors busy with the processes, in the mean."""


class Listening(Team):
    """The team, with what each picture says of itself taken down."""

    measured: Measured | None = None

    def heard(self, said: dict[str, Any], lines: list[bytes]) -> None:
        super().heard(said, lines)
        if said["is"] != "picture":
            return
        now, took, before = said["now"], said["took"], self.last.get(said["id"])
        self.last[said["id"]] = now
        if self.measured is None or before is None:
            return
        measured = self.measured
        measured.skipped += max(0, round(now - before) - 1)
        measured.picture_bytes.append(float(sum(map(len, lines))))
        measured.second_ms.append(took["tick_ms"] + took["weigh_ms"] + took["picture_ms"])
        if now == before:  # news made this picture, no step
            return
        measured.tick_ms.append(took["tick_ms"])
        measured.tick_cpu_ms.append(took["tick_cpu_ms"])
        measured.late_ms.append(took["late_ms"])

    def __init__(self, folder: Path, size: int) -> None:
        super().__init__(folder, size, self._wanted)
        self.last: dict[str, float] = {}
        self.watched: dict[str, list[str]] = {}

    def _wanted(self, pursuit: str, watched: tuple[Watched, ...]) -> None:
        self.watched[pursuit] = [each.camera for each in watched]


async def follow(ground: Laid, load: Load) -> Measured:
    """Begin pursuits, feed them, and measure. Raises TimeoutError when the processes do not come up."""
    for log in ground.folder.glob("*.jsonl"):
        log.unlink()
    team, measured = Listening(ground.folder, load.size), Measured()
    began = time.time() - load.ago_s
    ids = []
    for number in range(load.pursuits):
        spec = ground.spec(number, began + number / load.pursuits)
        ids.append(spec["id"])
        team.begin(spec)
    try:
        async with asyncio.timeout(READY_S):
            while len(team.last) < load.pursuits:  # noqa: ASYNC110 -- until the processes have said so
                await asyncio.sleep(0.1)
        feeding = [asyncio.create_task(_unseen(team, ids))]
        await asyncio.sleep(load.warm_up_s)
        feeding += [asyncio.create_task(_sighted(team, ids, measured)), asyncio.create_task(_probe(measured))]
        processes = [psutil.Process(pid) for pid in team.pids]
        spent, at = _processor(processes), time.monotonic()
        team.measured = measured
        await asyncio.sleep(load.seconds)
        team.measured = None
        measured.busy = (_processor(processes) - spent) / (time.monotonic() - at)
        measured.seconds_followed = round(load.pursuits * load.seconds)
        measured.pss = sum(pss_of(pid) for pid in team.pids)
        for task in feeding:
            task.cancel()
        await asyncio.gather(*feeding, return_exceptions=True)
    finally:
        await team.close()
    return measured


async def _unseen(team: Listening, ids: list[str]) -> None:
    """As the hub does: of all pursuits at once, every two seconds."""
    while True:
        for id_ in ids:
            team.say(id_, {"do": "unseen", "seconds": TOLD_EVERY_S, "cameras": team.watched.get(id_, []), "screens": WATCHED})
        await asyncio.sleep(TOLD_EVERY_S)


async def _sighted(team: Listening, ids: list[str], measured: Measured) -> None:
    """Tell one after the other that he was seen on its first camera."""
    number = 0
    while True:
        await asyncio.sleep(SIGHTED_EVERY_S)
        id_ = ids[number % len(ids)]
        number += 1
        if not team.watched.get(id_):
            continue
        fact = {
            "do": "fact", "number": number, "type": "sighting", "at": time.time(), "camera": team.watched[id_][0], "heading": None,
            "mode": None, "confidence": 0.8, "lat": None, "lon": None, "accuracy_m": None,
        }  # fmt: skip
        asked = time.perf_counter()
        with contextlib.suppress(Refused):
            await team.tell(id_, fact)
            measured.answer_ms.append(1e3 * (time.perf_counter() - asked))


async def _probe(measured: Measured) -> None:
    while True:
        at = time.perf_counter()
        await asyncio.sleep(LAG_PROBE_S)
        measured.lag_ms.append(1e3 * (time.perf_counter() - at - LAG_PROBE_S))


def _processor(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def pss_of(pid: int | str) -> int:
    """The memory of a process in bytes, what it shares counted in its share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def grown(ground: Laid) -> dict[str, float]:
    """What an hour of one pursuit leaves, in a process of its own: bytes grown, bytes of its log, seconds to begin anew from that."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(hour, ground).result()


def hour(ground: Laid, seconds: int = HOUR_S, settled: int = SETTLED_S) -> dict[str, float]:
    """Drive a reckoner through an hour as fast as it goes, told and asked as always."""
    stands = Ground.load(ground.folder)
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log.jsonl"
        spec = ground.spec(0, 0.0)
        reckoner = Reckoner(stands, spec, log, 0.0)
        before = 0
        for second in range(1, seconds + 1):
            now = float(second)
            reckoner.tick(now)
            picture = reckoner.picture()
            if second % round(TOLD_EVERY_S) == 0:
                # As if it came over the line: no two messages share their words.
                told = {
                    "do": "unseen",
                    "seconds": TOLD_EVERY_S,
                    "cameras": [each["camera"] for each in picture["watch"]],
                    "screens": WATCHED,
                }
                reckoner.take(json.loads(json.dumps(told)), now)
            if second == settled:
                before = pss_of("self")
        after, size = pss_of("self"), log.stat().st_size
        reckoner.close()
        at = time.perf_counter()
        Reckoner(stands, spec, log, float(seconds)).close()
        return {"grown": float(after - before), "log": float(size), "again_s": time.perf_counter() - at}


def grid_ground(folder: Path, side: int = 195) -> Laid:
    """A grid of crossings 50 m apart, surveyed cameras at every fourth of them."""
    west, south = to_grid(37.40, 126.60)
    roads = grid(side, 50.0, (west, south))
    rng = np.random.default_rng(SEED)
    cameras = []
    for node in np.flatnonzero(rng.random(roads.nodes) < 0.25).tolist():
        lat, lon = to_wgs84(west + float(roads.x[node]), south + float(roads.y[node]))
        pose = Pose(60.0, "survey", float(rng.integers(4) * 90), 110.0)
        cameras.append(
            Camera(f"cam-{node}", f"cam-{node}", "city", f"site-{node}", 1, "", "", "", lat, lon, 200, 30, None, "", "", "2000-01-01", pose)
        )
    return _laid(folder, roads, cameras, np.flatnonzero(np.hypot(roads.x - side * 25, roads.y - side * 25) < 2_500), rng)


def packaged_ground(folder: Path) -> Laid:
    """The roads and cameras of the package; pursuits begin in Jung-gu and Dong-gu."""
    file = folder / "cctv.csv"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(read_data("incheon_cctv.csv.gz"))
    roads, cameras = roads_at(""), list(parse_file(file, date(2026, 1, 1)).cameras)
    x, y = to_grid(37.4738, 126.6216)
    near = np.flatnonzero(np.hypot(roads.x + roads.origin[0] - x, roads.y + roads.origin[1] - y) < 2_500)
    return _laid(folder, roads, cameras, near, np.random.default_rng(SEED))


def _laid(folder: Path, roads: Roads, cameras: list[Camera], near: Any, rng: np.random.Generator) -> Laid:
    coverage = cover(roads, CameraIndex.build(cameras))
    lay(folder, roads, coverage, cameras)
    starts = rng.choice(near, 20)
    places = [to_wgs84(float(roads.x[n] + roads.origin[0]), float(roads.y[n] + roads.origin[1])) for n in starts]
    about = f"{roads.nodes:,} nodes, {len(coverage.cameras):,} cameras"
    return Laid(folder, about, tuple(places), tuple(sorted({camera.owner for camera in cameras})))


GROUNDS: dict[str, Callable[[Path], Laid]] = {"grid": grid_ground, "packaged": packaged_ground}
