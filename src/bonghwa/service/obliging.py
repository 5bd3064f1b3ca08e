"""Legal duties that a viewing starts, with their due dates (LAW, must record no. 4)."""

from dataclasses import replace

from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident
from bonghwa.domain.view import Obligation
from bonghwa.service.ports import City, Tx

HOUR = 3600 * US


def _due_in(city: City, kind: str) -> int:
    limits = city.limits
    return {
        "notify_wearer": limits.notify_wearer_days * 24,
        "notify_subjects": limits.notify_subjects_days * 24,
        "destroy": limits.destroy_days * 24,
        "review": limits.review_hours,
    }[kind] * HOUR


def start(tx: Tx, city: City, incident: Incident, grant: Grant) -> None:
    """Start the duties of the grant's clause (and a review when it opened without an answer), once per agency and incident."""
    agreement = next((a for a in city.agreements if a.id == grant.agreement and a.hash == grant.agreement_hash), None)
    clause = agreement.clause(grant.clause) if agreement else None
    kinds = list(clause.duties if clause else ())
    if grant.review and "review" not in kinds:
        kinds.append("review")
    have = {o.kind for o in tx.obligations.find(incident=incident.id, agency=grant.agency)}
    for kind in kinds:
        if kind in have:
            continue
        duty = Obligation(
            tx.new_id("obl"),
            incident.id,
            incident.number,
            grant.agency,
            kind,
            grant.basis,
            tx.now,
            tx.now + _due_in(city, kind),
            incident.drill,
        )
        tx.obligations.put(duty)
        tx.audit("obligation:started", {"obligation": duty.id, "incident": incident.id, "kind": kind}, drill=incident.drill)


def restart_clock(tx: Tx, city: City, incident: Incident) -> None:
    """At the end of viewing the time to notify begins: due dates count from now."""
    for duty in tx.obligations.find(incident=incident.id, done_at=None):
        tx.obligations.put(replace(duty, due_at=tx.now + _due_in(city, duty.kind)))
