"""Answers to grants: an owner approves, denies or revokes; an agency's own officer confirms; the agency extends or gives back."""

from dataclasses import replace

from bonghwa.domain import grant as grants
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, Invalid, NotFound
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident
from bonghwa.service import responders
from bonghwa.service.cutting import end_grants
from bonghwa.service.granting import clause_of, open_grant, prefetch
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import note, tell_grant


def _concerned(tx: Tx, caller: Caller, grant_id: str) -> tuple[Grant, Incident, bool]:
    """The grant, its incident and whether the caller is the cameras' owner; NotFound when the caller has no part in it."""
    grant = tx.grants.get(grant_id)
    incident = tx.incidents.get(grant.incident) if grant else None
    if grant is None or incident is None:
        raise NotFound("no_such_grant")
    owner = caller.is_owner and grant.owner in caller.owns
    if not owner and (caller.agency != grant.agency or caller.role == "responder"):
        raise NotFound("no_such_grant")
    return grant, incident, owner


def approve(tx: Tx, city: City, caller: Caller, grant_id: str, reason: str, cameras: tuple[str, ...] | None = None) -> Grant:
    """Open an asked grant: by the owner, or, where the clause wants it, by the agency's own officer recording suspicion and urgency."""
    grant, incident, owner = _concerned(tx, caller, grant_id)
    if grant.state != "asked":
        raise Conflict("grant_not_asked", state=grant.state)
    if grant.awaits == "owner" and not owner:
        raise Forbidden("owner_answers", owner=grant.owner)
    if grant.awaits == "officer" and owner:
        raise Forbidden("officer_answers", agency=grant.agency)
    if cameras is not None and not set(cameras) & set(grant.cameras):
        raise Invalid("cameras", "none_of_the_asked")
    if clause_of(city, grant, tx.now) is None:
        raise Conflict("agreement_changed", agreement=grant.agreement)
    tx.audit("grant:approved", {"grant": grant.id, "by": caller.account, "reason": reason, "cameras": cameras}, drill=grant.drill)
    if cameras is not None and owner and not set(grant.cameras) <= set(cameras):
        grant = replace(grant, refused_by_owner=True)
    opened = open_grant(tx, city, incident, grant, caller.name, cameras=cameras)
    responders.follow(tx, city, incident)
    return opened


def deny(tx: Tx, city: City, caller: Caller, grant_id: str, reason: str) -> Grant:
    """Refuse an asked grant, or take back an open one: by the owner, or by the agency's own officer for what it had to confirm."""
    grant, incident, owner = _concerned(tx, caller, grant_id)
    if grant.state == "active" and owner:
        return revoke(tx, city, caller, grant_id, reason)
    if grant.state != "asked":
        raise Conflict("grant_not_asked", state=grant.state)
    if not owner and grant.awaits != "officer":
        raise Forbidden("owner_answers", owner=grant.owner)
    note(tx, incident, "grant_denied", caller.name, agency=grant.agency, owner=grant.owner, reason=reason)
    return end_grants(tx, city, [grant], "denied", reason, caller.name, by_owner=owner)[0]


def revoke(tx: Tx, city: City, caller: Caller, grant_id: str, reason: str) -> Grant:
    """Take back an open grant: the owner at any time, the agency when it needs it no more. Every view under it is cut."""
    grant, incident, owner = _concerned(tx, caller, grant_id)
    if grant.state not in ("asked", "active"):
        raise Conflict("grant_over", state=grant.state)
    note(tx, incident, "grant_revoked", caller.name, agency=grant.agency, owner=grant.owner, reason=reason)
    ended = end_grants(tx, city, [grant], "revoked", reason, caller.name, by_owner=owner)[0]
    responders.follow(tx, city, incident)
    return ended


def extend(tx: Tx, city: City, caller: Caller, grant_id: str, minutes: int, reason: str) -> Grant:
    """Lengthen an open grant, at most to the clause's limit from now; its views go on without a break."""
    grant, incident, owner = _concerned(tx, caller, grant_id)
    if owner and caller.agency != grant.agency:
        raise Forbidden("agency_extends", agency=grant.agency)
    clause = clause_of(city, grant, tx.now)
    if clause is None:
        raise Conflict("agreement_changed", agreement=grant.agreement)
    if not 1 <= minutes <= clause.limit_minutes:
        raise Invalid("minutes", "range", low=1, high=clause.limit_minutes)
    if grant.expires_at is not None and tx.now >= grant.expires_at:
        raise Conflict("grant_not_active", state="expired")
    after = grants.extend(grant, minutes, tx.now, clause.limit_minutes)
    tx.grants.put(after)
    tx.audit("grant:extended", {"grant": grant.id, "by": caller.account, "minutes": minutes, "reason": reason}, drill=grant.drill)
    _renew(tx, city, after)
    tell_grant(tx, "extended", after)
    note(tx, incident, "grant_extended", caller.name, agency=grant.agency, owner=grant.owner, minutes=minutes, reason=reason)
    responders.follow(tx, city, incident)
    return after


def _renew(tx: Tx, city: City, grant: Grant) -> None:
    for view in tx.views.find(grant=grant.id, state="open"):
        tx.views.put(replace(view, not_after=grant.expires_at or view.not_after))
    if grant.expires_at is None:
        return
    for gateway in city.gateways.of(grant.owner):
        tx.tell(gateway, {"t": "renew", "grant": grant.id, "not_after": grant.expires_at})
    prefetch(tx, city, grant)
