"""A drill in real time on the running system: a program at the centre's desk, through the outside faces only.

It files nothing itself: the simulated city plays the drill. It begins the pursuit (`POST /pursuits`), reads the watch list every second,
opens a view and pulls the stream of every granted camera, and presses *seen* (`POST /pursuits/{id}/evidence`). Whether the subject is in a
picture it asks the simulated city (`GET /drills/{run}/sight`), and only for cameras whose pictures truly arrive.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import websockets

from benchmarks.alarm import running
from benchmarks.pursuit_drill.operator_model import CONFIDENCE, Operator, Press, Seen

FRESH_S = 2.0
"""A tile whose last picture is older shows nothing."""
_AGENCY = "tracking_centre"


@dataclass
class Tile:
    """One view on the wall: its stream is pulled until it is closed."""

    view: str
    task: "asyncio.Task[None]"
    last: float = 0.0
    frames: int = 0


@dataclass
class Log:
    """What one drill came to."""

    seed: str
    presses: list[Press] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: int = 0
    in_any: int = 0
    """Seconds in which some camera of the city showed him."""
    in_watch: int = 0
    """Seconds in which a camera of the watch list did."""
    in_sight: int = 0
    """Seconds in which one whose pictures arrived did."""
    missed: int = 0
    views: int = 0
    first_picture_s: float | None = None


class Desk:
    """The tracking centre's token and the city's control face, over HTTP."""

    def __init__(self, ready: dict[str, Any], hub: httpx.AsyncClient, city: httpx.AsyncClient) -> None:
        self._hub, self._city = hub, city
        self._mine = {"Authorization": f"Bearer {ready['tokens'][_AGENCY]}"}
        self._room = {"Authorization": f"Bearer {ready['tokens']['control_room']}"}

    async def hub(self, method: str, path: str, **more: Any) -> Any:
        """The answer of a call as the tracking centre; raises for a refusal, with its text."""
        answer = await self._hub.request(method, f"/api/v1{path}", headers=self._mine, **more)
        if answer.status_code >= 400:
            raise httpx.HTTPStatusError(f"{path}: {answer.status_code} {answer.text[:200]}", request=answer.request, response=answer)
        return answer.json() if answer.content else None

    async def city(self, method: str, path: str, **more: Any) -> Any:
        """The answer of the simulated city's control face."""
        return (await self._city.request(method, path, headers=self._room, **more)).raise_for_status().json()


class Wall:
    """The views that are open, following the watch list."""

    def __init__(self, desk: Desk, log: Log) -> None:
        self._desk, self._log, self.tiles = desk, log, dict[str, Tile]()

    async def follow(self, watch: list[dict[str, Any]]) -> None:
        """Open what is granted and not open, close what is no longer watched."""
        granted = {each["camera"]["id"]: each["grant"] for each in watch if each["granted"]}
        for camera in [camera for camera in self.tiles if camera not in granted or self.tiles[camera].task.done()]:
            await self._close(camera)
        fresh = [camera for camera in granted if camera not in self.tiles]
        await asyncio.gather(*(self._open(camera, granted[camera]) for camera in fresh))

    async def _open(self, camera: str, grant: str) -> None:
        try:
            view = await self._desk.hub("POST", "/views", json={"grant": grant, "camera": camera})
        except httpx.HTTPStatusError as refusal:
            self._log.refused.append(str(refusal))
            return
        self._log.views += 1
        task = asyncio.create_task(self._pull(camera, view["stream"], view["ticket"]))
        self.tiles[camera] = Tile(view["id"], task)

    async def _pull(self, camera: str, address: str, ticket: str) -> None:
        with contextlib.suppress(websockets.WebSocketException, OSError):
            protocols = [websockets.Subprotocol("bonghwa.v1"), websockets.Subprotocol(f"ticket.{ticket}")]
            async with websockets.connect(address, subprotocols=protocols, max_size=None, proxy=None) as stream:
                async for message in stream:
                    if isinstance(message, bytes) and camera in self.tiles:
                        self.tiles[camera].last = time.monotonic()
                        self.tiles[camera].frames += 1

    async def _close(self, camera: str) -> None:
        tile = self.tiles.pop(camera)
        tile.task.cancel()
        await asyncio.gather(tile.task, return_exceptions=True)
        with contextlib.suppress(httpx.HTTPError):
            await self._desk.hub("DELETE", f"/views/{tile.view}")

    async def close(self) -> None:
        """Close every view."""
        for camera in list(self.tiles):
            await self._close(camera)

    def showing(self) -> list[str]:
        """Cameras whose pictures arrive."""
        now = time.monotonic()
        return [camera for camera, tile in self.tiles.items() if now - tile.last < FRESH_S]


async def operate(desk: Desk, seed: str, k: int, minutes: float) -> Log:
    """One drill from its start to the end of the time; the incident is closed after it."""
    log, operator = Log(seed), Operator(seed)
    await desk.city("POST", "/drills", json={"name": "strap_cut_run", "seed": seed})
    incident = await _incident(desk, seed)
    await desk.hub("POST", f"/incidents/{incident}/acknowledge", json={})
    pursuit = (await desk.hub("POST", "/pursuits", json={"incident": incident}))["id"]
    await desk.hub("PUT", f"/pursuits/{pursuit}/wall", json={"k": k})
    wall, began = Wall(desk, log), time.monotonic()
    try:
        async for second in _seconds(minutes * 60):
            picture = await desk.hub("GET", f"/pursuits/{pursuit}")
            await wall.follow(picture["watch"] or [])
            await _look(desk, log, operator, wall, picture, (pursuit, seed, second))
            if log.first_picture_s is None and wall.showing():
                log.first_picture_s = round(time.monotonic() - began, 1)
            if second % 30 == 0:
                print(_said(log, picture, second, len(wall.showing())), file=sys.stderr, flush=True)
    finally:
        log.missed = operator.missed
        await wall.close()
        await desk.hub("DELETE", f"/pursuits/{pursuit}", json={"reason": "훈련 끝"})
        await desk.hub("POST", f"/incidents/{incident}/close", json={"reason": "훈련 끝", "disposition": "test"})
    return log


async def _look(desk: Desk, log: Log, operator: Operator, wall: Wall, picture: dict[str, Any], at: tuple[str, str, int]) -> None:
    """One second before the wall: what is in view, by the city's word, and the key."""
    pursuit, run, second = at
    sight = await desk.city("GET", f"/drills/{run}/sight")
    shown, about = set(sight["cameras"]), sight["subject"]
    watched = {each["camera"]["id"] for each in picture["watch"] or []}
    in_view = shown & set(wall.showing())
    log.seconds += 1
    log.in_any += bool(shown)
    log.in_watch += bool(shown & watched)
    log.in_sight += bool(in_view)
    press = operator.look(second, in_view, Seen(about["heading"], about["mode"]) if about else None)
    if press is None:
        return
    fact = {
        "type": "sighting", "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), "camera": press.camera,
        "heading": round(press.heading % 360.0, 1) % 360.0, "mode": press.mode, "confidence": CONFIDENCE,
    }  # fmt: skip
    try:
        await desk.hub("POST", f"/pursuits/{pursuit}/evidence", json=fact)
        log.presses.append(press)
    except httpx.HTTPStatusError as refusal:
        log.refused.append(str(refusal))


async def _seconds(limit: float) -> AsyncIterator[int]:
    """The whole seconds from now, each once; one that is late is left out."""
    began, last = time.monotonic(), -1
    while (passed := time.monotonic() - began) < limit:
        if int(passed) > last:
            last = int(passed)
            yield last
        else:
            await asyncio.sleep(max(0.01, last + 1 - passed))


async def _incident(desk: Desk, run: str) -> str:
    """The incident that the drill's first report became."""
    for _ in range(600):
        filed = (await desk.city("GET", f"/drills/{run}"))["filed"]
        if filed and filed[0]["incident"]:
            return str(filed[0]["incident"])
        await asyncio.sleep(0.2)
    raise RuntimeError(f"the alarm of drill {run} was not taken within two minutes: {filed}")


def _said(log: Log, picture: dict[str, Any], second: int, tiles: int) -> str:
    since = (picture["since"] or {}).get("seconds")
    return (
        f"drill {log.seed} {second:>4} s: {len(log.presses)} presses, in view {log.in_sight} of {log.in_any} s, "
        f"{tiles} tiles of {len(picture['watch'] or [])}, last known {since} s ago, reckoner {picture['reckoner']}, "
        f"{len(log.refused)} refused"
    )


async def _all(ready: dict[str, Any], seeds: list[str], k: int, minutes: float) -> list[Log]:
    async with (
        httpx.AsyncClient(base_url=ready["url"], timeout=30, trust_env=False) as hub,
        httpx.AsyncClient(base_url=ready["city"]["control"], timeout=30, trust_env=False) as city,
    ):
        return [await operate(Desk(ready, hub, city), seed, k, minutes) for seed in seeds]


def live(count: int, first: int, k: int, minutes: float, ready_file: Path | None) -> list[dict[str, Any]]:
    """The rows of drills played in real time."""
    with running(ready_file) as system:
        seeds = [f"{first + number}" for number in range(count)]
        logs = asyncio.run(_all(system.ready, seeds, k, minutes))
    for log in logs:
        print(f"drill {log.seed}: {log}", file=sys.stderr)
    measures = [
        ("sighted, live", "%", 100.0 * sum(bool(log.presses) for log in logs) / len(logs)),
        ("sightings a drill, live", "sightings", sum(len(log.presses) for log in logs) / len(logs)),
        ("share of the time in any view that he was on the watch list, live", "%", _share(logs, "in_watch")),
        ("share of the time in any view that a pulled stream showed him, live", "%", _share(logs, "in_sight")),
        ("refused calls, live", "calls", float(sum(len(log.refused) for log in logs))),
    ]
    return [
        {"name": name, "ours": round(value, 1), "rival": None, "ratio": None, "unit": unit, "goal": None, "met": None, "n": len(logs)}
        for name, unit, value in measures
    ]


def _share(logs: list[Log], what: str) -> float:
    return 100.0 * sum(getattr(log, what) for log in logs) / max(1, sum(log.in_any for log in logs))
