"""The hub's time: anchored once to the wall clock, then carried by the monotonic clock, so that a stepped wall clock moves nothing."""

import time
from collections.abc import Callable

STEP_US = 5_000_000


class HubClock:
    """Microseconds since 1970 that only move forward at the monotonic clock's pace.

    When the wall clock and this one part by more than five seconds, `stepped` says so and the hub opens nothing new until they agree
    again or it is started anew.
    """

    def __init__(self, wall: Callable[[], int] | None = None, monotonic: Callable[[], int] = time.monotonic_ns) -> None:
        self._wall = wall or (lambda: time.time_ns() // 1000)
        self._monotonic = monotonic
        self._anchor = self._wall() - self._monotonic() // 1000

    def now(self) -> int:
        """The present time in microseconds."""
        return self._anchor + self._monotonic() // 1000

    def step_us(self) -> int:
        """How far the wall clock has parted from this one (microseconds, signed)."""
        return self._wall() - self.now()

    def stepped(self) -> bool:
        """Whether the wall clock jumped."""
        return abs(self.step_us()) > STEP_US
