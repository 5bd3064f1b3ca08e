"""An alarm comes in: kept, merged or opened as an incident, decided, all in one change."""

from dataclasses import dataclass, replace
from typing import Any

from bonghwa.domain import alarm
from bonghwa.domain.errors import Conflict
from bonghwa.domain.geo import distance_m
from bonghwa.domain.incident import Incident, Part, Place, Report, calms, merges, more_urgent, number_of, rise, rises, said_after
from bonghwa.service import responders
from bonghwa.service.granting import decide_for
from bonghwa.service.hearing import hear
from bonghwa.service.linking import link_others
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import audience, note, tell_incident

MOVED_M = 30.0
"""A merged report with a place further than this from the incident's place moves it."""


@dataclass(frozen=True)
class ReportForm:
    """A report as validated at the edge; `place` is what was sent: a point, or a camera, site or name to look up, or None."""

    line: str
    kind: str
    at: int
    external_id: str
    body_hash: str
    body: str
    point: Place | None = None
    camera: str | None = None
    site: str | None = None
    name: str | None = None
    priority: int | None = None
    text: str | None = None
    look_for: str | None = None
    subject: str | None = None
    drill: bool = False
    moving: bool | None = None
    zone_m: float | None = None


@dataclass(frozen=True)
class Filed:
    """What became of a report: `created` is False for a repeat; `merged` says that it updated an open incident."""

    report: Report
    incident: Incident | None
    created: bool
    merged: bool = False


def file_report(tx: Tx, city: City, form: ReportForm, receiver: str | None = None) -> Filed:
    """Accept a report. The same `line` and `external_id` again gives the same answer; with another body Conflict.

    `receiver` is the agency of the operator who filed it (line `control_room`), otherwise the line decides.
    """
    receivers = (receiver,) if receiver else alarm.RECEIVERS[form.line]
    known = next(iter(tx.reports.find(line=form.line, external_id=form.external_id, receiver=receivers[0], state="accepted")), None)
    if known is not None:
        if known.body_hash != form.body_hash:
            raise Conflict("external_id_reused", external_id=form.external_id)
        return Filed(known, tx.incidents.get(known.incident) if known.incident else None, created=False)
    report = Report(
        id=tx.new_id("rep"),
        line=form.line,
        external_id=form.external_id,
        kind=form.kind,
        at=form.at,
        received_at=tx.now,
        body_hash=form.body_hash,
        state="accepted",
        receiver=receivers[0],
        place=find_place(city, form),
        device=form.site or form.camera,
        subject=form.subject,
        text=form.text,
        look_for=form.look_for,
        priority=form.priority,
        drill=form.drill,
        moving=form.moving,
        zone_m=form.zone_m,
    )
    target, why = _merge_target(tx, report, receivers[0])
    incident = target if target is not None else _open(tx, report, receivers)
    report = replace(report, incident=incident.id)
    tx.reports.put(report)
    tx.audit(
        "report:accepted",
        {
            "report": report.id,
            "line": report.line,
            "external_id": report.external_id,
            "kind": report.kind,
            "incident": incident.id,
            "body": form.body,
        },
        drill=report.drill,
    )
    if target is not None:
        incident = _merge(tx, city, target, report, why)
    else:
        tx.audit("incident:opened", {"incident": incident.id, "number": incident.number, "kind": incident.kind}, drill=incident.drill)
        note(tx, incident, "opened", form.line, kind=form.kind, number=incident.number)
        for part in incident.parts:
            decide_for(tx, city, incident, part.agency)
        link_others(tx, city, incident)
        tell_incident(tx, "opened", incident)
    return Filed(report, incident, created=True, merged=target is not None)


def find_place(city: City, form: ReportForm) -> Place | None:
    """The place a report speaks of, with a name and district; None when it was missing or is not known: then a person is asked."""
    place = form.point
    if form.camera is not None:
        place = city.places.camera(form.camera)
    elif form.site is not None:
        place = city.places.site(form.site)
    elif form.name is not None:
        place = city.places.name(form.name)
    return None if place is None else named(city, place)


def named(city: City, place: Place) -> Place:
    """The place with a spoken name and its district filled in."""
    name, district = city.places.describe(place.lat, place.lon)
    return replace(place, name=place.name or name, district=place.district or district)


def _merge_target(tx: Tx, report: Report, receiver: str) -> tuple[Incident | None, Any]:
    candidates: list[Incident] = []
    states = ("new", "acknowledged", "working")
    if report.subject is not None:
        candidates += tx.incidents.find(owner=receiver, state=states, subject=report.subject, desc=True)
        if not any(merges(report, one) for one in candidates):
            candidates += [one for one in tx.incidents.find(owner=receiver, state=states, desc=True) if report.subject in one.also]
    if report.device is not None:
        candidates += tx.incidents.find(owner=receiver, state=states, device=report.device, desc=True)
    for incident in candidates:
        why = merges(report, incident)
        if why is not None:
            return incident, why
    return None, None


def _open(tx: Tx, report: Report, receivers: tuple[str, ...]) -> Incident:
    incident = Incident(
        id=tx.new_id("inc"),
        number=number_of(report.line, tx.counter(f"{report.line}{'-drill' if report.drill else ''}"), report.drill),
        line=report.line,
        kind=report.kind,
        priority=report.code,
        state="new",
        drill=report.drill,
        opened_at=tx.now,
        owner=receivers[0],
        parts=tuple(Part(agency, tx.now) for agency in receivers),
        place=report.place,
        look_for=report.look_for,
        device=report.device,
        subject=report.subject,
        first_report_at=report.at,
        placed_at=report.moment if report.place is not None else 0,
        said=report.code,
    )
    tx.incidents.put(incident)
    return incident


def _merge(tx: Tx, city: City, incident: Incident, report: Report, why: Any) -> Incident:
    """Update the open incident: a more urgent kind and code, a newer place, words to look for; decided again when that matters."""
    kind, priority = more_urgent(incident, report)
    moved = _moves(incident, report)
    changed = incident.changed(
        kind=kind,
        priority=priority,
        said=said_after(incident, report),
        place=report.place if moved else incident.place,
        placed_at=max(incident.placed_at, report.moment) if report.place is not None and not calms(report) else incident.placed_at,
        look_for=report.look_for or incident.look_for,
        subject=incident.subject or report.subject,
        device=incident.device or report.device,
    )
    if rises(incident, report):
        changed = rise(changed, tx.now)
    tx.incidents.put(changed)
    tx.audit("incident:merged", {"incident": incident.id, "report": report.id, "why": why.code}, drill=incident.drill)
    code = "calmed" if calms(report) else why.code
    note(tx, changed, code, report.line, agency=incident.owner, **dict(why.values))
    if moved or (kind, priority) != (incident.kind, incident.priority):
        for agency in audience(changed):
            part = changed.part(agency)
            if part is not None and part.open:
                decide_for(tx, city, changed, agency)
        responders.follow(tx, city, changed)
    hear(tx, changed, report)
    tell_incident(tx, "updated", changed, merged=True, graver=kind != incident.kind and changed.acknowledged_at is None)
    return changed


def _moves(incident: Incident, report: Report) -> bool:
    if report.place is None or calms(report):
        return False
    if incident.place is None:
        return True
    if incident.triaged and report.moment < incident.placed_at:
        return False
    return distance_m(incident.place.lat, incident.place.lon, report.place.lat, report.place.lon) > MOVED_M


def keep_rejected(tx: Tx, line: str, problem: str, body: str, receivers: tuple[str, ...]) -> Report:
    """Keep a malformed report, so that nothing a line sent is lost, and show it to the operators of the line's agencies."""
    report = Report(
        id=tx.new_id("rej"),
        line=line,
        external_id="",
        kind="",
        at=tx.now,
        received_at=tx.now,
        body_hash="",
        state="rejected",
        receiver=receivers[0],
        problem=problem,
        body=body[:8192].replace("\0", "�"),  # PostgreSQL keeps no NUL
    )
    tx.reports.put(report)
    tx.audit("report:rejected", {"report": report.id, "line": line, "problem": problem})
    tx.emit("report.rejected", report.id, 0, {"report": report.id, "line": line, "problem": problem}, list(receivers))
    return report
