"""CPU and memory a viewer costs a server, with GStreamer's receivers; every server in turn on the same clip.

The server has one core to itself as far as the machine allows, everything else runs on another. CPU is user and system time of the
server's process over a window, memory its resident set; both are read with no viewer, half and all of them, and a line is laid through
the three: its slope is the cost of a viewer, without what the server costs before anybody watches.
"""

import asyncio
import contextlib
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.media import janus, load, servers
from benchmarks.media.clip import Clip
from benchmarks.media.network import say
from benchmarks.media.servers import Server
from benchmarks.media.stats import Sample, row
from bonghwa.city.rtp import payloads

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, OTHER_CORE = CORES[0], CORES[-1]

DISTURBED = 20.0
"""A server that waits more than this percent of the time for its core is measured on a machine that does something else."""

_WHOLE = 0.8
"""Less of the clip than this is not all of it: the windows are not whole loops, and no packet is larger than the camera's."""


@dataclass(frozen=True)
class Cost:
    """What one viewer costs: percent of a core, MB; `waited` is how much of the time the server waited for its core at most, in percent."""

    cpu: float
    memory: float
    waited: float


def waited_s(pid: int) -> float:
    """Seconds that a process's threads were ready to run and their core was busy with others; 0 where the kernel does not tell."""
    waits = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, IndexError):  # a thread may end meanwhile
            waits += int(thread.read_text().split()[1])
    return waits / 1e9


def packets_s(clip: Clip) -> float:
    """Packets a second of the clip as the camera cuts it; a server may cut smaller ones."""
    return float(sum(len(payloads(picture)) for picture in clip.pictures) * clip.fps / len(clip.pictures))


async def cpu_share(pid: int, seconds: float) -> float:
    """Percent of one core that a process used in a window from now."""
    process, loop = psutil.Process(pid), asyncio.get_running_loop()
    before, began = process.cpu_times(), loop.time()
    await asyncio.sleep(seconds)
    after, took = process.cpu_times(), loop.time() - began
    return 100 * (after.user + after.system - before.user - before.system) / took


async def rows(origin: str, folder: Path, clip: Clip, viewers: int, window_s: float, rounds: int) -> list[dict[str, Any]]:
    """Both costs beside both rivals."""
    if reason := load.missing():
        say(f"CPU and memory per viewer not measured: {reason}")
        return []
    measured: dict[str, list[Cost]] = {}
    for turn in range(rounds):
        for name in ("ours", "aiortc", *(() if janus.missing() else ("Janus",))):
            here = folder / f"{turn}-{name}"
            async with AsyncExitStack() as stack:
                server = await start(name, stack, here, clip, origin, viewers)
                try:
                    measured.setdefault(name, []).append(await _cost(server, here, clip, viewers, window_s))
                except (RuntimeError, TimeoutError) as error:
                    say(f"{name}: no cost measured: {error}")
    ours, found = measured.get("ours", []), []
    cpu, memory = Sample.of([one.cpu for one in ours]), Sample.of([one.memory for one in ours])
    note = f"{viewers} viewers by GStreamer, {clip.mbit_s:.1f} Mbit/s"
    waited = max((one.waited for costs in measured.values() for one in costs), default=0.0)
    if waited > DISTURBED:
        note += f"; not to be trusted: a server waited {waited:.0f} % of the time for its core, the machine is busy"
    for rival, goal in (("aiortc", 5.0), ("Janus", 3.5)):
        theirs = measured.get(rival, [])
        cpu_theirs = Sample.of([one.cpu for one in theirs])
        found.append(row(f"CPU a viewer, {rival}", cpu, cpu_theirs, "% of a core", ratio_goal=goal, note=note))
        found.append(row(f"memory a viewer, {rival}", memory, Sample.of([one.memory for one in theirs]), "MB"))
    return found


async def start(name: str, stack: AsyncExitStack, folder: Path, clip: Clip, origin: str, viewers: int) -> Server:
    """One server alone with its camera, on its core, warm."""
    ports = janus.free_udp_ports(2) if name == "Janus" else []
    targets = [f"127.0.0.1:{port}" for port in ports[:1]]
    source = await stack.enter_async_context(servers.camera(folder, clip, targets, core=OTHER_CORE))
    if name == "ours":
        limit = max(250, viewers + 10)
        return await stack.enter_async_context(servers.ours(folder / name, source, origin, viewers=limit, core=SERVER_CORE))
    if name == "aiortc":
        return await stack.enter_async_context(servers.aiortc(folder / name, source, core=SERVER_CORE))
    return await stack.enter_async_context(janus.janus(folder / name, clip, ports, core=SERVER_CORE))


async def _cost(server: Server, folder: Path, clip: Clip, viewers: int, window_s: float) -> Cost:
    """Raises RuntimeError when a viewer does not get the clip: a server that sends less costs less, and that is no merit."""
    process = psutil.Process(server.pid)
    async with AsyncExitStack() as stack:
        crowd = await stack.enter_async_context(load.crowd(folder / "receivers.log", OTHER_CORE, load.GSTREAMER))
        await asyncio.sleep(2)
        points, most = [(0, await cpu_share(server.pid, window_s), process.memory_info().rss / 1e6)], 0.0
        for count in (viewers // 2, viewers):
            await crowd.join(server, count - crowd.count, stack)
            await asyncio.sleep(2)
            before, waited = await crowd.counted(), waited_s(server.pid)
            cpu = await cpu_share(server.pid, window_s)
            after, waited = await crowd.counted(), 100 * (waited_s(server.pid) - waited) / window_s
            most = max(most, waited)
            points.append((count, cpu, process.memory_info().rss / 1e6))
            lost, receiving = after["lost"] - before["lost"], after["receiving"]
            say(
                f"{server.name}: {count} viewers, {receiving} receive, {cpu:.1f} % of a core, {points[-1][2]:.0f} MB, {lost} packets lost,"
                f" waited {waited:.0f} % of the time for its core"
            )
            share = (after["packets"] - before["packets"]) / (window_s * count * packets_s(clip))
            if receiving < count or share < _WHOLE:
                raise RuntimeError(f"{receiving} of {count} viewers receive, together {share:.0%} of the clip")
    count, cpu, memory = np.array(points).T
    return Cost(float(np.polyfit(count, cpu, 1)[0]), float(np.polyfit(count, memory, 1)[0]), most)
