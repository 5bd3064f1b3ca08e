"""Where drills happen: points of real streets before cameras, and what a device or a caller says of a place."""

from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from bonghwa.city.camera import CityCamera
from bonghwa.city.chance import key_of, unit_of
from bonghwa.city.drill import NoSuchPlace
from bonghwa.city.journey import Journey
from bonghwa.city.scene import City
from bonghwa.city.streets import Street
from bonghwa.city.subjects import Track, cameras_seeing
from bonghwa.domain.geo import to_wgs84

_BEFORE_LENS_M = 15.0


@dataclass(frozen=True)
class Spot:
    """A point of a street with cameras around it."""

    street: Street
    along: float
    x: float
    y: float
    camera: CityCamera

    def place(self, accuracy_m: float) -> dict[str, float]:
        """The point as a report's place."""
        return point(self.x, self.y, accuracy_m)


def point(x: float, y: float, accuracy_m: float) -> dict[str, float]:
    """A report's place from grid metres."""
    lat, lon = to_wgs84(x, y)
    return {"lat": round(lat, 6), "lon": round(lon, 6), "accuracy_m": accuracy_m}


def spot(city: City, seed: str, owner: str | None = None, on_known_road: bool = False, cameras: int = 5) -> Spot:
    """A point of a street before a camera, with at least `cameras` cameras (within 130 m) turned towards it, drawn from the seed.

    Where no place has so many, the best of the looked-at ones is taken. Raises `NoSuchPlace` in a city without cameras.
    """
    candidates = [camera for camera in city.cameras.values() if owner is None or camera.owner == owner] or list(city.cameras.values())
    if not candidates:
        raise NoSuchPlace("no cameras")
    known = {street.key for street in city.streets.roads}
    best: tuple[int, CityCamera, Street, float] | None = None
    first = key_of(seed, "spot") % len(candidates)
    for attempt in range(min(60, len(candidates))):
        camera = candidates[(first + attempt * 97) % len(candidates)]
        pose = city.poses[camera.id]
        aim = [pose.x + _BEFORE_LENS_M * sin(radians(pose.bearing)), pose.y + _BEFORE_LENS_M * cos(radians(pose.bearing))]
        street, along = city.streets.foot_points(np.array([aim]))[0]
        foot = street.at(np.array([along]))[0][0]
        around = len(cameras_seeing(city.poses, float(foot[0]), float(foot[1]), 130.0))
        around -= 100 * (on_known_road and street.key not in known)
        if best is None or around > best[0]:
            best = around, camera, street, along
        if around >= cameras:
            break
    assert best is not None
    _, camera, street, along = best
    x, y = street.at(np.array([along]))[0][0].tolist()
    return Spot(street, along, x, y, camera)


def fix(track: Track | Journey, unix: float, seed: str, accuracy_m: float) -> dict[str, float]:
    """A device's fix of a walker: off by less than its accuracy, the same way every time for the same seed."""
    x, y, _, _ = track.at(unix)
    turn, away = 2 * np.pi * unit_of(seed, unix, "turn"), accuracy_m * 0.6 * unit_of(seed, unix, "away")
    return point(x + float(np.sin(turn)) * away, y + float(np.cos(turn)) * away, accuracy_m)
