"""The own engine: this process pulls the cameras, and sends to viewers through its UDP port."""

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
from bonghwa.media.webrtc.port import UdpPort
from bonghwa.media.webrtc.sdp import Offer, choose_codec
from bonghwa.media.webrtc.viewer import WebRtcViewer


class OwnEngine:
    """Pictures through this process: WebRTC, the stream and stills. `announce` is where viewers reach the port, if not where they ask."""

    faces: frozenset[Face] = frozenset({"webrtc", "stream", "stills"})
    lag_s = 0.0
    trouble: str | None = None

    def __init__(self, port: UdpPort, announce: tuple[str, ...]) -> None:
        self._port = port
        self._announce = announce
        self._identity = DtlsIdentity()

    @property
    def dropped(self) -> int:
        """Packets the kernel had no room for."""
        return self._port.dropped

    def pull(self, source: Source, on_health: Callable[[Feed], None], on_first_frame: Callable[[str, float], None]) -> Pull:
        """A pull over RTSP."""
        return Pull(source, on_health, on_first_frame)

    def join(self, desk: Sessions, ticket: Ticket, camera: Camera, offer: Offer, sdp: bytes) -> Joining:  # noqa: ARG002  read already
        """A WebRTC session of this process."""
        sets = camera.shown().gop.parameter_sets
        codec = choose_codec(offer, sets.profile_level_id if sets else None)
        viewer = WebRtcViewer(desk, ticket, camera, self._port, self._identity, offer, codec)

        async def answer(reached_at: str) -> str:
            viewer.start()
            return viewer.answer([(address, self._port.number) for address in self._announce or (reached_at,)])

        return Joining(viewer, answer)

    async def open(self) -> None:
        """Begin to read the port."""
        self._port.open()

    async def run(self) -> None:
        """Nothing is left to do: the port, the pulls and the sessions run by themselves."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Close the port."""
        self._port.close()
