"""A view whose pictures go from MediaMTX straight to the viewer; that they end is this gateway's business all the same."""

from collections.abc import Callable
from typing import ClassVar

from bonghwa.media.camera import Camera
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.sessions import Session, Sessions
from bonghwa.media.ticket import Ticket

KICK_S = 1.0
"""How long ending one session is tried before its whole path is taken away."""


class RelayedViewer(Session):
    """A session at MediaMTX. `remote` is its id there, once MediaMTX has asked whether it may open it."""

    transport = "webrtc"
    patience_s: ClassVar[float] = KICK_S + 1.5

    def __init__(self, desk: Sessions, ticket: Ticket, camera: Camera, path: str, leave: Callable[["RelayedViewer"], None]) -> None:
        super().__init__(desk, ticket, camera)
        self.path = path
        self.remote: str | None = None
        self.credential = ""
        self._leave = leave

    def let_in(self, remote: str) -> bool:
        """Bind the session to the one MediaMTX is about to open; only once, and only while the ticket stands."""
        if self.remote is not None or not self.may_send():
            return False
        self.remote = remote
        return True

    def counted(self, sent: int) -> None:
        """Take MediaMTX's count of bytes sent."""
        if self.ended is None:
            self.bytes = max(self.bytes, sent)

    def show(self, small: bool) -> None:  # noqa: ARG002  this engine has one stream a camera
        """MediaMTX shows what the camera sends. Where this viewer may not see that any more (a mask was laid over it), the view ends."""
        if self.camera.barred(self.ticket.unmasked):
            self.end("lost")

    def _deliver(self, unit: AccessUnit) -> None:
        """No picture of this camera passes through this process."""

    def _stop(self) -> None:
        self._leave(self)
