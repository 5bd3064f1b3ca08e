"""The own engine: this process pulls the cameras, and sends to viewers through its own ports."""

import asyncio
from collections.abc import Callable

from bonghwa.media.camera import Camera
from bonghwa.media.engine import Face, Joining
from bonghwa.media.feed import Feed
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Sessions
from bonghwa.media.ticket import Ticket
from bonghwa.media.webrtc.dtls import DtlsIdentity
from bonghwa.media.webrtc.ports import Ports
from bonghwa.media.webrtc.sdp import Offer, choose_codec
from bonghwa.media.webrtc.viewer import WebRtcViewer


class OwnEngine:
    """Pictures through this process: WebRTC, the stream and stills."""

    faces: frozenset[Face] = frozenset({"webrtc", "stream", "stills"})
    lag_s = 0.0
    trouble: str | None = None

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._identity = DtlsIdentity()

    @property
    def dropped(self) -> int:
        """Packets there was no room for."""
        return self._ports.dropped

    def pull(
        self,
        source: Source,
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        on_rework: Callable[[Pull], bool],
    ) -> Pull:
        """A pull over RTSP."""
        return Pull(source, on_health, on_first_frame, on_rework)

    def join(self, desk: Sessions, ticket: Ticket, camera: Camera, offer: Offer, sdp: bytes) -> Joining:  # noqa: ARG002  read already
        """A WebRTC session of this process."""
        sets = camera.shown(unmasked=ticket.unmasked).gop.parameter_sets
        codec = choose_codec(offer, sets.profile_level_id if sets else None)
        viewer = WebRtcViewer(desk, ticket, camera, self._ports.peers, self._identity, offer, codec)

        async def answer(reached_at: str) -> str:
            viewer.start()
            return viewer.answer(self._ports.candidates(reached_at))

        return Joining(viewer, answer)

    async def open(self) -> None:
        """Begin to read and to listen."""
        await self._ports.open()

    async def run(self) -> None:
        """Nothing is left to do: the ports, the pulls and the sessions run by themselves."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close the ports."""
        self._ports.close()
