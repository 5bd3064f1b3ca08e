"""`/privacy`: the privacy officer's day, made from views, decisions and duties as they stand."""

import datetime as dt
from typing import Any

from fastapi import Request

from bonghwa.api import shapes
from bonghwa.api.desk import Privacy, Route, TheDesk
from bonghwa.api.forms import instant
from bonghwa.api.ledger import status
from bonghwa.domain.access import KST
from bonghwa.domain.errors import Invalid
from bonghwa.domain.grant import Grant
from bonghwa.domain.view import View
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.writer import SqlRead

DAY_US = 24 * 3600 * 1_000_000


def _day(text: str | None, now: int) -> tuple[str, int]:
    """The local day asked for and its beginning in microseconds."""
    try:
        day = dt.date.fromisoformat(text) if text else dt.datetime.fromtimestamp(now / 1_000_000, KST).date()
    except ValueError:
        raise Invalid("date", "invalid") from None
    return day.isoformat(), int(dt.datetime.combine(day, dt.time(), KST).timestamp() * 1_000_000)


async def day(request: Request, caller: Privacy, desk: TheDesk, date: str | None = None) -> dict[str, Any]:
    """Today's views by agency, incident and clause; what is owed and due; whether the ledger verifies. Opening it is itself recorded."""
    speech = desk.speech(request)
    await desk.hub.change(lambda tx: tx.audit("access:searched", {"account": caller.account, "what": "privacy day", "date": date}))

    def look(read: SqlRead) -> dict[str, Any]:
        name, begin = _day(date, read.now)
        views = [v for v in read.views.find(desc=True, limit=20_000) if begin <= v.opened_at < begin + DAY_US and not v.drill]
        grants = {g.id: g for g in read.grants.find() if begin - DAY_US <= g.asked_at < begin + DAY_US and not g.drill}
        refused = journal.happened(read.connection, ("view:refused", "decision:denied"), begin, begin + DAY_US)
        reviews = [o for o in read.obligations.find(done_at=None) if o.kind == "review" and not o.drill]
        return {
            "date": name,
            "counts": {
                "views": len(views),
                "without_grant": sum(1 for v in views if v.grant is None and v.duty is None),
                "to_review": len(reviews),
                "break_glass": 0,
                "denied": refused,
                "downloads": sum(1 for c in read.clips.find() for f in c.fetches if begin <= f.at < begin + DAY_US and not c.drill),
                "audio": 0,
            },
            "lanes": _lanes(views, read, desk.hub.names, speech.language),
            "clauses": _clauses(views, grants, begin),
            "reviews": [
                {
                    "id": o.id,
                    "code": "opened_unanswered",
                    "text": speech.pick(("답을 기다리지 않고 열림(코드 0)", "Opened without an answer (code 0)")),
                    "at": instant(o.created_at),
                    "who": speech.name(o.agency),
                    "evidence": o.number,
                }
                for o in reviews
            ],
            "obligations": [shapes.obligation(o, speech) for o in sorted(read.obligations.find(done_at=None), key=lambda o: o.due_at)],
            "ledger": status(desk),
        }

    return await desk.hub.read(look)


def _lanes(views: list[View], read: SqlRead, names: dict[str, tuple[str, str]], language: str) -> list[dict[str, Any]]:
    lanes: dict[str, list[dict[str, Any]]] = {}
    for view in reversed(views):
        incident = read.incidents.get(view.incident) if view.incident else None
        held = read.grants.get(view.grant) if view.grant else None
        lanes.setdefault(view.agency, []).append(
            {
                "id": view.id,
                "from": instant(view.opened_at),
                "to": instant(view.ended_at),
                "incident": incident.number if incident else None,
                "kind": incident.kind if incident else None,
                "clause": f"{held.agreement} {held.clause}" if held else None,
                "seconds": round(view.seconds, 1),
            }
        )
    index = 0 if language == "ko" else 1
    return [{"agency": agency, "name": names.get(agency, (agency, agency))[index], "views": rows} for agency, rows in sorted(lanes.items())]


def _clauses(views: list[View], grants: dict[str, Grant], begin: int) -> list[dict[str, Any]]:
    """What each clause was used for on the day: grants opened and denied on it, and what was watched, also under one of the day before."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    watched = {view.grant for view in views}
    for grant in grants.values():
        decided = grant.ended_at if grant.state == "denied" else grant.decided_at
        today = decided is not None and begin <= decided < begin + DAY_US
        if not today and grant.id not in watched and grant.asked_at < begin:
            continue
        row = rows.setdefault(
            (grant.agreement, grant.clause),
            {
                "agreement": grant.agreement,
                "clause": grant.clause,
                "basis": grant.basis,
                "text": grant.purpose,
                "allowed": 0,
                "denied": 0,
                "seconds": 0.0,
            },
        )
        if today:
            row["denied" if grant.state == "denied" else "allowed"] += 1
    for view in views:
        held = grants.get(view.grant or "")
        if held is not None:
            rows[(held.agreement, held.clause)]["seconds"] += view.seconds
    return [{**row, "seconds": round(row["seconds"], 1)} for _, row in sorted(rows.items())]


ROUTES: list[Route] = [("GET", "/privacy/day", day)]
