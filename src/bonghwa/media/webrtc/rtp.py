"""RTP headers and RTCP as a sender needs them (RFC 3550, RFC 4585, RFC 5104, RFC 8285)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field

_HEADER = struct.Struct("!BBHI")
_SENDER_REPORT = struct.Struct("!BBHIQIII")
_NTP_OFFSET_US = 2_208_988_800_000_000
_MAX_RTCP_PACKETS = 32

RTP_CLOCK = 90_000


@dataclass
class Feedback:
    """What a compound RTCP packet asks of the sender."""

    lost: list[int] = field(default_factory=list)
    """Sequence numbers to send again (generic NACK)."""
    wants_key: bool = False
    goodbye: bool = False
    fraction_lost: float | None = None
    report_echo: tuple[int, float] | None = None
    """The middle of the time in the last sender report the receiver saw, and how many seconds it kept it (RFC 3550, 6.4.1)."""
    estimate: float | None = None
    """Bits per second the receiver believes its network carries (REMB, draft-alvestrand-rmcat-remb)."""


def header(payload_type: int, sequence: int, timestamp: int, ssrc: int, marker: bool, extension: bytes) -> bytes:
    """An RTP header; `extension` is a whole header extension block or empty."""
    return headers(payload_type, ssrc, extension)(sequence, timestamp, marker)


def headers(payload_type: int, ssrc: int, extension: bytes) -> Callable[[int, int, bool], bytes]:
    """`header` of many packets that differ in sequence number, timestamp and marker only."""
    first, marked = 0x90 if extension else 0x80, payload_type | 0x80
    pack, rest = _HEADER.pack, ssrc.to_bytes(4, "big") + extension
    return lambda sequence, timestamp, marker: pack(first, marked if marker else payload_type, sequence, timestamp) + rest


class Extensions:
    """The header extensions of a stream (RFC 8285), by the numbers the viewer offered them under; None for one it did not.

    Playout delay 0 asks the receiver to show every picture at once; the absolute send time lets it judge its network.
    """

    def __init__(self, playout_delay: int | None, send_time: int | None) -> None:
        self._fixed = b"" if playout_delay is None else bytes([(playout_delay << 4) | 2, 0, 0, 0])
        self._send_time = None if send_time is None else bytes([(send_time << 4) | 2])
        words = bool(self._fixed) + (send_time is not None)
        self._head = bytes([0xBE, 0xDE, 0, words]) + self._fixed if words else b""

    def block(self, now: float) -> bytes:
        """The whole header extension of packets that leave at `now`, seconds of any steady clock."""
        if self._send_time is None:
            return self._head
        return self._head + self._send_time + (int(now * 262_144) & 0xFFFFFF).to_bytes(3, "big")


def report_mark(report: bytes) -> int:
    """What a receiver will echo of this sender report."""
    return int.from_bytes(report[10:14], "big")


def sender_report(ssrc: int, now_us: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A sender report with its SDES (RFC 3550, 6.4.1): `now_us` in microseconds since 1970."""
    ntp = ((now_us + _NTP_OFFSET_US) << 32) // 1_000_000 & 0xFFFFFFFFFFFFFFFF
    report = _SENDER_REPORT.pack(0x80, 200, 6, ssrc, ntp, timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    name = b"bonghwa"
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
    chunk += b"\0" * (-len(chunk) % 4)
    return report + struct.pack("!BBH", 0x81, 202, len(chunk) // 4) + chunk


def is_rtcp(packet: bytes) -> bool:
    """Whether a packet on the multiplexed port is RTCP (RFC 5761, 4)."""
    return len(packet) >= 8 and 192 <= packet[1] <= 223


def read_feedback(data: bytes, ssrc: int) -> Feedback:
    """Read a compound packet for the stream `ssrc`; what is malformed ends the reading, never raises."""
    feedback = Feedback()
    at = 0
    for _ in range(_MAX_RTCP_PACKETS):
        if at + 8 > len(data) or data[at] >> 6 != 2:
            break
        size = 4 * (int.from_bytes(data[at + 2 : at + 4], "big") + 1)
        if at + size > len(data):
            break
        _read_packet(data[at : at + size], ssrc, feedback)
        at += size
    return feedback


def _read_packet(packet: bytes, ssrc: int, feedback: Feedback) -> None:
    count, kind = packet[0] & 0x1F, packet[1]
    if kind == 201:
        for index in range(count):
            block = packet[8 + 24 * index : 32 + 24 * index]
            if len(block) == 24 and int.from_bytes(block[:4], "big") == ssrc:
                feedback.fraction_lost = block[4] / 256
                echo, kept = struct.unpack_from("!II", block, 16)
                feedback.report_echo = (echo, kept / 65_536) if echo else None
    elif kind == 203:
        feedback.goodbye = True
    elif kind == 205 and count == 1 and len(packet) >= 12 and int.from_bytes(packet[8:12], "big") == ssrc:
        _read_nack(packet[12:], feedback)
    elif kind == 206 and len(packet) >= 12:
        media = int.from_bytes(packet[8:12], "big")
        asked = {int.from_bytes(packet[at : at + 4], "big") for at in range(12, len(packet), 8)}
        feedback.wants_key |= (count == 1 and media == ssrc) or (count == 4 and ssrc in asked)
        if count == 15 and packet[12:16] == b"REMB" and len(packet) >= 20:
            scale = int.from_bytes(packet[17:20], "big")
            feedback.estimate = float((scale & 0x3FFFF) << (scale >> 18))


def _read_nack(items: bytes, feedback: Feedback) -> None:
    for at in range(0, len(items) - 3, 4):
        first, mask = struct.unpack_from("!HH", items, at)
        feedback.lost.append(first)
        feedback.lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
