"""A camera that MediaMTX pulls: its path exists there as long as it is wanted here, and no longer."""

import asyncio
import hashlib
from collections.abc import Callable
from urllib.parse import quote, urlsplit, urlunsplit

from bonghwa.media.clock import elapsed
from bonghwa.media.feed import Feed
from bonghwa.media.mediamtx.api import ApiFailed, ControlApi, PathConf, RemotePath
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source

_AGAIN_S = 0.5


def prefix(gateway: str) -> str:
    """What the names of all this gateway's paths begin with. No gateway's name has a dot, so no prefix is another's beginning."""
    return f"bonghwa.{gateway}."


def path_name(gateway: str, camera: str) -> str:
    """The path of a camera. It does not tell which camera it is, for it stands in MediaMTX's log."""
    return prefix(gateway) + hashlib.sha256(camera.encode()).hexdigest()[:24]


def source_url(source: Source) -> str:
    """The camera's address with name and password in it, as MediaMTX wants it. A secret."""
    parts = urlsplit(source.url)
    if not source.username:
        return source.url
    user = f"{quote(source.username, safe='')}:{quote(source.password, safe='')}"
    return urlunsplit((parts.scheme, f"{user}@{parts.netloc}", parts.path, parts.query, ""))


class RemotePull(Pull):
    """Holds, lingers and judges as every pull does; that pictures come is seen in the bytes that MediaMTX received.

    `usable()` says whether paths may be made now; `on_change(pull)` is told when the path is wanted from now on, or no more.
    """

    def __init__(
        self,
        source: Source,
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        name: str,
        api: ControlApi,
        usable: Callable[[], bool],
        on_change: Callable[["RemotePull"], None],
    ) -> None:
        super().__init__(source, on_health, on_first_frame)
        self.name = name
        self.lock = asyncio.Lock()
        """Held by whoever makes the path or takes it away."""
        self.showing = asyncio.Event()
        """Set while MediaMTX has pictures of this camera."""
        self._api = api
        self._usable = usable
        self._on_change = on_change
        self._received = 0
        self._missing = asyncio.Event()

    def observe(self, path: RemotePath | None) -> None:
        """Take what MediaMTX says of the path, None when it has none."""
        if not self.pulled:
            return
        if path is None:
            self.showing.clear()
            self._missing.set()
        elif not path.ready:
            self.showing.clear()
        elif path.received != self._received:
            self._received = path.received
            self._moved_on()
            self.showing.set()

    def _moved_on(self) -> None:
        now, previous = elapsed(), self._last_picture
        self._last_picture = now
        self._judge_arrival(now, previous)
        if previous is None:
            self._on_first_frame(self.camera, now - self._waiting_since)

    def _settle(self) -> None:
        before = self.pulled
        super()._settle()
        if before != self.pulled:
            self.showing.clear()
            self._on_change(self)

    async def _pull(self) -> None:
        judge = asyncio.create_task(self._judge())
        try:
            while True:
                try:
                    async with self.lock:
                        if self._usable():
                            await self._api.put_path(self.name, PathConf(source_url(self._source)))
                except ApiFailed:
                    self.showing.clear()
                await asyncio.sleep(_AGAIN_S)
                self._missing.clear()
                await self._missing.wait()
        finally:
            judge.cancel()
