"""What the gateway's faces share: its cameras, its sessions, its ports, and who is told."""

from dataclasses import dataclass

from bonghwa.media.cameras import Cameras
from bonghwa.media.metrics import Metrics
from bonghwa.media.sessions import Sessions
from bonghwa.media.webrtc.dtls import DtlsIdentity
from bonghwa.media.webrtc.ports import Ports


@dataclass
class Plane:
    """One gateway's media plane."""

    cameras: Cameras
    sessions: Sessions
    metrics: Metrics
    ports: Ports
    identity: DtlsIdentity
    console_origins: tuple[str, ...]
