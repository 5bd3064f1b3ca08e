"""RTP payloads of H.264 (RFC 6184, packetization mode 1) and the headers of one session."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

PAYLOAD_TYPE = 96
LARGEST_PAYLOAD = 1400
_FU_A = 28
_NTP_EPOCH = 2_208_988_800


@dataclass(frozen=True)
class Payload:
    """What follows one RTP header; `marker` is set on the last of a picture."""

    data: bytes
    marker: bool


def payloads(nals: Sequence[bytes]) -> tuple[Payload, ...]:
    """Single-NAL packets, and FU-A fragments for what is too large; cut once for all sessions of a camera."""
    pieces: list[bytes] = []
    for nal in nals:
        if len(nal) <= LARGEST_PAYLOAD:
            pieces.append(nal)
            continue
        indicator, kind = (nal[0] & 0xE0) | _FU_A, nal[0] & 0x1F
        body, size = nal[1:], LARGEST_PAYLOAD - 2
        for start in range(0, len(body), size):
            edge = (0x80 if start == 0 else 0) | (0x40 if start + size >= len(body) else 0)
            pieces.append(bytes((indicator, edge | kind)) + body[start : start + size])
    return tuple(Payload(piece, number == len(pieces) - 1) for number, piece in enumerate(pieces))


class Stream:
    """Sequence numbers and reports of one session's stream (RFC 3550)."""

    def __init__(self, ssrc: int, sequence: int) -> None:
        self.ssrc, self.sequence = ssrc & 0xFFFFFFFF, sequence & 0xFFFF
        self._packets = self._octets = 0

    def interleaved(self, channel: int, parts: Sequence[Payload], rtp_time: int) -> bytes:
        """The packets of one picture, framed for RTSP's TCP connection (RFC 2326, 10.12)."""
        out = bytearray()
        for part in parts:
            header = struct.pack(">BBHII", 0x80, PAYLOAD_TYPE | (0x80 if part.marker else 0), self.sequence, rtp_time, self.ssrc)
            out += struct.pack(">BBH", 0x24, channel, 12 + len(part.data)) + header + part.data
            self.sequence = (self.sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(part.data)
        return bytes(out)

    def report(self, channel: int, unix: float, rtp_time: int) -> bytes:
        """A sender report that ties the RTP clock to wall time, framed for RTSP's TCP connection."""
        seconds = unix + _NTP_EPOCH
        whole = int(seconds)
        fraction = int((seconds - whole) * (1 << 32)) & 0xFFFFFFFF
        packet = struct.pack(
            ">BBHIIIIII",
            0x80,
            200,
            6,
            self.ssrc,
            whole & 0xFFFFFFFF,
            fraction,
            rtp_time,
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return struct.pack(">BBH", 0x24, channel, len(packet)) + packet
