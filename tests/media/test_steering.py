"""Orders to turn a camera, from the hub over the gateway's own process to a camera, and what a camera cannot hold up."""

import asyncio

import pytest

from bonghwa.media.onvif.port import Location, SteeringFailed
from bonghwa.media.onvif.steering import Steering
from bonghwa.media.rtsp import Source
from tests.media.camera import TestCamera, encode_clip
from tests.media.onvif_peer import Peer, fault
from tests.media.receivers import streaming
from tests.media.rig import running, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def steered(tmp_path, clip):
    """A good camera with an ONVIF side, one without, their gateway and hub."""
    async with Peer() as peer:
        cameras = {"cam1": TestCamera(clip), "cam2": TestCamera(clip)}
        async with running(tmp_path, cameras, onvif={"cam1": peer}) as (gateway, hub):
            yield gateway, hub, peer


async def answer_to(hub, **order):
    await hub.order("ptz", **order)
    number = len(hub.sent)
    return await until(lambda: hub.acks.get(number), 8)


async def test_a_move_reaches_the_camera_and_ends_by_itself_unless_it_is_renewed(steered):
    _, hub, peer = steered
    for _ in range(3):
        assert "refused" not in await answer_to(hub, camera="cam1", act="move", pan=1, tilt=0, zoom=0, for_s=0.4)
    assert peer.count("Stop") == 0
    await until(lambda: peer.count("Stop") == 1)
    assert peer.count("ContinuousMove") == 3


async def test_home_and_stop_reach_it_and_no_stop_follows(steered):
    _, hub, peer = steered
    await answer_to(hub, camera="cam1", act="move", pan=1, for_s=0.3)
    await answer_to(hub, camera="cam1", act="home")
    await answer_to(hub, camera="cam1", act="stop")
    order = [asked for asked in peer.asked if asked in ("ContinuousMove", "GotoHomePosition", "Stop")]
    assert order == ["ContinuousMove", "GotoHomePosition", "Stop"]


async def test_what_cannot_be_done_is_said(steered):
    _, hub, peer = steered
    assert (await answer_to(hub, camera="cam2", act="home"))["refused"] == "unsupported"
    assert (await answer_to(hub, camera="nobody", act="home"))["refused"] == "unsupported"
    assert (await answer_to(hub, camera="cam1", act="dance"))["refused"] == "unsupported"
    assert (await answer_to(hub, camera="cam1", act="move", pan="fast"))["refused"] == "malformed"
    late = hub.now_us() - 1_000_000
    assert (await answer_to(hub, camera="cam1", act="move", pan=1, not_after=late))["refused"] == "late"
    peer.refuse_password = True
    assert (await answer_to(hub, camera="cam1", act="stop"))["refused"] == "password"
    await peer.stop()
    assert peer.count("ContinuousMove") == 0


async def test_a_camera_that_hangs_holds_up_neither_a_revoke_nor_another_camera(steered):
    gateway, hub, peer = steered
    release = asyncio.Event()

    async def hang(writer):
        await release.wait()

    peer.manner["GetSystemDateAndTime"] = hang
    async with streaming(gateway, hub.ticket()) as stream:
        await until(lambda: stream.segments)
        await hub.order("ptz", camera="cam1", act="home")
        await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        await until(lambda: stream.code == 4003, 3)
        assert 1 not in hub.acks
    assert (await until(lambda: hub.acks.get(1), 8))["refused"] == "unreachable"
    release.set()


async def test_a_pull_without_a_picture_asks_the_camera_for_one_at_most_every_two_seconds(tmp_path):
    slow = TestCamera(encode_clip(frames=40, gop=40), every_s=0.2)
    async with Peer() as peer:
        slow.frozen_until = asyncio.Event()
        async with running(tmp_path, {"cam1": slow}, onvif={"cam1": peer}) as (_, hub):
            await hub.order("prefetch", cameras=["cam1"], for_s=60, grant="g1")
            await until(lambda: peer.count("SetSynchronizationPoint") == 2, 8)
            slow.frozen_until.set()
            await until(lambda: hub.told_of("first_frame"))
            assert hub.told_of("pose")[0] == {
                "t": "pose",
                "m": hub.told_of("pose")[0]["m"],
                "camera": "cam1",
                "lat": 37.5,
                "lon": 126.7,
                "bearing": 270.0,
            }
            assert len(hub.told_of("pose")) == 1


class Slow:
    """A steerable that finishes when it is told to."""

    def __init__(self):
        self.done = []
        self.gate = asyncio.Event()

    async def move(self, pan, tilt, zoom, seconds):
        await self.gate.wait()
        self.done.append(pan)

    async def stop(self):
        self.done.append("stop")

    async def home(self):
        self.done.append("home")

    async def ask_key_picture(self):
        self.done.append("key")
        raise SteeringFailed("unsupported", "no")

    async def location(self):
        return Location(37.5, 126.7)


def steering_of(device, places):
    source = Source("cam1", "", onvif="http://192.0.2.1/onvif/device_service")
    return Steering({"cam1": source}, lambda _: device, lambda: 0, lambda camera, where: places.append((camera, where)))


async def test_of_moves_that_wait_only_the_newest_is_carried_out():
    device, places = Slow(), []
    steering = steering_of(device, places)
    orders = [asyncio.create_task(steering.obey({"camera": "cam1", "act": "move", "pan": pan, "for_s": 2})) for pan in (0.1, 0.2, 0.3, 0.4)]
    await asyncio.sleep(0)
    device.gate.set()
    assert await asyncio.gather(*orders) == [None] * 4
    assert device.done == [0.1, 0.4]
    await until(lambda: places == [("cam1", Location(37.5, 126.7))])
    await steering.stop()


async def test_a_camera_that_knows_no_key_pictures_is_asked_once(monkeypatch):
    device = Slow()
    steering = steering_of(device, [])
    steering.ask_key_picture("cam1")
    await until(lambda: device.done)
    monkeypatch.setattr("bonghwa.media.onvif.steering.KEY_EVERY_S", 0.0)
    for _ in range(3):
        steering.ask_key_picture("cam1")
        await asyncio.sleep(0)
    assert device.done == ["key"]
    await steering.stop()


async def test_the_peers_faults_are_no_secret_leak(steered):
    gateway, hub, peer = steered
    peer.manner["GetProfiles"] = fault("NotAuthorized")
    assert (await answer_to(hub, camera="cam1", act="stop"))["refused"] == "password"
    assert peer.url not in gateway.log()
    assert "p@ss word" not in gateway.log()
