"""SRTP with keys from DTLS (RFC 3711, RFC 7714).

pylibsrtp does all of it but one: the packets of pictures under AES-GCM, which are nearly all there are, are sealed here with
`cryptography`'s AES-GCM. It does what libsrtp does in half the time, and takes header and payload as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pylibsrtp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pylibsrtp import Policy, Session

# Room for resends of packets as old as two seconds of a busy stream.
_WINDOW = 2_048


Seal = Callable[[int, bytes, bytes], bytes]
"""Makes the protected packet of an RTP header (with its extension) and a payload. The first argument is the packet's index in its
stream (RFC 3711, 3.3.1): its 16-bit sequence number and, above it, how often that has wrapped. An index is used for one header and
payload only: other ones under the same index would tell a listener the key of the authentication (RFC 7714, 9.1)."""


class SrtpRefused(Exception):
    """A packet that is not authentic, or was replayed."""


@dataclass(frozen=True)
class Profile:
    """A DTLS-SRTP protection profile (RFC 5764, 4.1.2; RFC 7714, 14.2)."""

    openssl: bytes
    libsrtp: int
    key: int
    salt: int

    @property
    def material_length(self) -> int:
        """Bytes of keying material to export."""
        return 2 * (self.key + self.salt)


# GCM first: it is a third cheaper than AES-CM with HMAC-SHA1 where the processor has AES instructions.
PROFILES = (
    Profile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    Profile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)


@dataclass(frozen=True)
class SrtpKeys:
    """Both directions' keys, as exported by the DTLS server."""

    profile: Profile
    material: bytes = field(repr=False)

    def _of(self, side: int) -> bytes:
        key, salt = self.profile.key, self.profile.salt
        return self.material[side * key : (side + 1) * key] + self.material[2 * key + side * salt : 2 * key + (side + 1) * salt]

    def sender(self) -> "Outgoing":
        """What protects what we send (the server's keys)."""
        session = Session(self._policy(1, Policy.SSRC_ANY_OUTBOUND))
        key, salt = self._of(1)[: self.profile.key], self._of(1)[self.profile.key :]
        return Outgoing(session, (key, salt) if self.profile.libsrtp == Policy.SRTP_PROFILE_AEAD_AES_128_GCM else None)

    def receiver(self) -> Session:
        """The session that opens what the peer sends (the client's keys)."""
        return Session(self._policy(0, Policy.SSRC_ANY_INBOUND))

    def _policy(self, side: int, ssrc_type: int) -> Policy:
        policy = Policy(key=self._of(side), ssrc_type=ssrc_type, srtp_profile=self.profile.libsrtp)
        policy.allow_repeat_tx = True
        policy.window_size = _WINDOW
        return policy


class Outgoing:
    """Protects what is sent to one viewer. `gcm` is the master key and salt where the profile is AES-GCM."""

    def __init__(self, session: Session, gcm: tuple[bytes, bytes] | None) -> None:
        self._session = session
        self._gcm = None if gcm is None else (AESGCM(_derived(*gcm, 0)), _derived(*gcm, 2)[:12])

    def stream(self, ssrc: int) -> Seal:
        """What seals the packets of one stream."""
        if self._gcm is None:
            protect = self._session.protect
            return lambda _, head, payload: bytes(protect(head + payload))
        encrypt, mask = self._gcm[0].encrypt, int.from_bytes(self._gcm[1], "big") ^ (ssrc << 48)

        def seal(index: int, head: bytes, payload: bytes) -> bytes:
            # RFC 7714, 8.1: salt xor (00 00, SSRC, wraps, sequence number); the header is authenticated as it is.
            return head + encrypt((mask ^ index).to_bytes(12, "big"), payload, head)

        return seal

    def report(self, packet: bytes) -> bytes:
        """A protected RTCP packet."""
        return bytes(self._session.protect_rtcp(packet))


def _derived(key: bytes, salt: bytes, label: int) -> bytes:
    """16 bytes of a session key (label 0) or salt (label 2) by RFC 3711, 4.3.3; a 96-bit salt is filled up on the right (RFC 7714, 11)."""
    start = int.from_bytes(salt.ljust(14, b"\0"), "big") ^ (label << 48)
    cipher = Cipher(algorithms.AES(key), modes.CTR((start << 16).to_bytes(16, "big"))).encryptor()
    return cipher.update(bytes(16))


def open_rtcp(session: Session, packet: bytes) -> bytes:
    """Authenticate and decrypt an SRTCP packet. Raises `SrtpRefused`."""
    try:
        return bytes(session.unprotect_rtcp(packet))
    except (pylibsrtp.Error, ValueError) as error:
        raise SrtpRefused from error
