"""Cameras that lie, crawl, babble and reboot, all at one gateway: each is told as it is, and a good one's viewer gets every picture."""

import struct

import pytest

from tests.media.camera import TestCamera
from tests.media.coding import encode_clip
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
        whole = [[nal for nal in picture if nal[0] & 0x1F in (1, 5, 6)] for picture in clip]
        places = [whole.index(slices(segment)) for segment in stream.segments if b"mdat" in segment]
        assert len(places) > 100
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
