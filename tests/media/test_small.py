"""A camera's second, smaller stream: shown to those whose network carries no more, and never in the way of the first."""

import asyncio

import pytest

from bonghwa.media import camera as camera_module
from bonghwa.media.cameras import Cameras
from bonghwa.media.reworked import Workers
from bonghwa.media.rtsp import Source
from tests.media.camera import TestCamera
from tests.media.coding import encode_clip
from tests.media.rig import until

pytestmark = pytest.mark.anyio


class Viewer:
    """Shown what the camera says it is to be shown, as a session is."""

    def __init__(self, camera):
        self.camera, self.feed = camera, camera.shown()
        self.units, self.codes = [], []

    def picture(self, unit):
        self.units.append((self.feed, unit))

    def health(self, state):
        pass

    def unshowable(self, code):
        self.codes.append(code)

    def show(self, small):
        feed = self.camera.shown(small)
        if feed is not self.feed:
            self.feed.unsubscribe(self, linger=False)
            self.feed = feed
            feed.subscribe(self)

    def from_feed(self, feed):
        return [unit for shown, unit in self.units if shown is feed]


@pytest.fixture(scope="session")
def small_clip():
    return encode_clip(frames=20, width=320, height=180)


@pytest.fixture
async def both(clip, small_clip):
    """A camera with two streams, the gateway's side of it, and what the hub is told."""
    device = await TestCamera(clip, small_clip=small_clip).start()
    record = {name: value for name, value in device.record("cam1").items() if name != "camera"}
    told = []
    cameras = Cameras({"cam1": Source("cam1", **record)}, lambda feed: told.append(feed.state), lambda *_: None)
    cameras.pause(False)
    yield device, cameras.find("cam1"), told, cameras
    cameras.stop()
    await until(lambda: device.open_now == 0)
    await device.stop()


async def test_the_small_stream_is_pulled_only_for_those_who_are_shown_it(both):
    device, camera, told, cameras = both
    viewer = Viewer(camera)
    viewer.feed.subscribe(viewer)
    await until(lambda: viewer.units)
    assert set(device.setups) == {device.url + "/trackID=1"}
    viewer.show(small=True)
    await until(lambda: viewer.from_feed(camera.small))
    assert camera.small.gop.parameter_sets.width == 320
    await until(lambda: (device.open_now, cameras.pulls) == (1, 1), what="the end of the main pull")
    viewer.show(small=False)
    seen = len(viewer.units)
    await until(lambda: len(viewer.from_feed(camera.main)) > 5 and len(viewer.units) > seen + 5)
    assert set(told) <= {"ok", "idle"}


async def test_a_small_stream_that_is_dead_gives_its_viewers_to_the_main_one_and_says_nothing_to_the_hub(both):
    device, camera, told, _ = both
    other, viewer = Viewer(camera), Viewer(camera)
    other.feed.subscribe(other)
    viewer.feed.subscribe(viewer)
    await until(lambda: told == ["ok"])
    device.small_clip = None
    viewer.show(small=True)
    assert viewer.feed is camera.small
    await until(lambda: viewer.feed is camera.main, 10)
    seen = len(viewer.units)
    await until(lambda: len(viewer.units) > seen + 5)
    assert told == ["ok"], "the camera is well"
    assert camera.shown(small=True) is camera.main, "the small stream is left out for a while"
    assert viewer.codes == []


async def test_a_small_stream_is_tried_again_after_a_while(both, monkeypatch):
    _, camera, _, _ = both
    monkeypatch.setattr(camera_module, "SMALL_AGAIN_S", 0.2)
    camera.reworks(camera.small)
    assert camera.shown(small=True) is camera.main
    await until(lambda: camera.shown(small=True) is camera.small)


async def test_a_small_stream_that_no_browser_shows_is_left_out(clip, b_frames):
    device = await TestCamera(clip, small_clip=b_frames).start()
    record = {name: value for name, value in device.record("cam1").items() if name != "camera"}
    cameras = Cameras({"cam1": Source("cam1", **record)}, lambda _: None, lambda *_: None)
    cameras.pause(False)
    camera = cameras.find("cam1")
    viewer = Viewer(camera)
    viewer.feed.subscribe(viewer)
    viewer.show(small=True)
    await until(lambda: viewer.feed is camera.main)
    await until(lambda: viewer.from_feed(camera.main))
    assert viewer.codes == []
    cameras.stop()
    await until(lambda: device.open_now == 0)
    await device.stop()


async def test_a_session_in_the_middle_of_a_move_keeps_its_camera_connected(clip, b_frames):
    """Who is moved to a feed made by a worker lets go of the pull and takes it again: the camera must not notice."""
    device = await TestCamera(b_frames).start()
    record = {name: value for name, value in device.record("cam1").items() if name != "camera"}
    cameras = Cameras({"cam1": Source("cam1", **record)}, lambda _: None, lambda *_: None, Workers(1))
    cameras.pause(False)
    camera = cameras.find("cam1")
    viewer = Viewer(camera)
    viewer.feed.subscribe(viewer)
    await until(lambda: len(viewer.from_feed(camera.reworked)) > 5)
    assert device.pulls == 1
    cameras.stop()
    await until(lambda: device.open_now == 0)
    await until(lambda: "rework" not in {task.get_name() for task in asyncio.all_tasks()})
    await device.stop()
