"""WHEP (RFC 9725): a viewer posts its offer and is answered at once; no trickle, no second round."""

import hashlib
import hmac
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from bonghwa.media.engine import EngineRefused
from bonghwa.media.plane import Plane
from bonghwa.media.problem import Problem, admit, bearer, watch_over
from bonghwa.media.webrtc.sdp import MAX_SDP, OfferRefused, read_offer


async def offer(request: Request) -> Response:
    """`POST /whep/{camera}`: 201 with the SDP answer and where to DELETE it.

    The offer is read whole before the ticket is looked at: a slow sender must not hold an admitted ticket past a revoke.
    """
    plane: Plane = request.app.state.plane
    token = bearer(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/sdp":
        raise Problem(415, "not_sdp", "Content-Type: must be application/sdp")
    body = await _body(request)
    try:
        offered = read_offer(body)
    except OfferRefused as refused:
        raise Problem(400, "offer_refused", str(refused)) from None
    reached_at = (request.scope.get("server") or ("127.0.0.1", 0))[0]
    ticket, camera = admit(plane, token, request.path_params["camera"])
    try:
        joining = plane.engine.join(plane.sessions, ticket, camera, offered, body)
        session = joining.session
        session.token_hash = _hash(token)
        watch_over(plane, session)
        answer = await joining.answer(reached_at)
    except EngineRefused as refused:
        raise Problem(refused.status, refused.code, str(refused)) from None
    headers = {"Location": f"/whep/{quote(camera.id, safe='')}/{session.id}", "Cache-Control": "no-store"}
    return Response(answer, 201, headers, media_type="application/sdp")


async def leave(request: Request) -> Response:
    """`DELETE` of the session's address with the ticket it was opened with.

    A session that is already gone (a cut and the page's goodbye cross on the way) answers 200 as well: what was asked is so. Another
    ticket's session stays untouched and answers 404.
    """
    plane: Plane = request.app.state.plane
    token_hash = _hash(bearer(request))
    session = plane.sessions.find(request.path_params["session"])
    if session is None:
        return Response(status_code=200)
    mine = session.camera.id == request.path_params["camera"]
    if not mine or not hmac.compare_digest(session.token_hash, token_hash):
        raise Problem(404, "session_unknown", "no such session is open for this ticket")
    session.end("viewer")
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SDP:
            raise Problem(413, "offer_too_long", "the offer is longer than 65536 bytes")
    return body


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
