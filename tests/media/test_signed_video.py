"""Where a camera signs its video (ONVIF media signing), the SEI reaches every receiver and the clip bit for bit and in order."""

import hashlib
import itertools

import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor

from bonghwa.media.depacketise import H264Depacketiser
from tests.media.camera import TestCamera
from tests.media.clips import fetch, hold, nals_in, order, outcome
from tests.media.coding import GOP, Picture, nal_units, rtp_packets
from tests.media.receivers import streaming, watching
from tests.media.rig import running, until

pytestmark = pytest.mark.anyio

ONVIF_MEDIA_SIGNING = bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
SEI = 6


def signing_sei(number, size=3_000):
    """A user data unregistered SEI (H.264, D.1.7) as a signing camera sends it: longer than a packet, no two alike."""
    body, block = b"", number.to_bytes(4, "big")
    while len(body) < size:
        block = hashlib.sha256(block).digest()
        body += block
    payload = ONVIF_MEDIA_SIGNING + bytes(value or 1 for value in body[:size])  # no zero needs escaping
    length = b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])
    return bytes([SEI, 5]) + length + payload.replace(b"\0\0", b"\0\1") + b"\x80"


@pytest.fixture(scope="session")
def signed(clip):
    """The clip, its groups signed: a long SEI before each IDR, a short one before another picture."""
    numbers, out = itertools.count(), []
    for index, picture in enumerate(clip):
        sei = [signing_sei(next(numbers))] if index % GOP == 0 else [signing_sei(next(numbers), 90)] if index % GOP == 5 else []
        first = next(at for at, nal in enumerate(picture) if nal[0] & 0x1F in (1, 5))
        out.append(Picture(picture[:first] + sei + picture[first:]))
        out[-1].at = picture.at
    return out


def signatures(nals):
    return [nal for nal in nals if nal[0] & 0x1F == SEI and ONVIF_MEDIA_SIGNING in nal]


def follows(found, sent):
    """Whether `found` is a run of what the camera sends again and again."""
    assert len(found) >= 3
    assert found[0] in sent
    first = sent.index(found[0])
    return found == list(itertools.islice(itertools.cycle(sent), first, first + len(found)))


async def test_a_webrtc_viewer_a_stream_viewer_and_the_clip_get_the_signatures_that_were_sent(tmp_path, signed):
    camera = TestCamera(signed)
    sent = signatures(nal for picture in signed for nal in picture)
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub):
        await hold(hub)
        async with watching(gateway, hub.ticket()) as (frames, _, peer), streaming(gateway, hub.ticket()) as stream:
            got = listen(peer)
            await order(hub, "clp_1", 0, 4)
            await until(lambda: len(frames) > 3 * GOP and len(stream.segments) > 3 * GOP)
            stopped = await hub.order("clip_stop", clip="clp_1")
            await until(lambda: stopped in hub.acks)
            received, streamed = signatures(nal_units(b"".join(got))), signatures(nals_in(b"".join(stream.segments)))
            # The last one may be half received.
            received = received[:-1]
        await outcome(hub, "clp_1", 5)
        file = (await fetch(gateway, hub, "clp_1")).content
    assert follows(received, sent)
    assert follows(streamed, sent)
    assert follows(signatures(nals_in(file)), sent)


def listen(peer):
    """The NAL units of every packet a peer takes, as a byte stream, put together by aiortc's own depacketiser."""
    receiver, out = peer.getTransceivers()[0].receiver, []
    take = receiver._handle_rtp_packet  # noqa: SLF001  aiortc shows its packets no other way

    async def taken(packet, *more, **named):
        if packet.payload:
            out.append(H264PayloadDescriptor.parse(packet.payload)[1])
        return await take(packet, *more, **named)

    receiver._handle_rtp_packet = taken  # noqa: SLF001
    return out


def test_signatures_sent_as_a_unit_of_their_own_belong_to_the_picture_that_follows(signed):
    depacketiser, units, sequence = H264Depacketiser(), [], 0
    sei = signing_sei(99)
    for index, picture in enumerate(signed[:10]):
        for nals, time in (([sei], index * 4_500 - 1), (picture, index * 4_500)):
            for packet in rtp_packets(nals, sequence, time):
                units += depacketiser.feed(packet)
                sequence += 1
    assert len(units) == 10
    assert all(unit.nals[0] == sei for unit in units)


def test_signatures_of_a_picture_that_is_lost_are_not_put_before_another(signed):
    depacketiser, units, sequence = H264Depacketiser(), [], 0
    for index, picture in enumerate(signed[: GOP + 2]):
        for nals, time in (([signing_sei(1_000 + index)], index * 4_500 - 1), (picture, index * 4_500)):
            for number, packet in enumerate(rtp_packets(nals, sequence, time)):
                sequence += 1
                if not (index == 3 and nals is picture and number == 0):
                    units += depacketiser.feed(packet)
    assert [unit.nals[0] for unit in units] == [signing_sei(1_000 + index) for index in (0, 1, 2, GOP, GOP + 1)]
