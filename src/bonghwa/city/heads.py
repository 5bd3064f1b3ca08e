"""Heads that turn: where a simulated PTZ camera points now, as an offset from how it was mounted.

Nothing runs while a head turns: its aim is worked out from when it began and how fast, whenever a picture is drawn.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import copysign, exp, log

from bonghwa.city.pose import Pose

PAN_DEG_S, TILT_DEG_S, ZOOM_LOG_S = 40.0, 20.0, 0.7
"""Speeds at full velocity; zoom in powers of e a second."""

HOMEWARD = 2.5
"""The way home is driven so many times as fast."""

TILT_UP_DEG, TILT_DOWN_DEG, ZOOM_MOST = 25.0, 45.0, 8.0
STEEPEST_DEG, FLATTEST_DEG = 65.0, 2.0
_NARROWEST_FOV_DEG = 8.0


@dataclass(frozen=True)
class Aim:
    """How far a head is from its mounted pose: degrees to the right and upwards, and times magnified."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0


HOME = Aim()


@dataclass(frozen=True)
class _Turn:
    """A head's way: from `start` at `at` until `until`, at these speeds; without speeds it drives home."""

    start: Aim
    at: float
    until: float
    speed: tuple[float, float, float] | None

    def aim(self, unix: float) -> Aim:
        """Where it points at a moment."""
        seconds = max(0.0, min(unix, self.until) - self.at)
        if self.speed is None:
            return self._homeward(seconds * HOMEWARD)
        pan, tilt, zoom = self.speed
        return Aim(
            self.start.pan + pan * PAN_DEG_S * seconds,
            _held(self.start.tilt + tilt * TILT_DEG_S * seconds, -TILT_DOWN_DEG, TILT_UP_DEG),
            _held(self.start.zoom * exp(zoom * ZOOM_LOG_S * seconds), 1.0, ZOOM_MOST),
        )

    def _homeward(self, seconds: float) -> Aim:
        start = self.start
        return Aim(
            _nearer(start.pan, PAN_DEG_S * seconds),
            _nearer(start.tilt, TILT_DEG_S * seconds),
            exp(_nearer(log(start.zoom), ZOOM_LOG_S * seconds)),
        )


def _held(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


def _nearer(value: float, by: float) -> float:
    return copysign(max(0.0, abs(value) - by), value)


class Heads:
    """All heads that are away from home. Read by drawing threads: an entry is replaced whole."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._turns: dict[str, _Turn] = {}

    def __len__(self) -> int:
        return len(self._turns)

    def move(self, camera: str, pan: float, tilt: float, zoom: float, seconds: float) -> None:
        """Turn with these velocities (-1 to 1) for so many seconds, from where it points now."""
        now = self._clock()
        start = self.aim(camera, now)
        start = replace(start, pan=(start.pan + 180.0) % 360.0 - 180.0)
        self._turns[camera] = _Turn(start, now, now + seconds, (_held(pan, -1, 1), _held(tilt, -1, 1), _held(zoom, -1, 1)))

    def stop(self, camera: str) -> None:
        """Stand still where it points now."""
        now = self._clock()
        if camera in self._turns:
            self._turns[camera] = _Turn(self.aim(camera, now), now, now, (0.0, 0.0, 0.0))

    def home(self, camera: str) -> None:
        """Drive back to the mounted pose."""
        now = self._clock()
        if camera in self._turns:
            start = self.aim(camera, now)
            self._turns[camera] = _Turn(replace(start, pan=(start.pan + 180.0) % 360.0 - 180.0), now, float("inf"), None)

    def aim(self, camera: str, unix: float) -> Aim:
        """Where a camera points at a moment; one that came home is forgotten."""
        turn = self._turns.get(camera)
        if turn is None:
            return HOME
        aim = turn.aim(unix)
        if turn.speed is None and aim == HOME and self._turns.get(camera) is turn:
            self._turns.pop(camera, None)
        return aim


def turned(pose: Pose, aim: Aim) -> Pose:
    """The pose of a camera whose head is turned. The same aim gives the same pose, so that a head at rest is drawn once."""
    if aim == HOME:
        return pose
    return replace(
        pose,
        bearing=round((pose.bearing + aim.pan) % 360.0, 1),
        pitch=round(_held(pose.pitch - aim.tilt, FLATTEST_DEG, STEEPEST_DEG), 1),
        fov=round(max(_NARROWEST_FOV_DEG, pose.fov / aim.zoom), 1),
    )
