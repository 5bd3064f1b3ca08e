"""The cut: many raw viewers in Chromium, ended from the server's side; how long after the asking the last picture was decoded.

The pages do not help: nobody blanks a video or closes a connection. Ours is told by the hub to revoke the grant, aiortc's server closes all
its peers, Janus destroys the mountpoint.
"""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from benchmarks.media import janus, servers
from benchmarks.media.clip import Clip
from benchmarks.media.judge import Judge
from benchmarks.media.network import say
from benchmarks.media.servers import Server
from benchmarks.media.stats import Sample, row

WAYS = (("ours", "webrtc"), ("ours", "ws"), ("aiortc", "webrtc"), ("Janus", "webrtc"))
_AFTER_S = 2.0


async def rows(judging: Any, origin: str, folder: Path, clip: Clip, viewers: int, rounds: int) -> list[dict[str, Any]]:
    """Rows of both transports of ours and of the rivals."""
    seen: dict[tuple[str, str], list[float]] = {way: [] for way in WAYS}
    for turn in range(rounds):
        for way in WAYS:
            if way[0] == "Janus" and janus.missing():
                continue
            async with AsyncExitStack() as stack:
                server = await _start(way[0], stack, folder / f"{turn}-{way[0]}-{way[1]}", clip, origin)
                judge = await stack.enter_async_context(judging(clip))
                try:
                    seen[way] += await _cut(judge, server, way[1], viewers)
                except (RuntimeError, TimeoutError) as error:
                    say(f"cut of {way}: {error!r}")
    ours, stream = Sample.of(seen["ours", "webrtc"]), Sample.of(seen["ours", "ws"])
    note = f"{viewers} viewers, {rounds} rounds; from the order to the last decoded picture"
    found = [
        row("cut, WebRTC, last decoded picture p99", ours, None, "ms", at=0.99, goal=250, note=note),
        row("cut, stream, last decoded picture p99", stream, None, "ms", at=0.99, goal=250, note=note),
    ]
    for rival in ("aiortc", "Janus"):
        theirs = Sample.of(seen[rival, "webrtc"])
        found += [
            row(f"cut, WebRTC, last decoded picture {name}, {rival}", ours, theirs, "ms", at=at)
            for name, at in (("p50", 0.5), ("p99", 0.99))
        ]
    return found


async def _start(name: str, stack: AsyncExitStack, folder: Path, clip: Clip, origin: str) -> Server:
    ports = janus.free_udp_ports(2) if name == "Janus" else []
    source = await stack.enter_async_context(servers.camera(folder, clip, [f"127.0.0.1:{port}" for port in ports[:1]]))
    if name == "ours":
        return await stack.enter_async_context(servers.ours(folder / name, source, origin))
    if name == "aiortc":
        return await stack.enter_async_context(servers.aiortc(folder / name, source))
    return await stack.enter_async_context(janus.janus(folder / name, clip, ports))


async def _cut(judge: Judge, server: Server, transport: str, viewers: int) -> list[float]:
    """Milliseconds from the order to each viewer's last picture; 0 for one that saw none after the order."""
    numbers = [await judge.watch(server, transport, reading=False) for _ in range(viewers)]
    for number in numbers:
        await judge.until(number, lambda noted: noted["frames"] > 5, 30)
    await asyncio.sleep(random.uniform(0.5, 1))  # anywhere between two pictures
    asked = await server.cut()
    await asyncio.sleep(_AFTER_S)
    last = [(await judge.noted(number))["last"] for number in numbers]
    stalled = sum(one / 1000 < asked - 0.5 for one in last)
    if stalled:
        raise RuntimeError(f"{stalled} of {viewers} viewers saw nothing in the half second before the cut")
    late = sum(one / 1000 > asked + _AFTER_S - 0.5 for one in last)
    if late:
        say(f"{server.name} by {transport}: {late} of {viewers} viewers still got pictures {_AFTER_S - 0.5} s after the cut")
    return [max(0.0, one - asked * 1000) for one in last]
