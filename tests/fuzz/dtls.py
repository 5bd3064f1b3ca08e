"""DTLS: a handshake whose datagrams the network, or a hostile peer, changes, drops, doubles and mixes with rubbish."""

import contextlib

from OpenSSL import SSL

from bonghwa.media.webrtc.dtls import DtlsFailed, DtlsIdentity, DtlsServer

_OURS, _THEIRS = DtlsIdentity(), DtlsIdentity()
_TRUSTED = (("sha-256", _THEIRS.fingerprint),)
_ROUNDS = 8
SEEDS = [b"", b"\0" * 24, b"\1\0\0\2\5\6", bytes([3, 10, 200]) * 6, b"\4\x16\xfe\xff" + bytes(20)]


class _Peer:
    """The other side, a real one."""

    def __init__(self) -> None:
        self._connection = SSL.Connection(_THEIRS.context, None)
        self._connection.set_connect_state()
        self._connection.set_ciphertext_mtu(1_200)

    def go_on(self, datagrams: list[bytes]) -> list[bytes]:
        for datagram in filter(None, datagrams):
            self._connection.bio_write(datagram)
        with contextlib.suppress(SSL.Error):
            self._connection.do_handshake()
        try:
            return [self._connection.bio_read(65_536)]
        except SSL.Error:
            return []


def _changed(datagram: bytes, how: int, where: int, what: int) -> list[bytes]:
    at = where * max(1, len(datagram)) // 256
    if how == 1:
        return []
    if how == 2:
        return [datagram, datagram]
    if how == 3:
        return [datagram[:at] + bytes([what]) + datagram[at + 1 :]]
    if how == 4:
        return [datagram[:at]]
    if how == 5:
        return [bytes([what]) * (where + 1), datagram]
    return [datagram]


def fuzz(data: bytes) -> None:
    """Three bytes change a datagram; without them the handshake is honest. What is left at its end comes as it is."""
    server, peer = DtlsServer(_OURS, _TRUSTED), _Peer()
    stranger = DtlsServer(_OURS, (("sha-256", "AB"),))
    orders = [data[at : at + 3].ljust(3, b"\0") for at in range(0, min(len(data), 3 * _ROUNDS), 3)]
    back: list[bytes] = []
    for turn in range(_ROUNDS):
        order = orders[turn] if turn < len(orders) else b"\0\0\0"
        sent = [piece for datagram in peer.go_on(back) for piece in _changed(datagram, order[0] % 7, order[1], order[2])]
        back = []
        for one, other in ((server, back), (stranger, [])):
            try:
                for datagram in filter(None, sent):
                    other += one.take(datagram)
                one.timeout()
            except DtlsFailed:
                continue
    for one in (server, stranger):
        with contextlib.suppress(DtlsFailed):
            one.take(data or b"\x16")
            one.retransmit()
        assert all(len(datagram) <= 16_384 + 13 for datagram in one.close())
    assert stranger.keys is None, "only the certificate of the offer gives keys"
    assert any(order[0] % 7 for order in orders) or len(data) > 3 * _ROUNDS or server.keys is not None, "an honest handshake succeeds"
