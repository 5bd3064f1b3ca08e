"""What comes from cameras and viewers is hostile: any bytes may come, none may crash, hang or grow us."""

import contextlib
import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.media.camera_sdp import read_description
from bonghwa.media.depacketise import MAX_ACCESS_UNIT, H264Depacketiser, UnshowableStream
from bonghwa.media.h264 import AccessUnit, MalformedH264, ParameterSets, holds_b_slice
from bonghwa.media.rtsp_wire import MAX_BODY, MAX_HEAD, Credentials, Interleaved, Response, RtspMalformed, WireReader
from bonghwa.media.webrtc import ice, rtp
from bonghwa.media.webrtc.dtls import DtlsFailed, DtlsIdentity, DtlsServer
from bonghwa.media.webrtc.h264 import MAX_PAYLOAD, payloads
from bonghwa.media.webrtc.sdp import OfferRefused, choose_codec, read_offer

SPS = bytes.fromhex("6742c016da0280bfe584000003000400000300a23c58ba80")
PPS = bytes.fromhex("68ce3c80")
FEW = settings(max_examples=150, deadline=None)

OFFER = "\r\n".join(
    [
        "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=recvonly", "a=rtcp-mux",
        "m=video 9 UDP/TLS/RTP/SAVPF 96 102 106", "c=IN IP4 0.0.0.0", "a=ice-ufrag:abcd", "a=ice-pwd:" + "x" * 24,
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:actpass", "a=mid:1",
        "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", "a=recvonly", "a=rtcp-mux",
        "a=rtpmap:96 VP8/90000", "a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=1;profile-level-id=42001f",
        "a=rtpmap:106 H264/90000", "a=fmtp:106 packetization-mode=1;profile-level-id=640c1f", "",
    ]
)  # fmt: skip


def near(text):
    """Texts near a good one: a piece replaced by rubbish, lines dropped or doubled."""
    lines = text.split("\r\n")

    def mangle(parts):
        index, count, rubbish = parts
        return "\r\n".join([*lines[:index], rubbish, *lines[index + count :]]).encode("utf-8", "surrogatepass")

    return st.tuples(st.integers(0, len(lines)), st.integers(0, 3), st.text(max_size=40)).map(mangle)


@pytest.fixture
def request_end():
    with contextlib.ExitStack() as stack:
        yield stack


# RTSP


@FEW
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_of_a_camera_are_read_or_refused(chunks):
    reader = WireReader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
    except RtspMalformed:
        pass


@FEW
@given(st.data())
def test_the_camera_may_cut_its_bytes_anywhere(data):
    stream = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nhello$\0\0\3abc\r\nRTSP/1.0 401 Nope\r\nCSeq: 2\r\n\r\n$\1\0\0"
    whole = WireReader().feed(stream)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))
    reader = WireReader()
    pieces = [stream[start:end] for start, end in itertools.pairwise([0, *cuts, len(stream)])]
    assert [item for piece in pieces for item in reader.feed(piece)] == whole
    assert whole == [
        Response(200, (("cseq", "1"), ("content-length", "5")), b"hello"),
        Interleaved(0, b"abc"),
        Response(401, (("cseq", "2"),)),
        Interleaved(1, b""),
    ]


def test_a_head_without_end_is_refused_before_it_grows():
    reader = WireReader()
    head = b"RTSP/1.0 200 OK\r\nX: "
    assert reader.feed(head.ljust(MAX_HEAD - 1, b"y")) == []
    with pytest.raises(RtspMalformed):
        reader.feed(b"y")


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "-1", "1e3", "9" * 40, "²"])
def test_a_body_length_that_is_no_sane_number_is_refused(length):
    with pytest.raises(RtspMalformed):
        WireReader().feed(f"RTSP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())


@FEW
@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=20))
def test_any_challenge_gives_a_header_of_one_line_or_none(challenge, name, password):
    credentials = Credentials(name, password)
    if credentials.take(Response(401, (("www-authenticate", challenge), ("www-authenticate", "Digest " + challenge)))):
        value = credentials.header("DESCRIBE", "rtsp://c/1")["Authorization"]
        assert "\r" not in value
        assert "\n" not in value


@FEW
@given(st.one_of(st.binary(max_size=400), near("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:rtsp://other/1\r\n")))
def test_any_description_is_read_or_refused_and_names_no_other_host(body):
    try:
        offer = read_description(body, "rtsp://cam.local/live/")
    except UnshowableStream:
        return
    assert offer.control.startswith("rtsp://cam.local/")


# H.264


@FEW
@given(st.lists(st.binary(max_size=200), max_size=30))
def test_any_rtp_is_depacketised_or_dropped(packets):
    depacketiser = H264Depacketiser()
    for packet in packets:
        try:
            for unit in depacketiser.feed(packet):
                assert unit.nals
        except UnshowableStream:
            pass


@FEW
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.binary(min_size=1, max_size=60)), max_size=40))
def test_packets_that_look_like_h264_never_break_it(parts):
    depacketiser = H264Depacketiser(payload_type=96)
    sequence = 0
    for gap, marker, payload in parts:
        sequence = (sequence + 1 + gap) & 0xFFFF
        head = bytes([0x80, 96 | (0x80 if marker else 0)]) + sequence.to_bytes(2, "big") + bytes(8)
        with contextlib.suppress(UnshowableStream):
            depacketiser.feed(head + payload)


def test_a_picture_without_end_does_not_grow(request_end):
    depacketiser = H264Depacketiser()
    tracemalloc.start()
    request_end.callback(tracemalloc.stop)
    before = tracemalloc.get_traced_memory()[0]
    piece = bytes([0x7C, 5]) + bytes(1_300)
    for sequence in range(2 * MAX_ACCESS_UNIT // 1_300):
        head = b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(8)
        start = bytes([0x7C, 0x85]) + piece[2:] if sequence == 0 else piece
        assert depacketiser.feed(head + start) == []
    assert tracemalloc.get_traced_memory()[0] - before < MAX_ACCESS_UNIT * 1.5


@FEW
@given(st.one_of(st.binary(max_size=80), st.binary(max_size=40).map(lambda tail: SPS[:8] + tail)))
def test_any_sps_is_read_or_refused(sps):
    try:
        sets = ParameterSets.parse(sps, PPS)
    except MalformedH264:
        return
    assert sets.width > 0
    assert sets.height > 0
    holds_b_slice(sps)


def test_the_size_of_a_known_sps_is_read():
    sets = ParameterSets.parse(SPS, PPS)
    assert (sets.width, sets.height, sets.profile_level_id, sets.codec) == (640, 360, "42c016", "avc1.42c016")


nal_bytes = st.binary(min_size=1, max_size=4_000)


@FEW
@given(st.lists(st.tuples(st.sampled_from([1, 5]), nal_bytes), min_size=1, max_size=5), st.integers(0, 65_535))
def test_what_is_packetised_comes_back_whole(slices, first_sequence):
    nals = [bytes([0x60 | kind]) + b"\x88" + body for kind, body in slices]
    unit = AccessUnit(nals, 0, any(kind == 5 for kind, _ in slices), 0.0)
    parts = payloads(unit, ParameterSets.parse(SPS, PPS))
    assert max(map(len, parts)) <= MAX_PAYLOAD
    depacketiser = H264Depacketiser(ParameterSets.parse(SPS, PPS))
    out = []
    for index, part in enumerate(parts):
        head = rtp.header(102, first_sequence + index & 0xFFFF, 9_000, 7, index == len(parts) - 1, rtp.Extensions(5, None).block(0.0))
        out += depacketiser.feed(head + part)
    assert [each.nals for each in out] == ([nals] if unit.key else [])


def test_a_lost_packet_drops_its_picture_and_all_until_the_next_idr():
    def feed(depacketiser, sequence, timestamp, kind):
        return depacketiser.feed(rtp.header(96, sequence, timestamp, 7, True, b"") + bytes([0x60 | kind, 0x88, 1]))

    depacketiser = H264Depacketiser(ParameterSets.parse(SPS, PPS))
    assert len(feed(depacketiser, 1, 0, 5)) == 1
    assert len(feed(depacketiser, 2, 3_600, 1)) == 1
    assert feed(depacketiser, 4, 10_800, 1) == []
    assert feed(depacketiser, 5, 14_400, 1) == []
    assert len(feed(depacketiser, 6, 18_000, 5)) == 1
    assert depacketiser.lost_packets == 1


def test_times_go_on_when_the_cameras_clock_wraps_or_restarts():
    depacketiser = H264Depacketiser(ParameterSets.parse(SPS, PPS))
    stamps = [2**32 - 4_500, 0, 4_500, 17, 4_517]
    times = [depacketiser.feed(rtp.header(96, n, stamp, 7, True, b"") + b"\x65\x88\x01")[0].time for n, stamp in enumerate(stamps)]
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert steps[2] > 0, "where the clock jumps, the picture's arrival tells its time"
    assert [*steps[:2], steps[3]] == [4_500, 4_500, 4_500]


# WebRTC


def stun_like(tail):
    return b"\0\1" + bytes([0, len(tail)]) + b"\x21\x12\xa4\x42" + tail


@FEW
@given(st.one_of(st.binary(max_size=600), near(OFFER)))
def test_any_offer_is_read_or_refused(body):
    try:
        offer = read_offer(body)
    except OfferRefused:
        return
    assert offer.codecs
    assert choose_codec(offer, "64001f") in offer.codecs


def test_the_profile_of_the_camera_is_answered_where_it_was_offered():
    offer = read_offer(OFFER.encode())
    assert offer.playout_delay_id == 5
    assert choose_codec(offer, "640c2a").payload_type == 106
    assert choose_codec(offer, None).payload_type == 102


@FEW
@given(
    st.one_of(
        st.binary(max_size=200), st.binary(max_size=100).map(lambda tail: b"\0\1" + bytes([0, len(tail)]) + b"\x21\x12\xa4\x42" + tail)
    )
)
def test_any_stun_is_read_or_ignored(data):
    check = ice.read_check(data)
    if check is not None:
        assert not check.is_from("wrong password")


@FEW
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=40).map(lambda tail: b"\x81\xcd\0" + bytes([len(tail) // 4]) + tail)))
def test_any_rtcp_is_read_without_harm(data):
    feedback = rtp.read_feedback(data, 7)
    assert all(0 <= sequence <= 0xFFFF for sequence in feedback.lost)


def test_nack_and_pli_for_our_stream_are_heard_and_others_are_not():
    nack = bytes.fromhex("81cd0003 00000001 00000007 fffe0003".replace(" ", ""))
    pli = bytes.fromhex("81ce0002 00000001 00000007".replace(" ", ""))
    heard = rtp.read_feedback(nack + pli, 7)
    assert heard.lost == [0xFFFE, 0xFFFF, 0]
    assert heard.wants_key
    other = rtp.read_feedback(nack + pli, 8)
    assert not other.lost
    assert not other.wants_key


IDENTITY = DtlsIdentity()


@FEW
@given(st.lists(st.one_of(st.binary(max_size=200), st.binary(max_size=120).map(lambda tail: b"\x16\xfe\xff" + tail)), max_size=6))
def test_any_dtls_fails_or_waits_and_gives_no_keys(datagrams):
    server = DtlsServer(IDENTITY, (("sha-256", "AB"),))
    try:
        for datagram in filter(None, datagrams):
            server.take(datagram)
    except DtlsFailed:
        pass
    assert server.keys is None
