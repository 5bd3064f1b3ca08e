"""An RTSP/1.0 client for one camera, RTP interleaved in TCP (RFC 2326, 10.12). It asks for video only, never for audio."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from bonghwa.media.camera_sdp import VideoOffer, read_description
from bonghwa.media.clock import elapsed
from bonghwa.media.depacketise import H264Depacketiser
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.rtsp_wire import CameraRequest, Credentials, Interleaved, Response, RtspMalformed, WireReader, request

ANSWER_S = 5.0
_READ = 65_536


class CameraUnreachable(Exception):
    """The camera did not take the connection, broke it, or answered nothing in time."""


class PasswordRefused(Exception):
    """The camera answered 401 to name and password."""


class CameraRefused(Exception):
    """The camera answered with another error status."""


@dataclass(frozen=True)
class Source:
    """Where a camera is. Address, name and password never show in a repr, a log or an answer."""

    camera: str
    url: str = field(repr=False)
    username: str = field(repr=False, default="")
    password: str = field(repr=False, default="")
    onvif: str = field(repr=False, default="")
    """Where its ONVIF device service is; empty where it has none."""


class RtspSession:
    """One pull of one camera: `async with RtspSession(source) as session: async for unit in session.pictures()`.

    Entering raises `CameraUnreachable`, `PasswordRefused`, `CameraRefused` or `UnshowableStream`, within `answer_s` an answer.
    """

    def __init__(self, source: Source, answer_s: float = ANSWER_S) -> None:
        self._url = source.url
        self._credentials = Credentials(source.username, source.password)
        self._answer_s = answer_s
        self._wire = WireReader()
        self._cseq = 0
        self._session = ""
        self._keep_alive_s = 30.0
        self._keep_alive_method = "OPTIONS"
        self._early: list[bytes] = []
        self.heard_at = elapsed()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.depacketiser: H264Depacketiser

    async def __aenter__(self) -> Self:
        parts = urlsplit(self._url)
        try:
            async with asyncio.timeout(self._answer_s):
                self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port or 554)
        except (OSError, TimeoutError) as error:
            raise CameraUnreachable("no connection") from error
        try:
            offer = await self._describe()
            await self._play(offer)
        except BaseException:
            self._writer.close()
            raise
        self.depacketiser = H264Depacketiser(offer.parameter_sets, offer.payload_type)
        return self

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            self._send("TEARDOWN", self._url)
        self._writer.close()

    async def pictures(self) -> AsyncGenerator[AccessUnit]:
        """Access units as they come, without end; silence is the caller's to judge, by `heard_at`.

        Raises `CameraUnreachable` when the connection breaks.
        """
        keep_alive = asyncio.create_task(self._keep_alive())
        try:
            for packet in self._early:
                for unit in self.depacketiser.feed(packet):
                    yield unit
            self._early.clear()
            while True:
                for item in await self._read():
                    if isinstance(item, Interleaved):
                        if item.channel == 0:
                            for unit in self.depacketiser.feed(item.packet):
                                yield unit
                    elif isinstance(item, CameraRequest):
                        self._refuse(item)
                    elif "GET_PARAMETER" in item.header("public"):
                        self._keep_alive_method = "GET_PARAMETER"
        finally:
            keep_alive.cancel()

    async def _describe(self) -> VideoOffer:
        described = await self._ask("DESCRIBE", self._url, {"Accept": "application/sdp"})
        base = described.header("content-base") or described.header("content-location") or self._url
        try:
            inside = urlsplit(base).hostname == urlsplit(self._url).hostname
        except ValueError:
            inside = False
        return read_description(described.body, base if inside else self._url)

    async def _play(self, offer: VideoOffer) -> None:
        setup = await self._ask("SETUP", offer.control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session, _, timeout = setup.header("session").partition(";")
        seconds = timeout.strip().removeprefix("timeout=")
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 6:
            self._keep_alive_s = max(2.0, int(seconds) / 2)
        await self._ask("PLAY", self._url, {"Range": "npt=0.000-"})
        # Asked after the picture was: what keeps the session alive can wait, the viewer cannot.
        self._send("OPTIONS", self._url)

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
        if not 200 <= response.status < 300:
            raise CameraRefused(f"{method} was answered with {response.status}")
        return response

    def _send(self, method: str, url: str, headers: dict[str, str] | None = None) -> None:
        self._cseq += 1
        every = dict(headers or {})
        if self._session:
            every["Session"] = self._session
        every |= self._credentials.header(method, url)
        self._writer.write(request(method, url, self._cseq, every))

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
                            self._refuse(item)
                    if found:
                        return found
        except TimeoutError as error:
            raise CameraUnreachable("no answer") from error

    def _keep_early(self, item: Interleaved) -> None:
        if item.channel == 0 and len(self._early) < 4096:
            self._early.append(item.packet)

    async def _read(self) -> list[Response | Interleaved | CameraRequest]:
        try:
            data = await self._reader.read(_READ)
            self.heard_at = elapsed()
            if not data:
                raise CameraUnreachable("the camera closed the connection")
            return self._wire.feed(data)
        except (OSError, RtspMalformed) as error:
            raise CameraUnreachable("the connection broke") from error

    def _refuse(self, asked: CameraRequest) -> None:
        self._writer.write(f"RTSP/1.0 501 Not Implemented\r\nCSeq: {asked.cseq}\r\n\r\n".encode("latin-1", "replace"))

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._keep_alive_s)
            with contextlib.suppress(OSError, RuntimeError):
                self._send(self._keep_alive_method, self._url)
