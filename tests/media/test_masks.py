"""Region masks: painted by a worker before anything is coded, for every viewer without the right, at once, or nothing is shown."""

import io

import av
import httpx
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus

from bonghwa.media.mask import GREY, paint
from tests.media.camera import TestCamera
from tests.media.clips import decode, fetch, hold, order, outcome
from tests.media.coding import GOP
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import running, until
from tests.media.test_hostile_input import OFFER
from tests.media.test_reworked import workers

pytestmark = pytest.mark.anyio

LEFT_HALF = [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]
RIGHT_HALF = [[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]]


def grey(frame, half="left"):
    """Whether that half of the picture is grey all over; the noise of the test camera never is."""
    image = frame.to_ndarray(format="gray").astype(int) if hasattr(frame, "to_ndarray") else frame
    width = image.shape[1] // 2
    part = image[:, 8 : width - 8] if half == "left" else image[:, width + 8 : -8]
    return part.std() < 6 and abs(part.mean() - GREY) < 6


def pictures(segments):
    """The frames of a stream."""
    with av.open(io.BytesIO(b"".join(segments))) as opened:
        return list(opened.decode(video=0))


def begins_anew(segment):
    """Whether it is an init segment or the fragment of a key picture."""
    if segment[4:8] == b"ftyp":
        return True
    at = segment.index(b"trun") + 24
    return int.from_bytes(segment[at : at + 4], "big") == 0x0200_0000


async def set_mask(hub, regions, camera="cam1"):
    """Order it and wait for the ack."""
    number = await hub.order("mask", camera=camera, regions=regions, rev=len(hub.sent) + 1)
    return await until(lambda: hub.acks.get(number))


async def still(gateway, hub, **claims):
    async with httpx.AsyncClient(timeout=20) as client:
        headers = {"Authorization": f"Bearer {hub.ticket(**claims)}"}
        return await client.get(f"{gateway.url}/snapshot/cam1", headers=headers)


async def test_viewers_stills_and_streams_are_masked_and_who_has_the_right_sees_all_from_one_worker(plane):
    gateway, hub, camera = plane
    await set_mask(hub, LEFT_HALF)
    async with (
        watching(gateway, hub.ticket()) as (masked, _, _),
        streaming(gateway, hub.ticket()) as stream,
        watching(gateway, hub.ticket(unmasked=True)) as (whole, _, _),
    ):
        await until(lambda: len(masked) > 10 and len(whole) > 10 and len(stream.segments) > 10, 20)
        assert len(workers(gateway)) == 1
        assert camera.open_now == 1
        image = av.open(io.BytesIO((await still(gateway, hub)).content)).decode(video=0)
        # The watermark lies over the lower edge.
        assert grey(next(image).to_ndarray(format="gray").astype(int)[:300])
        assert all(grey(frame) and not grey(frame, "right") for frame in masked)
        assert all(grey(frame) for frame in pictures(stream.segments))
        assert not any(grey(frame) for frame in whole)
    await until(lambda: not workers(gateway), 10, "the end of the worker")


async def test_a_mask_that_is_set_moves_running_views_at_once_and_none_shows_what_it_hides(plane):
    gateway, hub, camera = plane
    async with watching(gateway, hub.ticket()) as (frames, _, _), streaming(gateway, hub.ticket()) as stream:
        await until(lambda: len(frames) > 5 and len(stream.segments) > 5)
        assert not grey(frames[-1])
        assert await set_mask(hub, LEFT_HALF) | {"n": 0} == {"t": "ack", "n": 0}
        shown, sent = len(frames), len(stream.segments)
        await until(lambda: len(frames) > shown + 12 and len(stream.segments) > sent + 12, 20, "masked pictures")
        # A receiver may still have had frames in its decoder when the gateway had sent its last packet.
        assert all(grey(frame) for frame in frames[shown + 4 :])
        first = next(at for at in range(sent, len(stream.segments)) if begins_anew(stream.segments[at]))
        assert first <= sent + 1, "nothing but a picture under way may come before the masked stream begins"
        head = next(segment for segment in reversed(stream.segments[: first + 1]) if segment[4:8] == b"ftyp")
        assert all(grey(frame) for frame in pictures([head, *stream.segments[first:]]))
        await set_mask(hub, RIGHT_HALF)
        shown = len(frames)
        await until(lambda: len(frames) > shown + 12, 20, "pictures with the other mask")
        assert all(grey(frame, "right") for frame in frames[shown + 4 :])
        await set_mask(hub, [])
        shown = len(frames)
        await until(lambda: len(frames) > shown + 12, 20, "pictures without a mask")
        assert not grey(frames[-1])
        assert not grey(frames[-1], "right")
        assert camera.pulls == 1


async def test_where_no_worker_is_free_a_masked_camera_is_refused_and_its_running_views_end(tmp_path, clip):
    cameras = {"cam1": TestCamera(clip), "cam2": TestCamera(clip)}
    async with running(tmp_path, cameras, extra=("--max-workers", "1")) as (gateway, hub):
        await set_mask(hub, LEFT_HALF, "cam1")
        async with watching(gateway, hub.ticket("cam1")) as (frames, _, _), streaming(gateway, hub.ticket("cam2"), "cam2") as stream:
            await until(lambda: len(frames) > 3 and stream.segments, 20)
            await set_mask(hub, LEFT_HALF, "cam2")
            await until(lambda: stream.code is not None)
            assert stream.code == 4004
            refused = await post_offer(gateway, hub.ticket("cam2"), OFFER, "cam2")
            assert (refused.status_code, refused.json()["code"]) == (503, "mask_unavailable")
            with pytest.raises(InvalidStatus):
                async with streaming(gateway, hub.ticket("cam2"), "cam2"):
                    pass
            async with watching(gateway, hub.ticket("cam2", unmasked=True), "cam2") as (whole, _, _):
                await until(lambda: len(whole) > 3)


async def test_without_workers_a_masked_camera_shows_nothing_to_who_has_no_right(tmp_path, clip):
    async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=("--max-workers", "0")) as (gateway, hub):
        await set_mask(hub, LEFT_HALF)
        assert (await post_offer(gateway, hub.ticket(), OFFER)).json()["code"] == "mask_unavailable"
        assert (await still(gateway, hub)).json()["code"] == "mask_unavailable"
        async with watching(gateway, hub.ticket(unmasked=True)) as (frames, _, _):
            await until(lambda: len(frames) > 3)


async def test_a_gateway_that_starts_is_told_the_masks_before_it_may_show_anything(tmp_path, clip):
    camera = TestCamera(clip)
    masks = {"cam1": {"rev": 7, "regions": LEFT_HALF}}
    async with running(tmp_path, {"cam1": camera}, masks=masks) as (gateway, hub):  # noqa: SIM117  the ticket needs the hub
        async with watching(gateway, hub.ticket()) as (frames, _, _):
            await until(lambda: len(frames) > 5, 20)
            assert all(grey(frame) for frame in frames)
            # An older order that comes again, as after a lost connection, does not lift it.
            number = await hub.order("mask", camera="cam1", regions=[], rev=6)
            await until(lambda: number in hub.acks)
            shown = len(frames)
            await until(lambda: len(frames) > shown + 10)
            assert all(grey(frame) for frame in frames)


async def test_a_malformed_mask_is_refused_and_the_old_one_stays(plane):
    gateway, hub, _ = plane
    await set_mask(hub, LEFT_HALF)
    for regions in ([[[0, 0], [1, 1]]], [[[0, 0], [2, 0], [1, 1]]], [[0, 0, 1, 1]], "all"):
        assert (await set_mask(hub, regions))["refused"] == "malformed"
    async with watching(gateway, hub.ticket()) as (frames, _, _):
        await until(lambda: len(frames) > 3, 20)
        assert all(grey(frame) for frame in frames)


async def test_a_clip_without_the_right_is_of_the_masked_pictures_and_one_with_it_of_the_cameras_own(plane):
    gateway, hub, camera = plane
    await set_mask(hub, LEFT_HALF)
    await hold(hub)
    await until(lambda: camera.sent > 2 * GOP)
    await order(hub, "masked", -1, 4)
    await order(hub, "whole", -1, 1, unmasked=True)
    masked, whole = await outcome(hub, "masked"), await outcome(hub, "whole")
    assert (masked["masked"], masked["recoded"], whole["masked"], whole["recoded"]) == (True, True, False, False)
    frames, _, _ = decode((await fetch(gateway, hub, "masked")).content)
    assert all(grey(frame) for frame in frames)
    assert len(frames) == masked["frames"]
    assert not any(grey(frame) for frame in decode((await fetch(gateway, hub, "whole")).content)[0])
    # Nothing was kept of the masked pictures before they were asked for.
    assert masked["from"] > hub.sent[2]["from"] + 900_000


async def test_a_mask_set_while_a_clip_is_recorded_ends_it(plane):
    gateway, hub, camera = plane
    await hold(hub)
    await order(hub, "own", 0, 60)
    await order(hub, "right", 0, 60, unmasked=True)
    sent = camera.sent
    await until(lambda: camera.sent > sent + 10)
    await set_mask(hub, LEFT_HALF)
    made = await outcome(hub, "own")
    assert (made["cut_short"], made["masked"]) == ("mask_changed", False)
    assert not any(grey(frame) for frame in decode((await fetch(gateway, hub, "own")).content)[0])
    await hub.order("clip_stop", clip="right")
    assert (await outcome(hub, "right"))["frames"] >= made["frames"]


@pytest.mark.parametrize(
    ("mask", "inside", "outside"),
    [
        (((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)), [(8, 8), (4, 4), (11, 11)], [(2, 8), (13, 8), (8, 13), (8, 2)]),
        (((0.0, 0.0), (1.0, 1.0), (0.0, 1.0)), [(8, 8), (0, 0), (15, 15), (0, 15)], [(15, 0), (12, 8)]),
        # A line, and a star whose middle an even-odd rule would leave open.
        (((0.1, 0.5), (0.9, 0.5), (0.1, 0.5)), [(8, 8), (2, 8)], [(8, 10), (0, 8)]),
        (((0.5, 0.0), (0.8, 1.0), (0.0, 0.4), (1.0, 0.4), (0.2, 1.0)), [(8, 8), (8, 9)], [(0, 0), (15, 15), (1, 12)]),
    ],
)
def test_every_pixel_a_polygon_touches_is_painted_and_what_lies_clear_of_it_is_not(mask, inside, outside):
    plane = np.zeros((16, 20), np.uint8)  # a row is longer than the picture
    paint([(memoryview(plane.reshape(-1)), 20, 16, 16)], [mask])
    assert [plane[y, x] for x, y in inside] == [GREY] * len(inside)
    assert [plane[y, x] for x, y in outside] == [0] * len(outside)
    assert not plane[:, 16:].any()
