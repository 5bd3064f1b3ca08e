"""What agencies do with an incident: acknowledge, note, invite, correct, merge, split, close, reopen."""

from dataclasses import replace

from bonghwa.domain import incident as life
from bonghwa.domain.agency import INCIDENT_ROLES, Caller
from bonghwa.domain.errors import Conflict, Forbidden, Invalid, NotFound
from bonghwa.domain.incident import Incident, Place
from bonghwa.service import responders
from bonghwa.service.cutting import end_grants
from bonghwa.service.granting import decide_for
from bonghwa.service.ports import City, Tx
from bonghwa.service.reports import named
from bonghwa.service.telling import note, tell_incident


def mine(tx: Tx, caller: Caller, incident_id: str, *, open_part: bool = False) -> Incident:
    """The incident, if the caller's agency takes or took part; NotFound otherwise, so that its existence does not leak.

    With `open_part` the caller's own part must still be open.
    """
    incident = tx.incidents.get(incident_id)
    part = incident.part(caller.agency) if incident else None
    if incident is None or part is None or caller.role not in INCIDENT_ROLES:
        raise NotFound("no_such_incident")
    if open_part and (not incident.open or not part.open):
        raise Conflict("incident_closed" if not incident.open else "part_closed")
    return incident


def decide_all(tx: Tx, city: City, incident: Incident) -> None:
    """Decide again for every agency whose part is open."""
    for part in incident.parts:
        if part.open:
            decide_for(tx, city, incident, part.agency)
    responders.follow(tx, city, incident)


def acknowledge(tx: Tx, caller: Caller, incident_id: str) -> Incident:
    """Somebody has it: the tone stops everywhere. Opens, extends and closes nothing. Who closed its part has it no more."""
    incident = mine(tx, caller, incident_id, open_part=True)
    after = life.acknowledge(incident, caller.account, tx.now)
    if after is not incident:
        tx.incidents.put(after)
        tx.audit("incident:acknowledged", {"incident": incident.id, "by": caller.account}, drill=incident.drill)
        note(tx, after, "acknowledged", caller.agency)
        tell_incident(tx, "acknowledged", after)
    return after


def add_note(tx: Tx, caller: Caller, incident_id: str, text: str) -> Incident:
    """Write a line only the caller's own agency reads."""
    incident = life.work(mine(tx, caller, incident_id, open_part=True))
    tx.incidents.put(incident)
    tx.audit("incident:noted", {"incident": incident.id, "by": caller.account, "text": text}, drill=incident.drill)
    note(tx, incident, "note", caller.name, agency=caller.agency, text=text)
    tell_incident(tx, "updated", incident)
    return incident


def invite(tx: Tx, city: City, caller: Caller, incident_id: str, agency: str, basis: str) -> Incident:
    """Bring another agency in (공조). It acts under its own clause, which decides what it may see."""
    incident = mine(tx, caller, incident_id, open_part=True)
    guest = city.agencies.get(agency)
    if guest is None or guest.role not in INCIDENT_ROLES:
        raise Invalid("agency", "unknown_agency", agency=agency)
    after = life.work(life.join(incident, agency, caller.agency, basis, tx.now))
    tx.incidents.put(after)
    tx.audit("incident:invited", {"incident": incident.id, "agency": agency, "basis": basis, "by": caller.account}, drill=incident.drill)
    note(tx, after, "invited", caller.agency, agency_invited=agency, basis=basis)
    decide_for(tx, city, after, agency)
    tell_incident(tx, "updated", after, invited=agency)
    return after


def change(
    tx: Tx, city: City, caller: Caller, incident_id: str, reason: str, place: Place | None, priority: int | None, look_for: str | None
) -> Incident:
    """Correct the place, the code or the words to look for. Cameras are chosen anew; old pictures stay until the new ones show."""
    incident = mine(tx, caller, incident_id, open_part=True)
    if place is None and priority is None and look_for is None:
        raise Invalid("reason", "nothing_to_change")
    after = incident.changed(
        place=named(city, place) if place is not None else incident.place,
        placed_at=tx.now if place is not None else incident.placed_at,
        priority=incident.priority if priority is None else priority,
        look_for=incident.look_for if look_for is None else look_for,
        set_aside=None if priority is not None and priority < incident.priority else incident.set_aside,
    )
    tx.incidents.put(after)
    tx.audit(
        "incident:changed",
        {"incident": incident.id, "by": caller.account, "reason": reason, "priority": priority, "moved": place is not None},
        drill=incident.drill,
    )
    note(tx, after, "changed", caller.agency, priority=after.priority, place=after.place.name if after.place else "")
    note(tx, after, "own_words", caller.name, agency=caller.agency, reason=reason)
    if place is not None or priority is not None:
        decide_all(tx, city, after)
    tell_incident(tx, "updated", after)
    return after


def merge(tx: Tx, city: City, caller: Caller, incident_id: str, into: str, reason: str) -> Incident:
    """Put one incident of the caller's agency into another; its reports move, its grants end, the target is decided again."""
    source, target = mine(tx, caller, incident_id, open_part=True), mine(tx, caller, into, open_part=True)
    if source.id == target.id:
        raise Invalid("into", "same_incident")
    if source.owner != caller.agency or target.owner != caller.agency:
        raise Forbidden("only_owner_merges")
    if source.drill != target.drill:
        raise Conflict("drill_and_real")
    for report in tx.reports.find(incident=source.id):
        tx.reports.put(replace(report, incident=target.id))
    subject = target.subject or source.subject
    urgent = life.more_urgent_of(target, source)
    place, placed_at = life.place_of_both(target, source)
    after = target.changed(
        kind=urgent.kind,
        priority=urgent.priority,
        said=urgent.said,
        place=place,
        placed_at=placed_at,
        look_for=target.look_for or source.look_for,
        subject=subject,
        also=life.also_about(tx.reports.find(incident=target.id), subject),
        device=target.device or source.device,
        set_aside=None,  # said of its own alarms, not of those that come with the other
    )
    tx.incidents.put(after)
    tx.audit("incident:merged", {"incident": target.id, "from": source.id, "by": caller.account, "reason": reason}, drill=target.drill)
    note(tx, after, "merged_by_hand", caller.name, agency=caller.agency, number=source.number, reason=reason)
    _close(tx, city, source, caller, "duplicate", reason)
    tell_incident(tx, "merged", after, source=source.id)
    decide_all(tx, city, after)
    return after


def split(tx: Tx, city: City, caller: Caller, incident_id: str, report_ids: list[str], reason: str) -> tuple[Incident, Incident]:
    """Undo a wrong merge: these reports become an incident of their own; both are decided again and what no longer holds is revoked.

    Returns the incident they were split from and the fresh one.
    """
    incident = mine(tx, caller, incident_id, open_part=True)
    if incident.owner != caller.agency:
        raise Forbidden("only_owner_splits")
    reports = tx.reports.find(incident=incident.id)
    moving = [report for report in reports if report.id in set(report_ids)]
    if len(moving) != len(set(report_ids)) or not moving:
        raise Invalid("reports", "unknown_report")
    staying = [report for report in reports if report not in moving]
    if not staying:
        raise Invalid("reports", "nothing_stays")
    first = life.leading(moving)
    (moved_to, moved_at), (stays_at, stayed_at) = life.last_place(moving), life.last_place(staying)
    fresh = Incident(
        id=tx.new_id("inc"),
        number=life.number_of(first.line, tx.counter(f"{first.line}{'-drill' if first.drill else ''}"), first.drill),
        line=first.line,
        kind=first.kind,
        priority=first.code,
        state="new",
        drill=first.drill,
        opened_at=tx.now,
        owner=incident.owner,
        parts=(life.Part(incident.owner, tx.now),),
        place=moved_to,
        look_for=first.look_for,
        device=first.device,
        subject=first.subject,
        also=life.also_about(moving, first.subject),
        first_report_at=first.at,
        placed_at=moved_at,
        said=first.code,
    )
    for report in moving:
        tx.reports.put(replace(report, incident=fresh.id))
    kept = life.leading(staying)
    after = incident.changed(
        kind=kept.kind,
        priority=kept.code,
        said=kept.code,
        place=stays_at,
        placed_at=stayed_at,
        subject=kept.subject,
        also=life.also_about(staying, kept.subject),
        device=kept.device,
    )
    tx.incidents.put(fresh)
    tx.incidents.put(after)
    tx.audit(
        "incident:split",
        {"incident": incident.id, "new": fresh.id, "reports": [r.id for r in moving], "by": caller.account, "reason": reason},
        drill=incident.drill,
    )
    note(tx, after, "split", caller.name, agency=caller.agency, number=fresh.number, reason=reason)
    note(tx, fresh, "split_from", caller.name, agency=caller.agency, number=incident.number, reason=reason)
    decide_all(tx, city, after)
    decide_all(tx, city, fresh)
    tell_incident(tx, "split", after, fresh=fresh.id)
    tell_incident(tx, "opened", fresh)
    return after, fresh


def close(tx: Tx, city: City, caller: Caller, incident_id: str, disposition: str, reason: str) -> Incident:
    """End the caller's part and all its views; the incident ends with its last part, or at once by its owner."""
    return _close(tx, city, mine(tx, caller, incident_id), caller, disposition, reason)


def _close(tx: Tx, city: City, incident: Incident, caller: Caller, disposition: str, reason: str) -> Incident:
    after = life.close_part(incident, caller.agency, disposition, tx.now)
    ended = not after.open
    if ended:
        after = replace(after, look_for=None)  # written for sharing; it expires with the incident (LAW)
    tx.incidents.put(after)
    tx.audit(
        "incident:closed" if ended else "incident:part_closed",
        {"incident": incident.id, "agency": caller.agency, "by": caller.account, "disposition": disposition, "reason": reason},
        drill=incident.drill,
    )
    note(tx, after, "closed" if ended else "part_closed", caller.agency, disposition=disposition, agency_closed=caller.agency)
    note(tx, after, "own_words", caller.name, agency=caller.agency, reason=reason)
    living = [g for g in tx.grants.find(incident=incident.id, state=("asked", "active")) if ended or caller.agency in (g.agency, g.issuer)]
    leaving = [g for g in living if g.state == "active"]
    end_grants(tx, city, [g for g in living if g.state == "asked"], "ended", "closed", caller.name)
    end_grants(tx, city, leaving, "ended", "closed", caller.name)
    responders.end_all(tx, city, after, None if ended else caller.agency, caller.name)
    tell_incident(tx, "closed" if ended else "updated", after, part_closed=caller.agency)
    return after


def reopen(tx: Tx, city: City, caller: Caller, incident_id: str, reason: str) -> Incident:
    """Open the caller's part again. New grants are decided; nothing old comes back.

    Only a new opening of the whole incident asks its owners anew: what they refused in one that goes on stays refused.
    """
    incident = mine(tx, caller, incident_id)
    after = replace(life.reopen(incident, caller.agency), reopened_at=incident.reopened_at if incident.open else tx.now)
    tx.incidents.put(after)
    tx.audit("incident:reopened", {"incident": incident.id, "by": caller.account, "reason": reason}, drill=incident.drill)
    note(tx, after, "reopened", caller.agency)
    note(tx, after, "own_words", caller.name, agency=caller.agency, reason=reason)
    decide_for(tx, city, after, caller.agency)
    tell_incident(tx, "reopened", after)
    return after
