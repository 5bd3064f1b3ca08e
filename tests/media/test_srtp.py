"""What we protect ourselves is what libsrtp opens, and nothing is ever sealed twice under one index with other words."""

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from bonghwa.media.h264 import AccessUnit
from bonghwa.media.webrtc import rtp
from bonghwa.media.webrtc.sender import Sender
from bonghwa.media.webrtc.srtp import PROFILES, Profile, SrtpKeys

SSRC, RTX = 0x1234_5678, 97


class Receiver:
    """The other end, by libsrtp with the sender's keys; to the sender a path."""

    rank = 1

    def __init__(self, keys: SrtpKeys) -> None:
        key, salt = keys.profile.key, keys.profile.salt
        material = keys.material[key : 2 * key] + keys.material[2 * key + salt :]
        policy = Policy(key=material, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=keys.profile.libsrtp)
        self._session = pylibsrtp.Session(policy)
        self.sealed: list[bytes] = []

    def send(self, packets: list[bytes]) -> int:
        self.sealed += packets
        return sum(map(len, packets))

    def close(self) -> None:
        """A path as the sender wants one."""

    def open(self, packet: bytes) -> bytes:
        return bytes(self._session.unprotect(packet))


def keys_of(profile: Profile, seed: bytes) -> SrtpKeys:
    return SrtpKeys(profile, (seed * 60)[: profile.material_length])


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.openssl.decode())
@given(
    seed=st.binary(min_size=1, max_size=56),
    payload=st.binary(min_size=1, max_size=1_200),
    words=st.integers(0, 3),
    start=st.integers(0, 0x7FFF),
)
@settings(max_examples=60, deadline=None)
def test_libsrtp_opens_every_packet_also_after_the_sequence_numbers_wrapped(
    profile: Profile, seed: bytes, payload: bytes, words: int, start: int
) -> None:
    keys = keys_of(profile, seed)
    seal, receiver = keys.sender().stream(SSRC), Receiver(keys)
    extension = b"\xbe\xde" + words.to_bytes(2, "big") + bytes(4 * words) if words else b""
    header = rtp.headers(96, SSRC, extension)
    for index in (start + step for step in (0, 1, 0x6000, 0xC001, 0x1_1000, 0x1_6003, 0x1_B000)):
        head = header(index & 0xFFFF, index, marker := index % 2 == 0)
        assert head == rtp.header(96, index & 0xFFFF, index, SSRC, marker, extension)
        assert receiver.open(seal(index, head, payload)) == head + payload


def test_a_packet_that_was_touched_does_not_open() -> None:
    keys = keys_of(PROFILES[0], b"key")
    head = rtp.header(96, 7, 1, SSRC, marker=True, extension=b"")
    sealed = keys.sender().stream(SSRC)(7, head, b"picture")
    for at in range(len(sealed)):
        spoilt = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(pylibsrtp.Error):
            Receiver(keys).open(spoilt)


def sending(rtx: int | None, profile: Profile = PROFILES[0]) -> tuple[Sender, Receiver]:
    keys = keys_of(profile, b"material")
    sender, receiver = Sender(96, rtx, rtp.Extensions(None, 3), lambda: True, lambda _: None), Receiver(keys)
    sender.path = receiver
    sender.protect(keys.sender())
    sender.replay([AccessUnit([bytes([0x65, number]) * 50 for number in range(5)], 0, key=True, arrived=0.0)], None)
    return sender, receiver


def test_what_was_lost_comes_again_as_a_stream_of_its_own_that_says_which_packet_it_was() -> None:
    sender, receiver = sending(RTX)
    first = [receiver.open(packet) for packet in receiver.sealed]
    lost = [int.from_bytes(first[at][2:4], "big") for at in (1, 4)]
    sender.resend(lost)
    again = [receiver.open(packet) for packet in receiver.sealed[5:]]
    assert [packet[1] for packet in again] == [RTX, RTX | 0x80]
    assert {packet[8:12] for packet in again} == {sender.rtx_ssrc.to_bytes(4, "big")}
    assert [packet[4:8] for packet in again] == [first[at][4:8] for at in (1, 4)]
    assert [packet[20:] for packet in again] == [
        number.to_bytes(2, "big") + first[at][20:] for number, at in zip(lost, (1, 4), strict=True)
    ]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.openssl.decode())
def test_without_that_stream_the_very_same_packet_comes_again(profile: Profile) -> None:
    sender, receiver = sending(None, profile)
    sequence = int.from_bytes(receiver.sealed[2][2:4], "big")
    sender.resend([sequence])
    assert receiver.sealed[5] == receiver.sealed[2]


@pytest.mark.parametrize("rtx", [None, RTX])
def test_no_two_packets_of_one_index_differ_however_often_they_are_sent(rtx: int | None) -> None:
    sender, receiver = sending(rtx)
    lost = [int.from_bytes(packet[2:4], "big") for packet in receiver.sealed]
    for _ in range(3):
        sender.resend(lost)
    by_nonce: dict[bytes, set[bytes]] = {}
    for packet in receiver.sealed:
        by_nonce.setdefault(packet[2:4] + packet[8:12], set()).add(packet)
    assert all(len(packets) == 1 for packets in by_nonce.values())


def test_what_was_lost_before_a_lift_does_not_come_again() -> None:
    sender, receiver = sending(RTX)
    sender.lift()
    sender.resend([int.from_bytes(packet[2:4], "big") for packet in receiver.sealed])
    assert len(receiver.sealed) == 5
