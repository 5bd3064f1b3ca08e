"""`/cameras/{id}/steer`, `/steering`, `/steering-requests`: the owner's room turns its cameras, others ask it to."""

from typing import Any

from fastapi.responses import JSONResponse

from bonghwa.api import bodies
from bonghwa.api.desk import Person, Route, TheDesk
from bonghwa.api.forms import instant
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, Refusal, Unavailable
from bonghwa.domain.steering import HOLD_US, Hold, SteeringRequest, Velocity
from bonghwa.service import steering, steering_requests
from bonghwa.service.ports import City
from bonghwa.service.steering import Wish
from bonghwa.storage.sql.writer import SqlRead, SqlTx

ANSWER_S = 1.5
"""So long the answer waits for the camera; a slower one is not waited for, and a refusal that comes later is told by the next act."""

_REFUSED: dict[str, Refusal] = {
    "unsupported": Conflict("steering_unsupported"),
    "unreachable": Unavailable("steering_unreachable"),
    "password": Unavailable("steering_password"),
}


def _hold(hold: Hold, caller: Caller) -> dict[str, Any]:
    return {
        "camera": hold.id,
        "owner": hold.owner,
        "agency": hold.agency,
        "post": hold.post,
        "mine": hold.account == caller.account,
        "since": instant(hold.taken_at),
        "until": instant(hold.last_at + HOLD_US),
        "drill": hold.drill,
    }


def _request(request: SteeringRequest, city: City, caller: Caller) -> dict[str, Any]:
    camera = city.cameras.get(request.camera)
    return {
        "id": request.id,
        "camera": {"id": request.camera, "name": camera.name if camera else request.camera},
        "owner": request.owner,
        "agency": request.agency,
        "by": request.by,
        "incident": {"number": request.number},
        "text": request.text,
        "at": instant(request.at),
        "done_at": instant(request.done_at),
        "mine": request.account == caller.account,
        "drill": request.drill,
    }


async def steer(camera_id: str, body: bodies.Steer, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Turn, stop or send home a camera of one's own room. 403 with `reason`, 409 naming the post that holds it, 503 when it fails."""
    steering.one_right(body.duty, body.grant)
    wish = Wish(body.act, Velocity(body.pan, body.tilt, body.zoom), body.duty, body.grant)
    city = desk.hub.city
    try:
        hold, told = await desk.hub.change_told(lambda tx: steering.steer(tx, city, caller, camera_id, wish))
    except Forbidden as refused:
        entry = {"account": caller.account, "camera": camera_id, "grant": body.grant, "duty": body.duty, "reason": refused.code}

        def record(tx: SqlTx) -> None:
            held = tx.grants.get(body.grant) if body.grant else None
            tx.audit("steering:refused", entry, drill=held is not None and held.drill)

        await desk.hub.change(record)
        raise
    refused_by_camera = await desk.control.answer(told, ANSWER_S) if told else None
    if refused_by_camera in _REFUSED:
        failure = _REFUSED[refused_by_camera]
        await desk.hub.change(lambda tx: steering.failed(tx, city, camera_id, caller.account, refused_by_camera))
        raise type(failure)(failure.code)
    return {**_hold(hold, caller), "done": refused_by_camera == ""}


async def list_steering(caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Which cameras are steered now and from which post: one's own, and those one's agency watches."""
    city = desk.hub.city
    return {"items": await desk.hub.read(lambda read: [_hold(hold, caller) for hold in steering.seen_by(read, city, caller)]), "next": None}


async def ask_owner(camera_id: str, body: bodies.AskToSteer, caller: Person, desk: TheDesk) -> JSONResponse:
    """Ask the owner's room to turn a camera that one watches."""
    city = desk.hub.city
    request = await desk.hub.change(lambda tx: steering_requests.ask_owner(tx, city, caller, camera_id, body.grant, body.text))
    return JSONResponse(_request(request, city, caller), 201)


async def list_requests(caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Requests that wait: for one's own cameras, and those of one's agency."""
    city = desk.hub.city

    def look(read: SqlRead) -> list[dict[str, Any]]:
        return [_request(request, city, caller) for request in steering_requests.requests_of(read, city, caller)]

    return {"items": await desk.hub.read(look), "next": None}


async def request_done(request_id: str, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """The owner's room answers a request."""
    city = desk.hub.city
    return _request(await desk.hub.change(lambda tx: steering_requests.answer_request(tx, city, caller, request_id)), city, caller)


ROUTES: list[Route] = [
    ("POST", "/cameras/{camera_id}/steer", steer),
    ("POST", "/cameras/{camera_id}/steer/request", ask_owner),
    ("GET", "/steering", list_steering),
    ("GET", "/steering-requests", list_requests),
    ("POST", "/steering-requests/{request_id}/done", request_done),
]
