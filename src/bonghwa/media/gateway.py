"""The gateway process: one event loop, one HTTP port, one UDP port, one channel to the hub."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from bonghwa.media import picture
from bonghwa.media.app import build_app
from bonghwa.media.cameras import Cameras
from bonghwa.media.clips import Clips
from bonghwa.media.control import ControlChannel
from bonghwa.media.engine import Engine
from bonghwa.media.enrolment import Identity, hub_key, own_key
from bonghwa.media.feed import Feed
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.mediamtx.engine import MediaMtxEngine
from bonghwa.media.mediamtx.settings import MediaMtxSettings
from bonghwa.media.metrics import Metrics
from bonghwa.media.onvif.device import OnvifDevice, new_http
from bonghwa.media.onvif.steering import Steering
from bonghwa.media.own import OwnEngine
from bonghwa.media.plane import Plane
from bonghwa.media.reports import Reports
from bonghwa.media.reworked import Workers
from bonghwa.media.serving import Server
from bonghwa.media.sessions import Sessions
from bonghwa.media.sources import folder, load_sources
from bonghwa.media.ticket import TicketVerifier
from bonghwa.media.webrtc.ports import Ports, bind

LOOK_EVERY_S = 4.0
_STOP_S = 2.0
# What the kernel holds for a slow viewer still arrives after a cut, so it holds little.
_SEND_BUFFER = 128 * 1024
_BACKLOG = 1_024

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class GatewaySettings:
    """How a gateway runs. `port` 0 takes any free one; `udp_port` and `tcp_port` 0 take the HTTP port's number where it is free, else any.

    WebRTC listens on `host`, or on each address of `listen` instead. With `mediamtx` it is MediaMTX that moves the pictures, at ports of
    its own, and these say nothing.
    """

    name: str
    hub_url: str
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    udp_port: int = 0
    tcp_port: int = 0
    listen: tuple[str, ...] = ()
    public_url: str | None = None
    announce: tuple[str, ...] = ()
    console_origins: tuple[str, ...] = ()
    max_viewers: int = 250
    max_workers: int = 2
    pre_roll_s: float = 30.0
    """Seconds kept in memory of each camera that a grant holds, for evidence clips; 0 keeps none."""
    clips_mb: int = 4096
    """Room for evidence clips in the data folder; when it is full new ones are refused."""
    ready_file: Path | None = None
    mediamtx: MediaMtxSettings | None = None


async def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; then cut every view and end within three seconds (five, with a MediaMTX that does not answer).

    Raises `NotEnrolled`, `SourcesMalformed`, `ValueError` or `OSError` before anything is served.
    """
    if settings.host in ("0.0.0.0", "::", "") and not settings.public_url:
        raise ValueError("url: required where the gateway listens on every address, for the hub must tell viewers one")
    sources = load_sources(settings.data_dir, settings.name)
    key, hub = own_key(settings.data_dir, settings.name), hub_key(settings.data_dir, settings.name)
    http = _bind(settings)
    number = http.getsockname()[1]
    url = settings.public_url or f"http://{_in_url(settings.host)}:{number}"
    time, lease, metrics = HubTime(), Lease(), Metrics()
    verifier = TicketVerifier(settings.name, "")
    sessions = Sessions(verifier, time, lease, settings.max_viewers)
    reports = Reports(sessions, metrics, time)
    engine = _engine(settings, http.getsockname()[0], number)
    remote = settings.mediamtx is not None
    workers = Workers(0 if remote else settings.max_workers)
    cameras = Cameras(sources, reports.health, reports.first_frame, workers, engine.pull, settings.pre_roll_s, main_only=remote)
    clips = Clips(folder(settings.data_dir, settings.name) / "clips", settings.clips_mb * 1_000_000, cameras, time, lease)
    identity = Identity(settings.name, url, settings.hub_url, key, hub)
    onvif = new_http()
    steering = Steering(sources, lambda source: OnvifDevice(source, onvif), time.now_us, reports.location)
    cameras.ask_key = steering.ask_key_picture
    orders = {"clip": clips.order, "clip_stop": clips.stop, "erase": clips.erase}
    channel = ControlChannel(identity, time, lease, verifier, sessions, cameras, metrics, steering, orders)
    reports.channel = channel
    channel.on_mask = clips.mask_changed
    clips.report, clips.on_recording = channel.report, metrics.recording.set
    plane = Plane(engine, cameras, sessions, metrics, settings.console_origins, clips)
    try:
        await _serve(settings, plane, channel, http, url)
    finally:
        await steering.stop()
        await onvif.aclose()


def _engine(settings: GatewaySettings, host: str, number: int) -> Engine:
    if settings.mediamtx is not None:
        return MediaMtxEngine(settings.mediamtx, settings.name)
    return OwnEngine(Ports(bind(settings.listen or (host,), settings.udp_port, settings.tcp_port, number), settings.announce))


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
    server = Server(config)
    await plane.engine.open()
    works = (server.serve([http]), channel.run(), _look(plane), plane.engine.run())
    tasks = [asyncio.create_task(each) for each in works]
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


async def _end(plane: Plane, channel: ControlChannel, server: Server, tasks: list[asyncio.Task[None]]) -> None:
    """Views first, so that what they say of their end still reaches the hub; then the servers."""
    await plane.sessions.end_all("stop")
    await plane.clips.close()
    plane.cameras.stop()
    await plane.engine.close()
    await channel.flush(0.3)
    server.should_exit = True
    for task in tasks[1:]:
        task.cancel()
    _, late = await asyncio.wait(tasks, timeout=_STOP_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    _log.info("gateway_down")


async def _look(plane: Plane) -> None:
    """Every few seconds decode one picture of each watched camera, to say when it is black or frozen."""
    judges: dict[str, picture.PictureJudge] = {}
    seen: dict[str, float] = {}
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        watched = plane.cameras.watched if picture.AVAILABLE else []
        judges = {feed.camera: judges.get(feed.camera, picture.PictureJudge()) for feed in watched}
        for feed in watched:
            units = feed.present
            if not units or seen.get(feed.camera) == units[0].arrived:
                continue
            seen[feed.camera] = units[0].arrived
            await _look_at(feed, judges[feed.camera])


async def _look_at(feed: Feed, judge: picture.PictureJudge) -> None:
    key, sets = feed.present[0], feed.gop.parameter_sets
    with contextlib.suppress(picture.Undecodable):
        feed.judge_picture(judge.judge(await asyncio.to_thread(picture.look, sets, key)))


def _bind(settings: GatewaySettings) -> socket.socket:
    http = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        http.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        http.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        http.bind((settings.host, settings.port))
        # A port that listens is not given a second time: without this the TCP port of WebRTC could take the same number.
        http.listen(_BACKLOG)
    except BaseException:
        http.close()
        raise
    return http


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _write_ready(path: Path, url: str) -> None:
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".ready-", delete=False) as file:
        json.dump({"url": url, "pid": os.getpid()}, file)
    os.replace(file.name, path)
