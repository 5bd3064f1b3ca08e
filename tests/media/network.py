"""A bad network between a viewer and the gateway: a UDP relay that loses, delays and narrows what comes from the gateway."""

import asyncio
import collections
import random
import time


class Network:
    """`port` stands for the gateway's `beyond`. Towards the viewer: `loss` 0..1, `delay_s` plus up to `jitter_s`, `rate` bits per second
    with a queue of `queue_s`. What is set may be changed while it runs."""

    def __init__(self, beyond, *, loss=0.0, delay_s=0.0, jitter_s=0.0, rate=None, queue_s=0.2, seed=1):
        self.loss, self.delay_s, self.jitter_s, self.rate, self.queue_s = loss, delay_s, jitter_s, rate, queue_s
        self.passed = self.lost = self.overflown = 0
        self._beyond = beyond
        self._random = random.Random(seed)
        self._free_at = 0.0
        self._under_way = collections.deque()
        self._ways = {}

    async def start(self):
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(lambda: _Front(self), local_addr=("127.0.0.1", 0))
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    def stop(self):
        self._front.close()
        for way in self._ways.values():
            way.cancel() if isinstance(way, asyncio.Task) else way.close()

    def up(self, data, viewer):
        way = self._ways.get(viewer)
        if way is None:
            self._ways[viewer] = asyncio.create_task(self._open(data, viewer))
        elif not isinstance(way, asyncio.Task):
            asyncio.get_running_loop().call_later(self.delay_s, _send, way, data)

    async def _open(self, data, viewer):
        loop = asyncio.get_running_loop()
        way, _ = await loop.create_datagram_endpoint(lambda: _Back(self, viewer), remote_addr=("127.0.0.1", self._beyond))
        self._ways[viewer] = way
        _send(way, data)

    def down(self, data, viewer):
        if self._random.random() < self.loss:
            self.lost += 1
            return
        now = time.monotonic()
        wait = self.delay_s + self._random.random() * self.jitter_s
        if self.rate:
            begins = max(now, self._free_at)
            if begins - now > self.queue_s:
                self.overflown += 1
                return
            self._free_at = begins + 8 * len(data) / self.rate
            wait += self._free_at - now
        self.passed += len(data)
        # Jitter never reorders: a packet waits for the one before it.
        last = self._under_way[-1][0] if self._under_way else 0.0
        self._under_way.append((max(now + wait, last), data, viewer))
        if len(self._under_way) == 1:
            self._arrive()

    def _arrive(self):
        while self._under_way:
            at, data, viewer = self._under_way[0]
            wait = at - time.monotonic()
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._arrive)
                return
            self._under_way.popleft()
            _send(self._front, data, viewer)


def _send(transport, data, address=None):
    if not transport.is_closing():
        transport.sendto(data, address)


class _Front(asyncio.DatagramProtocol):
    def __init__(self, network):
        self._network = network

    def datagram_received(self, data, addr):
        self._network.up(data, addr)


class _Back(asyncio.DatagramProtocol):
    def __init__(self, network, viewer):
        self._network, self._viewer = network, viewer

    def datagram_received(self, data, addr):
        self._network.down(data, self._viewer)
