"""`/reports`: alarms in, and the malformed ones that were kept."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api.desk import Anyone, OnIncidents, Route, TheDesk
from bonghwa.api.forms import Speech, instant
from bonghwa.domain.agency import Caller
from bonghwa.domain.alarm import RECEIVERS
from bonghwa.domain.errors import Forbidden, Invalid
from bonghwa.domain.incident import Report
from bonghwa.domain.reason import Reason
from bonghwa.intake.report_form import parse, read_report
from bonghwa.service.reports import Filed, file_report, keep_rejected


def line_of(caller: Caller) -> tuple[str, str | None]:
    """The line a caller files for, and the agency that receives it when it is not the line's own."""
    if caller.line is not None:
        return caller.line, None
    if caller.role in ("control_room", "district"):
        return "control_room", caller.agency
    raise Forbidden("role_may_not", role=caller.role)


async def post_report(request: Request, caller: Anyone, desk: TheDesk) -> Response:
    """File an alarm. 201 when new, 200 for the same again, 409 for the same id with another body, 403 for another line's kind, 422
    naming the field when malformed (kept under `GET /reports?state=rejected`)."""
    line, receiver = line_of(caller)
    content = await request.body()
    hub = desk.hub
    try:
        form = read_report(parse(content), line)
    except Invalid as wrong:
        body, problem = content.decode("utf-8", "replace"), f"{wrong.field}: {wrong.code}"
        await hub.change(lambda tx: keep_rejected(tx, line, problem, body, (receiver,) if receiver else RECEIVERS[line]))
        raise
    filed: Filed = await hub.change(lambda tx: file_report(tx, hub.city, form, receiver))
    answer = {"report": {"id": filed.report.id}, "incident": {"id": filed.incident.id if filed.incident else None}}
    return JSONResponse(answer, 201 if filed.created else 200)


async def get_reports(request: Request, caller: OnIncidents, desk: TheDesk, state: str = "rejected", limit: int = 100) -> dict[str, Any]:
    """Rejected reports of the lines this agency receives, newest first, with what was wrong in words."""
    if state != "rejected":
        raise Invalid("state", "one_of", allowed="rejected")
    size, speech = max(1, min(limit, 500)), desk.speech(request)
    rows = await desk.hub.read(lambda read: read.reports.find(state="rejected", receiver=caller.agency, desc=True, limit=size))
    return {"items": [_rejected(row, speech) for row in rows], "next": None}


def _rejected(row: Report, speech: Speech) -> dict[str, Any]:
    problem = row.problem or ""
    text = speech.reason(Reason(problem.rpartition(": ")[2]))["text"]
    return {"id": row.id, "line": row.line, "received_at": instant(row.received_at), "problem": problem, "text": text, "body": row.body}


ROUTES: list[Route] = [("POST", "/reports", post_report), ("GET", "/reports", get_reports)]
