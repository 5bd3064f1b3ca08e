"""How many viewers of one 2 Mbit/s camera one gateway process serves from one core without losing a packet.

The receivers are ours (`receivers_light`): nobody else's does five hundred on the other core of a small machine. For the rivals no such
run is made; what they would come to is 100 % over their CPU a viewer (`cost`).
"""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.media import load
from benchmarks.media.clip import Clip
from benchmarks.media.cost import DISTURBED, OTHER_CORE, cpu_share, start, waited_s
from benchmarks.media.network import say
from benchmarks.media.servers import Server
from benchmarks.media.stats import Sample, row

GOAL = 500
_FULL = 95.0
"""A core that is used to more than this percent is full."""

_STEADY = 0.8
"""Viewers that get less than this share of the packets of the first step's are behind: the clip is not equally dense all along."""


@dataclass(frozen=True)
class Step:
    """What so many viewers got in a window."""

    viewers: int
    receiving: int
    cpu: float
    waited: float
    receivers_cpu: float
    lost: int
    full: int
    unsent: int
    rate: float

    def __str__(self) -> str:
        return (
            f"{self.viewers} viewers: {self.receiving} receive {self.rate:.0f} packets a second each; gateway {self.cpu:.0f} % of a core"
            f" (and {self.waited:.0f} % waiting for it), receivers {self.receivers_cpu:.0f} %; {self.lost} packets lost,"
            f" {self.full} datagrams without room at the receivers, {self.unsent} packets without room at the gateway so far"
        )

    def why(self, rate: float) -> str:
        """What ended the climb."""
        if self.waited > DISTURBED:
            return f"not the gateway's doing: others on the machine held its core {self.waited:.0f} % of the time; run it on a quiet one"
        if self.cpu > _FULL:
            return f"with {self.viewers} the gateway's core is full ({self.cpu:.0f} %)"
        if self.receivers_cpu > _FULL or self.full:
            return f"with {self.viewers} the receivers fall behind ({self.receivers_cpu:.0f} %), the gateway is at {self.cpu:.0f} %"
        return f"with {self.viewers} {self.lost} packets are lost, {self.rate / rate:.0%} of the rate, the gateway is at {self.cpu:.0f} %"


async def rows(origin: str, folder: Path, clip: Clip, steps: tuple[int, ...], window_s: float) -> list[dict[str, Any]]:
    """Climb the steps until packets are lost or the core is full."""
    best, busy, reason = 0, 0.0, ""
    async with AsyncExitStack() as stack:
        server = await start("ours", stack, folder, clip, origin, max(steps))
        crowd = await stack.enter_async_context(load.crowd(folder / "receivers.log", OTHER_CORE, load.LIGHT))
        rate = 0.0
        for count in steps:
            await crowd.join(server, count - crowd.count, stack)
            await asyncio.sleep(2)
            step = await _step(server, crowd, count, window_s)
            say(str(step))
            rate = rate or step.rate
            if step.lost or step.receiving < count or step.rate < _STEADY * rate or step.cpu > _FULL:
                reason = step.why(rate)
                break
            best, busy = count, step.cpu
    note = f"at {busy:.0f} % of a core and {best * clip.mbit_s:.0f} Mbit/s" + (f"; beyond: {reason}" if reason else "; no more were tried")
    found = row("viewers of one core without loss (receivers of our own)", Sample.of([best]), None, "viewers", note=note)
    return [{**found, "goal": GOAL, "met": True if best >= GOAL else False if reason else None, "goal_of": "least"}]


async def _step(server: Server, crowd: load.Crowd, count: int, window_s: float) -> Step:
    waited = waited_s(server.pid)
    before, full, began = await crowd.counted(), receive_errors(), time.monotonic()
    cpu, receivers = await asyncio.gather(cpu_share(server.pid, window_s), cpu_share(crowd.process.pid, window_s))
    after, took = await crowd.counted(), time.monotonic() - began
    rate = (after["packets"] - before["packets"]) / took / count
    lost, full = after["lost"] - before["lost"], receive_errors() - full
    waited = 100 * (waited_s(server.pid) - waited) / took
    return Step(count, after["receiving"], cpu, waited, receivers, lost, full, await dropped(server.url), rate)


def receive_errors() -> int:
    """Datagrams the kernel threw away because a receiver's buffer was full, in this network."""
    heads, values = (line.split()[1:] for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:"))
    return int(dict(zip(heads, values, strict=True))["RcvbufErrors"])


async def dropped(url: str) -> int:
    """Packets the gateway says that the kernel did not take."""
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"{url}/metrics")).text
    return next((int(float(line.split()[1])) for line in text.splitlines() if line.startswith("bonghwa_gateway_udp_dropped_packets ")), 0)
