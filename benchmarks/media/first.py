"""First decoded picture, the way to the live edge, and glass to glass, in Chromium, every server in turn on the same clip."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from benchmarks.media import janus, servers
from benchmarks.media.clip import Clip
from benchmarks.media.judge import EDGE_MS, Judge
from benchmarks.media.network import say
from benchmarks.media.servers import Server
from benchmarks.media.stats import Sample, row

Seen = dict[str, list[dict[str, Any]]]
Row = dict[str, Any]
_SETTLED = 20
"""Pictures a viewer must have shown before the age of the following ones counts as glass to glass."""


async def rows(judging: Any, origin: str, folder: Path, clip: Clip, rounds: int, cold_rounds: int) -> list[Row]:
    """The rows of one clip: warm first, then cold where asked for."""
    found: list[Row] = []
    async with judging(clip) as judge:
        async with AsyncExitStack() as stack:
            ours, rivals = await warm(stack, folder / "warm", clip, origin)
            joins: dict[str, Callable[[], Awaitable[int]]] = {
                "ours": lambda: judge.watch(ours),
                "ours, stream": lambda: judge.watch(ours, "ws"),
            }
            joins |= {rival.name: _joining(judge, rival) for rival in rivals}
            await each_in_turn(judge, joins, 1)  # warms up Chromium's decoder and every server
            found += warm_rows(clip, await each_in_turn(judge, joins, rounds), [rival.name for rival in rivals])
        if cold_rounds:
            found += await cold_rows(judge, origin, folder / "cold", clip, cold_rounds)
    return found


def _joining(judge: Judge, server: Server) -> Callable[[], Awaitable[int]]:
    return lambda: judge.watch(server)


async def warm(stack: AsyncExitStack, folder: Path, clip: Clip, origin: str) -> tuple[servers.Ours, list[Server]]:
    """Every server that can be had, on one camera that each of them pulls already."""
    reason = janus.missing()
    ports = [] if reason else janus.free_udp_ports(2)
    source = await stack.enter_async_context(servers.camera(folder, clip, [f"127.0.0.1:{port}" for port in ports]))
    ours = await stack.enter_async_context(servers.ours(folder / "ours", source, origin))
    rivals: list[Server] = [await stack.enter_async_context(servers.aiortc(folder / "aiortc", source))]
    if reason:
        say(f"Janus not measured: {reason}")
    else:
        both = await stack.enter_async_context(janus.janus(folder / "janus", clip, ports))
        rivals += [both, both.keeping()]
    await asyncio.sleep(2 * clip.gop / float(clip.fps))  # every server has seen an IDR
    return ours, rivals


async def each_in_turn(judge: Judge, joins: dict[str, Callable[[], Awaitable[int]]], rounds: int) -> Seen:
    """Watch by every way, one after the other and round after round, each beginning anywhere in a GOP."""
    seen: Seen = defaultdict(list)
    gop_s = judge.clip.gop / float(judge.clip.fps)
    for _ in range(rounds):
        for name, join in joins.items():
            await asyncio.sleep(random.uniform(0.1, 0.1 + gop_s))
            viewer = await join()
            try:
                seen[name].append(await judge.until(viewer, _watched))
            except TimeoutError:
                say(f"{name}: no settled picture of {judge.clip.name} within 15 s: {_brief(await judge.noted(viewer))}")
            await judge.leave(viewer)
    return seen


def _watched(noted: dict[str, Any]) -> bool:
    return noted["edge"] is not None and noted["frames"] > _SETTLED + 20


def _brief(noted: dict[str, Any]) -> str:
    return f"first {noted['first']} ms, {noted['frames']} pictures, {noted['unread']} unreadable"


def warm_rows(clip: Clip, seen: Seen, rivals: list[str]) -> list[Row]:
    def of(name: str, key: str) -> Sample:
        return Sample.of([one[key] for one in seen[name]])

    def ages(name: str) -> Sample:
        return Sample.of([age for one in seen[name] for age in one["ages"][_SETTLED:]])

    found: list[Row] = []
    for rival in rivals:
        goal = 10 if rival in ("aiortc", "Janus") else None
        found.append(row(f"first picture, warm, {clip.name}, {rival}", of("ours", "first"), of(rival, "first"), "ms", ratio_goal=goal))
    found += [row(f"first picture at the live edge, {clip.name}, {rival}", of("ours", "edge"), of(rival, "edge"), "ms") for rival in rivals]
    worst = f"age of the picture under {EDGE_MS} ms"
    found.append(row(f"first picture at the live edge p95, {clip.name}", of("ours", "edge"), None, "ms", at=0.95, goal=300, note=worst))
    found.append(row(f"stream: first picture, warm, {clip.name}", of("ours, stream", "first"), None, "ms"))
    found.append(row(f"stream: at the live edge p95, {clip.name}", of("ours, stream", "edge"), None, "ms", at=0.95, goal=300))
    found += [row(f"glass to glass, {clip.name}, {rival}", ages("ours"), ages(rival), "ms") for rival in rivals]
    return [*found, row(f"stream: glass to glass, {clip.name}", ages("ours, stream"), None, "ms")]


async def cold_rows(judge: Judge, origin: str, folder: Path, clip: Clip, rounds: int) -> list[Row]:
    """Nobody pulls the camera: the first picture, less the wait for the camera's next IDR."""
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(servers.camera(folder, clip))
        ours = await stack.enter_async_context(servers.ours(folder / "ours", source, origin, warm=False))
        aiortc = await stack.enter_async_context(servers.aiortc(folder / "aiortc", source, warm=False))
        seen: Seen = defaultdict(list)
        for _ in range(rounds):
            for server in (ours, aiortc):
                await asyncio.sleep(random.uniform(0, clip.gop / float(clip.fps)))
                viewer = await judge.watch(server)
                try:
                    seen[server.name].append(await judge.until(viewer, lambda noted: noted["frames"] > 3))
                except TimeoutError:
                    say(f"{server.name}, cold: no picture within 15 s")
                await judge.leave(viewer)
                await server.cut()  # the camera is let go
                await asyncio.sleep(0.3)

    def of(name: str) -> Sample:
        return Sample.of([one["first"] for one in seen[name]])

    def beyond(name: str) -> Sample:
        return Sample.of([one["first"] - clip.until_key_ms(one["askedWall"] / 1000) for one in seen[name]])

    note = "RTSP, ICE, DTLS and decoding: what must pass even when the IDR comes at once"
    return [
        row(f"first picture, cold, {clip.name}, aiortc", of("ours"), of("aiortc"), "ms"),
        row(
            f"first picture, cold, beyond the wait for the IDR, {clip.name}, aiortc",
            beyond("ours"),
            beyond("aiortc"),
            "ms",
            goal=150,
            note=note,
        ),
        row(f"first picture, cold, beyond the wait p95, {clip.name}, aiortc", beyond("ours"), beyond("aiortc"), "ms", at=0.95),
    ]
