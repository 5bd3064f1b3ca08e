"""One ONVIF camera (Profile S, and T where it adds): asked for what it is, steered, and asked for key pictures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from urllib.parse import urlsplit, urlunsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import httpx

from bonghwa.media.onvif.port import Location, SteeringFailed
from bonghwa.media.onvif.soap import CALL_S, Credentials, call, first, local, text
from bonghwa.media.rtsp import Source

_PROFILES_READ = 32
_SERVICES = {
    "http://www.onvif.org/ver10/media/wsdl": "media",
    "http://www.onvif.org/ver20/ptz/wsdl": "ptz",
}


@dataclass(frozen=True)
class Profile:
    """One of a camera's media profiles."""

    token: str
    name: str
    codec: str
    width: int
    height: int
    fps: float
    turns: bool


def new_http() -> httpx.AsyncClient:
    """A client that goes where it is told and nowhere else: no redirect, no proxy of the environment."""
    # No limit of connections: cameras that hang must not use up those of the others.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    return httpx.AsyncClient(timeout=CALL_S, follow_redirects=False, trust_env=False, limits=limits)


class OnvifDevice:
    """Implements `Steerable`. What the camera said of its services and profiles is kept until it fails; one call at a time."""

    def __init__(self, source: Source, http: httpx.AsyncClient) -> None:
        self._address, self._http = source.onvif, http
        self._username, self._password = source.username, source.password
        self._credentials = Credentials(source.username, source.password)
        self._services: dict[str, str] = {}
        self._profiles: list[Profile] = []
        self._busy = asyncio.Lock()

    # What it is

    async def profiles(self) -> list[Profile]:
        """Its media profiles."""
        async with self._within():
            await self._known()
            return list(self._profiles)

    async def stream_address(self, profile: str) -> str:
        """Where this profile's RTSP stream is, on the camera's own host whatever it says; without name and password."""
        over = "<tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport>"
        setup = f"<trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream>{over}</trt:StreamSetup>"
        async with self._within():
            await self._known()
            answer = await self._ask("media", f"<trt:GetStreamUri>{setup}{_profile(profile)}</trt:GetStreamUri>")
        return self._own_host(text(answer, "Uri"), ("rtsp",), "GetStreamUri")

    async def snapshot_address(self, profile: str) -> str | None:
        """Where this profile's still is; None where the camera has none."""
        async with self._within():
            await self._known()
            try:
                answer = await self._ask("media", f"<trt:GetSnapshotUri>{_profile(profile)}</trt:GetSnapshotUri>")
            except SteeringFailed as failed:
                if failed.refused != "unsupported":
                    raise
                return None
        try:
            return self._own_host(text(answer, "Uri"), ("http", "https"), "GetSnapshotUri")
        except SteeringFailed:
            return None

    async def location(self) -> Location | None:
        """Where it says that it is (GetGeoLocation); None where it does not say, or says nonsense."""
        async with self._within():
            await self._known()
            try:
                answer = await self._ask("device", "<tds:GetGeoLocation/>")
            except SteeringFailed as failed:
                if failed.refused != "unsupported":
                    raise
                return None
        return _location(answer)

    # What it does

    async def move(self, pan: float, tilt: float, zoom: float, seconds: float) -> None:
        """ContinuousMove: the velocities hold until the timeout, so a camera that hears no more stops by itself."""
        velocity = f'<tt:PanTilt x="{pan:.3f}" y="{tilt:.3f}"/><tt:Zoom x="{zoom:.3f}"/>'
        await self._steer("ContinuousMove", f"<tptz:Velocity>{velocity}</tptz:Velocity><tptz:Timeout>PT{seconds:.2f}S</tptz:Timeout>")

    async def stop(self) -> None:
        """Stop."""
        await self._steer("Stop", "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>")

    async def home(self) -> None:
        """GotoHomePosition."""
        await self._steer("GotoHomePosition", "")

    async def ask_key_picture(self) -> None:
        """SetSynchronizationPoint of the media service."""
        async with self._within():
            token = (await self._main()).token
            await self._ask("media", f"<trt:SetSynchronizationPoint>{_profile(token)}</trt:SetSynchronizationPoint>")

    async def _steer(self, operation: str, arguments: str) -> None:
        async with self._within():
            profile = await self._main()
            if not profile.turns or "ptz" not in self._services:
                raise SteeringFailed("unsupported", f"{operation}: the camera does not turn")
            token = f"<tptz:ProfileToken>{escape(profile.token)}</tptz:ProfileToken>"
            await self._ask("ptz", f"<tptz:{operation}>{token}{arguments}</tptz:{operation}>")

    # How it is asked

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        """One call at a time, each within `CALL_S`, also the first one that learns what the camera is."""
        try:
            async with asyncio.timeout(CALL_S), self._busy:
                yield
        except TimeoutError:
            raise SteeringFailed("unreachable", "no answer in time") from None

    async def _main(self) -> Profile:
        """The profile that turns, else the first."""
        await self._known()
        return next((profile for profile in self._profiles if profile.turns), self._profiles[0])

    async def _known(self) -> None:
        """Learn clock, services and profiles where that was not done yet."""
        if self._profiles:
            return
        await self._set_clock()
        self._services = {"device": self._address, "media": self._address}
        await self._find_services()
        found = await self._ask("media", "<trt:GetProfiles/>")
        profiles = [_read_profile(part) for part in found if local(part) == "Profiles"][:_PROFILES_READ]
        self._profiles = [profile for profile in profiles if profile.token]
        if not self._profiles:
            raise SteeringFailed("unsupported", "GetProfiles: the camera has no profile")

    async def _set_clock(self) -> None:
        """Tokens are dated by the camera's clock, which may be anything; ONVIF lets it be read without a password."""
        try:
            answer = await call(self._http, self._address, "<tds:GetSystemDateAndTime/>", None)
        except SteeringFailed as failed:
            if failed.refused == "unreachable":
                raise
            return
        parts = [text(answer, "UTCDateTime", *path) for path in _CLOCK]
        try:
            year, month, day, hour, minute, second = (int(part) for part in parts)
            theirs = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
            self._credentials.ahead = theirs - datetime.now(UTC)
        except (ValueError, TypeError, OverflowError):
            return

    async def _find_services(self) -> None:
        try:
            answer = await self._ask("device", "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>")
            found = {_SERVICES.get(text(part, "Namespace")): text(part, "XAddr") for part in answer if local(part) == "Service"}
        except SteeringFailed as failed:
            if failed.refused != "unsupported":
                raise
            answer = await self._ask("device", "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>")
            found = {"media": text(answer, "Media", "XAddr"), "ptz": text(answer, "PTZ", "XAddr")}
        for name, address in found.items():
            if name and address:
                self._services[name] = self._own_address(address)

    async def _ask(self, service: str, body: str) -> Element:
        address = self._services.get(service)
        if address is None:
            raise SteeringFailed("unsupported", f"{service}: the camera has no such service")
        try:
            return await call(self._http, address, body, self._credentials)
        except SteeringFailed as failed:
            if failed.refused != "unsupported":
                self._forget()
            raise

    def _forget(self) -> None:
        """The camera may have been changed: learn it anew the next time."""
        self._profiles, self._services = [], {}

    def _own_address(self, address: str) -> str:
        """A service address on the configured host and port whatever the camera says: of its answer only the path is taken."""
        try:
            given = urlsplit(address)
        except ValueError:
            return self._address
        configured = urlsplit(self._address)
        return urlunsplit((configured.scheme, configured.netloc, given.path or configured.path, given.query, ""))

    def _own_host(self, address: str, schemes: tuple[str, ...], operation: str) -> str:
        """A stream or still address on the configured host; its port and path are the camera's to say."""
        try:
            given = urlsplit(address)
            port = f":{given.port}" if given.port else ""
        except ValueError:
            raise SteeringFailed("unsupported", f"{operation}: no usable address") from None
        if given.scheme not in schemes or not given.hostname:
            raise SteeringFailed("unsupported", f"{operation}: no usable address")
        host = urlsplit(self._address).hostname or ""
        return urlunsplit((given.scheme, (f"[{host}]" if ":" in host else host) + port, given.path, given.query, ""))


_CLOCK = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))


def _profile(token: str) -> str:
    return f"<trt:ProfileToken>{escape(token)}</trt:ProfileToken>"


def _read_profile(element: Element) -> Profile:
    encoder = first(element, "VideoEncoderConfiguration")
    words = {name: text(encoder, *path) if encoder is not None else "" for name, path in _ENCODER.items()}
    return Profile(
        token=(element.get("token") or "")[:100],
        name=text(element, "Name"),
        codec=words["codec"],
        width=int(_number(words["width"]) or 0),
        height=int(_number(words["height"]) or 0),
        fps=_number(words["fps"]) or 0.0,
        turns=first(element, "PTZConfiguration") is not None,
    )


_ENCODER = {
    "codec": ("Encoding",),
    "width": ("Resolution", "Width"),
    "height": ("Resolution", "Height"),
    "fps": ("RateControl", "FrameRateLimit"),
}


def _number(words: str | None) -> float | None:
    try:
        number = float(words or "")
    except ValueError:
        return None
    return number if isfinite(number) and abs(number) < 1e6 else None


def _location(answer: Element) -> Location | None:
    place, orientation = first(answer, "GeoLocation"), first(answer, "GeoOrientation")
    lat, lon = (_number(place.get(name)) if place is not None else None for name in ("lat", "lon"))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat, lon) == (0.0, 0.0):
        return None
    yaw = _number(orientation.get("yaw")) if orientation is not None else None
    return Location(lat, lon, None if yaw is None else round(yaw % 360.0, 1) % 360.0)
