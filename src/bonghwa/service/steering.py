"""Steering cameras: one holder a camera, every hold, move, request and way home in the ledger, the home view when the reason is over."""

from dataclasses import dataclass, replace

from bonghwa.domain import access, steering
from bonghwa.domain.agency import Caller
from bonghwa.domain.camera import Camera
from bonghwa.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from bonghwa.domain.reason import Reason
from bonghwa.domain.steering import Act, Hold, Velocity
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import PRIVACY

MOVE_S = 2.0
_OVER = ("incident_closed", "part_closed", "grant_ended", "grant_expired", "grant_revoked", "duty_ended", "shift_over")


@dataclass(frozen=True)
class Wish:
    """What a steerer asks for, and with which right: a duty session or a grant of its own room."""

    act: Act
    velocity: Velocity = steering.STILL
    duty: str | None = None
    grant: str | None = None


@dataclass(frozen=True)
class _Right:
    """What lets somebody steer, once it was found to do so."""

    post: str
    duty: str | None = None
    grant: str | None = None
    incident: str | None = None
    drill: bool = False


def steer(tx: Tx, city: City, caller: Caller, camera_id: str, wish: Wish) -> Hold:
    """Turn, stop, send home or give back a camera. Takes it where nobody holds it.

    Raises NotFound for a foreign duty session or grant, Forbidden with the reason, Conflict while somebody else holds it or after the right
    ended, Unavailable without its gateway.
    """
    camera = known_camera(city, camera_id)
    right = _right(tx, city, caller, camera, wish)
    hold = tx.holds.get(camera.id)
    if steering.held_by_another(hold, caller.account, tx.now):
        assert hold is not None
        raise Conflict("steered_by_another", post=hold.post, agency=hold.agency)
    if hold is not None and hold.account != caller.account:
        let_go(tx, city, hold, "idle", home=False)
        hold = None
    if hold is None:
        hold = _take(tx, city, caller, camera, right)
    gateway = city.gateways.serving(camera.owner, camera.id)
    if gateway is None or not _reached(tx, gateway):
        raise Unavailable("gateway_lost", owner=camera.owner)
    if wish.act == "leave":
        let_go(tx, city, hold, "asked")
        return hold
    if wish.act == "move":
        if steering.begins(hold, wish.velocity, tx.now):
            tx.audit("steering:moved", {**_entry(hold), "purpose": camera.purpose, **speeds(wish.velocity)}, drill=hold.drill)
        after = steering.moved(hold, wish.velocity, tx.now)
    else:
        after = steering.stopped(hold, tx.now, at_home=wish.act == "home")
        if wish.act == "home" and hold.turned:
            tx.audit("steering:home", {**_entry(hold), "reason": "asked"}, drill=hold.drill)
    after = replace(after, duty=right.duty, grant=right.grant, incident=right.incident, post=right.post)
    tx.holds.put(after)
    _order(tx, gateway, camera.id, wish.act, wish.velocity)
    return after


def _order(tx: Tx, gateway: str, camera: str, act: Act, velocity: Velocity) -> None:
    """A move says until when it counts: one that arrives late, after a lost line, must not turn a camera nobody is steering."""
    moving = {**speeds(velocity), "for_s": MOVE_S, "not_after": tx.now + int(MOVE_S * 1_000_000)} if act == "move" else {}
    tx.tell(gateway, {"t": "ptz", "camera": camera, "act": act, **moving})


def speeds(velocity: Velocity) -> dict[str, float]:
    """The velocity as a message or entry holds it."""
    return {"pan": velocity.pan, "tilt": velocity.tilt, "zoom": velocity.zoom}


def known_camera(city: City, camera_id: str) -> Camera:
    """The camera; NotFound for an id the registry does not have."""
    camera = city.cameras.get(camera_id)
    if camera is None:
        raise NotFound("no_such_camera")
    return camera


def _right(tx: Tx, city: City, caller: Caller, camera: Camera, wish: Wish) -> _Right:
    """What lets the caller steer; raises where nothing does."""
    if wish.duty is not None:
        duty = tx.duties.get(wish.duty)
        if duty is None or duty.account != caller.account:
            raise NotFound("no_such_duty")
        check(steering.may_steer_on_duty(caller, duty, camera.owner, city.agreements, tx.now))
        return _Right(duty.post, duty=duty.id)
    grant = tx.grants.get(wish.grant or "")
    incident = tx.incidents.get(grant.incident) if grant else None
    if grant is None or incident is None or grant.agency != caller.agency:
        raise NotFound("no_such_grant")
    check(steering.may_steer_under_grant(caller, grant, incident, camera.id, camera.purpose, city.agreements, tx.now))
    return _Right(incident.number, grant=grant.id, incident=incident.id, drill=grant.drill)


def check(refusal: Reason | None) -> None:
    """Raise what the rules refused: Conflict where the right has ended, Forbidden where there is none."""
    if refusal is not None:
        raise (Conflict if refusal.code in _OVER else Forbidden)(refusal.code, **dict(refusal.values))


def _take(tx: Tx, city: City, caller: Caller, camera: Camera, right: _Right) -> Hold:
    hold = Hold(
        id=camera.id,
        owner=camera.owner,
        account=caller.account,
        agency=caller.agency,
        post=right.post,
        taken_at=tx.now,
        last_at=tx.now,
        duty=right.duty,
        grant=right.grant,
        incident=right.incident,
        drill=right.drill,
    )
    tx.holds.put(hold)
    tx.audit("steering:held", {**_entry(hold), "purpose": camera.purpose}, drill=hold.drill)
    _tell(tx, city, "held", hold)
    return hold


def _entry(hold: Hold) -> dict[str, str | None]:
    return {
        "camera": hold.id,
        "owner": hold.owner,
        "account": hold.account,
        "agency": hold.agency,
        "duty": hold.duty,
        "grant": hold.grant,
        "incident": hold.incident,
    }


def let_go(tx: Tx, city: City, hold: Hold, reason: str, *, home: bool = True) -> None:
    """Nobody steers the camera any more; its home view is asked for, once, where it was turned."""
    tx.holds.delete(hold.id)
    if home and hold.turned:
        gateway = city.gateways.serving(hold.owner, hold.id)
        if gateway is not None:
            _order(tx, gateway, hold.id, "home", steering.STILL)
        tx.audit("steering:home", {**_entry(hold), "reason": reason}, drill=hold.drill)
    tx.audit("steering:freed", {**_entry(hold), "reason": reason}, drill=hold.drill)
    _tell(tx, city, "freed", hold)


def failed(tx: Tx, city: City, camera_id: str, account: str, refused: str) -> None:
    """The camera did not do it: nobody needs to hold it."""
    hold = tx.holds.get(camera_id)
    if hold is not None and hold.account == account:
        tx.audit("steering:failed", {**_entry(hold), "refused": refused}, drill=hold.drill)
        let_go(tx, city, hold, refused, home=False)


def _reached(read: Read, gateway: str | None) -> bool:
    row = read.gateways.get(gateway) if gateway else None
    return row is not None and row.state == "up"


def ended(read: Read, city: City, hold: Hold) -> str | None:
    """Why a hold is over, None while it goes on.

    A turned camera whose gateway is lost stays held until it can be sent home: a gateway that starts anew knows no old orders.
    """
    if hold.turned and not _reached(read, city.gateways.serving(hold.owner, hold.id)):
        return None
    duty = read.duties.get(hold.duty) if hold.duty else None
    grant = read.grants.get(hold.grant) if hold.grant else None
    incident = read.incidents.get(hold.incident) if hold.incident else None
    return steering.over(hold, duty, grant, incident, read.now)


def let_go_of_ended(tx: Tx, city: City) -> None:
    """Free every camera whose steerer is gone, whose duty session ended or whose incident closed, and send it home."""
    for hold in tx.holds.find():
        reason = ended(tx, city, hold)
        if reason is not None:
            let_go(tx, city, hold, reason)


def rooms_of(city: City, owner: str, now: int) -> list[str]:
    """The agencies whose rooms act for this owner: itself, and those it entrusted its duty watching to in an agreement in force."""
    day = access.local_time(now).date()
    entrusted = {party for a in city.agreements if owner in (a.duty_owners or ()) and a.valid_on(day) for party in a.parties}
    rooms = {agency for agency in entrusted if agency in city.agencies and city.agencies[agency].role == "control_room"}
    return sorted({owner, *rooms})


def _tell(tx: Tx, city: City, what: str, hold: Hold) -> None:
    """Who watches the camera sees that it is steered, and from which post; no name goes out."""
    watching = {view.agency for view in tx.views.find(camera=hold.id, state="open")}
    data = {
        "camera": hold.id,
        "owner": hold.owner,
        "agency": hold.agency,
        "post": hold.post,
        "duty": hold.duty,
        "grant": hold.grant,
        "incident": hold.incident,
        "drill": hold.drill,
    }
    tx.emit(f"steering.{what}", hold.id, 0, data, sorted({*rooms_of(city, hold.owner, tx.now), hold.agency, *watching, PRIVACY}))


def seen_by(read: Read, city: City, caller: Caller) -> list[Hold]:
    """The holds this caller may see: over its own cameras, and over those its agency watches now."""
    watched = {view.camera for view in read.views.find(agency=caller.agency, state="open")}
    own = access.duty_owners(caller, city.agreements, read.now)
    return [hold for hold in read.holds.find() if hold.id in watched or hold.owner in own or caller.role == "privacy_officer"]


def one_right(duty: str | None, grant: str | None) -> None:
    """A steerer names exactly one right."""
    if (duty is None) == (grant is None):
        raise Invalid("duty", "one_of", allowed="duty grant")
