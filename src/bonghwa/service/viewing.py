"""Views: opened under a live grant or in a duty session, one ticket a use, counted by the gateway, ended by whoever may."""

from dataclasses import dataclass, replace

from bonghwa.domain import access
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, NotFound, TooMany, Unavailable
from bonghwa.domain.incident import work
from bonghwa.domain.mask import Sight, sight
from bonghwa.domain.view import View
from bonghwa.service.cutting import cut, end_views
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import tell_view

LEAST_URGENT = 4
_LATELY = 2_000
"""So many of a gateway's last views are looked through for one that ended while it died."""


@dataclass(frozen=True)
class Opened:
    """A view that was allowed, with what its ticket must say."""

    view: View
    gateway_url: str
    jti: str
    sight: Sight
    priority: int = LEAST_URGENT
    """Of the incident; a drill and a duty session are the least urgent."""


def _opened(tx: Tx, view: View, gateway_url: str) -> Opened:
    incident = tx.incidents.get(view.incident) if view.incident and not view.drill else None
    return Opened(view, gateway_url, tx.new_id("jti"), sight_of(tx, view), incident.priority if incident else LEAST_URGENT)


def open_under_grant(tx: Tx, city: City, caller: Caller, grant_id: str, camera: str) -> Opened:
    """Open a view of a granted camera. The ledger entry is written with it; the ticket is made after the commit.

    Raises NotFound for a foreign grant, Conflict once the grant ended, Forbidden with the reason when this caller may not.
    """
    grant = tx.grants.get(grant_id)
    incident = tx.incidents.get(grant.incident) if grant else None
    foreign = grant is None or incident is None or caller.agency != grant.agency
    if grant is None or incident is None or foreign:
        raise NotFound("no_such_grant")
    if caller.role == "responder" and (caller.incident, caller.sent_by) != (grant.incident, grant.issuer):
        raise NotFound("no_such_grant")
    refusal = access.may_open(caller, grant, incident, camera, tx.now)
    if refusal is not None:
        over = refusal.code in ("incident_closed", "part_closed", "grant_ended", "grant_expired", "grant_revoked")
        raise (Conflict if over else Forbidden)(refusal.code, **dict(refusal.values))
    _check_sound(city)
    _check_quota(tx, city, caller)
    busy = work(incident)
    if busy is not incident:
        tx.incidents.put(busy)
    return _open(
        tx,
        city,
        caller,
        camera,
        grant.owner,
        min(grant.expires_at or tx.now, grant.leaving.get(camera, 1 << 62)),
        grant.drill,
        number=incident.number,
        grant=grant.id,
        incident=incident.id,
        unmasked=grant.unmasked,
    )


def open_on_duty(tx: Tx, city: City, caller: Caller, duty_id: str, camera: str) -> Opened:
    """Open a view of one of the control room's own cameras in its logged duty session."""
    duty = tx.duties.get(duty_id)
    if duty is None or duty.account != caller.account:
        raise NotFound("no_such_duty")
    known = city.cameras.get(camera)
    if known is None:
        raise NotFound("no_such_camera")
    refusal = access.may_watch_on_duty(caller, duty, known.owner, city.agreements, tx.now)
    if refusal is not None:
        raise (Conflict if refusal.code in ("duty_ended", "shift_over") else Forbidden)(refusal.code, **dict(refusal.values))
    _check_sound(city)
    _check_quota(tx, city, caller)
    unmasked = access.unmasked_on_duty(caller, known.owner, city.agreements, tx.now)
    return _open(tx, city, caller, camera, known.owner, duty.ends_by, False, number=duty.post, duty=duty.id, unmasked=unmasked)


def _check_sound(city: City) -> None:
    wrong = city.hub_ok()
    if wrong is not None:
        raise Unavailable(wrong)


def _check_quota(tx: Tx, city: City, caller: Caller) -> None:
    if len(tx.views.find(account=caller.account, state="open")) >= city.limits.views_per_account:
        raise TooMany("too_many_views", limit=city.limits.views_per_account)


def _open(
    tx: Tx,
    city: City,
    caller: Caller,
    camera: str,
    owner: str,
    not_after: int,
    drill: bool,
    *,
    number: str,
    grant: str | None = None,
    duty: str | None = None,
    incident: str | None = None,
    unmasked: bool = False,
) -> Opened:
    gateway = city.gateways.serving(owner, camera)
    row = tx.gateways.get(gateway) if gateway else None
    if row is None or not row.boot or row.state != "up":
        raise Unavailable("gateway_lost", owner=owner)
    local = access.local_time(tx.now)
    agency = city.agencies[caller.agency]
    view = View(
        id=tx.new_id("viw"),
        camera=camera,
        owner=owner,
        account=caller.account,
        viewer=caller.name,
        agency=caller.agency,
        gateway=row.name,
        boot=row.boot,
        opened_at=tx.now,
        not_after=not_after,
        idle_since=tx.now,
        watermark=f"{caller.name} · {agency.ko} · {local:%m-%d %H:%M} · {number}{' · 훈련' if drill else ''}",
        grant=grant,
        duty=duty,
        incident=incident,
        session=caller.session,
        drill=drill,
        unmasked=unmasked,
    )
    tx.views.put(view)
    tx.audit(
        "ticket:issued",
        {
            "view": view.id,
            "camera": camera,
            "owner": owner,
            "account": caller.account,
            "agency": caller.agency,
            "grant": grant,
            "duty": duty,
            "incident": incident,
            "not_after": not_after,
            "sight": sight_of(tx, view),
        },
        drill=drill,
    )
    return _opened(tx, view, row.url)


def sight_of(read: Read, view: View) -> Sight:
    """How the view sees its camera now."""
    return sight(read.masks.get(view.camera), view.unmasked)


def another_ticket(tx: Tx, city: City, caller: Caller, view_id: str) -> Opened:
    """Another one-use ticket for a view that is still open: a fallback, a still, a reconnect."""
    view = own_view(tx, caller, view_id)
    if view.state == "ended":
        raise Conflict("view_ended", reason=view.end_reason)
    if tx.now >= view.not_after:
        raise Conflict("grant_expired")
    _check_sound(city)
    row = tx.gateways.get(view.gateway)
    if row is None or row.boot != view.boot or row.state != "up":
        raise Unavailable("gateway_lost", owner=view.owner)
    tx.views.put(replace(view, idle_since=tx.now if view.live == 0 else view.idle_since))
    tx.audit("ticket:issued", {"view": view.id, "camera": view.camera, "account": caller.account, "again": True}, drill=view.drill)
    return _opened(tx, view, row.url)


def own_view(tx: Tx, caller: Caller, view_id: str) -> View:
    """A view of the caller's own account; NotFound for anyone else's."""
    view = tx.views.get(view_id)
    if view is None or view.account != caller.account:
        raise NotFound("no_such_view")
    return view


def leave(tx: Tx, city: City, caller: Caller, view_id: str) -> None:
    """The viewer stops watching."""
    end_views(tx, city, [own_view(tx, caller, view_id)], "viewer", caller.name)


def revoke_view(tx: Tx, city: City, caller: Caller, view_id: str, reason: str) -> None:
    """The cameras' owner cuts one view."""
    view = tx.views.get(view_id)
    if view is None or not (caller.is_owner and view.owner in caller.owns):
        raise NotFound("no_such_view")
    if view.state == "ended":
        raise Conflict("view_ended", reason=view.end_reason)
    end_views(tx, city, [view], reason, caller.name)


# What the gateway says. Each message is applied once: the control channel drops repeats by their number.


def transport_opened(tx: Tx, city: City, view_id: str, transport: str) -> None:
    """A transport session of a view began to be served. One of a view that ended meanwhile is cut again."""
    view = tx.views.get(view_id)
    if view is None:
        return
    if view.state == "ended":
        cut(tx, city, (), [view], view.end_reason or "revoked")
        return
    first = view.transport is None
    after = replace(view, transport=transport, live=view.live + 1, live_since=view.live_since or tx.now, idle_since=None)
    tx.views.put(after)
    tx.audit("view:opened", {"view": view.id, "camera": view.camera, "transport": transport, "sight": sight_of(tx, view)}, drill=view.drill)
    if first or transport != view.transport:
        tell_view(tx, "opened", after)


def transport_ended(tx: Tx, city: City, view_id: str, seconds: float, size: int, reason: str) -> None:
    """A transport session ended; its figures are added to the view's account, which the ledger keeps."""
    view = tx.views.get(view_id)
    if view is None:
        return
    live = max(0, view.live - 1)
    done_seconds, done_bytes = view.done_seconds + seconds, view.done_bytes + size
    after = replace(
        view,
        live=live,
        live_since=None if live == 0 else view.live_since,
        idle_since=tx.now if live == 0 else None,
        done_seconds=done_seconds,
        done_bytes=done_bytes,
        seconds=max(view.seconds, done_seconds),
        bytes=max(view.bytes, done_bytes),
    )
    tx.views.put(after)
    _put_down(tx, view, seconds, size, reason)
    if after.state == "open" and reason in ("lease", "stop"):
        end_views(tx, city, [after], reason)


def _put_down(tx: Tx, view: View, seconds: float, size: int, reason: str) -> None:
    """What one session of a view delivered, into the ledger."""
    tx.audit(
        "view:ended",
        {
            "view": view.id,
            "grant": view.grant,
            "duty": view.duty,
            "camera": view.camera,
            "seconds": round(seconds, 3),
            "bytes": size,
            "reason": reason,
        },
        drill=view.drill,
    )


def measured(tx: Tx, view_id: str, seconds: float, size: int) -> None:
    """What a running view has delivered so far, from a heartbeat."""
    view = tx.views.get(view_id)
    if view is not None and view.state == "open":
        tx.views.put(replace(view, seconds=view.done_seconds + seconds, bytes=view.done_bytes + size))


def gateway_gone(tx: Tx, city: City, gateway: str, boot: str) -> None:
    """A gateway started anew: whatever its earlier start served is over, with the last figures it gave.

    The ledger gets what no session's end has told yet, also of a view that was ended while the gateway died, before it could tell.
    """
    ended = tx.views.find(gateway=gateway, state="ended", desc=True, limit=_LATELY)
    for view in [*tx.views.find(gateway=gateway, state="open"), *ended]:
        if view.boot == boot or (view.state == "ended" and not view.live):
            continue
        left = replace(view, done_seconds=view.seconds, done_bytes=view.bytes, live=0)
        tx.views.put(left)
        _put_down(tx, view, view.seconds - view.done_seconds, view.bytes - view.done_bytes, "gateway_lost")
        if left.state == "open":
            end_views(tx, city, [left], "gateway_lost")


def cut_confirmed(tx: Tx, view_ids: list[str]) -> None:
    """The gateway sent its last packet of these views: how long after the decision."""
    for view_id in view_ids:
        view = tx.views.get(view_id)
        if view is not None and view.ended_at is not None and view.cut_ms is None:
            tx.views.put(replace(view, cut_ms=max(0, (tx.now - view.ended_at) // 1000)))
