"""What is left of the picture on a bad network, in Chromium, each server behind the same relay in turn.

A picture that stands longer than a quarter of a second is a freeze, all its time beyond one picture's counts as frozen. Age is how old the
shown picture is (glass to glass on that network). The stream over WebSocket is TCP and does not go through the relay: not measured here.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from benchmarks.media import network as own
from benchmarks.media.clip import Clip
from benchmarks.media.first import warm
from benchmarks.media.judge import Judge
from benchmarks.media.network import say
from benchmarks.media.relay import NETWORKS, Network, Relay
from benchmarks.media.servers import Server
from benchmarks.media.stats import Sample, row

FREEZE_MS = 250
_SETTLE_S = 3.0
Facts = dict[str, float]


async def rows(
    judging: Any, origin: str, folder: Path, clip: Clip, seconds: float, rounds: int, networks: Sequence[Network] = NETWORKS
) -> list[dict[str, Any]]:
    """Rows of every network beside every rival."""
    seen: dict[tuple[Network, str], list[Facts]] = defaultdict(list)
    async with judging(clip) as judge, AsyncExitStack() as stack:
        ours, rivals = await warm(stack, folder, clip, origin)
        servers = [ours, *(rival for rival in rivals if rival.name in ("aiortc", "Janus"))]
        host = own.ADDRESS if own.inside() else "127.0.0.1"
        for turn in range(rounds):
            for network in networks:
                for server in servers:
                    facts = await _watch(judge, server, Relay(network, host, turn), seconds)
                    say(f"{network.name}, {server.name}: " + ", ".join(f"{name} {value:.3g}" for name, value in facts.items()))
                    seen[network, server.name].append(facts)
    found = []
    for network in networks:
        for rival in [server.name for server in servers[1:]]:
            for fact, unit in (
                ("frozen", "% of the time"),
                ("freezes", "a minute"),
                ("pictures", "a second"),
                ("age p95", "ms"),
                ("width", "pixels"),
            ):
                ours_seen, theirs = (Sample.of([facts[fact] for facts in seen[network, name] if fact in facts]) for name in ("ours", rival))
                found.append(row(f"{network.name}: {fact}, {rival}", ours_seen, theirs, unit, more=fact in ("pictures", "width")))
    return found


async def _watch(judge: Judge, server: Server, relay: Relay, seconds: float) -> Facts:
    """Watch through a relay for a while; what was seen after the first moments."""

    async def route(host: str, port: int) -> dict[str, Any]:
        address, number = await relay.open((host, port))
        return {"host": address, "port": number}

    judge.route = route
    viewer = await judge.watch(server, routed=True)
    try:
        await asyncio.sleep(_SETTLE_S)
        before = await judge.noted(viewer)
        await asyncio.sleep(seconds)
        after = await judge.noted(viewer)
    finally:
        await judge.leave(viewer)
        relay.close()
    return facts_of(judge.clip, before, after)


def facts_of(clip: Clip, before: dict[str, Any], after: dict[str, Any]) -> Facts:
    """What a viewer saw between two notes, taken at `now` of the page's clock."""
    began, ended = before["now"], after["now"]
    times = [began, *(at for at in after["times"] if began < at <= ended), ended]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    frozen = [gap - 1000 / float(clip.fps) for gap in gaps if gap > FREEZE_MS]
    ages = Sample.of(after["ages"][len(before["ages"]) :])
    return {
        "frozen": 100 * sum(frozen) / (ended - began),
        "freezes": len(frozen) / (ended - began) * 60_000,
        "pictures": (len(times) - 2) / (ended - began) * 1000,
        **({"age p95": ages.quantile(0.95)} if ages.n else {}),
        "width": after["width"],
    }
