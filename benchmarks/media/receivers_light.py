"""Receivers of our own, for more viewers than GStreamer can do on one core: real ICE and DTLS, then packets are only counted.

The lines on standard input and output are those of `receivers_gst`, without `accept`. What they do not do: decrypt, acknowledge, ask for
lost packets. Loss is read off the gaps in the RTP sequence numbers, which SRTP leaves readable (RFC 3711, 3.1).
"""

import contextlib
import datetime as dt
import json
import re
import secrets
import selectors
import socket
import sys
import time

from aioice import stun
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

UDP_GRO = 104
SO_RCVBUFFORCE = 33
ROOM = 4 << 20
CONSENT_S = 4.0


def identity() -> tuple[SSL.Context, str]:
    """A DTLS client's context and its certificate's fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    certificate = builder.not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1)).sign(key, hashes.SHA256())
    context = SSL.Context(SSL.DTLS_CLIENT_METHOD)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_tlsext_use_srtp(b"SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
    return context, certificate.fingerprint(hashes.SHA256()).hex(":").upper()


class Receiver:
    """One viewer: its socket, its handshake, and what it counted."""

    def __init__(self, context: SSL.Context, fingerprint: str) -> None:
        self.ufrag, self.password, self.fingerprint = secrets.token_hex(4), secrets.token_hex(16), fingerprint
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        self.socket.setsockopt(socket.IPPROTO_UDP, UDP_GRO, 1)
        self.socket.setblocking(False)
        self.dtls = SSL.Connection(context, None)
        self.dtls.set_ciphertext_mtu(1_200)
        self.dtls.set_connect_state()
        self.connected = False
        self.checked = False
        self.packets, self.first, self.last = 0, -1, -1

    def offer(self) -> str:
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=video 9 UDP/TLS/RTP/SAVPF 102"]
        lines += ["c=IN IP4 0.0.0.0", "a=mid:0", "a=recvonly", "a=rtcp-mux", f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}"]
        lines += [f"a=fingerprint:sha-256 {self.fingerprint}", "a=setup:active", "a=rtpmap:102 H264/90000"]
        lines += ["a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]
        return "\r\n".join(lines) + "\r\n"

    def answer(self, sdp: str) -> None:
        found = {name: re.search(f"a=ice-{name}:(\\S+)", sdp)[1] for name in ("ufrag", "pwd")}
        host, port = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", sdp, re.IGNORECASE).groups()
        self.socket.connect((host, int(port)))
        self.remote_ufrag, self.remote_password = found["ufrag"], found["pwd"]
        self.check()

    def check(self) -> None:
        """An ICE check that nominates; later the consent of RFC 7675."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.remote_ufrag}:{self.ufrag}"
        message.attributes["PRIORITY"] = 1_853_824_767
        message.attributes["ICE-CONTROLLING"] = 7
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self.remote_password.encode())
        message.add_fingerprint()
        self._send(bytes(message))

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self.socket.send(data)

    def readable(self) -> None:
        """Take what came, until nothing waits."""
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, extra, _, _ = self.socket.recvmsg(65_535, 64)
                size = int.from_bytes(extra[0][2][:4], sys.byteorder) if extra else len(data)
                if 128 <= data[0] <= 191:
                    self._count(data, size)
                elif data[0] <= 3:
                    if not self.checked:
                        self.checked = True
                        self.handshake()
                elif not self.connected:
                    self.dtls.bio_write(data)
                    self.handshake()

    def _count(self, data: bytes, size: int) -> None:
        for at in range(0, len(data), size or 1):
            if 192 <= data[at + 1] <= 223:
                continue  # RTCP
            number = data[at + 2] << 8 | data[at + 3]
            if self.first < 0:
                self.first = self.last = number
            else:
                self.last += ((number - self.last + 32_768) & 0xFFFF) - 32_768
            self.packets += 1

    def handshake(self) -> None:
        """A step of DTLS."""
        try:
            self.dtls.do_handshake()
            self.connected = True
        except SSL.WantReadError:
            pass
        with contextlib.suppress(SSL.WantReadError):
            while True:
                self._send(self.dtls.bio_read(1_200))

    @property
    def lost(self) -> int:
        return max(0, self.last - self.first + 1 - self.packets) if self.packets else 0


def main() -> None:
    context, fingerprint = identity()
    waiting = selectors.EpollSelector()
    waiting.register(sys.stdin.fileno(), selectors.EVENT_READ, None)
    receivers: dict[int, Receiver] = {}
    consent = time.monotonic() + CONSENT_S
    pending = b""
    while True:
        for key, _ in waiting.select(0.5):
            if key.data is not None:
                key.data.readable()
                continue
            more = sys.stdin.buffer.raw.read(1 << 16)
            if not more:
                return
            *lines, pending = (pending + more).split(b"\n")
            for line in lines:
                print(json.dumps(answered(json.loads(line), receivers, waiting, (context, fingerprint))), flush=True)
        if time.monotonic() > consent:
            consent = time.monotonic() + CONSENT_S
            for receiver in receivers.values():
                if receiver.checked:
                    receiver.check()
                if not receiver.connected and receiver.checked:
                    receiver.handshake()


def answered(asked: dict, receivers: dict[int, Receiver], waiting: selectors.BaseSelector, own: tuple[SSL.Context, str]) -> dict:
    """Do what a line asks."""
    if asked["do"] == "count":
        every = receivers.values()
        return {
            "packets": sum(one.packets for one in every),
            "lost": sum(one.lost for one in every),
            "receiving": sum(one.packets > 0 for one in every),
        }
    number = asked["id"]
    if asked["do"] == "offer":
        receivers[number] = Receiver(*own)
        return {"id": number, "sdp": receivers[number].offer()}
    receivers[number].answer(asked["sdp"])
    waiting.register(receivers[number].socket, selectors.EVENT_READ, receivers[number])
    return {"id": number}


if __name__ == "__main__":
    main()
