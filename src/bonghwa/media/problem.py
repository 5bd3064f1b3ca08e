"""Refusals as RFC 9457 problems, and the ticket of a request."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from bonghwa.media.camera import MASK_UNAVAILABLE, Camera
from bonghwa.media.engine import Face
from bonghwa.media.plane import Plane
from bonghwa.media.reworked import FULL
from bonghwa.media.sessions import GatewayFull, Session
from bonghwa.media.ticket import Ticket, TicketRefused

_FULL = "the gateway serves as many live pictures as it may, none of them less urgent; stills are served"
_FULL_OF_STILLS = "the gateway makes as many stills at once as it may"


class Problem(Exception):
    """A refusal with its HTTP status and stable code."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}


def answer(problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    body = {"type": f"urn:bonghwa:problem:{problem.code}", "title": problem.code.replace("_", " "), "status": problem.status}
    return JSONResponse(
        {**body, "detail": problem.detail, "code": problem.code},
        problem.status,
        problem.headers,
        media_type="application/problem+json",
    )


def bearer(request: Request) -> str:
    """The bearer token, empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def require(plane: Plane, face: Face) -> None:
    """Raises `Problem`, before any ticket is used, where the engine does not carry `face`."""
    if face not in plane.engine.faces:
        raise Problem(501, f"{face}_unavailable", f"this gateway's engine carries no {face}")


def admit(plane: Plane, token: str, camera_id: str, still: bool = False) -> tuple[Ticket, Camera]:
    """Use up a ticket and find its camera. Raises `Problem`; a camera is not confirmed to exist before its ticket is.

    From here until `watch_over` nothing may be awaited: a revoke that comes in between would find no session to cut.
    """
    if plane.engine.trouble:
        raise Problem(503, plane.engine.trouble, "the gateway's engine can show nothing now", {"Retry-After": "2"})
    try:
        ticket = plane.sessions.admit(token, camera_id, still)
    except TicketRefused as refused:
        raise of_ticket(refused) from None
    except GatewayFull:
        raise Problem(503, "gateway_full", _FULL_OF_STILLS if still else _FULL, {"Retry-After": "5"}) from None
    camera = plane.cameras.find(camera_id)
    if camera is None:
        raise Problem(404, "camera_unknown", "this gateway does not serve the camera")
    barred = camera.barred(ticket.unmasked)
    if barred == MASK_UNAVAILABLE:
        raise Problem(503, barred, "the camera has a mask, and this gateway paints as many as it may", {"Retry-After": "5"})
    if barred == FULL:
        raise Problem(503, FULL, "the camera must be coded anew, and this gateway does that for as many as it may", {"Retry-After": "5"})
    if barred:
        raise Problem(409, "camera_unshowable", f"the camera sends what cannot be shown: {barred}")
    return ticket, camera


def watch_over(plane: Plane, session: Session) -> None:
    """Open a session. Raises `Problem` when its ticket has lost its ground since it was admitted."""
    try:
        plane.sessions.add(session)
    except TicketRefused as refused:
        raise of_ticket(refused) from None


def of_ticket(refused: TicketRefused) -> Problem:
    """A refused ticket as a problem."""
    headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {"Retry-After": "2"} if refused.status == 503 else {}
    return Problem(refused.status, refused.code, str(refused), headers)
