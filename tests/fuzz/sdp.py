"""The SDP offer of a page: read or refused, and answered without a line of its own."""

from bonghwa.media.webrtc.ports import Candidate
from bonghwa.media.webrtc.sdp import Answer, OfferRefused, choose_codec, read_offer
from tests.media.test_hostile_input import OFFER

SEEDS = [
    OFFER.encode(),
    OFFER.replace("\r\n", "\n").encode(),
    OFFER.replace("SAVPF 111", "SAVPF 1\1\0").encode(),
    OFFER.replace("a=mid:1", "a=mid:0~%").replace("UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF").encode(),
    OFFER.replace("sha-256 " + ":".join(["AB"] * 32), "sha-512 " + ":".join(["CD"] * 64)).encode(),
]
_FIRST = frozenset("vostcmab")


def fuzz(data: bytes) -> None:
    """What can be read can be answered, one section for each of the offer's."""
    try:
        offer = read_offer(data)
    except OfferRefused:
        return
    codec = choose_codec(offer, "640c2a")
    assert codec in offer.codecs
    assert 0 <= codec.payload_type < 128
    said = Answer(offer, codec, "ours", "p" * 36, "AB:CD", [Candidate("udp", "127.0.0.1", 9)], 7, 8).text()
    lines = said.split("\r\n")[:-1]
    assert all(line[0] in _FIRST and line[1] == "=" and line.isprintable() for line in lines), "nothing breaks out of its line"
    assert sum(line.startswith("m=") for line in lines) == len(offer.sections)
    assert len(said) < 200 * (len(offer.sections) + 1) + 2_000
