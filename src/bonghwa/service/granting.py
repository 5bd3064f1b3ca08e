"""Deciding who gets which cameras for an incident: agreement, selection, one grant per clause and owner.

Deciding again (a corrected place, another priority, a merge or split) keeps what still holds, opens what is new and revokes what no
longer holds. Old pictures of a moved incident stay for a few seconds until the new ones show.
"""

from dataclasses import replace

from bonghwa.domain import grant as grants
from bonghwa.domain.access import Allowed, Denied, Question, decide, local_time
from bonghwa.domain.agreement import Agreement, Clause
from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident, Place
from bonghwa.domain.pursuit import Watched
from bonghwa.domain.reason import Reason
from bonghwa.domain.selection import ChosenCamera, Denial, Gap, Selection
from bonghwa.service import obliging
from bonghwa.service.cutting import end_grants
from bonghwa.service.ports import City, Found, Read, Tx, Wanted
from bonghwa.service.telling import note, tell_grant

Chosen = tuple[Agreement, Clause]


def selection_id(incident: str, agency: str) -> str:
    """The id of an agency's selection in an incident."""
    return f"{incident}:{agency}"


def ask_agreements(tx: Read, city: City, incident: Incident, agency: str) -> tuple[dict[str, Chosen], list[Denial]]:
    """For each owner the clause that allows it, and the distinct denials with their reasons."""
    part = incident.part(agency)
    allowed: dict[str, Chosen] = {}
    denials: dict[tuple[str | None, str | None, str], Denial] = {}
    for owner in (a.id for a in city.agencies.values() if a.role == "district"):
        question = Question(
            agency,
            owner,
            incident.line,
            incident.kind,
            incident.priority,
            incident.open,
            part is not None and part.open,
            part is not None and part.invited_by is not None,
            tx.now,
        )
        answer = decide(question, city.agreements)
        if isinstance(answer, Allowed):
            allowed[owner] = (answer.agreement, answer.clause)
        else:
            denial = _denial(answer)
            denials[(denial.agreement, denial.clause, denial.reason.code)] = denial
    return allowed, list(denials.values())


def _denial(answer: Denied) -> Denial:
    return Denial(answer.agreement.id if answer.agreement else None, answer.clause.id if answer.clause else None, answer.reason)


def is_night(now: int) -> bool:
    """Between 19:00 and 07:00 local time, when cameras see less."""
    return not 7 <= local_time(now).hour < 19


def decide_for(tx: Tx, city: City, incident: Incident, agency: str, exclude: frozenset[str] = frozenset()) -> Selection:
    """Decide, choose and grant for one agency; returns what it now has. Everything is in the ledger before anything opens."""
    allowed, denials = ask_agreements(tx, city, incident, agency)
    every = tx.grants.find(incident=incident.id, agency=agency)
    current = [g for g in every if g.state in ("asked", "active")]
    denials += _refused_by_owners(incident, every, allowed)
    if not allowed or incident.place is None:
        return _nothing(tx, city, incident, agency, current, denials)
    by_clause: dict[tuple[str, str], tuple[Chosen, set[str]]] = {}
    for owner, chosen in allowed.items():
        by_clause.setdefault((chosen[0].id, chosen[1].id), (chosen, set()))[1].add(owner)
    followed = _followed(tx, incident, agency)
    found: list[tuple[Chosen, Found]] = [
        (
            chosen,
            _of_pursuit(city, followed, chosen[1], owners, exclude)
            if followed
            else _choose(city, incident.place, chosen[1], frozenset(owners), exclude, is_night(tx.now)),
        )
        for chosen, owners in by_clause.values()
    ]
    kept: set[str] = set()
    for chosen, answer in found:
        kept |= _grant(tx, city, incident, agency, chosen, answer, current)
    gone = [g for g in current if g.id not in kept]
    end_grants(tx, city, gone, "revoked", "decided_again")
    best = found[0][1] if len(found) == 1 else _joined([answer for _, answer in found])
    partly = tuple(d for d in denials if not best.cameras or d.reason.code == "owner_refused")
    selection = Selection(
        selection_id(incident.id, agency),
        incident.id,
        agency,
        best.cameras,
        best.gaps,
        best.directions,
        best.exits,
        best.exits_seen,
        partly,
        best.took_us,
        max(chosen[1].radius_m for chosen, _ in found),
    )
    tx.selections.put(selection)
    return selection


def _refused_by_owners(incident: Incident, grants_so_far: list[Grant], allowed: dict[str, Chosen]) -> list[Denial]:
    """Take out the owners who denied or took back a grant since the incident was last opened: nothing reopens theirs by itself.

    One that opened only a part stays: what it opened goes on (see `_grant`).
    """
    since = incident.reopened_at or 0
    refused = {g.owner for g in grants_so_far if g.refused_by_owner and g.ended_at is not None and g.ended_at >= since}
    refused -= {g.owner for g in grants_so_far if g.refused_by_owner and g.ended_at is None}
    return [Denial(None, None, Reason("owner_refused", {"owner": owner})) for owner in sorted(refused) if allowed.pop(owner, None)]


def _nothing(tx: Tx, city: City, incident: Incident, agency: str, current: list[Grant], denials: list[Denial]) -> Selection:
    """No clause allows it, or nobody knows where: no grant, said plainly."""
    end_grants(tx, city, current, "revoked", "decided_again")
    for denial in denials:
        tx.audit(
            "decision:denied",
            {
                "incident": incident.id,
                "agency": agency,
                "agreement": denial.agreement,
                "clause": denial.clause,
                "reason": denial.reason.code,
            },
            drill=incident.drill,
        )
    gaps = (Gap(Reason("place_unknown")),) if incident.place is None and incident.open else ()
    selection = Selection(selection_id(incident.id, agency), incident.id, agency, gaps=gaps, denials=tuple(denials))
    tx.selections.put(selection)
    return selection


def _choose(city: City, place: Place, clause: Clause, owners: frozenset[str], exclude: frozenset[str], night: bool) -> Found:
    wanted = Wanted(owners, clause.radius_m, clause.cameras, city.limits.spares, frozenset(clause.left_out), exclude, night)
    return city.eyes.choose(place, wanted)


def _followed(tx: Tx, incident: Incident, agency: str) -> tuple[Watched, ...]:
    """The cameras a running pursuit wants watched, for the agency that leads it and for a guest it shows them to; one's own goes first."""
    for pursuit in sorted(tx.pursuits.find(incident=incident.id, state="running"), key=lambda pursuit: pursuit.agency != agency):
        if "watch" in pursuit.parts_for(agency) and pursuit.watch:
            return pursuit.watch
    return ()


def _of_pursuit(city: City, watched: tuple[Watched, ...], clause: Clause, owners: set[str], exclude: frozenset[str]) -> Found:
    """What a clause opens of a pursuit's cameras: its owners', its purposes, its number, within its radius of where he may be."""
    cameras: list[ChosenCamera] = []
    for each in watched:
        camera = city.cameras.get(each.camera)
        if camera is None or camera.owner not in owners or camera.purpose in clause.left_out or each.camera in exclude:
            continue
        if each.away_m <= clause.radius_m and len(cameras) < clause.cameras:
            why = (Reason("pursuit_holds", {"percent": round(100 * each.holds)}),)
            cameras.append(ChosenCamera(each.camera, camera.owner, len(cameras) + 1, round(each.holds, 4), round(each.away_m, 1), why))
    return Found(tuple(cameras), (), (False,) * 8, 0, 0, 0.0)


def _joined(answers: list[Found]) -> Found:
    """Several clauses (owners under different ones): one list by rank of each, the widest view of what is covered.

    What nobody sees is told as the answer with most cameras tells it: the others know even less of what is shown.
    """
    fullest = max(answers, key=lambda answer: len(answer.cameras))
    cameras = sorted((camera for answer in answers for camera in answer.cameras), key=lambda c: (c.spare, -c.score))
    ranked = tuple(replace(camera, rank=n) for n, camera in enumerate(cameras, 1))
    directions = tuple(any(flags) for flags in zip(*(answer.directions for answer in answers), strict=True))
    return Found(ranked, fullest.gaps, directions, fullest.exits, max(a.exits_seen for a in answers), sum(a.took_us for a in answers))


def _grant(tx: Tx, city: City, incident: Incident, agency: str, chosen: Chosen, answer: Found, current: list[Grant]) -> set[str]:
    """Grants of one clause: one per owner that has a chosen camera. Returns the ids that hold."""
    agreement, clause = chosen
    by_owner: dict[str, list[str]] = {}
    for camera in answer.cameras:
        by_owner.setdefault(camera.owner, []).append(camera.camera)
    tx.audit(
        "decision:allowed",
        {
            "incident": incident.id,
            "agency": agency,
            "agreement": agreement.id,
            "hash": agreement.hash,
            "clause": clause.id,
            "owners": sorted(by_owner),
            "cameras": [c.camera for c in answer.cameras],
        },
        drill=incident.drill,
    )
    held: set[str] = set()
    for owner, cameras in by_owner.items():
        same = [g for g in current if g.owner == owner and g.clause == clause.id and g.agreement == agreement.id]
        # What was asked under another version can be opened no more (`answering.approve`): it is asked anew.
        same = [g for g in same if g.state == "active" or g.agreement_hash == agreement.hash]
        partly = [g for g in current if g.owner == owner and g.refused_by_owner]
        if partly:
            # Another clause (a more urgent code) opens no camera either that the owner left out.
            cameras = [camera for camera in cameras if any(camera in grant.cameras for grant in partly)]
        if cameras:
            held |= {g.id for g in _hold(tx, city, incident, agency, owner, chosen, cameras, same, partly=bool(partly))}
    return held


def _hold(
    tx: Tx, city: City, incident: Incident, agency: str, owner: str, chosen: Chosen, cameras: list[str], same: list[Grant], *, partly: bool
) -> list[Grant]:
    """Keep or move what is held of this owner, and ask for or open the rest.

    What an owner answered stays answered: a grant it was asked for never covers a camera it was not asked about, so cameras that come
    in later are asked for anew.
    """
    if chosen[1].approval != "ask":
        return [_moved(tx, city, same[0], cameras)] if same else [_new(tx, city, incident, agency, owner, chosen, cameras, partly=partly)]
    kept: list[Grant] = []
    rest = list(cameras)
    for grant in same:
        mine = [camera for camera in rest if camera in grant.cameras]
        if mine:
            kept.append(_moved(tx, city, grant, mine))
            rest = [camera for camera in rest if camera not in mine]
    if rest and not any(grant.refused_by_owner for grant in same):
        kept.append(_new(tx, city, incident, agency, owner, chosen, rest, partly=partly))
    return kept


def _moved(tx: Tx, city: City, grant: Grant, cameras: list[str]) -> Grant:
    """The grant now covers other cameras; the old ones may be watched a few seconds more, until the new pictures show.

    Cameras that were leaving already keep their time: a subject that moves again and again leaves no picture behind for good.
    """
    if list(grant.cameras) == cameras:
        return grant
    leaving: dict[str, int] = {}
    if grant.state == "active":
        until = tx.now + city.limits.old_pictures_s * US
        all_old = {**dict.fromkeys(grant.cameras, until), **grant.leaving}
        leaving = {camera: at for camera, at in all_old.items() if camera not in cameras}
    after = replace(grant, cameras=tuple(cameras), leaving=leaving)
    tx.grants.put(after)
    if after.state == "active":
        prefetch(tx, city, after)
    tell_grant(tx, after.state, after)
    return after


def _new(
    tx: Tx, city: City, incident: Incident, agency: str, owner: str, chosen: Chosen, cameras: list[str], *, partly: bool = False
) -> Grant:
    agreement, clause = chosen
    awaits = {"ask": "owner", "confirm": "officer"}.get(clause.approval)
    asked = Grant(
        id=tx.new_id("grt"),
        incident=incident.id,
        agency=agency,
        owner=owner,
        agreement=agreement.id,
        agreement_hash=agreement.hash,
        clause=clause.id,
        basis=clause.basis,
        purpose=clause.purpose,
        state="asked",
        cameras=tuple(cameras),
        minutes=clause.minutes,
        asked_at=tx.now,
        drill=incident.drill,
        awaits="owner" if awaits == "owner" else "officer" if awaits == "officer" else None,
        answer_by=tx.now + city.limits.ask_answer_s * US if awaits == "owner" else None,
        refused_by_owner=partly,
        evidence=clause.evidence,
        unmasked=clause.unmasked,
    )
    tx.audit(
        "grant:asked" if awaits else "grant:opened",
        {
            "grant": asked.id,
            "incident": incident.id,
            "agency": agency,
            "owner": owner,
            "agreement": agreement.id,
            "hash": agreement.hash,
            "clause": clause.id,
            "basis": clause.basis,
            "cameras": cameras,
            "minutes": clause.minutes,
        },
        drill=incident.drill,
    )
    if awaits:
        tx.grants.put(asked)
        tell_grant(tx, "asked", asked)
        note(tx, incident, "grant_asked", "system", agency=agency, owner=owner, clause=clause.id, n=len(cameras))
        return asked
    return open_grant(tx, city, incident, asked, by=None)


def open_grant(
    tx: Tx, city: City, incident: Incident, asked: Grant, by: str | None, review: bool = False, cameras: tuple[str, ...] | None = None
) -> Grant:
    """Make an asked grant live: prefetch its cameras, start the legal duties of its clause."""
    grant = grants.activate(asked, tx.now, by, review, cameras)
    tx.grants.put(grant)
    prefetch(tx, city, grant)
    obliging.start(tx, city, incident, grant)
    tell_grant(tx, "active", grant)
    note(
        tx,
        incident,
        "grant_opened",
        by or "system",
        agency=grant.agency,
        owner=grant.owner,
        agreement=grant.agreement,
        clause=grant.clause,
        n=len(grant.cameras),
    )
    return grant


def prefetch(tx: Tx, city: City, grant: Grant) -> None:
    """Have the gateways pull the grant's cameras now, before anyone clicks. One without a share is told so: it lets go what it had."""
    if grant.expires_at is None:
        return
    seconds = max(1, (grant.expires_at - tx.now) // US)
    for gateway in city.gateways.of(grant.owner):
        cameras = [camera for camera in grant.cameras if city.gateways.serving(grant.owner, camera) == gateway]
        tx.tell(gateway, {"t": "prefetch", "cameras": cameras, "for_s": seconds, "grant": grant.id})


def clause_of(city: City, grant: Grant, now: int) -> Clause | None:
    """The clause a grant points to, when that agreement version is still in force."""
    agreement = next((a for a in city.agreements if a.id == grant.agreement and a.hash == grant.agreement_hash), None)
    return agreement.clause(grant.clause) if agreement and agreement.valid_on(local_time(now).date()) else None
