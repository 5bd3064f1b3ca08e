"""What every route works with: the hub, its event streams, its gateways; and who is calling."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from bonghwa.api.control import ControlHub
from bonghwa.api.events import EventHub
from bonghwa.api.forms import Speech, language_of
from bonghwa.api.pursuing import Pursuing
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Forbidden, TooMany, Unauthenticated
from bonghwa.service import people
from bonghwa.service.responders import code_hash
from bonghwa.storage.sql.journal import EventRow
from bonghwa.wiring import Hub, Told

Route = tuple[str, str, Callable[..., Any]]
"""Method, path below `/api/v1`, handler."""
COOKIE = "bonghwa_session"
CSRF = "x-bonghwa-csrf"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass
class Buckets:
    """A token bucket a key: `per_minute` on average, bursts of a quarter of it. Keys unused for a minute are forgotten."""

    per_minute: int
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key: str) -> None:
        """Use one; TooMany when the bucket is empty."""
        now, burst = time.monotonic(), max(5.0, self.per_minute / 4)
        left, at = self._left.get(key, (burst, now))
        left = min(burst, left + (now - at) * self.per_minute / 60)
        if left < 1:
            raise TooMany("rate_limited", retry_s=int((1 - left) * 60 / self.per_minute) + 1)
        self._left[key] = (left - 1, now)
        if len(self._left) > 10_000:
            self._left = {k: v for k, v in self._left.items() if now - v[1] < 60}


class Desk:
    """Lives in `app.state.desk`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.events = EventHub()
        self.quality: dict[str, tuple[int, dict[str, Any]]] = {}
        self.control = ControlHub(
            hub.enrolled(),
            {e.name: e.owners for e in hub.settings.gateways},
            hub.sign_enrolment,
            hub.jwks,
            hub.change,
            hub.city,
            hub.clock.now,
            hub.messages,
        )
        self.pursuing = Pursuing(hub)
        hub.on_commit(self._committed)
        rate = hub.settings.hub.requests_per_minute
        self.changes, self.reports, self.sign_ins = Buckets(rate), Buckets(rate * 10), Buckets(max(30, rate // 10))

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Streams and gateway links live in this loop."""
        self.events.attach(loop)
        self.control.attach(loop)

    @property
    def gateway_urls(self) -> set[str]:
        """Where the gateways that ever connected serve viewers: pages may fetch pictures there."""
        return self.hub.gateway_urls | self.control.urls

    def _committed(self, events: Sequence[EventRow], told: Sequence[Told]) -> None:
        self.events.publish(list(events))
        self.control.tell(told)

    def speech(self, request: Request) -> Speech:
        """Words in the caller's language."""
        return Speech(language_of(request.headers.get("accept-language")), self.hub.names)


def get_desk(request: Request) -> Desk:
    """The desk of this app."""
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(get_desk)]


def bearer(request: Request) -> str | None:
    """The bearer token of a request, if it has one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def identify(request: Request, desk: TheDesk) -> Caller:
    """Who calls, by bearer token or session cookie; a changing call by cookie also needs the session's CSRF header."""
    token = bearer(request)
    if token is not None:
        caller = await desk.hub.read(lambda read: people.caller_of_token(read, token))
    else:
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise Unauthenticated("no_credential")
        caller, session = await desk.hub.read(lambda read: people.caller_of_session(read, code_hash(cookie)))
        if request.method not in SAFE and request.headers.get(CSRF) != session.csrf:
            raise Forbidden("csrf")
    if request.method not in SAFE:
        (desk.reports if caller.line else desk.changes).take(caller.account)
    return caller


async def viewer(caller: Annotated[Caller, Depends(identify)]) -> Caller:
    """A caller that is no machine line: a person, also one on the way."""
    if caller.role == "line":
        raise Forbidden("line_may_not")
    return caller


async def person(caller: Annotated[Caller, Depends(viewer)]) -> Caller:
    """A person at a desk. A responder has one incident, its pictures and its map, and nothing else (LAW)."""
    if caller.role == "responder":
        raise Forbidden("role_may_not", role=caller.role)
    return caller


Anyone = Annotated[Caller, Depends(identify)]
Viewer = Annotated[Caller, Depends(viewer)]
Person = Annotated[Caller, Depends(person)]


def only(*roles: str) -> Callable[[Caller], Any]:
    """A dependency that lets these roles through and refuses others."""

    async def check(caller: Person) -> Caller:
        if caller.role not in roles:
            raise Forbidden("role_may_not", role=caller.role)
        return caller

    return check


INCIDENT_ROLES = ("police112", "fire119", "tracking_centre", "disaster_room", "control_room", "district")
OnIncidents = Annotated[Caller, Depends(only(*INCIDENT_ROLES))]
Owner = Annotated[Caller, Depends(only("district"))]
Privacy = Annotated[Caller, Depends(only("privacy_officer"))]
