"""`bonghwa serve city`: one process with every simulated camera, the callers and the sensors of the demo."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import uvloop

from bonghwa.city.callers import Credentials, CredentialsError, read_credentials
from bonghwa.city.camera import CameraFileError, CityCamera, load_cameras
from bonghwa.city.control import ControlServer, control_app
from bonghwa.city.director import Director
from bonghwa.city.onvif import OnvifResponder
from bonghwa.city.roads import packaged_roads
from bonghwa.city.rtsp import RtspServer
from bonghwa.city.scene import City
from bonghwa.city.stage import Stage
from bonghwa.city.streets import Streets
from bonghwa.city.studio import Studio
from bonghwa.city.survey import replacing, write_sources, write_survey

SECRET_BYTES = 32


@dataclass(frozen=True)
class CitySettings:
    """What the city process is started with."""

    cameras: Path
    data: Path
    host: str = "127.0.0.1"
    rtsp_port: int = 0
    control_port: int = 0
    hub: str | None = None
    credentials: Path | None = None
    mqtt: str | None = None
    ready_file: Path | None = None


def city_of(cameras: Sequence[CityCamera], stage: Stage) -> City:
    """The city of these cameras on the packaged roads."""
    places = np.array([[camera.x, camera.y] for camera in cameras]).reshape(-1, 2)
    city = City(cameras, Streets(packaged_roads(), places), stage.appearances)
    city.strokes  # noqa: B018  # joined now rather than when the first camera is watched
    return city


def city_secret(data: Path) -> bytes:
    """The secret all camera passwords derive from; made when `data` has none yet, readable by its owner only."""
    path = data / "city-secret"
    try:
        return bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        secret = secrets.token_bytes(SECRET_BYTES)
        data.mkdir(parents=True, exist_ok=True)
        with replacing(path, 0o600) as file:
            file.write(secret.hex())
        return secret


def prepare(settings: CitySettings, outdir: Path) -> dict[str, int]:
    """Write `sources.json`, `survey.csv` and the city's secret for a fixed port, without binding anything."""
    if not settings.rtsp_port:
        raise ValueError("--rtsp-port: needs a fixed port with --prepare")
    cameras = load_cameras(settings.cameras)
    outdir.mkdir(parents=True, exist_ok=True)
    (outdir / "city-secret").unlink(missing_ok=True)
    city, secret = city_of(cameras, Stage()), city_secret(outdir)
    return _hand_out(cameras, city, settings.host, settings.rtsp_port, settings.control_port, secret, outdir)


def _hand_out(cameras: Sequence[CityCamera], city: City, host: str, port: int, http: int, secret: bytes, outdir: Path) -> dict[str, int]:
    onvif = f"http://{host}:{http}" if http else None
    return {
        "sources": write_sources(cameras, f"rtsp://{host}:{port}", secret, outdir / "sources.json", onvif),
        "surveyed": write_survey(cameras, city.poses, outdir / "survey.csv"),
    }


async def serve(settings: CitySettings, stop: asyncio.Event) -> None:
    """Serve the city until `stop` is set.

    Once the port is known the sources and the survey are written to `settings.data`; the ready file comes last.
    """
    cameras = load_cameras(settings.cameras)
    stage = Stage()
    city = await asyncio.to_thread(city_of, cameras, stage)
    secret = city_secret(settings.data)
    studio = Studio(city)
    rtsp = RtspServer(studio, city.cameras, secret)
    director = Director(city, stage, lambda: _credentials(settings))
    app = control_app(director, lambda: _credentials(settings).tokens["control_room"])
    control = ControlServer(app, settings.host, settings.control_port)
    port = await rtsp.listen(settings.host, settings.rtsp_port)
    http = f"http://{settings.host}:{control.port}"
    app.mount("/cam", OnvifResponder(studio, city.cameras, secret, f"rtsp://{settings.host}:{port}", http))
    tasks = [asyncio.create_task(control.run_until_told(), name="control")]
    if settings.credentials is not None:
        tasks.append(asyncio.create_task(director.listen(), name="console drills"))
    try:
        await asyncio.to_thread(_hand_out, cameras, city, settings.host, port, control.port, secret, settings.data)
        _write_ready(settings, port, http)
        await stop.wait()
    finally:
        control.should_exit = True
        for task in tasks[1:]:
            task.cancel()
        await director.close()
        await rtsp.close()
        await studio.close()
        await asyncio.gather(*tasks, return_exceptions=True)


def _credentials(settings: CitySettings) -> Credentials:
    """The credentials as they are now: the demo writes its ready file after the city has started."""
    if settings.credentials is None:
        raise CredentialsError("--credentials: not given, so no drill can be played")
    credentials = read_credentials(settings.credentials, settings.hub)
    if settings.mqtt:
        host, _, port = settings.mqtt.rpartition(":")
        return replace(credentials, mqtt={"host": host or "127.0.0.1", "port": int(port)})
    return credentials


def _write_ready(settings: CitySettings, port: int, control: str) -> None:
    if settings.ready_file is None:
        return
    ready = {
        "rtsp": f"rtsp://{settings.host}:{port}",
        "pid": os.getpid(),
        "control": control,
        "sources": str(settings.data / "sources.json"),
        "survey": str(settings.data / "survey.csv"),
    }
    with replacing(settings.ready_file, 0o600) as file:
        json.dump(ready, file)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bonghwa serve city", description="Serve the simulated city. Never in production.")
    parser.add_argument("--cameras", type=Path, required=True, help="the hub's camera export (JSON)")
    parser.add_argument("--data", type=Path, default=Path("city"), help="folder for the city's secret, sources.json and survey.csv")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--rtsp-port", type=int, default=0, help="port of all cameras; 0 lets the system choose")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control face that starts drills")
    parser.add_argument("--hub", help="address of the hub, instead of the one in the credentials")
    parser.add_argument("--credentials", type=Path, help="the demo's ready file; read when needed, so it may appear later")
    parser.add_argument("--mqtt", metavar="HOST:PORT", help="broker of the sensors, instead of the one in the credentials")
    parser.add_argument("--ready-file", type=Path, help="written when everything answers")
    parser.add_argument("--prepare", type=Path, metavar="OUTDIR", help="only write sources, survey and secret for --rtsp-port, and end")
    return parser.parse_args(argv)


def _settings(given: argparse.Namespace) -> CitySettings:
    names = ("cameras", "data", "host", "rtsp_port", "control_port", "hub", "credentials", "mqtt", "ready_file")
    return CitySettings(**{name: getattr(given, name) for name in names})


async def _until_signalled(settings: CitySettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    serving = asyncio.create_task(serve(settings, stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set() and not serving.done():
        # Also during the start, which does not look at `stop`: whatever is open is closed by its `finally`.
        _, late = await asyncio.wait({serving}, timeout=2.0)
        if late:
            serving.cancel()
    await asyncio.gather(serving, return_exceptions=stop.is_set())


def run(argv: Sequence[str]) -> int:
    """The command; exit code 0 after SIGTERM or SIGINT, 1 when the city cannot be served, 2 for wrong arguments."""
    given = _arguments(argv)
    try:
        if given.prepare is not None:
            print(json.dumps(prepare(_settings(given), given.prepare)))
            return 0
        uvloop.run(_until_signalled(_settings(given)))
    except (CameraFileError, CredentialsError, ValueError, OSError) as error:
        print(f"bonghwa serve city: {error}", file=sys.stderr)
        return 1
    return 0
