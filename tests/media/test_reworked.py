"""What a browser cannot show is coded anew in a process of its own: shared, bounded, its failure harming nobody."""

import contextlib

import psutil
import pytest

from tests.media.camera import TestCamera, encode_clip
from tests.media.receivers import streaming, watching
from tests.media.rig import running, until
from tests.media.test_cameras import states

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def hevc():
    return encode_clip(frames=40, b_frames=2, codec="libx265")


@pytest.fixture(scope="session")
def b_frames():
    return encode_clip(frames=40, b_frames=2)


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
