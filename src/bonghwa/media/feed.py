"""One stream of a camera's pictures: kept since the last IDR, sent on to all who watch, its health told as it is."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.fmp4 import Fragmenter
from bonghwa.media.gop import Gop
from bonghwa.media.h264 import AccessUnit, ParameterSets

Health = Literal["idle", "ok", "late", "dead", "password", "frozen", "black"]
Kind = Literal["own", "recoded", "masked"]
"""The camera's own pictures; or coded anew; or coded anew with its mask."""

LATE_S = 1.5
DEAD_S = 5.0
LINGER_S = 2.0

_log = structlog.get_logger(__name__)


class Subscriber(Protocol):
    """Who is sent a feed's pictures."""

    def picture(self, unit: AccessUnit) -> None:
        """The next access unit."""

    def health(self, state: Health) -> None:
        """The camera's state changed."""

    def unshowable(self, code: str) -> None:
        """The camera sends what cannot be shown; nothing will come."""

    def show(self, small: bool) -> None:
        """What is shown of this camera is made another way now: go over to the feed it names."""


class Feed:
    """A stream and its subscribers. What fills it (a pull, a worker) derives from it and overrides `_settle`."""

    def __init__(self, camera: str, on_health: Callable[["Feed"], None]) -> None:
        self.camera = camera
        self.kind: Kind = "own"
        self.gop = Gop()
        self.fragmenter = Fragmenter()
        self.state: Health = "idle"
        self.unshowable: str | None = None
        self._on_health = on_health
        self._subscribers: set[Subscriber] = set()
        self._last_picture: float | None = None
        self._lingers_until = 0.0

    @property
    def watched(self) -> bool:
        """Whether anybody is being sent its pictures."""
        return bool(self._subscribers)

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Who is being sent its pictures."""
        return tuple(self._subscribers)

    @property
    def picture_age(self) -> float | None:
        """Seconds since the last picture came; None before the first one."""
        return None if self._last_picture is None else elapsed() - self._last_picture

    @property
    def present(self) -> Sequence[AccessUnit]:
        """What a viewer who joins is sent: the pictures since the last IDR, none when the last is so old that it would pass for live."""
        age = self.picture_age
        return self.gop.units if age is not None and age < DEAD_S else ()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send every further picture to `subscriber`, and begin if nobody watched before."""
        self._subscribers.add(subscriber)
        self._settle()

    def unsubscribe(self, subscriber: Subscriber, linger: bool) -> None:
        """Send it nothing more. With `linger` a feed may go on for a moment, for the viewer that comes back another way."""
        if subscriber in self._subscribers:
            self._subscribers.discard(subscriber)
            if linger and not self._subscribers:
                self._linger()
            self._settle()

    def wants_key(self) -> None:
        """A viewer cannot go on without a key picture: ask for one where the source can."""

    def judge_picture(self, state: Literal["ok", "frozen", "black"]) -> None:
        """Take what a look at the decoded picture found; a camera that is late or dead stays so."""
        if self.state in ("ok", "frozen", "black"):
            self._tell(state)

    def _settle(self) -> None:
        """Begin or end what fills this feed, by whether anybody wants it."""

    def stop(self) -> None:
        """End for good."""
        self._subscribers.clear()
        self._lingers_until = 0.0
        self._settle()

    def _linger(self) -> None:
        """Nobody watches any more, but somebody may come back at once."""
        self._lingers_until = elapsed() + LINGER_S
        asyncio.get_running_loop().call_later(LINGER_S + 0.01, self._settle)

    def _spread(self, unit: AccessUnit, sets: ParameterSets | None) -> None:
        """Keep the picture and send it to everybody."""
        self._last_picture = unit.arrived
        self.gop.add(unit, sets)
        self.unshowable = None
        for subscriber in tuple(self._subscribers):
            try:
                subscriber.picture(unit)
            except Exception:  # noqa: BLE001  one viewer's fault must not take the picture from the others
                _log.exception("viewer_failed")
                self._subscribers.discard(subscriber)
                # It would wait for ever: it is told that nothing comes, and may come again.
                with contextlib.suppress(Exception):
                    subscriber.unshowable("failed")

    def _tell(self, state: Health) -> None:
        if state == self.state:
            return
        self.state = state
        self._on_health(self)
        for subscriber in tuple(self._subscribers):
            subscriber.health(state)

    def _refuse(self, code: str) -> None:
        """What comes cannot be shown: say so to everybody."""
        self.unshowable = code
        _log.warning("camera_unshowable", code=code)
        self.gop.clear()
        self._tell("dead")
        for subscriber in tuple(self._subscribers):
            subscriber.unshowable(code)
