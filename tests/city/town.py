"""A small piece of the real city for tests: the cameras of old Jung-gu on the packaged roads."""

import csv
import gzip
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from bonghwa.city.camera import CityCamera, cameras_from
from bonghwa.city.roads import packaged_roads
from bonghwa.city.scene import Appearance, City
from bonghwa.city.streets import Streets

NIGHT = 1_795_370_469.0
"""2026-11-23 03:01:09 in Korea."""

NOON = NIGHT + 9 * 3600


def camera_rows(south: float = 37.464, west: float = 126.62, north: float = 37.476, east: float = 126.638) -> list[dict[str, Any]]:
    """Cameras of a box of the packaged registry, as the hub exports them."""
    text = gzip.decompress(files("bonghwa.data").joinpath("incheon_cctv.csv.gz").read_bytes()).decode("utf-8-sig")
    rows = []
    for number, row in enumerate(csv.DictReader(text.splitlines())):
        lat, lon = float(row["WGS84위도"]), float(row["WGS84경도"])
        if south < lat < north and west < lon < east:
            for head in range(int(row["카메라대수"] or 1)):
                name = f"중구-{len(rows):04d}"
                about = {"owner": "junggu", "purpose": row["설치목적구분"], "pixels": int(row["카메라화소수"] or 0), "ptz": False}
                direction = row["촬영방면정보"]
                rows.append({"id": f"c{number}x{head}", "name": name, "lat": lat, "lon": lon, "direction_text": direction, **about})
    return rows


class Cast:
    """Appearances that a test puts on."""

    def __init__(self) -> None:
        self.appearances: Sequence[Appearance] = ()

    def __call__(self, unix: float) -> Sequence[Appearance]:
        return self.appearances


def town(cameras: Sequence[CityCamera], cast: Any) -> City:
    """A city of these cameras."""
    return City(cameras, Streets(packaged_roads(), np.array([[camera.x, camera.y] for camera in cameras])), cast)


def real_cameras() -> list[CityCamera]:
    """The cameras of the box."""
    return cameras_from(camera_rows())
