"""`/duties`, `/obligations`, `/repairs`: duty sessions, legal duties that viewings started, cameras to mend."""

from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import Owner, Person, Route, TheDesk
from bonghwa.domain.errors import Conflict, Forbidden, NotFound
from bonghwa.domain.view import Obligation
from bonghwa.service import duties, pictures
from bonghwa.storage.sql.writer import SqlRead, SqlTx


async def start(body: bodies.StartDuty, caller: Person, desk: TheDesk) -> Response:
    """Begin a logged duty session over the room's own cameras."""
    duty = await desk.hub.change(lambda tx: duties.start(tx, desk.hub.city, caller, body.post))
    return JSONResponse(shapes.duty(duty), 201)


async def end(duty_id: str, body: bodies.EndDuty, caller: Person, desk: TheDesk) -> JSONResponse:
    """End the own duty session; its pictures close."""
    duty = await desk.hub.change(lambda tx: duties.end(tx, desk.hub.city, duties.own(tx, caller, duty_id), caller.name, body.handover))
    return JSONResponse(shapes.duty(duty))


async def list_duties(caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Running duty sessions: one's own agency's; the privacy officer's are all."""

    def look(read: SqlRead) -> list[dict[str, Any]]:
        found = read.duties.find(ended_at=None)
        return [shapes.duty(d) for d in found if caller.role == "privacy_officer" or d.agency == caller.agency]

    return {"items": await desk.hub.read(look), "next": None}


async def list_obligations(request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Legal duties not done yet, by due time: one's own agency's; the privacy officer's are all."""
    speech = desk.speech(request)

    def look(read: SqlRead) -> list[dict[str, Any]]:
        found = [o for o in read.obligations.find(done_at=None) if caller.role == "privacy_officer" or o.agency == caller.agency]
        return [shapes.obligation(o, speech) for o in sorted(found, key=lambda o: o.due_at)]

    return {"items": await desk.hub.read(look), "next": None}


async def obligation_done(obligation_id: str, body: bodies.Done, request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Say how a legal duty was done; only the agency that owes it may."""

    def run(tx: SqlTx) -> Obligation:
        duty = tx.obligations.get(obligation_id)
        if duty is None or (caller.role != "privacy_officer" and duty.agency != caller.agency):
            raise NotFound("no_such_obligation")
        if duty.agency != caller.agency:
            raise Forbidden("role_may_not", role=caller.role)
        if duty.done_at is not None:
            raise Conflict("obligation_done")
        done = replace(duty, done_at=tx.now, done_by=caller.name, note=body.note)
        tx.obligations.put(done)
        tx.audit("obligation:done", {"obligation": duty.id, "by": caller.account, "note": body.note}, drill=duty.drill)
        return done

    return shapes.obligation(await desk.hub.change(run), desk.speech(request))


async def list_repairs(caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Open repair notes: an owner's own cameras, an agency's own notes."""

    def look(read: SqlRead) -> list[dict[str, Any]]:
        found = read.repairs.find(done_at=None)
        return [shapes.repair(r, desk.hub.city) for r in found if r.owner in caller.owns or r.agency == caller.agency]

    return {"items": await desk.hub.read(look), "next": None}


async def repair_done(repair_id: str, body: bodies.Done, caller: Owner, desk: TheDesk) -> dict[str, Any]:
    """The owner says that a camera is mended."""
    return shapes.repair(await desk.hub.change(lambda tx: pictures.mended(tx, caller, repair_id, body.note)), desk.hub.city)


ROUTES: list[Route] = [
    ("GET", "/duties", list_duties),
    ("POST", "/duties", start),
    ("POST", "/duties/{duty_id}/end", end),
    ("GET", "/obligations", list_obligations),
    ("POST", "/obligations/{obligation_id}/done", obligation_done),
    ("GET", "/repairs", list_repairs),
    ("POST", "/repairs/{repair_id}/done", repair_done),
]
