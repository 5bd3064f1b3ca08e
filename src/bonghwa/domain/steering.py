"""Steering a camera: who may turn it, who holds it now, when it goes back to its home view, and what others may ask of its owner.

Only the room of the camera's owner steers, for the purpose the camera was set up for (PIPA 25(5), 25(6)); its home view returns when the
reason is over. Everybody else who watches it may send a request.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bonghwa.domain.access import duty_owners, may_open, may_watch_on_duty
from bonghwa.domain.agency import Caller
from bonghwa.domain.agreement import Agreement
from bonghwa.domain.grant import US, Grant
from bonghwa.domain.incident import Incident
from bonghwa.domain.reason import Reason
from bonghwa.domain.view import Duty

Act = Literal["move", "stop", "home", "leave"]
"""`leave` gives the camera back at once; it goes home if it was turned."""

HOLD_US = 10 * US
"""So long after its last act a steerer keeps the camera; then it is free and goes home."""

RENEWED_WITHIN_US = 2 * US
"""A move that is not renewed within this ends by itself, so the next one is a new move."""

_AIMED_AT = {
    "쓰레기단속": frozenset[str](),
    "교통단속": frozenset({"traffic_accident", "hit_and_run", "wanted_hit"}),
    "차량방범": frozenset({"traffic_accident", "hit_and_run", "wanted_hit", "fugitive", "robbery"}),
    "교통정보수집": frozenset({"traffic_accident", "hit_and_run"}),
    "재난재해": frozenset(
        {
            *("fire", "rescue", "hazmat", "mass_casualty", "flood", "underpass_flood", "landslide", "collapse", "sinkhole", "storm"),
            *("wildfire", "earthquake", "crowd", "smoke", "heat", "flame", "multi"),
        }
    ),
}
"""Purposes that name one thing, and the kinds of incident that are this thing. The other purposes (crime prevention, children, several,
facilities) cover whatever happens in the street before the camera."""


@dataclass(frozen=True)
class Velocity:
    """How fast a camera turns: -1 to 1 of what it can; right, up, closer."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0


STILL = Velocity()


@dataclass(frozen=True)
class Hold:
    """One camera held by one person who steers it. It exists while it is held; `id` is the camera."""

    id: str
    owner: str
    account: str
    agency: str
    post: str
    """What others are shown of who holds it: the post of a duty session, or the incident's number. No name."""
    taken_at: int
    last_at: int
    duty: str | None = None
    grant: str | None = None
    incident: str | None = None
    drill: bool = False
    velocity: Velocity = STILL
    turned: bool = False
    """Whether it was moved since it was taken: only then is there a way home."""


@dataclass(frozen=True)
class SteeringRequest:
    """What somebody who watches a camera asks its owner's room to show."""

    id: str
    camera: str
    owner: str
    agency: str
    account: str
    by: str
    grant: str
    incident: str
    number: str
    text: str
    at: int
    drill: bool = False
    done_at: int | None = None
    done_by: str | None = None


def may_steer_on_duty(caller: Caller, duty: Duty, owner: str, agreements: Sequence[Agreement], now: int) -> Reason | None:
    """None when the caller's duty session lets it steer a camera of `owner` now: exactly when it may watch it as its own."""
    return may_watch_on_duty(caller, duty, owner, agreements, now)


def may_steer_under_grant(
    caller: Caller, grant: Grant, incident: Incident, camera: str, purpose: str, agreements: Sequence[Agreement], now: int
) -> Reason | None:
    """None when the caller may steer the camera for this incident: its own room's grant over its own camera, for the camera's purpose."""
    refusal = may_open(caller, grant, incident, camera, now)
    if refusal is not None:
        return refusal
    if grant.owner not in duty_owners(caller, agreements, now):
        return Reason("only_owner_steers", {"owner": grant.owner})
    if not fits_purpose(purpose, incident.kind):
        return Reason("not_its_purpose", {"purpose": purpose, "kind": incident.kind})
    return None


def fits_purpose(purpose: str, kind: str) -> bool:
    """Whether turning a camera of this purpose towards an incident of this kind serves what the camera was set up for."""
    kinds = _AIMED_AT.get(purpose)
    return kinds is None or kind in kinds


def held_by_another(hold: Hold | None, account: str, now: int) -> bool:
    """Whether somebody else holds the camera now."""
    return hold is not None and hold.account != account and now < hold.last_at + HOLD_US


def begins(hold: Hold, velocity: Velocity, now: int) -> bool:
    """Whether this move is a new one, to be written down, and no repeat that keeps the last one going."""
    return velocity != hold.velocity or now > hold.last_at + RENEWED_WITHIN_US


def moved(hold: Hold, velocity: Velocity, now: int) -> Hold:
    """The hold after a move."""
    return replace(hold, velocity=velocity, turned=True, last_at=now)


def stopped(hold: Hold, now: int, *, at_home: bool = False) -> Hold:
    """The hold after a stop, or after its holder sent it home."""
    return replace(hold, velocity=STILL, last_at=now, turned=hold.turned and not at_home)


def over(hold: Hold, duty: Duty | None, grant: Grant | None, incident: Incident | None, now: int) -> str | None:
    """Why the hold ends now: `idle`, `duty_ended`, `grant_ended`, `closed`; None while it goes on."""
    if hold.duty is not None and (duty is None or not duty.open or now >= duty.ends_by):
        return "duty_ended"
    if hold.grant is not None:
        if incident is None or not incident.open:
            return "closed"
        if grant is None or not grant.covers(hold.id, now):
            return "grant_ended"
    return "idle" if now >= hold.last_at + HOLD_US else None
