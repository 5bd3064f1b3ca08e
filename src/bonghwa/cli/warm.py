"""`bonghwa warm`: compile the kernels once, so that no alarm waits for a compiler. NUMBA_CACHE_DIR says where they are kept."""

import argparse
import time
from collections.abc import Sequence

import numpy as np

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import destination, to_grid
from bonghwa.pursuit.covering import cover
from bonghwa.pursuit.roads import FOOT
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


def _camera(number: int) -> Camera:
    lat, lon = destination(*_PLACE, 120.0 * number, 40.0)
    pose = Pose(range_m=60.0) if number else Pose(range_m=60.0, source="survey", bearing=180.0, fov=70.0)
    return Camera(
        f"warm{number}", f"warm-{number}", "warm", f"site{number}", 1, "", "", "", lat, lon, 200, 30, None, "", "", "2000-01-01", pose
    )  # fmt: skip
