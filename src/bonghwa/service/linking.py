"""Incidents of different agencies about the same thing: linked where both agreements share, never opened to each other."""

from bonghwa.domain.alarm import RECEIVERS
from bonghwa.domain.geo import distance_m
from bonghwa.domain.incident import Incident
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import note

NEAR_M = 150.0
NEAR_US = 10 * 60 * 1_000_000


def shares(city: City, agency: str) -> bool:
    """Whether the agency's agreements let kind, time and place of its incidents be shown to agencies that share theirs."""
    own = [a for a in city.agreements if agency in a.parties]
    return bool(own) and all(a.share_links for a in own)


def _about_the_same(one: Incident, other: Incident) -> bool:
    if one.drill != other.drill or other.state == "closed":
        return False
    if one.subject is not None and one.subject == other.subject:
        return True
    if one.place is None or other.place is None or abs(one.opened_at - other.opened_at) > NEAR_US:
        return False
    return distance_m(one.place.lat, one.place.lon, other.place.lat, other.place.lon) <= NEAR_M


def link_others(tx: Tx, city: City, incident: Incident) -> None:
    """Link a new incident with open ones of other agencies about the same subject, or near in place and time."""
    if not shares(city, incident.owner):
        return
    others = {agency for receivers in RECEIVERS.values() for agency in receivers[:1]} - {incident.owner}
    for agency in sorted(a for a in others if shares(city, a)):
        open_ones = tx.incidents.find(owner=agency, state=("new", "acknowledged", "working"), drill=incident.drill, desc=True, limit=50)
        for other in open_ones:
            if other.part(incident.owner) is None and incident.part(agency) is None and _about_the_same(incident, other):
                _link(tx, incident, other)


def _link(tx: Tx, one: Incident, other: Incident) -> None:
    tx.audit("incident:linked", {"one": one.id, "other": other.id}, drill=one.drill)
    for here, there in ((one, other), (other, one)):
        place = there.place
        note(
            tx,
            here,
            "linked",
            "system",
            agency=here.owner,
            other_agency=there.owner,
            kind=there.kind,
            line=there.line,
            opened_at=there.opened_at,
            lat=place.lat if place else None,
            lon=place.lon if place else None,
            place=place.name if place else "",
        )
        tx.emit("incident.linked", here.id, here.rev, {"id": here.id, "kind": there.kind}, [here.owner])
