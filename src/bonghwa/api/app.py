"""The hub's application: one list of routes, the console's files, and the headers every answer carries."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonghwa import __version__
from bonghwa.api import (
    cameras,
    clips,
    duties,
    grants,
    incidents,
    ledger,
    masks,
    privacy,
    pursuits,
    relay,
    reports,
    responders,
    running,
    session,
    steering,
    triage,
    views,
)
from bonghwa.api.desk import Desk, Route
from bonghwa.api.limits import BodyLimit
from bonghwa.api.problem import on_failure, on_http, on_invalid, on_refusal
from bonghwa.domain.errors import Refusal
from bonghwa.service import timers
from bonghwa.service.ports import City, Tx
from bonghwa.storage.sql import journal
from bonghwa.wiring import Hub

log = structlog.get_logger("hub")
API = "/api/v1"
ROUTES: list[Route] = [
    *session.ROUTES,
    *reports.ROUTES,
    *incidents.ROUTES,
    *triage.ROUTES,
    *responders.ROUTES,
    *grants.ROUTES,
    *views.ROUTES,
    *relay.ROUTES,
    *clips.ROUTES,
    *duties.ROUTES,
    *cameras.ROUTES,
    *masks.ROUTES,
    *steering.ROUTES,
    *pursuits.ROUTES,
    *privacy.ROUTES,
    *ledger.ROUTES,
    *running.ROUTES,
]
CONSOLE = Path(__file__).resolve().parent.parent / "console_assets"
TICK_S = 0.25
KEEP_EVENTS_US = 24 * 3600 * 1_000_000


class SafeHeaders:
    """Strict CSP and its companions on every answer. Pictures come from the gateways named at run time."""

    def __init__(self, app: ASGIApp, sources: Callable[[], list[str]]) -> None:
        self._app, self._sources = app, sources

    def _policy(self) -> str:
        extra = " ".join(self._sources())
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
            f"connect-src 'self' {extra}; img-src 'self' data: blob: {extra}; media-src 'self' blob:; worker-src 'self' blob:; "
            "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add the headers to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = [
            (b"content-security-policy", self._policy().encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=(self), display-capture=()"),
        ]

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self._app(scope, receive, with_headers)


def gateway_sources(desk: Desk) -> list[str]:
    """Where pages may fetch pictures: the gateways' addresses, for HTTP and WebSocket."""
    sources = []
    for url in sorted(desk.gateway_urls):
        sources += [url, url.replace("http", "ws", 1)]
    return sources


async def keep_time(desk: Desk) -> None:
    """Do what time makes due, four times a second; forget old events once an hour. A failure is said and the next tick tries again."""
    hub, forgot = desk.hub, 0
    while True:
        await asyncio.sleep(TICK_S)
        try:
            if await hub.read(lambda read: timers.anything_due(read, hub.city)):
                for timer in timers.EVERY:
                    await _run(hub, timer)
            hub.ticked_at = hub.clock.now()
            if hub.ticked_at - forgot > 3600 * 1_000_000:
                forgot = hub.ticked_at
                await hub.change(lambda tx: journal.forget_events(tx.connection, tx.now - KEEP_EVENTS_US))
        except Exception:
            log.exception("time's work failed, trying again")


async def _run(hub: Hub, timer: Callable[[Tx, City], None]) -> None:
    try:
        await hub.change(lambda tx: timer(tx, hub.city))
    except Exception:
        log.exception("a timer failed, the others go on", timer=timer.__name__)


def create_app(hub: Hub) -> FastAPI:
    """The application of one hub."""
    desk = Desk(hub)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        desk.attach(asyncio.get_running_loop())
        await hub.start()
        ticking = asyncio.create_task(keep_time(desk))
        desk.pursuing.start()
        try:
            yield
        finally:
            ticking.cancel()
            await desk.pursuing.close()
            desk.events.close()

    app = FastAPI(
        title="Bonghwa",
        version=__version__,
        lifespan=life,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.desk = desk
    for method, path, handler in ROUTES:
        app.add_api_route(API + path, handler, methods=[method], response_model=None, name=handler.__name__)
    for method, path, handler in running.ROOT_ROUTES:
        app.add_api_route(path, handler, methods=[method], response_model=None, name=handler.__name__)
    app.add_api_websocket_route(f"{API}/control", running.control)
    _add_console(app)
    for kind, handle in ((Refusal, on_refusal), (RequestValidationError, on_invalid), (HTTPException, on_http), (Exception, on_failure)):
        app.add_exception_handler(kind, handle)
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders, sources=lambda: gateway_sources(desk))
    return app


def _add_console(app: FastAPI) -> None:
    """The console's built files: hashed assets for long, pages fresh; unknown page paths are the console's own routes."""

    def page(name: str) -> Response:
        file = CONSOLE / name
        if not file.is_file():
            return HTMLResponse(
                "<!doctype html><title>Bonghwa</title><p>콘솔이 아직 만들어지지 않았습니다. scripts/demo를 쓰세요.</p>", 503
            )
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    async def console(request: Request, path: str = "") -> Response:
        if path.startswith("api/"):
            raise HTTPException(404)
        file = (CONSOLE / path).resolve()
        if path and file.is_file() and file.is_relative_to(CONSOLE):
            lasting = path.startswith("assets/")
            return FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"})
        return page("phone.html" if path.startswith("r/") else "index.html")

    app.add_api_route("/{path:path}", console, methods=["GET"], include_in_schema=False)
