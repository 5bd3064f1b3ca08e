"""The gateway process: one event loop, one HTTP port, one UDP port, one channel to the hub."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from bonghwa.media import picture
from bonghwa.media.app import build_app
from bonghwa.media.camera import Camera
from bonghwa.media.cameras import Cameras
from bonghwa.media.control import ControlChannel
from bonghwa.media.enrolment import Identity, hub_key, own_key
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.metrics import Metrics
from bonghwa.media.onvif.device import OnvifDevice, new_http
from bonghwa.media.onvif.steering import Steering
from bonghwa.media.plane import Plane
from bonghwa.media.reports import Reports
from bonghwa.media.sessions import Sessions
from bonghwa.media.sources import load_sources
from bonghwa.media.ticket import TicketVerifier
from bonghwa.media.webrtc.dtls import DtlsIdentity
from bonghwa.media.webrtc.port import UdpPort

LOOK_EVERY_S = 4.0
_STOP_S = 2.0
# What the kernel holds for a slow viewer still arrives after a cut, so it holds little.
_SEND_BUFFER = 128 * 1024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class GatewaySettings:
    """How a gateway runs. `port` 0 takes any free one; `udp_port` 0 takes the HTTP port's number where it is free."""

    name: str
    hub_url: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    udp_port: int = 0
    public_url: str | None = None
    announce: tuple[str, ...] = ()
    console_origins: tuple[str, ...] = ()
    max_viewers: int = 250
    ready_file: Path | None = None


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: this process ends its streams first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; then cut every view and end within three seconds.

    Raises `NotEnrolled`, `SourcesMalformed`, `ValueError` or `OSError` before anything is served.
    """
    if settings.host in ("0.0.0.0", "::", "") and not settings.public_url:
        raise ValueError("url: required where the gateway listens on every address, for the hub must tell viewers one")
    sources = load_sources(settings.data_dir, settings.name)
    key, hub = own_key(settings.data_dir, settings.name), hub_key(settings.data_dir, settings.name)
    http, udp = _bind(settings)
    url = settings.public_url or f"http://{_in_url(settings.host)}:{http.getsockname()[1]}"
    time, lease, metrics = HubTime(), Lease(), Metrics()
    verifier = TicketVerifier(settings.name, "")
    sessions = Sessions(verifier, time, lease, settings.max_viewers)
    reports = Reports(sessions, metrics, time)
    cameras = Cameras(sources, reports.health, reports.first_frame)
    identity = Identity(settings.name, url, settings.hub_url, key, hub)
    onvif = new_http()
    steering = Steering(sources, lambda source: OnvifDevice(source, onvif), time.now_us, reports.location)
    cameras.ask_key = steering.ask_key_picture
    channel = ControlChannel(identity, time, lease, verifier, sessions, cameras, metrics, steering)
    reports.channel = channel
    plane = Plane(cameras, sessions, metrics, UdpPort(udp), DtlsIdentity(), settings.announce, settings.console_origins)
    try:
        await _serve(settings, plane, channel, http, url)
    finally:
        await steering.stop()
        await onvif.aclose()


async def _serve(settings: GatewaySettings, plane: Plane, channel: ControlChannel, http: socket.socket, url: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    config = uvicorn.Config(
        build_app(plane),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=65_536,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    plane.port.open()
    tasks = [asyncio.create_task(each) for each in (server.serve([http]), channel.run(), _look(plane))]
    waiter = asyncio.create_task(stop.wait())
    try:
        while not server.started and not tasks[0].done():  # noqa: ASYNC110  uvicorn sets a flag, no event
            await asyncio.sleep(0.01)
        if settings.ready_file:
            _write_ready(settings.ready_file, url)
        _log.info("gateway_up", name=settings.name, cameras=len(plane.cameras))
        await asyncio.wait([waiter, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiter.cancel()
        await _end(plane, channel, server, tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()):
            raise error


async def _end(plane: Plane, channel: ControlChannel, server: uvicorn.Server, tasks: list[asyncio.Task[None]]) -> None:
    """Views first, so that what they say of their end still reaches the hub; then the servers."""
    await plane.sessions.end_all("stop")
    plane.cameras.stop()
    await channel.flush(0.3)
    server.should_exit = True
    for task in tasks[1:]:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=_STOP_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    plane.port.close()
    _log.info("gateway_down")


async def _look(plane: Plane) -> None:
    """Every few seconds decode one picture of each watched camera, to say when it is black or frozen."""
    judges: dict[str, picture.PictureJudge] = {}
    seen: dict[str, float] = {}
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        watched = plane.cameras.watched if picture.AVAILABLE else []
        judges = {camera.id: judges.get(camera.id, picture.PictureJudge()) for camera in watched}
        for camera in watched:
            units = camera.present
            if not units or seen.get(camera.id) == units[0].arrived:
                continue
            seen[camera.id] = units[0].arrived
            await _look_at(camera, judges[camera.id])


async def _look_at(camera: Camera, judge: picture.PictureJudge) -> None:
    key, sets = camera.present[0], camera.gop.parameter_sets
    with contextlib.suppress(picture.Undecodable):
        camera.judge_picture(judge.judge(await asyncio.to_thread(picture.look, sets, key)))


def _bind(settings: GatewaySettings) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    attempts = 8 if settings.port == 0 and settings.udp_port == 0 else 1
    for attempt in range(attempts):
        http = socket.socket(family, socket.SOCK_STREAM)
        http.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        http.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        udp = socket.socket(family, socket.SOCK_DGRAM)
        try:
            http.bind((settings.host, settings.port))
            udp.bind((settings.host, settings.udp_port or http.getsockname()[1]))
        except OSError:
            http.close()
            udp.close()
            if attempt == attempts - 1:
                raise
            continue
        return http, udp
    raise AssertionError("unreachable: the last attempt returns or raises")


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _write_ready(path: Path, url: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".ready-", delete=False) as file:
        json.dump({"url": url, "pid": os.getpid()}, file)
    os.replace(file.name, path)
