"""The gateway's own time: seconds that no wall clock moves."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Seconds since an arbitrary start, never stepped, counting also while the machine was suspended.

    CLOCK_MONOTONIC stands still in suspension, so a machine woken after an hour would hold its lease; CLOCK_BOOTTIME does not.
    """
    return time.clock_gettime(_CLOCK)
