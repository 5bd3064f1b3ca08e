"""What the gateway's faces share: its engine, its cameras, its sessions, and who is told."""

from dataclasses import dataclass

from bonghwa.media.cameras import Cameras
from bonghwa.media.clips import Clips
from bonghwa.media.engine import Engine
from bonghwa.media.metrics import Metrics
from bonghwa.media.sessions import Sessions


@dataclass
class Plane:
    """One gateway's media plane."""

    engine: Engine
    cameras: Cameras
    sessions: Sessions
    metrics: Metrics
    console_origins: tuple[str, ...]
    clips: Clips
