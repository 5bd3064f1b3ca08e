"""The judge: headless Chromium, which says what it decoded and when."""

import asyncio
import contextlib
import functools
import http.server
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from benchmarks.media.clip import Clip
from benchmarks.media.servers import ROOT, Server, chromium

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns",
]  # fmt: skip
PAGE = '<!doctype html><link rel=icon href="data:,"><script src=player.js></script><script src=judge.js></script>'
# The smallest right player of the stream there is; the tests hold it, and benchmarks.alarm reads it there too.
PLAYER = ROOT / "tests" / "media" / "player.js"
EDGE_MS = 300


class _Quiet(http.server.BaseHTTPRequestHandler):
    def __init__(self, *given: Any, files: dict[str, tuple[str, str]]) -> None:
        self._files = files
        super().__init__(*given)

    def do_GET(self) -> None:
        kind, text = self._files.get(self.path, ("text/plain", ""))
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def origin() -> Iterator[str]:
    """Serve the judge's page; gives its origin."""
    script = Path(__file__).with_name("judge.js").read_text()
    files = {"/": ("text/html", PAGE), "/player.js": ("text/javascript", PLAYER.read_text()), "/judge.js": ("text/javascript", script)}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, files=files))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Judge:
    """A page that watches one clip, whoever serves it."""

    page: Page
    clip: Clip
    route: Callable[[str, int], Awaitable[dict[str, Any]]] | None = None
    """Opens the relay of a routed view to a server's address and gives the relay's."""

    def _told(self) -> dict[str, Any]:
        return {"fps": float(self.clip.fps), "count": len(self.clip.pictures), "edgeMs": EDGE_MS}

    async def watch(self, server: Server, transport: str = "webrtc", *, reading: bool = True, routed: bool = False) -> int:
        """Begin to watch; the viewer's number."""
        way, place = server.place(transport)
        given = [way, {**place, "routed": routed}, self._told(), reading]
        number: int = await self.page.evaluate("([way, place, clip, reading]) => watch(way, place, clip, reading)", given)
        return number

    async def routed(self, host: str, port: int) -> dict[str, Any]:
        """What the page calls for a routed view."""
        assert self.route is not None
        return await self.route(host, port)

    async def noted(self, viewer: int) -> dict[str, Any]:
        """What was noted of a viewer so far. Raises RuntimeError when it was refused."""
        found: dict[str, Any] = await self.page.evaluate("noted", viewer)
        if found["error"]:
            raise RuntimeError(found["error"])
        return found

    async def until(self, viewer: int, there: Callable[[dict[str, Any]], bool], seconds: float = 15) -> dict[str, Any]:
        """Wait until what was noted of a viewer fits. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not there(found := await self.noted(viewer)):  # noqa: ASYNC110  the page cannot set an event here
                await asyncio.sleep(0.03)
            return found

    async def leave(self, viewer: int) -> None:
        await self.page.evaluate("leave", viewer)


@contextlib.asynccontextmanager
async def browser(address: str) -> AsyncIterator[Callable[[Clip], Any]]:
    """Chromium on the judge's page; gives what opens a fresh judge for a clip."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)

        @contextlib.asynccontextmanager
        async def judging(clip: Clip) -> AsyncIterator[Judge]:
            page = await running.new_page()
            await page.goto(address)
            try:
                judge = Judge(page, clip)
                await page.expose_function("route", judge.routed)
                yield judge
            finally:
                await page.close()

        try:
            yield judging
        finally:
            await running.close()
