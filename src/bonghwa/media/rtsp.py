"""An RTSP/1.0 client for one camera, RTP interleaved in TCP (RFC 2326, 10.12) or over UDP. It asks for video only, never for audio."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Literal, Self
from urllib.parse import urljoin, urlsplit

from bonghwa.media.camera_sdp import VideoOffer, read_description
from bonghwa.media.clock import elapsed
from bonghwa.media.depacketise import Depacketiser, UnshowableStream
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.rtp_udp import UdpReceiver
from bonghwa.media.rtsp_wire import CameraRequest, Credentials, Interleaved, Response, RtspMalformed, WireReader, request

TransportChoice = Literal["tcp", "udp", "auto"]

ANSWER_S = 5.0
MAX_REDIRECTS = 3
_READ = 65_536
_MOST_EARLY_BYTES = 4_000_000
# A camera that asks and asks and reads no answer.
_MOST_UNREAD = 65_536
_REDIRECTS = (301, 302, 303, 305, 307)
_ANSWERED = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT")


class CameraUnreachable(Exception):
    """The camera did not take the connection, broke it, or answered nothing in time."""


class PasswordRefused(Exception):
    """The camera answered 401 to name and password."""


class CameraRefused(Exception):
    """The camera answered with another error status."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Redirected(Exception):
    """The camera is to be pulled at another address of its host. The address is in no text of this error."""

    def __init__(self, url: str) -> None:
        super().__init__("redirected")
        self.url = url


@dataclass(frozen=True)
class Source:
    """Where a camera is. Address, name and password never show in a repr, a log or an answer."""

    camera: str
    url: str = field(repr=False)
    username: str = field(repr=False, default="")
    password: str = field(repr=False, default="")
    _: KW_ONLY
    small_url: str = field(repr=False, default="")
    transport: TransportChoice = field(repr=False, default="tcp")
    onvif: str = field(repr=False, default="")
    """Where its ONVIF device service is; empty where it has none."""

    @property
    def small(self) -> "Source | None":
        """The camera's second, smaller stream as a source of its own, where it has one."""
        return replace(self, url=self.small_url, small_url="", onvif="") if self.small_url else None


class RtspSession:
    """One pull of one camera: `async with RtspSession(source) as session: async for unit in session.pictures()`.

    Entering raises `CameraUnreachable`, `PasswordRefused`, `CameraRefused` or `UnshowableStream`, within `answer_s` an answer.
    A redirect is followed at most `MAX_REDIRECTS` times and only on the camera's own host; another one would be given the password, and
    is a place nobody named: it is refused (`UnshowableStream`, code `redirect`). `begin` is the time of the first picture.
    """

    def __init__(self, source: Source, answer_s: float = ANSWER_S, begin: int = 0) -> None:
        self._url = source.url
        self._begin = begin
        self._transport = source.transport
        self._credentials = Credentials(source.username, source.password)
        self._answer_s = answer_s
        self._early: list[bytes] = []
        self._udp: UdpReceiver | None = None
        self._heard_at = elapsed()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.depacketiser: Depacketiser

    @property
    def heard_at(self) -> float:
        """When the last whole packet of pictures came; before the first, when the camera answered."""
        return max(self._heard_at, self._udp.heard_at) if self._udp else self._heard_at

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(2 * self._answer_s):
                for _ in range(MAX_REDIRECTS + 1):
                    try:
                        return await self._open()
                    except Redirected as to:
                        self._close()
                        self._url = to.url
        except TimeoutError as error:
            self._close()
            raise CameraUnreachable("it answers too slowly") from error
        except BaseException:
            self._close()
            raise
        raise CameraRefused("redirected again and again", 302)

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, RuntimeError, CameraUnreachable):
            self._send("TEARDOWN", self._url)
        self._close()

    async def pictures(self) -> AsyncGenerator[AccessUnit]:
        """Access units as they come, without end; silence is the caller's to judge, by `heard_at`.

        Raises `CameraUnreachable` when the connection breaks, `Redirected` when the camera asks to be pulled elsewhere.
        """
        tasks = [asyncio.create_task(self._keep_alive())]
        source = self._interleaved()
        if self._udp is not None:
            tasks.append(asyncio.create_task(self._listen()))
            source = self._datagrams(self._udp, tasks[1])
        try:
            async with aclosing(source) as packets:
                async for packet in packets:
                    for unit in self.depacketiser.feed(packet):
                        yield unit
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self) -> Self:
        self._wire = WireReader()
        self._cseq = 0
        self._session = ""
        self._channel = 0
        self._keep_alive_s = 30.0
        self._keep_alive_method = "OPTIONS"
        self._early.clear()
        self._early_bytes = 0
        parts = urlsplit(self._url)
        try:
            async with asyncio.timeout(self._answer_s):
                self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port or 554)
        except (OSError, TimeoutError) as error:
            raise CameraUnreachable("no connection") from error
        offer = await self._describe()
        self.depacketiser = offer.depacketiser(self._begin)
        await self._set_up(offer)
        await self._ask("PLAY", self._url, {"Range": "npt=0.000-"})
        self._heard_at = elapsed()
        # Asked after the picture was: what keeps the session alive can wait, the viewer cannot.
        self._send("OPTIONS", self._url)
        return self

    def _close(self) -> None:
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        with contextlib.suppress(AttributeError):
            self._writer.close()

    async def _interleaved(self) -> AsyncGenerator[bytes]:
        for packet in self._early:
            yield packet
        self._early.clear()
        while True:
            for item in await self._read():
                if isinstance(item, Interleaved):
                    if item.channel == self._channel:
                        self._heard_at = elapsed()
                        yield item.packet
                else:
                    self._take_word(item)

    async def _datagrams(self, udp: UdpReceiver, listening: asyncio.Task[None]) -> AsyncGenerator[bytes]:
        while True:
            waiting = asyncio.ensure_future(udp.packets())
            try:
                await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    listening.result()
                for packet in waiting.result():
                    yield packet
            finally:
                waiting.cancel()

    async def _listen(self) -> None:
        """With the pictures on UDP the connection carries words only; it breaking ends the session all the same."""
        while True:
            for item in await self._read():
                if not isinstance(item, Interleaved):
                    self._take_word(item)

    def _take_word(self, item: Response | CameraRequest) -> None:
        """What a camera says while it plays."""
        if isinstance(item, CameraRequest):
            self._answer_camera(item)
        elif item.status == 454:
            raise CameraUnreachable("the camera forgot the session")
        elif item.status == 401 and self._credentials.take(item) and self._credentials.stale:
            self._send(self._keep_alive_method, self._url)
        elif "GET_PARAMETER" in item.header("public"):
            self._keep_alive_method = "GET_PARAMETER"

    async def _describe(self) -> VideoOffer:
        described = await self._ask("DESCRIBE", self._url, {"Accept": "application/sdp"})
        base = described.header("content-base") or described.header("content-location") or self._url
        return read_description(described.body, base if _same_host(base, self._url) else self._url)

    async def _set_up(self, offer: VideoOffer) -> None:
        setup = await self._negotiate(offer.control)
        self._session, _, timeout = setup.header("session").partition(";")
        seconds = timeout.strip().removeprefix("timeout=")
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 6:
            self._keep_alive_s = max(1.0, int(seconds) / 2)

    async def _negotiate(self, control: str) -> Response:
        """SETUP over what the source says: with "auto" TCP, and UDP where the camera refuses that (461)."""
        if self._transport != "udp":
            try:
                setup = await self._ask("SETUP", control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
                channel = transport_number(setup.header("transport"), "interleaved")
                self._channel = channel if channel is not None and channel < 256 else 0
                return setup
            except CameraRefused as refused:
                if self._transport != "auto" or refused.status != 461:
                    raise
        ours, theirs = (self._writer.get_extra_info(name)[0] for name in ("sockname", "peername"))
        self._udp = UdpReceiver(theirs)
        try:
            await self._udp.open(ours)
        except OSError as error:
            raise CameraUnreachable("no UDP port") from error
        ports = f"{self._udp.port}-{self._udp.port + 1}"
        setup = await self._ask("SETUP", control, {"Transport": f"RTP/AVP;unicast;client_port={ports}"})
        # `source=` of another host is not honoured: only the camera's own address is listened to.
        self._udp.expect(transport_number(setup.header("transport"), "server_port"))
        return setup

    async def _ask(self, method: str, url: str, headers: dict[str, str] | None = None) -> Response:
        for attempt in range(3):
            self._send(method, url, headers)
            response = await self._answer()
            if response.status != 401:
                break
            if not self._credentials.take(response) or (attempt and not self._credentials.stale):
                raise PasswordRefused
        if response.status == 401:
            raise PasswordRefused
        if response.status in _REDIRECTS and response.header("location"):
            raise Redirected(place_of(self._url, response.header("location")))
        if not 200 <= response.status < 300:
            raise CameraRefused(f"{method} was answered with {response.status}", response.status)
        return response

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> None:
        self._cseq += 1
        every = dict(headers or {})
        if self._session:
            every["Session"] = self._session
        every |= self._credentials.header(method, url)
        self._write(request(method, url, self._cseq, every))

    def _write(self, data: bytes) -> None:
        if self._writer.transport.get_write_buffer_size() > _MOST_UNREAD:
            raise CameraUnreachable("the camera does not read")
        self._writer.write(data)

    async def _answer(self) -> Response:
        try:
            async with asyncio.timeout(self._answer_s):
                while True:
                    found: Response | None = None
                    for item in await self._read():
                        if isinstance(item, Response):
                            found = item if item.header("cseq") in ("", str(self._cseq)) else found
                        elif isinstance(item, Interleaved):
                            self._keep_early(item)
                        else:
                            self._answer_camera(item)
                    if found:
                        return found
        except TimeoutError as error:
            raise CameraUnreachable("no answer") from error

    def _keep_early(self, item: Interleaved) -> None:
        if item.channel == self._channel and self._early_bytes < _MOST_EARLY_BYTES:
            self._early_bytes += 64 + len(item.packet)
            self._early.append(item.packet)

    async def _read(self) -> list[Response | Interleaved | CameraRequest]:
        try:
            data = await self._reader.read(_READ)
            if not data:
                raise CameraUnreachable("the camera closed the connection")
            return self._wire.feed(data)
        except (OSError, RtspMalformed) as error:
            raise CameraUnreachable("the connection broke") from error

    def _answer_camera(self, asked: CameraRequest) -> None:
        status = "200 OK" if asked.method in _ANSWERED else "501 Not Implemented"
        self._write(f"RTSP/1.0 {status}\r\nCSeq: {asked.cseq}\r\n\r\n".encode("latin-1", "replace"))
        if asked.method == "REDIRECT" and asked.location:
            raise Redirected(place_of(self._url, asked.location))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._keep_alive_s)
            with contextlib.suppress(OSError, RuntimeError, CameraUnreachable):
                self._send(self._keep_alive_method, self._url)


def _same_host(one: str, other: str) -> bool:
    try:
        return urlsplit(one).hostname == urlsplit(other).hostname
    except ValueError:
        return False


def place_of(url: str, location: str) -> str:
    """Where a redirect leads. Raises `UnshowableStream` where that is not the camera's own host, or no RTSP address."""
    try:
        place = urljoin(url, location)
        parts = urlsplit(place)
        usable = parts.scheme == "rtsp" and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not _same_host(place, url) or not place.isprintable() or " " in place or len(place) > 2_048:
        raise UnshowableStream("redirect", "the camera redirects to another host, which is not followed")
    return place


def transport_number(transport: str, name: str) -> int | None:
    """The first number of a parameter of the Transport header (RFC 2326, 12.39)."""
    for part in transport.split(";"):
        key, _, value = part.strip().partition("=")
        first = value.partition("-")[0]
        if key.lower() == name and first.isascii() and first.isdigit() and len(first) <= 5:
            return int(first)
    return None
