"""One WebRTC viewer: connected, shown the present picture at once, sent every further one its network carries, cut when told."""

import asyncio

import structlog
from pylibsrtp import Session as SrtpSession

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.congestion import Congestion, Missing, Thinning
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.sessions import Session, Sessions
from bonghwa.media.ticket import Ticket
from bonghwa.media.webrtc import ice, rtp
from bonghwa.media.webrtc.dtls import HANDSHAKE_S, DtlsFailed, DtlsIdentity, DtlsServer
from bonghwa.media.webrtc.peers import Path, Peers
from bonghwa.media.webrtc.ports import Candidate
from bonghwa.media.webrtc.sdp import Answer, Codec, Offer
from bonghwa.media.webrtc.sender import Sender
from bonghwa.media.webrtc.srtp import SrtpRefused, open_rtcp

# RFC 7675 allows 30 s; browsers check every 2.5 s and aiortc every 5 s, so a silence of 15 s is a viewer that is gone. An authentic
# report counts as well: GStreamer checks nothing once it is connected, and its reports say that it receives.
CONSENT_S = 15.0
_NOMINATION_HOLDS_S = 3.0
REPLAY_EVERY_S = 0.5
_REPORT_EVERY_S = 1.0
# A viewer this near is on the city's own network; a farther one is not sent a whole group of pictures in one burst.
_NEAR_S = 0.015
_FAR_PACE = 25_000_000.0
_PACE_OVER_RATE = 1.5

_log = structlog.get_logger(__name__)


class WebRtcViewer(Session):
    """A session over WebRTC. `start` waits for the viewer's first check; all else follows from what arrives."""

    transport = "webrtc"

    def __init__(
        self, desk: Sessions, ticket: Ticket, camera: Camera, peers: Peers, identity: DtlsIdentity, offer: Offer, codec: Codec
    ) -> None:
        super().__init__(desk, ticket, camera)
        self.ufrag, self.password = ice.credentials()
        self.token_hash = b""
        self._peers = peers
        self._identity = identity
        self._offer = offer
        self._codec = codec
        self._dtls = DtlsServer(identity, offer.fingerprints)
        self._heard = elapsed()
        self._nominated_at = float("-inf")
        self._flight_at: float | None = None
        self._round_trip = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._retransmission: asyncio.TimerHandle | None = None
        self._srtcp: SrtpSession | None = None
        extensions = rtp.Extensions(offer.playout_delay_id, offer.send_time_id)
        self._sender = Sender(codec.payload_type, codec.rtx, extensions, self.may_send, self._sent)
        self._congestion = Congestion(camera.small is not None)
        self._thinning = Thinning()
        self._replayed_at = float("-inf")
        self._reported_at = float("-inf")
        self._missing = Missing()

    def answer(self, candidates: list[Candidate]) -> str:
        """The SDP answer, with where we can be reached."""
        fingerprint = self._identity.fingerprint
        sender = self._sender
        return Answer(self._offer, self._codec, self.ufrag, self.password, fingerprint, candidates, sender.ssrc, sender.rtx_ssrc).text()

    def start(self) -> None:
        """Wait for the viewer; one that does not finish the handshake in time is let go."""
        self._peers.expect(self)
        self._timer = asyncio.get_running_loop().call_later(HANDSHAKE_S, self._judge_consent)

    # What arrives

    def checked(self, path: Path, nominated: bool) -> None:
        """A connectivity check: consent to send, and the way to send on.

        A viewer may nominate every way it has (RFC 5245, 8.1.1.2): the best holds, until it is heard of no more while another is.
        """
        self._heard = now = elapsed()
        known = self._sender.path
        if known is None or (nominated and (path.rank >= known.rank or now - self._nominated_at > _NOMINATION_HOLDS_S)):
            self._sender.path = path
        if nominated and path is self._sender.path:
            self._nominated_at = now

    def cut_off(self, path: Path) -> None:
        """A path is no more; without another one the consent expires."""
        if self._sender.path is path:
            self._sender.path = None

    def dtls(self, datagram: bytes) -> None:
        """A DTLS datagram: the handshake, or the peer's goodbye."""
        if self.ended is not None:
            return
        if self._flight_at is not None:
            self._round_trip, self._flight_at = elapsed() - self._flight_at, None
        try:
            answers = self._dtls.take(datagram)
        except DtlsFailed as error:
            self.end("lost")
            _log.info("dtls_failed", reason=str(error))
            return
        if answers:
            self._flight_at = elapsed()
        self._send_plain(answers)
        if self._dtls.closed:
            self.end("viewer")
        elif self._dtls.keys and not self._sender.protected:
            self._connected()
        self._arm_retransmission()

    def _connected(self) -> None:
        assert self._dtls.keys is not None
        self._sender.protect(self._dtls.keys.sender())
        self._srtcp = self._dtls.keys.receiver()
        self._sender.pace = None if self._round_trip < _NEAR_S else _FAR_PACE
        if self.may_send():
            self.begin()
            self._replay()

    def rtcp(self, packet: bytes) -> None:
        """Feedback of the receiver: losses, what its network carries, a wish for a key picture, a goodbye."""
        if self._srtcp is None or self.ended is not None or not rtp.is_rtcp(packet):
            return
        try:
            feedback = rtp.read_feedback(open_rtcp(self._srtcp, packet), self._sender.ssrc)
        except SrtpRefused:
            return
        self._heard = elapsed()
        if feedback.goodbye:
            self.end("viewer")
        elif self.may_send():
            if feedback.lost:
                self._sender.resend(feedback.lost)
            self._weigh(feedback)
            if feedback.wants_key:
                self.feed.wants_key()
                self._replay()

    # What goes out

    def _deliver(self, unit: AccessUnit) -> None:
        now, bits = elapsed(), 8 * unit.size
        self._congestion.offer(now, bits)
        if self._congestion.mode == "fewer" and not self._thinning.takes(now, bits, unit.key, self._congestion.rate):
            return
        if self._sender.anchored:
            self._sender.picture(unit, self.feed.gop.parameter_sets)
        elif unit.key:
            self._replay()
        if now - self._reported_at >= _REPORT_EVERY_S:
            self._reported_at = now
            self._sender.report(self._desk.time.now_us())

    def _weigh(self, feedback: rtp.Feedback) -> None:
        """Send less where the network carries less, and more again when it does."""
        congestion, now = self._congestion, elapsed()
        before = congestion.mode
        if self._missing.counts(now, feedback.lost, self._sender.packets):
            congestion.overwhelmed(now)
        round_trip = self._sender.round_trip(feedback.report_echo) if feedback.report_echo else None
        congestion.heard(now, feedback.estimate, feedback.fraction_lost, round_trip)
        mode = congestion.mode
        if mode != "full":
            self._sender.pace = _PACE_OVER_RATE * congestion.rate
        if mode == before:
            return
        _log.info("network", mode=mode, rate=round(congestion.rate))
        self._desk.reduced(before, mode)
        if mode == "full":
            self._sender.pace = _FAR_PACE
        self._thinning = Thinning()
        self.show(small=mode != "full")
        if mode == "fewer":
            # What is on its way is too much; begin anew with a key picture alone.
            self._moved()

    def _moved(self) -> None:
        # Nothing of the feed it has left goes out any more, nor again: it may have shown what is masked now.
        self._sender.lift()
        self._replayed_at = float("-inf")
        self._replay()

    def _replay(self) -> None:
        """Send the GOP anew, so the receiver shows the present picture at once. A narrow network gets its key picture alone."""
        units = self.feed.present
        if not units or elapsed() - self._replayed_at < REPLAY_EVERY_S:
            return
        self._replayed_at = elapsed()
        if self._congestion.mode == "fewer":
            self._thinning.owe(8 * units[0].size, whole=len(units) == 1)
            units = units[:1]
        self._sender.replay(units, self.feed.gop.parameter_sets)

    def _sent(self, count: int) -> None:
        self.bytes += count

    def _send_plain(self, datagrams: list[bytes]) -> None:
        if self._sender.path is not None:
            for datagram in datagrams:
                self._sender.path.send([datagram])

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
        if not self._sender.protected or silent >= CONSENT_S:
            self.end("lost")
        else:
            self._timer = asyncio.get_running_loop().call_later(max(0.1, CONSENT_S - silent), self._judge_consent)

    def _stop(self) -> None:
        for timer in (self._timer, self._retransmission):
            if timer:
                timer.cancel()
        self._sender.stop()
        self._send_plain(self._dtls.close())
        self._peers.forget(self)
        self._srtcp = None
        if self._congestion.mode != "full":
            self._desk.reduced(self._congestion.mode, "full")
        self.gone.set()
