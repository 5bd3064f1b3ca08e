"""A small server that speaks MediaMTX's documented interfaces and really relays: RTSP in, WebRTC out (aiortc).

It is written from the documentation of MediaMTX 1 as of October 2026: `api/openapi.yaml` (control API v3), "Authentication, External
HTTP server", and WHEP as its web page reader uses it. From its source, where the documentation is silent: a session is listed from
before its authentication; a kicked one is struck from the list at once, and from the readers of its path only when its connection has
been closed. It is not MediaMTX: nothing here says how fast or how stable that is.

`python -m tests.media.mediamtx_server --api PORT --whep PORT --auth URL [--manner ignores-kicks|closes-late|open] [--old-names]`
"""

import argparse
import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from urllib.parse import unquote, urlsplit

import av
import httpx
import uvicorn
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bonghwa.media.picture import annex_b
from bonghwa.media.rtsp import RtspSession, Source

CLOCK = Fraction(1, 90_000)
CODECS = RTCRtpSender.getCapabilities("video").codecs


class Relayed(MediaStreamTrack):
    """The pictures of a path to one reader, as they came; the reader decodes from the next IDR on."""

    kind = "video"

    def __init__(self):
        super().__init__()
        self.queue = asyncio.Queue(200)

    def offer(self, packet):
        if not self.queue.full():
            self.queue.put_nowait(packet)

    async def recv(self):
        if self.readyState != "live":
            raise MediaStreamError
        return await self.queue.get()


@dataclass(eq=False)
class Path:
    name: str
    conf: dict
    ready: bool = False
    received: int = 0
    readers: dict = field(default_factory=dict)
    task: asyncio.Task | None = None

    def source(self):
        parts = urlsplit(self.conf["source"])
        address = f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
        return Source("camera", address, unquote(parts.username or ""), unquote(parts.password or ""))

    async def pull(self):
        while True:
            with contextlib.suppress(Exception):
                async with RtspSession(self.source()) as session:
                    async for unit in session.pictures():
                        sets = session.depacketiser.parameter_sets
                        [data] = annex_b(sets if unit.key else None, [unit])
                        self.ready = True
                        self.received += len(data)
                        packet = av.Packet(data)
                        packet.pts, packet.time_base = unit.time, CLOCK
                        for track in self.readers.values():
                            track.offer(packet)
            self.ready = False
            await asyncio.sleep(0.3)


@dataclass(eq=False)
class Session:
    path: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    peer: RTCPeerConnection | None = None

    @property
    def established(self):
        return self.peer is not None and self.peer.connectionState == "connected"

    async def sent(self):
        if self.peer is None:
            return 0
        stats = await self.peer.getStats()
        return sum(getattr(each, "bytesSent", 0) for each in stats.values() if each.type == "transport")


class MediaMtx:
    def __init__(self, given):
        self.given = given
        self.paths = {}
        self.sessions = {}
        self.http = httpx.AsyncClient(trust_env=False)

    # Authentication, external HTTP server

    async def allowed(self, action, path, token, identifier):
        if self.given.manner == "open":
            return True
        body = {"user": "", "password": "", "token": token, "ip": "127.0.0.1", "action": action, "path": path}
        body |= {"protocol": "webrtc", "id": identifier, "query": ""}
        try:
            return 200 <= (await self.http.post(self.given.auth, json=body)).status_code < 210
        except httpx.HTTPError:
            return False

    # WHEP

    async def whep(self, request: Request):
        name = request.path_params["path"]
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        session = Session(name)
        self.sessions[session.id] = session
        offer = (await request.body()).decode()
        if "x-test-let-me-in" not in request.headers and not await self.allowed("read", name, token, session.id):
            del self.sessions[session.id]
            return error(401, "authentication error")
        path = self.paths.get(name)
        if path is None or not path.ready:
            del self.sessions[session.id]
            return error(404, f"no stream is available on path '{name}'")
        if session.id not in self.sessions:
            return error(500, "terminated")
        answer = await self.open(session, path, offer)
        headers = {"Location": f"/{name}/whep/{session.secret}", "ID": session.id, "ETag": "*"}
        return Response(answer, 201, headers, media_type="application/sdp")

    async def open(self, session, path, offer):
        track = Relayed()
        peer = session.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))

        @peer.on("connectionstatechange")
        async def changed():
            if peer.connectionState == "connected" and session.id in self.sessions:
                path.readers[session.id] = track
            if peer.connectionState in ("failed", "closed"):
                await self.shut(session)

        path.readers[session.id] = Relayed()
        peer.addTrack(track)
        peer.getTransceivers()[0].setCodecPreferences([codec for codec in CODECS if codec.mimeType == "video/H264"])
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        return peer.localDescription.sdp

    async def shut(self, session):
        self.sessions.pop(session.id, None)
        if self.given.manner == "closes-late":
            await asyncio.sleep(0.7)
        if session.peer is not None:
            peer, session.peer = session.peer, None
            await peer.close()
        for path in self.paths.values():
            path.readers.pop(session.id, None)

    # Control API

    async def conf(self, _request):
        excluded = [{"action": action, "path": ""} for action in ("api", "metrics", "pprof")]
        method = "internal" if self.given.manner == "open" else "http"
        where = {"authMethod": method, "authHTTPAddress": self.given.auth, "authHTTPExclude": excluded}
        return JSONResponse({**where, "apiAddress": f"127.0.0.1:{self.given.api}"})

    async def conf_list(self, request):
        return page(request, [{"name": path.name, **path.conf} for path in self.paths.values()])

    async def conf_add(self, request):
        name = request.path_params["path"]
        if name in self.paths:
            return error(400, "path already exists")
        path = self.paths[name] = Path(name, await request.json())
        path.task = asyncio.create_task(path.pull())
        return JSONResponse({"status": "ok"})

    async def conf_replace(self, request):
        if request.path_params["path"] not in self.paths:
            return error(404, "path configuration not found")
        self.paths[request.path_params["path"]].conf = await request.json()
        return JSONResponse({"status": "ok"})

    async def conf_delete(self, request):
        path = self.paths.get(request.path_params["path"])
        if path is None:
            return error(404, "path configuration not found")
        path.task.cancel()
        for session in [session for session in self.sessions.values() if session.path == path.name]:
            await self.shut(session)
        del self.paths[path.name]
        return JSONResponse({"status": "ok"})

    def path_item(self, path):
        ready, received = ("ready", "bytesReceived") if self.given.old_names else ("available", "inboundBytes")
        readers = [{"type": "webRTCSession", "id": identifier} for identifier in path.readers]
        return {"name": path.name, "confName": path.name, ready: path.ready, received: path.received, "readers": readers}

    async def path_list(self, request):
        return page(request, [self.path_item(path) for path in self.paths.values()])

    async def path_get(self, request):
        path = self.paths.get(request.path_params["path"])
        return JSONResponse(self.path_item(path)) if path else error(404, "path not found")

    async def session_item(self, session):
        sent = "bytesSent" if self.given.old_names else "outboundBytes"
        counted = await session.sent()
        what = {"id": session.id, "created": session.created, "remoteAddr": "127.0.0.1:1", "state": "read", "path": session.path}
        return {**what, "peerConnectionEstablished": session.established, sent: counted}

    async def session_list(self, request):
        return page(request, [await self.session_item(session) for session in list(self.sessions.values())])

    async def session_get(self, request):
        session = self.sessions.get(request.path_params["id"])
        return JSONResponse(await self.session_item(session)) if session else error(404, "session not found")

    async def session_kick(self, request):
        session = self.sessions.get(request.path_params["id"])
        if session is None:
            return error(404, "session not found")
        if self.given.manner != "ignores-kicks":
            del self.sessions[session.id]
            closing = asyncio.create_task(self.shut(session))
            KEPT.add(closing)
            closing.add_done_callback(KEPT.discard)
        return JSONResponse({"status": "ok"})

    def api_app(self):
        config, paths, sessions = "/v3/config/paths", "/v3/paths", "/v3/webrtcsessions"
        return Starlette(
            routes=[
                Route("/v3/config/global/get", self.conf),
                Route(f"{config}/list", self.conf_list),
                Route(f"{config}/add/{{path:path}}", self.conf_add, methods=["POST"]),
                Route(f"{config}/replace/{{path:path}}", self.conf_replace, methods=["POST"]),
                Route(f"{config}/delete/{{path:path}}", self.conf_delete, methods=["DELETE"]),
                Route(f"{paths}/list", self.path_list),
                Route(f"{paths}/get/{{path:path}}", self.path_get),
                Route(f"{sessions}/list", self.session_list),
                Route(f"{sessions}/get/{{id}}", self.session_get),
                Route(f"{sessions}/kick/{{id}}", self.session_kick, methods=["POST"]),
            ]
        )

    def whep_app(self):
        return Starlette(routes=[Route("/{path:path}/whep", self.whep, methods=["POST"])])


KEPT = set()


def error(status, text):
    return JSONResponse({"status": "error", "error": text}, status)


def page(request, items):
    number, size = int(request.query_params.get("page", 0)), int(request.query_params.get("itemsPerPage", 100))
    pages = max(1, -(-len(items) // size))
    return JSONResponse({"itemCount": len(items), "pageCount": pages, "items": items[number * size : (number + 1) * size]})


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--api", type=int, required=True)
    parser.add_argument("--whep", type=int, required=True)
    parser.add_argument("--auth", required=True)
    parser.add_argument("--manner", default="good")
    parser.add_argument("--old-names", action="store_true")
    given = parser.parse_args()
    server = MediaMtx(given)
    apps = ((server.api_app(), given.api), (server.whep_app(), given.whep))
    configs = [uvicorn.Config(app, port=port, log_level="warning", lifespan="off") for app, port in apps]
    await asyncio.gather(*(uvicorn.Server(config).serve() for config in configs))


if __name__ == "__main__":
    asyncio.run(main())
