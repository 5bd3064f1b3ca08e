"""The gateway's HTTP faces: WHEP, the WebSocket stream, stills, clips, health, metrics. No address holds a secret."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bonghwa.media.clock import elapsed
from bonghwa.media.download import download
from bonghwa.media.plane import Plane
from bonghwa.media.problem import Problem, admit, answer, require, watch_over
from bonghwa.media.snapshot import snapshot
from bonghwa.media.stream import PROTOCOL, StreamViewer
from bonghwa.media.whep import leave, offer

_TICKET_PROTOCOL = "ticket."

Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(plane: Plane) -> Starlette:
    """The ASGI application over one media plane."""
    app = Starlette(
        routes=[
            Route("/whep/{camera}", _guarded(offer), methods=["POST"]),
            Route("/whep/{camera}/{session}", _guarded(leave), methods=["DELETE"]),
            Route("/snapshot/{camera}", _guarded(snapshot), methods=["GET"]),
            Route("/clip/{clip}", _guarded(download), methods=["GET"]),
            WebSocketRoute("/stream/{camera}", _stream),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/metrics", _metrics, methods=["GET"]),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(plane.console_origins),
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["Location", "X-Bonghwa-Picture-Age-Ms"],
                allow_private_network=True,
                max_age=600,
            )
        ],
    )
    # A redirect would repeat whatever Host the request claimed.
    app.router.redirect_slashes = False
    app.state.plane = plane
    return app


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Problem as problem:
            plane: Plane = request.app.state.plane
            plane.metrics.refused.labels(problem.code).inc()
            return answer(problem)

    return guarded


async def _stream(socket: WebSocket) -> None:
    """`GET /stream/{camera}`: a refusal is an HTTP answer, before any upgrade."""
    plane: Plane = socket.app.state.plane
    try:
        _check_origin(plane, socket)
        require(plane, "stream")
        offered: list[str] = socket.scope.get("subprotocols", [])
        token = next((each[len(_TICKET_PROTOCOL) :] for each in offered if each.startswith(_TICKET_PROTOCOL)), "")
        if PROTOCOL not in offered:
            raise Problem(400, "protocol_missing", f"Sec-WebSocket-Protocol: {PROTOCOL} and ticket.<ticket> are required")
        ticket, camera = admit(plane, token, socket.path_params["camera"])
        viewer = StreamViewer(plane.sessions, ticket, camera, socket)
        watch_over(plane, viewer)
    except Problem as problem:
        plane.metrics.refused.labels(problem.code).inc()
        await socket.send_denial_response(answer(problem))
        return
    try:
        await socket.accept(subprotocol=PROTOCOL)
    except (RuntimeError, OSError):
        viewer.end("viewer")
        viewer.gone.set()
        return
    await viewer.serve()


def _check_origin(plane: Plane, socket: WebSocket) -> None:
    """Browsers always send Origin with a WebSocket, and no preflight protects it."""
    origin = socket.headers.get("origin")
    if origin is not None and origin not in plane.console_origins and "*" not in plane.console_origins:
        raise Problem(403, "origin_refused", "Origin: not a console of this gateway")


async def _healthz(request: Request) -> Response:
    plane: Plane = request.app.state.plane
    hub = "up" if plane.sessions.lease.alive else "lost"
    engine = plane.engine.trouble or "up"
    body = {"ok": engine == "up", "hub": hub, "engine": engine, "viewers": len(plane.sessions), "pulls": plane.cameras.pulls}
    return JSONResponse(body)


async def _metrics(request: Request) -> Response:
    plane: Plane = request.app.state.plane
    plane.metrics.pulls.set(plane.cameras.pulls)
    plane.metrics.workers.set(plane.cameras.workers.running)
    plane.metrics.worker_failures.set(plane.cameras.workers.failures)
    plane.metrics.lease.set(max(0.0, plane.sessions.lease.until - elapsed()))
    plane.metrics.dropped.set(plane.engine.dropped)
    return Response(plane.metrics.text(), media_type="text/plain; version=0.0.4")
