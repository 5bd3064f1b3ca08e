"""Following a subject: begun, told facts, undone, shared, ended; its watch set becomes grants under the clause of each who may see it.

What is reckoned from the facts (where he may be, what to watch) is the pursuers' work; here is who may do what, and what is recorded.
"""

from dataclasses import dataclass

from bonghwa.domain import pursuit as chase
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, Forbidden, Invalid, NotFound
from bonghwa.domain.incident import Incident, Place
from bonghwa.domain.pursuit import Fact, FactType, Mode, Pursuit, Watched
from bonghwa.service import responders
from bonghwa.service.facts import keep, take_back
from bonghwa.service.granting import ask_agreements, decide_for
from bonghwa.service.incidents import mine
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import note, pursuit_data, tell_pursuit

RUNNING = "running"


@dataclass(frozen=True)
class Rights:
    """Which cameras a pursuit may ask for at all: of these owners, but of none of these purposes; and how many at once."""

    owners: tuple[str, ...]
    left_out: tuple[str, ...]
    cap: int


@dataclass(frozen=True)
class Told:
    """A fact as somebody tells it; without `at` it is of now."""

    type: FactType
    at: int | None = None
    camera: str | None = None
    heading: float | None = None
    mode: Mode | None = None
    confidence: float | None = None
    place: Place | None = None


def running(read: Read, incident: str, agency: str) -> Pursuit | None:
    """The pursuit an agency leads in an incident."""
    return next(iter(read.pursuits.find(incident=incident, agency=agency, state=RUNNING)), None)


def seen_by(read: Read, caller: Caller, pursuit_id: str) -> Pursuit:
    """A pursuit the caller may know of. Raises NotFound."""
    pursuit = read.pursuits.get(pursuit_id)
    if pursuit is None or not _may_know(read, caller.agency, pursuit):
        raise NotFound("no_such_pursuit")
    return pursuit


def _may_know(read: Read, agency: str, pursuit: Pursuit) -> bool:
    """Whether an agency leads it or is its guest, and takes part in its incident; a guest whose part is closed sees it run no more."""
    incident = read.incidents.get(pursuit.incident)
    part = incident.part(agency) if incident and agency in pursuit.audience else None
    return part is not None and (part.open or agency == pursuit.agency or not pursuit.running)


def of_incident(read: Read, caller: Caller, incident: str | None) -> list[Pursuit]:
    """The pursuits the caller may know of, the newest first; with an incident only its own."""
    found = read.pursuits.find(desc=True, incident=incident) if incident else read.pursuits.find(desc=True, limit=200)
    return [pursuit for pursuit in found if _may_know(read, caller.agency, pursuit)]


def begin(tx: Tx, city: City, caller: Caller, incident_id: str, mode: Mode | None) -> tuple[Pursuit, bool]:
    """Begin to follow the subject of an incident from its place; the running pursuit where there is one. The second says if it is new.

    Raises Conflict where no place is known, or where no clause would open a camera: without a right to look there is nothing to follow.
    """
    incident = mine(tx, caller, incident_id, open_part=True)
    known = running(tx, incident.id, caller.agency)
    if known is not None:
        return known, False
    place = incident.place
    if place is None:
        raise Conflict("place_unknown")
    if not ask_agreements(tx, city, incident, caller.agency)[0]:
        raise Forbidden("no_clause")
    pursuit = Pursuit(
        id=tx.new_id("pur"),
        incident=incident.id,
        agency=caller.agency,
        kind=incident.kind,
        drill=incident.drill,
        mode=mode,
        lat=place.lat,
        lon=place.lon,
        accuracy_m=max(1.0, place.accuracy_m or 0.0),
        fix_at=min(incident.placed_at or incident.opened_at, tx.now),
        started_at=tx.now,
        started_by=caller.account,
        seed=tx.counter("pursuits"),
    )
    tx.pursuits.put(pursuit)
    tx.audit("pursuit:started", {"pursuit": pursuit.id, "incident": incident.id, "by": caller.account, "mode": mode}, drill=incident.drill)
    note(tx, incident, "pursuit_started", caller.agency)
    tell_pursuit(tx, "started", pursuit)
    return pursuit, True


def tell(tx: Tx, city: City, caller: Caller, pursuit_id: str, told: Told) -> tuple[Pursuit, Fact]:
    """Take a fact. Who leads may tell all; a guest's sightings count too, since it watches under its own clause."""
    pursuit = seen_by(tx, caller, pursuit_id)
    mine(tx, caller, pursuit.incident, open_part=True)
    chase.may_lead(pursuit)
    if told.camera is not None and city.cameras.get(told.camera) is None:
        raise Invalid("camera", "no_such_camera")
    place = told.place
    fact = Fact(
        id=tx.new_id("fct"),
        pursuit=pursuit.id,
        number=pursuit.facts + 1,
        type=told.type,
        at=tx.now if told.at is None else told.at,
        told_at=tx.now,
        account=caller.account,
        by=caller.name,
        agency=caller.agency,
        confidence=chase.CONFIDENCE[told.type] if told.confidence is None else told.confidence,
        camera=told.camera,
        heading=told.heading,
        mode=told.mode,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        accuracy_m=max(1.0, place.accuracy_m or 0.0) if place else None,
    )
    chase.check_fact(fact, tx.now, pursuit.fix_at)
    return keep(tx, pursuit, fact, heading=fact.heading, mode=fact.mode), fact


def undo(tx: Tx, caller: Caller, pursuit_id: str, number: int) -> tuple[Pursuit, Fact]:
    """Take a fact back: from now on it is as if it never came. The ledger keeps both. Only who leads, or who told it, may."""
    pursuit = seen_by(tx, caller, pursuit_id)
    mine(tx, caller, pursuit.incident, open_part=True)
    chase.may_lead(pursuit)
    fact = next(iter(tx.facts.find(pursuit=pursuit.id, number=number)), None)
    if fact is None:
        raise NotFound("no_such_fact")
    if caller.agency not in (pursuit.agency, fact.agency):
        raise Forbidden("only_own_fact")
    if fact.undone_at is not None:
        return pursuit, fact
    return take_back(tx, pursuit, fact, caller.name, caller.account)


def arrange(tx: Tx, city: City, caller: Caller, pursuit_id: str, k: int | None, pins: tuple[str, ...] | None) -> Pursuit:
    """How many cameras are watched at once, and which stay. Raises Invalid for a camera that does not exist, or too many."""
    pursuit = _led(tx, caller, pursuit_id)
    if k is not None and not 1 <= k <= chase.MOST_CAMERAS:
        raise Invalid("k", "out_of_range")
    if pins is not None and len(pins) > chase.MOST_CAMERAS:
        raise Invalid("pins", "out_of_range")
    if pins is not None and any(city.cameras.get(pin) is None for pin in pins):
        raise Invalid("pins", "no_such_camera")
    after = pursuit.changed(k=pursuit.k if k is None else k, pins=pursuit.pins if pins is None else pins)
    tx.pursuits.put(after)
    entry = {"pursuit": pursuit.id, "k": after.k, "pins": list(after.pins), "by": caller.account}
    tx.audit("pursuit:arranged", entry, drill=pursuit.drill)
    tell_pursuit(tx, "arranged", after)
    return after


def share(tx: Tx, city: City, caller: Caller, pursuit_id: str, guests: tuple[str, ...], what: tuple[str, ...]) -> Pursuit:
    """Let agencies that take part in the incident see these parts of it, each under its own clause; none takes it back."""
    pursuit = _led(tx, caller, pursuit_id)
    incident = mine(tx, caller, pursuit.incident)
    for guest in guests:
        part = incident.part(guest)
        if guest == pursuit.agency or part is None or not part.open:
            raise Invalid("with", "not_taking_part")
    if not set(what) <= set(chase.PARTS):
        raise Invalid("what", "out_of_range")
    after = pursuit.changed(shared_with=guests, shared=what)
    tx.pursuits.put(after)
    entry = {"pursuit": pursuit.id, "with": list(guests), "what": list(what), "by": caller.account}
    tx.audit("pursuit:shared", entry, drill=pursuit.drill)
    tx.emit("pursuit.shared", after.id, after.rev, pursuit_data(after), sorted({*pursuit.audience, *after.audience}))
    for guest in {*pursuit.shared_with, *guests}:
        if (part := incident.part(guest)) is not None and part.open:
            decide_for(tx, city, incident, guest)
    responders.follow(tx, city, incident)
    return after


def end(tx: Tx, city: City, caller: Caller, pursuit_id: str, reason: str) -> Pursuit:
    """Follow no more; the incident stays open, and its cameras are chosen around its place again."""
    pursuit = _led(tx, caller, pursuit_id)
    after = _end(tx, pursuit, caller.account, reason)
    incident = mine(tx, caller, pursuit.incident)
    if incident.open:
        _decide(tx, city, incident, after)
    return after


def follow_parts(tx: Tx, city: City) -> None:
    """A pursuit ends with the part of the agency that leads it, and a guest whose part is closed is its guest no more.

    Who still takes part gets cameras about the place of the incident again.
    """
    for pursuit in tx.pursuits.find(state=RUNNING):
        incident = tx.incidents.get(pursuit.incident)
        if orphaned(tx, pursuit):
            after = _end(tx, pursuit, "system", "part_closed")
            if incident is not None and incident.open:
                _decide(tx, city, incident, after)
            continue
        gone = _gone(tx, pursuit)
        if gone:
            after = pursuit.changed(shared_with=tuple(guest for guest in pursuit.shared_with if guest not in gone))
            tx.pursuits.put(after)
            entry = {"pursuit": pursuit.id, "with": list(after.shared_with), "what": list(after.shared), "by": "system"}
            tx.audit("pursuit:shared", entry, drill=pursuit.drill)
            tx.emit("pursuit.shared", after.id, after.rev, pursuit_data(after), pursuit.audience)


def parts_due(read: Read) -> bool:
    """Whether a running pursuit, or one of its guests, has outlived its agency's part (see `follow_parts`)."""
    return any(orphaned(read, pursuit) or _gone(read, pursuit) for pursuit in read.pursuits.find(state=RUNNING))


def _gone(read: Read, pursuit: Pursuit) -> list[str]:
    return [guest for guest in pursuit.shared_with if not _may_know(read, guest, pursuit)]


def orphaned(read: Read, pursuit: Pursuit) -> bool:
    """Whether the incident, or the leading agency's part in it, is over."""
    incident = read.incidents.get(pursuit.incident)
    part = incident.part(pursuit.agency) if incident else None
    return incident is None or not incident.open or part is None or not part.open


def watch(tx: Tx, city: City, pursuit_id: str, watched: tuple[Watched, ...]) -> Pursuit | None:
    """The reckoning wants these cameras watched: grants follow, each agency's under its own clause. None when the pursuit is over."""
    pursuit = tx.pursuits.get(pursuit_id)
    if pursuit is None or not pursuit.running or orphaned(tx, pursuit):
        return None
    incident = tx.incidents.get(pursuit.incident)
    assert incident is not None
    after = pursuit.changed(watch=watched, watch_at=tx.now)
    tx.pursuits.put(after)
    if [each.camera for each in pursuit.watch] == [each.camera for each in watched]:
        if _crossed(tx, city, incident, pursuit, watched):
            _decide(tx, city, incident, after)
        return after
    come, gone = {w.camera for w in watched}, {w.camera for w in pursuit.watch}
    entry = {"pursuit": pursuit.id, "cameras": [w.camera for w in watched], "in": sorted(come - gone), "out": sorted(gone - come)}
    tx.audit("pursuit:watch", entry, drill=pursuit.drill)
    _decide(tx, city, incident, after)
    tell_pursuit(tx, "watch", after)
    return after


def _crossed(tx: Read, city: City, incident: Incident, pursuit: Pursuit, watched: tuple[Watched, ...]) -> bool:
    """Whether a camera that is watched on came within a clause's radius of where he may be, or fell out of it."""
    radii = {
        clause.radius_m
        for agency in pursuit.audience
        if "watch" in pursuit.parts_for(agency)
        for _, clause in ask_agreements(tx, city, incident, agency)[0].values()
    }
    pairs = zip(pursuit.watch, watched, strict=True)
    return any((before.away_m <= radius) != (now.away_m <= radius) for before, now in pairs for radius in radii)


def rights(tx: Read, city: City, pursuit: Pursuit) -> Rights:
    """What the clauses of the agency that leads let it ask for now."""
    incident = tx.incidents.get(pursuit.incident)
    allowed = ask_agreements(tx, city, incident, pursuit.agency)[0] if incident else {}
    clauses = [clause for _, clause in allowed.values()]
    left_out = frozenset.intersection(*(frozenset(clause.left_out) for clause in clauses)) if clauses else frozenset()
    cap = max((clause.cameras for clause in clauses), default=0)
    return Rights(tuple(sorted(allowed)), tuple(sorted(left_out)), min(cap, pursuit.k))


def facts_of(read: Read, pursuit: str) -> list[Fact]:
    """All facts of a pursuit in the order they were told."""
    return sorted(read.facts.find(pursuit=pursuit), key=lambda fact: fact.number)


def destroy_due(read: Read, days: int) -> list[Pursuit]:
    """Pursuits that ended so long ago that their reckoning is to be destroyed."""
    before = read.now - days * 86_400 * chase.US
    return [p for p in read.pursuits.find(state="ended") if p.ended_at is not None and p.ended_at < before]


def _led(tx: Tx, caller: Caller, pursuit_id: str) -> Pursuit:
    pursuit = seen_by(tx, caller, pursuit_id)
    if caller.agency != pursuit.agency:
        raise Forbidden("only_leader")
    mine(tx, caller, pursuit.incident, open_part=True)
    chase.may_lead(pursuit)
    return pursuit


def _end(tx: Tx, pursuit: Pursuit, by: str, reason: str) -> Pursuit:
    after = pursuit.changed(state="ended", ended_at=tx.now, end_reason=reason, watch=())
    tx.pursuits.put(after)
    tx.audit("pursuit:ended", {"pursuit": pursuit.id, "by": by, "reason": reason}, drill=pursuit.drill)
    tell_pursuit(tx, "ended", after)
    return after


def _decide(tx: Tx, city: City, incident: Incident, pursuit: Pursuit) -> None:
    for agency in pursuit.audience:
        part = incident.part(agency)
        if part is not None and part.open and (agency == pursuit.agency or "watch" in pursuit.shared):
            decide_for(tx, city, incident, agency)
    responders.follow(tx, city, incident)
