"""The one UDP port all viewers share: who a datagram is from, and many packets out in one system call."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from typing import Any, Protocol

from bonghwa.media.webrtc import ice

Address = tuple[Any, ...]
"""As the socket module gives it: host and port first."""

_RECEIVE_AT_ONCE = 64
_MAX_ADDRESSES = 8
# Linux, linux/udp.h: one call hands the kernel many datagrams of one size (generic segmentation offload).
_SOL_UDP, _UDP_SEGMENT = 17, 103
_MAX_SEGMENTS, _MAX_OFFLOAD = 60, 64_000
_BUFFER = 4 << 20


class Peer(Protocol):
    """A viewer as the port sees it."""

    ufrag: str
    password: str

    def checked(self, address: Address, nominated: bool) -> None:
        """An authentic connectivity check came from `address`."""

    def dtls(self, datagram: bytes) -> None:
        """A DTLS datagram came."""

    def rtcp(self, packet: bytes) -> None:
        """An SRTCP packet came."""


class UdpPort:
    """Bound and non-blocking; `open` begins reading on the running loop."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        self._sock = sock
        self._peers: dict[str, Peer] = {}
        self._by_address: dict[Address, Peer] = {}
        self._offload = True
        self.dropped = 0

    @property
    def number(self) -> int:
        """The port's number."""
        return int(self._sock.getsockname()[1])

    def open(self) -> None:
        """Begin to read."""
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)

    def close(self) -> None:
        """Stop reading and close."""
        asyncio.get_running_loop().remove_reader(self._sock.fileno())
        self._sock.close()

    def expect(self, peer: Peer) -> None:
        """From now on take the checks of this viewer."""
        self._peers[peer.ufrag] = peer

    def forget(self, peer: Peer) -> None:
        """Take nothing more from this viewer."""
        self._peers.pop(peer.ufrag, None)
        for address in [address for address, known in self._by_address.items() if known is peer]:
            del self._by_address[address]

    def send(self, address: Address, packets: Sequence[bytes]) -> int:
        """Send all; what the kernel has no room for is dropped and counted, and the viewer asks again. Gives the bytes sent."""
        sent = at = 0
        while at < len(packets):
            size, end = len(packets[at]), at + 1
            if self._offload:
                room = min(len(packets), at + _MAX_SEGMENTS, at + _MAX_OFFLOAD // size)
                while end < room and len(packets[end]) == size:
                    end += 1
                # The last of a run may be shorter.
                if end < room and len(packets[end]) < size:
                    end += 1
            sent += self._send_run(address, packets[at:end], size)
            at = end
        return sent

    def _send_run(self, address: Address, run: Sequence[bytes], size: int) -> int:
        try:
            if len(run) == 1:
                return self._sock.sendto(run[0], address)
            return self._sock.sendmsg(run, [(_SOL_UDP, _UDP_SEGMENT, struct.pack("H", size))], 0, address)
        except BlockingIOError:
            self.dropped += len(run)
            return 0
        except OSError:
            if len(run) == 1:
                self.dropped += 1
                return 0
            # A kernel or an interface without segmentation offload: never try again.
            self._offload = False
            return sum(self._send_run(address, [packet], size) for packet in run)

    def _readable(self) -> None:
        for _ in range(_RECEIVE_AT_ONCE):
            try:
                data, address = self._sock.recvfrom(2_048)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # An ICMP error of an earlier send; the viewer's consent will expire by itself.
                continue
            if data:
                self._take(data, address)

    def _take(self, data: bytes, address: Address) -> None:
        """Sort by the first byte (RFC 7983)."""
        first = data[0]
        if first < 4:
            self._check(data, address)
            return
        peer = self._by_address.get(address)
        if peer is None:
            return
        if 20 <= first <= 63:
            peer.dtls(data)
        elif 128 <= first <= 191:
            peer.rtcp(data)

    def _check(self, data: bytes, address: Address) -> None:
        check = ice.read_check(data)
        peer = self._peers.get(check.local) if check else None
        if check is None or peer is None or not check.is_from(peer.password):
            return
        refused = bool(check.unknown) or check.role_conflict
        answer = ice.refuse(check, peer.password) if refused else ice.accept(check, (address[0], address[1]), peer.password)
        with contextlib.suppress(OSError):
            self._sock.sendto(answer, address)
        if refused:
            return
        if address not in self._by_address and sum(known is peer for known in self._by_address.values()) >= _MAX_ADDRESSES:
            return
        self._by_address[address] = peer
        peer.checked(address, check.nominates)
