"""`/responders`: one-time links for people on the way."""

import io
import secrets
from typing import Any

import segno
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api import bodies, shapes
from bonghwa.api.desk import COOKIE, OnIncidents, Route, TheDesk
from bonghwa.api.forms import instant
from bonghwa.api.session import shape, with_cookie
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict
from bonghwa.domain.view import ResponderLink
from bonghwa.service import incidents, responders
from bonghwa.service.responders import AGENCY, code_hash
from bonghwa.storage.sql.writer import SqlTx


async def invite(incident_id: str, body: bodies.InviteResponder, request: Request, caller: OnIncidents, desk: TheDesk) -> Response:
    """Make a one-time link; its code is shown once."""
    city = desk.hub.city

    def run(tx: SqlTx) -> tuple[ResponderLink, str]:
        incident = incidents.mine(tx, caller, incident_id, open_part=True)
        return responders.invite(tx, city, caller, incident, body.label)

    link, code = await desk.hub.change(run)
    base = desk.hub.public_url or str(request.base_url).rstrip("/")
    url = f"{base}/r/{code}"
    picture = io.BytesIO()
    segno.make(url, error="m").save(picture, kind="svg", scale=5, border=2, dark="#000", light="#fff", xmldecl=False)
    return JSONResponse(
        {**shapes.responder(link), "url": url, "code": code, "qr_svg": picture.getvalue().decode(), "expires_at": instant(link.expires_at)},
        201,
    )


async def redeem(body: bodies.Redeem, request: Request, desk: TheDesk) -> Response:
    """Bind a link to the device that taps it. The same device may come again; a second device is refused and reported."""
    desk.sign_ins.take(request.client.host if request.client else "unknown")
    cookie = request.cookies.get(COOKIE)
    if cookie:
        known = await desk.hub.read(lambda read: read.sessions.get(code_hash(cookie)))
        if known is not None and known.link is not None:
            link = await desk.hub.read(lambda read: read.responders.get(known.link or ""))
            if link is not None and link.code_hash == code_hash(body.code):
                return JSONResponse(shape(desk, _caller(known.account, known.name, known.incident, known.id), known))
    secret = secrets.token_urlsafe(32)
    bound = await desk.hub.change(lambda tx: responders.redeem(tx, body.code, code_hash(secret)))
    if isinstance(bound, ResponderLink):
        raise Conflict("link_bound_elsewhere")
    session, _ = bound
    caller = _caller(session.account, session.name, session.incident, session.id)
    return with_cookie(desk, shape(desk, caller, session), secret)


def _caller(account: str, name: str, incident: str | None, session: str) -> Caller:
    return Caller(account, name, "responder", AGENCY, incident=incident, session=session)


async def revoke(link_id: str, body: bodies.Reason, caller: OnIncidents, desk: TheDesk) -> dict[str, Any]:
    """End a link at once."""
    link, told = await desk.hub.change_told(lambda tx: responders.revoke(tx, desk.hub.city, caller, link_id, body.reason))
    return {**shapes.responder(link), "unreached": await desk.control.acknowledged(told)}


ROUTES: list[Route] = [
    ("POST", "/incidents/{incident_id}/responders", invite),
    ("POST", "/responders/redeem", redeem),
    ("POST", "/responders/{link_id}/revoke", revoke),
]
