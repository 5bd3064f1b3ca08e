"""People on the way: a one-time link for one incident and one device, the same cameras under their own clause, gone with the incident."""

import hashlib
from dataclasses import replace

from bonghwa.domain.access import Allowed, Question, decide
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Conflict, NotFound
from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident
from bonghwa.domain.people import Session
from bonghwa.domain.view import ResponderLink
from bonghwa.service.cutting import end_grants, end_views
from bonghwa.service.granting import open_grant
from bonghwa.service.ports import City, Tx
from bonghwa.service.telling import PRIVACY, note

AGENCY = "responders"


def code_hash(code: str) -> str:
    """How a one-time code (or any bearer secret of 256 random bits) is stored."""
    return hashlib.sha256(code.encode()).hexdigest()


def invite(tx: Tx, city: City, caller: Caller, incident: Incident, label: str) -> tuple[ResponderLink, str]:
    """Make a one-time link; the code is returned once and stored only as a hash."""
    code = tx.secret()
    link = ResponderLink(
        tx.new_id("lnk"),
        incident.id,
        caller.agency,
        label,
        code_hash(code),
        tx.now,
        tx.now + city.limits.responder_minutes * 60 * US,
        caller.account,
    )
    tx.responders.put(link)
    tx.audit("responder:invited", {"link": link.id, "incident": incident.id, "by": caller.account, "label": label}, drill=incident.drill)
    note(tx, incident, "responder_invited", caller.name, agency=caller.agency, label=label)
    follow(tx, city, incident)
    return link, code


def redeem(tx: Tx, code: str, device: str) -> tuple[Session, Incident] | ResponderLink:
    """Bind a link to the device that taps it first and open its session (`device` is the hash of the cookie's secret).

    Returns the link itself when a second device tried: it is refused, and the refusal is kept and told. Raises NotFound for an unknown,
    ended or expired link.
    """
    link = next(iter(tx.responders.find(code_hash=code_hash(code))), None)
    if link is None:
        raise NotFound("no_such_link")
    incident = tx.incidents.get(link.incident)
    if incident is None or not incident.open or link.state in ("revoked", "ended") or tx.now >= link.expires_at:
        raise NotFound("link_over")
    if link.state == "bound":
        refused = replace(link, refused=link.refused + 1)
        tx.responders.put(refused)
        tx.audit("responder:refused", {"link": link.id, "incident": link.incident, "times": refused.refused}, drill=incident.drill)
        note(tx, incident, "responder_refused", "system", agency=link.agency, label=link.label)
        tx.emit("responder.refused", link.id, 0, {"incident": link.incident, "label": link.label}, [link.agency, PRIVACY])
        return refused
    tx.responders.put(replace(link, state="bound", bound_at=tx.now))
    session = Session(
        device, f"link:{link.id}", link.label, "responder", AGENCY, tx.secret(), tx.now, tx.now, link.expires_at, link.incident, link.id
    )
    tx.sessions.put(session)
    tx.audit("responder:bound", {"link": link.id, "incident": link.incident}, drill=incident.drill)
    note(tx, incident, "responder_bound", link.label, agency=link.agency, label=link.label)
    tx.emit("responder.bound", link.id, 0, {"incident": link.incident, "label": link.label}, [link.agency])
    return session, incident


def revoke(tx: Tx, city: City, caller: Caller, link_id: str, reason: str) -> ResponderLink:
    """End one link and its device's session at once."""
    link = tx.responders.get(link_id)
    if link is None or link.agency != caller.agency:
        raise NotFound("no_such_link")
    if link.state in ("revoked", "ended"):
        raise Conflict("link_over")
    after = _end(tx, city, link, "revoked", caller.name, reason)
    incident = tx.incidents.get(link.incident)
    if incident is not None:
        follow(tx, city, incident)
    return after


def _end(tx: Tx, city: City, link: ResponderLink, state: str, by: str, reason: str) -> ResponderLink:
    """End a link: its device's session, its views and its event stream go with it."""
    after = replace(link, state="revoked" if state == "revoked" else "ended")
    tx.responders.put(after)
    end_views(tx, city, tx.views.find(account=f"link:{link.id}", state="open"), reason, by)
    for session in tx.sessions.find(link=link.id):
        tx.sessions.delete(session.id)
        tx.emit("session.ended", session.id, 0, {}, [AGENCY])
    incident = tx.incidents.get(link.incident)
    tx.audit("responder:revoked", {"link": link.id, "by": by, "reason": reason}, drill=incident is not None and incident.drill)
    tx.emit("responder.revoked", link.id, 0, {"incident": link.incident, "reason": reason, "issuer": link.agency}, [link.agency, AGENCY])
    return after


def end_all(tx: Tx, city: City, incident: Incident, issuer: str | None, by: str) -> None:
    """End the links of an incident (of one issuing agency, or of all)."""
    for link in tx.responders.find(incident=incident.id, state=("waiting", "bound")):
        if issuer in (None, link.agency):
            _end(tx, city, link, "ended", by, "closed")


def follow(tx: Tx, city: City, incident: Incident) -> None:
    """Make the responders' grants equal to what their issuing agency may watch now, under the responders' own clause."""
    issuers = {link.agency for link in tx.responders.find(incident=incident.id, state=("waiting", "bound"))}
    theirs = tx.grants.find(incident=incident.id, agency=AGENCY, state="active")
    keep: set[str] = set()
    for issuer in sorted(issuers):
        for model in tx.grants.find(incident=incident.id, agency=issuer, state="active"):
            have = next((g for g in theirs if (g.issuer, g.owner, g.cameras) == (issuer, model.owner, model.cameras)), None)
            if have is not None:
                keep.add(have.id)
                continue
            grant = _grant(tx, city, incident, issuer, model)
            if grant is not None:
                keep.add(grant.id)
    end_grants(tx, city, [g for g in theirs if g.id not in keep], "ended", "follows_issuer")


def _grant(tx: Tx, city: City, incident: Incident, issuer: str, model: Grant) -> Grant | None:
    question = Question(AGENCY, model.owner, incident.line, incident.kind, incident.priority, incident.open, True, True, tx.now)
    answer = decide(question, city.agreements)
    if not isinstance(answer, Allowed) or answer.clause.approval != "auto":
        tx.audit("decision:denied", {"incident": incident.id, "agency": AGENCY, "owner": model.owner}, drill=incident.drill)
        return None
    left = ((model.expires_at or tx.now) - tx.now) // (60 * US)
    if left < 1:
        return None
    asked = Grant(
        id=tx.new_id("grt"),
        incident=incident.id,
        agency=AGENCY,
        owner=model.owner,
        agreement=answer.agreement.id,
        agreement_hash=answer.agreement.hash,
        clause=answer.clause.id,
        basis=answer.clause.basis,
        purpose=answer.clause.purpose,
        state="asked",
        cameras=model.cameras,
        minutes=min(answer.clause.minutes, left),
        asked_at=tx.now,
        drill=incident.drill,
        issuer=issuer,
    )
    tx.audit(
        "grant:opened",
        {
            "grant": asked.id,
            "incident": incident.id,
            "agency": AGENCY,
            "issuer": issuer,
            "owner": model.owner,
            "agreement": asked.agreement,
            "clause": asked.clause,
            "basis": asked.basis,
            "cameras": list(asked.cameras),
        },
        drill=incident.drill,
    )
    return open_grant(tx, city, incident, asked, by=None)


def expire(tx: Tx, city: City, link: ResponderLink) -> None:
    """End a link whose time is over."""
    _end(tx, city, link, "ended", "system", "expired")
    incident = tx.incidents.get(link.incident)
    if incident is not None:
        follow(tx, city, incident)
