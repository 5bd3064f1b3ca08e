"""The tracking centre's queue: each incident with where it stands, why, and whether it is hidden for a while.

All of it is reckoned from the reports as they are stored; only what a person decided (`hide`, `show`) is kept, and is in the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bonghwa.domain import hiding, triage
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, Invalid
from bonghwa.domain.grant import Grant
from bonghwa.domain.hiding import Hidden
from bonghwa.domain.incident import Incident, Report, SetAside
from bonghwa.domain.reason import Reason
from bonghwa.domain.triage import MINUTE_US, Case, Ranking
from bonghwa.service.incidents import mine
from bonghwa.service.ports import Tx
from bonghwa.service.telling import note, tell_incident


@dataclass(frozen=True)
class Triaged:
    """An incident as the queue shows it: its alarms in spells, its rank with reasons, what hides it, and what brought it back."""

    case: Case
    ranking: Ranking
    hidden: Hidden | None
    back: Reason | None


def triaged(incident: Incident, reports: Sequence[Report], grants: Iterable[Grant], now: int) -> Triaged | None:
    """Where an open incident stands for its owner, or None for one that is not triaged."""
    if not incident.triaged or not incident.open or not reports:
        return None
    recorded = any(grant.state == "active" and grant.agency == incident.owner for grant in grants)
    case = Case(incident, triage.in_time(reports), recorded)
    word = incident.set_aside
    stands = word is not None and word.hidden and now < word.until
    back = hiding.back_because(case, word) if word is not None and stands else None
    return Triaged(case, triage.rank(case), hiding.hidden(case, now), back)


def hide(tx: Tx, caller: Caller, incident_id: str, reason: str, minutes: int) -> Incident:
    """Hide an acknowledged incident from the queue for some minutes, by a person who says why. Nothing else of it changes.

    Raises Conflict for a kind that nothing hides and for one that nobody acknowledged, Invalid for a time out of range.
    """
    incident = _own(tx, caller, incident_id)
    if not 1 <= minutes <= hiding.LONGEST_MINUTES:
        raise Invalid("minutes", "range", low=1, high=hiding.LONGEST_MINUTES)
    if incident.kind in hiding.NEVER_HIDDEN:
        raise Conflict("never_hidden", kind=incident.kind)
    if incident.acknowledged_at is None:
        raise Conflict("acknowledge_first")
    word = SetAside(tx.now, tx.now + minutes * MINUTE_US, caller.name, reason, hidden=True)
    return _set_aside(tx, caller, incident, word)


def show(tx: Tx, caller: Caller, incident_id: str, reason: str) -> Incident:
    """Show a hidden incident at once; for an hour no rule hides it again."""
    incident = _own(tx, caller, incident_id)
    return _set_aside(tx, caller, incident, SetAside(tx.now, tx.now + hiding.SHOWN_US, caller.name, reason, hidden=False))


def _own(tx: Tx, caller: Caller, incident_id: str) -> Incident:
    incident = mine(tx, caller, incident_id, open_part=True)
    if incident.owner != caller.agency:
        raise Forbidden("only_owner_hides")
    if not incident.triaged:
        raise Conflict("not_triaged")
    return incident


def _set_aside(tx: Tx, caller: Caller, incident: Incident, word: SetAside) -> Incident:
    after = incident.changed(set_aside=word)
    tx.incidents.put(after)
    act, code = ("incident:hidden", "hidden") if word.hidden else ("incident:shown", "shown")
    entry = {"incident": incident.id, "by": caller.account, "reason": word.reason, "until": word.until}
    tx.audit(act, entry, drill=incident.drill)
    minutes = (word.until - word.at) // MINUTE_US
    note(tx, after, code, caller.name, agency=caller.agency, reason=word.reason, minutes=minutes)
    tell_incident(tx, "updated", after)
    return after
