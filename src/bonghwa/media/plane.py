"""What the gateway's faces share: its cameras, its sessions, its ports, and who is told."""

from dataclasses import dataclass

from bonghwa.media.cameras import Cameras
from bonghwa.media.clips import Clips
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
    clips: Clips

    def candidates(self, reached_at: str) -> list[tuple[str, int]]:
        """Where viewers can send to: the announced addresses, else the one this viewer's request reached."""
        return [(address, self.port.number) for address in self.announce or (reached_at,)]
