"""SRTP with keys from DTLS (RFC 3711, RFC 7714), on pylibsrtp."""

from dataclasses import dataclass, field

import pylibsrtp
from pylibsrtp import Policy, Session

# Room for resends of packets as old as two seconds of a busy stream.
_WINDOW = 2_048


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

    def sender(self) -> Session:
        """The session that protects what we send (the server's keys)."""
        return Session(self._policy(1, Policy.SSRC_ANY_OUTBOUND))

    def receiver(self) -> Session:
        """The session that opens what the peer sends (the client's keys)."""
        return Session(self._policy(0, Policy.SSRC_ANY_INBOUND))

    def _policy(self, side: int, ssrc_type: int) -> Policy:
        policy = Policy(key=self._of(side), ssrc_type=ssrc_type, srtp_profile=self.profile.libsrtp)
        policy.allow_repeat_tx = True
        policy.window_size = _WINDOW
        return policy


def open_rtcp(session: Session, packet: bytes) -> bytes:
    """Authenticate and decrypt an SRTCP packet. Raises `SrtpRefused`."""
    try:
        return bytes(session.unprotect_rtcp(packet))
    except (pylibsrtp.Error, ValueError) as error:
        raise SrtpRefused from error
