"""RTP packets of an H.264 camera to access units (RFC 3550, RFC 6184: single NAL unit, STAP-A, FU-A)."""

import struct

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import DELIMITER, FILLER, IDR, PPS, SEI, SPS, AccessUnit, MalformedH264, ParameterSets, holds_b_slice

MAX_ACCESS_UNIT = 4_000_000
_STAP_A, _FU_A = 24, 28
_MAX_CARRIED = 64
_RTP_HEADER = struct.Struct("!BBHII")


class UnshowableStream(Exception):
    """The camera sends what a browser cannot show as it is; `code` says what."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class H264Depacketiser:
    """Collects NAL units to access units. A unit with a lost packet is dropped, and all after it until the next IDR picture."""

    def __init__(self, parameter_sets: ParameterSets | None = None, payload_type: int | None = None) -> None:
        self.parameter_sets = parameter_sets
        self.lost_packets = 0
        self._payload_type = payload_type
        self._sps = parameter_sets.sps if parameter_sets else b""
        self._pps = parameter_sets.pps if parameter_sets else b""
        self._sequence: int | None = None
        self._nals: list[bytes] = []
        self._carried: list[bytes] = []
        self._fragments: list[bytes] | None = None
        self._size = 0
        self._timestamp: int | None = None
        self._last_timestamp: int | None = None
        self._time = 0
        self._damaged = False
        self._await_key = True

    def feed(self, packet: bytes) -> list[AccessUnit]:
        """Take one RTP packet; give the access units it completed (two when a marker bit was lost before it).

        Malformed packets are counted as lost. Raises `UnshowableStream` at a B slice.
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
                return []
            if gap > 1:
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

    def _lose(self, count: int) -> None:
        self.lost_packets += count
        self._damaged = True
        self._fragments = None

    def _take(self, payload: bytes) -> None:
        kind = payload[0] & 0x1F if payload else 0
        if 1 <= kind <= 23:
            self._add(payload)
        elif kind == _STAP_A:
            self._take_aggregate(payload)
        elif kind == _FU_A and len(payload) > 2:
            self._take_fragment(payload)
        else:
            self._damaged = True

    def _take_aggregate(self, payload: bytes) -> None:
        at = 1
        while at + 2 <= len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            at += 2
            if size == 0 or at + size > len(payload):
                self._damaged = True
                return
            self._add(payload[at : at + size])
            at += size

    def _take_fragment(self, payload: bytes) -> None:
        if payload[1] & 0x80:
            self._fragments = [bytes([(payload[0] & 0xE0) | (payload[1] & 0x1F)])]
        elif self._fragments is None:
            self._damaged = True
            return
        fragments = self._fragments
        assert fragments is not None
        fragments.append(payload[2:])
        self._size += len(payload)
        if self._size > MAX_ACCESS_UNIT:
            self._lose(0)
        elif payload[1] & 0x40:
            self._fragments = None
            self._add(b"".join(fragments))

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if kind == SPS:
            self._sps = nal
        elif kind == PPS:
            self._pps = nal
        elif kind not in (DELIMITER, FILLER):
            self._size += len(nal)
            if self._size > MAX_ACCESS_UNIT or len(self._nals) >= 1024:
                self._damaged = True
            else:
                self._nals.append(nal)

    def _finish(self) -> list[AccessUnit]:
        nals, damaged, timestamp = self._carried + self._nals, self._damaged or self._fragments is not None, self._timestamp
        self._nals, self._carried, self._fragments, self._size, self._damaged, self._timestamp = [], [], None, 0, False, None
        key = any(nal[0] & 0x1F == IDR for nal in nals)
        picture = key or any(nal[0] & 0x1F == 1 for nal in nals)
        if damaged:
            self._await_key = True
        elif not picture and len(nals) <= _MAX_CARRIED and all(nal[0] & 0x1F == SEI for nal in nals):
            # A signing camera may send its SEI as a unit of its own: it belongs to the picture that follows and must not be lost.
            self._carried = nals
        if damaged or not picture or timestamp is None or (self._await_key and not key):
            return []
        if key and not self._renew_parameter_sets():
            return []
        if any(holds_b_slice(nal) for nal in nals):
            raise UnshowableStream("b_frames", "the camera sends B frames; set its profile to baseline or its B frames to 0")
        self._await_key = False
        return [AccessUnit(nals, self._unwrapped(timestamp), key, elapsed())]

    def _renew_parameter_sets(self) -> bool:
        known = self.parameter_sets
        if known is None or known.sps != self._sps or known.pps != self._pps:
            try:
                self.parameter_sets = ParameterSets.parse(self._sps, self._pps)
            except MalformedH264:
                return False
        return True

    def _unwrapped(self, timestamp: int) -> int:
        if self._last_timestamp is not None:
            step = (timestamp - self._last_timestamp) & 0xFFFFFFFF
            # A camera that restarts its clock jumps anywhere: such a jump counts as one 25th of a second.
            self._time += step if step < 60 * 90_000 else 3_600
        self._last_timestamp = timestamp
        return self._time


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
