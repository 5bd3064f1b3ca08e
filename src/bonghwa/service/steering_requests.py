"""Requests to the owner's room: who watches a camera and may not steer it says in words what it wants to see."""

from dataclasses import replace

from bonghwa.domain import access
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, NotFound
from bonghwa.domain.steering import SteeringRequest
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.steering import check, known_camera, rooms_of
from bonghwa.service.telling import PRIVACY

WAITING_MOST = 3
"""So many requests of one person for one camera may wait; more would only be louder."""


def ask_owner(tx: Tx, city: City, caller: Caller, camera_id: str, grant_id: str, text: str) -> SteeringRequest:
    """Ask the owner's room to turn a camera that the caller's agency watches under this grant."""
    camera = known_camera(city, camera_id)
    grant = tx.grants.get(grant_id)
    incident = tx.incidents.get(grant.incident) if grant else None
    if grant is None or incident is None or grant.agency != caller.agency:
        raise NotFound("no_such_grant")
    check(access.may_open(caller, grant, incident, camera.id, tx.now))
    if not tx.views.find(grant=grant.id, camera=camera.id, account=caller.account, state="open"):
        raise Forbidden("only_who_watches_asks")
    waiting = [r for r in tx.requests.find(camera=camera.id, done_at=None) if r.account == caller.account]
    if len(waiting) >= WAITING_MOST:
        raise Conflict("requests_wait", n=len(waiting))
    request = SteeringRequest(
        id=tx.new_id("str"),
        camera=camera.id,
        owner=camera.owner,
        agency=caller.agency,
        account=caller.account,
        by=caller.name,
        grant=grant.id,
        incident=incident.id,
        number=incident.number,
        text=text,
        at=tx.now,
        drill=grant.drill,
    )
    tx.requests.put(request)
    tx.audit("steering:requested", {**_request_entry(request), "text": text}, drill=request.drill)
    _tell_request(tx, city, "requested", request)
    return request


def answer_request(tx: Tx, city: City, caller: Caller, request_id: str) -> SteeringRequest:
    """The owner's room says that it has done what it could."""
    request = tx.requests.get(request_id)
    if request is None or request.owner not in access.duty_owners(caller, city.agreements, tx.now):
        raise NotFound("no_such_request")
    if request.done_at is not None:
        raise Conflict("request_done")
    after = replace(request, done_at=tx.now, done_by=caller.name)
    tx.requests.put(after)
    tx.audit("steering:answered", {**_request_entry(request), "by": caller.account}, drill=request.drill)
    _tell_request(tx, city, "answered", after)
    return after


def drop_requests_of_closed(tx: Tx, city: City) -> None:
    """A request ends with the incident it was made for."""
    for request in tx.requests.find(done_at=None):
        incident = tx.incidents.get(request.incident)
        if incident is None or not incident.open:
            after = replace(request, done_at=tx.now, done_by="system")
            tx.requests.put(after)
            tx.audit("steering:answered", {**_request_entry(request), "by": "system"}, drill=request.drill)
            _tell_request(tx, city, "answered", after)


def requests_due(read: Read) -> bool:
    """Whether a request outlived its incident."""
    incidents = (read.incidents.get(request.incident) for request in read.requests.find(done_at=None))
    return any(incident is None or not incident.open for incident in incidents)


def requests_of(read: Read, city: City, caller: Caller) -> list[SteeringRequest]:
    """Requests that wait: for the caller's own cameras, and those its agency made."""
    own = access.duty_owners(caller, city.agreements, read.now)
    return [request for request in read.requests.find(done_at=None) if request.owner in own or request.agency == caller.agency]


def _request_entry(request: SteeringRequest) -> dict[str, str]:
    return {
        "request": request.id,
        "camera": request.camera,
        "owner": request.owner,
        "account": request.account,
        "agency": request.agency,
        "grant": request.grant,
        "incident": request.incident,
    }


def _tell_request(tx: Tx, city: City, what: str, request: SteeringRequest) -> None:
    data = {
        "request": request.id,
        "camera": request.camera,
        "owner": request.owner,
        "agency": request.agency,
        "incident": request.incident,
        "drill": request.drill,
    }
    tx.emit(f"steering.{what}", request.id, 0, data, sorted({*rooms_of(city, request.owner, tx.now), request.agency, PRIVACY}))
