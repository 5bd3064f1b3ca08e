"""Evidence clips: asked for under a grant whose clause allows evidence, made by the gateway, fetched by ticket, erased in time."""

from dataclasses import dataclass, replace
from typing import Any

from bonghwa.domain import access
from bonghwa.domain import clip as clips
from bonghwa.domain.agency import Caller
from bonghwa.domain.clip import Clip, Fetch, Moment, Video
from bonghwa.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from bonghwa.domain.grant import US
from bonghwa.service.granting import clause_of
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.telling import PRIVACY, note

LOST_AFTER_US = 3600 * US
_LOOK_EVERY_S = 5


@dataclass(frozen=True)
class Fetching:
    """A download that was allowed, with what its ticket must say."""

    clip: Clip
    fetch: str
    boot: str
    gateway_url: str
    jti: str


def ask(tx: Tx, city: City, caller: Caller, grant_id: str, camera: str, from_: Moment, to: Moment, reason: str) -> Clip:
    """Order a clip. Raises NotFound for a foreign grant, Conflict once it ended, Forbidden with the reason, Invalid naming the field."""
    grant = tx.grants.get(grant_id)
    incident = tx.incidents.get(grant.incident) if grant else None
    if grant is None or incident is None or caller.agency != grant.agency or caller.role == "responder":
        raise NotFound("no_such_grant")
    refusal = access.may_open(caller, grant, incident, camera, tx.now)
    if refusal is not None:
        over = refusal.code in ("incident_closed", "part_closed", "grant_ended", "grant_expired", "grant_revoked")
        raise (Conflict if over else Forbidden)(refusal.code, **dict(refusal.values))
    clause = clause_of(city, grant, tx.now)
    if clause is None:
        raise Conflict("agreement_changed")
    if not clause.evidence:
        raise Forbidden("evidence_not_allowed", agreement=grant.agreement, clause=grant.clause)
    start, until = clips.times(from_, to, grant, tx.now, city.limits.pre_roll_s)
    known = city.cameras.get(camera)
    name = city.gateways.serving(grant.owner, camera)
    gateway = tx.gateways.get(name) if name else None
    wrong = city.hub_ok()
    if wrong is not None:
        raise Unavailable(wrong)
    if gateway is None or gateway.state != "up":
        raise Unavailable("gateway_lost", owner=grant.owner)
    clip = Clip(
        id=tx.new_id("clp"),
        incident=incident.id,
        number=incident.number,
        grant=grant.id,
        agency=grant.agency,
        owner=grant.owner,
        agreement=grant.agreement,
        agreement_hash=grant.agreement_hash,
        clause=grant.clause,
        basis=grant.basis,
        purpose=grant.purpose,
        camera=camera,
        camera_name=known.name if known else camera,
        gateway=gateway.name,
        boot=gateway.boot,
        account=caller.account,
        asked_by=caller.name,
        reason=reason,
        asked_at=tx.now,
        start=start,
        until=until,
        keep_days=clause.keep_days or city.limits.clip_days,
        unmasked=clause.unmasked,
        drill=grant.drill,
    )
    tx.clips.put(clip)
    _log(tx, "clip:asked", clip, camera=camera, grant=grant.id, account=caller.account, reason=reason, start=start, until=until)
    order = {"t": "clip", "clip": clip.id, "grant": grant.id, "camera": camera, "from": start, "to": until, "unmasked": clip.unmasked}
    tx.tell(gateway.name, order)
    note(tx, incident, "clip_asked", caller.name, agency=caller.agency, camera=clip.camera_name, why=reason)
    return _tell(tx, clip)


def stop(tx: Tx, caller: Caller, clip_id: str) -> Clip:
    """Who asked for it has enough; the gateway says when it is made."""
    clip = own_clip(tx, caller, clip_id)
    if clip.state != "recording":
        raise Conflict("clip_not_recording", state=clip.state)
    tx.tell(clip.gateway, {"t": "clip_stop", "clip": clip.id})
    return clip


def own_clip(tx: Read, caller: Caller, clip_id: str) -> Clip:
    """A clip of the caller's own agency; NotFound for anyone else's."""
    clip = tx.clips.get(clip_id)
    if clip is None or clip.agency != caller.agency or caller.role == "responder":
        raise NotFound("no_such_clip")
    return clip


def seen_clip(tx: Read, caller: Caller, clip_id: str) -> Clip:
    """A clip the caller may know of: its own agency's, one of its own cameras, or any for the privacy officer."""
    clip = tx.clips.get(clip_id)
    if clip is None or not may_know(caller, clip):
        raise NotFound("no_such_clip")
    return clip


def may_know(caller: Caller, clip: Clip) -> bool:
    """Whether the caller may know that there is such a clip."""
    if caller.role == "responder":
        return False
    return caller.role == "privacy_officer" or clip.agency == caller.agency or (caller.is_owner and clip.owner in caller.owns)


def fetch(tx: Tx, caller: Caller, clip_id: str) -> Fetching:
    """Allow one download. What the gateway then really sent is logged when it says so."""
    clip = own_clip(tx, caller, clip_id)
    if clip.state != "made":
        raise Conflict("clip_not_there", state=clip.state)
    gateway = tx.gateways.get(clip.gateway)
    if gateway is None or gateway.state != "up":
        raise Unavailable("gateway_lost", owner=clip.owner)
    given = Fetch(tx.new_id("fet"), caller.account, caller.name, tx.now)
    clip = replace(clip, fetches=(*clip.fetches, given))
    tx.clips.put(clip)
    _log(tx, "ticket:issued", clip, fetch=given.id, account=caller.account, agency=caller.agency)
    return Fetching(clip, given.id, gateway.boot, gateway.url, tx.new_id("jti"))


def hold(tx: Tx, caller: Caller, clip_id: str, reason: str) -> Clip:
    """Keep it past its time, until it is released."""
    clip = seen_clip(tx, caller, clip_id)
    if clip.state != "made":
        raise Conflict("clip_not_there", state=clip.state)
    clip = replace(clip, hold=reason, held_by=caller.name)
    tx.clips.put(clip)
    _log(tx, "clip:held", clip, by=caller.account, reason=reason)
    return _tell(tx, clip)


def release(tx: Tx, caller: Caller, clip_id: str, reason: str) -> Clip:
    """Whoever may hold it may say that it need not be kept longer than its time."""
    clip = seen_clip(tx, caller, clip_id)
    if clip.hold is None:
        raise Conflict("clip_not_held")
    clip = replace(clip, hold=None, held_by=None)
    tx.clips.put(clip)
    _log(tx, "clip:released", clip, by=caller.account, reason=reason)
    return _tell(tx, clip)


# What the gateway says. Each message is applied once: the control channel drops repeats by their number.


def made(tx: Tx, clip_id: str, told: dict[str, Any]) -> None:
    """The file is there: its hash and its manifest's hash go into the ledger in the same commit."""
    clip = tx.clips.get(clip_id)
    if clip is None or clip.state not in ("recording", "failed"):
        return
    video = Video(
        sha256=str(told["sha256"]),
        bytes=int(told["bytes"]),
        begins=int(told["from"]),
        ends=int(told["to"]),
        frames=int(told["frames"]),
        codec=str(told["codec"]),
        width=int(told["width"]),
        height=int(told["height"]),
        longest_gap_ms=int(told["longest_gap_ms"]),
        masked=bool(told["masked"]),
        recoded=bool(told["recoded"]),
        cut_short=None if told["cut_short"] is None else str(told["cut_short"]),
    )
    clip = clips.made(clip, video, tx.now)
    facts = clips.manifest(clip)
    entry = _log(tx, "clip:made", clip, sha256=video.sha256, bytes=video.bytes, manifest=clips.manifest_hash(facts))
    clip = replace(clip, entry=entry)
    tx.clips.put(clip)
    _tell(tx, clip)


def failed(tx: Tx, clip_id: str, reason: str) -> None:
    """There is no clip, and why."""
    clip = tx.clips.get(clip_id)
    if clip is not None and clip.state == "recording":
        clip = replace(clip, state="failed", failure=reason)
        tx.clips.put(clip)
        _log(tx, "clip:failed", clip, reason=reason)
        _tell(tx, clip)


def fetched(tx: Tx, clip_id: str, fetch_id: str, size: int, whole: bool) -> None:
    """The gateway sent it, or a part of it before the download broke off."""
    clip = tx.clips.get(clip_id)
    given = next((each for each in clip.fetches if each.id == fetch_id), None) if clip else None
    if clip is None or given is None:
        return
    after = replace(given, bytes=size, whole=whole)
    clip = replace(clip, fetches=tuple(after if each.id == fetch_id else each for each in clip.fetches))
    tx.clips.put(clip)
    _log(tx, "clip:fetched", clip, fetch=fetch_id, account=given.account, bytes=size, whole=whole)
    _tell(tx, clip)


def erased(tx: Tx, clip_id: str) -> None:
    """The gateway has erased the file; what is known of it stays."""
    clip = tx.clips.get(clip_id)
    if clip is not None and clip.state == "erasing":
        clip = replace(clip, state="erased", erased_at=tx.now)
        tx.clips.put(clip)
        _log(tx, "clip:erased", clip, sha256=clip.video.sha256 if clip.video else None, days=clip.keep_days)
        _tell(tx, clip)


def gateway_started(tx: Tx, gateway: str, boot: str) -> None:
    """A gateway started anew: what its earlier start recorded is lost unless it says otherwise; what it was to erase it is told again."""
    for clip in tx.clips.find(gateway=gateway, state="recording"):
        if clip.boot != boot:
            failed(tx, clip.id, "gateway_lost")
    erasing = [clip.id for clip in tx.clips.find(gateway=gateway, state="erasing")]
    if erasing:
        tx.tell(gateway, {"t": "erase", "clips": erasing})


# What happens by itself when time passes.


def anything_due(read: Read) -> bool:
    """Whether a clip's time is over; looked at during one second in five, for clips live for days."""
    if read.now // US % _LOOK_EVERY_S:
        return False
    lost = any(read.now - clip.until >= LOST_AFTER_US for clip in read.clips.find(state="recording"))
    return lost or any(clips.due(clip, read.now) for clip in read.clips.find(state="made"))


def erase_old(tx: Tx, _city: City) -> None:
    """A clip goes when its days are over, unless it is held. One of which nothing was heard for an hour is lost."""
    for clip in tx.clips.find(state="recording"):
        if tx.now - clip.until >= LOST_AFTER_US:
            failed(tx, clip.id, "gateway_lost")
    gone: dict[str, list[str]] = {}
    for clip in tx.clips.find(state="made"):
        if clips.due(clip, tx.now):
            tx.clips.put(replace(clip, state="erasing"))
            gone.setdefault(clip.gateway, []).append(clip.id)
    for gateway, ids in gone.items():
        tx.tell(gateway, {"t": "erase", "clips": ids})


def _log(tx: Tx, act: str, clip: Clip, **body: Any) -> int:
    return tx.audit(act, {"clip": clip.id, **body}, drill=clip.drill)


def _tell(tx: Tx, clip: Clip) -> Clip:
    """Send `clip.<state>` to the agency, the cameras' owner and the privacy officer."""
    data = {
        "clip": clip.id,
        "grant": clip.grant,
        "incident": clip.incident,
        "camera": clip.camera,
        "agency": clip.agency,
        "owner": clip.owner,
        "state": clip.state,
        "drill": clip.drill,
    }
    tx.emit(f"clip.{clip.state}", clip.id, 0, data, [clip.agency, clip.owner, PRIVACY])
    return clip
