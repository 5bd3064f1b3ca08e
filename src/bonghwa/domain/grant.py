"""A grant: the permission of one owner, for one agency, in one incident, under one clause, until a time."""

from dataclasses import dataclass, field, replace
from typing import Literal

from bonghwa.domain.errors import Conflict

GrantState = Literal["asked", "active", "denied", "revoked", "expired", "ended"]
Awaits = Literal["owner", "officer"]
US = 1_000_000


@dataclass(frozen=True)
class Grant:
    """What one owner's cameras one agency may watch, why, and until when (times in microseconds)."""

    id: str
    incident: str
    agency: str
    owner: str
    agreement: str
    agreement_hash: str
    clause: str
    basis: str
    purpose: str
    state: GrantState
    cameras: tuple[str, ...]
    minutes: int
    asked_at: int
    drill: bool = False
    awaits: Awaits | None = None
    answer_by: int | None = None
    decided_at: int | None = None
    decided_by: str | None = None
    expires_at: int | None = None
    ended_at: int | None = None
    reason: str | None = None
    review: bool = False
    extensions: int = 0
    leaving: dict[str, int] = field(default_factory=dict)
    refused_by_owner: bool = False
    """The owner denied it, took it back or opened only a part: the system does not open these cameras again by itself."""
    issuer: str | None = None
    """For responders: the agency that sent them; their grant ends with that agency's."""
    evidence: bool = False
    """Its clause lets the agency keep clips."""
    unmasked: bool = False
    """Its clause lifts the cameras' masks."""

    @property
    def live(self) -> bool:
        """Whether it may open views now (state only; the time is checked by `covers`)."""
        return self.state == "active"

    def covers(self, camera: str, now: int) -> bool:
        """Whether this grant lets its agency watch the camera at this time."""
        if self.state != "active" or self.expires_at is None or now >= self.expires_at:
            return False
        return camera in self.cameras or self.leaving.get(camera, 0) > now


def activate(grant: Grant, now: int, by: str | None = None, review: bool = False, cameras: tuple[str, ...] | None = None) -> Grant:
    """Open an asked grant. The minutes count from now; an owner may approve fewer cameras than were asked."""
    if grant.state != "asked":
        raise Conflict("grant_not_asked", state=grant.state)
    kept = grant.cameras if cameras is None else tuple(c for c in grant.cameras if c in cameras)
    return replace(
        grant,
        state="active",
        awaits=None,
        answer_by=None,
        decided_at=now,
        decided_by=by,
        review=review,
        cameras=kept,
        expires_at=now + grant.minutes * 60 * US,
    )


def end(grant: Grant, state: GrantState, now: int, reason: str | None, by: str | None = None) -> Grant:
    """End a grant for good: `denied` (was asked), `revoked`, `expired` or `ended`. Repeating an end changes nothing."""
    if grant.state not in ("asked", "active"):
        return grant
    if state == "denied" and grant.state != "asked":
        raise Conflict("grant_not_asked", state=grant.state)
    return replace(
        grant, state=state, awaits=None, answer_by=None, ended_at=now, reason=reason, decided_by=by or grant.decided_by, leaving={}
    )


def extend(grant: Grant, minutes: int, now: int, limit_minutes: int) -> Grant:
    """Lengthen an active grant by at most the clause's minutes at a time, never past `limit_minutes` from now."""
    if grant.state != "active" or grant.expires_at is None:
        raise Conflict("grant_not_active", state=grant.state)
    until = min(max(grant.expires_at, now) + minutes * 60 * US, now + limit_minutes * 60 * US)
    if until <= grant.expires_at:
        raise Conflict("grant_at_limit", minutes=limit_minutes)
    return replace(grant, expires_at=until, extensions=grant.extensions + 1)
