"""One viewer's RTP stream: pictures to packets, paced, kept for a while, and sent again when the receiver asks."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence

from pylibsrtp import Session as SrtpSession

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import AccessUnit, ParameterSets
from bonghwa.media.webrtc import rtp
from bonghwa.media.webrtc.h264 import payloads
from bonghwa.media.webrtc.peers import Path

_SQUEEZED_STEP = rtp.RTP_CLOCK // 1_000
_HISTORY = 1_024
_RESENDS_PER_S = 1_000
_REPORTS = 8
_MAX_BACKLOG = 8_192
_PACKET_BITS = 8 * 1_200
# A replayed GOP is some hundred packets: at 200 Mbit/s, so that the socket buffer of a receiver that is busy holds them.
_BURST, _BURST_EVERY_S = 64, 0.003
_SMALL_BURST = 8


class Sender:
    """`srtp` and `path` are set when they are known; before, nothing is sent.

    `allowed()` is asked before every burst, `sent(bytes)` is told what left.
    """

    def __init__(self, payload_type: int, extensions: rtp.Extensions, allowed: Callable[[], bool], sent: Callable[[int], None]) -> None:
        self.srtp: SrtpSession | None = None
        self.path: Path | None = None
        self.ssrc = 1 + secrets.randbelow(0xFFFFFFFE)
        self.pace: float | None = None
        """Bits per second bursts are spread to; None sends as fast as a receiver's buffer takes."""
        self._payload_type = payload_type
        self._extensions = extensions
        self._allowed = allowed
        self._sent = sent
        self._sequence = secrets.randbelow(0x8000)
        self._timestamp = secrets.randbelow(0x7FFFFFFF)
        self._offset: int | None = None
        self._history: list[tuple[int, bytes, bytes] | None] = [None] * _HISTORY
        self._backlog: deque[tuple[bytes, int, bool]] = deque()
        self._pump: asyncio.TimerHandle | None = None
        self.packets = 0
        self._octets = 0
        self._resend_second = 0
        self._resends = 0
        self._useful_from = self._sequence
        self._reports: deque[tuple[int, float]] = deque(maxlen=_REPORTS)

    @property
    def anchored(self) -> bool:
        """Whether a key picture has been sent that the next picture can follow."""
        return self._offset is not None

    def replay(self, units: Sequence[AccessUnit], sets: ParameterSets | None) -> None:
        """Send these pictures, the first a key picture, 1 ms apart, so the receiver decodes up to the last one and shows that."""
        self.lift()
        for unit in units:
            self._timestamp += _SQUEEZED_STEP
            self._queue(unit, sets, self._timestamp)
        self._offset = self._timestamp - units[-1].time
        self._flush()

    def picture(self, unit: AccessUnit, sets: ParameterSets | None) -> None:
        """Send the next picture."""
        if self._offset is not None:
            self._queue(unit, sets, unit.time + self._offset)
            self._flush()

    def lift(self) -> None:
        """What comes next does not follow what was sent: a key picture must come first, and what was sent is not worth sending again."""
        self._backlog.clear()
        self._offset = None
        self._useful_from = self._sequence

    def resend(self, lost: Sequence[int]) -> None:
        """Send again what the receiver lost, as far as it is kept and of use; at most a thousand packets a second, or half the pace."""
        now = int(elapsed())
        if now != self._resend_second:
            self._resend_second, self._resends = now, 0
        most = _RESENDS_PER_S if self.pace is None else min(_RESENDS_PER_S, self.pace / 2 / _PACKET_BITS)
        packets = []
        # With the time of this sending: an old one would look like a packet that waited long in a queue.
        extension = self._extensions.block(elapsed())
        for sequence in lost:
            kept = self._history[sequence % _HISTORY]
            useful = (sequence - self._useful_from) & 0xFFFF < 0x8000
            if kept and kept[0] == sequence and useful and self._resends < most and self.srtp:
                self._resends += 1
                packets.append(self.srtp.protect(kept[1][: rtp.HEADER_SIZE] + extension + kept[2]))
        if packets and self.path:
            self._sent(self.path.send(packets))

    def report(self, now_us: int) -> None:
        """Send a sender report, hub time in microseconds."""
        if self.srtp is not None and self.path is not None:
            report = rtp.sender_report(self.ssrc, now_us, self._timestamp, self.packets, self._octets)
            self._reports.append((rtp.report_mark(report), elapsed()))
            self.path.send([self.srtp.protect_rtcp(report)])

    def round_trip(self, echo: tuple[int, float]) -> float | None:
        """Seconds there and back by a receiver's echo of a report of ours; None for one that is not known any more."""
        sent = dict(self._reports).get(echo[0])
        return None if sent is None else max(0.0, elapsed() - sent - echo[1])

    def stop(self) -> None:
        """Send nothing more and forget everything."""
        if self._pump:
            self._pump.cancel()
        self._backlog.clear()
        self._history = []
        self.srtp = None

    def _queue(self, unit: AccessUnit, sets: ParameterSets | None, timestamp: int) -> None:
        self._timestamp = timestamp
        parts = payloads(unit, sets)
        last = len(parts) - 1
        self._backlog.extend((part, timestamp, index == last) for index, part in enumerate(parts))
        if len(self._backlog) > _MAX_BACKLOG:
            # It cannot keep up: wait for a key picture rather than lag.
            self.lift()

    def _flush(self) -> None:
        if self._pump is None and self._backlog and self._allowed():
            self._send_burst()

    def _send_burst(self) -> None:
        self._pump = None
        if not self._allowed():
            return
        most = _BURST if self.pace is None else _SMALL_BURST
        count = min(len(self._backlog), most)
        self._send_media([self._backlog.popleft() for _ in range(count)])
        if self._backlog:
            wait = _BURST_EVERY_S if self.pace is None else count * _PACKET_BITS / self.pace
            self._pump = asyncio.get_running_loop().call_later(wait, self._send_burst)

    def _send_media(self, parts: list[tuple[bytes, int, bool]]) -> None:
        srtp, path = self.srtp, self.path
        if srtp is None or path is None:
            return
        packets = []
        sequence, octets = self._sequence, 0
        number, ssrc, history, extension = self._payload_type, self.ssrc, self._history, self._extensions.block(elapsed())
        for payload, timestamp, marker in parts:
            head = rtp.header(number, sequence, timestamp & 0xFFFFFFFF, ssrc, marker, extension)
            history[sequence % _HISTORY] = (sequence, head, payload)
            packets.append(srtp.protect(head + payload))
            sequence = (sequence + 1) & 0xFFFF
            octets += len(payload)
        self._sequence = sequence
        self._octets += octets
        self.packets += len(packets)
        self._sent(path.send(packets))
