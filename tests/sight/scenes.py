"""Cameras to look with: single ones placed by hand, and whole towns drawn from a seed."""

import random

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import to_grid, to_wgs84

X0, Y0 = to_grid(37.4738, 126.6216)


def camera(
    name: str,
    east: float,
    north: float,
    bearing: float | None = None,
    *,
    fov: float = 70.0,
    range_m: float = 60.0,
    pixels: int | None = 200,
    owner: str = "junggu",
    purpose: str = "생활방범",
    ordinal: int = 1,
    all_round: bool = False,
    ptz: bool = False,
    retired: bool = False,
) -> Camera:
    """A camera so many metres from the scene; without a bearing its pose is unknown."""
    lat, lon = to_wgs84(X0 + east, Y0 + north)
    pose = (
        Pose(range_m=range_m, all_round=all_round)
        if bearing is None
        else Pose(range_m=range_m, source="survey", bearing=bearing, fov=fov, ptz=ptz)
    )
    return Camera(
        name, name, owner, f"s-{name}", ordinal, "", "", purpose, lat, lon, pixels, 30, None, "", "", "2026-01-01", pose, retired=retired
    )  # fmt: skip


def town(seed: int, size: int, spread: float = 400.0, known: float = 0.5) -> list[Camera]:
    """Cameras around the scene, a share of them with a known pose, some on shared poles."""
    rng = random.Random(seed)
    spots = [(rng.uniform(-spread, spread), rng.uniform(-spread, spread)) for _ in range(max(1, size * 3 // 4))]
    found = []
    for number in range(size):
        east, north = rng.choice(spots)
        bearing = rng.uniform(0, 359.9) if rng.random() < known else None
        found.append(
            camera(
                f"c{number}", east, north, bearing, fov=rng.choice([40.0, 70.0, 110.0, 180.0, 360.0]), range_m=rng.uniform(20, 150),
                pixels=rng.choice([None, 41, 130, 200, 800]), owner=rng.choice(["junggu", "donggu"]),
                purpose=rng.choice(["생활방범", "교통단속"]), all_round=rng.random() < 0.3,
            )
        )  # fmt: skip
    return found
