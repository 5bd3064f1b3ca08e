"""What happens by itself when time passes. Each function looks, changes what is due and says what it did."""

from dataclasses import replace

from bonghwa.domain import alarm
from bonghwa.domain.grant import US
from bonghwa.domain.incident import join
from bonghwa.service import clips, duties, people, pursuits, responders, steering, steering_requests
from bonghwa.service.cutting import end_grants, end_views
from bonghwa.service.granting import clause_of, decide_for, open_grant
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import note, tell_incident

OPEN = ("new", "acknowledged", "working")


def anything_due(read: Read, city: City) -> bool:
    """A cheap look whether a change is owed, so that an idle hub writes nothing."""
    now, limits = read.now, city.limits
    for incident in read.incidents.find(state="new"):
        if not incident.louder and now - incident.waiting_since >= limits.louder_after_s * US:
            return True
        rule = alarm.ESCALATIONS.get(incident.line)
        if rule and not incident.escalated and incident.kind in rule.kinds and now - incident.opened_at >= rule.after_s * US:
            return True
    for grant in read.grants.find(state=("asked", "active")):
        ends = grant.answer_by if grant.state == "asked" else grant.expires_at
        if (ends is not None and now >= ends) or any(now >= until for until in grant.leaving.values()):
            return True
    idle = limits.view_idle_s * US
    if any(
        (v.live == 0 and v.idle_since is not None and now - v.idle_since >= idle) or now >= v.not_after
        for v in read.views.find(state="open")
    ):
        return True
    if any(steering.ended(read, city, hold) for hold in read.holds.find()) or steering_requests.requests_due(read):
        return True
    if pursuits.parts_due(read):
        return True
    if any(now >= duty.ends_by for duty in read.duties.find(ended_at=None)):
        return True
    return any(now >= link.expires_at for link in read.responders.find(state=("waiting", "bound"))) or (
        _orphans_due(read) or bool(duties.without_right(read, city)) or clips.anything_due(read)
    )


def _orphans_due(read: Read) -> bool:
    if any(read.now >= session.expires_at for session in read.sessions.find()):
        return True
    closed = {account.id for account in read.accounts.find() if account.disabled}
    if any(duty.account in closed for duty in read.duties.find(ended_at=None)):
        return True
    views = read.views.find(state="open")
    return any(v.account in closed or (v.session is not None and read.sessions.get(v.session) is None) for v in views)


def call_louder(tx: Tx, city: City) -> None:
    """An incident nobody acknowledged for 15 s calls louder until somebody does."""
    for incident in tx.incidents.find(state="new"):
        if not incident.louder and tx.now - incident.waiting_since >= city.limits.louder_after_s * US:
            louder = incident.changed(louder=True)
            tx.incidents.put(louder)
            tx.audit("incident:louder", {"incident": incident.id}, drill=incident.drill)
            tell_incident(tx, "louder", louder)


def escalate(tx: Tx, city: City) -> None:
    """A bell or safe-return call that the control room left unanswered goes to police 112 by itself (LAW, machines)."""
    for incident in tx.incidents.find(state="new"):
        rule = alarm.ESCALATIONS.get(incident.line)
        if rule is None or incident.escalated or incident.kind not in rule.kinds or tx.now - incident.opened_at < rule.after_s * US:
            continue
        if incident.part(rule.to) is not None:
            tx.incidents.put(replace(incident, escalated=True))
            continue
        after = replace(join(incident, rule.to, incident.owner, "escalated", tx.now), escalated=True)
        tx.incidents.put(after)
        tx.audit("incident:escalated", {"incident": incident.id, "to": rule.to, "after_s": rule.after_s}, drill=incident.drill)
        note(tx, after, "escalated", "system", agency_invited=rule.to, seconds=rule.after_s)
        decide_for(tx, city, after, rule.to)
        tell_incident(tx, "updated", after, invited=rule.to)


def answer_unanswered(tx: Tx, city: City) -> None:
    """A request its owner did not answer in time is denied; at code 0 it opens, alarms the owner and is reviewed (LAW).

    Without its agreement nothing opens, at no code.
    """
    for grant in tx.grants.find(state="asked"):
        if grant.answer_by is None or tx.now < grant.answer_by:
            continue
        incident = tx.incidents.get(grant.incident)
        in_force = clause_of(city, grant, tx.now) is not None
        if incident is not None and incident.open and incident.priority == 0 and in_force:
            tx.audit("grant:opened_unanswered", {"grant": grant.id, "incident": grant.incident}, drill=grant.drill)
            open_grant(tx, city, incident, grant, None, review=True)
            responders.follow(tx, city, incident)
        else:
            end_grants(tx, city, [grant], "denied", "unanswered")


def expire_grants(tx: Tx, city: City) -> None:
    """A grant ends at its time."""
    due = [g for g in tx.grants.find(state="active") if g.expires_at is not None and tx.now >= g.expires_at]
    end_grants(tx, city, due, "expired", "expired")
    for about in (tx.incidents.get(incident) for incident in {g.incident for g in due}):
        if about is not None:
            responders.follow(tx, city, about)


def drop_old_pictures(tx: Tx, city: City) -> None:
    """After a corrected place, or as a pursuit moves on, the old cameras' views end once their few seconds are over."""
    for grant in tx.grants.find(state="active"):
        kept = {camera: until for camera, until in grant.leaving.items() if tx.now < until}
        if len(kept) < len(grant.leaving):
            after = replace(grant, leaving=kept)
            tx.grants.put(after)
            views = tx.views.find(grant=grant.id, state="open")
            followed = any("watch" in pursuit.parts_for(grant.agency) for pursuit in tx.pursuits.find(incident=grant.incident))
            why = "pursuit_moved" if followed else "place_corrected"
            end_views(tx, city, [v for v in views if not after.covers(v.camera, tx.now)], why)


def end_idle_views(tx: Tx, city: City) -> None:
    """A view nobody attached to, or left, for some seconds ends; so does one past its time."""
    idle = city.limits.view_idle_s * US
    for view in tx.views.find(state="open"):
        if tx.now >= view.not_after:
            end_views(tx, city, [view], "expired")
        elif view.live == 0 and view.idle_since is not None and tx.now - view.idle_since >= idle:
            end_views(tx, city, [view], "viewer_gone")


def end_shifts(tx: Tx, city: City) -> None:
    """A duty session ends with its shift."""
    for duty in tx.duties.find(ended_at=None):
        if tx.now >= duty.ends_by:
            duties.end(tx, city, duty, "system")


def end_unentrusted(tx: Tx, city: City) -> None:
    """A room's pictures on duty end with the agreement that entrusted it with the owner's cameras."""
    end_views(tx, city, duties.without_right(tx, city), "agreement_over")


def end_links(tx: Tx, city: City) -> None:
    """A responder's link ends at its time."""
    for link in tx.responders.find(state=("waiting", "bound")):
        if tx.now >= link.expires_at:
            responders.expire(tx, city, link)


def end_orphans(tx: Tx, city: City) -> None:
    """Views and duty sessions whose session is over, or whose account was closed, end; so does an expired session's event stream."""
    for session in tx.sessions.find():
        if tx.now >= session.expires_at:
            people.sign_out(tx, city, session)
    closed = {account.id for account in tx.accounts.find() if account.disabled}
    for view in tx.views.find(state="open"):
        if view.account in closed or (view.session is not None and tx.sessions.get(view.session) is None):
            end_views(tx, city, [view], "session_ended")
    for duty in tx.duties.find(ended_at=None):
        if duty.account in closed:
            duties.end(tx, city, duty, "system")


EVERY = (
    call_louder,
    escalate,
    answer_unanswered,
    expire_grants,
    drop_old_pictures,
    end_idle_views,
    end_shifts,
    end_unentrusted,
    end_links,
    end_orphans,
    clips.erase_old,
    steering.let_go_of_ended,
    steering_requests.drop_requests_of_closed,
    pursuits.follow_parts,
)
"""Each runs as a change of its own, so that one that fails keeps no other from its work."""
