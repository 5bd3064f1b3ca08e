"""`/status`, `/drills`, `/events`, `/control`, and at the root `/healthz`, `/readyz`, `/metrics`."""

from collections.abc import Iterator
from typing import Any

from fastapi import Request, Response, WebSocket
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from bonghwa.api import bodies
from bonghwa.api.cameras import DRILLS
from bonghwa.api.desk import Desk, OnIncidents, Person, Route, TheDesk, Viewer
from bonghwa.api.events import stream
from bonghwa.api.forms import instant
from bonghwa.api.ledger import status as ledger_status
from bonghwa.domain.alarm import LINES
from bonghwa.domain.errors import NotFound
from bonghwa.domain.words import WORDS
from bonghwa.pursuers.tally import Tally
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.journal import EventRow
from bonghwa.storage.sql.writer import SqlRead

RESUME_LIMIT = 5000
"""A stream that missed more events than this starts anew: a fresh snapshot is quicker."""


async def get_status(request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """How the parts are: gateways, ledger, clock, disk, lines."""
    speech, hub = desk.speech(request), desk.hub

    def look(read: SqlRead) -> tuple[dict[str, int], int]:
        last = {line: next((r.received_at for r in read.reports.find(line=line, desc=True, limit=1)), 0) for line in LINES}
        return last, journal.audit_size(read.connection)

    last, committed = await hub.read(look)
    gateways = [
        {
            "name": entry.name,
            "state": "up" if entry.name in desk.control.links else "lost",
            "owners": list(entry.owners),
            "viewers": link.viewers if (link := desk.control.links.get(entry.name)) else 0,
            "pulls": link.pulls if link else 0,
        }
        for entry in hub.settings.gateways
    ]
    wrong = hub.wrong()
    return {
        "gateways": gateways,
        "ledger": {**ledger_status(desk), "lag": max(0, committed - hub.ledger.size)},
        "clock": {"ok": not hub.clock.stepped(), "text": speech.pick(WORDS["clock_stepped"]) if hub.clock.stepped() else ""},
        "disk": {"ok": hub.disk_free_mb() >= hub.settings.hub.disk_free_mb, "free_mb": hub.disk_free_mb(), "text": ""},
        "wrong": {"code": wrong, "text": speech.pick(WORDS[wrong])} if wrong else None,
        "lines": [{"line": line, "last_at": instant(at or None)} for line, at in last.items()],
    }


async def list_drills(caller: OnIncidents, request: Request, desk: TheDesk) -> dict[str, Any]:
    """The drills the simulated city can play."""
    return {"items": [{"name": name, "title": {"ko": words[0], "en": words[1]}} for name, words in DRILLS.items()]}


async def ask_drill(body: bodies.AskDrill, caller: OnIncidents, desk: TheDesk) -> Response:
    """Ask the simulated city to play a drill: it listens to events and speaks to the outside faces like a real one."""
    if body.name not in DRILLS:
        raise NotFound("no_such_drill")

    def run(tx: Any) -> str:
        drill: str = tx.new_id("drl")
        tx.audit("drill:requested", {"drill": drill, "name": body.name, "by": caller.account}, drill=True)
        tx.emit(
            "drill.requested", drill, 0, {"id": drill, "name": body.name, "by": caller.name, "drill": True}, ["control_room", caller.agency]
        )
        return drill

    return JSONResponse({"id": await desk.hub.change(run), "name": body.name}, 202)


async def events(request: Request, caller: Viewer, desk: TheDesk, cursor: str | None = None) -> Response:
    """Server-sent events this caller may see, from `Last-Event-ID` (or `cursor`) on, or `reset` when that is too old."""
    asked = request.headers.get("last-event-id") or cursor
    listener = desk.events.open(caller)

    def look(read: SqlRead) -> tuple[list[EventRow] | None, int]:
        low, high = journal.event_range(read.connection)
        if asked is None:
            return [], high
        try:
            start = int(asked)
        except ValueError:
            return None, high
        if start > high or (low and start < low - 1):
            return None, high
        missed = journal.events_after(read.connection, start, RESUME_LIMIT + 1)
        return (None, high) if len(missed) > RESUME_LIMIT else (missed, start)

    try:
        missed, position = await desk.hub.read(look)
    except BaseException:
        desk.events.leave(listener)
        raise
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Event-Cursor": str(position)}
    return StreamingResponse(stream(desk.events, listener, missed, position), media_type="text/event-stream", headers=headers)


async def control(socket: WebSocket) -> None:
    """A gateway dials in."""
    desk: Desk = socket.app.state.desk
    await desk.control.serve(socket)


async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def readyz(request: Request, desk: TheDesk) -> Response:
    """Whether the hub may open anything new, and if not, why."""
    wrong = desk.hub.wrong()
    speech = desk.speech(request)
    if wrong is None:
        return JSONResponse({"ready": True, "gateways": sorted(desk.control.links)})
    return JSONResponse({"ready": False, "code": wrong, "text": speech.pick(WORDS[wrong])}, 503)


class Tallied(Collector):
    """A tally as a Prometheus histogram."""

    def __init__(self, name: str, text: str, tally: Tally) -> None:
        self._name, self._text, self._tally = name, text, tally

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The one family of it."""
        yield HistogramMetricFamily(self._name, self._text, self._tally.buckets(), self._tally.sum_s)


async def metrics(desk: TheDesk) -> Response:
    """Prometheus figures; never a camera's id."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(name, text, registry=registry).set(value)

    open_views, open_incidents = await desk.hub.read(
        lambda read: (len(read.views.find(state="open")), len(read.incidents.find(state=("new", "acknowledged", "working"))))
    )
    gauge("bonghwa_open_incidents", "Incidents that are open", open_incidents)
    gauge("bonghwa_open_views", "Views that are open", open_views)
    gauge("bonghwa_event_streams", "Open event streams", desk.events.open_streams)
    gauge("bonghwa_events_delivered_total", "Events handed to streams since the start", desk.events.delivered)
    gauge("bonghwa_ledger_entries", "Entries in the ledger", desk.hub.ledger.size)
    gauge("bonghwa_gateways_up", "Gateways connected", len(desk.control.links))
    team = desk.pursuing.team
    gauge("bonghwa_pursuits", "Pursuits that are reckoned", team.running)
    gauge("bonghwa_pursuer_failures_total", "Pursuers that ended by themselves", team.failures)
    for name, text, tally in (
        ("bonghwa_pursuit_tick_seconds", "How long a pursuit took to move a second on", team.ticks),
        ("bonghwa_pursuit_late_seconds", "How late a pursuit's second was begun", team.late),
    ):
        registry.register(Tallied(name, text, tally))
    gauge("bonghwa_clock_step_seconds", "How far the wall clock parted from the hub's", desk.hub.clock.step_us() / 1e6)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


ROUTES: list[Route] = [
    ("GET", "/status", get_status),
    ("GET", "/drills", list_drills),
    ("POST", "/drills", ask_drill),
    ("GET", "/events", events),
]
ROOT_ROUTES: list[Route] = [("GET", "/healthz", healthz), ("GET", "/readyz", readyz), ("GET", "/metrics", metrics)]
