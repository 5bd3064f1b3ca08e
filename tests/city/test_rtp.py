import struct

from hypothesis import given
from hypothesis import strategies as st

from bonghwa.city.encoder import split_nals
from bonghwa.city.rtp import LARGEST_PAYLOAD, Stream, payloads

nal = st.builds(lambda head, body: bytes((head,)) + body, st.integers(1, 23).map(lambda kind: 0x60 | kind), st.binary(max_size=5000))


def joined(parts: tuple) -> list[bytes]:
    """NAL units again, as RFC 6184 tells a receiver to make them."""
    nals: list[bytes] = []
    for part in parts:
        data = part.data
        if data[0] & 31 != 28:
            nals.append(data)
        elif data[1] & 0x80:
            nals.append(bytes(((data[0] & 0xE0) | (data[1] & 31),)) + data[2:])
        else:
            nals[-1] += data[2:]
    return nals


@given(st.lists(nal, min_size=1, max_size=4))
def test_a_receiver_gets_back_the_nals_that_were_cut(nals: list[bytes]) -> None:
    parts = payloads(nals)
    assert joined(parts) == nals
    assert all(len(part.data) <= LARGEST_PAYLOAD for part in parts)
    assert [part.marker for part in parts] == [False] * (len(parts) - 1) + [True]


@given(
    st.lists(st.binary(min_size=1, max_size=40).filter(lambda b: b"\x00\x00" not in b and b[-1] != 0 and b[0] != 0), min_size=1, max_size=5)
)
def test_a_byte_stream_is_split_at_its_start_codes(nals: list[bytes]) -> None:
    assert split_nals(b"".join(b"\x00\x00\x00\x01" + one for one in nals)) == tuple(nals)


def test_sequence_numbers_run_on_over_their_end() -> None:
    stream = Stream(7, 0xFFFF)
    framed = stream.interleaved(4, payloads([b"\x61" + b"x" * 3000]), 90_000)
    numbers, at = [], 0
    while at < len(framed):
        dollar, channel, length = struct.unpack_from(">BBH", framed, at)
        assert (dollar, channel) == (0x24, 4)
        numbers.append(struct.unpack_from(">H", framed, at + 6)[0])
        at += 4 + length
    assert numbers == [0xFFFF, 0, 1]


def test_a_sender_report_counts_what_was_sent() -> None:
    stream = Stream(7, 0)
    parts = payloads([b"\x61" + b"x" * 3000])
    stream.interleaved(0, parts, 5)
    report = stream.report(1, 1_000.5, 5)
    ssrc, seconds, fraction, rtp, packets, octets = struct.unpack(">IIIIII", report[8:])
    assert (ssrc, rtp, packets, octets) == (7, 5, 3, sum(len(part.data) for part in parts))
    assert seconds - 2_208_988_800 + fraction / (1 << 32) == 1_000.5
