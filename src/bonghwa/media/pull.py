"""A camera's stream at the gateway: pulled once while anybody may watch, however many do."""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import TypeVar

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.depacketise import Codec, UnshowableStream
from bonghwa.media.feed import DEAD_S, LATE_S, Feed, Subscriber
from bonghwa.media.h264 import CLOCK_RATE, AccessUnit
from bonghwa.media.preroll import PreRoll
from bonghwa.media.rtsp import CameraRefused, CameraUnreachable, PasswordRefused, Redirected, RtspSession, Source

# A camera that was late is well again after so long without a gap; one that sends a picture every other second stays late.
STEADY_S = 2.0
KEY_NEAR_S = 1.0
"""An IDR this young serves whoever joins; for an older one a camera that can is asked for a new one."""
PASSWORD_BACKOFF_S = 30.0
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.5, 8.0
_JUDGE_EVERY_S = 0.25
_FRUITLESS_S = 20.0

_JITTER = secrets.SystemRandom()
_Error = TypeVar("_Error", bound=BaseException)
_log = structlog.get_logger(__name__)


class Pull(Feed):
    """A stream pulled from its camera. `on_health(feed)` and `on_first_frame(seconds)` tell the hub and the metrics.

    `on_rework(pull)` is asked when the stream turns out to be what no browser shows as it comes (`needs_work` says why): true where
    it is coded anew from now on, which must then have moved every viewer away; else the stream is refused.
    """

    def __init__(
        self,
        source: Source,
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        on_rework: Callable[["Pull"], bool] = lambda _: False,
    ) -> None:
        super().__init__(source.camera, on_health)
        self.pre_roll = PreRoll(0)
        self.ask_key: Callable[[str], None] | None = None
        """Asks the camera for an IDR, where it has a way to be asked."""
        self.lost_packets = 0
        self.codec: Codec = "h264"
        self.needs_work: str | None = None
        self._on_rework = on_rework
        self._sps = b""
        self._time = 0
        self._timed_at: float | None = None
        self._kept = False
        self._source = source
        self._redirected: Source | None = None
        self._on_first_frame = on_first_frame
        self._holds: dict[str, float] = {}
        self._paused = False
        self._task: asyncio.Task[None] | None = None
        self._waiting_since = 0.0
        self._steady_since = 0.0

    @property
    def pulled(self) -> bool:
        """Whether the gateway has, or tries to have, a connection to this camera."""
        return self._task is not None

    def wants_key(self) -> None:
        """Where no IDR is near, ask the camera for one."""
        units = self.present
        if self.ask_key is not None and (not units or elapsed() - units[0].arrived > KEY_NEAR_S):
            self.ask_key(self.camera)

    def subscribe(self, subscriber: Subscriber) -> None:
        """As any feed; a viewer who was told of this one before it was known to need work goes over at once."""
        super().subscribe(subscriber)
        if self.needs_work is not None:
            self._on_rework(self)

    def hold(self, grant: str, seconds: float) -> None:
        """Pull on behalf of `grant` for so many seconds though nobody watches yet."""
        self._holds[grant] = max(self._holds.get(grant, 0.0), elapsed() + seconds)
        asyncio.get_running_loop().call_later(seconds + 0.01, self._settle)
        self._settle()

    def release(self, grant: str) -> None:
        """End the hold of `grant`, and with it the linger: its viewers may not come back."""
        if self._holds.pop(grant, None) is not None:
            self._lingers_until = 0.0
        self._settle()

    def held_until(self, grant: str) -> float | None:
        """When the hold of `grant` ends (on the `elapsed` clock); None when it holds nothing, or while nobody may watch."""
        until = self._holds.get(grant)
        return None if self._paused or until is None or until <= elapsed() else until

    def pause(self, paused: bool) -> None:
        """While paused nobody may watch, so nothing is pulled; holds are kept."""
        self._paused = paused
        self._settle()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """While inside, the pull goes on though everybody leaves: they come back another way."""
        self._kept = True
        try:
            yield
        finally:
            self._kept = False
            self._settle()

    def stop(self) -> None:
        """End the pull for good."""
        self._holds.clear()
        super().stop()

    def _settle(self) -> None:
        now = elapsed()
        for grant in [grant for grant, until in self._holds.items() if until <= now]:
            del self._holds[grant]
        wanted = not self._paused and bool(self._kept or self._subscribers or self._holds or self._lingers_until > now)
        if wanted and self._task is None:
            self._waiting_since = now
            self._last_picture = None
            self._task = asyncio.create_task(self._pull(), name="pull")
        elif not wanted and self._task is not None:
            self._task.cancel()
            self._task = None
            self.gop.clear()
            self.unshowable = None
            self._tell("idle")
        if not wanted or not self._holds:
            self.pre_roll.clear()

    async def _pull(self) -> None:
        judge = asyncio.create_task(self._judge())
        backoff = MIN_BACKOFF_S
        try:
            while True:
                before = self._last_picture
                wait = await self._attempt()
                backoff = MIN_BACKOFF_S if self._last_picture != before else min(2 * backoff, MAX_BACKOFF_S)
                await asyncio.sleep(max(wait, backoff * _JITTER.uniform(0.8, 1.2)))
        finally:
            judge.cancel()

    async def _attempt(self) -> float:
        """Pull until it ends; give the least seconds to wait before the next attempt."""
        wait = 0.0
        try:
            source, self._redirected = self._redirected or self._source, None
            async with RtspSession(source, DEAD_S, self._next_time()) as session, asyncio.TaskGroup() as group:
                self._learn_codec(session)
                silence = group.create_task(self._break_when_silent(session))
                async with aclosing(session.pictures()) as pictures:
                    async for unit in pictures:
                        self._take(unit, session)
                silence.cancel()
        except* PasswordRefused:
            self._tell("password")
            wait = PASSWORD_BACKOFF_S
        except* UnshowableStream as found:
            self._refuse(_first(found).code)
            wait = PASSWORD_BACKOFF_S
        except* Redirected as found:
            self._redirected = replace(self._source, url=_first(found).url)
        except* (CameraUnreachable, CameraRefused) as found:
            _log.info("pull_ended", reason=str(_first(found)))
        except* Exception:  # noqa: BLE001  what nobody foresaw of one camera must not end its pull for good
            _log.exception("pull_failed")
        return wait

    def _next_time(self) -> int:
        """The time of a further session's first picture: for a viewer who stays, time goes on."""
        if self._timed_at is None:
            return 0
        return self._time + max(1, round((elapsed() - self._timed_at) * CLOCK_RATE))

    def _learn_codec(self, session: RtspSession) -> None:
        self.codec = session.depacketiser.codec
        if self.codec != "h264":
            self._rework("codec")
        elif self.needs_work == "codec":
            self.needs_work = None
            self._on_rework(self)

    def _rework(self, why: str) -> None:
        """The stream must be coded anew. Raises `UnshowableStream` where that is not done."""
        if self.needs_work != why:
            self.needs_work = why
            if not self._on_rework(self):
                self.needs_work = None
                raise UnshowableStream(why, f"the camera sends what must be coded anew ({why}), and no worker does that here")

    def _take(self, unit: AccessUnit, session: RtspSession) -> None:
        depacketiser = session.depacketiser
        if unit.key and depacketiser.parameter_sets and depacketiser.parameter_sets.sps != self._sps:
            # Another format: whether it has B frames shows anew.
            self._sps = depacketiser.parameter_sets.sps
            if self.needs_work == "b_frames" and not depacketiser.reorders:
                self.needs_work = None
                self._on_rework(self)
        if depacketiser.reorders:
            self._rework("codec" if self.codec != "h264" else "b_frames")
        previous, self._last_picture = self._last_picture, unit.arrived
        self._time, self._timed_at = max(self._time, unit.time), unit.arrived
        self.lost_packets = depacketiser.lost_packets
        self._judge_arrival(unit.arrived, previous)
        if previous is None:
            self._on_first_frame(self.camera, unit.arrived - self._waiting_since)
        if self._holds:
            self.pre_roll.add(unit, depacketiser.parameter_sets)
        self._spread(unit, depacketiser.parameter_sets)

    def _judge_arrival(self, now: float, previous: float | None) -> None:
        if previous is None or now - previous >= LATE_S:
            self._steady_since = now
        if previous is None or self.state in ("idle", "password"):
            self._tell("ok")
        elif self.state in ("late", "dead"):
            self._tell("ok" if now - self._steady_since >= STEADY_S else "late")

    async def _break_when_silent(self, session: RtspSession) -> None:
        began = elapsed()
        while True:
            await asyncio.sleep(_JUDGE_EVERY_S)
            now = elapsed()
            if now - session.heard_at >= DEAD_S:
                raise CameraUnreachable("the camera fell silent")
            # Something comes, but never a picture: perhaps a new session does better.
            if now - max(began, self._last_picture or 0.0) >= _FRUITLESS_S:
                raise CameraUnreachable("no picture in all that comes")

    async def _judge(self) -> None:
        while True:
            await asyncio.sleep(_JUDGE_EVERY_S)
            since = self._waiting_since if self._last_picture is None else self._last_picture
            waited = elapsed() - since
            if self.state == "password":
                continue
            if self._last_picture is None:
                self.wants_key()
            if waited >= DEAD_S:
                self._tell("dead")
            elif waited >= LATE_S and self.state != "dead":
                self._tell("late")


def _first(errors: BaseExceptionGroup[_Error]) -> _Error:
    first: _Error | BaseExceptionGroup[_Error] = errors
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


PullMaker = Callable[[Source, Callable[[Feed], None], Callable[[str, float], None], Callable[[Pull], bool]], Pull]
"""What makes a pull of a source: told of health, of the first picture, and asked when the stream needs coding anew."""
