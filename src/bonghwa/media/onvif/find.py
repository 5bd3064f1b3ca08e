"""What a camera at an address is: its profiles, streams, still, whether it turns, and where it says that it stands."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bonghwa.media.onvif.device import OnvifDevice, Profile, new_http
from bonghwa.media.onvif.port import Location, SteeringFailed
from bonghwa.media.rtsp import Source

SERVICE_PATH = "/onvif/device_service"


@dataclass(frozen=True)
class Found:
    """One camera as it describes itself. Addresses are on the host that was asked, whatever it says."""

    profiles: tuple[Profile, ...]
    streams: tuple[str | None, ...]
    snapshot: str | None
    location: Location | None

    @property
    def turns(self) -> bool:
        """Whether any profile can be steered."""
        return any(profile.turns for profile in self.profiles)

    def stream_of(self, token: str | None) -> str | None:
        """The stream of this profile; of the first H.264 one where none is named; None where there is none."""
        fits = (p.codec.upper() == "H264" if token is None else p.token == token for p in self.profiles)
        return next((stream for stream, fit in zip(self.streams, fits, strict=True) if fit), None)


def device_address(address: str) -> str:
    """The device service of a host, host:port or whole address. Raises `ValueError` for what is none."""
    whole = address if "://" in address else f"http://{address}"
    parts = urlsplit(whole)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None or parts.port == 0:
        raise ValueError("address: HOST, HOST:PORT or http://HOST[:PORT]/PATH, without name and password")
    path = parts.path if parts.path not in ("", "/") else SERVICE_PATH
    return f"{parts.scheme}://{parts.netloc}{path}{'?' + parts.query if parts.query else ''}"


async def find(source: Source) -> Found:
    """Ask the camera; raises `SteeringFailed` naming what failed."""
    async with new_http() as http:
        device = OnvifDevice(source, http)
        profiles = tuple(await device.profiles())
        streams = [await _stream(device, profile) for profile in profiles]
        snapshot = await device.snapshot_address(profiles[0].token)
        return Found(profiles, tuple(streams), snapshot, await device.location())


async def _stream(device: OnvifDevice, profile: Profile) -> str | None:
    """A profile without video has no stream; that says nothing of the others."""
    try:
        return await device.stream_address(profile.token)
    except SteeringFailed as failed:
        if failed.refused != "unsupported":
            raise
        return None
