"""An evidence clip (증거 영상): what one grant let an agency keep of one camera, its hash, its manifest, and how long it is kept."""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any, Literal

from bonghwa.domain.audit import canonical
from bonghwa.domain.errors import Conflict, Invalid
from bonghwa.domain.grant import US, Grant

ClipState = Literal["recording", "made", "failed", "erasing", "erased"]
MAX_SECONDS = 600
DAY = 24 * 3600 * US
DRILL_WORD = "훈련 · DRILL"
MANIFEST = "bonghwa-clip-manifest"


@dataclass(frozen=True)
class Video:
    """What the gateway recorded. `begins` and `ends`: hub time (microseconds) of the first and last picture."""

    sha256: str
    bytes: int
    begins: int
    ends: int
    frames: int
    codec: str
    width: int
    height: int
    longest_gap_ms: int
    masked: bool
    recoded: bool
    """Whether the pictures were coded anew (for a mask, or because no browser shows them as they come): the camera's signature is gone."""
    cut_short: str | None = None
    """Why it ends before it was asked to: grant_over, lease, storage, stop, format_changed, mask_changed, camera_unshowable."""


@dataclass(frozen=True)
class Fetch:
    """One download: who was given a ticket, and what the gateway then sent."""

    id: str
    account: str
    viewer: str
    at: int
    bytes: int = 0
    whole: bool = False


@dataclass(frozen=True)
class Clip:
    """An evidence clip. `start` and `until`: the times asked for (microseconds); `entry`: the ledger's number of its making."""

    id: str
    incident: str
    number: str
    grant: str
    agency: str
    owner: str
    agreement: str
    agreement_hash: str
    clause: str
    basis: str
    purpose: str
    camera: str
    camera_name: str
    gateway: str
    boot: str
    account: str
    asked_by: str
    reason: str
    asked_at: int
    start: int
    until: int
    keep_days: int
    unmasked: bool = False
    drill: bool = False
    state: ClipState = "recording"
    video: Video | None = None
    made_at: int | None = None
    entry: int | None = None
    keep_until: int | None = None
    failure: str | None = None
    hold: str | None = None
    """Why it is not erased when its time is over."""
    held_by: str | None = None
    erased_at: int | None = None
    fetches: tuple[Fetch, ...] = ()


Moment = int | Literal["now"] | None
"""Microseconds; `now`; or None for the widest that is allowed."""


def times(from_: Moment, to: Moment, grant: Grant, now: int, pre_roll_s: int) -> tuple[int, int]:
    """Begin and end of the clip asked for: in the grant's life and its pre-roll, ten minutes at most. Raises Invalid naming the field."""
    opened, expires = grant.decided_at or grant.asked_at, grant.expires_at or now
    start = max(now, opened) - pre_roll_s * US if from_ is None else now if from_ == "now" else from_
    until = min(start + MAX_SECONDS * US, expires) if to is None else now if to == "now" else to
    if start > now:
        raise Invalid("from", "in_the_future")
    if until <= start:
        raise Invalid("to", "not_after_from")
    if until - start > MAX_SECONDS * US:
        raise Invalid("to", "clip_too_long", seconds=MAX_SECONDS)
    if start < opened - pre_roll_s * US:
        raise Invalid("from", "before_the_grant", seconds=pre_roll_s)
    if until > expires:
        raise Invalid("to", "after_the_grant")
    return start, until


def manifest(clip: Clip) -> dict[str, Any]:
    """What the clip is, in its final words: the same at every asking, also after it was erased. Empty while there is no video."""
    video = clip.video
    if video is None:
        return {}
    facts: dict[str, Any] = {
        "form": MANIFEST,
        "v": 1,
        "clip": clip.id,
        "drill": clip.drill,
        "sha256": video.sha256,
        "bytes": video.bytes,
        "incident": {"id": clip.incident, "number": clip.number},
        "grant": {
            "id": clip.grant,
            "agency": clip.agency,
            "owner": clip.owner,
            "agreement": clip.agreement,
            "agreement_hash": clip.agreement_hash,
            "clause": clip.clause,
            "basis": clip.basis,
            "purpose": clip.purpose,
        },
        "camera": {"id": clip.camera, "name": clip.camera_name},
        "gateway": clip.gateway,
        "asked": {
            "by": clip.asked_by,
            "account": clip.account,
            "reason": clip.reason,
            "at": _time(clip.asked_at),
            "from": _time(clip.start),
            "to": _time(clip.until),
        },
        "video": {
            "from": _time(video.begins),
            "to": _time(video.ends),
            "frames": video.frames,
            "codec": video.codec,
            "width": video.width,
            "height": video.height,
            "longest_gap_ms": video.longest_gap_ms,
            "masked": video.masked,
            "recoded": video.recoded,
            "cut_short": video.cut_short,
        },
    }
    return {**facts, "notice": DRILL_WORD} if clip.drill else facts


def manifest_hash(facts: dict[str, Any]) -> str:
    """SHA-256 over the canonical manifest, hex; the ledger's part of it left out."""
    return hashlib.sha256(canonical({key: value for key, value in facts.items() if key != "ledger"})).hexdigest()


def made(clip: Clip, video: Video, now: int) -> Clip:
    """The gateway has it. One that was written off as lost is there after all."""
    if clip.state not in ("recording", "failed"):
        raise Conflict("clip_not_recording", state=clip.state)
    return replace(clip, state="made", video=video, made_at=now, keep_until=now + clip.keep_days * DAY, failure=None)


def due(clip: Clip, now: int) -> bool:
    """Whether its time to be kept is over and nobody holds it."""
    return clip.state == "made" and clip.hold is None and clip.keep_until is not None and now >= clip.keep_until


def _time(at: int) -> str:
    return dt.datetime.fromtimestamp(at / US, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
