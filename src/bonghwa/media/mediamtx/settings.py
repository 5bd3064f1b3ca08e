"""Where the MediaMTX beside this gateway is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

HOOK_PATH = "/auth"
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class MediaMtxSettings:
    """`api` is its control API, `whep` its WebRTC server, both on this machine; `hook_port` is where it asks this gateway who may read.

    Raises `ValueError` naming the setting that is wrong.
    """

    api: str
    whep: str
    hook_port: int

    def __post_init__(self) -> None:
        for name in ("api", "whep"):
            if not is_here(getattr(self, name)):
                raise ValueError(f"mediamtx-{name}: must be http://127.0.0.1:PORT or another address of this machine's loopback")
        if not 0 < self.hook_port < 65_536:
            raise ValueError("hook-port: MediaMTX must know the port, so it cannot be left to chance")

    @property
    def hook(self) -> str:
        """What `authHTTPAddress` of MediaMTX must say."""
        return f"http://127.0.0.1:{self.hook_port}{HOOK_PATH}"


def is_here(url: str) -> bool:
    """Whether the address is HTTP on this machine's loopback: cameras' passwords go there unencrypted."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and parts.hostname in _HERE and parts.port is not None
    except ValueError:
        return False
