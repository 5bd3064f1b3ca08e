"""The simulated cameras' ONVIF side, spoken to by a library of other people (onvif-zeep-async) and by the gateway's own client."""

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import av
import httpx
import pytest
from fastapi import FastAPI

from bonghwa.city.camera import CityCamera
from bonghwa.city.control import ControlServer
from bonghwa.city.heads import HOME, Heads
from bonghwa.city.onvif import LARGEST_REQUEST, OnvifResponder, onvif_url
from bonghwa.city.rtsp import USERNAME, password_of
from bonghwa.city.scene import City
from bonghwa.city.studio import Picture, Studio
from bonghwa.media.onvif.device import OnvifDevice, new_http
from bonghwa.media.onvif.find import find
from bonghwa.media.onvif.port import SteeringFailed
from bonghwa.media.rtsp import Source
from tests.media.rig import until

pytestmark = [pytest.mark.anyio]
SECRET = b"s" * 32


class Side:
    """A city's ONVIF side on a free port, and one healthy camera that turns."""

    def __init__(self, city: City, studio: Studio, base: str) -> None:
        self.city, self.studio, self.base = city, studio, base
        self.camera: CityCamera = next(c for c in city.cameras.values() if c.turns and c.fault is None)
        self.password = password_of(SECRET, self.camera.id)
        self.url = onvif_url(base, self.camera.id)

    def source(self, password: str | None = None) -> Source:
        return Source(self.camera.id, "", USERNAME, self.password if password is None else password, onvif=self.url)

    @property
    def aim(self) -> Any:
        return self.city.heads.aim(self.camera.id, dt.datetime.now(dt.UTC).timestamp())


@pytest.fixture
async def side(city: City) -> AsyncIterator[Side]:
    city.heads = Heads()
    studio, app = Studio(city), FastAPI()
    server = ControlServer(app, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.port}"
    app.mount("/cam", OnvifResponder(studio, city.cameras, SECRET, "rtsp://127.0.0.1:5554", base))
    serving = asyncio.create_task(server.run_until_told())
    await until(lambda: server.started)
    try:
        yield Side(city, studio, base)
    finally:
        server.should_exit = True
        await serving
        await studio.close()


@contextlib.asynccontextmanager
async def library_camera(side: Side) -> AsyncIterator[Any]:
    """The library's own camera; it knows one fixed path for the device service, ours carries the camera's id."""
    from onvif import ONVIFCamera

    class Camera(ONVIFCamera):  # type: ignore[misc]
        def get_definition(self, name: str, port_type: str | None = None) -> tuple[str, str, str]:
            address, wsdl, binding = super().get_definition(name, port_type)
            return (side.url if name == "devicemgmt" else address), wsdl, binding

    host, port = side.base.removeprefix("http://").split(":")
    camera = Camera(host, int(port), USERNAME, side.password, no_cache=True)
    try:
        await camera.update_xaddrs()
        yield camera
    finally:
        await camera.close()


async def test_a_library_of_other_people_finds_and_steers_a_simulated_camera(side: Side) -> None:
    async with library_camera(side) as camera:
        media, head = await camera.create_media_service(), await camera.create_ptz_service()
        profile = (await media.GetProfiles())[0]
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        stream = await media.GetStreamUri({"ProfileToken": profile.token, "StreamSetup": setup})
        assert (profile.VideoEncoderConfiguration.Resolution.Width, profile.PTZConfiguration.NodeToken) == (640, "node")
        assert stream.Uri == f"rtsp://127.0.0.1:5554/cam/{side.camera.id}"
        velocity = {"PanTilt": {"x": 1.0, "y": 0.0}}
        await head.ContinuousMove({"ProfileToken": profile.token, "Velocity": velocity, "Timeout": dt.timedelta(seconds=2)})
        await head.Stop({"ProfileToken": profile.token})
        assert side.aim.pan > 0
        await head.GotoHomePosition({"ProfileToken": profile.token})
        await media.SetSynchronizationPoint({"ProfileToken": profile.token})
    await until(lambda: side.aim == HOME)


async def test_the_gateways_client_reads_the_same_camera(side: Side) -> None:
    found = await find(side.source())
    pose = side.city.poses[side.camera.id]
    assert [(p.token, p.codec, p.width, p.height, p.turns) for p in found.profiles] == [("main", "H264", 640, 360, True)]
    assert found.location is not None
    assert found.location.bearing == pytest.approx(pose.bearing, abs=0.1)
    assert (found.location.lat, found.location.lon) == pytest.approx((side.camera.lat, side.camera.lon), abs=1e-6)


async def test_the_still_is_a_picture_and_asks_for_the_password(side: Side) -> None:
    found = await find(side.source())
    assert found.snapshot == onvif_url(side.base, side.camera.id, "snapshot")
    async with httpx.AsyncClient() as web:
        stranger = await web.get(found.snapshot)
        still = await web.get(found.snapshot, auth=(USERNAME, side.password), timeout=30)
    assert stranger.status_code == 401
    frame = next(av.open(io.BytesIO(still.content)).decode(video=0))
    assert (frame.width, frame.height) == (640, 360)
    assert 20 < frame.to_ndarray(format="gray").mean() < 235


async def test_a_synchronisation_point_brings_an_idr_before_its_time(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bonghwa.city.studio.GOP_S", 3600.0)
    pictures: list[Picture] = []
    side.studio.join(side.camera, pictures.append)
    async with new_http() as web:
        await until(lambda: len(pictures) > 3, 30)
        await OnvifDevice(side.source(), web).ask_key_picture()
        await until(lambda: sum(picture.key for picture in pictures) == 2)
    side.studio.leave(side.camera, pictures.append)


async def test_a_wrong_password_turns_nothing(side: Side) -> None:
    with pytest.raises(SteeringFailed) as failed:
        await find(side.source("wrong"))
    assert failed.value.refused == "password"


def token(side: Side, nonce: bytes, created: str) -> str:
    digest = hashlib.sha1(nonce + created.encode() + side.password.encode()).digest()
    parts = {
        "Username": USERNAME,
        "Password": base64.b64encode(digest).decode(),
        "Nonce": base64.b64encode(nonce).decode(),
        "Created": created,
    }
    return "<w:T xmlns:w='urn:w'>" + "".join(f"<w:{name}>{value}</w:{name}>" for name, value in parts.items()) + "</w:T>"


def stop(header: str) -> str:
    body = '<p:Stop xmlns:p="http://www.onvif.org/ver20/ptz/wsdl"><p:ProfileToken>main</p:ProfileToken></p:Stop>'
    space = "http://www.w3.org/2003/05/soap-envelope"
    return f'<s:Envelope xmlns:s="{space}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'


async def test_a_token_counts_once_and_not_when_it_is_old(side: Side) -> None:
    now, old = (f"{dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}" for age in (0, 900))
    async with httpx.AsyncClient() as web:
        first = await web.post(side.url, content=stop(token(side, b"n" * 16, now)))
        again = await web.post(side.url, content=stop(token(side, b"n" * 16, now)))
        stale = await web.post(side.url, content=stop(token(side, b"m" * 16, old)))
    assert [answer.status_code for answer in (first, again, stale)] == [200, 400, 400]
    assert "NotAuthorized" in again.text
    assert "NotAuthorized" in stale.text


@pytest.mark.parametrize("body", ["", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a/>", "x" * (LARGEST_REQUEST + 1)])
async def test_what_is_no_request_is_refused(side: Side, body: str) -> None:
    async with httpx.AsyncClient() as web:
        answer = await web.post(side.url, content=body)
    assert answer.status_code in (400, 413)


async def test_a_fixed_camera_and_an_unknown_one_have_no_such_side(side: Side) -> None:
    async with httpx.AsyncClient() as web:
        assert (await web.post(onvif_url(side.base, "nobody"), content="x")).status_code == 404
        assert (await web.get(side.url)).status_code == 404
