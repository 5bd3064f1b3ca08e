"""Duty sessions (근무 관제): a control room watches its own cameras only in one, logged with account, post and shift."""

from dataclasses import replace

from bonghwa.domain import access
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, Invalid, NotFound
from bonghwa.domain.grant import US
from bonghwa.domain.view import Duty, View
from bonghwa.service.cutting import end_views
from bonghwa.service.people import owned_by
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import PRIVACY


def start(tx: Tx, city: City, caller: Caller, post: str) -> Duty:
    """Begin a duty session at a post. One a person at a time; it ends by itself after a shift."""
    if not access.duty_owners(caller, city.agreements, tx.now):
        raise Forbidden("no_cameras_of_its_own", agency=caller.agency)
    name = post.strip()
    if not 1 <= len(name) <= 60:
        raise Invalid("post", "length", low=1, high=60)
    if any(duty.ended_at is None for duty in tx.duties.find(account=caller.account, ended_at=None)):
        raise Conflict("on_duty_already")
    duty = Duty(tx.new_id("dty"), caller.account, caller.name, caller.agency, name, tx.now, tx.now + city.limits.shift_hours * 3600 * US)
    tx.duties.put(duty)
    tx.audit("duty:started", {"duty": duty.id, "account": caller.account, "post": name})
    tx.emit("duty.started", duty.id, 0, {"duty": duty.id, "post": name, "viewer": caller.name}, [caller.agency, PRIVACY])
    return duty


def end(tx: Tx, city: City, duty: Duty, by: str, handover: str | None = None) -> Duty:
    """End a duty session and every view in it."""
    if not duty.open:
        raise Conflict("duty_ended")
    after = replace(duty, ended_at=tx.now, handover=handover)
    tx.duties.put(after)
    end_views(tx, city, tx.views.find(duty=duty.id, state="open"), "duty_ended", by)
    tx.audit("duty:ended", {"duty": duty.id, "by": by, "handover": handover})
    tx.emit("duty.ended", duty.id, 0, {"duty": duty.id}, [duty.agency, PRIVACY])
    return after


def without_right(read: Read, city: City) -> list[View]:
    """Views on duty of cameras that the room no longer acts for: who may begin to watch is asked at the opening, and here ever after."""
    found, owners = [], dict[str, frozenset[str]]()
    for view in read.views.find(state="open"):
        if view.duty is None:
            continue
        if view.agency not in owners:
            role = city.agencies[view.agency].role
            room = Caller(view.account, view.viewer, role, view.agency, owns=owned_by(view.agency, role))
            owners[view.agency] = access.duty_owners(room, city.agreements, read.now)
        if view.owner not in owners[view.agency]:
            found.append(view)
    return found


def own(tx: Tx, caller: Caller, duty_id: str) -> Duty:
    """The caller's own duty session."""
    duty = tx.duties.get(duty_id)
    if duty is None or duty.account != caller.account:
        raise NotFound("no_such_duty")
    return duty
