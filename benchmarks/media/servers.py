"""The servers under measurement, each a process of its own that pulls one benchmark camera: ours, aiortc's and Janus."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx

from benchmarks.media import network
from benchmarks.media.clip import Clip
from benchmarks.media.hub import Hub
from bonghwa.media.enrolment import enrol
from bonghwa.media.sources import import_sources

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "bench"
CAMERA = "cam1"


class Server(Protocol):
    """What the measurements need of a server."""

    name: str
    url: str
    pid: int

    def place(self, transport: str = "webrtc") -> tuple[str, dict[str, Any]]:
        """How the judge's page joins a new view: the name of the way, and what it needs."""

    async def cut(self) -> float:
        """End every view from the server's side; the Unix time at which that was asked."""


async def ready(process: subprocess.Popen[bytes], file: Path, log: Path, seconds: float = 20) -> dict[str, Any]:
    """What a starting process wrote to its ready file. Raises RuntimeError with the end of its log when it ends instead."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if file.exists() and (text := file.read_text()):
            found: dict[str, Any] = json.loads(text)
            return found
        if process.poll() is not None:
            break
        await asyncio.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def child(command: list[str], log: Path, core: int | None = None) -> Any:
    """Run a process on one core until the block ends."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env=environment())
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment() -> dict[str, str]:
    """Of a child: the checkout's packages, no proxy."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "NO_PROXY": "*"}


@contextlib.asynccontextmanager
async def camera(folder: Path, clip: Clip, rtp: list[str] | None = None, core: int | None = None) -> AsyncIterator[str]:
    """A camera process playing a clip; gives its RTSP address."""
    folder.mkdir(parents=True, exist_ok=True)
    stored, note, log = folder / "clip", folder / "camera.json", folder / "camera.log"
    clip.save(stored)
    command = [sys.executable, "-m", "benchmarks.media.camera", str(stored), "--ready", str(note)]
    for target in rtp or []:
        command += ["--rtp", target]
    with child(command, log, core) as process:
        with contextlib.suppress(PermissionError):
            # It shares its core with hundreds of threads of receivers: a starved camera sends less, and looks like a server that does.
            os.setpriority(os.PRIO_PROCESS, process.pid, -15)
        yield (await ready(process, note, log))["url"]


@dataclass
class Ours:
    """A gateway with its hub."""

    url: str
    pid: int
    hub: Hub
    log: Path
    name: str = "ours"
    grant: int = 1

    def place(self, transport: str = "webrtc") -> tuple[str, dict[str, Any]]:
        ticket = self.hub.ticket(CAMERA, f"grant{self.grant}")
        if transport == "ws":
            return "stream", {"url": f"{self.url.replace('http', 'ws')}/stream/{CAMERA}", "ticket": ticket}
        return "whep", {"url": f"{self.url}/whep/{CAMERA}", "ticket": ticket}

    async def warm(self) -> None:
        """Pull the camera before anybody watches, and wait until its first IDR came."""
        before = len(self.hub.told)
        await self.hub.order("prefetch", cameras=[CAMERA], for_s=3600, grant=f"grant{self.grant}")
        ends = time.monotonic() + 10
        while not any(said["t"] == "first_frame" for said in self.hub.told[before:]):
            if time.monotonic() > ends:
                raise RuntimeError(f"no picture reached the gateway:\n{self.log.read_text()[-3000:]}")
            await asyncio.sleep(0.02)

    async def cut(self) -> float:
        """Revoke the grant; views after it are of a new one."""
        grant, self.grant = self.grant, self.grant + 1
        asked = time.time()
        await self.hub.order("revoke", grants=[f"grant{grant}"], views=[], reason="closed")
        return asked


@contextlib.asynccontextmanager
async def ours(
    folder: Path, source: str, origin: str, *, warm: bool = True, viewers: int = 250, core: int | None = None
) -> AsyncIterator[Ours]:
    """Our gateway with one camera."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    hub = Hub(GATEWAY)
    address = await hub.listen()
    enrol(data, GATEWAY)
    (data / "gateways" / GATEWAY / "hub.pub").write_text(hub.public)
    import_sources(data, GATEWAY, [{"camera": CAMERA, "url": source, "username": "", "password": ""}])
    note, log = folder / "gateway.json", folder / "gateway.log"
    command = [sys.executable, "-m", "bonghwa.cli", "serve", "gateway", "--name", GATEWAY, "--data", str(data), "--hub", address]
    command += [
        "--host",
        network.ADDRESS if network.inside() else "127.0.0.1",
        "--origin",
        origin,
        "--ready-file",
        str(note),
        "--max-viewers",
        str(viewers),
    ]
    try:
        with child(command, log, core) as process:
            started = await ready(process, note, log)
            await asyncio.wait_for(hub.ready.wait(), 10)
            await asyncio.sleep(0.1)  # the beat that grants the lease is on its way
            found = Ours(started["url"], process.pid, hub, log)
            if warm:
                await found.warm()
            yield found
    finally:
        await hub.close()


@dataclass
class Aiortc:
    """aiortc's server; see `rival_aiortc`."""

    url: str
    pid: int
    name: str = "aiortc"

    def place(self, transport: str = "webrtc") -> tuple[str, dict[str, Any]]:
        assert transport == "webrtc"
        return "whep", {"url": self.url}

    async def cut(self) -> float:
        async with httpx.AsyncClient(trust_env=False) as client:
            asked = time.time()
            await client.delete(self.url, timeout=60)
        return asked


@contextlib.asynccontextmanager
async def aiortc(folder: Path, source: str, *, warm: bool = True, core: int | None = None) -> AsyncIterator[Aiortc]:
    """aiortc's server with one camera."""
    folder.mkdir(parents=True, exist_ok=True)
    note, log = folder / "aiortc.json", folder / "aiortc.log"
    command = [sys.executable, "-m", "benchmarks.media.rival_aiortc", source, "--ready", str(note), *([] if warm else ["--cold"])]
    with child(command, log, core) as process:
        yield Aiortc((await ready(process, note, log))["url"], process.pid)


def chromium() -> str | None:
    """Where Debian's Chromium is."""
    return shutil.which("chromium")
