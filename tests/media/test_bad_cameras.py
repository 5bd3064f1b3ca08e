"""Cameras that lie, crawl, babble and reboot, all at one gateway: each is told as it is, and a good one's viewer gets every picture."""

import struct

import pytest

from bonghwa.media.depacketise import H264Depacketiser
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from tests.media.camera import TestCamera
from tests.media.coding import encode_clip, rtp_packets
from tests.media.receivers import streaming, watching
from tests.media.rig import running, until
from tests.media.test_cameras import states

pytestmark = pytest.mark.anyio

DEAD = ("silent", "mute", "slow", "drip", "long", "odd", "junk", "asks")
WELL = ("sdp", "jumps", "back", "still", "resets")


def slices(segment):
    """The NAL units of a fragment's `mdat`."""
    at, out = segment.index(b"mdat") + 4, []
    while at < len(segment):
        (size,) = struct.unpack_from("!I", segment, at)
        out.append(segment[at + 4 : at + 4 + size])
        at += 4 + size
    return out


async def test_whatever_others_do_the_good_cameras_viewer_gets_every_picture(tmp_path, clip):
    bad = {manner: TestCamera(clip, manner=manner) for manner in (*DEAD, *WELL, "locked", "garbage")}
    good = TestCamera(clip)
    async with running(tmp_path, {"good": good, **bad}) as (gateway, hub), streaming(gateway, hub.ticket("good"), "good") as stream:
        await until(lambda: stream.segments)
        await hub.order("prefetch", cameras=list(bad), for_s=600, grant="g1")
        for manner in DEAD:
            await until(lambda manner=manner: "dead" in states(hub, manner), 15, f"the {manner} camera being told dead")
            assert "ok" not in states(hub, manner)
        for manner in WELL:
            await until(lambda manner=manner: "ok" in states(hub, manner), 5, f"the {manner} camera being told well")
        await until(lambda: states(hub, "locked") == ["password"])
        await until(lambda: bad["resets"].pulls >= 2, 15, "the rebooting camera being pulled again and again")
        await until(lambda: len(stream.segments) > 110, what="a hundred pictures")
        whole = [[nal for nal in picture if nal[0] & 0x1F in (1, 5, 6)] for picture in clip]
        places = [whole.index(slices(segment)) for segment in stream.segments if b"mdat" in segment]
        assert places == [(places[0] + index) % len(clip) for index in range(len(places))], "every picture, in order"
        assert not any(secret in gateway.log() for secret in ("p@ss", good.url, bad["odd"].url))


async def test_a_viewer_of_a_rebooting_camera_sees_on_after_each_boot(tmp_path, clip):
    camera = TestCamera(clip, manner="resets")
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub), watching(gateway, hub.ticket()) as (frames, _, peer):
        await until(lambda: camera.pulls >= 3 and len(frames) > 100, 20)
        times = [frame.pts for frame in frames]
        assert times == sorted(set(times)), "time goes on from boot to boot"
        assert peer.connectionState == "connected"


async def test_a_picture_is_as_large_as_its_own_parameter_sets_say_whatever_was_described(tmp_path, clip):
    large = encode_clip(frames=40, width=320, height=192)
    camera = TestCamera([*clip[:20], *large[:20]])
    for index, picture in enumerate(camera.clip):
        picture.at = index
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub), streaming(gateway, hub.ticket()) as stream:
        await until(lambda: len([word for word in stream.words if "width" in word]) >= 3, 15)
        sizes = [(word["width"], word["height"]) for word in stream.words if "width" in word]
        assert sizes[:3] == [(640, 360), (320, 192), (640, 360)]


async def test_from_pull_to_pull_time_goes_on(clip):
    class Watcher:
        def __init__(self):
            self.times = []

        def picture(self, unit):
            self.times.append(unit.time)

        def health(self, state):
            pass

    camera = await TestCamera(clip, auth=None).start()
    pull, watcher = Pull(Source("cam1", camera.url), lambda _: None, lambda *_: None), Watcher()
    pull.subscribe(watcher)
    for pulls in (1, 2, 3):
        await until(lambda pulls=pulls: camera.pulls == pulls)
        seen = len(watcher.times)
        await until(lambda seen=seen: len(watcher.times) > seen + 5)
        camera.cut()
    pull.stop()
    await until(lambda: camera.open_now == 0)
    await camera.stop()
    assert watcher.times == sorted(set(watcher.times))


def test_a_camera_whose_packets_are_numbered_anew_is_shown_from_its_next_key_picture(clip):
    depacketiser = H264Depacketiser(payload_type=96)
    units = [unit for packet in rtp_packets(clip[0], 30_000, 0) for unit in depacketiser.feed(packet)]
    assert len(units) == 1
    sequence = 20_000
    for picture in clip[1:22]:
        for packet in rtp_packets(picture, sequence, sequence * 50):
            units += depacketiser.feed(packet)
            sequence += 1
    assert [unit.key for unit in units] == [True, True, False]
    assert depacketiser.lost_packets > 0
