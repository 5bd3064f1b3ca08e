"""A hub's outside faces for tests: takes reports over real HTTP as strictly as the hub reads them, and tells events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from bonghwa.city.callers import Credentials
from bonghwa.domain.alarm import LINES
from bonghwa.domain.errors import Refusal
from bonghwa.intake.report_form import parse, read_report
from tests.city.town import camera_rows

LINE_TOKENS = {line: f"token of {line}" for line in LINES}
TOKENS = {"control_room": "token of the control room"}


class Recorder:
    """What came in, and what goes out."""

    def __init__(self) -> None:
        self.reports: dict[str, dict[str, Any]] = {}
        self.refused: list[str] = []
        self.unwell = 0
        """So many calls are answered 503 first."""
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.resumed: list[str | None] = []
        self.url = ""
        self.closing = asyncio.Event()

    @property
    def credentials(self) -> Credentials:
        return Credentials(self.url, LINE_TOKENS, TOKENS)

    async def take(self, request: Request) -> JSONResponse:
        if self.unwell > 0:
            self.unwell -= 1
            return JSONResponse({"title": "busy"}, 503)
        content = await request.body()
        line = next((line for line, token in LINE_TOKENS.items() if request.headers.get("authorization") == f"Bearer {token}"), None)
        if line is None:
            return JSONResponse({"title": "no credential"}, 401)
        try:
            form = read_report(parse(content), line)
        except Refusal as refused:
            self.refused.append(f"{refused.values.get('field')}: {refused.code}")
            return JSONResponse({"title": refused.code, "field": refused.values.get("field")}, refused.status)
        again = form.external_id in self.reports
        self.reports[form.external_id] = json.loads(content)
        ids = {"report": {"id": f"r-{form.external_id}"}, "incident": {"id": f"i-{form.subject or form.external_id}"}}
        return JSONResponse(ids, 200 if again else 201)

    async def tell(self, request: Request) -> StreamingResponse:
        self.resumed.append(request.headers.get("last-event-id"))

        async def lines() -> AsyncIterator[str]:
            yield ": here\n\n"
            while not self.closing.is_set():
                getting, closing = asyncio.ensure_future(self.events.get()), asyncio.ensure_future(self.closing.wait())
                await asyncio.wait({getting, closing}, return_when=asyncio.FIRST_COMPLETED)
                closing.cancel()
                if not getting.done():
                    getting.cancel()
                    return
                event = getting.result()
                if event.get("hang_up"):
                    return
                yield f"id: {event['id']}\ndata: {json.dumps(event)}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")


def list_cameras(limit: int, after: str | None = None) -> dict[str, Any]:
    """`GET /cameras`, in pages."""
    rows = camera_rows()
    start = next((number + 1 for number, row in enumerate(rows) if row["id"] == after), 0)
    page = rows[start : start + min(limit, 200)]
    return {"items": page, "next": page[-1]["id"] if start + len(page) < len(rows) else None}


class _Quiet(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@asynccontextmanager
async def recording() -> AsyncIterator[Recorder]:
    """A recorder that listens on loopback."""
    recorder, app = Recorder(), FastAPI()
    app.add_api_route("/api/v1/reports", recorder.take, methods=["POST"], response_model=None)
    app.add_api_route("/api/v1/events", recorder.tell, methods=["GET"], response_model=None)
    app.add_api_route("/api/v1/cameras", list_cameras, methods=["GET"], response_model=None)
    server = _Quiet(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
            await asyncio.sleep(0.01)
    recorder.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield recorder
    finally:
        recorder.closing.set()
        server.should_exit = True
        await running
