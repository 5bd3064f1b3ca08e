"""All ports viewers can reach us at, and what an answer tells a viewer of them."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bonghwa.media.webrtc.peers import Peers
from bonghwa.media.webrtc.port import UdpPort
from bonghwa.media.webrtc.tcp import TcpPort


@dataclass(frozen=True)
class Candidate:
    """A host candidate (RFC 8445; `tcp` is a passive one of RFC 6544)."""

    protocol: str
    host: str
    number: int


class Ports:
    """A gateway's UDP and TCP ports on each of its addresses, and the viewers they share."""

    def __init__(self, sockets: Sequence[socket.socket], announce: Sequence[str] = ()) -> None:
        self.peers = Peers()
        self._announce = tuple(announce)
        self._udp = [UdpPort(each, self.peers) for each in sockets if each.type == socket.SOCK_DGRAM]
        self._tcp = [TcpPort(each, self.peers) for each in sockets if each.type == socket.SOCK_STREAM]

    @property
    def _every(self) -> list[UdpPort | TcpPort]:
        return [*self._udp, *self._tcp]

    @property
    def dropped(self) -> int:
        """Packets there was no room for."""
        return sum(port.dropped for port in self._every)

    async def open(self) -> None:
        """Begin to read and to listen."""
        for udp in self._udp:
            udp.open()
        for tcp in self._tcp:
            await tcp.open()

    def close(self) -> None:
        """Stop."""
        for port in self._every:
            port.close()

    def candidates(self, reached_at: str) -> list[Candidate]:
        """Where viewers can send to, UDP first.

        The announced addresses; else those listened at, and where that is every address, the one this viewer's request reached.
        """
        found: dict[Candidate, None] = {}
        for port in self._every:
            bound, number = port.at
            for host in self._announce or (reached_at if ipaddress.ip_address(bound).is_unspecified else bound,):
                if _family(host) in (None, _family(bound)):
                    found[Candidate(port.protocol, host, number)] = None
        return list(found)


def _family(host: str) -> int | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0]).version
    return None


def bind(addresses: Sequence[str], udp_port: int, tcp_port: int, wish: int) -> list[socket.socket]:
    """UDP and TCP sockets on each address, each kind with one number for all of them.

    Port 0 takes `wish`, for TCP the UDP port's number, where it is free, else any. Raises `OSError` or `ValueError`.
    """
    made: list[socket.socket] = []
    try:
        for kind, asked in ((socket.SOCK_DGRAM, udp_port), (socket.SOCK_STREAM, tcp_port)):
            wish = made[0].getsockname()[1] if made else wish
            made += _on_each(addresses, kind, [asked] if asked else [wish, *[0] * 8])
    except BaseException:
        for each in made:
            each.close()
        raise
    return made


def _on_each(addresses: Sequence[str], kind: int, numbers: Sequence[int]) -> list[socket.socket]:
    """Sockets of one kind with the first of these numbers that all addresses have free."""
    error: OSError | None = None
    for number in numbers:
        with contextlib.ExitStack() as undo:
            made: list[socket.socket] = []
            try:
                for sock in _bound(addresses, kind, number):
                    undo.callback(sock.close)
                    made.append(sock)
            except OSError as failed:
                error = failed
                continue
            undo.pop_all()
            return made
    raise error or OSError("no port is free")


def _bound(addresses: Sequence[str], kind: int, number: int) -> Iterator[socket.socket]:
    for address in addresses:
        version = ipaddress.ip_address(address).version
        sock = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, kind)
        try:
            if version == 6:
                # An IPv6 port of ours never takes IPv4: each family has its own socket and its own candidates.
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address, number))
        except BaseException:
            sock.close()
            raise
        number = sock.getsockname()[1]
        yield sock
