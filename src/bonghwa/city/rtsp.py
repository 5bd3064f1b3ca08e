"""The RTSP 1.0 server of the simulated cameras (RFC 2326).

Every camera is at `/cam/<camera id>` of one port, over TCP, with a digest password of its own; its second, smaller stream is at
`/cam/<camera id>/small`.
"""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from bonghwa.city.camera import CityCamera, Fault
from bonghwa.city.encoder import CLOCK_HZ, parameter_sets
from bonghwa.city.rtp import PAYLOAD_TYPE, Stream
from bonghwa.city.studio import Picture, Studio

USERNAME = "bonghwa"
REALM = "simulated camera"
SMALL = "small"
LARGEST_REQUEST = 16_384
IDLE_S = 60.0
SLOW_ANSWER_S = 2.5
_BACKLOG_BYTES = 1_000_000
_REPORT_S = 5.0

_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 454: "Session Not Found",
    455: "Method Not Valid in This State", 461: "Unsupported Transport", 501: "Not Implemented", 505: "RTSP Version Not Supported",
}  # fmt: skip
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class BadRequest(Exception):
    """The connection sent something that is no RTSP request."""


@dataclass(frozen=True)
class Request:
    """One RTSP request; header names in lower case."""

    method: str
    url: str
    version: str
    headers: Mapping[str, str]

    @property
    def camera_id(self) -> str | None:
        """The camera the URL names, or None."""
        parts = urlsplit(self.url).path.split("/")
        return unquote(parts[2]) if len(parts) >= 3 and parts[1] == "cam" and parts[2] else None

    @property
    def small(self) -> bool:
        """Whether the URL names the camera's small stream."""
        parts = urlsplit(self.url).path.split("/")
        return len(parts) >= 4 and parts[3] == SMALL


def camera_url(base_url: str, camera_id: str, small: bool = False) -> str:
    """The RTSP address of a camera under `rtsp://host:port`."""
    return f"{base_url.rstrip('/')}/cam/{quote(camera_id, safe='')}" + (f"/{SMALL}" if small else "")


def password_of(secret: bytes, camera_id: str) -> str:
    """A camera's password, derived from the city's secret."""
    return hmac.new(secret, camera_id.encode(), hashlib.sha256).hexdigest()[:24]


def digest_answer(username: str, realm: str, password: str, nonce: str, method: str, url: str) -> str:
    """The response of RFC 2069 digest authentication, which is what RTSP 1.0 cameras use."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    return md5(f"{md5(f'{username}:{realm}:{password}')}:{nonce}:{md5(f'{method}:{url}')}")


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None at the end. RTCP the client interleaves is read and dropped."""
    while True:
        first = await reader.read(1)
        if not first:
            return None
        if first == b"$":
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:], "big"))
        elif first not in b"\r\n":
            break
    text = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
    lines = text.rstrip("\r\n").split("\r\n")
    start = lines[0].split(" ")
    if len(start) != 3 or not start[2].startswith("RTSP/"):
        raise BadRequest(lines[0][:80])
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest(line[:80])
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_REQUEST:
        raise BadRequest("Content-Length")
    await reader.readexactly(int(length))
    return Request(start[0], start[1], start[2], headers)


class RtspServer:
    """Listens for everybody who wants to see a simulated camera."""

    def __init__(self, studio: Studio, cameras: Mapping[str, CityCamera], secret: bytes) -> None:
        self._studio, self._cameras, self._secret = studio, cameras, secret
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> int:
        """Bind; answers the port, which the system chose when `port` was 0."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=LARGEST_REQUEST, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end every session."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        connection = _Connection(self._studio, self._cameras, self._secret, writer)
        try:
            await connection.serve(reader)
        except (BadRequest, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, TimeoutError):
            connection.refuse()
        except asyncio.CancelledError:
            return
        finally:
            connection.stop()
            writer.close()
            self._open.discard(task)


class _Connection:
    """One client's connection: at most one session, of one camera."""

    def __init__(self, studio: Studio, cameras: Mapping[str, CityCamera], secret: bytes, writer: asyncio.StreamWriter) -> None:
        self._studio, self._cameras, self._secret, self._writer = studio, cameras, secret, writer
        self._nonce, self._session = secrets.token_hex(16), secrets.token_hex(8)
        self._stream = Stream(secrets.randbits(32), secrets.randbits(16))
        self._camera: CityCamera | None = None
        self._small = False
        self._channel: int | None = None
        self._playing = self._behind = False
        self._reported = float("-inf")
        self._handlers: dict[str, Callable[[Request, CityCamera], bytes]] = {
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "TEARDOWN": self._teardown,
            "GET_PARAMETER": self._parameter,
            "SET_PARAMETER": self._parameter,
        }

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Answer requests until the client goes, or is silent for `IDLE_S` without watching."""
        while True:
            request = await asyncio.wait_for(_read_request(reader), None if self._playing else IDLE_S)
            if request is None:
                return
            camera = self._cameras.get(request.camera_id or "")
            if camera is not None and camera.fault is Fault.SILENT:
                continue
            if camera is not None and camera.fault is Fault.DEAD:
                return
            if camera is not None and camera.fault is Fault.SLOW:
                await asyncio.sleep(SLOW_ANSWER_S)
            self._writer.write(self._answer(request, camera))
            await self._writer.drain()
            if request.method == "PLAY" and self._playing and self._camera is not None:
                self._studio.join(self._camera, self._show, self._small)
            if request.method == "TEARDOWN":
                return

    def refuse(self) -> None:
        """Say that the last bytes were no request, where that can still be said."""
        if not self._writer.is_closing() and not self._playing:
            self._writer.write(b"RTSP/1.0 400 Bad Request\r\n\r\n")

    def stop(self) -> None:
        """Leave the studio."""
        if self._playing and self._camera is not None:
            self._playing = False
            self._studio.leave(self._camera, self._show, self._small)

    def _reply(self, request: Request, status: int, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
        lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {request.headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body:
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body.encode())}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def _answer(self, request: Request, camera: CityCamera | None) -> bytes:
        if request.version != "RTSP/1.0":
            return self._reply(request, 505)
        if request.method == "OPTIONS":
            return self._reply(request, 200, {"Public": _METHODS})
        handler = self._handlers.get(request.method)
        if handler is None:
            return self._reply(request, 501)
        # A foreign name and a missing password answer alike, so that nobody can list cameras without a password.
        if camera is None or not self._proven(request, camera):
            challenge = f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm=MD5'
            if camera is None and "authorization" in request.headers:
                return self._reply(request, 404)
            return self._reply(request, 401, {"WWW-Authenticate": challenge})
        return handler(request, camera)

    def _proven(self, request: Request, camera: CityCamera) -> bool:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        given = {name: quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
        if scheme.lower() != "digest" or given.get("nonce") != self._nonce or given.get("username") != USERNAME:
            return False
        if Request(request.method, given.get("uri", ""), request.version, {}).camera_id != camera.id:
            return False
        password = password_of(self._secret, camera.id)
        wanted = digest_answer(USERNAME, REALM, password, self._nonce, request.method, given["uri"])
        return hmac.compare_digest(wanted.encode(), given.get("response", "").encode())

    def _describe(self, request: Request, _: CityCamera) -> bytes:
        sps, pps = parameter_sets(request.small)
        sets = ",".join(base64.b64encode(part).decode() for part in (sps, pps))
        body = "\r\n".join(
            (
                "v=0",
                "o=- 0 0 IN IP4 127.0.0.1",
                "s=simulated camera",
                "c=IN IP4 0.0.0.0",
                "t=0 0",
                "a=range:npt=now-",
                "a=control:*",
                f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
                f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
                f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
                "a=control:track1",
                "",
            )
        )
        base = request.url.rstrip("/") + "/"
        return self._reply(request, 200, {"Content-Base": base, "Cache-Control": "no-store"}, body)

    def _setup(self, request: Request, camera: CityCamera) -> bytes:
        if self._playing or (self._camera is not None and self._camera is not camera):
            return self._reply(request, 455)
        for offer in request.headers.get("transport", "").split(","):
            parts = [part.strip() for part in offer.split(";")]
            if parts[0].upper() != "RTP/AVP/TCP":
                continue
            channels = next((part[12:] for part in parts if part.startswith("interleaved=")), "0-1").split("-")[0]
            if not channels.isdigit() or int(channels) > 254:
                return self._reply(request, 400)
            self._camera, self._small, self._channel = camera, request.small, int(channels)
            transport = f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1};ssrc={self._stream.ssrc:08X}"
            return self._reply(request, 200, {"Transport": transport, "Session": f"{self._session};timeout={IDLE_S:.0f}"})
        return self._reply(request, 461)

    def _play(self, request: Request, camera: CityCamera) -> bytes:
        if not self._is_session(request):
            return self._reply(request, 454)
        if self._channel is None or self._camera is not camera:
            return self._reply(request, 455)
        self._playing = True
        return self._reply(request, 200, {"Session": self._session, "Range": "npt=now-"})

    def _parameter(self, request: Request, _: CityCamera) -> bytes:
        if not self._is_session(request):
            return self._reply(request, 454)
        return self._reply(request, 200, {"Session": self._session})

    def _teardown(self, request: Request, _: CityCamera) -> bytes:
        if not self._is_session(request):
            return self._reply(request, 454)
        self.stop()
        return self._reply(request, 200, {"Session": self._session})

    def _is_session(self, request: Request) -> bool:
        return request.headers.get("session", "").split(";")[0].strip() == self._session

    def _show(self, picture: Picture) -> None:
        """Send a picture. A client that does not keep up misses pictures up to the next IDR; nothing queues for it."""
        if self._writer.is_closing() or self._channel is None:
            return
        waiting = self._writer.transport.get_write_buffer_size()
        self._behind = (self._behind and not picture.key) or waiting > _BACKLOG_BYTES
        if self._behind:
            return
        if picture.unix - self._reported >= _REPORT_S:
            self._reported = picture.unix
            self._writer.write(self._stream.report(self._channel + 1, picture.unix, picture.rtp_time))
        self._writer.write(self._stream.interleaved(self._channel, picture.parts, picture.rtp_time))
