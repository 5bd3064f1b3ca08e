# ruff: noqa: SLF001  aiortc has no public way to see packets, to send feedback or to vanish
"""A WebRTC viewer at the level of packets, over real sockets with aiortc's receiver."""

import asyncio
import contextlib
import itertools
import re

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rtp import RtcpPsfbPacket, RtcpRrPacket

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Sessions
from bonghwa.media.ticket import Ticket, TicketVerifier
from bonghwa.media.webrtc import viewer as viewing
from bonghwa.media.webrtc.dtls import DtlsIdentity
from bonghwa.media.webrtc.peers import Peers
from bonghwa.media.webrtc.port import UdpPort
from bonghwa.media.webrtc.ports import Candidate, bind
from bonghwa.media.webrtc.sdp import choose_codec, read_offer
from tests.media.camera import TestCamera
from tests.media.rig import until

pytestmark = pytest.mark.anyio


class LossyPort(UdpPort):
    """Loses one media packet, the fiftieth."""

    def __init__(self, sock, peers):
        super().__init__(sock, peers)
        self.lost = []
        self._count = 0

    def send(self, address, packets):
        kept = []
        for packet in packets:
            media = 128 <= packet[0] <= 191 and not 192 <= packet[1] <= 223
            self._count += media
            if media and self._count == 50 and not self.lost:
                self.lost.append(int.from_bytes(packet[2:4], "big"))
            else:
                kept.append(packet)
        return super().send(address, kept)


@contextlib.asynccontextmanager
async def joined(tmp_path, clip, port_class=UdpPort, mangle=lambda offer: offer):
    """A viewer in this process, and the aiortc peer that watches: gives (viewer, peer, packets, ended)."""
    camera = await TestCamera(clip, auth=None).start()
    udp, tcp = bind(["127.0.0.1"], 0, 0, 0)
    tcp.close()
    peers = Peers()
    port = port_class(udp, peers)
    port.open()
    lease, ended = Lease(), []
    lease.renew(elapsed(), 600)
    desk = Sessions(TicketVerifier("gw1", "b"), HubTime(), lease, 10)
    desk.on_ended = lambda session: ended.append(session.ended)
    source = Camera("cam1", Pull(Source("cam1", camera.url), lambda _: None, lambda *_: None))
    ticket = Ticket("v1", "g1", "cam1", "", 600_000_000, "j", 0, False, "b")
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    offer = read_offer(mangle(peer.localDescription.sdp).encode())
    viewer = viewing.WebRtcViewer(desk, ticket, source, peers, DtlsIdentity(), offer, choose_codec(offer, None))
    desk.add(viewer)
    viewer.start()
    receiver = peer.getReceivers()[0]
    packets = []
    take = receiver._handle_rtp_packet

    async def listen(packet, arrival_time_ms):
        packets.append(packet)
        await take(packet, arrival_time_ms=arrival_time_ms)

    receiver._handle_rtp_packet = listen
    await peer.setRemoteDescription(RTCSessionDescription(viewer.answer([Candidate("udp", *port.at)]), "answer"))
    try:
        yield viewer, peer, packets, ended
    finally:
        viewer.end("stop")
        await peer.close()
        source.stop()
        await camera.stop()
        port.close()


async def send_rtcp(peer, packet):
    await peer.getReceivers()[0].transport._send_rtp(bytes(packet))


async def test_a_lost_packet_is_sent_again_when_the_receiver_asks(tmp_path, clip):
    async with joined(tmp_path, clip, LossyPort) as (viewer, _, packets, _):
        await until(lambda: viewer._sender.path, what="the first check")
        port = viewer._sender.path._port
        await until(lambda: port.lost, what="a packet to be lost")
        [number] = port.lost
        again = viewer._codec.rtx
        assert again is not None

        def original(packet):
            """The sequence number a packet that was sent again first had (RFC 4588, 4)."""
            return int.from_bytes(packet.payload[:2], "big") if packet.payload_type == again else None

        await until(lambda: any(original(packet) == number for packet in packets), what="the lost packet")
        place = next(at for at, packet in enumerate(packets) if original(packet) == number)
        assert any(packet.sequence_number == number + 1 & 0xFFFF for packet in packets[:place])


async def test_a_wish_for_a_key_picture_replays_the_gop_with_times_that_go_on(tmp_path, clip):
    async with joined(tmp_path, clip) as (viewer, peer, packets, _):
        await until(lambda: len(packets) > 50)
        await asyncio.to_thread(until_replay_is_due, viewer)
        count = len(packets)
        await send_rtcp(peer, RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=packets[0].ssrc))
        await until(lambda: any(packet.payload[0] & 0x1F == 24 for packet in packets[count:]), what="parameter sets, then the GOP")
        await until(lambda: len(packets) > count + 60)
        by_sequence = sorted({packet.sequence_number: packet.timestamp for packet in packets}.items())
        stamps = [stamp for _, stamp in by_sequence]
        assert stamps == sorted(stamps)


def until_replay_is_due(viewer):
    while elapsed() - viewer._replayed_at < viewing.REPLAY_EVERY_S:
        pass


async def test_every_packet_asks_to_be_shown_at_once_and_fits_the_path(tmp_path, clip):
    async with joined(tmp_path, clip) as (_, _, packets, _):
        await until(lambda: len(packets) > 100)
        assert max(len(packet.payload) for packet in packets) <= 1_160
        sequences = [packet.sequence_number for packet in packets]
        assert [later - earlier & 0xFFFF for earlier, later in itertools.pairwise(sequences)] == [1] * (len(sequences) - 1)


async def test_a_viewer_that_vanishes_without_goodbye_is_let_go_by_its_lost_consent(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(viewing, "CONSENT_S", 1.0)
    monkeypatch.setattr(viewing, "HANDSHAKE_S", 0.5)
    async with joined(tmp_path, clip) as (_, peer, packets, ended):
        await until(lambda: len(packets) > 20)
        for connection in [receiver.transport.transport._connection for receiver in peer.getReceivers()]:
            connection._query_consent_task.cancel()
            for protocol in connection._protocols:
                protocol.transport.abort()
        await until(lambda: ended, 10)
        assert ended == ["lost"]


async def test_a_viewer_whose_reports_say_that_it_receives_stays_though_it_checks_no_more(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(viewing, "CONSENT_S", 1.0)
    monkeypatch.setattr(viewing, "HANDSHAKE_S", 0.5)
    async with joined(tmp_path, clip) as (viewer, peer, packets, ended):
        await until(lambda: len(packets) > 20)
        for receiver in peer.getReceivers():
            receiver.transport.transport._connection._query_consent_task.cancel()
        silent_since = elapsed()
        while elapsed() - silent_since < 3.0:
            count = len(packets)
            await send_rtcp(peer, RtcpRrPacket(ssrc=1))
            await until(lambda count=count: len(packets) > count + 10)
        assert viewer.ended is None
        assert ended == []


class Slower:
    """A way of a lower rank, as TCP is beside UDP, that takes everything and delivers nothing."""

    rank = 0

    def __init__(self):
        self.taken = []

    def send(self, packets):
        self.taken += packets
        return sum(map(len, packets))

    def close(self):
        pass


async def test_of_two_nominated_ways_the_better_holds_until_it_falls_silent(tmp_path, clip, monkeypatch):
    async with joined(tmp_path, clip) as (viewer, _, packets, _):
        await until(lambda: len(packets) > 20)
        slower = Slower()
        viewer.checked(slower, nominated=True)
        count = len(packets)
        await until(lambda: len(packets) > count + 40, what="pictures by the better way")
        assert not slower.taken
        monkeypatch.setattr(viewing, "_NOMINATION_HOLDS_S", 0.0)
        viewer.checked(slower, nominated=True)
        await until(lambda: slower.taken, what="pictures by the way that is left")


async def test_a_peer_with_another_certificate_gets_no_picture(tmp_path, clip):
    def another(offer):
        return re.sub(r"(a=fingerprint:sha-256 )..", r"\g<1>00", offer)

    async with joined(tmp_path, clip, mangle=another) as (viewer, _, packets, _):
        await until(lambda: viewer.ended, what="the refusal")
        assert viewer.ended == "lost"
        assert not viewer.served
        assert packets == []
