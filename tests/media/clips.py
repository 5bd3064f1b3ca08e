"""What clip tests share: ordering, waiting, fetching, and reading an MP4 without a line of the product."""

import contextlib
import io

import av
import httpx

from tests.media.rig import until

SECOND = 1_000_000


async def hold(hub, grant="g1", camera="cam1", seconds=600):
    """Have the gateway hold the camera for a grant, and wait for the first picture."""
    number = await hub.order("prefetch", cameras=[camera], for_s=seconds, grant=grant)
    await until(lambda: number in hub.acks and [m for m in hub.told_of("first_frame") if m["camera"] == camera])


async def order(hub, clip, begins, ends, grant="g1", camera="cam1", **more):
    """Order a clip from `begins` to `ends`, seconds from now."""
    now = hub.now_us()
    times = {"from": now + int(begins * SECOND), "to": now + int(ends * SECOND)}
    return await hub.order("clip", clip=clip, grant=grant, camera=camera, **times, **more)


async def outcome(hub, clip, seconds=15):
    """What the gateway said became of it."""

    def told():
        return [m for m in hub.told if m["t"] in ("clip_made", "clip_failed") and m["clip"] == clip]

    return (await until(told, seconds, f"the end of {clip}"))[0]


async def fetch(gateway, hub, clip, token=None, **claims):
    """Download it with a ticket."""
    token = token or hub.ticket(clip=clip, **claims)
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.get(f"{gateway.url}/clip/{clip}", headers={"Authorization": f"Bearer {token}"})


def boxes(data):
    """The top level boxes of an MP4."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def nals_in(data):
    """Every NAL unit of the MP4's samples, in order."""
    for kind, body in boxes(data):
        at = 0
        while kind == b"mdat" and at < len(body):
            size = int.from_bytes(body[at : at + 4], "big")
            yield body[at + 4 : at + 4 + size]
            at += 4 + size


def decode(data):
    """(frames, the first's type, seconds) as FFmpeg reads the file."""
    with contextlib.closing(av.open(io.BytesIO(data))) as opened:
        frames = list(opened.decode(video=0))
    times = [float(frame.pts * frame.time_base) for frame in frames]
    return frames, frames[0].key_frame, times
