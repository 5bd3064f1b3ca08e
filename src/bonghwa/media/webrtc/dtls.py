"""The passive side of DTLS 1.2 for SRTP keys (RFC 5763, RFC 5764), on pyOpenSSL with memory buffers."""

import datetime as dt
import secrets
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL

from bonghwa.media.webrtc.srtp import PROFILES, SrtpKeys

MTU = 1_200
HANDSHAKE_S = 10.0
_DTLS_1_2 = 0xFEFD
_RECORD_HEADER = 13
_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {"sha-256": hashes.SHA256, "sha-384": hashes.SHA384, "sha-512": hashes.SHA512}


class DtlsFailed(Exception):
    """The handshake failed, or the peer's certificate is not the offered one."""


class DtlsIdentity:
    """One self-signed certificate for the life of the process."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, secrets.token_hex(8))])
        now = dt.datetime.now(tz=dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = _fingerprint(certificate, "sha-256")
        self.context = SSL.Context(SSL.DTLS_METHOD)
        self.context.set_min_proto_version(_DTLS_1_2)
        self.context.set_max_proto_version(_DTLS_1_2)
        self.context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU | SSL.OP_NO_RENEGOTIATION)
        self.context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _accept_any)
        self.context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384")
        self.context.use_certificate(certificate)
        self.context.use_privatekey(key)
        self.context.set_tlsext_use_srtp(b":".join(profile.openssl for profile in PROFILES))


def _accept_any(*_: Any) -> bool:
    """Certificates are self-signed on both sides; the fingerprint of the offer is what binds them (RFC 5763, 5)."""
    return True


class DtlsServer:
    """One handshake. `take` gives datagrams to send; `keys` is set once it is done and the fingerprint held."""

    def __init__(self, identity: DtlsIdentity, fingerprints: tuple[tuple[str, str], ...]) -> None:
        self.keys: SrtpKeys | None = None
        self.closed = False
        self._fingerprints = fingerprints
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_accept_state()
        self._connection.set_ciphertext_mtu(MTU)

    def take(self, datagram: bytes) -> list[bytes]:
        """Take a datagram from the peer. Raises `DtlsFailed`."""
        if self.closed:
            return []
        try:
            self._connection.bio_write(datagram)
            if self.keys is None:
                self._shake()
            else:
                self._listen()
        except SSL.Error as error:
            raise DtlsFailed("handshake") from error
        return self._outgoing()

    def timeout(self) -> float | None:
        """Seconds until `retransmit` must be called, None when nothing is outstanding."""
        return None if self.closed or self.keys else self._connection.DTLSv1_get_timeout()

    def retransmit(self) -> list[bytes]:
        """Send the last flight again. Raises `DtlsFailed` after too many times."""
        try:
            self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:
            raise DtlsFailed("no answer") from error
        return self._outgoing()

    def close(self) -> list[bytes]:
        """The close_notify alert that tells the peer at once that nothing more comes."""
        if self.closed:
            return []
        self.closed = True
        try:
            self._connection.shutdown()
        except SSL.Error:
            return []
        return self._outgoing()

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        if certificate is None or not all(_fingerprint(certificate, name) == value for name, value in self._fingerprints):
            raise DtlsFailed("fingerprint")
        chosen = self._connection.get_selected_srtp_profile()
        profile = next((profile for profile in PROFILES if profile.openssl == chosen), None)
        if profile is None:
            raise DtlsFailed("no SRTP profile")
        material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", profile.material_length)
        self.keys = SrtpKeys(profile, material)

    def _listen(self) -> None:
        try:
            self._connection.recv(2_048)
        except SSL.WantReadError:
            return
        except SSL.ZeroReturnError:
            self.closed = True

    def _outgoing(self) -> list[bytes]:
        try:
            data = self._connection.bio_read(65_536)
        except SSL.WantReadError:
            return []
        return _datagrams(data)


def _datagrams(data: bytes) -> list[bytes]:
    """Cut at record boundaries: one read of the buffer may hold several records, and a record must not be split."""
    out: list[bytes] = []
    start = at = 0
    while at + _RECORD_HEADER <= len(data):
        end = at + _RECORD_HEADER + int.from_bytes(data[at + 11 : at + 13], "big")
        if end - start > MTU and at > start:
            out.append(data[start:at])
            start = at
        at = end
    if start < len(data):
        out.append(data[start:])
    return out


def _fingerprint(certificate: x509.Certificate, name: str) -> str:
    return certificate.fingerprint(_DIGESTS[name]()).hex(":").upper()
