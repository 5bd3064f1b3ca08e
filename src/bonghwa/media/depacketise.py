"""RTP packets of a camera to access units (RFC 3550), H.264 here (RFC 6184); H.265 is in `depacketise_h265`."""

import struct
from abc import ABC, abstractmethod
from typing import Literal

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import (
    CLOCK_RATE,
    DELIMITER,
    FILLER,
    IDR,
    PPS,
    SEI,
    SLICE,
    SPS,
    AccessUnit,
    MalformedH264,
    ParameterSets,
    holds_b_slice,
)

MAX_ACCESS_UNIT = 4_000_000
Codec = Literal["h264", "hevc"]

_STAP_A, _FU_A = 24, 28
# Older than this is not late but another count: the camera began anew (RFC 3550, A.1).
MAX_MISORDER = 100
_LONGEST_STEP = 60 * CLOCK_RATE
_LONGEST_REORDER = 2 * CLOCK_RATE
_LEAST_STEP = CLOCK_RATE // 100
_MAX_CARRIED = 64
_RTP_HEADER = struct.Struct("!BBHII")


class UnshowableStream(Exception):
    """The camera sends what a browser cannot show as it is; `code` says what."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Depacketiser(ABC):
    """Collects NAL units to access units. A unit with a lost packet is dropped, and all after it until the next key picture.

    `begin` is the time of the first picture: a pull that begins anew goes on where the last one ended.
    """

    codec: Codec

    def __init__(self, payload_type: int | None = None, begin: int = 0) -> None:
        self.parameter_sets: ParameterSets | None = None
        self.lost_packets = 0
        self.reorders = False
        """Whether pictures come in another order than they are shown in, so that their times jump back and forth."""
        self._payload_type = payload_type
        self._sequence: int | None = None
        self._odd: int | None = None
        self._nals: list[bytes] = []
        self._carried: list[bytes] = []
        self._fragments: list[bytes] | None = None
        self._size = 0
        self._timestamp: int | None = None
        self._last_timestamp: int | None = None
        self._last_arrived = 0.0
        self._time = begin
        self._damaged = False
        self._await_key = True

    def feed(self, packet: bytes) -> list[AccessUnit]:
        """Take one RTP packet; give the access units it completed (two when a marker bit was lost before it).

        Malformed packets are counted as lost.
        """
        parsed = _split(packet)
        if parsed is None:
            self._lose(1)
            return []
        marker, payload_type, sequence, timestamp, payload = parsed
        if self._payload_type is not None and payload_type != self._payload_type:
            return []
        done: list[AccessUnit] = []
        if self._sequence is not None:
            gap = (sequence - self._sequence) & 0xFFFF
            if gap == 0 or gap > 0x8000:
                if gap == 0 or gap > 0x10000 - MAX_MISORDER or sequence != self._odd:
                    self._odd = (sequence + 1) & 0xFFFF
                    return []
                # Two in a row by another count: it is the camera's new one (RFC 3550, A.1).
                self._lose(1)
            elif gap > 1:
                self._lose(gap - 1)
        self._sequence = sequence
        if self._timestamp is not None and timestamp != self._timestamp:
            unsure = self._damaged
            done += self._finish()
            self._damaged = unsure
        self._timestamp = timestamp
        self._take(payload)
        if marker:
            done += self._finish()
        return done

    @abstractmethod
    def _take(self, payload: bytes) -> None:
        """Take what one packet carries."""

    @abstractmethod
    def _add(self, nal: bytes) -> None:
        """Take a whole NAL unit."""

    @abstractmethod
    def _judge(self, nals: list[bytes]) -> tuple[bool, bool]:
        """Whether these NAL units are a picture, and whether it is a key picture."""

    def _leads(self, nals: list[bytes]) -> bool:  # noqa: ARG002
        """Whether a unit without a picture belongs to the picture that follows."""
        return False

    @abstractmethod
    def _accept(self, nals: list[bytes], key: bool) -> bool:
        """A last look at a whole picture before it is given; false drops it."""

    def _lose(self, count: int) -> None:
        self.lost_packets += count
        self._damaged = True
        self._fragments = None

    def _take_aggregate(self, payload: bytes, at: int) -> None:
        while at + 2 <= len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            at += 2
            if size == 0 or at + size > len(payload):
                self._damaged = True
                return
            self._add(payload[at : at + size])
            at += size

    def _take_fragment(self, head: bytes, piece: bytes, flags: int) -> None:
        """One fragment: the header of the NAL unit it is of, and the flags of its first (0x80) and last (0x40) one."""
        if flags & 0x80:
            self._fragments = [head]
        elif self._fragments is None:
            self._damaged = True
            return
        fragments = self._fragments
        assert fragments is not None
        fragments.append(piece)
        self._size += len(piece) + 2
        if self._size > MAX_ACCESS_UNIT:
            self._lose(0)
        elif flags & 0x40:
            self._fragments = None
            self._add(b"".join(fragments))

    def _keep(self, nal: bytes) -> None:
        self._size += len(nal)
        if self._size > MAX_ACCESS_UNIT or len(self._nals) >= 1024:
            self._damaged = True
        else:
            self._nals.append(nal)

    def _finish(self) -> list[AccessUnit]:
        nals, damaged, timestamp = self._carried + self._nals, self._damaged or self._fragments is not None, self._timestamp
        self._nals, self._carried, self._fragments, self._size, self._damaged, self._timestamp = [], [], None, 0, False, None
        picture, key = self._judge(nals)
        if damaged:
            self._await_key = True
        elif not picture and len(nals) <= _MAX_CARRIED and self._leads(nals):
            self._carried = nals
        if damaged or not picture or timestamp is None or (self._await_key and not key):
            return []
        if not self._accept(nals, key):
            return []
        self._await_key = False
        arrived = elapsed()
        return [AccessUnit(nals, self._placed(timestamp, arrived), key, arrived)]

    def _placed(self, timestamp: int, arrived: float) -> int:
        """The time of a picture, which goes on evenly whatever the camera's clock does."""
        if self._last_timestamp is not None:
            step = (timestamp - self._last_timestamp) & 0xFFFFFFFF
            if self.reorders and step > _LONGEST_STEP:
                step -= 1 << 32
            if not (-_LONGEST_REORDER < step <= _LONGEST_STEP and step):
                # A clock that jumps or stands still says nothing: the picture's arrival does.
                step = min(max(round((arrived - self._last_arrived) * CLOCK_RATE), _LEAST_STEP), _LONGEST_STEP)
            self._time += step
        self._last_timestamp, self._last_arrived = timestamp, arrived
        return self._time


class H264Depacketiser(Depacketiser):
    """H.264 (RFC 6184): single NAL units, STAP-A, FU-A. Parameter sets are taken out of the pictures; `reorders` after a B slice."""

    codec = "h264"

    def __init__(self, parameter_sets: ParameterSets | None = None, payload_type: int | None = None, begin: int = 0) -> None:
        super().__init__(payload_type, begin)
        self.parameter_sets = parameter_sets
        self._sps = parameter_sets.sps if parameter_sets else b""
        self._pps = parameter_sets.pps if parameter_sets else b""

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F if payload else 0
        if 1 <= kind <= 23:
            self._add(payload)
        elif kind == _STAP_A:
            self._take_aggregate(payload, 1)
        elif kind == _FU_A and len(payload) > 2:
            self._take_fragment(bytes([(payload[0] & 0xE0) | (payload[1] & 0x1F)]), payload[2:], payload[1])
        else:
            self._damaged = True

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind == SPS:
            self._sps = nal
        elif kind == PPS:
            self._pps = nal
        elif kind not in (DELIMITER, FILLER):
            self._keep(nal)

    def _judge(self, nals: list[bytes]) -> tuple[bool, bool]:
        key = any(nal[0] & 0x1F == IDR for nal in nals)
        return key or any(nal[0] & 0x1F == SLICE for nal in nals), key

    def _leads(self, nals: list[bytes]) -> bool:
        # A signing camera may send its SEI as a unit of its own; it must not be lost.
        return all(nal[0] & 0x1F == SEI for nal in nals)

    def _accept(self, nals: list[bytes], key: bool) -> bool:
        if key and not self._renew_parameter_sets():
            return False
        if not self.reorders and any(holds_b_slice(nal) for nal in nals):
            self.reorders = True
        return True

    def _renew_parameter_sets(self) -> bool:
        known = self.parameter_sets
        if known is None or known.sps != self._sps or known.pps != self._pps:
            try:
                self.parameter_sets = ParameterSets.parse(self._sps, self._pps)
            except MalformedH264:
                return False
        return True


def _split(packet: bytes) -> tuple[bool, int, int, int, bytes] | None:
    if len(packet) < 13:
        return None
    first, second, sequence, timestamp, _ssrc = _RTP_HEADER.unpack_from(packet)
    if first >> 6 != 2:
        return None
    at = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if at + 4 > len(packet):
            return None
        at += 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big")
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    if at >= end:
        return None
    return bool(second & 0x80), second & 0x7F, sequence, timestamp, bytes(packet[at:end])
