"""What goes into the ledger: a closed vocabulary of acts, and leaves that are salted commitments (ARCHITECTURE, invariant 8).

An entry's personal data is a JSON body in an erasable row; the leaf holds only SHA-256(salt || body). Erasing the row leaves the
proof whole and the commitment without meaning.
"""

import hashlib
import json
from typing import Any

ACTS = frozenset(
    {
        "report:accepted",
        "report:rejected",
        "report:repeated",
        "incident:opened",
        "incident:merged",
        "incident:split",
        "incident:linked",
        "incident:acknowledged",
        "incident:noted",
        "incident:changed",
        "incident:invited",
        "incident:part_closed",
        "incident:closed",
        "incident:reopened",
        "incident:escalated",
        "incident:louder",
        "incident:hidden",
        "incident:shown",
        "decision:allowed",
        "decision:denied",
        "grant:asked",
        "grant:opened",
        "grant:approved",
        "grant:denied",
        "grant:extended",
        "grant:revoked",
        "grant:expired",
        "grant:ended",
        "grant:opened_unanswered",
        "ticket:issued",
        "view:asked",
        "view:opened",
        "view:ended",
        "view:refused",
        "view:cut",
        "duty:started",
        "duty:ended",
        "session:opened",
        "session:refused",
        "session:ended",
        "pursuit:started",
        "pursuit:told",
        "pursuit:undone",
        "pursuit:arranged",
        "pursuit:shared",
        "pursuit:watch",
        "pursuit:ended",
        "pursuit:destroyed",
        "registry:imported",
        "registry:surveyed",
        "registry:pose_proposed",
        "registry:pose_accepted",
        "registry:pose_rejected",
        "agreement:loaded",
        "agreement:changed",
        "responder:invited",
        "responder:bound",
        "responder:refused",
        "responder:revoked",
        "clip:asked",
        "clip:refused",
        "clip:made",
        "clip:failed",
        "clip:fetched",
        "clip:held",
        "clip:released",
        "clip:erased",
        "mask:set",
        "mask:removed",
        "obligation:started",
        "obligation:done",
        "camera:bad_picture",
        "camera:repaired",
        "steering:held",
        "steering:moved",
        "steering:home",
        "steering:freed",
        "steering:failed",
        "steering:refused",
        "steering:requested",
        "steering:answered",
        "drill:requested",
        "access:searched",
        "keys:rotated",
        "account:created",
        "account:closed",
        "gateway:enrolled",
        "backup:made",
    }
)


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no spaces, UTF-8: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(salt: bytes, body: bytes) -> str:
    """SHA-256 over salt and body, hex. The salt (at least 16 random bytes) makes guessing a short body useless."""
    if len(salt) < 16:
        raise ValueError("salt: at least 16 bytes")
    return hashlib.sha256(salt + body).hexdigest()


def leaf(seq: int, at: int, act: str, drill: bool, salt: bytes, body: bytes) -> bytes:
    """The ledger entry: `v`, running number, time (microseconds), act, drill mark and the commitment to the erasable body."""
    if act not in ACTS:
        raise ValueError(f"act: {act!r} is not in the vocabulary")
    entry: dict[str, Any] = {"v": 1, "n": seq, "at": at, "act": act, "c": commitment(salt, body)}
    if drill:
        entry["drill"] = True
    return canonical(entry)
