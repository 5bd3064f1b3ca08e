"""What is told to whom when something changed: events, timeline lines, neutral data without anyone's private text."""

from typing import Any

from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident
from bonghwa.domain.pursuit import Pursuit
from bonghwa.domain.reason import Value
from bonghwa.domain.view import View
from bonghwa.service.ports import TimelineEntry, Tx

PRIVACY = "privacy_officer"


def audience(incident: Incident) -> list[str]:
    """The agencies that may learn of an incident: those that take or took part."""
    return [part.agency for part in incident.parts]


def needs(incident: Incident) -> list[str]:
    """What the incident asks of a person now."""
    asks = []
    if incident.open and incident.acknowledged_at is None:
        asks.append("acknowledge")
    if incident.open and incident.place is None:
        asks.append("place")
    return asks


def neutral(incident: Incident) -> dict[str, Any]:
    """The part of an incident that everyone who takes part may see."""
    place = incident.place
    return {
        "id": incident.id,
        "number": incident.number,
        "kind": incident.kind,
        "line": incident.line,
        "priority": incident.priority,
        "state": incident.state,
        "drill": incident.drill,
        "place": None
        if place is None
        else {"lat": place.lat, "lon": place.lon, "accuracy_m": place.accuracy_m, "name": place.name, "district": place.district},
        "opened_at": incident.opened_at,
        "owner": incident.owner,
        "participants": [part.agency for part in incident.parts if part.open],
        "needs": needs(incident),
        "louder": incident.louder,
    }


def tell_incident(tx: Tx, what: str, incident: Incident, **more: Value) -> None:
    """Send `incident.<what>` to all who take part.

    Who closed its part hears of that and of the end, and not where the subject is meanwhile.
    """
    to = [part.agency for part in incident.parts if part.open or not incident.open or part.agency == more.get("part_closed")]
    tx.emit(f"incident.{what}", incident.id, incident.rev, {**neutral(incident), **more}, to)


def tell_grant(tx: Tx, what: str, grant: Grant) -> None:
    """Send `grant.<what>` to the agency, the cameras' owner and the privacy officer; it carries no incident text."""
    data = {
        "grant": grant.id,
        "incident": grant.incident,
        "agency": grant.agency,
        "owner": grant.owner,
        "cameras": list(grant.cameras),
        "state": grant.state,
        "reason": grant.reason,
        "drill": grant.drill,
        "issuer": grant.issuer,
        "expires_at": grant.expires_at,
    }
    tx.emit(f"grant.{what}", grant.id, 0, data, [grant.agency, grant.owner, PRIVACY])


def tell_view(tx: Tx, what: str, view: View, reason: str | None = None, by: str | None = None) -> None:
    """Send `view.<what>` to the viewer's agency, the cameras' owner and the privacy officer."""
    held = tx.grants.get(view.grant) if view.grant else None
    data = {
        "view": view.id,
        "grant": view.grant,
        "duty": view.duty,
        "incident": view.incident,
        "camera": view.camera,
        "agency": view.agency,
        "owner": view.owner,
        "viewer": view.viewer,
        "reason": reason,
        "by": by,
        "issuer": held.issuer if held else None,
        "drill": view.drill,
    }
    tx.emit(f"view.{what}", view.id, 0, data, [view.agency, view.owner, PRIVACY])


def note(tx: Tx, incident: Incident, code: str, by: str, *, agency: str | None = None, **values: Value) -> None:
    """Append a line to the incident's timeline; with `agency` only that agency reads it."""
    tx.timeline.put(TimelineEntry(tx.new_id("tl"), incident.id, tx.now, agency, by, code, values))


def tell_pursuit(tx: Tx, what: str, pursuit: Pursuit) -> None:
    """Say that a pursuit changed, to the agencies that may know of it."""
    tx.emit(f"pursuit.{what}", pursuit.id, pursuit.rev, pursuit_data(pursuit), pursuit.audience)


def pursuit_data(pursuit: Pursuit) -> dict[str, object]:
    """What an event says of a pursuit."""
    return {"id": pursuit.id, "incident": pursuit.incident, "agency": pursuit.agency, "state": pursuit.state, "drill": pursuit.drill}
