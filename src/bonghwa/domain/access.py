"""The decision: may this agency have this owner's cameras for this incident, and may this person open this view now.

Pure, total and default-deny. Every answer is Allowed(agreement, clause) or Denied(reason); an exception anywhere in deciding is
turned into a denial (ARCHITECTURE, invariant 2).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bonghwa.domain.agency import Caller
from bonghwa.domain.agreement import Agreement, Clause
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident
from bonghwa.domain.reason import Reason
from bonghwa.domain.view import Duty

KST = dt.timezone(dt.timedelta(hours=9))


@dataclass(frozen=True)
class Allowed:
    """A clause of an agreement in force allows it, in the way the clause's `approval` says."""

    agreement: Agreement
    clause: Clause


@dataclass(frozen=True)
class Denied:
    """Refused, and why; agreement and clause are set when a clause says so explicitly."""

    reason: Reason
    agreement: Agreement | None = None
    clause: Clause | None = None


Decision = Allowed | Denied


@dataclass(frozen=True)
class Question:
    """What is asked: an agency, taking part or invited, in an incident of this line, kind and code, about one owner's cameras."""

    agency: str
    owner: str
    line: str
    kind: str
    code: int
    incident_open: bool
    takes_part: bool
    invited: bool
    now: int


def local_time(now: int) -> dt.datetime:
    """Korean local time of a time in microseconds."""
    return dt.datetime.fromtimestamp(now / 1_000_000, KST)


def decide(question: Question, agreements: Sequence[Agreement]) -> Decision:
    """Answer the question under these agreements. An error in deciding is a denial, never an opening."""
    try:
        return _decide(question, agreements)
    except Exception as error:  # noqa: BLE001  invariant 2: whatever goes wrong here must deny
        return Denied(Reason("decision_failed", {"error": type(error).__name__}))


def _decide(question: Question, agreements: Sequence[Agreement]) -> Decision:
    if not question.incident_open:
        return Denied(Reason("incident_closed"))
    if not question.takes_part:
        return Denied(Reason("not_taking_part", {"agency": question.agency}))
    local = local_time(question.now)
    between = [a for a in agreements if question.agency in a.parties and question.owner in a.owners]
    if not between:
        return Denied(Reason("no_agreement", {"agency": question.agency, "owner": question.owner}))
    in_force = [a for a in between if a.valid_on(local.date())]
    if not in_force:
        return Denied(Reason("agreement_not_in_force", {"agreement": between[0].id}), between[0])
    minute = local.hour * 60 + local.minute
    matching = [
        (agreement, clause)
        for agreement in in_force
        for clause in agreement.clauses
        if clause.matches(question.line, question.kind, question.code, question.invited, minute)
    ]
    for agreement, clause in matching:
        if clause.approval == "deny":
            return Denied(Reason("clause_denies", {"agreement": agreement.id, "clause": clause.id}), agreement, clause)
    if not matching:
        return Denied(Reason("no_clause", {"kind": question.kind, "code": question.code}), in_force[0])
    return Allowed(*matching[0])


def may_open(caller: Caller, grant: Grant, incident: Incident, camera: str, now: int) -> Reason | None:
    """None when the caller may watch the camera under this grant now, otherwise the reason why not."""
    if caller.role == "responder":
        if caller.incident != grant.incident or grant.agency != "responders":
            return Reason("other_incident")
        if caller.sent_by != grant.issuer:
            return Reason("other_agency")
    elif caller.agency != grant.agency:
        return Reason("other_agency")
    if not incident.open:
        return Reason("incident_closed")
    if grant.agency != "responders":
        part = incident.part(grant.agency)
        if part is None or not part.open:
            return Reason("part_closed")
    if grant.state != "active":
        return Reason(f"grant_{grant.state}")
    if grant.expires_at is None or now >= grant.expires_at:
        return Reason("grant_expired")
    if not grant.covers(camera, now):
        return Reason("camera_not_granted")
    return None


def duty_owners(caller: Caller, agreements: Sequence[Agreement], now: int) -> frozenset[str]:
    """The owners whose cameras count as the control room's own in a duty session.

    A district centre's own cameras, and those whose owners entrusted duty watching to this room in an agreement in force
    (PIPA art. 26: the entrusted party acts for the owner, under the owner's purpose and the entrustment's limits).
    """
    if caller.role not in ("control_room", "district"):
        return frozenset()
    day = local_time(now).date()
    entrusted = {owner for a in agreements if a.duty_owners and caller.agency in a.parties and a.valid_on(day) for owner in a.duty_owners}
    return frozenset(entrusted | caller.owns)


def unmasked_on_duty(caller: Caller, owner: str, agreements: Sequence[Agreement], now: int) -> bool:
    """Whether an agreement in force lifts masks for this room's duty watching of this owner's cameras; without one they stay."""
    day = local_time(now).date()
    return any(a.duty_unmasked and caller.agency in a.parties and owner in a.owners and a.valid_on(day) for a in agreements)


def may_watch_on_duty(caller: Caller, duty: Duty, owner: str, agreements: Sequence[Agreement], now: int) -> Reason | None:
    """None when the camera of `owner` may be watched in this duty session by this caller, otherwise why not."""
    if duty.account != caller.account:
        return Reason("other_duty")
    if not duty.open:
        return Reason("duty_ended")
    if now >= duty.ends_by:
        return Reason("shift_over")
    if owner not in duty_owners(caller, agreements, now):
        return Reason("not_own_camera", {"owner": owner})
    return None
