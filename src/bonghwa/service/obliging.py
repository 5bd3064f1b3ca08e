"""Legal duties that a viewing starts, with their due dates (LAW, must record no. 4)."""

from collections.abc import Iterable
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
    """Start the duties of the grant's clause (and a review when it opened without an answer), once per agency and incident.

    What was done already was done for an earlier viewing: a new one owes it anew.
    """
    agreement = next((a for a in city.agreements if a.id == grant.agreement and a.hash == grant.agreement_hash), None)
    clause = agreement.clause(grant.clause) if agreement else None
    kinds = list(clause.duties if clause else ())
    if grant.review and "review" not in kinds:
        kinds.append("review")
    have = {o.kind for o in tx.obligations.find(incident=incident.id, agency=grant.agency, done_at=None)}
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


def viewing_ended(tx: Tx, city: City, ended: Iterable[Grant]) -> None:
    """At the end of viewing the time to notify and to destroy begins: due dates of the agencies of these grants count from now.

    A review is of the opening, not of the viewing: its time runs on.
    """
    for incident, agency in dict.fromkeys((grant.incident, grant.agency) for grant in ended):
        for duty in tx.obligations.find(incident=incident, agency=agency, done_at=None):
            if duty.kind != "review":
                tx.obligations.put(replace(duty, due_at=tx.now + _due_in(city, duty.kind)))
