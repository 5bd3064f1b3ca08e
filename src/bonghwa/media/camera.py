"""One camera at the gateway: pulled once while anybody may watch, fanned out to all who do, its health told as it is."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Literal, Protocol

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.depacketise import UnshowableStream
from bonghwa.media.gop import Gop
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.rtsp import CameraRefused, CameraUnreachable, PasswordRefused, RtspSession, Source

Health = Literal["idle", "ok", "late", "dead", "password", "frozen", "black"]

LATE_S = 1.5
DEAD_S = 5.0
LINGER_S = 2.0
# A camera that was late is well again after so long without a gap; one that sends a picture every other second stays late.
STEADY_S = 2.0
PASSWORD_BACKOFF_S = 30.0
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.5, 8.0
_JUDGE_EVERY_S = 0.25
KEY_NEAR_S = 1.0
"""An IDR this young serves whoever joins; for an older one a camera that can is asked for a new one."""

_JITTER = secrets.SystemRandom()
_log = structlog.get_logger(__name__)


class Subscriber(Protocol):
    """Who is sent a camera's pictures."""

    def picture(self, unit: AccessUnit) -> None:
        """The next access unit."""

    def health(self, state: Health) -> None:
        """The camera's state changed."""

    def unshowable(self, code: str) -> None:
        """The camera sends what cannot be shown; nothing will come."""


class Camera:
    """The pull and its fan-out. `on_health(camera, state)` and `on_first_frame(seconds)` tell the hub and the metrics."""

    def __init__(self, source: Source, on_health: Callable[["Camera"], None], on_first_frame: Callable[["Camera", float], None]) -> None:
        self.id = source.camera
        self.gop = Gop()
        self.state: Health = "idle"
        self.unshowable: str | None = None
        self.lost_packets = 0
        self.ask_key: Callable[[str], None] | None = None
        self._source = source
        self._on_health = on_health
        self._on_first_frame = on_first_frame
        self._subscribers: set[Subscriber] = set()
        self._holds: dict[str, float] = {}
        self._paused = False
        self._lingers_until = 0.0
        self._task: asyncio.Task[None] | None = None
        self._last_picture: float | None = None
        self._waiting_since = 0.0
        self._steady_since = 0.0

    @property
    def pulled(self) -> bool:
        """Whether the gateway has, or tries to have, a connection to this camera."""
        return self._task is not None

    @property
    def watched(self) -> bool:
        """Whether anybody is being sent its pictures."""
        return bool(self._subscribers)

    @property
    def picture_age(self) -> float | None:
        """Seconds since the last picture came; None before the first one."""
        return None if self._last_picture is None else elapsed() - self._last_picture

    @property
    def present(self) -> Sequence[AccessUnit]:
        """What a viewer who joins is sent: the pictures since the last IDR, none when the last is so old that it would pass for live."""
        age = self.picture_age
        return self.gop.units if age is not None and age < DEAD_S else ()

    def want_key(self) -> None:
        """Somebody needs an IDR: where none is near, ask the camera for one if it has a way to be asked."""
        units = self.present
        if self.ask_key is not None and (not units or elapsed() - units[0].arrived > KEY_NEAR_S):
            self.ask_key(self.id)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send every further picture to `subscriber`, and pull if nobody did before."""
        self._subscribers.add(subscriber)
        self._settle()

    def unsubscribe(self, subscriber: Subscriber, linger: bool) -> None:
        """Send it nothing more. With `linger` the pull goes on for two seconds, for the viewer that comes back another way."""
        if subscriber in self._subscribers:
            self._subscribers.discard(subscriber)
            if linger and not self._subscribers:
                self._lingers_until = elapsed() + LINGER_S
                asyncio.get_running_loop().call_later(LINGER_S + 0.01, self._settle)
            self._settle()

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

    def pause(self, paused: bool) -> None:
        """While paused nobody may watch, so nothing is pulled; holds are kept."""
        self._paused = paused
        self._settle()

    def stop(self) -> None:
        """End the pull for good."""
        self._holds.clear()
        self._subscribers.clear()
        self._lingers_until = 0.0
        self._settle()

    def _settle(self) -> None:
        now = elapsed()
        for grant in [grant for grant, until in self._holds.items() if until <= now]:
            del self._holds[grant]
        wanted = not self._paused and bool(self._subscribers or self._holds or self._lingers_until > now)
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
            async with RtspSession(self._source, DEAD_S) as session, asyncio.TaskGroup() as group:
                silence = group.create_task(_break_when_silent(session))
                async with aclosing(session.pictures()) as pictures:
                    async for unit in pictures:
                        self._take(unit, session)
                silence.cancel()
        except* PasswordRefused:
            self._tell("password")
            wait = PASSWORD_BACKOFF_S
        except* UnshowableStream as found:
            self._refuse(found)
            wait = PASSWORD_BACKOFF_S
        except* (CameraUnreachable, CameraRefused) as found:
            _log.info("pull_ended", reason=str(found.exceptions[0]))
        except* Exception:  # noqa: BLE001  what nobody foresaw of one camera must not end its pull for good
            _log.exception("pull_failed")
        return wait

    def _take(self, unit: AccessUnit, session: RtspSession) -> None:
        previous, self._last_picture = self._last_picture, unit.arrived
        self.lost_packets = session.depacketiser.lost_packets
        self.gop.add(unit, session.depacketiser.parameter_sets)
        self.unshowable = None
        self._judge_arrival(unit.arrived, previous)
        if previous is None:
            self._on_first_frame(self, unit.arrived - self._waiting_since)
        for subscriber in tuple(self._subscribers):
            try:
                subscriber.picture(unit)
            except Exception:  # noqa: BLE001  one viewer's fault must not take the picture from the others
                _log.exception("viewer_failed")
                self._subscribers.discard(subscriber)

    def _judge_arrival(self, now: float, previous: float | None) -> None:
        if previous is None or now - previous >= LATE_S:
            self._steady_since = now
        if previous is None or self.state in ("idle", "password"):
            self._tell("ok")
        elif self.state in ("late", "dead"):
            self._tell("ok" if now - self._steady_since >= STEADY_S else "late")

    def _refuse(self, error: BaseExceptionGroup[UnshowableStream]) -> None:
        first: BaseException = error
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        self.unshowable = first.code if isinstance(first, UnshowableStream) else "codec"
        _log.warning("camera_unshowable", code=self.unshowable)
        self.gop.clear()
        self._tell("dead")
        for subscriber in tuple(self._subscribers):
            subscriber.unshowable(self.unshowable)

    async def _judge(self) -> None:
        while True:
            await asyncio.sleep(_JUDGE_EVERY_S)
            since = self._waiting_since if self._last_picture is None else self._last_picture
            waited = elapsed() - since
            if self.state == "password":
                continue
            if self._last_picture is None:
                self.want_key()
            if waited >= DEAD_S:
                self._tell("dead")
            elif waited >= LATE_S and self.state != "dead":
                self._tell("late")

    def judge_picture(self, state: Literal["ok", "frozen", "black"]) -> None:
        """Take what a look at the decoded picture found; a camera that is late or dead stays so."""
        if self.state in ("ok", "frozen", "black"):
            self._tell(state)

    def _tell(self, state: Health) -> None:
        if state == self.state:
            return
        self.state = state
        self._on_health(self)
        for subscriber in tuple(self._subscribers):
            subscriber.health(state)


async def _break_when_silent(session: RtspSession) -> None:
    while elapsed() - session.heard_at < DEAD_S:  # noqa: ASYNC110  silence sets no event
        await asyncio.sleep(_JUDGE_EVERY_S)
    raise CameraUnreachable("the camera fell silent")
