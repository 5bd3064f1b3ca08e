"""What a viewer's network carries, and what follows: the camera's smaller stream, then fewer pictures; and back up by itself.

Pure: it is told what happened and when (seconds of one clock), and says what may be sent.
"""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["full", "small", "fewer"]

PATIENCE_S = 1.0
"""Congestion must last so long before less is sent: one late report is no congestion."""
TRIAL_S = 4.0
"""So long after more was tried, the first bad sign is enough."""
CALM_S, CALM_MOST_S = 6.0, 96.0
"""After so long without congestion more is tried; twice as long after each try that failed."""
LOSS = 0.2
"""Loss a radio link has is healed by resending; from this share on it is taken for congestion (RFC 8698 and libwebrtc use 0.1 of a
stream that can shrink by a little; ours only shrinks in steps)."""
QUEUE_S = 0.1
"""A round trip this much longer than the shortest seen: packets wait in a queue. A low estimate alone is none, for a receiver
cannot estimate more than it is sent."""
MISSING, MISSING_LEAST = 0.25, 24
"""This share of a second's packets missing, and at least so many, is no radio link's ordinary loss."""
_ROOM = 0.9
_TRUST = 0.85
_LEAST, _UNKNOWN = 60_000.0, 1_000_000.0
_AVERAGE_S = 2.0


@dataclass
class Congestion:
    """One viewer's network. `has_small`: whether its camera offers a smaller stream."""

    has_small: bool
    mode: Mode = "full"
    rate: float = 0.0
    """Bits per second that may be sent where `mode` is not `full`."""
    _needed: float = 0.0
    _counted_from: float | None = None
    _counted: float = 0.0
    _since: float | None = None
    _tried: float = float("-inf")
    _quiet_from: float = 0.0
    _calm: float = CALM_S
    _estimate: float | None = None
    _shortest: float = float("inf")
    _queue: float = 0.0

    def offer(self, now: float, bits: int) -> None:
        """So many bits of pictures came from the camera."""
        if self._counted_from is None:
            self._counted_from = now
            # The first is a key picture, or a whole group of pictures sent at once: no measure of a rate.
            return
        self._counted += bits
        passed = now - self._counted_from
        if passed >= _AVERAGE_S:
            rate = self._counted / passed
            self._needed = rate if self._needed == 0.0 else (self._needed + rate) / 2
            self._counted_from, self._counted = now, 0.0

    def moved(self) -> None:
        """Another feed is being sent: what it needs is not known yet."""
        self._needed, self._counted, self._counted_from, self._estimate = 0.0, 0.0, None, None

    def heard(self, now: float, estimate: float | None = None, lost: float | None = None, round_trip: float | None = None) -> None:
        """The receiver's report: the bits per second it believes the network carries (REMB), the share of packets lost, seconds there
        and back."""
        if estimate is not None:
            self._estimate = estimate
        if round_trip is not None:
            self._shortest = min(self._shortest, round_trip)
            self._queue = round_trip - self._shortest
        narrow = self._queue >= QUEUE_S and self._estimate is not None and self._estimate < _ROOM * self._needed
        if lost is not None or round_trip is not None:
            self._judge(now, narrow or (lost is not None and lost >= LOSS))
        if self.mode == "fewer" and self._estimate is not None:
            self.rate = max(_LEAST, _TRUST * self._estimate)

    def overwhelmed(self, now: float) -> None:
        """Much of what was sent at once did not arrive, or did not leave: less at once, without waiting for a second sign."""
        if self.mode != "fewer":
            self._down(now)

    def _judge(self, now: float, bad: bool) -> None:
        if not bad:
            self._since = None
            if self.mode != "full" and now - self._quiet_from >= self._calm:
                self._up(now)
            return
        self._quiet_from = now
        if self._since is None:
            self._since = now
        if now - self._since >= PATIENCE_S or now - self._tried < TRIAL_S:
            self._down(now)

    def _down(self, now: float) -> None:
        if now - self._tried < CALM_S:
            self._calm = min(2 * self._calm, CALM_MOST_S)
        self._since = None
        self._quiet_from = now
        if self.mode == "full" and self.has_small:
            self.mode = "small"
        elif self.mode == "fewer":
            self.rate = max(_LEAST, self.rate / 2)
            return
        else:
            self.mode = "fewer"
        self.rate = max(_LEAST, _TRUST * (self._estimate or self._needed / 2 or _UNKNOWN))
        self.moved()

    def _up(self, now: float) -> None:
        if now - self._tried >= 2 * self._calm:
            self._calm = CALM_S
        self._tried = self._quiet_from = now
        self.mode = "small" if self.mode == "fewer" and self.has_small else "full"
        self.moved()


@dataclass
class Thinning:
    """Which pictures fit a rate. After one was left out none may follow before the next key picture, for they build on each other."""

    _tokens: float = 0.0
    _at: float | None = None
    _whole: bool = False

    def takes(self, now: float, bits: int, key: bool, rate: float) -> bool:
        """Whether this picture is sent at `rate` bits per second. A key picture may run into debt, which the next ones pay."""
        if self._at is not None:
            self._tokens = min(self._tokens + (now - self._at) * rate, rate)
        self._at = now
        if self._tokens < 0.0 or not (key or self._whole):
            self._whole = False
            return False
        self._tokens -= bits
        self._whole = True
        return True

    def owe(self, bits: int, whole: bool) -> None:
        """A key picture was sent though nobody asked whether it fits; `whole`: the next picture follows it."""
        self._tokens -= bits
        self._whole = whole


@dataclass
class Missing:
    """What the receiver misses of a second's packets, by its negative acknowledgements, which come long before its reports."""

    _from: float = float("-inf")
    _sent: int = 0
    _lost: frozenset[int] = frozenset()

    def counts(self, now: float, lost: list[int], packets: int) -> bool:
        """Whether so much is missing that the network must be far narrower than what it is sent. `packets`: sent so far, in all."""
        if now - self._from >= PATIENCE_S:
            self._from, self._sent, self._lost = now, packets - len(lost), frozenset()
        self._lost |= frozenset(lost)
        return len(self._lost) > max(MISSING_LEAST, MISSING * (packets - self._sent))
