"""What a browser cannot show is coded anew in a process of its own: shared, bounded, its failure harming nobody."""

import asyncio
import contextlib
import itertools
from dataclasses import replace

import httpx
import psutil
import pytest

from bonghwa.media.clock import elapsed
from bonghwa.media.feed import Feed
from bonghwa.media.h264 import AccessUnit
from bonghwa.media.reworked import Reworked, Workers
from bonghwa.media.worker import Reworker, Work, fitted
from tests.media.camera import TestCamera, encode_clip
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import running, until
from tests.media.test_cameras import states
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio


def workers(gateway):
    """The worker processes of a gateway."""
    found = []
    for child in psutil.Process(gateway.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "bonghwa.media.worker" in child.cmdline():
                found.append(child)
    return found


@pytest.mark.parametrize("kind", ["hevc", "b_frames"])
async def test_a_camera_no_browser_shows_is_coded_anew_once_for_all_its_viewers(tmp_path, request, kind):
    camera = TestCamera(request.getfixturevalue(kind))
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub):
        async with watching(gateway, hub.ticket()) as (frames, _, _), streaming(gateway, hub.ticket()) as stream:
            await until(lambda: len(frames) > 40, 20, "frames of the worker")
            await until(lambda: len(stream.segments) > 20)
            assert (frames[-1].width, frames[-1].height) == (640, 360)
            times = [frame.pts for frame in frames]
            assert times == sorted(set(times)), "time never goes back"
            assert len(workers(gateway)) == 1
            assert camera.open_now == 1
            assert states(hub, "cam1")[-1] == "ok"
        await until(lambda: not workers(gateway), 10, "the end of the worker after its last viewer")
        await until(lambda: camera.open_now == 0)


async def test_a_worker_that_dies_is_started_again_and_the_same_viewers_see_on(tmp_path, hevc, clip):
    camera, good = TestCamera(hevc), TestCamera(clip)
    async with (
        running(tmp_path, {"cam1": camera, "good": good}) as (gateway, hub),
        streaming(gateway, hub.ticket()) as stream,
        streaming(gateway, hub.ticket("good"), "good") as other,
    ):
        await until(lambda: len(stream.segments) > 5 and len(other.segments) > 5, 15)
        (first,) = workers(gateway)
        first.kill()
        await until(lambda: [each for each in workers(gateway) if each.pid != first.pid], what="another worker")
        seen, seen_other = len(stream.segments), len(other.segments)
        await until(lambda: len(stream.segments) > seen + 10, 15)
        assert len(other.segments) > seen_other + 5
        assert (stream.code, camera.pulls) == (None, 1)


async def test_a_camera_beyond_the_last_worker_is_refused_and_finds_one_when_another_ends(tmp_path, hevc, b_frames, clip):
    cameras = {"cam1": TestCamera(hevc), "cam2": TestCamera(b_frames), "good": TestCamera(clip)}
    async with running(tmp_path, cameras, extra=("--max-workers", "1")) as (gateway, hub):
        async with streaming(gateway, hub.ticket()) as stream:
            await until(lambda: len(stream.segments) > 5, 15)
            async with streaming(gateway, hub.ticket("cam2"), "cam2") as late:
                await until(lambda: late.code is not None)
                assert late.code == 4004, "that it has B frames shows only when they come"
            refused = await post_offer(gateway, hub.ticket("cam2"), OFFER, "cam2")
            assert (refused.status_code, refused.json()["code"]) == (503, "transcode_full")
            async with watching(gateway, hub.ticket("good"), "good") as (frames, _, _):
                await until(lambda: len(frames) > 5)
        await until(lambda: not workers(gateway))
        async with streaming(gateway, hub.ticket("cam2"), "cam2") as stream:
            await until(lambda: len(stream.segments) > 5, 15)


async def test_a_worker_does_not_outlive_its_gateway(tmp_path, hevc):
    async with running(tmp_path, {"cam1": TestCamera(hevc)}) as (gateway, hub), streaming(gateway, hub.ticket()) as stream:
        await until(lambda: stream.segments, 15)
        (worker,) = workers(gateway)
        gateway.process.kill()
        await until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, what="the end of the worker")


async def test_a_still_of_a_camera_that_is_coded_anew_shows_its_picture(tmp_path, hevc):
    async with running(tmp_path, {"cam1": TestCamera(hevc)}) as (gateway, hub):
        async with httpx.AsyncClient() as client:
            url, bearer = f"{gateway.url}/snapshot/cam1", {"Authorization": f"Bearer {hub.ticket()}"}
            answer = await client.get(url, headers=bearer, timeout=15)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")


# The worker by itself


class Source(Feed):
    """A feed filled by hand."""

    def show_next(self, unit):
        self._spread(unit, None)


class Watcher:
    """Keeps what it is sent."""

    def __init__(self):
        self.units, self.states, self.codes = [], [], []

    def picture(self, unit):
        self.units.append(unit)

    def health(self, state):
        self.states.append(state)

    def unshowable(self, code):
        self.codes.append(code)

    def show(self, small):
        pass


async def end(made):
    """Stop it, and wait for its worker's end."""
    made.stop()
    await until(lambda: "rework" not in {task.get_name() for task in asyncio.all_tasks()})


def units_of(clip, begin=0):
    """A clip as a depacketiser gives it, at 20 pictures a second; key pictures with their parameter sets."""
    return [AccessUnit(list(picture), begin + picture.at * 4_500, index % 20 == 0, elapsed()) for index, picture in enumerate(clip)]


async def test_the_first_picture_is_made_from_what_the_source_has_and_does_not_wait_for_its_next_key():
    pictures = units_of(encode_clip(frames=60, width=320, height=192, b_frames=2, codec="libx265", gop=100))
    source, watcher = Source("cam1", lambda _: None), Watcher()
    for unit in pictures[:15]:
        source.show_next(unit)
    made = Reworked(source, lambda: Work("hevc"), Workers(1), lambda _: None)
    made.subscribe(watcher)
    for unit in pictures[15:]:
        source.show_next(replace(unit, key=False))
        await asyncio.sleep(0.05)
        if watcher.units:
            break
    assert watcher.units[0].key
    assert made.gop.parameter_sets.profile == 66
    await end(made)


async def test_after_a_change_of_work_no_picture_of_the_old_work_comes(b_frames):
    source, watcher = Source("cam1", lambda _: None), Watcher()
    made = Reworked(source, lambda: Work("h264"), Workers(1), lambda _: None)
    made.subscribe(watcher)
    units = itertools.cycle(units_of(b_frames))

    async def give():
        for count in itertools.count():
            unit = next(units)
            source.show_next(replace(unit, time=unit.time + count // len(b_frames) * len(b_frames) * 4_500, arrived=elapsed()))
            await asyncio.sleep(0.02)

    giving = asyncio.create_task(give())
    await until(lambda: len(watcher.units) > 5)
    newest = source.gop.units[-1].time
    made.change()
    assert not made.present
    watcher.units.clear()
    await until(lambda: len(watcher.units) > 5)
    assert watcher.units[0].key
    assert watcher.units[0].time >= newest - 5 * 4_500
    giving.cancel()
    await asyncio.gather(giving, return_exceptions=True)
    await end(made)


async def test_a_feed_that_was_dropped_for_a_fault_gets_its_pictures_again_with_the_next_worker(b_frames, monkeypatch):
    source, watcher = Source("cam1", lambda _: None), Watcher()
    made = Reworked(source, lambda: Work("h264"), Workers(1), lambda _: None)
    made.subscribe(watcher)
    units = itertools.cycle(units_of(b_frames))

    def broken(*_):
        monkeypatch.undo()
        [worker] = [child for child in psutil.Process().children() if "bonghwa.media.worker" in child.cmdline()]
        worker.kill()
        raise RuntimeError("the handler is closed")

    due: int | None = None
    for count in itertools.count():
        unit = next(units)
        if len(watcher.units) >= 5 and due is None:
            due = len(watcher.units) + 7
            monkeypatch.setattr(made, "_give", broken)
        source.show_next(replace(unit, time=unit.time + count // len(b_frames) * len(b_frames) * 4_500, arrived=elapsed()))
        await asyncio.sleep(0.02)
        if due is not None and watcher.codes and len(watcher.units) > due:
            break
        assert count < 1_000, "its pictures come out again"
    assert watcher.codes == ["failed"]
    await end(made)


async def test_after_a_camera_was_away_its_pictures_come_out_again(b_frames):
    source, watcher = Source("cam1", lambda _: None), Watcher()
    made = Reworked(source, lambda: Work("h264"), Workers(1), lambda _: None)
    made.subscribe(watcher)
    await until(lambda: len(source.subscribers) == 1)
    for begin in (1_000_000, 9_000_000):
        units = itertools.cycle(units_of(b_frames, begin))
        for count in itertools.count():
            unit = next(units)
            source.show_next(replace(unit, time=unit.time + count // len(b_frames) * len(b_frames) * 4_500, arrived=elapsed()))
            await asyncio.sleep(0.02)
            if [each for each in watcher.units if each.time >= begin][5:]:
                break
            assert count < 500, "its pictures come out"
    await end(made)


@pytest.mark.parametrize(("age", "shown"), [(0.0, 10), (2.0, 1)])
def test_a_worker_that_has_fallen_behind_codes_only_the_newest_picture_it_has(clip, age, shown):
    waiting = units_of(clip)[:10]
    left = len(waiting)
    reworker, made = Reworker(Work("h264"), lambda: left > 0), []
    for unit in waiting:
        left -= 1
        data = b"".join(b"\0\0\0\1" + nal for nal in unit.nals)
        made += reworker.take(unit.time, elapsed() - age, data, past=False)
    assert len(made) == shown
    assert made[0].key
    assert made[-1].time == waiting[-1].time


def test_a_picture_is_never_larger_than_720p_and_keeps_its_shape():
    assert fitted(1_920, 1_080) == (1_280, 720)
    assert fitted(3_840, 2_160) == (1_280, 720)
    assert fitted(1_080, 1_920) == (404, 720)
    assert fitted(640, 361) == (640, 360)
