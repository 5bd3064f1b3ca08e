"""The gateway as a process of its own, with cameras and a hub around it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass

import httpx

from bonghwa.media.enrolment import enrol
from bonghwa.media.sources import import_sources
from tests.media.hub import TinyHub

ORIGIN = "http://console.test"
RUN = "import sys; from bonghwa.cli.serve_gateway import run; sys.exit(run(sys.argv[1:]))"


async def until(condition, seconds=10.0, what="the condition"):
    """Wait until `condition()` is true and give what it gave."""
    ends = asyncio.get_running_loop().time() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert asyncio.get_running_loop().time() < ends, f"{what} did not come true in {seconds} s"
        await asyncio.sleep(0.01)


async def eventually(condition, seconds=10.0, what="the condition"):
    """As `until`, for a condition that must be awaited."""
    ends = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < ends, f"{what} did not come true in {seconds} s"
        await asyncio.sleep(0.02)


@dataclass
class Gateway:
    process: subprocess.Popen
    url: str
    log_path: object

    def log(self):
        return self.log_path.read_text()

    async def hub_is_up(self):
        return (await self.healthz())["hub"] == "up"

    async def healthz(self):
        async with httpx.AsyncClient() as client:
            return (await client.get(self.url + "/healthz")).json()


@contextlib.asynccontextmanager
async def running(tmp_path, cameras, *, origin=ORIGIN, lease_s=15, extra=(), masks=None, onvif={}):  # noqa: B006  never changed
    """Hub, cameras and a gateway process; gives (gateway, hub)."""
    data = tmp_path / "data"
    public = enrol(data, "gw1")
    hub = await TinyHub(public, lease_s).start()
    hub.masks = masks or {}
    (data / "gateways/gw1/hub.pub").write_text(hub.public)
    records = []
    for name, camera in cameras.items():
        await camera.start()
        records.append(camera.record(name) | ({"onvif": onvif[name].url} if name in onvif else {}))
    import_sources(data, "gw1", records)
    ready = tmp_path / "ready.json"
    log_path = tmp_path / "gateway.log"
    arguments = ["--name", "gw1", "--data", str(data), "--hub", hub.url, "--origin", origin, "--ready-file", str(ready), *extra]
    with log_path.open("w") as log:
        command = [sys.executable, "-c", RUN, *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: ASYNC220  it returns at once
    try:
        await until(lambda: ready.exists() or process.poll() is not None, 15, "the ready file")
        assert process.poll() is None, log_path.read_text()
        gateway = Gateway(process, json.loads(ready.read_text())["url"], log_path)
        await until(lambda: hub.heartbeats, 5, "the first heartbeat")
        await eventually(gateway.hub_is_up, 5, "the lease")
        yield gateway, hub
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, 5)
            except subprocess.TimeoutExpired:
                process.kill()
        await hub.stop()
        for camera in cameras.values():
            await camera.stop()
        print(log_path.read_text())
