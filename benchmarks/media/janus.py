"""Janus as Debian packages it, with two streaming mountpoints of one camera: as configured by default, and with its key frame kept."""

import asyncio
import contextlib
import itertools
import json
import shutil
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.media import network
from benchmarks.media.clip import Clip
from benchmarks.media.servers import child

PLAIN, KEPT = 1, 2
SECRET = "bench"
_LIB = Path("/usr/lib/x86_64-linux-gnu/janus")


def missing() -> str | None:
    """Why Janus cannot be measured here; None when it can."""
    if not shutil.which("janus"):
        return "janus is not installed (scripts/services --bench)"
    return None if network.inside() else "there is no network of our own"


@dataclass
class Janus:
    """Janus and its WebSocket; `mountpoint` is the one that viewers join."""

    url: str
    pid: int
    mountpoint: int = PLAIN
    name: str = "Janus"

    def place(self, transport: str = "webrtc") -> tuple[str, dict[str, Any]]:
        assert transport == "webrtc"
        return "janus", {"url": self.url, "mountpoint": self.mountpoint}

    def keeping(self) -> "Janus":
        """The same server's other mountpoint, with `videobufferkf`."""
        return Janus(self.url, self.pid, KEPT, "Janus (videobufferkf)")

    async def cut(self) -> float:
        """Destroy the mountpoint: Janus hangs up on all who watch it."""
        async with Line.open(self.url) as line:
            asked = time.time()
            await line.body({"request": "destroy", "id": self.mountpoint, "secret": SECRET})
        return asked


class Line:
    """One session and handle of the streaming plugin."""

    def __init__(self, socket_: ClientConnection) -> None:
        self._socket, self._count = socket_, itertools.count(1)
        self._where: dict[str, int] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Line"]:
        async with connect(url, subprotocols=["janus-protocol"], proxy=None) as opened:  # type: ignore[list-item]
            line = cls(opened)
            line._where["session_id"] = (await line.ask({"janus": "create"}))["data"]["id"]
            line._where["handle_id"] = (await line.ask({"janus": "attach", "plugin": "janus.plugin.streaming"}))["data"]["id"]
            yield line

    async def ask(self, message: dict[str, Any], kinds: tuple[str, ...] = ("success",), wanting: str = "janus") -> dict[str, Any]:
        """The answer of one of the kinds to a message, with the field wanted. Raises RuntimeError when it is an error."""
        transaction = f"b{next(self._count)}"
        await self._socket.send(json.dumps({**message, **self._where, "transaction": transaction}))
        while True:
            answer: dict[str, Any] = json.loads(await asyncio.wait_for(self._socket.recv(), 10))
            if answer.get("transaction") != transaction:
                continue
            if answer["janus"] == "error":
                raise RuntimeError(str(answer["error"]))
            if answer["janus"] in kinds and wanting in answer:
                return answer

    async def body(self, body: dict[str, Any], jsep: dict[str, str] | None = None, wanting: str = "janus") -> dict[str, Any]:
        """Tell the plugin something and wait for what it says."""
        return await self.ask({"janus": "message", "body": body, **({"jsep": jsep} if jsep else {})}, ("success", "event"), wanting)


def free_udp_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextlib.asynccontextmanager
async def janus(folder: Path, clip: Clip, ports: list[int], core: int | None = None) -> AsyncIterator[Janus]:
    """Janus listening for the camera's plain RTP on two ports."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    _configure(folder, clip, ports, port)
    log = folder / "janus.log"
    command = ["janus", "--configs-folder", str(folder), "--interface", network.ADDRESS, "--disable-colors", "--debug-level", "3"]
    with child(command, log, core) as process:
        url = f"ws://127.0.0.1:{port}"
        ends = time.monotonic() + 15
        while True:
            try:
                async with Line.open(url):
                    break
            except OSError as error:
                if time.monotonic() > ends or process.poll() is not None:
                    raise RuntimeError(f"Janus did not start:\n{log.read_text()[-3000:]}") from error
                await asyncio.sleep(0.1)
        yield Janus(url, process.pid)


def _configure(folder: Path, clip: Clip, ports: list[int], port: int) -> None:
    plugins = [path.name for path in (_LIB / "plugins").glob("*.so") if "streaming" not in path.name]
    transports = [path.name for path in (_LIB / "transports").glob("*.so") if "websockets" not in path.name]
    (folder / "janus.jcfg").write_text(
        f'general: {{ configs_folder = "{folder}"\n plugins_folder = "{_LIB}/plugins"\n transports_folder = "{_LIB}/transports"\n'
        " debug_level = 3\n session_timeout = 0 }\n"
        'media: { rtp_port_range = "20000-40000"\n ipv6 = false }\n'
        f'nat: {{ nice_debug = false\n ice_enforce_list = "{network.ADDRESS}" }}\n'
        f'plugins: {{ disable = "{",".join(plugins)}" }}\n'
        f'transports: {{ disable = "{",".join(transports)}" }}\nevents: {{ broadcast = false }}\n'
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{ json = "compact"\n ws = true\n ws_port = {port}\n ws_ip = "127.0.0.1" }}\n'
    )
    profile = next(nal for nal in clip.pictures[0] if nal[0] & 31 == 7)[1:4].hex()
    lines = []
    for number, rtp in zip((PLAIN, KEPT), ports, strict=True):
        lines += [f'stream{number}: {{ type = "rtp"', f"id = {number}", f'secret = "{SECRET}"', "audio = false", "video = true"]
        lines += [f"videoport = {rtp}", "videopt = 96", 'videocodec = "h264"', f"videobufferkf = {str(number == KEPT).lower()}"]
        lines += [f'videofmtp = "profile-level-id={profile};packetization-mode=1;level-asymmetry-allowed=1" }}']
    (folder / "janus.plugin.streaming.jcfg").write_text("\n".join(lines) + "\n")
