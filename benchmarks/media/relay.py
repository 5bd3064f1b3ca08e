"""A bad network between the browser and a server: a UDP relay that loses, delays and narrows, the same for whoever sends through it."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

Address = tuple[str, int]
_HEADERS = 28
"""Octets of IPv4 and UDP around a datagram."""


@dataclass(frozen=True)
class Network:
    """What a network does to datagrams: the loss and half of the round trip each way, the bottleneck towards the viewer only."""

    name: str
    loss: float = 0.0
    round_trip_ms: float = 0.0
    jitter_ms: float = 0.0
    mbit_s: float = 0.0
    queue_ms: float = 0.0


NETWORKS = (
    Network("clean"),
    Network("2 % loss, 40 ms", loss=0.02, round_trip_ms=40),
    Network("8 % loss, 40 ms", loss=0.08, round_trip_ms=40),
    Network("100 ms, jitter 30 ms", round_trip_ms=100, jitter_ms=30),
    Network("1.5 Mbit/s, queue 200 ms, 40 ms", round_trip_ms=40, mbit_s=1.5, queue_ms=200),
)


class Way:
    """One direction. Datagrams keep their order, as they do on one path."""

    def __init__(self, network: Network, *, narrow: bool, chance: random.Random) -> None:
        self._network, self._chance = network, chance
        self._narrow = narrow and network.mbit_s > 0
        self._free = self._latest = 0.0
        self.passed = self.lost = self.overflowed = 0

    def due(self, now: float, size: int) -> float | None:
        """When a datagram that comes now leaves at the other end; None when it never does."""
        network = self._network
        if self._chance.random() < network.loss:
            self.lost += 1
            return None
        leaves = now
        if self._narrow:
            leaves = max(now, self._free)
            if leaves - now > network.queue_ms / 1000:
                self.overflowed += 1
                return None
            leaves += (size + _HEADERS) * 8 / (network.mbit_s * 1_000_000)
            self._free = leaves
        leaves += (network.round_trip_ms / 2 + self._chance.uniform(0, network.jitter_ms)) / 1000
        self._latest = max(leaves, self._latest)
        self.passed += 1
        return self._latest


class _End(asyncio.DatagramProtocol):
    def __init__(self, take: Any) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._take(data, addr)


class Relay:
    """One viewer's path to one server."""

    def __init__(self, network: Network, host: str, seed: int) -> None:
        chance = random.Random(seed)
        self.down, self.up = Way(network, narrow=True, chance=chance), Way(network, narrow=False, chance=chance)
        self._host = host
        self._viewer: Any = None
        self._ends: list[asyncio.DatagramTransport] = []

    async def open(self, server: Address) -> Address:
        """Relay between whoever speaks to the address it gives, and a server."""
        loop = asyncio.get_running_loop()
        inner, _ = await loop.create_datagram_endpoint(lambda: _End(self._from_viewer), (self._host, 0))
        outer, _ = await loop.create_datagram_endpoint(lambda: _End(self._from_server), remote_addr=server)
        self._ends = [inner, outer]
        address: Address = inner.get_extra_info("sockname")[:2]
        return address

    def close(self) -> None:
        for end in self._ends:
            end.close()

    def _from_viewer(self, data: bytes, viewer: Any) -> None:
        self._viewer = viewer
        self._pass(self.up, data, lambda: self._ends[1].sendto(data))

    def _from_server(self, data: bytes, _: Any) -> None:
        self._pass(self.down, data, lambda: self._ends[0].sendto(data, self._viewer))

    def _pass(self, way: Way, data: bytes, send: Any) -> None:
        loop = asyncio.get_running_loop()
        due = way.due(loop.time(), len(data))
        if due is not None:
            loop.call_at(due, lambda: None if self._ends[0].is_closing() else send())
