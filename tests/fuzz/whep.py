"""The whole WHEP request: any method, path, header and body is answered with a documented status, and no session comes of it."""

import asyncio
import tempfile
from pathlib import Path

import httpx

from bonghwa.media.app import build_app
from bonghwa.media.cameras import Cameras
from bonghwa.media.clips import Clips
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.metrics import Metrics
from bonghwa.media.own import OwnEngine
from bonghwa.media.plane import Plane
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Sessions
from bonghwa.media.ticket import TicketVerifier
from bonghwa.media.webrtc.ports import Ports, bind
from tests.media.test_hostile_input import OFFER

_ANSWERS = frozenset({200, 400, 401, 403, 404, 405, 413, 415, 501})
SEEDS = [
    b"\0/whep/cam1\napplication/sdp\nBearer a.b.c\n" + OFFER.encode(),
    b"\0/whep/cam1\napplication/sdp; charset=utf-8\nbearer eyJhbGciOiJFZDI1NTE5In0.e30.AA\nv=0\r\n",
    b"\1/whep/cam1/abc\n\nBearer x\n",
    b"\2/snapshot/cam1\n\nBearer x\n",
    b"\3/whep/%00/..%2f\ntext/html\nBasic x\n",
]


def _plane() -> Plane:
    engine = OwnEngine(Ports(bind(("127.0.0.1",), 0, 0, 0)))
    lease, time = Lease(), HubTime()
    lease.renew(1e12, 1e12)
    time.tell(1_800_000_000_000_000)
    sessions = Sessions(TicketVerifier("gw1", "boot"), time, lease, 8)
    cameras = Cameras({"cam1": Source("cam1", "rtsp://127.0.0.1:1/x")}, lambda _feed: None, lambda _camera, _s: None, pull=engine.pull)
    clips = Clips(Path(tempfile.mkdtemp()), 1_000_000, cameras, time, lease)
    return Plane(engine, cameras, sessions, Metrics(), ("http://console.test",), clips)


PLANE = _plane()
_APP = build_app(PLANE)
_LOOP = asyncio.new_event_loop()
_METHODS = ("POST", "DELETE", "GET", "OPTIONS")


def fuzz(data: bytes) -> None:
    """The first byte is the method; then path, content type and authorization, a line each; then the body."""
    head = data[1:].split(b"\n", 3) + [b""] * 4
    path, kind, authorization, body = (head[at] for at in range(4))
    headers = [(b"content-type", kind), (b"authorization", authorization), (b"origin", b"http://console.test")]
    _LOOP.run_until_complete(_ask(_METHODS[data[0] % 4] if data else "GET", path, headers, body))
    assert len(PLANE.sessions) == 0
    assert PLANE.cameras.pulls == 0


async def _ask(method: str, path: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    try:
        url = httpx.URL("http://gateway" + path.decode("latin-1"))
        request = httpx.Request(method, url, headers=headers, content=body)
    except (httpx.InvalidURL, ValueError):
        return
    response = await httpx.ASGITransport(_APP).handle_async_request(request)
    await response.aread()
    assert response.status_code in _ANSWERS, response.status_code
