"""What the gateway's faces share: its cameras, its sessions, its ports, and who is told."""

from dataclasses import dataclass, field

from bonghwa.media.camera import Camera
from bonghwa.media.cameras import Cameras
from bonghwa.media.fmp4 import Fragmenter
from bonghwa.media.metrics import Metrics
from bonghwa.media.sessions import Sessions
from bonghwa.media.webrtc.dtls import DtlsIdentity
from bonghwa.media.webrtc.port import UdpPort


@dataclass
class Plane:
    """One gateway's media plane."""

    cameras: Cameras
    sessions: Sessions
    metrics: Metrics
    port: UdpPort
    identity: DtlsIdentity
    announce: tuple[str, ...]
    console_origins: tuple[str, ...]
    _fragmenters: dict[str, Fragmenter] = field(default_factory=dict)

    def fragmenter(self, camera: Camera) -> Fragmenter:
        """The one fragmenter of a camera: its viewers share fragments and their time line."""
        return self._fragmenters.setdefault(camera.id, Fragmenter())

    def candidates(self, reached_at: str) -> list[tuple[str, int]]:
        """Where viewers can send to: the announced addresses, else the one this viewer's request reached."""
        return [(address, self.port.number) for address in self.announce or (reached_at,)]
