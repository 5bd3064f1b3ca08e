"""The pre-roll (사전 녹화): the last seconds of a camera that a grant holds, in memory only, for evidence that begins earlier."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import AccessUnit, ParameterSets

MAX_RING_BYTES = 48_000_000
MAX_ALL_BYTES = 512_000_000


class Kept(NamedTuple):
    """A picture and the parameter sets it is decoded with."""

    unit: AccessUnit
    sets: ParameterSets | None


@dataclass
class PreRollSpace:
    """The bytes that all pre-rolls of a gateway hold together."""

    limit: int = MAX_ALL_BYTES
    used: int = 0


@dataclass
class _Group:
    """An IDR picture and those up to the next one."""

    pictures: list[Kept] = field(default_factory=list)
    size: int = 0


class PreRoll:
    """A ring of whole groups of pictures, the first always beginning with an IDR. `seconds` 0 keeps nothing.

    It holds at least `seconds` once it has been fed so long, except where `MAX_RING_BYTES`, or the space all rings share, is full: then
    the oldest groups go.
    """

    def __init__(self, seconds: float, space: PreRollSpace | None = None) -> None:
        self._seconds = seconds
        self._space = space or PreRollSpace()
        self._groups: deque[_Group] = deque()
        self._size = 0

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._size

    def add(self, unit: AccessUnit, sets: ParameterSets | None) -> None:
        """Take the next picture of the camera."""
        if self._seconds <= 0 or not (unit.key or self._groups):
            return
        if unit.key:
            self._groups.append(_Group())
        # What viewers are sent of a picture (its payloads, its fragment) is not kept with it: that would triple the ring.
        own = AccessUnit(unit.nals, unit.time, unit.key, unit.arrived)
        self._groups[-1].pictures.append(Kept(own, sets))
        self._grow(self._groups[-1], own.size)
        oldest_wanted = elapsed() - self._seconds
        while len(self._groups) > 1 and self._groups[1].pictures[0].unit.arrived <= oldest_wanted:
            self._drop_oldest()
        while self._groups and (self._size > MAX_RING_BYTES or self._space.used > self._space.limit):
            self._drop_oldest()

    def since(self, at: float) -> list[Kept]:
        """The pictures from the IDR at or before `at` (on the `elapsed` clock) on; from the first one kept when all are later."""
        groups = list(self._groups)
        first = max((n for n, group in enumerate(groups) if group.pictures[0].unit.arrived <= at), default=0)
        return [kept for group in groups[first:] for kept in group.pictures]

    def clear(self) -> None:
        """Forget all."""
        while self._groups:
            self._drop_oldest()

    def _grow(self, group: _Group, size: int) -> None:
        group.size += size
        self._size += size
        self._space.used += size

    def _drop_oldest(self) -> None:
        size = self._groups.popleft().size
        self._size -= size
        self._space.used -= size
