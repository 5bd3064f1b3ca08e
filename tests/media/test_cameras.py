"""Bad cameras: silent, dying, locked, unshowable. Others are unharmed, and the viewer waits in place."""

import asyncio

import pytest

from tests.media.camera import TestCamera, encode_clip
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import running, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio


def states(hub, camera):
    return [message["state"] for message in hub.told_of("health") if message["camera"] == camera]


async def test_prefetched_cameras_are_pulled_before_anyone_watches_and_let_go_with_the_grant(plane):
    gateway, hub, camera = plane
    await hub.order("prefetch", cameras=["cam1", "elsewhere"], for_s=600, grant="g1")
    first = await until(lambda: hub.told_of("first_frame"))
    assert first[0]["camera"] == "cam1"
    assert camera.open_now == 1
    assert hub.acks[1] == {"t": "ack", "n": 1, "unknown": ["elsewhere"]}
    async with watching(gateway, hub.ticket()) as (frames, _, _):
        await until(lambda: len(frames) > 3)
    assert camera.pulls == 1
    await hub.order("revoke", grants=["g1"], views=[], reason="closed")
    await until(lambda: camera.open_now == 0)
    assert states(hub, "cam1")[-1:] == ["idle"]


async def test_a_prefetch_ends_by_itself(plane):
    _, hub, camera = plane
    await hub.order("prefetch", cameras=["cam1"], for_s=1, grant="g1")
    await until(lambda: camera.open_now == 1)
    await until(lambda: camera.open_now == 0, 5)


async def test_a_grant_that_moved_lets_go_of_the_cameras_it_left(tmp_path, clip):
    here, there, shared = TestCamera(clip), TestCamera(clip), TestCamera(clip)
    async with running(tmp_path, {"here": here, "there": there, "shared": shared}) as (_, hub):
        await hub.order("prefetch", cameras=["here", "shared"], for_s=600, grant="g1")
        await hub.order("prefetch", cameras=["shared"], for_s=600, grant="g2")
        await until(lambda: here.open_now == shared.open_now == 1)
        number = await hub.order("prefetch", cameras=["there"], for_s=600, grant="g1")
        await until(lambda: number in hub.acks)
        await until(lambda: here.open_now == 0, what="the end of the pull that no grant holds")
        await until(lambda: there.open_now == 1)
        # The other grant still holds it: it was never let go in between.
        assert (shared.open_now, shared.pulls) == (1, 1)
        await hub.order("prefetch", cameras=[], for_s=600, grant="g1")
        await until(lambda: there.open_now == 0, what="the end of the pull when the grant covers nothing here")


async def test_a_viewer_of_a_camera_its_grant_left_watches_on_until_the_hub_cuts(tmp_path, clip):
    here, there = TestCamera(clip), TestCamera(clip)
    async with running(tmp_path, {"here": here, "there": there}) as (gateway, hub):
        await hub.order("prefetch", cameras=["here"], for_s=600, grant="g1")
        async with streaming(gateway, hub.ticket("here", view="v-old"), "here") as stream:
            await until(lambda: stream.segments)
            await hub.order("prefetch", cameras=["there"], for_s=600, grant="g1")
            await until(lambda: there.open_now == 1)
            seen = len(stream.segments)
            await until(lambda: len(stream.segments) > seen + 5)
            await hub.order("revoke", grants=[], views=["v-old"], reason="moved")
            await until(lambda: stream.code == 4003)
            await until(lambda: here.open_now == 0)


async def test_a_camera_that_dies_and_returns_goes_on_for_the_same_viewer(plane):
    gateway, hub, camera = plane
    async with watching(gateway, hub.ticket()) as (frames, _, peer), streaming(gateway, hub.ticket()) as stream:
        await until(lambda: len(frames) > 5 and len(stream.segments) > 5)
        await camera.stop()
        await until(lambda: states(hub, "cam1")[-2:] == ["late", "dead"], 10)
        assert {"health": "dead"} in stream.words
        frames_then, segments_then = len(frames), len(stream.segments)
        await camera.start()
        await until(lambda: len(frames) > frames_then + 5, 20, "frames after the camera came back")
        await until(lambda: len(stream.segments) > segments_then + 5, 20)
        assert peer.connectionState == "connected"
        await until(lambda: states(hub, "cam1")[-2:] == ["late", "ok"], what="the camera to be well again")
        assert stream.code is None


async def test_a_camera_that_stops_sending_is_told_late_then_dead(plane):
    gateway, hub, camera = plane
    async with streaming(gateway, hub.ticket()) as stream:
        await until(lambda: len(stream.segments) > 5)
        camera.frozen_until = asyncio.Event()
        await until(lambda: states(hub, "cam1")[-2:] == ["late", "dead"], 10)
        camera.frozen_until.set()
        await until(lambda: states(hub, "cam1")[-1] == "ok", 15)


async def test_silent_and_locked_cameras_are_told_apart_and_harm_no_other(tmp_path, clip):
    silent, mute = TestCamera(clip, manner="silent"), TestCamera(clip, manner="mute")
    locked, basic, good = TestCamera(clip), TestCamera(clip, auth="basic"), TestCamera(clip, auth=None)
    cameras = {"silent": silent, "mute": mute, "locked": locked, "basic": basic, "good": good}
    async with running(tmp_path, cameras) as (gateway, hub):
        locked.password = "changed since the import"
        await hub.order("prefetch", cameras=list(cameras), for_s=600, grant="g1")
        await until(lambda: states(hub, "locked") == ["password"])
        await until(lambda: states(hub, "good") == ["ok"] and states(hub, "basic") == ["ok"])
        await until(lambda: states(hub, "silent") == ["late", "dead"] and states(hub, "mute") == ["late", "dead"], 10)
        async with watching(gateway, hub.ticket("good"), "good") as (frames, _, _):
            await until(lambda: len(frames) > 5)
        assert locked.pulls == 0
        said = gateway.log() + str(hub.told)
        assert not any(secret in said for secret in ("p@ss", "changed since", "viewer:", good.url, locked.url))


async def test_b_frames_are_refused_by_name_where_nothing_is_coded_anew(tmp_path):
    camera = TestCamera(encode_clip(frames=40, b_frames=2))
    async with running(tmp_path, {"cam1": camera}, extra=("--max-workers", "0")) as (gateway, hub):
        async with streaming(gateway, hub.ticket()) as stream:
            await until(lambda: stream.code is not None)
        assert stream.code == 4004
        answer = await post_offer(gateway, hub.ticket(), OFFER)
        assert (answer.status_code, answer.json()["code"]) == (409, "camera_unshowable")
        assert "b_frames" in answer.json()["detail"]


async def test_a_camera_with_a_picture_every_other_second_stays_late_and_does_not_flicker(tmp_path, clip):
    camera = TestCamera(clip, every_s=2.0)
    async with running(tmp_path, {"cam1": camera}) as (_, hub):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        await until(lambda: camera.sent >= 4, 15)
        assert states(hub, "cam1") == ["ok", "late"]
