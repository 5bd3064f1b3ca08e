"""RTCP of a viewer: encrypted by it, so any content may come authentically."""

import struct

import pylibsrtp

from bonghwa.media.webrtc import rtp
from bonghwa.media.webrtc.srtp import PROFILES, SrtpKeys, SrtpRefused, open_rtcp

SSRC = 7
_KEYS = SrtpKeys(PROFILES[0], bytes(range(PROFILES[0].material_length)))
# What SrtpKeys.receiver opens, seen from the viewer's side.
_POLICY = pylibsrtp.Policy(
    key=_KEYS.material[:16] + _KEYS.material[32:44], ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[0].libsrtp
)
SEEDS = [
    bytes.fromhex("81cd00030000000100000007fffe0003"),
    bytes.fromhex("81ce00020000000100000007"),
    bytes.fromhex("84ce00040000000100000000000000070b000000"),
    bytes.fromhex("81c90007000000010000000780000000000000000000000000000000") + bytes(4),
    bytes.fromhex("81cb000100000001"),
]


def fuzz(data: bytes) -> None:
    """As a compound packet in the clear, as one the viewer encrypted, and as a packet that only looks encrypted."""
    feedback = rtp.read_feedback(data, SSRC)
    assert all(0 <= sequence <= 0xFFFF for sequence in feedback.lost)
    assert len(feedback.lost) <= 17 * (len(data) // 4 + 1)
    receiver = _KEYS.receiver()
    try:
        opened = open_rtcp(receiver, data)
    except SrtpRefused:
        opened = b""
    assert opened == b"", "nobody without the keys is heard"
    if len(data) >= 8 and rtp.is_rtcp(data):
        try:
            sealed = pylibsrtp.Session(_POLICY).protect_rtcp(data[:1_400])
        except (pylibsrtp.Error, ValueError):
            # What the viewer's own library would not send.
            return
        try:
            rtp.read_feedback(open_rtcp(receiver, sealed), struct.unpack("!I", data[4:8])[0])
        except SrtpRefused:
            return
