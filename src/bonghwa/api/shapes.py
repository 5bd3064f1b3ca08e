"""How things look from outside (docs/api.md): each agency sees its own text and grants and what was shared with it."""

from typing import Any

from bonghwa.api.clip_shape import clip
from bonghwa.api.forms import Speech, instant
from bonghwa.api.triage_shape import spell, triage
from bonghwa.domain.agency import Caller
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident, Place
from bonghwa.domain.selection import ChosenCamera, Selection
from bonghwa.domain.triage import spells_of
from bonghwa.domain.view import Duty, Obligation, Repair, ResponderLink, View
from bonghwa.domain.words import ENDINGS, OBLIGATIONS, TIMELINE, WORDS
from bonghwa.domain.words_sight import WORDS as SIGHT_WORDS
from bonghwa.service import telling
from bonghwa.service.ports import City, Read, TimelineEntry
from bonghwa.service.responders import AGENCY as RESPONDERS
from bonghwa.service.triaging import triaged

REASONS = {**WORDS, **SIGHT_WORDS}


def place(at: Place | None) -> dict[str, Any] | None:
    """`{lat, lon, accuracy_m, name, district, source}`."""
    if at is None:
        return None
    return {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "name": at.name, "district": at.district, "source": at.source}


def grant(one: Grant) -> dict[str, Any]:
    """A grant."""
    return {
        "id": one.id,
        "incident": one.incident,
        "agency": one.agency,
        "owner": one.owner,
        "agreement": one.agreement,
        "agreement_hash": one.agreement_hash,
        "clause": one.clause,
        "basis": one.basis,
        "purpose": one.purpose,
        "state": one.state,
        "awaits": one.awaits,
        "asked_at": instant(one.asked_at),
        "decided_at": instant(one.decided_at),
        "answer_by": instant(one.answer_by),
        "expires_at": instant(one.expires_at),
        "ended_at": instant(one.ended_at),
        "minutes": one.minutes,
        "cameras": list(one.cameras),
        "reason": one.reason,
        "review": one.review,
        "drill": one.drill,
        "issuer": one.issuer,
        "evidence": one.evidence,
        "unmasked": one.unmasked,
    }


def owner_grant(one: Grant, incident: Incident | None) -> dict[str, Any]:
    """A grant as the cameras' owner sees it: which incident, no text of it."""
    about = None
    if incident is not None:
        about = {
            "number": incident.number,
            "kind": incident.kind,
            "priority": incident.priority,
            "place": place(incident.place),
            "drill": incident.drill,
        }
    return {**grant(one), "incident": about}


def left_at(incident: Incident, agency: str) -> int | None:
    """When the agency closed its part, None while it takes part.

    What happens without it, where the subject is above all, is not its business (as `telling.tell_incident` has it for events).
    """
    part = incident.part(agency)
    return None if part is None else part.closed_at


def summary(incident: Incident, caller: Caller, read: Read, speech: Speech, grants: list[Grant] | None = None) -> dict[str, Any]:
    """An incident as a row of the queue."""
    own = [g for g in (grants if grants is not None else read.grants.find(incident=incident.id)) if g.agency == caller.agency]
    reports = read.reports.find(incident=incident.id)
    sorted_ = triaged(incident, reports, own, read.now) if caller.agency == incident.owner else None
    views = [v for v in read.views.find(incident=incident.id, state="open") if v.agency == caller.agency]
    active = [g for g in own if g.state == "active"]
    part, left = incident.part(caller.agency), left_at(incident, caller.agency)
    needs = telling.needs(incident)
    if any(g.state == "asked" and g.awaits == "officer" for g in own):
        needs.append("confirm")
    return {
        "id": incident.id,
        "number": incident.number,
        "kind": incident.kind,
        "line": incident.line,
        "priority": incident.priority,
        "state": "closed" if part is not None and not part.open else incident.state,
        "drill": incident.drill,
        "place": place(incident.place if part is None or part.open else part.place),
        "look_for": incident.look_for if left is None else None,
        "opened_at": instant(incident.opened_at),
        "acknowledged_at": instant(incident.acknowledged_at),
        "closed_at": instant(incident.closed_at or (None if part is None else part.closed_at)),
        "owner": incident.owner,
        "participants": [p.agency for p in incident.parts if p.open],
        "rev": incident.rev,
        "needs": needs,
        "louder": incident.louder,
        "reports": len(reports),
        "triage": None if sorted_ is None else triage(sorted_, speech),
        "counts": {
            "cameras": sum(len(g.cameras) for g in active),
            "live": sum(1 for v in views if v.live),
            "views": len(views),
            "watched": len({v.camera for v in views}.intersection(camera for g in active for camera in g.cameras)),
            "asked": sum(1 for g in own if g.state == "asked"),
        },
        "expires_at": instant(min((g.expires_at for g in active if g.expires_at), default=None)),
        "mine": None if part is None else {"state": "working" if part.open else "closed", "disposition": part.disposition},
    }


def incident(one: Incident, caller: Caller, read: Read, city: City, speech: Speech) -> dict[str, Any]:
    """An incident as its page shows it to this agency."""
    all_grants = read.grants.find(incident=one.id)
    visible = [g for g in all_grants if caller.agency in (g.agency, g.issuer)]
    selection = read.selections.get(f"{one.id}:{caller.agency}")
    left = left_at(one, caller.agency)
    told = [e for e in read.timeline.find(incident=one.id) if e.agency in (None, caller.agency)]
    lines = [e for e in told if left is None or e.at <= left or e.agency is not None or e.code == "closed"]
    return {
        **summary(one, caller, read, speech, all_grants),
        "parts": [
            {
                "agency": p.agency,
                "state": "working" if p.open else "closed",
                "joined_at": instant(p.joined_at),
                "invited_by": p.invited_by,
                "basis": p.basis,
                "closed_at": instant(p.closed_at),
                "disposition": p.disposition,
            }
            for p in one.parts
        ],
        "grants": [grant(g) for g in visible],
        **_selection(selection, [g for g in visible if g.agency == caller.agency], city, speech),
        "timeline": [timeline(e, speech) for e in lines if e.code != "linked"],
        "links": [link(e, speech) for e in lines if e.agency == caller.agency and e.code == "linked"],
        "reports": _reports(one, caller, read),
        "spells": _spells(one, caller, read),
        "watchers": [watcher(v) for v in read.views.find(incident=one.id, state="open") if v.grant in {g.id for g in visible}],
        "responders": [responder(r) for r in read.responders.find(incident=one.id, agency=caller.agency)],
        "clips": [clip(c) for c in read.clips.find(incident=one.id, agency=caller.agency, desc=True)],
        "duties": [obligation(o, speech) for o in read.obligations.find(incident=one.id, agency=caller.agency)],
        "timing": {"received_at": instant(one.opened_at), "chosen_us": selection.chosen_us if selection else None, **one.timing},
    }


def _reports(one: Incident, caller: Caller, read: Read) -> list[dict[str, Any]]:
    if caller.agency != one.owner:
        return []
    return [
        {
            "id": r.id,
            "line": r.line,
            "kind": r.kind,
            "at": instant(r.at),
            "text": r.text,
            "subject_ref": r.subject,
            "device": r.device,
            "external_id": r.external_id,
            "place": place(r.place),
            "moving": r.moving,
            "zone_m": r.zone_m,
        }
        for r in read.reports.find(incident=one.id)
    ]


def _spells(one: Incident, caller: Caller, read: Read) -> list[dict[str, Any]]:
    if caller.agency != one.owner or not one.triaged:
        return []
    return [spell(s) for s in spells_of(read.reports.find(incident=one.id))]


def _selection(selection: Selection | None, grants: list[Grant], city: City, speech: Speech) -> dict[str, Any]:
    if selection is None:
        return {
            "cameras": [],
            "not_covered": [],
            "coverage": {"directions": [False] * 8, "exits": 0, "exits_seen": 0},
            "denials": [],
            "radius_m": 0,
        }
    granted = {camera: g.id for g in grants if g.state in ("asked", "active") for camera in g.cameras}
    cameras = [chosen(c, granted.get(c.camera), city, speech) for c in selection.cameras]
    return {
        "cameras": [c for c in cameras if c is not None],
        "not_covered": [
            {**speech.reason(gap.reason, REASONS), "bearing": gap.bearing, "lat": gap.lat, "lon": gap.lon} for gap in selection.gaps
        ],
        "coverage": {"directions": list(selection.directions), "exits": selection.exits, "exits_seen": selection.exits_seen},
        "denials": [
            {"agency": selection.agency, "agreement": d.agreement, "clause": d.clause, **speech.reason(d.reason, REASONS)}
            for d in selection.denials
        ],
        "radius_m": selection.radius_m,
    }


def chosen(one: ChosenCamera, granted: str | None, city: City, speech: Speech) -> dict[str, Any] | None:
    """A chosen camera with its reasons; None for one that left the registry meanwhile."""
    known = city.cameras.get(one.camera)
    if known is None:
        return None
    pose = known.pose
    return {
        "id": one.camera,
        "name": known.name,
        "address": known.address or known.address_lot,
        "owner": one.owner,
        "lat": known.lat,
        "lon": known.lon,
        "rank": one.rank,
        "score": one.score,
        "distance_m": one.distance_m,
        "why": [speech.reason(reason, REASONS) for reason in one.why],
        "pose": "known" if pose.known else "unknown",
        "bearing": pose.bearing,
        "fov": pose.fov,
        "range_m": pose.range_m,
        "ptz": pose.ptz,
        "spare": one.spare,
        "state": one.state,
        "stands_for": one.stands_for,
        "grant": granted,
        "health": city.cameras.health(one.camera),
    }


def timeline(entry: TimelineEntry, speech: Speech) -> dict[str, Any]:
    """One line of an incident's history in words."""
    values = dict(entry.values)
    template = TIMELINE.get(entry.code, (entry.code, entry.code))
    if "reason" in values and values["reason"] in ENDINGS:
        values["reason"] = speech.pick(ENDINGS[str(values["reason"])])
    return {
        "id": entry.id,
        "at": instant(entry.at),
        "agency": entry.agency,
        "by": entry.by,
        "code": entry.code,
        "values": dict(entry.values),
        "text": speech.line(template, values),
    }


def link(entry: TimelineEntry, speech: Speech) -> dict[str, Any]:
    """Another agency's incident about the same thing: kind, time and place, never its id."""
    v = entry.values
    spot = None if v.get("lat") is None else {"lat": v["lat"], "lon": v["lon"], "name": v.get("place")}
    return {
        "kind": v.get("kind"),
        "line": v.get("line"),
        "at": instant(v.get("opened_at")),
        "place": spot,
        "agency": v.get("other_agency"),
        "text": speech.line(TIMELINE["linked"], v),
    }


def watcher(view: View) -> dict[str, Any]:
    """Someone who watches now."""
    return {
        "view": view.id,
        "viewer": view.viewer,
        "agency": view.agency,
        "camera": view.camera,
        "since": instant(view.opened_at),
        "transport": view.transport,
    }


def responder(one: ResponderLink) -> dict[str, Any]:
    """A responder's link, without its code."""
    return {
        "id": one.id,
        "label": one.label,
        "state": one.state,
        "created_at": instant(one.created_at),
        "bound_at": instant(one.bound_at),
        "expires_at": instant(one.expires_at),
        "refused": one.refused,
    }


def obligation(one: Obligation, speech: Speech) -> dict[str, Any]:
    """A legal duty that a viewing started."""
    return {
        "id": one.id,
        "kind": one.kind,
        "text": speech.pick(OBLIGATIONS[one.kind]),
        "basis": one.basis,
        "agency": one.agency,
        "incident": {"number": one.number},
        "due_at": instant(one.due_at),
        "done_at": instant(one.done_at),
        "drill": one.drill,
    }


def repair(one: Repair, city: City) -> dict[str, Any]:
    """A repair note."""
    known = city.cameras.get(one.camera)
    return {
        "id": one.id,
        "camera": {"id": one.camera, "name": known.name if known else one.camera},
        "owner": one.owner,
        "by": one.by,
        "agency": one.agency,
        "at": instant(one.at),
        "reason": one.reason,
        "done_at": instant(one.done_at),
        "note": one.note,
    }


def duty(one: Duty) -> dict[str, Any]:
    """A duty session."""
    return {
        "id": one.id,
        "post": one.post,
        "viewer": one.viewer,
        "agency": one.agency,
        "started_at": instant(one.started_at),
        "ends_by": instant(one.ends_by),
        "ended_at": instant(one.ended_at),
    }


def view(one: View, read: Read, city: City, speech: Speech) -> dict[str, Any]:
    """A viewing as owners and the privacy officer see it: who, which camera, why, how much; nothing of the incident's text."""
    known = city.cameras.get(one.camera)
    about = read.incidents.get(one.incident) if one.incident else None
    held = read.grants.get(one.grant) if one.grant else None
    reason = one.end_reason
    return {
        "id": one.id,
        "state": one.state,
        "camera": {
            "id": one.camera,
            "name": known.name if known else one.camera,
            "address": (known.address or known.address_lot) if known else "",
            "owner": one.owner,
        },
        "viewer": one.viewer,
        "agency": one.agency,
        "incident": None
        if about is None
        else {"number": about.number, "kind": about.kind, "priority": about.priority, "drill": about.drill},
        "duty": one.duty,
        "grant": one.grant,
        "agreement": held.agreement if held else None,
        "clause": held.clause if held else None,
        "basis": held.basis if held else None,
        "transport": one.transport,
        "opened_at": instant(one.opened_at),
        "seconds": round(one.seconds, 1),
        "bytes": one.bytes,
        "expires_at": instant(one.not_after),
        "ended_at": instant(one.ended_at),
        "end_reason": reason,
        "end_text": speech.pick(ENDINGS[reason]) if reason in ENDINGS else reason,
        "ended_by": one.ended_by,
        "cut_ms": one.cut_ms,
        "unmasked": one.unmasked,
        "drill": one.drill,
    }


def for_responder(one: Incident, caller: Caller, read: Read, city: City, speech: Speech) -> dict[str, Any]:
    """What a person on the way sees: kind, place, what to look for, time left, the cameras and the own grants; no agency's notes."""
    link = next((r for r in read.responders.find(incident=one.id) if f"link:{r.id}" == caller.account), None)
    issuer = link.agency if link else ""
    own = [g for g in read.grants.find(incident=one.id, agency=RESPONDERS) if g.issuer == issuer]
    selection = read.selections.get(f"{one.id}:{issuer}")
    shown = _selection(selection, own, city, speech)
    active = [g for g in own if g.state == "active"]
    return {
        **telling.neutral(one),
        "opened_at": instant(one.opened_at),
        "place": place(one.place),
        "look_for": one.look_for,
        "rev": one.rev,
        "closed_at": instant(one.closed_at),
        "grants": [grant(g) for g in own],
        "cameras": shown["cameras"],
        "radius_m": shown["radius_m"],
        "not_covered": shown["not_covered"],
        "coverage": shown["coverage"],
        "expires_at": instant(min((g.expires_at for g in active if g.expires_at), default=None)),
        "label": link.label if link else "",
    }
