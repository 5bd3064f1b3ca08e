"""What reads the bytes of cameras, each as a function of any bytes that must neither raise nor break its promise."""

import contextlib

from bonghwa.media.camera_sdp import read_description
from bonghwa.media.depacketise import H264Depacketiser, UnshowableStream
from bonghwa.media.depacketise_h265 import H265Depacketiser
from bonghwa.media.h264 import MalformedH264, ParameterSets, holds_b_slice, nal_units
from bonghwa.media.rtp_order import HOLD_PACKETS, HOLD_S, Reorder
from bonghwa.media.rtp_udp import Reception
from bonghwa.media.rtsp import place_of, transport_number
from bonghwa.media.rtsp_wire import Credentials, Interleaved, Response, RtspMalformed, WireReader

SPS = bytes.fromhex("6742c016da0280bfe584000003000400000300a23c58ba80")
PPS = bytes.fromhex("68ce3c80")
BASE = "rtsp://cam.local:8554/live/"


def chunks(data):
    """The bytes cut where they say themselves: each piece behind its length."""
    while data:
        size, data = data[0], data[1:]
        yield data[:size]
        data = data[size:]


def wire(data):
    """RTSP messages and interleaved packets, cut anywhere."""
    reader = WireReader()
    with contextlib.suppress(RtspMalformed):
        for piece in chunks(data):
            for item in reader.feed(piece):
                assert isinstance(item, Interleaved) or "\n" not in getattr(item, "cseq", "")


def description(data):
    """A session description."""
    try:
        offer = read_description(data, BASE)
    except UnshowableStream:
        return
    assert offer.control.startswith("rtsp://cam.local")
    offer.depacketiser()


def packets_of(data):
    """RTP packets whose payloads are any bytes: behind each length, what to do with marker, sequence and time."""
    sequence = timestamp = 0
    for piece in chunks(data):
        if piece:
            how = piece[0]
            sequence = sequence + 1 + (how >> 1 & 3) * (9_000 if how & 0x80 else 1) & 0xFFFF
            timestamp = timestamp + (how >> 3 & 7) * 900 - (9_000 if how & 0x40 else 0) & 0xFFFFFFFF
            head = bytes([0x80, 96 | (how & 1) << 7]) + sequence.to_bytes(2, "big") + timestamp.to_bytes(4, "big") + bytes(4)
            yield head + piece[1:]


def h264(data):
    """H.264 in RTP: time always goes on, until B slices say that it jumps."""
    depacketiser, last = H264Depacketiser(ParameterSets.parse(SPS, PPS), 96), -1
    for packet in packets_of(data):
        for unit in depacketiser.feed(packet):
            assert unit.nals
            assert depacketiser.reorders or unit.time > last
            last = max(last, unit.time)


def h265(data):
    """H.265 in RTP; a key picture begins with its parameter sets."""
    depacketiser = H265Depacketiser((b"\x40\x01x", b"\x42\x01x", b"\x44\x01x"), 96)
    for packet in packets_of(data):
        for unit in depacketiser.feed(packet):
            assert not unit.key or [nal[0] >> 1 & 0x3F for nal in unit.nals[:3]] == [32, 33, 34]


def rtp(data):
    """Any bytes as RTP."""
    for each in (H264Depacketiser(), H265Depacketiser()):
        for piece in chunks(data):
            each.feed(piece)


def sps(data):
    """A sequence parameter set, and a slice header."""
    holds_b_slice(b"\x41" + data)
    nal_units(data)
    try:
        sets = ParameterSets.parse(b"\x67" + data, PPS)
    except MalformedH264:
        return
    assert 0 < sets.width <= 16_384
    assert 0 < sets.height <= 16_384


def digest(data):
    """A challenge."""
    text = data.decode("utf-8", "replace")
    credentials = Credentials("name", "password")
    for challenge in (text, "Digest " + text, 'Digest nonce="n", ' + text):
        if credentials.take(Response(401, (("www-authenticate", challenge),))):
            value = credentials.header("DESCRIBE", BASE)["Authorization"]
            assert "\r" not in value
            assert "\n" not in value
            assert "password" not in value


def redirect(data):
    """Where a camera redirects to, and what it says of its transport."""
    text = data.decode("utf-8", "replace")
    transport_number(text, "server_port")
    transport_number("server_port=" + text, "server_port")
    try:
        place = place_of(BASE, text)
    except UnshowableStream:
        return
    assert place.startswith(("rtsp://cam.local", "rtsp://CAM"))
    assert "\n" not in place


def order(data):
    """RTP in any order: what comes out rises, or is a new count; what is held is bounded. Reports are whole."""
    reorder, reception, now = Reorder(), Reception(), 0.0
    sequence = 0
    for index in range(0, len(data) - 1, 2):
        sequence = sequence + int.from_bytes(data[index : index + 2], "big", signed=True) // (1 if index % 16 else 200) & 0xFFFF
        now += HOLD_S / 20
        packet = b"\x80\x60" + sequence.to_bytes(2, "big") + bytes(8) + b"x"
        reception.count(packet, now)
        given = reorder.take(packet, now) + reorder.expire(now)
        assert len(given) <= HOLD_PACKETS + 1
        assert reorder.held <= HOLD_PACKETS
    assert len(reception.report(now)) in (0, 52)


TARGETS = {each.__name__: each for each in (wire, description, h264, h265, rtp, sps, digest, redirect, order)}


SEEDS = [bytes([number]) + b"\x04\x01ABC\x05\x03DEFG" for number in range(len(TARGETS))]


def fuzz(data):
    """The first byte chooses the reader."""
    if data:
        list(TARGETS.values())[data[0] % len(TARGETS)](data[1:])
