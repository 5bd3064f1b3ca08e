"""`/pursuits` and `/roads`: following a subject, what people tell of it, and the picture the pursuers make of that."""

import contextlib
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api import bodies
from bonghwa.api.desk import Desk, OnIncidents, Person, Route, TheDesk
from bonghwa.api.forms import moment
from bonghwa.api.pursuit_shape import Known, detail, summary
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Invalid, NotFound
from bonghwa.domain.incident import Place
from bonghwa.domain.pursuit import US, Pursuit
from bonghwa.pursuers.team import Away, Refused
from bonghwa.service import pursuits
from bonghwa.service.pursuits import Told
from bonghwa.storage.sql.writer import SqlRead


async def begin(body: bodies.BeginPursuit, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Follow the subject of an incident. 200 with the running pursuit where there is one."""
    city = desk.hub.city
    pursuit, new = await desk.hub.change(lambda tx: pursuits.begin(tx, city, caller, body.incident, body.mode))
    if new:
        await desk.pursuing.begin(pursuit)
    return JSONResponse(await _detail(desk, request, caller, pursuit.id), 201 if new else 200)


async def list_pursuits(caller: Person, desk: TheDesk, incident: str | None = None) -> dict[str, Any]:
    """The pursuits one's agency leads or is shown, newest first."""
    found = await desk.hub.read(lambda read: pursuits.of_incident(read, caller, incident))
    return {"items": [summary(each, caller) for each in found], "next": None}


async def get(pursuit_id: str, request: Request, caller: Person, desk: TheDesk, at: str | None = None) -> dict[str, Any]:
    """The picture of now, or the one kept nearest before a moment of the last ten minutes."""
    when = moment("at", at)
    return await _detail(desk, request, caller, pursuit_id, when / US if isinstance(when, int) else None)


async def tell(pursuit_id: str, body: bodies.Evidence, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Tell a fact. 422 naming the field, also for a place far from every road."""
    at = moment("at", body.at)
    if at is not None and not isinstance(at, int):
        raise Invalid("at", "time")
    point = Place(body.place.lat, body.place.lon, body.place.accuracy_m) if body.place else None
    told = Told(body.type, at, body.camera, body.heading, body.mode, body.confidence, point)
    city = desk.hub.city
    _, fact = await desk.hub.change(lambda tx: pursuits.tell(tx, city, caller, pursuit_id, told))
    weighed = True
    try:
        await desk.pursuing.told(fact)
    except Refused as refused:
        await desk.hub.change(lambda tx: pursuits.undo(tx, caller, pursuit_id, fact.number))
        raise Invalid("place" if point else "camera", "not_on_roads", why=str(refused)) from None
    except Away:
        weighed = False  # The hub remembers it, and tells the pursuer once it is back.
    return JSONResponse({"number": fact.number, "weighed": weighed}, 201)


async def undo(pursuit_id: str, number: int, caller: OnIncidents, desk: TheDesk) -> Response:
    """Take a fact back: the belief is as if it had never come."""
    _, fact = await desk.hub.change(lambda tx: pursuits.undo(tx, caller, pursuit_id, number))
    # A pursuer that is away is told once it is back; one that did not know the fact has nothing to take back.
    with contextlib.suppress(Refused, Away):
        await desk.pursuing.undone(fact)
    return Response(status_code=204)


async def wall(pursuit_id: str, body: bodies.Wall, request: Request, caller: OnIncidents, desk: TheDesk) -> dict[str, Any]:
    """How many cameras are watched at once, and which stay."""
    pins = None if body.pins is None else tuple(dict.fromkeys(body.pins))
    pursuit = await desk.hub.change(lambda tx: pursuits.arrange(tx, desk.hub.city, caller, pursuit_id, body.k, pins))
    desk.pursuing.arranged(pursuit)
    return await _detail(desk, request, caller, pursuit_id)


async def sharing(pursuit_id: str, body: bodies.Sharing, request: Request, caller: OnIncidents, desk: TheDesk) -> dict[str, Any]:
    """Show parts of it to agencies that take part in the incident; each watches under its own clause."""
    guests, what = tuple(dict.fromkeys(body.with_)), tuple(dict.fromkeys(body.what))
    await desk.hub.change(lambda tx: pursuits.share(tx, desk.hub.city, caller, pursuit_id, guests, what))
    return await _detail(desk, request, caller, pursuit_id)


async def end(pursuit_id: str, body: bodies.Reason, caller: OnIncidents, desk: TheDesk) -> Response:
    """Follow no more; the incident stays open."""
    await desk.hub.change(lambda tx: pursuits.end(tx, desk.hub.city, caller, pursuit_id, body.reason))
    desk.pursuing.ended(pursuit_id)
    return Response(status_code=204)


async def roads(sha: str, caller: Person, desk: TheDesk) -> JSONResponse:
    """The streets a pursuit is reckoned on, by number, for the map. Never changes under one name."""
    await desk.pursuing.ground()
    if sha != desk.pursuing.sha:
        raise NotFound("no_such_roads")
    return JSONResponse({"sha": sha, **desk.pursuing.streets}, headers={"cache-control": "private, max-age=31536000, immutable"})


async def _detail(desk: Desk, request: Request, caller: Caller, pursuit_id: str, at: float | None = None) -> dict[str, Any]:
    def look(read: SqlRead) -> Known:
        pursuit: Pursuit = pursuits.seen_by(read, caller, pursuit_id)
        grants = [g for g in read.grants.find(incident=pursuit.incident, agency=caller.agency) if g.state == "active"]
        return Known(pursuit, pursuits.facts_of(read, pursuit.id), grants)

    known = await desk.hub.read(look)
    team, id_ = desk.pursuing.team, known.pursuit.id
    picture, state = team.picture(id_), team.state(id_)
    if at is not None and known.pursuit.running:
        try:
            picture = (await team.tell(id_, {"do": "at", "at": at}))["picture"]
        except (Refused, Away):
            raise Conflict("pursuit_not_reckoned") from None
        if picture is None:
            raise NotFound("no_picture_then")
    problem = team.why_not(id_)
    shape = detail(known, picture, caller, desk.hub, desk.speech(request), scrubbed=at is not None)
    return {**shape, "roads": {"sha": desk.pursuing.sha}, "reckoner": state, "problem": problem}


ROUTES: list[Route] = [
    ("POST", "/pursuits", begin),
    ("GET", "/pursuits", list_pursuits),
    ("GET", "/pursuits/{pursuit_id}", get),
    ("POST", "/pursuits/{pursuit_id}/evidence", tell),
    ("DELETE", "/pursuits/{pursuit_id}/evidence/{number}", undo),
    ("PUT", "/pursuits/{pursuit_id}/wall", wall),
    ("PUT", "/pursuits/{pursuit_id}/sharing", sharing),
    ("DELETE", "/pursuits/{pursuit_id}", end),
    ("GET", "/roads/{sha}", roads),
]
