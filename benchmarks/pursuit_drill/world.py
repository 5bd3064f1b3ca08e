"""The demo's city without its processes: the registry's cameras, their true poses and walls, and what of it the system knows."""

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from math import atan2, degrees
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.policy import View
from benchmarks.pursuit_drill.operator_model import Seen
from bonghwa.city.camera import CityCamera, Fault, cameras_from
from bonghwa.city.canvas import HEIGHT, WIDTH
from bonghwa.city.drill import Play
from bonghwa.city.lookout import looks_towards
from bonghwa.city.pose import NEAREST_M, Lens, Pose
from bonghwa.city.roads import packaged_roads
from bonghwa.city.scene import FIGURES_M, City, Scene
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.stage import Stage
from bonghwa.city.streets import Streets
from bonghwa.city.survey import write_survey
from bonghwa.data import read_data
from bonghwa.domain.camera import Camera
from bonghwa.domain.geo import to_grid
from bonghwa.pursuit.covering import cover
from bonghwa.registry.cameras import parse_file
from bonghwa.registry.roads_packaged import packaged_roads as pursuit_roads
from bonghwa.registry.survey import read_survey
from bonghwa.sight.index import CameraIndex

MOMENT = 1_795_384_800.0
"""2026-11-23 07:00 in Korea: when every drill begins here. The hour changes the light and nothing else."""
FROM_ALARM_S = 15
"""The operator has the first pictures so long after the alarm."""
LEFT_OUT = frozenset({"쓰레기단속"})
"""Purposes that the tracking centre's clause does not open (agreements/tracking-centre.toml)."""
_UNUSABLE = (Fault.SILENT, Fault.DEAD, Fault.PASSWORD)
HORIZON_S = 600


@dataclass(frozen=True, eq=False)
class World:
    """The city, and what the system knows of it."""

    city: City
    view: View
    number: dict[str, int]
    """The number of each usable camera that the system knows to show, or perhaps to show, a road."""


def registered() -> list[Camera]:
    """The cameras of the packaged registry, as the demo imports them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "incheon_cctv.csv"
        file.write_bytes(read_data("incheon_cctv.csv.gz"))
        return list(parse_file(file, date(2026, 11, 23)).cameras)


def as_city(cameras: Sequence[Camera]) -> list[CityCamera]:
    """The same cameras as the demo's city is told of them."""
    return cameras_from(
        {
            "id": c.id, "name": c.name, "owner": c.owner, "lat": c.lat, "lon": c.lon, "purpose": c.purpose, "pixels": c.pixels,
            "direction_text": c.direction_text, "ptz": c.pose.ptz or c.pose.all_round,
        }
        for c in cameras
    )  # fmt: skip


def world() -> World:
    """The whole city of the demo, with its simulated survey of 70 % of the poses."""
    cameras = registered()
    told = as_city(cameras)
    places = np.array([[camera.x, camera.y] for camera in told])
    city = City(told, Streets(packaged_roads(), places), Stage().appearances)
    with tempfile.TemporaryDirectory() as folder:
        write_survey(told, city.poses, Path(folder) / "survey.csv")
        poses = read_survey(Path(folder) / "survey.csv")
    broken = {camera.id for camera in told if camera.fault in _UNUSABLE}
    known = [replace(c, pose=poses.get(c.id, c.pose)) for c in cameras if c.purpose not in LEFT_OUT and c.id not in broken]
    roads = pursuit_roads()
    coverage = cover(roads, CameraIndex.build(known))
    at = np.array([to_grid(city.cameras[camera].lat, city.cameras[camera].lon) for camera in coverage.cameras]) - np.array(roads.origin)
    view = View(roads, coverage, np.ascontiguousarray(at[:, 0]), np.ascontiguousarray(at[:, 1]))
    return World(city, view, {camera: number for number, camera in enumerate(coverage.cameras)})


@dataclass(frozen=True, eq=False)
class Drill:
    """One drill, second by second from when the operator begins to watch."""

    play: Play
    age_s: int
    """How old the alarm's fix is when watching begins."""
    seen: tuple[Seen | None, ...]
    xy: NDArray[np.float64]
    """Where he is each second, metres from the roads' origin."""
    showing: dict[int, list[str]]
    """Usable cameras that show him, by second."""
    first_car: int
    """The second in which he first drives; beyond the horizon when he does not."""


def drills(world: World, seeds: Sequence[str]) -> list[Drill]:
    """The drills of these seeds, with the cameras that show their subjects, by the walls of the city."""
    plays = [SCRIPTS["strap_cut_run"].play(world.city, seed, MOMENT) for seed in seeds]
    seconds = MOMENT + FROM_ALARM_S + np.arange(HORIZON_S)
    wanted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, play in enumerate(plays):
        for second, unix in enumerate(seconds.tolist()):
            appearance = play.actors[0].appearance(unix)
            assert appearance is not None
            for camera in world.city.near(appearance.x, appearance.y, FIGURES_M):
                if camera.id in world.number and _in_frame(world.city.poses[camera.id], appearance.x, appearance.y):
                    wanted[camera.id].append((number, second))
    showing: list[dict[int, list[str]]] = [defaultdict(list) for _ in plays]
    for camera, moments in wanted.items():
        scene = Scene(world.city, world.city.cameras[camera])
        for number, second in moments:
            appearance = plays[number].actors[0].appearance(float(seconds[second]))
            if appearance is not None and scene.sees(appearance, MOMENT):
                showing[number][second].append(camera)
    return [_drill(world, play, seconds, shown) for play, shown in zip(plays, showing, strict=True)]


def _in_frame(pose: Pose, x: float, y: float) -> bool:
    """Whether a point one metre above the ground lies in the picture, walls aside: saves building the street before other cameras."""
    if not looks_towards(pose, x, y):
        return False
    pixel, depth = _lens(pose).project(np.array([[x, y, 1.0]]))
    return bool(depth[0] > NEAREST_M and 0 <= pixel[0, 0] < WIDTH and 0 <= pixel[0, 1] < HEIGHT)


_lens = cache(Lens)


def _drill(world: World, play: Play, seconds: NDArray[np.float64], showing: dict[int, list[str]]) -> Drill:
    subject, origin = play.actors[0], np.array(world.view.roads.origin)
    modes = [subject.mode(float(unix)) for unix in seconds]
    places = [subject.track.at(float(unix)) for unix in seconds]
    seen = tuple(Seen(degrees(atan2(*place[2])) % 360.0, mode) for place, mode in zip(places, modes, strict=True))
    age = round(float(seconds[0]) - subject.track.begins)
    first_car = modes.index("car") if "car" in modes else HORIZON_S
    return Drill(play, age, seen, np.array([place[:2] for place in places]) - origin, showing, first_car)
