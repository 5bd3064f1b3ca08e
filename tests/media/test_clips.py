"""Evidence clips: what a grant held, from the IDR before, hashed; never more, never without the grant."""

import hashlib
import itertools
import signal
import stat

import pytest

from tests.media.camera import TestCamera
from tests.media.clips import decode, fetch, hold, nals_in, order, outcome
from tests.media.coding import FPS, GOP
from tests.media.receivers import post_offer, watching
from tests.media.rig import running, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio


async def test_a_clip_reaches_back_into_the_pre_roll_and_begins_at_an_idr(plane, tmp_path):
    gateway, hub, camera = plane
    await hold(hub)
    await until(lambda: camera.sent > 3 * GOP)
    number = await order(hub, "clp_1", -1.2, 1.0)
    assert (await until(lambda: hub.acks.get(number))) == {"t": "ack", "n": number}
    made = await outcome(hub, "clp_1")
    assert made["t"] == "clip_made"
    answer = await fetch(gateway, hub, "clp_1")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (200, "video/mp4", "no-store")
    assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (made["bytes"], made["sha256"])
    frames, key, times = decode(answer.content)
    assert key
    assert len(frames) == made["frames"]
    assert times[0] == 0
    asked = hub.sent[number - 1]
    assert asked["from"] - (GOP / FPS + 0.5) * 1_000_000 <= made["from"] <= asked["from"]
    assert asked["to"] - 500_000 <= made["to"] <= asked["to"]
    assert abs(times[-1] * 1_000_000 - (made["to"] - made["from"])) < 500_000
    assert (made["cut_short"], made["codec"][:5], made["width"], made["masked"]) == (None, "avc1.", 640, False)
    file = tmp_path / "data/gateways/gw1/clips/clp_1.mp4"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    fetched = await until(lambda: hub.told_of("clip_fetched"))
    assert (fetched[0]["clip"], fetched[0]["bytes"], fetched[0]["whole"]) == ("clp_1", made["bytes"], True)


async def test_a_clip_of_what_is_over_is_made_of_the_pre_roll_alone(plane):
    _, hub, camera = plane
    await hold(hub)
    await until(lambda: camera.sent > 3 * GOP)
    await order(hub, "clp_1", -1.5, -0.2)
    made = await outcome(hub, "clp_1", 5)
    assert made["t"] == "clip_made"
    assert made["frames"] >= FPS


async def test_the_end_of_the_grant_ends_the_recording_and_what_there_is_is_kept(plane):
    gateway, hub, camera = plane
    await hold(hub, "g1")
    await hold(hub, "g2")
    await order(hub, "clp_1", 0, 60, grant="g1")
    await order(hub, "clp_2", 0, 60, grant="g2")
    sent = camera.sent
    await until(lambda: camera.sent > sent + GOP)
    await hub.order("revoke", grants=["g1"], views=[], reason="closed")
    made = await outcome(hub, "clp_1", 5)
    assert (made["t"], made["cut_short"]) == ("clip_made", "grant_over")
    assert len(decode((await fetch(gateway, hub, "clp_1", grant="g1")).content)[0]) == made["frames"]
    await hub.order("clip_stop", clip="clp_2")
    other = await outcome(hub, "clp_2", 5)
    assert other["cut_short"] is None
    assert other["frames"] >= made["frames"]


async def test_a_hold_that_runs_out_ends_the_recording_without_a_word_of_the_hub(plane):
    _, hub, _ = plane
    await hold(hub, seconds=2)
    await order(hub, "clp_1", 0, 60)
    assert (await outcome(hub, "clp_1", 6))["cut_short"] == "grant_over"


async def test_nothing_is_kept_of_a_camera_that_no_grant_holds(plane):
    gateway, hub, _ = plane
    async with watching(gateway, hub.ticket(grant="g1")) as (frames, _, _):
        await until(lambda: len(frames) > 2 * GOP)
        number = await order(hub, "clp_1", -2, 5)
        assert (await until(lambda: hub.acks.get(number)))["refused"] == "grant_over"
        # A grant that comes now finds no past: the pre-roll began with it.
        await hold(hub, "g2")
        await order(hub, "clp_2", -5, 0.3, grant="g2")
        made = await outcome(hub, "clp_2", 5)
        assert made["from"] > hub.sent[-1]["from"] + 2_500_000
    assert (await outcome(hub, "clp_1"))["reason"] == "grant_over"


async def test_a_revoke_forgets_the_pre_roll(plane):
    _, hub, camera = plane
    await hold(hub, "g1")
    await until(lambda: camera.sent > 2 * GOP)
    await hub.order("revoke", grants=["g1"], views=[], reason="closed")
    await hold(hub, "g2")
    await order(hub, "clp_1", -10, -0.5, grant="g2")
    assert (await outcome(hub, "clp_1", 5)).get("frames", 0) < GOP


async def test_without_a_pre_roll_a_clip_begins_with_the_present_group(tmp_path, clip):
    camera = TestCamera(clip)
    async with running(tmp_path, {"cam1": camera}, extra=("--pre-roll", "0")) as (_, hub):
        await hold(hub)
        await until(lambda: camera.sent > 3 * GOP)
        await order(hub, "clp_1", -2, 0.5)
        made = await outcome(hub, "clp_1", 5)
    assert made["t"] == "clip_made"
    assert made["from"] >= hub.sent[-1]["from"] + 500_000


async def test_a_clip_of_a_silent_camera_says_that_there_was_no_picture(tmp_path, clip):
    async with running(tmp_path, {"cam1": TestCamera(clip, manner="mute")}) as (_, hub):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        await order(hub, "clp_1", 0, 0.5)
        assert await outcome(hub, "clp_1", 5) | {"m": 0} == {"t": "clip_failed", "m": 0, "clip": "clp_1", "reason": "no_picture"}


async def test_a_full_store_refuses_and_erasing_makes_room(tmp_path, clip):
    camera = TestCamera(clip, every_s=1 / (5 * FPS))
    async with running(tmp_path, {"cam1": camera}, extra=("--clips-mb", "1")) as (gateway, hub):
        await hold(hub)
        await order(hub, "clp_1", 0, 60)
        made = await outcome(hub, "clp_1", 30)
        assert made["cut_short"] == "storage"
        assert made["bytes"] <= 1_000_000
        again = await until_refused(hub, "clp_2")
        assert again == "clips_full"
        await hub.order("erase", clips=["clp_1", "never_was"])
        await until(lambda: {m["clip"] for m in hub.told_of("clip_erased")} == {"clp_1", "never_was"})
        assert (await fetch(gateway, hub, "clp_1")).status_code == 404
        await order(hub, "clp_3", 0, 0.5)
        assert (await outcome(hub, "clp_3", 5))["t"] == "clip_made"


async def until_refused(hub, clip):
    """Fill what little room is left, clip by clip; why the last was refused."""
    for number in range(20):
        n = await order(hub, f"{clip}_{number}", 0, 60)
        refused = (await until(lambda n=n: hub.acks.get(n))).get("refused")
        if refused:
            return refused
        await outcome(hub, f"{clip}_{number}", 30)
    return None


async def test_a_clip_ticket_opens_its_clip_once_and_nothing_else(plane):
    gateway, hub, _ = plane
    await hold(hub)
    await order(hub, "clp_1", 0, 0.5)
    await outcome(hub, "clp_1", 5)
    token = hub.ticket(clip="clp_1")
    assert (await post_offer(gateway, token, OFFER)).json()["code"] == "ticket_other_camera"
    assert (await fetch(gateway, hub, "clp_1", token)).status_code == 200
    assert (await fetch(gateway, hub, "clp_1", token)).json()["code"] == "ticket_used"
    assert (await fetch(gateway, hub, "clp_1", hub.ticket(clip="clp_2"))).json()["code"] == "ticket_other_clip"
    assert (await fetch(gateway, hub, "clp_1", hub.ticket())).json()["code"] == "ticket_other_clip"
    assert (await fetch(gateway, hub, "..%2Fsources.enc", hub.ticket(clip="../sources.enc"))).status_code == 404


async def test_a_clip_stays_to_be_fetched_after_its_grant(plane):
    gateway, hub, _ = plane
    await hold(hub)
    await order(hub, "clp_1", 0, 0.5)
    made = await outcome(hub, "clp_1", 5)
    await hub.order("revoke", grants=["g1"], views=[], reason="closed")
    answer = await fetch(gateway, hub, "clp_1", grant="g1")
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]


async def test_a_gateway_that_is_ended_finishes_its_clip_and_says_so(plane, tmp_path):
    gateway, hub, camera = plane
    await hold(hub)
    await order(hub, "clp_1", 0, 60)
    sent = camera.sent
    await until(lambda: camera.sent > sent + 10)
    gateway.process.send_signal(signal.SIGTERM)
    made = await outcome(hub, "clp_1", 5)
    assert made["cut_short"] == "stop"
    file = tmp_path / "data/gateways/gw1/clips/clp_1.mp4"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == made["sha256"]


async def test_a_gap_in_the_pictures_is_a_gap_in_the_clip_and_told(tmp_path, clip):
    camera = TestCamera(clip)
    async with running(tmp_path, {"cam1": camera}) as (gateway, hub):
        await hold(hub)
        number = await order(hub, "clp_1", 0, 60)
        await until(lambda: number in hub.acks and camera.sent > 10)
        await camera.stop()
        await until(lambda: [m for m in hub.told_of("health") if m["state"] == "late"])
        await camera.start()
        sent = camera.sent
        await until(lambda: camera.sent > sent + GOP)
        await hub.order("clip_stop", clip="clp_1")
        made = await outcome(hub, "clp_1", 5)
        _, _, times = decode((await fetch(gateway, hub, "clp_1")).content)
    assert made["longest_gap_ms"] > 1_000
    assert abs(max(b - a for a, b in itertools.pairwise(times)) * 1_000 - made["longest_gap_ms"]) < 100


async def test_malformed_orders_are_refused_and_change_nothing(plane, tmp_path):
    _, hub, _ = plane
    await hold(hub)
    for clip, begins, ends in (("../x", 0, 1), ("clp", 5, 1), ("clp", 0, 4_000)):
        number = await order(hub, clip, begins, ends)
        assert (await until(lambda n=number: hub.acks.get(n)))["refused"] == "malformed"
    assert list((tmp_path / "data/gateways/gw1/clips").iterdir()) == []


async def test_the_clip_holds_the_cameras_own_pictures_bit_for_bit(plane):
    gateway, hub, camera = plane
    await hold(hub)
    await until(lambda: camera.sent > 2 * GOP)
    await order(hub, "clp_1", -0.5, 0.5)
    await outcome(hub, "clp_1", 5)
    found = list(nals_in((await fetch(gateway, hub, "clp_1")).content))
    sent = [nal for picture in camera.clip for nal in picture if nal[0] & 0x1F not in (7, 8, 9)]
    first = sent.index(found[0])
    cycle = (sent[first:] + sent * 10)[: len(found)]
    assert found == cycle
