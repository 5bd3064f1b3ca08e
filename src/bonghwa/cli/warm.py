"""`bonghwa warm`: compile the kernels once, so that no alarm waits for a compiler. NUMBA_CACHE_DIR says where they are kept."""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import destination, to_grid, to_wgs84
from bonghwa.pursuers.ground import Ground, lay
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuit.covering import cover
from bonghwa.pursuit.roads import CAR, FOOT
from bonghwa.registry.road_streets import Street, pack
from bonghwa.sight.choose import choose
from bonghwa.sight.exits import RoadExits
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.occlusion import Footprints

_PLACE = (37.4738, 126.6216)


def run(argv: Sequence[str]) -> int:
    """Compile every kernel by using it; prints how long that took."""
    parser = argparse.ArgumentParser(prog="bonghwa warm", description="Compile the kernels into the cache (NUMBA_CACHE_DIR).")
    parser.add_argument("--quiet", action="store_true", help="print nothing")
    args = parser.parse_args(argv)
    started = time.perf_counter()
    warm_sight()
    warm_pursuits()
    if not args.quiet:
        print(f"kernels ready in {time.perf_counter() - started:.1f} s")
    return 0


def warm_sight() -> None:
    """Run each kernel of the selection on three cameras, a wall and a road."""
    x, y = to_grid(*_PLACE)
    cameras = [_camera(number) for number in range(3)]
    walls = Footprints([[(x + 20, y + 20), (x + 40, y + 20), (x + 40, y + 40)]])
    index = CameraIndex.build(cameras, walls)
    index.set_pose(cameras[0].id, Pose(range_m=150, source="survey", bearing=90.0, fov=60.0))
    index.seeing(x, y)
    index.seeing_each(np.array([x]), np.array([y]))
    roads = RoadExits.straight([(x - 300, y, x + 300, y)])
    exits = roads.exits(x, y)
    choose(index, x, y, 30.0, 2, 1, 300.0, exclude=frozenset({cameras[2].id}), night=True, exits=exits)
    plain = CameraIndex.build(cameras)
    plain.seeing(x, y)
    choose(plain, x, y, 0.0, 2, 0, 1.0)
    line = np.array([[x - 30, y], [x + 30, y]])
    cover(pack(line, [Street(0, 1, line, FOOT, FOOT, 1.0)], ""), index)


def warm_pursuits() -> None:
    """Follow somebody through a small town for half a minute, told every kind of fact, as a pursuer does."""
    x, y = to_grid(*_PLACE)
    steps = [0.0, 60.0, 120.0, 180.0]
    lines = [np.array([[x + a, y], [x + a, y + 180]]) for a in steps] + [np.array([[x, y + a], [x + 180, y + a]]) for a in steps]
    lines = [
        np.array([line[0] + (line[1] - line[0]) * at / 3, line[0] + (line[1] - line[0]) * (at + 1) / 3])
        for line in lines
        for at in range(3)
    ]
    ends: dict[tuple[float, float], int] = {}
    both = FOOT | CAR
    streets = []
    for line in lines:
        start, end = (ends.setdefault((round(px), round(py)), len(ends)) for px, py in line.tolist())
        streets.append(Street(start, end, line, both, both, 10.0))
    places = np.array(sorted(ends, key=lambda end: ends[end]), np.float64)
    roads, cameras = pack(places, streets, ""), [_camera(number) for number in range(3)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay(folder, roads, cover(roads, CameraIndex.build(cameras)), cameras)
        lat, lon = to_wgs84(x + 60, y + 60)
        place = {"lat": lat, "lon": lon, "accuracy_m": 30.0}
        wall = {"k": 2, "pins": [cameras[0].id], "owners": ["warm"], "left_out": [], "bad": []}
        spec = {"id": "warm", **place, "fix_at": 0.0, "started_at": 5.0, "mode": None, "seed": 1, "particles": 2_000, **wall}
        reckoner = Reckoner(Ground.load(folder), spec, folder / "log", 5.0)
        fact = {"do": "fact", "heading": 90.0, "mode": "foot", "confidence": 0.8, **place}
        for at, kind in enumerate(("sighting", "not_seen", "plate", "fix", "report", "mode", "sighting"), 1):
            reckoner.take({**fact, "number": at, "type": kind, "at": 5.0 + at, "camera": cameras[at % 3].id}, 5.0 + at)
        reckoner.take({"do": "unseen", "seconds": 2.0, "cameras": [c.id for c in cameras], "screens": 3}, 13.0)
        reckoner.take({"do": "undo", "number": 3}, 14.0)
        for now in (15.0, 25.0, 35.0):
            reckoner.tick(now)
            reckoner.picture()
        reckoner.close()


def _camera(number: int) -> Camera:
    lat, lon = destination(*_PLACE, 120.0 * number, 40.0)
    pose = Pose(range_m=60.0) if number else Pose(range_m=60.0, source="survey", bearing=180.0, fov=70.0)
    return Camera(
        f"warm{number}", f"warm-{number}", "warm", f"site{number}", 1, "", "", "", lat, lon, 200, 30, None, "", "", "2000-01-01", pose
    )  # fmt: skip
