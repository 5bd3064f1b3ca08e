"""`/grants`: what waits for an owner's answer, and the answers."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import Desk, OnIncidents, Route, TheDesk
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Invalid
from bonghwa.domain.grant import Grant
from bonghwa.service import answering
from bonghwa.storage.sql.writer import SqlRead

STATES = ("asked", "active", "denied", "revoked", "expired", "ended")


async def list_grants(caller: OnIncidents, desk: TheDesk, state: str = "asked") -> dict[str, Any]:
    """Grants over the caller's own cameras (an owner) or of the caller's agency, in one state."""
    if state not in STATES:
        raise Invalid("state", "one_of", allowed=" ".join(STATES))

    def look(read: SqlRead) -> list[dict[str, Any]]:
        own = read.grants.find(state=state, agency=caller.agency, limit=500)
        owned = read.grants.find(state=state, owner=tuple(caller.owns), limit=500) if caller.owns else []
        seen = {g.id for g in own}
        return [shapes.owner_grant(g, read.incidents.get(g.incident)) for g in [*own, *(g for g in owned if g.id not in seen)]]

    return {"items": await desk.hub.read(look), "next": None}


async def _answer(desk: Desk, caller: Caller, grant: Grant) -> JSONResponse:
    def look(read: SqlRead) -> dict[str, Any]:
        return shapes.grant(grant) if grant.agency == caller.agency else shapes.owner_grant(grant, read.incidents.get(grant.incident))

    return JSONResponse(await desk.hub.read(look))


async def extend(grant_id: str, body: bodies.Extend, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Lengthen a grant within its clause."""
    city = desk.hub.city
    return await _answer(
        desk, caller, await desk.hub.change(lambda tx: answering.extend(tx, city, caller, grant_id, body.minutes, body.reason))
    )


async def revoke(grant_id: str, body: bodies.Reason, request: Request, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Take a grant back: every view under it is cut; answers after the gateways cut or after 1 s."""
    grant, told = await desk.hub.change_told(lambda tx: answering.revoke(tx, desk.hub.city, caller, grant_id, body.reason))
    unreached = await desk.control.acknowledged(told)
    return JSONResponse({**shapes.grant(grant), "unreached": unreached})


async def approve(grant_id: str, body: bodies.Approve, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Open an asked grant."""
    cameras = tuple(body.cameras) if body.cameras else None
    city = desk.hub.city
    return await _answer(
        desk, caller, await desk.hub.change(lambda tx: answering.approve(tx, city, caller, grant_id, body.reason, cameras))
    )


async def deny(grant_id: str, body: bodies.Reason, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Refuse an asked grant."""
    city = desk.hub.city
    return await _answer(desk, caller, await desk.hub.change(lambda tx: answering.deny(tx, city, caller, grant_id, body.reason)))


ROUTES: list[Route] = [
    ("GET", "/grants", list_grants),
    ("POST", "/grants/{grant_id}/extend", extend),
    ("POST", "/grants/{grant_id}/revoke", revoke),
    ("POST", "/grants/{grant_id}/approve", approve),
    ("POST", "/grants/{grant_id}/deny", deny),
]
