"""ICE over TCP (RFC 6544, passive candidates; framing of RFC 4571), for a viewer whose network lets no UDP through."""

import asyncio
import socket
from collections.abc import Sequence
from typing import cast

from bonghwa.media.webrtc.peers import Address, Peer, Peers, take

_MAX_FRAME = 2_048
_SILENT_S = 5.0
# What waits here was sent when it is too late to cut it: little may wait, and it is thrown away at a cut.
_MAX_WAITING = 192_000
_SEND_BUFFER = 128 * 1024
_MAX_STRANGERS = 256


class TcpPort:
    """A bound socket that listens from `open` on; each connection is one viewer's path once its first check has proven whose."""

    protocol = "tcp"

    def __init__(self, sock: socket.socket, peers: Peers) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._sock = sock
        self.peers = peers
        self.strangers: set[_Connection] = set()
        self.dropped = 0
        self._server: asyncio.Server | None = None

    @property
    def at(self) -> tuple[str, int]:
        """The address and number it is bound to."""
        host, number = self._sock.getsockname()[:2]
        return str(host), int(number)

    async def open(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Connection(self), sock=self._sock)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        for stranger in tuple(self.strangers):
            stranger.close()


class _Connection(asyncio.Protocol):
    """One connection: a `Path` of the viewer whose check came first by it."""

    rank = 0

    def __init__(self, port: TcpPort) -> None:
        self._port = port
        self._peer: Peer | None = None
        self._address: Address = ("", 0)
        self._held = bytearray()
        self._transport: asyncio.Transport
        self._patience: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = transport = cast("asyncio.Transport", transport)
        transport.set_write_buffer_limits(high=_MAX_WAITING)
        self._address = transport.get_extra_info("peername") or ("", 0)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port.strangers.add(self)
        self._patience = asyncio.get_running_loop().call_later(_SILENT_S, transport.abort)
        if len(self._port.strangers) > _MAX_STRANGERS:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        held = self._held
        held += data
        at = 0
        while at + 2 <= len(held):
            size = int.from_bytes(held[at : at + 2], "big")
            if not 0 < size <= _MAX_FRAME:
                self._transport.abort()
                return
            if at + 2 + size > len(held):
                break
            self._take(bytes(held[at + 2 : at + 2 + size]))
            at += 2 + size
            if self._transport.is_closing():
                return
        del held[:at]

    def connection_lost(self, _error: Exception | None) -> None:
        self._patience.cancel()
        self._port.strangers.discard(self)
        peer, self._peer = self._peer, None
        if peer is not None:
            self._port.peers.cut_off(peer, self)

    def send(self, packets: Sequence[bytes]) -> int:
        """See `Path`; what would wait too long is dropped."""
        if self._transport.is_closing():
            return 0
        if self._transport.get_write_buffer_size() > _MAX_WAITING:
            self._port.dropped += len(packets)
            return 0
        self._transport.write(b"".join(part for packet in packets for part in (len(packet).to_bytes(2, "big"), packet)))
        return sum(map(len, packets))

    def close(self) -> None:
        """See `Path`: what still waits to be sent is thrown away."""
        self._peer = None
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def _take(self, data: bytes) -> None:
        if data[0] < 4:
            asked = self._port.peers.asked(data)
            if asked is None or self._peer not in (None, asked[0]):
                return
            taken, answer = self._port.peers.answer(*asked, self, self._address)
            self.send([answer])
            if taken:
                self._peer = asked[0]
                self._patience.cancel()
                self._port.strangers.discard(self)
        elif self._peer is not None:
            take(self._peer, data)
