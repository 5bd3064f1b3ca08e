"""The fallback: fragmented MP4 over a WebSocket, for a viewer whose network lets no UDP through.

Subprotocols `bonghwa.v1, ticket.<jwt>`; the ticket is never part of an address, which proxies would log.
"""

import asyncio
import json
from collections import deque
from dataclasses import dataclass

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.congestion import Congestion
from bonghwa.media.feed import Feed, Health
from bonghwa.media.fmp4 import init_segment
from bonghwa.media.h264 import AccessUnit, ParameterSets
from bonghwa.media.sessions import EndReason, Session, Sessions
from bonghwa.media.ticket import Ticket

PROTOCOL = "bonghwa.v1"
_CLOSE_CODES: dict[EndReason, int] = {
    "revoked": 4003,
    "expired": 4003,
    "lease": 4008,
    "lost": 4004,
    "displaced": 4009,
    "stop": 1012,
    "viewer": 1000,
}
_MAX_BACKLOG = 60
_WEIGH_EVERY_S = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Pictures:
    """What goes out as one message: the next picture of a feed, or all that leads up to its present one."""

    feed: Feed
    units: tuple[AccessUnit, ...]


class StreamViewer(Session):
    """A session over WebSocket. `serve` runs until it ends; nothing is written after `end`."""

    transport = "ws"

    def __init__(self, desk: Sessions, ticket: Ticket, camera: Camera, socket: WebSocket) -> None:
        super().__init__(desk, ticket, camera)
        self._socket = socket
        self._queue: deque[_Pictures | str] = deque()
        self._awake = asyncio.Event()
        self._await_key = True
        self._sets: ParameterSets | None = None
        self._congestion = Congestion(camera.small is not None)
        self._weighed_at = 0.0

    async def serve(self) -> None:
        """Send until the session ends or the viewer leaves."""
        self.begin()
        self._replay()
        if self.feed.state not in ("ok", "idle"):
            self._health(self.feed.state)
        listener = asyncio.create_task(self._listen())
        try:
            while self.may_send():
                await self._awake.wait()
                self._awake.clear()
                while self._queue and self.may_send():
                    await self._send(self._queue.popleft())
        except (WebSocketDisconnect, RuntimeError, OSError):
            self.end("viewer")
        finally:
            listener.cancel()
            self.end("lost")
            self.gone.set()
            await self._close()

    async def _send(self, item: _Pictures | str) -> None:
        if isinstance(item, str):
            await self._socket.send_text(item)
            return
        feed, units = item.feed, item.units
        sets = feed.gop.parameter_sets
        if sets is not None and units[0].key and sets != self._sets:
            self._sets = sets
            await self._socket.send_text(json.dumps({"codec": sets.codec, "width": sets.width, "height": sets.height}))
            await self._socket.send_bytes(init_segment(sets))
        # A cut may have come while the network took those, or a mask over what this picture shows.
        if not self.may_send() or feed is not self.feed:
            return
        data = feed.fragmenter.fragment(units[0]) if len(units) == 1 else feed.fragmenter.squeezed(units)
        await self._socket.send_bytes(data)
        self.bytes += len(data)

    async def _listen(self) -> None:
        """Notice the viewer's goodbye; what it says is not looked at."""
        try:
            while (await self._socket.receive())["type"] != "websocket.disconnect":
                pass
        except (RuntimeError, OSError):
            pass
        self.end("viewer")

    async def _close(self) -> None:
        try:
            await self._socket.close(_CLOSE_CODES[self.ended or "lost"], self.ended)
        except (WebSocketDisconnect, RuntimeError, OSError):
            # The connection is gone already.
            return

    def _deliver(self, unit: AccessUnit) -> None:
        # Fragments share one time line: they are made in order for everybody, also for the viewer that skips.
        self.feed.fragmenter.fragment(unit)
        behind = len(self._queue) > _MAX_BACKLOG and not self._await_key
        if behind:
            self._queue.clear()
            self._await_key = True
        if unit.key:
            self._await_key = False
        if not self._await_key and (unit.key or self._congestion.mode != "fewer"):
            self._queue.append(_Pictures(self.feed, (unit,)))
            self._awake.set()
        self._weigh(behind)

    def _weigh(self, behind: bool) -> None:
        """A viewer that lags is sent the camera's smaller stream, then key pictures alone; and more again when it keeps up."""
        congestion, now = self._congestion, elapsed()
        before = congestion.mode
        if behind:
            congestion.overwhelmed(now)
        elif now - self._weighed_at >= _WEIGH_EVERY_S:
            self._weighed_at = now
            congestion.heard(now, lost=0.0)
        if congestion.mode != before:
            _log.info("network", mode=congestion.mode)
            self._desk.reduced(before, congestion.mode)
            self._await_key = True
            self.show(small=congestion.mode != "full")

    def _moved(self) -> None:
        self._queue.clear()
        self._await_key = True
        self._replay()

    def _replay(self) -> None:
        """Send what leads up to the present picture, so that the viewer sees it at once."""
        units = tuple(self.feed.present)
        if units:
            for unit in units:
                # Fragments share one time line: they are made in order for everybody.
                self.feed.fragmenter.fragment(unit)
            self._await_key = False
            self._queue.append(_Pictures(self.feed, units[:1] if self._congestion.mode == "fewer" else units))
            self._awake.set()

    def _health(self, state: Health) -> None:
        self._queue.append(json.dumps({"health": state}))
        self._awake.set()

    def _stop(self) -> None:
        if self._congestion.mode != "full":
            self._desk.reduced(self._congestion.mode, "full")
        self._queue.clear()
        self._awake.set()
