"""One good camera, its gateway and its hub."""

import pytest

pytest.importorskip("av", reason="the test camera needs PyAV ([video] extra)")

from tests.media.camera import TestCamera, encode_clip
from tests.media.rig import running


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def clip():
    return encode_clip()


@pytest.fixture(scope="session")
def hevc():
    return encode_clip(frames=40, b_frames=2, codec="libx265")


@pytest.fixture(scope="session")
def b_frames():
    return encode_clip(frames=40, b_frames=2)


@pytest.fixture
async def plane(tmp_path, clip):
    """One good camera `cam1`, its gateway and hub."""
    camera = TestCamera(clip)
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub):
        yield gateway, hub, camera
