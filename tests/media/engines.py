"""Gateways over either engine, for the contract both keep."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass

import httpx

from tests.media.rig import eventually, running

# MediaMTX counts what its transport sent, looked at twice a second; a late look may miss another half.
LAG_S = {"own": 0.1, "mediamtx": 1.0}


@dataclass
class MediaMtxProcess:
    """The server of `mediamtx_server` as a process that can be killed and comes back."""

    api: int
    whep: int
    hook: int
    options: tuple = ()
    process: subprocess.Popen | None = None

    @property
    def flags(self):
        where = f"http://127.0.0.1:{self.api}", f"http://127.0.0.1:{self.whep}"
        return ("--engine", "mediamtx", "--mediamtx-api", where[0], "--mediamtx-whep", where[1], "--hook-port", str(self.hook))

    def start(self, *options):
        auth = f"http://127.0.0.1:{self.hook}/auth"
        ports = ["--api", str(self.api), "--whep", str(self.whep), "--auth", auth]
        command = [sys.executable, "-m", "tests.media.mediamtx_server", *ports, *self.options, *options]
        self.process = subprocess.Popen(command, start_new_session=True)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)

    async def get(self, where):
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"http://127.0.0.1:{self.api}{where}")).json()


def free_ports(count):
    """Ports nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.asynccontextmanager
async def beside_mediamtx(*options):
    """The server, started; it ends with the block."""
    mediamtx = MediaMtxProcess(*free_ports(3), options)
    mediamtx.start()
    try:
        yield mediamtx
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(mediamtx.process.pid, signal.SIGKILL)
        await asyncio.to_thread(mediamtx.process.wait, 5)


@contextlib.asynccontextmanager
async def engine_running(name, tmp_path, cameras, *, options=(), **more):
    """A gateway over the engine `name`; gives (gateway, hub, the MediaMTX or None)."""
    async with contextlib.AsyncExitStack() as stack:
        mediamtx = await stack.enter_async_context(beside_mediamtx(*options)) if name == "mediamtx" else None
        gateway, hub = await stack.enter_async_context(running(tmp_path, cameras, extra=mediamtx.flags if mediamtx else (), **more))

        async def up():
            return (await gateway.healthz())["engine"] == "up"

        await eventually(up, 15, "the engine")
        yield gateway, hub, mediamtx
