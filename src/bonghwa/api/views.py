"""`/views`: opening a picture, a further ticket, leaving, and who watches now."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import Desk, Owner, Person, Route, TheDesk, Viewer
from bonghwa.api.forms import instant
from bonghwa.domain.errors import Forbidden, Invalid, Refusal
from bonghwa.service import viewing
from bonghwa.service.viewing import Opened
from bonghwa.storage.sql.writer import SqlRead, SqlTx


def _opened(desk: Desk, opened: Opened) -> dict[str, Any]:
    """A view with its three addresses (no secret in them) and a one-use ticket."""
    view, base = opened.view, opened.gateway_url.rstrip("/")
    return {
        "id": view.id,
        "ticket": desk.hub.ticket(opened),
        "whep": f"{base}/whep/{view.camera}",
        "stream": f"{base.replace('http', 'ws', 1)}/stream/{view.camera}",
        "snapshot": f"{base}/snapshot/{view.camera}",
        "lease_expires_at": instant(view.not_after),
        "watermark": view.watermark,
        "camera": view.camera,
        "grant": view.grant,
        "duty": view.duty,
        "sight": opened.sight,
    }


async def open_view(body: bodies.OpenView, caller: Viewer, desk: TheDesk) -> Response:
    """Open a view. 403 with `reason` when denied, 409 after the grant ended, 404 for a foreign grant."""
    if (body.grant is None) == (body.duty is None):
        raise Invalid("grant", "one_of", allowed="grant duty")
    city = desk.hub.city

    def run(tx: SqlTx) -> Opened:
        if body.grant is not None:
            return viewing.open_under_grant(tx, city, caller, body.grant, body.camera)
        return viewing.open_on_duty(tx, city, caller, body.duty or "", body.camera)

    try:
        opened = await desk.hub.change(run)
    except Forbidden as refused:
        await _record_refusal(desk, caller.account, body, refused)
        raise
    return JSONResponse(_opened(desk, opened), 201)


async def _record_refusal(desk: Desk, account: str, body: bodies.OpenView, refused: Refusal) -> None:
    entry = {"account": account, "camera": body.camera, "grant": body.grant, "duty": body.duty, "reason": refused.code}

    def run(tx: SqlTx) -> None:
        held = tx.grants.get(body.grant) if body.grant else None
        tx.audit("view:refused", entry, drill=held is not None and held.drill)

    await desk.hub.change(run)


async def another_ticket(view_id: str, caller: Viewer, desk: TheDesk) -> dict[str, Any]:
    """Another one-use ticket for an open view."""
    opened = await desk.hub.change(lambda tx: viewing.another_ticket(tx, desk.hub.city, caller, view_id))
    return {"ticket": desk.hub.ticket(opened), "sight": opened.sight}


async def leave(view_id: str, caller: Viewer, desk: TheDesk) -> Response:
    """Stop watching."""
    await desk.hub.change(lambda tx: viewing.leave(tx, desk.hub.city, caller, view_id))
    return Response(status_code=204)


async def revoke(view_id: str, body: bodies.Reason, caller: Owner, desk: TheDesk) -> dict[str, Any]:
    """The cameras' owner cuts one view."""
    _, told = await desk.hub.change_told(lambda tx: viewing.revoke_view(tx, desk.hub.city, caller, view_id, body.reason))
    return {"unreached": await desk.control.acknowledged(told)}


async def list_views(request: Request, caller: Person, desk: TheDesk, state: str = "open", limit: int = 200) -> dict[str, Any]:
    """Who watches: an owner sees the views of its cameras, the privacy officer all, an agency its own."""
    if state not in ("open", "ended"):
        raise Invalid("state", "one_of", allowed="open ended")
    speech, size = desk.speech(request), max(1, min(limit, 1000))

    def look(read: SqlRead) -> list[dict[str, Any]]:
        if caller.role == "privacy_officer":
            found = read.views.find(state=state, desc=True, limit=size)
        elif caller.is_owner:
            found = read.views.find(state=state, owner=tuple(caller.owns), desc=True, limit=size)
        elif caller.role == "responder":
            found = read.views.find(state=state, account=caller.account, desc=True, limit=size)
        else:
            found = read.views.find(state=state, agency=caller.agency, desc=True, limit=size)
        return [shapes.view(one, read, desk.hub.city, speech) for one in found]

    return {"items": await desk.hub.read(look), "next": None}


ROUTES: list[Route] = [
    ("POST", "/views", open_view),
    ("GET", "/views", list_views),
    ("DELETE", "/views/{view_id}", leave),
    ("POST", "/views/{view_id}/ticket", another_ticket),
    ("POST", "/views/{view_id}/revoke", revoke),
]
