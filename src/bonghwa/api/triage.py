"""`/triage`: the tracking centre's queue in order, with why; and a person's word on what is hidden."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import OnIncidents, Route, TheDesk
from bonghwa.api.incidents import changed, open_incidents
from bonghwa.domain.incident import Incident
from bonghwa.domain.triage import Ranking, order
from bonghwa.service import triaging
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.writer import SqlRead


async def queue(request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Every open incident of the caller, in the queue's order; `hidden` counts those a reason hides for now, which are listed too."""
    speech = desk.speech(request)

    def look(read: SqlRead) -> tuple[list[dict[str, Any]], int]:
        _, cursor = journal.event_range(read.connection)
        rows = [(one, shapes.summary(one, caller, read, speech)) for one in open_incidents(read, caller)]
        return [row for _, row in sorted(rows, key=_in_order)], cursor

    items, cursor = await desk.hub.read(look)
    hidden = sum(1 for item in items if item["triage"] is not None and item["triage"]["hidden"] is not None)
    return JSONResponse({"items": items, "hidden": hidden}, headers={"Event-Cursor": str(cursor)})


def _in_order(row: tuple[Incident, dict[str, Any]]) -> tuple[int, int, int, int, str]:
    incident, found = row[0], row[1]["triage"]
    return order(incident, None if found is None else Ranking(found["level"], found["weight"], ()))


async def hide(incident_id: str, body: bodies.Hide, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Hide an acknowledged incident from the queue for some minutes."""
    return await changed(desk, request, caller, lambda tx: triaging.hide(tx, caller, incident_id, body.reason, body.minutes))


async def show(incident_id: str, body: bodies.Reason, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Show a hidden incident at once."""
    return await changed(desk, request, caller, lambda tx: triaging.show(tx, caller, incident_id, body.reason))


ROUTES: list[Route] = [
    ("GET", "/triage", queue),
    ("POST", "/incidents/{incident_id}/hide", hide),
    ("POST", "/incidents/{incident_id}/show", show),
]
