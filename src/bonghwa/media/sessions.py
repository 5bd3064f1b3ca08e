"""Who is being sent pictures, until when, and how they are cut: by revocation, by time, and by the end of the lease.

Cutting is push and timer, and besides every single picture asks before it goes out.
"""

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar, Literal, NamedTuple

import structlog

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.congestion import Mode
from bonghwa.media.feed import Health
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.ticket import GrantRevoked, LeaseEnded, Ticket, TicketOfAnotherBoot, TicketVerifier

Transport = Literal["webrtc", "ws", "snapshot"]
EndReason = Literal["revoked", "viewer", "lease", "expired", "lost", "stop", "displaced"]

_REMEMBER_REVOKED_S = 600.0

_log = structlog.get_logger(__name__)


class GatewayFull(Exception):
    """The gateway serves as many viewers as it may."""


class Cut(NamedTuple):
    """What a cut did, by view, each list sorted."""

    views: list[str]
    """Cut, after the last packet was sent."""
    unconfirmed: list[str]
    """Told to end, but whether their pictures have ended is not known."""
    dropped: list[str]
    """Not meant, and lost with those: the only way to end one was to end all of its camera."""


class Session(ABC):
    """One transport session of one view. A transport overrides `_deliver`, `_stop` and `_health`."""

    transport: Transport = "webrtc"
    patience_s: ClassVar[float] = 1.0
    """How long a cut waits for `gone`."""

    def __init__(self, desk: "Sessions", ticket: Ticket, camera: Camera) -> None:
        self.id = secrets.token_urlsafe(12)
        self.ticket = ticket
        self.camera = camera
        self.feed = camera.shown(unmasked=ticket.unmasked)
        self.bytes = 0
        self.token_hash = b""
        self.dropped: set[str] = set()
        self.ended: EndReason | None = None
        self.gone = asyncio.Event()
        self.deadline = desk.time.until(ticket.not_after)
        self._desk = desk
        self._began: float | None = None
        self._finished: float | None = None

    @property
    def seconds(self) -> float:
        """Seconds served so far; a still counts none."""
        if self._began is None or self.transport == "snapshot":
            return 0.0
        return (self._finished or elapsed()) - self._began

    @property
    def served(self) -> bool:
        """Whether pictures have ever begun to go out."""
        return self._began is not None

    @property
    def serving(self) -> bool:
        """Whether pictures have begun to go out and have not ended."""
        return self._began is not None and self.ended is None

    def begin(self) -> None:
        """Pictures begin to go out now."""
        if self._began is None and self.ended is None:
            self._began = elapsed()
            self._desk.began(self)
            self.feed.subscribe(self)

    def show(self, small: bool) -> None:
        """Go over to another of the camera's feeds; the next picture shown is a key picture of it."""
        feed = self.camera.shown(small, self.ticket.unmasked)
        if feed is self.feed or self.ended is not None:
            return
        self.feed.unsubscribe(self, linger=False)
        self.feed = feed
        if self.serving:
            feed.subscribe(self)
            self._moved()

    def may_send(self) -> bool:
        """Asked before anything is sent; a session whose time is over, or whose ticket has lost its ground, ends here."""
        if self.ended is not None:
            return False
        if elapsed() >= self.deadline:
            self.end("expired")
        else:
            try:
                self._desk.check(self.ticket)
            except GrantRevoked:
                self.end("revoked")
            except (LeaseEnded, TicketOfAnotherBoot):
                self.end("lease")
        return self.ended is None

    def picture(self, unit: AccessUnit) -> None:
        """The camera's next picture."""
        if self.may_send():
            self._deliver(unit)

    def health(self, state: Health) -> None:
        """The camera's state changed."""
        if self.may_send():
            self._health(state)

    def unshowable(self, code: str) -> None:
        """Nothing showable will come from this camera."""
        _log.info("view_of_unshowable_camera", code=code)
        self.end("lost")

    def end(self, reason: EndReason) -> None:
        """Send nothing from now on, say goodbye, and report it. Again is no harm."""
        if self.ended is not None:
            return
        self.ended = reason
        self._finished = elapsed()
        self.feed.unsubscribe(self, linger=reason in ("viewer", "lost"))
        try:
            self._stop()
        finally:
            self._desk.finished(self)

    @abstractmethod
    def _deliver(self, unit: AccessUnit) -> None:
        """Hand one picture to the network."""

    def _moved(self) -> None:  # noqa: B027  a still has no next picture
        """`feed` is another one now."""

    def _health(self, state: Health) -> None:  # noqa: B027  most transports have no side channel
        """Transports without a side channel say nothing."""

    def _stop(self) -> None:
        """Say goodbye; set `gone` when the last byte has been handed to the network."""
        self.gone.set()


class Sessions:
    """Every session of this gateway. `on_began` and `on_ended` report to the hub."""

    def __init__(self, verifier: TicketVerifier, time: HubTime, lease: Lease, max_viewers: int) -> None:
        self.time = time
        self.lease = lease
        self.on_began: Callable[[Session], None] = lambda _session: None
        self.on_ended: Callable[[Session], None] = lambda _session: None
        self.reduced: Callable[[Mode, Mode], None] = lambda _before, _after: None
        """Told when a viewer's network lets it be sent less, or more again."""
        self._verifier = verifier
        self._max_viewers = max_viewers
        self._open: dict[str, Session] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._leaving: set[Session] = set()
        self._revoked: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, token: str, camera: str, still: bool = False) -> Ticket:
        """Use up a ticket for `camera`. Raises a `TicketRefused`, or `GatewayFull` before the ticket is used.

        Live pictures of a full gateway go to the more urgent: the least urgent viewer gives way to a more urgent one, and sees stills
        (`still`), which have as many places of their own.
        """
        if not self.lease.alive:
            raise LeaseEnded
        yields = self._who_yields(token, still)
        ticket = self._verifier.admit(token, camera, self.time.now_us())
        self.check(ticket)
        if yields is not None:
            yields.end("displaced")
        return ticket

    def _who_yields(self, token: str, still: bool) -> Session | None:
        """Whose place a further session takes; None where there is room. Raises `GatewayFull`."""
        taken = [session for session in self._open.values() if (session.transport == "snapshot") == still]
        if len(taken) < self._max_viewers:
            return None
        # Among equals the one that came last: the others have been watching longer.
        least = max(reversed(taken), key=lambda session: session.ticket.priority)
        if still or least.ticket.priority <= self._verifier.priority_of(token):
            raise GatewayFull
        return least

    def admit_clip(self, token: str, clip: str) -> Ticket:
        """Use up a ticket for a finished clip, whose grant may be over. Raises a `TicketRefused`."""
        if not self.lease.alive:
            raise LeaseEnded
        return self._verifier.admit_clip(token, clip, self.time.now_us())

    def check(self, ticket: Ticket) -> None:
        """Whether an admitted ticket still stands. Raises `LeaseEnded`, `TicketOfAnotherBoot` or `GrantRevoked`."""
        if not self.lease.alive:
            raise LeaseEnded
        if ticket.boot != self._verifier.boot:
            raise TicketOfAnotherBoot
        if self._is_revoked(ticket.view) or self._is_revoked(ticket.grant):
            raise GrantRevoked

    def add(self, session: Session) -> None:
        """Watch over a session from now on. Raises as `check` when its ticket has lost its ground since it was admitted."""
        self.check(session.ticket)
        self._open[session.id] = session
        self._arm(session)

    def find(self, session: str) -> Session | None:
        """The open session of this id."""
        return self._open.get(session)

    def began(self, session: Session) -> None:
        """A session began to be served."""
        self.on_began(session)

    def finished(self, session: Session) -> None:
        """A session ended."""
        self._open.pop(session.id, None)
        self._leaving = {each for each in self._leaving | {session} if not each.gone.is_set()}
        timer = self._timers.pop(session.id, None)
        if timer:
            timer.cancel()
        if session.served:
            self.on_ended(session)

    async def revoke(self, grants: Iterable[str], views: Iterable[str]) -> Cut:
        """Cut these grants and views, now and for tickets still out; returns after the last packet was sent.

        One that ended by itself a moment ago is waited for as well.
        """
        ids = {*grants, *views}
        until = elapsed() + _REMEMBER_REVOKED_S
        self._revoked = {name: end for name, end in self._revoked.items() if end > elapsed()} | dict.fromkeys(ids, until)

        def meant(sessions: Iterable[Session]) -> list[Session]:
            return [session for session in sessions if session.ticket.grant in ids or session.ticket.view in ids]

        return await self._cut(meant(self._open.values()), "revoked", meant(self._leaving))

    async def settled(self) -> list[str]:
        """Wait until every session that has ended has also gone; gives the views of which that could not be confirmed."""
        return (await self._cut([], "lost", list(self._leaving))).unconfirmed

    async def end_all(self, reason: EndReason) -> Cut:
        """Cut everything."""
        return await self._cut(list(self._open.values()), reason)

    def renew(self, grant: str, not_after: int) -> None:
        """Views of this grant now end at hub time `not_after` (microseconds)."""
        for session in self._open.values():
            if session.ticket.grant == grant:
                session.deadline = self.time.until(not_after)
                self._arm(session)

    def counters(self) -> list[tuple[str, float, int]]:
        """Seconds and bytes sent so far, by view, over its open sessions."""
        sums: dict[str, tuple[float, int]] = {}
        for session in self._open.values():
            if session.serving and session.transport != "snapshot":
                seconds, count = sums.get(session.ticket.view, (0.0, 0))
                sums[session.ticket.view] = (seconds + session.seconds, count + session.bytes)
        return [(view, round(seconds, 3), count) for view, (seconds, count) in sums.items()]

    async def _cut(self, sessions: list[Session], reason: EndReason, leaving: Iterable[Session] = ()) -> Cut:
        for session in sessions:
            session.end(reason)
        awaited = [*sessions, *leaving]
        if awaited:
            waits = [asyncio.ensure_future(session.gone.wait()) for session in awaited]
            _, late = await asyncio.wait(waits, timeout=max(session.patience_s for session in awaited))
            for wait in late:
                wait.cancel()
        views = {session.ticket.view for session in sessions}
        unconfirmed = {session.ticket.view for session in awaited if not session.gone.is_set()}
        dropped = {view for session in sessions for view in session.dropped} - views
        return Cut(sorted(views - unconfirmed), sorted(unconfirmed), sorted(dropped))

    def _arm(self, session: Session) -> None:
        timer = self._timers.pop(session.id, None)
        if timer:
            timer.cancel()
        wait = max(0.0, session.deadline - elapsed())
        self._timers[session.id] = asyncio.get_running_loop().call_later(wait, self._expire, session)

    def _expire(self, session: Session) -> None:
        if elapsed() >= session.deadline:
            session.end("expired")
        elif session.ended is None:
            self._arm(session)

    def _is_revoked(self, name: str) -> bool:
        return self._revoked.get(name, 0.0) > elapsed()
