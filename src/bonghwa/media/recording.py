"""One evidence clip while it is made: pictures of a camera that a grant holds, from an IDR until a time, into one hashed file."""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.feed import Feed, Health, Kind
from bonghwa.media.film import Film, FormatChanged
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.preroll import Kept

_WRITE_AT = 256 * 1024
_MAX_UNWRITTEN = 32_000_000
_OVERHEAD = 2_048

_log = structlog.get_logger(__name__)


Ground = Callable[["Order"], float | str]


@dataclass(frozen=True)
class Order:
    """What the hub ordered. Times are on the `elapsed` clock."""

    clip: str
    grant: str
    camera: str
    begins: float
    until: float
    unmasked: bool = False


class Recording:
    """Follows a feed until `order.until`, or until it is ended; what was recorded until then stays.

    `ground()` is asked before every picture: the time until which the grant holds the camera, or why it does so no more.
    """

    def __init__(self, order: Order, shown: Callable[[], Feed], path: Path, ground: Ground, room: Callable[[], int]) -> None:
        self.order = order
        self.film = Film()
        self.size = 0
        """Bytes recorded, written or not."""
        self.cut_short: str | None = None
        self.failed: str | None = None
        self.kind: Kind | None = None
        """Of which kind of pictures it is, once it has one."""
        self._shown = shown
        self._feed = shown()
        self._await_key = False
        self._path = path
        self._ground = ground
        self._room = room
        self._digest = hashlib.sha256()
        self._unwritten = bytearray()
        self._awake = asyncio.Event()
        self._over = False

    @property
    def feed(self) -> Feed:
        """What it records."""
        return self._feed

    @property
    def sha256(self) -> str:
        """The hash of the file so far; of the whole file once `run` is over."""
        return self._digest.hexdigest()

    def begin(self, earlier: list[Kept]) -> None:
        """Take what was kept, then what comes."""
        for kept in earlier:
            self._take(kept)
        if not self._over:
            self._feed.subscribe(self)

    def end(self, why: str | None) -> None:
        """Record nothing from now on; `why` it ends before its time, None when it does not. Again is no harm."""
        if not self._over:
            self._over = True
            self.cut_short = why
            self._feed.unsubscribe(self, linger=False)
            self._append(self.film.end())
            self._awake.set()

    async def run(self) -> None:
        """Write until it is over; then the file is whole and on the disk. `failed` says when it could not be written."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                while not (self._over and not self._unwritten):
                    await self._wait()
                    chunk, self._unwritten = bytes(self._unwritten), bytearray()
                    await asyncio.to_thread(self._write, file.fileno(), chunk)
                await asyncio.to_thread(os.fsync, file.fileno())
        except OSError as error:
            self.end("storage")
            self.failed = f"storage_{error.errno}"
        except BaseException:
            self.end("stop")
            self.failed = "stop"
            raise

    def picture(self, unit: AccessUnit) -> None:
        """The camera's next picture."""
        self._take(Kept(unit, self._feed.gop.parameter_sets))

    def health(self, state: Health) -> None:
        """A gap in the pictures is a gap in the clip; its length is told."""

    def show(self, small: bool) -> None:  # noqa: ARG002  evidence is always of the larger stream
        """What is shown of the camera is made another way now: follow it, from its next key picture on."""
        feed = self._shown()
        if feed is not self._feed and not self._over:
            self._feed.unsubscribe(self, linger=False)
            self._feed, self._await_key = feed, True
            feed.subscribe(self)

    def unshowable(self, code: str) -> None:
        """Nothing showable will come from this camera."""
        _log.info("recording_unshowable", code=code)
        self.end("camera_unshowable")

    def look(self) -> None:
        """End when the time is over or the grant holds the camera no more."""
        ground = self._ground(self.order)
        if isinstance(ground, str):
            self.end(ground)
        elif elapsed() >= self.order.until:
            self.end(None)

    def _take(self, kept: Kept) -> None:
        self._await_key = self._await_key and not kept.unit.key
        if self._over or self._await_key:
            return
        ground = self._ground(self.order)
        if isinstance(ground, str):
            self.end(ground)
        elif kept.unit.arrived > self.order.until:
            self.end(None)
        elif kept.unit.size + self.film.waiting + _OVERHEAD > self._room() or len(self._unwritten) > _MAX_UNWRITTEN:
            self.end("storage")
        else:
            try:
                self._append(self.film.add(*kept))
                self.kind = self.kind or self._feed.kind
            except FormatChanged:
                self.end("format_changed")
            if len(self._unwritten) >= _WRITE_AT:
                self._awake.set()

    def _append(self, data: bytes) -> None:
        self._unwritten += data
        self.size += len(data)

    async def _wait(self) -> None:
        """Until there is enough to write, or it is over."""
        while not self._over and len(self._unwritten) < _WRITE_AT:
            ground = self._ground(self.order)
            until = self.order.until if isinstance(ground, str) else min(self.order.until, ground)
            self._awake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until - elapsed()) + 0.01):
                    await self._awake.wait()
            self.look()

    def _write(self, descriptor: int, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]
        self._digest.update(chunk)
