"""`/incidents`: the queue, one incident, and what an agency does with it."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import Desk, OnIncidents, Route, TheDesk, Viewer
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Invalid, NotFound
from bonghwa.domain.incident import Incident
from bonghwa.intake.report_form import read_point
from bonghwa.service import incidents, pictures
from bonghwa.service.ports import Read
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.writer import SqlRead, SqlTx

OPEN = ("new", "acknowledged", "working")


def _state_for(caller: Caller, incident: Incident) -> str:
    """`open` while the incident and the caller's own part in it are; an agency's close ends it for that agency."""
    part = incident.part(caller.agency)
    return "open" if incident.open and part is not None and part.open else "closed"


def _listed(read: Read, caller: Caller, state: str, after: str | None, limit: int) -> list[Incident]:
    """The caller's incidents, newest first; a page may need a longer look since not every incident is the caller's."""
    states = {"open": OPEN, "closed": (*OPEN, "closed"), "all": (*OPEN, "closed")}.get(state)
    if states is None:
        raise Invalid("state", "one_of", allowed="open closed all")
    found: list[Incident] = []
    cursor = after
    while len(found) < limit:
        page = read.incidents.find(state=states, desc=True, after=cursor, limit=200)
        found += [one for one in page if one.part(caller.agency) is not None and state in ("all", _state_for(caller, one))]
        if len(page) < 200:
            break
        cursor = page[-1].id
    return found[:limit]


def open_incidents(read: Read, caller: Caller) -> list[Incident]:
    """All open incidents the caller's agency takes part in."""
    return [one for one in read.incidents.find(state=OPEN) if _state_for(caller, one) == "open"]


async def list_incidents(
    request: Request, caller: OnIncidents, desk: TheDesk, state: str = "open", after: str | None = None, limit: int = 200
) -> JSONResponse:
    """The queue. Take the snapshot, then subscribe from `Event-Cursor`."""
    size, speech = max(1, min(limit, 500)), desk.speech(request)

    def look(read: SqlRead) -> tuple[list[dict[str, Any]], int]:
        _, cursor = journal.event_range(read.connection)
        return [shapes.summary(one, caller, read, speech) for one in _listed(read, caller, state, after, size)], cursor

    items, cursor = await desk.hub.read(look)
    following = items[-1]["id"] if len(items) == size else None
    return JSONResponse({"items": items, "next": following}, headers={"Event-Cursor": str(cursor)})


def responder_may(caller: Caller, incident: Incident | None) -> bool:
    """Whether a responder's session is for this incident."""
    return caller.role == "responder" and incident is not None and caller.incident == incident.id


async def get_incident(incident_id: str, request: Request, caller: Viewer, desk: TheDesk) -> JSONResponse:
    """One incident as this agency may see it; 404 for another's."""
    speech = desk.speech(request)

    def look(read: SqlRead) -> tuple[dict[str, Any], int]:
        one = read.incidents.get(incident_id)
        if one is None or not (responder_may(caller, one) or (caller.role != "responder" and one.part(caller.agency) is not None)):
            raise NotFound("no_such_incident")
        _, cursor = journal.event_range(read.connection)
        if caller.role == "responder":
            return shapes.for_responder(one, caller, read, desk.hub.city, speech), cursor
        return shapes.incident(one, caller, read, desk.hub.city, speech), cursor

    body, cursor = await desk.hub.read(look)
    return JSONResponse(body, headers={"Event-Cursor": str(cursor)})


async def changed(
    desk: Desk,
    request: Request,
    caller: Caller,
    change: Callable[[SqlTx], Incident],
    *,
    wait: bool = False,
    more: Callable[[], dict[str, Any]] = dict,
) -> JSONResponse:
    """Run a change and answer the incident; with `wait` only after the gateways cut, or 1 s, naming those not reached."""
    incident, told = await desk.hub.change_told(change)
    unreached = await desk.control.acknowledged(told) if wait else []
    speech = desk.speech(request)
    body = await desk.hub.read(
        lambda read: shapes.incident(read.incidents.get(incident.id) or incident, caller, read, desk.hub.city, speech)
    )
    if wait:
        body["unreached"] = unreached
    return JSONResponse({**body, **more()})


async def acknowledge(incident_id: str, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Somebody has it: the tone stops."""
    return await changed(desk, request, caller, lambda tx: incidents.acknowledge(tx, caller, incident_id))


async def add_note(incident_id: str, body: bodies.Note, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Write a note only the own agency reads."""
    return await changed(desk, request, caller, lambda tx: incidents.add_note(tx, caller, incident_id, body.text))


async def invite(incident_id: str, body: bodies.Invite, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Bring another agency in; it acts under its own clause."""
    city = desk.hub.city
    return await changed(desk, request, caller, lambda tx: incidents.invite(tx, city, caller, incident_id, body.agency, body.basis))


async def change(incident_id: str, body: bodies.Change, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Correct place, code or words to look for."""
    place = None
    if body.place is not None:
        place = _sent_place(desk, body.place)
    return await changed(
        desk,
        request,
        caller,
        lambda tx: incidents.change(tx, desk.hub.city, caller, incident_id, body.reason, place, body.priority, body.look_for),
    )


def _sent_place(desk: Desk, sent: dict[str, Any]) -> Any:
    for way, find in (("camera", desk.hub.places.camera), ("site", desk.hub.places.site), ("name", desk.hub.places.name)):
        if way in sent:
            found = find(str(sent[way]))
            if found is None:
                raise Invalid(f"place.{way}", "invalid")
            return found
    return read_point(sent)


async def merge(incident_id: str, body: bodies.Merge, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Put an incident into another of the same agency."""
    city = desk.hub.city
    return await changed(
        desk, request, caller, lambda tx: incidents.merge(tx, city, caller, incident_id, body.into, body.reason), wait=True
    )


async def split(incident_id: str, body: bodies.Split, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Undo a wrong merge; `split_into` names the fresh incident."""
    fresh: list[Incident] = []

    def run(tx: SqlTx) -> Incident:
        kept, made = incidents.split(tx, desk.hub.city, caller, incident_id, body.reports, body.reason)
        fresh[:] = [made]
        return kept

    more = lambda: {"split_into": {"id": fresh[0].id, "number": fresh[0].number}}  # noqa: E731  known only after the change
    return await changed(desk, request, caller, run, wait=True, more=more)


async def close(incident_id: str, body: bodies.Close, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """End the caller's part and all its views; answers after the gateways cut or after 1 s (`unreached` names the rest)."""
    city = desk.hub.city
    return await changed(
        desk, request, caller, lambda tx: incidents.close(tx, city, caller, incident_id, body.disposition, body.reason), wait=True
    )


async def reopen(incident_id: str, body: bodies.Reason, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Open the caller's part again, with new grants."""
    return await changed(desk, request, caller, lambda tx: incidents.reopen(tx, desk.hub.city, caller, incident_id, body.reason))


async def bad_picture(incident_id: str, body: bodies.BadPicture, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Mark a picture bad: the next camera takes its place, a repair note is opened."""
    city = desk.hub.city
    return await changed(desk, request, caller, lambda tx: pictures.bad_picture(tx, city, caller, incident_id, body.camera, body.reason))


ROUTES: list[Route] = [
    ("GET", "/incidents", list_incidents),
    ("GET", "/incidents/{incident_id}", get_incident),
    ("PATCH", "/incidents/{incident_id}", change),
    ("POST", "/incidents/{incident_id}/acknowledge", acknowledge),
    ("POST", "/incidents/{incident_id}/notes", add_note),
    ("POST", "/incidents/{incident_id}/invite", invite),
    ("POST", "/incidents/{incident_id}/merge", merge),
    ("POST", "/incidents/{incident_id}/split", split),
    ("POST", "/incidents/{incident_id}/close", close),
    ("POST", "/incidents/{incident_id}/reopen", reopen),
    ("POST", "/incidents/{incident_id}/bad-picture", bad_picture),
]
