"""The engine port: what a gateway needs of whatever moves the pictures, be it this process (`own`) or MediaMTX beside it.

Tickets, leases, deadlines, revocation, holds and reports to the hub are the gateway's and are never given to an engine.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from bonghwa.media.camera import Camera
from bonghwa.media.feed import Feed
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Session, Sessions
from bonghwa.media.ticket import Ticket
from bonghwa.media.webrtc.sdp import Offer

Face = Literal["webrtc", "stream", "stills"]
"""How pictures can be had: WebRTC, the WebSocket stream, stills."""


class EngineRefused(Exception):
    """The engine cannot show the camera now. `code` is stable, `status` is the HTTP status that tells it."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Joining:
    """A viewer before its first picture. The session is watched over first; then `answer(reached_at)` gives the SDP answer.

    `reached_at` is the address of this gateway that the viewer's request reached. Raises `EngineRefused`, the session having ended.
    """

    session: Session
    answer: Callable[[str], Awaitable[str]]


class Engine(Protocol):
    """What moves the pictures.

    A session of an engine keeps two promises. After `Session.end` nothing is sent, and `gone` is set only once that is certain. Its
    `bytes` never grow after its end, and are not more than `lag_s` seconds of pictures behind what was sent.
    """

    faces: frozenset[Face]
    """What the engine carries; the gateway answers 501 to the rest."""
    lag_s: float
    """How many seconds `Session.bytes` and the beginning of `Session.seconds` may be behind."""

    @property
    def trouble(self) -> str | None:
        """A stable code for why nobody may join now, None when all is well."""

    @property
    def dropped(self) -> int:
        """Packets for viewers that this machine had no room for, as far as the engine knows."""

    def pull(
        self,
        source: Source,
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        on_rework: Callable[[Pull], bool],
    ) -> Pull:
        """What pulls this camera while it is held or watched; once, however many watch."""

    def join(self, desk: Sessions, ticket: Ticket, camera: Camera, offer: Offer, sdp: bytes) -> Joining:
        """Make a session for an admitted ticket. `offer` is what was read of `sdp`. Waits for nothing; raises `EngineRefused`."""

    async def open(self) -> None:
        """Begin, before anyone joins. Raises `OSError` where a port is taken."""

    async def run(self) -> None:
        """What the engine does all its life; ends only by cancellation."""

    async def close(self) -> None:
        """End for good, once every session has ended and every pull was stopped."""
