"""A clip's MP4: the camera's own pictures as they came, remuxed and never encoded again, on a time line from zero."""

from bonghwa.media.fmp4 import init_segment, picture_fragment
from bonghwa.media.h264 import CLOCK_RATE, AccessUnit, ParameterSets

_LAST_DURATION = CLOCK_RATE // 25
_LONGEST_STEP = 2 * CLOCK_RATE


class FormatChanged(Exception):
    """The camera sends another format now, which one MP4 track cannot hold."""


class Film:
    """Makes the bytes of one clip, picture by picture. Every NAL unit goes in bit for bit, also a camera's signature (SEI).

    A picture is written when the next one comes: only then is it known how long it lasts.
    """

    def __init__(self) -> None:
        self.sets: ParameterSets | None = None
        self.frames = 0
        self.first: float | None = None
        self.last: float | None = None
        self.longest_gap = 0.0
        """Seconds between the two pictures that lie furthest apart."""
        self._waiting: AccessUnit | None = None
        self._begins = 0

    @property
    def waiting(self) -> int:
        """Bytes of the picture that is not written yet."""
        return self._waiting.size if self._waiting else 0

    def add(self, unit: AccessUnit, sets: ParameterSets | None) -> bytes:
        """Take the next picture; give what can be written now. Pictures before the first IDR are left out. Raises `FormatChanged`."""
        if self.sets is None:
            if not unit.key or sets is None:
                return b""
            self.sets, self.first = sets, unit.arrived
            made = init_segment(sets)
        else:
            if unit.key and sets != self.sets:
                raise FormatChanged
            made = self._write(self._step(unit))
            self.longest_gap = max(self.longest_gap, unit.arrived - (self.last or unit.arrived))
        self._waiting, self.last = unit, unit.arrived
        return made

    def end(self) -> bytes:
        """The last picture."""
        made = self._write(_LAST_DURATION) if self._waiting else b""
        self._waiting = None
        return made

    def _step(self, following: AccessUnit) -> int:
        """How long the waiting picture lasts: by the camera's clock; by arrival where that jumps, as it does after a new connection."""
        assert self._waiting is not None
        step = following.time - self._waiting.time
        arrived = int((following.arrived - self._waiting.arrived) * CLOCK_RATE)
        return max(1, step if 0 < step <= _LONGEST_STEP and abs(step - arrived) <= _LONGEST_STEP else arrived)

    def _write(self, duration: int) -> bytes:
        assert self._waiting is not None
        self.frames += 1
        made = picture_fragment(self.frames, self._begins, duration, self._waiting)
        self._begins += duration
        return made
