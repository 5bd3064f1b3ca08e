"""The drill's people and cars: a track through real streets, and where its walker is at any moment."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.cars import Paint
from bonghwa.city.chance import unit_of
from bonghwa.city.journey import Journey, Mode
from bonghwa.city.pose import Pose
from bonghwa.city.scene import Appearance
from bonghwa.city.streets import JOIN_M, Street, Streets
from bonghwa.domain.geo import to_wgs84


@dataclass(frozen=True, eq=False)
class Track:
    """A line in grid metres, walked at `speed` m/s from `begins` (Unix time); the walker stays where it ends."""

    xy: NDArray[np.float64]
    speed: float
    begins: float

    @property
    def along(self) -> NDArray[np.float64]:
        """Metres from the start at each point."""
        return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.xy, axis=0).T))])

    def at(self, unix: float) -> tuple[float, float, tuple[float, float], float]:
        """`(x, y, unit heading, metres walked)`; before it begins, the start."""
        along = self.along
        walked = float(np.clip((unix - self.begins) * self.speed, 0.0, along[-1]))
        part = int(np.clip(np.searchsorted(along, walked, side="right") - 1, 0, len(along) - 2))
        step = self.xy[part + 1] - self.xy[part]
        length = max(1e-9, float(np.hypot(*step)))
        point = self.xy[part] + step / length * (walked - along[part])
        return float(point[0]), float(point[1]), (float(step[0]) / length, float(step[1]) / length), walked

    def place(self, unix: float) -> tuple[float, float]:
        """`(lat, lon)` at a moment."""
        x, y, _, _ = self.at(unix)
        return to_wgs84(x, y)

    def speed_at(self, unix: float) -> float:
        """Metres a second at a moment."""
        return self.speed if 0.0 <= (unix - self.begins) * self.speed < self.along[-1] else 0.0


@dataclass(frozen=True, eq=False)
class Actor:
    """Somebody or something of a drill that cameras see from `track.begins` until `ends` (Unix time)."""

    id: str
    look: "object"
    track: Track | Journey
    ends: float
    driven: Paint | None = None
    """The car that is seen instead of him while his journey goes by car."""

    def appearance(self, unix: float) -> Appearance | None:
        """How it appears at a moment; None before it begins and after it ended."""
        if not self.track.begins <= unix < self.ends:
            return None
        x, y, heading, walked = self.track.at(unix)
        look = self.driven if self.driven is not None and self.mode(unix) == "car" else self.look
        return Appearance(self.id, x, y, heading, walked, look)  # type: ignore[arg-type]

    def mode(self, unix: float) -> Mode:
        """How it goes at a moment: a track is `car` where its look is one."""
        if isinstance(self.track, Journey):
            return self.track.mode(unix)
        return "car" if isinstance(self.look, Paint) else "foot"


def standing(x: float, y: float, begins: float, facing: tuple[float, float] = (0.0, 1.0)) -> Track:
    """A track of something that stays where it is."""
    return Track(np.array([[x, y], [x + facing[0] * 1e-3, y + facing[1] * 1e-3]]), 1.0, begins)


def _side_of(street: Street) -> float:
    """How far right of the centre line people walk."""
    return street.width / 2 + street.walk * 0.5 if street.walk > 0 else street.width / 2 - 1.2


def _leg(street: Street, start: float, end: float, lateral: float) -> NDArray[np.float64]:
    """Points along a street from one arc length to another, `lateral` metres to the right of the way."""
    inner = street.along[(street.along > min(start, end)) & (street.along < max(start, end))]
    distances = np.sort(np.concatenate([[start, end], inner]))
    points, direction = street.at(distances)
    if end < start:
        points, direction = points[::-1], -direction[::-1]
    return points + np.stack([direction[:, 1], -direction[:, 0]], axis=1) * lateral


def walk(streets: Streets, start: Street, along: float, metres: float, seed: str, lateral: float | None = None) -> NDArray[np.float64]:
    """A way of about `metres` through the streets, from an arc length of `start`; turns at crossings are drawn from `seed`.

    Nobody turns back unless the street is a dead end.
    """
    street, here = start, along
    forwards = unit_of(seed, "way") < 0.5
    legs: list[NDArray[np.float64]] = []
    walked, turns = 0.0, 0
    while walked < metres:
        end = street.length if forwards else 0.0
        offset = _side_of(street) if lateral is None else lateral
        if abs(end - here) > 0.5:
            legs.append(_leg(street, here, end, offset))
            walked += abs(end - here)
        corner = street.xy[-1] if forwards else street.xy[0]
        street, here, forwards = _next(streets, street, corner, forwards, f"{seed}/{turns}")
        turns += 1
        if turns > 400:
            break
    return np.concatenate(legs) if legs else _leg(start, along, min(start.length, along + 1.0), 0.0)


def _next(streets: Streets, street: Street, corner: NDArray[np.float64], forwards: bool, seed: str) -> tuple[Street, float, bool]:
    """Where to go on at a corner: `(street, arc length, forwards)`."""
    options: list[tuple[Street, float, bool]] = []
    for other in streets.near(float(corner[0]), float(corner[1]), JOIN_M):
        if other.key == street.key:
            continue
        at = other.nearest(float(corner[0]), float(corner[1]))[1]
        options += [(other, at, ahead) for ahead in (True, False) if (other.length - at if ahead else at) > 25.0]
    if not options:
        return street, (street.length if forwards else 0.0), not forwards
    return options[int(unit_of(seed, "turn") * len(options))]


def cameras_seeing(poses: dict[str, Pose], x: float, y: float, within: float) -> list[str]:
    """Ids of cameras whose true view holds a ground point, nearest first; walls are not asked."""
    found = []
    for camera, pose in poses.items():
        east, north = x - pose.x, y - pose.y
        away = float(np.hypot(east, north))
        if away < within:
            turn = (float(np.degrees(np.arctan2(east, north))) - pose.bearing + 180) % 360 - 180
            if abs(turn) < pose.fov / 2:
                found.append((away, camera))
    return [camera for _, camera in sorted(found)]
