"""Cutting: by revoke, by the view's own end, by the end of the lease. Never by hope."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.media.camera import TestCamera
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import eventually, running, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio

# Frames a receiver may still have had in its decoder when the gateway had sent its last packet.
IN_THE_DECODER = 4


async def test_a_revoke_cuts_all_views_of_the_grant_and_no_other(plane):
    gateway, hub, _ = plane
    async with (
        watching(gateway, hub.ticket(grant="g1")) as (cut_frames, _, _),
        streaming(gateway, hub.ticket(grant="g1")) as cut_stream,
        watching(gateway, hub.ticket(grant="g2")) as (kept, _, _),
    ):
        await until(lambda: len(cut_frames) > 5 and len(kept) > 5 and len(cut_stream.segments) > 5)
        number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        ack = await until(lambda: hub.acks.get(number))
        frames_then = len(cut_frames)
        await until(lambda: cut_stream.code is not None)
        segments_then, kept_then = len(cut_stream.segments), len(kept)
        await until(lambda: len(kept) > kept_then + 20, what="twenty more frames for the other grant")
        assert len(cut_frames) <= frames_then + IN_THE_DECODER
        assert len(cut_stream.segments) == segments_then
    assert len(ack["cut"]) == 2
    assert cut_stream.code == 4003
    ended = [message for message in hub.told_of("view_ended") if message["reason"] == "revoked"]
    assert {message["view"] for message in ended} == set(ack["cut"])
    assert all(message["bytes"] > 0 and message["seconds"] > 0 for message in ended)


async def test_a_single_view_can_be_cut_and_its_unused_ticket_is_void(plane):
    gateway, hub, _ = plane
    late = hub.ticket(view="v-one")
    async with streaming(gateway, hub.ticket(view="v-one")) as one, streaming(gateway, hub.ticket()) as other:
        await until(lambda: one.segments and other.segments)
        number = await hub.order("revoke", grants=[], views=["v-one"], reason="owner")
        assert (await until(lambda: hub.acks.get(number)))["cut"] == ["v-one"]
        await until(lambda: one.code == 4003)
        assert other.code is None
        answer = await post_offer(gateway, late, OFFER)
    assert (answer.status_code, answer.json()["code"]) == (403, "grant_revoked")


async def test_a_view_ends_at_its_own_time_and_a_renewed_one_goes_on(plane):
    gateway, hub, _ = plane
    soon = hub.now_us() + 1_500_000
    async with (
        streaming(gateway, hub.ticket(grant="short", not_after=soon)) as short,
        streaming(gateway, hub.ticket(grant="renewed", not_after=soon)) as renewed,
    ):
        await until(lambda: short.segments and renewed.segments)
        await hub.order("renew", grant="renewed", not_after=soon + 60_000_000)
        await until(lambda: short.code is not None, 5)
        segments = len(renewed.segments)
        await until(lambda: len(renewed.segments) > segments + 5)
        assert renewed.code is None
    assert short.code == 4003
    assert hub.told_of("view_ended")[0]["reason"] == "expired"


async def test_a_gateway_that_lost_its_hub_cuts_at_the_end_of_the_lease_and_comes_back_with_it(tmp_path, clip):
    camera = TestCamera(clip)
    async with running(tmp_path, {"cam1": camera}, lease_s=4) as (gateway, hub):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        async with watching(gateway, hub.ticket()) as (frames, _, _), streaming(gateway, hub.ticket()) as stream:
            await until(lambda: len(frames) > 5 and len(stream.segments) > 5)
            hub.deaf = True
            await until(lambda: stream.code is not None, 10, "the cut at the end of the lease")
            assert stream.code == 4008
            frames_then = len(frames)
            refused = await post_offer(gateway, hub.ticket(), OFFER)
            assert (refused.status_code, refused.json()["code"]) == (503, "lease_ended")
            await until(lambda: camera.open_now == 0, what="the end of the pull that nobody may watch")
            hub.deaf = False
            await hub.drop_line()
            await eventually(gateway.hub_is_up, 15)
            await until(lambda: camera.open_now == 1, what="what was prefetched to come back with the lease")
            async with watching(gateway, hub.ticket()) as (again, _, _):
                await until(lambda: len(again) > 20)
            assert len(frames) <= frames_then + IN_THE_DECODER
        await until(lambda: len(hub.told_of("view_ended")) == 3)
        assert [message["reason"] for message in hub.told_of("view_ended")].count("lease") == 2


async def test_the_heartbeat_counts_what_was_sent_and_the_end_agrees(plane):
    gateway, hub, _ = plane
    async with streaming(gateway, hub.ticket(view="v-count")) as stream:
        await until(lambda: any(beat["views"] for beat in hub.heartbeats), 8)
        view, seconds, count = next(beat["views"][0] for beat in reversed(hub.heartbeats) if beat["views"])
        counted = len(stream.segments)
        await until(lambda: len(stream.segments) > counted + 5)
        number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        await until(lambda: number in hub.acks)
        await until(lambda: stream.code is not None)
    [ended] = await until(lambda: hub.told_of("view_ended"))
    assert view == ended["view"] == "v-count"
    assert 0 < seconds < ended["seconds"]
    assert 0 < count < ended["bytes"]
    # The init segment is the first binary frame and carries no picture.
    assert ended["bytes"] == sum(map(len, stream.segments[1:]))


@pytest.mark.parametrize("protocols", [["bonghwa.v1"], ["bonghwa.v1", "ticket.a.b.c"], ["other"]])
async def test_a_stream_without_a_good_ticket_is_refused_before_the_upgrade(plane, protocols):
    gateway, _, _ = plane
    with pytest.raises(InvalidStatus) as refused:
        async with connect(gateway.url.replace("http", "ws") + "/stream/cam1", subprotocols=protocols, proxy=None):
            pass
    assert refused.value.response.status_code in (400, 401)


async def test_a_stream_from_a_strange_page_is_refused(plane):
    gateway, hub, _ = plane
    with pytest.raises(InvalidStatus) as refused:
        async with streaming(gateway, hub.ticket(), origin="http://evil.test"):
            pass
    assert refused.value.response.status_code == 403
