"""Many viewers at once, by GStreamer's receivers: joins them to any of the servers and asks what they got."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.media.janus import Line
from benchmarks.media.servers import ROOT, Server, environment

PYTHON = "/usr/bin/python3"
GSTREAMER = (PYTHON, str(Path(__file__).with_name("receivers_gst.py")))
LIGHT = (sys.executable, "-m", "benchmarks.media.receivers_light")


def missing() -> str | None:
    """Why GStreamer's receivers cannot run here; None when they can."""
    code = "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import Gst, GstWebRTC; Gst.init(None);"
    code += " assert Gst.ElementFactory.find('webrtcbin') and Gst.ElementFactory.find('nicesrc')"
    tried = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else "GStreamer's webrtcbin is not installed (scripts/services --bench)"


@dataclass
class Crowd:
    """Receivers of one process."""

    process: asyncio.subprocess.Process
    count: int = 0
    lines: list[Line] = field(default_factory=list)

    async def _ask(self, **asked: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        answer = await asyncio.wait_for(self.process.stdout.readline(), 60)
        if not answer:
            raise RuntimeError("the receivers ended")
        found: dict[str, Any] = json.loads(answer)
        return found

    async def join(self, server: Server, number: int, stack: contextlib.AsyncExitStack) -> None:
        """Add so many viewers, one after the other."""
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for _ in range(number):
                self.count += 1
                way, place = server.place()
                if way == "janus":
                    await self._join_janus(place, self.count, stack)
                else:
                    await self._join_whep(client, place, self.count)

    async def _join_whep(self, client: httpx.AsyncClient, place: dict[str, Any], number: int) -> None:
        offer = (await self._ask(do="offer", id=number))["sdp"]
        # The receiver's certificate is RSA, and aiortc as a DTLS client has no suite for that: the receiver is the client everywhere.
        offer = offer.replace("a=setup:actpass", "a=setup:active")
        headers = {"Content-Type": "application/sdp", **({"Authorization": f"Bearer {place['ticket']}"} if "ticket" in place else {})}
        try:
            answer = await client.post(place["url"], content=offer, headers=headers)
        except httpx.HTTPError as error:
            raise RuntimeError(f"{place['url']}: no answer to viewer {number}: {error!r}") from error
        if answer.status_code != 201:
            raise RuntimeError(f"{place['url']}: {answer.status_code} {answer.text}")
        await self._ask(do="answer", id=number, sdp=answer.text)

    async def _join_janus(self, place: dict[str, Any], number: int, stack: contextlib.AsyncExitStack) -> None:
        line = await stack.enter_async_context(Line.open(place["url"]))
        offer = await line.body({"request": "watch", "id": place["mountpoint"]}, wanting="jsep")
        answer = (await self._ask(do="accept", id=number, sdp=offer["jsep"]["sdp"]))["sdp"]
        await line.body({"request": "start"}, {"type": "answer", "sdp": answer})
        self.lines.append(line)

    async def counted(self) -> dict[str, int]:
        """Packets received and lost by all, and how many receive anything."""
        return await self._ask(do="count")


@contextlib.asynccontextmanager
async def crowd(log: Path, core: int, kind: tuple[str, ...]) -> AsyncIterator[Crowd]:
    """A process of receivers of a kind on one core."""
    with log.open("wb") as out:
        command = ["taskset", "--cpu-list", str(core), *kind]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, limit=1 << 20
        )
    try:
        yield Crowd(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
