"""One WebRTC viewer: connected, shown the present picture at once, sent every further one, resent what it lost, cut when told."""

import asyncio
import secrets
from collections import deque

import structlog
from pylibsrtp import Session as SrtpSession

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.sessions import Session, Sessions
from bonghwa.media.ticket import Ticket
from bonghwa.media.webrtc import ice, rtp
from bonghwa.media.webrtc.dtls import HANDSHAKE_S, DtlsFailed, DtlsIdentity, DtlsServer
from bonghwa.media.webrtc.h264 import payloads
from bonghwa.media.webrtc.port import Address, UdpPort
from bonghwa.media.webrtc.sdp import Answer, Codec, Offer
from bonghwa.media.webrtc.srtp import SrtpRefused, open_rtcp

# RFC 7675 allows 30 s; browsers check every 2.5 s and aiortc every 5 s, so a silence of 15 s is a viewer that is gone.
CONSENT_S = 15.0
REPLAY_EVERY_S = 0.5
_REPORT_EVERY_S = 1.0
_SQUEEZED_STEP = rtp.RTP_CLOCK // 1_000
_HISTORY = 1_024
_RESENDS_PER_S = 1_000
# A replayed GOP is some hundred packets: sent in bursts that a receiver's socket buffer holds.
_BURST, _BURST_EVERY_S = 128, 0.002
_MAX_BACKLOG = 8_192

_log = structlog.get_logger(__name__)


class WebRtcViewer(Session):
    """A session over WebRTC. `start` waits for the viewer's first check; all else follows from what arrives."""

    transport = "webrtc"

    def __init__(
        self, desk: Sessions, ticket: Ticket, camera: Camera, port: UdpPort, identity: DtlsIdentity, offer: Offer, codec: Codec
    ) -> None:
        super().__init__(desk, ticket, camera)
        self.ufrag, self.password = ice.credentials()
        self.token_hash = b""
        self._port = port
        self._identity = identity
        self._offer = offer
        self._codec = codec
        self._dtls = DtlsServer(identity, offer.fingerprints)
        self._address: Address | None = None
        self._heard = elapsed()
        self._timer: asyncio.TimerHandle | None = None
        self._retransmission: asyncio.TimerHandle | None = None
        self._srtp: SrtpSession | None = None
        self._srtcp: SrtpSession | None = None
        self._extension = rtp.playout_delay_extension(offer.playout_delay_id)
        self._ssrc = 1 + secrets.randbelow(0xFFFFFFFE)
        self._sequence = secrets.randbelow(0x8000)
        self._timestamp = secrets.randbelow(0x7FFFFFFF)
        self._offset: int | None = None
        self._history: list[tuple[int, bytes, bytes] | None] = [None] * _HISTORY
        self._backlog: deque[tuple[bytes, int, bool]] = deque()
        self._pump: asyncio.TimerHandle | None = None
        self._replayed_at = float("-inf")
        self._reported_at = float("-inf")
        self._packets = 0
        self._octets = 0
        self._resend_second = 0
        self._resends = 0

    def answer(self, candidates: list[tuple[str, int]]) -> str:
        """The SDP answer, with where we can be reached."""
        return Answer(self._offer, self._codec, self.ufrag, self.password, self._identity.fingerprint, candidates, self._ssrc).text()

    def start(self) -> None:
        """Wait for the viewer; one that does not finish the handshake in time is let go."""
        self._port.expect(self)
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_S, self._judge_consent)

    # What arrives

    def checked(self, address: Address, nominated: bool) -> None:
        """A connectivity check: consent to send, and the way to send on."""
        self._heard = elapsed()
        if nominated or self._address is None:
            self._address = address

    def dtls(self, datagram: bytes) -> None:
        """A DTLS datagram: the handshake, or the peer's goodbye."""
        if self.ended is not None:
            return
        try:
            self._send_plain(self._dtls.take(datagram))
        except DtlsFailed as error:
            self.end("lost")
            _log.info("dtls_failed", reason=str(error))
            return
        if self._dtls.closed:
            self.end("viewer")
        elif self._dtls.keys and self._srtp is None:
            self._srtp = self._dtls.keys.sender()
            self._srtcp = self._dtls.keys.receiver()
            if self.may_send():
                self.begin()
                self._replay()
        self._arm_retransmission()

    def rtcp(self, packet: bytes) -> None:
        """Feedback of the receiver: losses, a wish for a key picture, a goodbye."""
        if self._srtcp is None or self.ended is not None or not rtp.is_rtcp(packet):
            return
        try:
            feedback = rtp.read_feedback(open_rtcp(self._srtcp, packet), self._ssrc)
        except SrtpRefused:
            return
        if feedback.goodbye:
            self.end("viewer")
        elif self.may_send():
            if feedback.lost:
                self._resend(feedback.lost)
            if feedback.wants_key:
                self.camera.want_key()
                self._replay()

    # What goes out

    def _deliver(self, unit: AccessUnit) -> None:
        if self._offset is None:
            if unit.key:
                self._replay()
            return
        timestamp = unit.time + self._offset
        self._queue(unit, timestamp)
        self._flush()
        self._report(timestamp)

    def _replay(self) -> None:
        """Send the GOP anew, its pictures 1 ms apart, so the receiver decodes up to the present one and shows that."""
        units = self.camera.present
        if not units or elapsed() - self._replayed_at < REPLAY_EVERY_S:
            return
        self._replayed_at = elapsed()
        self._backlog.clear()
        for unit in units:
            self._timestamp += _SQUEEZED_STEP
            self._queue(unit, self._timestamp)
        self._offset = self._timestamp - units[-1].time
        self._flush()

    def _queue(self, unit: AccessUnit, timestamp: int) -> None:
        self._timestamp = timestamp
        parts = payloads(unit, self.camera.gop.parameter_sets)
        last = len(parts) - 1
        self._backlog.extend((part, timestamp, index == last) for index, part in enumerate(parts))
        if len(self._backlog) > _MAX_BACKLOG:
            # It cannot keep up: wait for a key picture rather than lag.
            self._backlog.clear()
            self._offset = None

    def _flush(self) -> None:
        if self._pump is None and self._backlog and self.may_send():
            self._send_burst()

    def _send_burst(self) -> None:
        self._pump = None
        if not self.may_send():
            return
        count = min(len(self._backlog), _BURST)
        self._send_media([self._backlog.popleft() for _ in range(count)])
        if self._backlog:
            self._pump = asyncio.get_running_loop().call_later(_BURST_EVERY_S, self._send_burst)

    def _send_media(self, parts: list[tuple[bytes, int, bool]]) -> None:
        srtp, address = self._srtp, self._address
        if srtp is None or address is None:
            return
        packets = []
        sequence = self._sequence
        number, ssrc, extension, history = self._codec.payload_type, self._ssrc, self._extension, self._history
        for payload, timestamp, marker in parts:
            head = rtp.header(number, sequence, timestamp & 0xFFFFFFFF, ssrc, marker, extension)
            history[sequence % _HISTORY] = (sequence, head, payload)
            packets.append(srtp.protect(head + payload))
            sequence = (sequence + 1) & 0xFFFF
            self._octets += len(payload)
        self._sequence = sequence
        self._packets += len(packets)
        self.bytes += self._port.send(address, packets)

    def _resend(self, lost: list[int]) -> None:
        now = int(elapsed())
        if now != self._resend_second:
            self._resend_second, self._resends = now, 0
        packets = []
        for sequence in lost:
            kept = self._history[sequence % _HISTORY]
            if kept and kept[0] == sequence and self._resends < _RESENDS_PER_S and self._srtp:
                self._resends += 1
                packets.append(self._srtp.protect(kept[1] + kept[2]))
        if packets and self._address:
            self.bytes += self._port.send(self._address, packets)

    def _report(self, timestamp: int) -> None:
        now = elapsed()
        if now - self._reported_at < _REPORT_EVERY_S or self._srtp is None or self._address is None:
            return
        self._reported_at = now
        report = rtp.sender_report(self._ssrc, self._desk.time.now_us(), timestamp, self._packets, self._octets)
        self._port.send(self._address, [self._srtp.protect_rtcp(report)])

    def _send_plain(self, datagrams: list[bytes]) -> None:
        if self._address is not None:
            for datagram in datagrams:
                self._port.send(self._address, [datagram])

    # Time

    def _arm_retransmission(self) -> None:
        if self._retransmission:
            self._retransmission.cancel()
            self._retransmission = None
        wait = self._dtls.timeout()
        if wait is not None and self.ended is None:
            self._retransmission = asyncio.get_running_loop().call_later(max(wait, 0.05), self._retransmit)

    def _retransmit(self) -> None:
        self._retransmission = None
        try:
            self._send_plain(self._dtls.retransmit())
        except DtlsFailed:
            self.end("lost")
            return
        self._arm_retransmission()

    def _judge_consent(self) -> None:
        """RFC 7675: without consent nothing may be sent; a viewer that vanished without goodbye ends here."""
        silent = elapsed() - self._heard
        if self._srtp is None or silent >= CONSENT_S:
            self.end("lost")
        else:
            self._timer = asyncio.get_running_loop().call_later(max(0.1, CONSENT_S - silent), self._judge_consent)

    def _stop(self) -> None:
        self._backlog.clear()
        for timer in (self._timer, self._retransmission, self._pump):
            if timer:
                timer.cancel()
        self._send_plain(self._dtls.close())
        self._port.forget(self)
        self._srtp = self._srtcp = None
        self._history = []
        self.gone.set()
