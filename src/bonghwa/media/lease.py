"""How long the gateway may serve without word from its hub, and what time the hub says it is."""

from bonghwa.media.clock import elapsed


class HubTime:
    """Hub time in microseconds: the last time the hub told, plus the seconds counted here since."""

    def __init__(self) -> None:
        self._told_us: int | None = None
        self._told_at = 0.0

    @property
    def known(self) -> bool:
        """Whether the hub has told its time at all."""
        return self._told_us is not None

    def tell(self, now_us: int) -> None:
        """Take the hub's `now_us`, microseconds since 1970 UTC."""
        self._told_us = now_us
        self._told_at = elapsed()

    def now_us(self) -> int:
        """The hub's time now; zero before the hub has spoken, which no lease outlives."""
        if self._told_us is None:
            return 0
        return self._told_us + int((elapsed() - self._told_at) * 1_000_000)

    def until(self, instant_us: int) -> float:
        """The moment on this machine's own clock (see `elapsed`) at which the hub's clock will show `instant_us`."""
        return elapsed() + (instant_us - self.now_us()) / 1_000_000


class Lease:
    """The one lease of this gateway. It is counted from the sending of the heartbeat that renewed it, never from the answer."""

    def __init__(self) -> None:
        self._until = float("-inf")

    @property
    def until(self) -> float:
        """When it ends, on the `elapsed` clock."""
        return self._until

    @property
    def alive(self) -> bool:
        """Whether pictures may be sent now."""
        return elapsed() < self._until

    def renew(self, sent_at: float, seconds: float) -> None:
        """Renew by a heartbeat sent at `sent_at` (on the `elapsed` clock); an answer that comes out of order shortens nothing."""
        self._until = max(self._until, sent_at + seconds)

    def end(self) -> None:
        """End it now."""
        self._until = float("-inf")
