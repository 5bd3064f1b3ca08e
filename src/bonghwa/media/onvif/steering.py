"""Orders to turn cameras, carried out beside everything else: a slow camera keeps nobody waiting but who steers it."""

import asyncio
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Protocol

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.onvif.port import Location, Steerable, SteeringFailed
from bonghwa.media.rtsp import Source

LONGEST_MOVE_S = 2.0
KEY_EVERY_S = 2.0

_log = structlog.get_logger(__name__)


class Opens(Protocol):
    """Makes the steering side of a camera, when it is first needed."""

    def __call__(self, source: Source, /) -> Steerable:
        """Nothing is sent yet."""


class _Head:
    """One camera's steering: its orders one after another, the newest move instead of those that wait, and the dead man's switch."""

    def __init__(self, device: Steerable) -> None:
        self.device = device
        self.orders = asyncio.Lock()
        self.newest = 0
        self.ends: asyncio.TimerHandle | None = None
        self.located = False
        self.key_asked = float("-inf")
        self.asking_key = False

    def let_run(self) -> None:
        """The move that runs is replaced, so its end no longer counts."""
        if self.ends is not None:
            self.ends.cancel()
            self.ends = None


class Steering:
    """All cameras of this gateway that have an ONVIF address. `on_location(camera, location)` hears where a camera says that it is."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        opens: Opens,
        now_us: Callable[[], int],
        on_location: Callable[[str, Location], None],
    ) -> None:
        self._sources, self._opens, self._now_us, self._on_location = sources, opens, now_us, on_location
        self._heads: dict[str, _Head] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def obey(self, order: Mapping[str, Any]) -> str | None:
        """Carry out a `ptz` order; None when done, else why not: unsupported, unreachable, password, late or malformed."""
        camera = str(order.get("camera"))
        head = self._head(camera)
        if head is None:
            return "unsupported"
        try:
            act = str(order["act"])
            speeds = [_speed(order.get(part, 0.0)) for part in ("pan", "tilt", "zoom")]
            seconds = min(LONGEST_MOVE_S, max(0.1, float(order.get("for_s", LONGEST_MOVE_S))))
            late = act == "move" and self._now_us() > int(order.get("not_after", 1 << 62))
        except (KeyError, TypeError, ValueError):
            return "malformed"
        if act not in ("move", "stop", "home"):
            return "unsupported"
        if late:
            return "late"
        head.newest += 1
        mine = head.newest
        async with head.orders:
            if act == "move" and mine != head.newest:
                return None
            try:
                await self._carry_out(head, act, speeds, seconds)
            except SteeringFailed as failed:
                _log.info("steering_failed", act=act, refused=failed.refused, reason=str(failed))
                return failed.refused
        self._locate(camera, head)
        return None

    async def _carry_out(self, head: _Head, act: str, speeds: list[float], seconds: float) -> None:
        head.let_run()
        if act == "move":
            await head.device.move(speeds[0], speeds[1], speeds[2], seconds)
            head.ends = asyncio.get_running_loop().call_later(seconds, self._end_move, head)
        elif act == "stop":
            await head.device.stop()
        else:
            await head.device.home()

    def _end_move(self, head: _Head) -> None:
        """Nobody renewed the move: stop, also where the camera does not keep its own timeout."""
        head.ends = None
        self._spawn(self._stop(head, head.newest))

    async def _stop(self, head: _Head, newest: int) -> None:
        async with head.orders:
            if head.newest == newest:
                try:
                    await head.device.stop()
                except SteeringFailed as failed:
                    _log.warning("stop_failed", refused=failed.refused)

    def ask_key_picture(self, camera: str) -> None:
        """Have the camera send an IDR, at most every `KEY_EVERY_S`; nothing waits for it, and a camera that cannot is left alone."""
        head = self._head(camera)
        if head is not None and not head.asking_key and elapsed() - head.key_asked >= KEY_EVERY_S:
            head.key_asked, head.asking_key = elapsed(), True
            self._spawn(self._ask_key_picture(camera, head))

    async def _ask_key_picture(self, camera: str, head: _Head) -> None:
        try:
            await head.device.ask_key_picture()
        except SteeringFailed as failed:
            # It will not learn it: do not ask again for as long as this gateway runs; a password may be set right meanwhile.
            head.key_asked = float("inf") if failed.refused == "unsupported" else elapsed() + 30.0
            return
        finally:
            head.asking_key = False
        self._locate(camera, head)

    def _locate(self, camera: str, head: _Head) -> None:
        """Once a start, say where the camera says that it is."""
        if not head.located:
            head.located = True
            self._spawn(self._tell_location(camera, head))

    async def _tell_location(self, camera: str, head: _Head) -> None:
        try:
            location = await head.device.location()
        except SteeringFailed:
            head.located = False
            return
        if location is not None:
            self._on_location(camera, location)

    def _head(self, camera: str) -> _Head | None:
        head = self._heads.get(camera)
        if head is None:
            source = self._sources.get(camera)
            if source is None or not source.onvif:
                return None
            head = self._heads[camera] = _Head(self._opens(source))
        return head

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End what runs; moves end by the camera's own timeout."""
        for head in self._heads.values():
            head.let_run()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _speed(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError("speed")
    return min(1.0, max(-1.0, number))
