"""The pictures since the last IDR: what a viewer must be sent to see the present one at once."""

from collections.abc import Sequence

from bonghwa.media.h264 import AccessUnit, ParameterSets

MAX_BYTES = 8_000_000
MAX_UNITS = 900


class Gop:
    """The access units of one camera since its last IDR picture. A group too long to keep is forgotten until the next IDR."""

    def __init__(self) -> None:
        self.parameter_sets: ParameterSets | None = None
        self._units: list[AccessUnit] = []
        self._bytes = 0

    @property
    def units(self) -> Sequence[AccessUnit]:
        """In decoding order, the first an IDR; empty before the first IDR."""
        return self._units

    def add(self, unit: AccessUnit, parameter_sets: ParameterSets | None) -> None:
        """Take the next access unit."""
        if unit.key:
            self.parameter_sets = parameter_sets
            self._units, self._bytes = [], 0
        elif not self._units:
            return
        self._units.append(unit)
        self._bytes += unit.size
        if self._bytes > MAX_BYTES or len(self._units) > MAX_UNITS:
            self.clear()

    def clear(self) -> None:
        """Forget all pictures."""
        self._units, self._bytes = [], 0
