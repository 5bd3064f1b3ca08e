"""What the city hands out about its cameras: a survey of their poses for the hub, and their addresses for the gateway.

The survey stands for people who walked through the districts with a compass. They have not been everywhere: about 70 % of the
cameras are in it, chosen by hash, and everything in it carries the source `simulated survey`.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bonghwa.city.camera import CityCamera, Fault
from bonghwa.city.chance import unit_of
from bonghwa.city.onvif import onvif_url
from bonghwa.city.pose import Pose
from bonghwa.city.rtsp import USERNAME, camera_url, password_of

SURVEYED_SHARE = 0.7
SOURCE = "simulated survey"
COLUMNS = ("camera", "bearing", "fov", "range_m", "ptz", "height_m", "source")


def is_surveyed(camera_id: str) -> bool:
    """Whether the survey holds this camera."""
    return unit_of("survey", camera_id) < SURVEYED_SHARE


def write_survey(cameras: Iterable[CityCamera], poses: Mapping[str, Pose], path: Path) -> int:
    """Write the survey as CSV with `COLUMNS`, angles in degrees and lengths in metres; answers how many cameras are in it."""
    with replacing(path, 0o644) as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        written = 0
        for camera in cameras:
            if is_surveyed(camera.id):
                pose = poses[camera.id]
                angles = (f"{pose.bearing:.1f}", f"{pose.fov:.1f}", f"{pose.range_m:.0f}")
                rows.writerow((camera.id, *angles, int(pose.turns), f"{pose.height:.1f}", SOURCE))
                written += 1
        return written


def write_sources(cameras: Iterable[CityCamera], base_url: str, secret: bytes, path: Path, onvif: str | None = None) -> int:
    """Write the gateways' `sources` file: `{"version": 1, "sources": [{"camera", "url", "small_url", "username", "password"}]}`, mode 0600.

    Cameras that turn also get their `onvif` address, where the city has that side (`onvif`, its base address). Cameras with the password
    fault get a password that is not theirs. Answers how many sources were written.
    """
    sources = [
        {
            "camera": camera.id,
            "url": camera_url(base_url, camera.id),
            "small_url": camera_url(base_url, camera.id, small=True),
            "username": USERNAME,
            "password": password_of(b"forgotten" if camera.fault is Fault.PASSWORD else secret, camera.id),
            **({"onvif": onvif_url(onvif, camera.id)} if onvif and camera.turns else {}),
        }
        for camera in cameras
    ]
    with replacing(path, 0o600) as file:
        json.dump({"version": 1, "sources": sources}, file)
    return len(sources)


@contextmanager
def replacing(path: Path, mode: int) -> Iterator[TextIO]:
    """A text file that takes its name only when it is whole."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
