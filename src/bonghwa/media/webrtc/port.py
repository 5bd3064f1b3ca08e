"""A UDP port all viewers share: who a datagram is from, and many packets out in one system call."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence

from bonghwa.media.webrtc.peers import Address, Path, Peer, Peers, take

_RECEIVE_AT_ONCE = 64
# Linux, linux/udp.h: one call hands the kernel many datagrams of one size (generic segmentation offload).
_SOL_UDP, _UDP_SEGMENT = 17, 103
_MAX_SEGMENTS, _MAX_OFFLOAD = 60, 64_000
_BUFFER = 4 << 20


class UdpPort:
    """Bound and non-blocking; `open` begins reading on the running loop."""

    protocol = "udp"

    def __init__(self, sock: socket.socket, peers: Peers) -> None:
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        self._sock = sock
        self._peers = peers
        self._by_address: dict[Address, tuple[Peer, Path]] = {}
        self._offload = True
        self.dropped = 0

    @property
    def at(self) -> tuple[str, int]:
        """The address and number it is bound to."""
        host, number = self._sock.getsockname()[:2]
        return str(host), int(number)

    def open(self) -> None:
        """Begin to read."""
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)

    def close(self) -> None:
        """Stop reading and close."""
        asyncio.get_running_loop().remove_reader(self._sock.fileno())
        self._sock.close()

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

    def forget(self, address: Address, path: Path) -> None:
        """Take nothing more from this address, unless it is somebody else's by now."""
        known = self._by_address.get(address)
        if known is not None and known[1] is path:
            del self._by_address[address]

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
        known = self._by_address.get(address)
        if data[0] < 4:
            self._check(data, address, known)
        elif known is not None:
            take(known[0], data)

    def _check(self, data: bytes, address: Address, known: tuple[Peer, Path] | None) -> None:
        asked = self._peers.asked(data)
        if asked is None:
            return
        peer, check = asked
        path = known[1] if known and known[0] is peer else UdpPath(self, address)
        taken, answer = self._peers.answer(peer, check, path, address)
        with contextlib.suppress(OSError):
            self._sock.sendto(answer, address)
        if taken:
            self._by_address[address] = peer, path


class UdpPath:
    """From one of our UDP ports to one address."""

    rank = 1

    def __init__(self, port: UdpPort, address: Address) -> None:
        self._port = port
        self._address = address

    def send(self, packets: Sequence[bytes]) -> int:
        """See `Path`."""
        return self._port.send(self._address, packets)

    def close(self) -> None:
        """See `Path`."""
        self._port.forget(self._address, self)
