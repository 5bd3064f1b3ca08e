"""RTP packets of one stream put in order by their sequence numbers. No I/O here; what is held is bounded."""

from bonghwa.media.depacketise import MAX_MISORDER

HOLD_S = 0.05
HOLD_PACKETS = 64
_MAX_AHEAD = 0x4000


class Reorder:
    """Gives packets by their sequence numbers. A missing one is waited for `HOLD_S` or `HOLD_PACKETS`, whichever ends first.

    The very first packets are held so long too, for the one that comes first may have overtaken the first one.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: dict[int, bytes] = {}
        self._since = 0.0
        self._odd: int | None = None

    @property
    def held(self) -> int:
        """How many packets wait for a missing one."""
        return len(self._held)

    @property
    def due(self) -> float | None:
        """When what is held must be given though something is missing; None while nothing is held."""
        return self._since + HOLD_S if self._held else None

    def take(self, packet: bytes, now: float) -> list[bytes]:
        """Take a packet; give what is in order now."""
        if len(packet) < 12:
            return []
        sequence = int.from_bytes(packet[2:4], "big")
        if self._next is None:
            self._next = (sequence - MAX_MISORDER) & 0xFFFF
        ahead = (sequence - self._next) & 0xFFFF
        if ahead > _MAX_AHEAD:
            return self._take_odd(packet, sequence, ahead)
        self._odd = None
        if ahead and not self._held:
            self._since = now
        self._held.setdefault(sequence, packet)
        out = self._in_order()
        if len(self._held) > HOLD_PACKETS:
            out += self._give_up(now)
        return out

    def expire(self, now: float) -> list[bytes]:
        """Give what was held too long, leaving out what is missing."""
        return self._give_up(now) if self._held and now - self._since >= HOLD_S else []

    def _take_odd(self, packet: bytes, sequence: int, ahead: int) -> list[bytes]:
        if ahead >= 0x10000 - MAX_MISORDER:
            return []
        if sequence != self._odd:
            self._odd = (sequence + 1) & 0xFFFF
            return []
        # Two in a row by another count: it is the camera's new one.
        self._held.clear()
        self._odd, self._next = None, (sequence + 1) & 0xFFFF
        return [packet]

    def _in_order(self) -> list[bytes]:
        out = []
        assert self._next is not None
        while self._next in self._held:
            out.append(self._held.pop(self._next))
            self._next = (self._next + 1) & 0xFFFF
        return out

    def _give_up(self, now: float) -> list[bytes]:
        """Go on behind the first gap."""
        assert self._next is not None
        start = self._next
        self._next = min(self._held, key=lambda sequence: (sequence - start) & 0xFFFF)
        self._since = now
        return self._in_order()
