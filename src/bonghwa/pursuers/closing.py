"""Containment for all pursuits of a process: one thread, and one memory for its searches, so that no tick waits for a cut."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from bonghwa.pursuit.contain import Containment, Stopped, contain
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Bytes, Roads
from bonghwa.pursuit.speeds import Mode
from bonghwa.pursuit.ways import Ways

RESPONSE_S = 90.0
"""How long a patrol takes to stand where it is sent."""


class Closing:
    """Reckons one containment after the other. Its thread, and its memory, begin with the first."""

    def __init__(self, roads: Roads) -> None:
        self._roads = roads
        self._ways: Ways | None = None
        self._thread = ThreadPoolExecutor(1, "contain")

    def ask(self, coverage: Coverage, x: float, y: float, radius: float, age: float, mode: Mode, stop: Bytes) -> Future[Containment | None]:
        """Have a subject contained, by where he was last known (metres from the origin), how exactly and how long ago.

        Only cameras of `coverage` are relied on. Setting `stop[0]` to 1 gives it up: the answer is None then.
        """
        return self._thread.submit(self._reckon, coverage, x, y, radius, age, mode, stop)

    def _reckon(self, coverage: Coverage, x: float, y: float, radius: float, age: float, mode: Mode, stop: Bytes) -> Containment | None:
        if stop[0]:
            return None
        self._ways = self._ways or Ways(self._roads)
        try:
            return contain(self._ways, coverage, x, y, radius, age, mode, response=RESPONSE_S, stop=stop)
        except Stopped:
            return None


def never() -> Bytes:
    """A mark that stops nothing until it is set."""
    return np.zeros(1, np.uint8)
