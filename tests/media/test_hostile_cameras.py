"""Any bytes a camera may send are read or refused: no crash, no hang, no growth. `scripts/fuzz` goes deeper with the same targets."""

import contextlib
import time
import tracemalloc

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.media.depacketise import MAX_ACCESS_UNIT
from bonghwa.media.depacketise_h265 import H265Depacketiser
from bonghwa.media.rtsp_wire import WireReader
from tests.fuzz.cameras import TARGETS

WORDS = {
    "wire": [b"RTSP/1.0 200 OK\r\n", b"CSeq: 1\r\n", b"Content-Length: 5\r\n", b"\r\n", b"$\0\0\2ab",
             b"REDIRECT * RTSP/1.0\r\nLocation: x\r\n\r\n"],
    "description": [b"m=video 0 RTP/AVP 96\r\n", b"a=rtpmap:96 H265/90000\r\n", b"a=rtpmap:96 H264/90000\r\n", b"a=control:", b"a=fmtp:96 ",
                    b"sprop-vps=QAE=;", b"sprop-max-don-diff=1;", b"packetization-mode=1;", b"rtsp://", b"\r\n"],
    "h264": [b"\x7c\x85", b"\x7c\x45", b"\x78\0\3ab", b"\x65\x88", b"\x41\x9e", b"\x67\x42\xc0\x16"],
    "h265": [b"\x62\x01\x93", b"\x62\x01\x53", b"\x60\x01\0\3", b"\x26\x01", b"\x2a\x01", b"\x10\x01", b"\x02\x01"],
    "digest": [b'nonce="', b"algorithm=SHA-256,", b'qop="auth"', b"stale=TRUE", b"realm=", b"Basic ", b'\\"'],
    "redirect": [b"rtsp://cam.local", b"//other", b"user:pass@", b":99999", b"[::1", b"../..", b"http:"],
}  # fmt: skip


def near(words):
    """Bytes with the words of a format among them, each piece behind its length as often as not."""
    pieces = st.one_of(st.sampled_from(words), st.binary(max_size=20), st.binary(max_size=1))
    return st.lists(pieces, max_size=12).map(b"".join)


def framed(words):
    """Pieces each behind its length and a byte of how, as `chunks` and `packets_of` read them."""
    piece = st.tuples(st.integers(0, 255), near(words)).map(lambda both: bytes([min(255, len(both[1]) + 1), both[0]]) + both[1][:254])
    return st.lists(piece, max_size=12).map(b"".join)


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name):
    words = WORDS.get(name, [b"\0\0\1"])

    @settings(max_examples=150, deadline=None)
    @given(st.one_of(near(words), framed(words)))
    def run(data):
        TARGETS[name](data)

    run()


@contextlib.contextmanager
def growth():
    """How many bytes more are held at the end than at the beginning."""
    found = {}
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield found
        found["held"] = tracemalloc.get_traced_memory()[0] - before
        found["most"] = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_a_million_frames_of_nothing_leave_nothing_behind():
    reader, process = WireReader(), psutil.Process()
    before = process.memory_info().rss
    assert sum(len(reader.feed(b"$\7\0\0" * 5_000)) for _ in range(200)) == 1_000_000
    assert process.memory_info().rss - before < 30 << 20


def test_an_h265_picture_without_end_does_not_grow():
    depacketiser = H265Depacketiser()
    with growth() as grown:
        for sequence in range(2 * MAX_ACCESS_UNIT // 1_300):
            head = b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(8)
            piece = b"\x62\x01" + bytes([0x93 if sequence == 0 else 0x13]) + bytes(1_300)
            assert depacketiser.feed(head + piece) == []
    assert grown["most"] < MAX_ACCESS_UNIT * 1.6


def test_parameter_sets_without_number_or_end_do_not_grow():
    depacketiser = H265Depacketiser()
    with growth() as grown:
        for sequence in range(5_000):
            kind = 32 + sequence % 3
            head = b"\x80\xe0" + (sequence & 0xFFFF).to_bytes(2, "big") + sequence.to_bytes(4, "big") + bytes(4)
            assert depacketiser.feed(head + bytes([kind << 1, 1]) + bytes(1_300)) == []
    assert grown["held"] < 50_000


def test_a_head_that_comes_a_byte_at_a_time_takes_no_longer_than_its_bytes():
    """No byte is looked at so often that a slow camera could keep the gateway busy."""
    reader = WireReader()
    began = time.process_time()
    for _ in range(16_000):
        reader.feed(b"x")
    assert time.process_time() - began < 5
