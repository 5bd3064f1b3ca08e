"""One viewer's RTP stream: pictures to packets, paced, kept for a while, and sent again when the receiver asks."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence

from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import AccessUnit, ParameterSets
from bonghwa.media.webrtc import rtp
from bonghwa.media.webrtc.h264 import payloads
from bonghwa.media.webrtc.peers import Path
from bonghwa.media.webrtc.srtp import Outgoing, Seal

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
    """`path` is set when it is known, and `protect` called when the keys are; before, nothing is sent.

    What the receiver lost is sent again as a stream of its own (RFC 4588) where it offered `rtx`, a payload type for that; else the very
    same packets are. `allowed()` is asked before every burst, `sent(bytes)` is told what left.
    """

    def __init__(
        self, payload_type: int, rtx: int | None, extensions: rtp.Extensions, allowed: Callable[[], bool], sent: Callable[[int], None]
    ) -> None:
        self.path: Path | None = None
        self.ssrc = 1 + secrets.randbelow(0xFFFFFFFD)
        self.rtx_ssrc = self.ssrc + 1
        self.pace: float | None = None
        """Bits per second bursts are spread to; None sends as fast as a receiver's buffer takes."""
        self._payload_type = payload_type
        self._rtx = rtx
        self._extensions = extensions
        self._allowed = allowed
        self._sent = sent
        self._srtp: Outgoing | None = None
        self._seal: Seal | None = None
        self._seal_again: Seal | None = None
        self._index = secrets.randbelow(0x8000)
        self._rtx_index = secrets.randbelow(0x8000)
        self._timestamp = secrets.randbelow(0x7FFFFFFF)
        self._offset: int | None = None
        self._history: list[tuple[int, bytes, bytes] | None] = [None] * _HISTORY
        self._backlog: deque[tuple[bytes, int, bool]] = deque()
        self._pump: asyncio.TimerHandle | None = None
        self.packets = 0
        self._octets = 0
        self._resend_second = 0
        self._resends = 0
        self._useful_from = self._index
        self._reports: deque[tuple[int, float]] = deque(maxlen=_REPORTS)

    @property
    def protected(self) -> bool:
        """Whether the keys are known."""
        return self._srtp is not None

    def protect(self, srtp: Outgoing) -> None:
        """Send from now on, under these keys."""
        self._srtp, self._seal, self._seal_again = srtp, srtp.stream(self.ssrc), srtp.stream(self.rtx_ssrc)

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
        self._useful_from = self._index

    def resend(self, lost: Sequence[int]) -> None:
        """Send again what the receiver lost, as far as it is kept and of use; at most a thousand packets a second, or half the pace."""
        now = int(elapsed())
        if now != self._resend_second:
            self._resend_second, self._resends = now, 0
        most = _RESENDS_PER_S if self.pace is None else min(_RESENDS_PER_S, self.pace / 2 / _PACKET_BITS)
        packets = []
        extension = self._extensions.block(elapsed())
        for sequence in lost:
            kept = self._history[sequence % _HISTORY]
            useful = kept is not None and kept[0] & 0xFFFF == sequence and kept[0] >= self._useful_from
            if kept and useful and self._resends < most and self._seal:
                self._resends += 1
                packets.append(self._seal(*kept) if self._rtx is None else self._again(self._rtx, *kept, extension))
        if packets and self.path:
            self._sent(self.path.send(packets))

    def _again(self, payload_type: int, index: int, head: bytes, payload: bytes, extension: bytes) -> bytes:
        """A lost packet as one of the stream of what is sent again, with the time of this sending.

        An old time would look like a packet that waited long in a queue; and under its own index it may not have another header.
        """
        assert self._seal_again is not None
        number, marked, timestamp = self._rtx_index, head[1] > 0x7F, int.from_bytes(head[4:8], "big")
        self._rtx_index += 1
        head = rtp.header(payload_type, number & 0xFFFF, timestamp, self.rtx_ssrc, marked, extension)
        return self._seal_again(number, head, (index & 0xFFFF).to_bytes(2, "big") + payload)

    def report(self, now_us: int) -> None:
        """Send a sender report, hub time in microseconds."""
        if self._srtp is not None and self.path is not None:
            report = rtp.sender_report(self.ssrc, now_us, self._timestamp, self.packets, self._octets)
            self._reports.append((rtp.report_mark(report), elapsed()))
            self.path.send([self._srtp.report(report)])

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
        self._srtp = self._seal = self._seal_again = None

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
        seal, path = self._seal, self.path
        if seal is None or path is None:
            return
        packets = []
        index, octets, history = self._index, 0, self._history
        header = rtp.headers(self._payload_type, self.ssrc, self._extensions.block(elapsed()))
        for payload, timestamp, marker in parts:
            head = header(index & 0xFFFF, timestamp & 0xFFFFFFFF, marker)
            history[index % _HISTORY] = (index, head, payload)
            packets.append(seal(index, head, payload))
            index += 1
            octets += len(payload)
        self._index = index
        self._octets += octets
        self.packets += len(packets)
        self._sent(path.send(packets))
