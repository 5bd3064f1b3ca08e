"""What every engine owes the gateway: the same tests for this process and for MediaMTX beside it."""

import asyncio
import os
import signal

import httpx
import pytest

from tests.media.camera import TestCamera
from tests.media.engines import LAG_S, engine_running
from tests.media.receivers import post_offer, watching
from tests.media.rig import eventually, until

pytestmark = pytest.mark.anyio

ENGINES = ["own", "mediamtx"]
# Frames a receiver may still have had in its decoder when the last packet was sent.
IN_THE_DECODER = 4


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="module", params=ENGINES)
async def served(request, tmp_path_factory, clip):
    """One camera behind a gateway over each engine, for all tests that leave it well."""
    camera = TestCamera(clip)
    async with engine_running(request.param, tmp_path_factory.mktemp(request.param), {"cam1": camera}) as (gateway, hub, _):
        yield request.param, gateway, hub, camera
        assert not any(secret in gateway.log() for secret in (camera.password, "p%40ss", camera.url))


@pytest.fixture
async def engine(served):
    """As `served`; its viewers are gone before the next test begins."""
    _, gateway, hub, _ = served
    yield served

    async def all_gone():
        return (await gateway.healthz())["viewers"] == 0

    await eventually(all_gone, 20, "the viewers of this test to be gone")
    await until(lambda: len(hub.told_of("view_opened")) == len(hub.told_of("view_ended")))
    hub.told.clear()


def grant_of(request_name):
    return f"{request_name}-{os.urandom(3).hex()}"


async def received(peer):
    stats = await peer.getStats()
    return sum(each.bytesReceived for each in stats.values() if each.type == "transport")


async def test_a_ticket_shows_moving_pictures_once(engine):
    _, gateway, hub, _ = engine
    token = hub.ticket(grant=grant_of("once"))
    async with watching(gateway, token) as (frames, answer, peer):
        await until(lambda: len(frames) > 10)
        first, last = frames[0].to_ndarray(format="gray"), frames[-1].to_ndarray(format="gray")
        assert first.shape == (360, 640)
        assert (first != last).mean() > 0.2
        again = await post_offer(gateway, token, peer.localDescription.sdp)
        assert (again.status_code, again.json()["code"]) == (403, "ticket_used")
        assert answer.headers["location"].startswith("/whep/cam1/")


async def test_the_ack_of_a_revoke_comes_after_the_last_picture(engine):
    _, gateway, hub, _ = engine
    cut, kept = grant_of("cut"), grant_of("kept")
    async with (
        watching(gateway, hub.ticket(grant=cut, view="v-cut")) as (frames, _, _),
        watching(gateway, hub.ticket(grant=kept, view="v-kept")) as (others, _, _),
    ):
        await until(lambda: len(frames) > 5 and len(others) > 5)
        await until(lambda: len(hub.told_of("view_opened")) == 2)
        number = await hub.order("revoke", grants=[cut], views=[], reason="closed")
        ack = await until(lambda: hub.acks.get(number), 5)
        frames_then, others_then = len(frames), len(others)
        await until(lambda: len(others) > others_then + 20, what="twenty more frames for the other grant")
        assert len(frames) <= frames_then + IN_THE_DECODER
    assert ack == {"t": "ack", "n": number, "cut": ["v-cut"]}
    [ended] = [told for told in hub.told_of("view_ended") if told["view"] == "v-cut"]
    assert ended["reason"] == "revoked"


async def test_a_revoked_grant_opens_nothing_more(engine):
    _, gateway, hub, _ = engine
    grant = grant_of("gone")
    token = hub.ticket(grant=grant)
    async with watching(gateway, hub.ticket(grant=grant)) as (frames, _, peer):
        await until(lambda: frames)
        number = await hub.order("revoke", grants=[grant], views=[], reason="closed")
        await until(lambda: number in hub.acks, 5)
        answer = await post_offer(gateway, token, peer.localDescription.sdp)
        assert (answer.status_code, answer.json()["code"]) == (403, "grant_revoked")


async def test_a_view_ends_at_its_own_time(engine):
    _, gateway, hub, _ = engine
    ticket = hub.ticket(grant=grant_of("short"), view="v-short", not_after=hub.now_us() + 3_000_000)
    async with watching(gateway, ticket) as (frames, _, _):
        await until(lambda: len(frames) > 5)
        [ended] = await until(lambda: hub.told_of("view_ended"))
        assert (ended["view"], ended["reason"]) == ("v-short", "expired")
        assert ended["seconds"] < 3.1
        async with watching(gateway, hub.ticket(grant=grant_of("after"))) as (others, _, _):
            frames_then = len(frames) + IN_THE_DECODER
            await until(lambda: len(others) > 10)
        assert len(frames) <= frames_then + IN_THE_DECODER


async def test_what_is_held_is_pulled_before_anyone_asks_and_let_go_at_the_revoke(engine):
    _, _, hub, camera = engine
    await until(lambda: camera.open_now == 0)
    grant, pulls = grant_of("held"), camera.pulls
    hub.told.clear()
    await hub.order("prefetch", cameras=["cam1"], for_s=600, grant=grant)
    await until(lambda: camera.open_now == 1)
    await until(lambda: hub.told_of("first_frame"))
    assert [told["state"] for told in hub.told_of("health")][-1] == "ok"
    await hub.order("revoke", grants=[grant], views=[], reason="closed")
    await until(lambda: camera.open_now == 0)
    assert camera.pulls == pulls + 1


async def test_a_camera_is_pulled_once_however_many_watch(engine):
    _, gateway, hub, camera = engine
    await until(lambda: camera.open_now == 0)
    grant, pulls = grant_of("many"), camera.pulls
    async with (
        watching(gateway, hub.ticket(grant=grant)) as (one, _, _),
        watching(gateway, hub.ticket(grant=grant)) as (two, _, _),
        watching(gateway, hub.ticket(grant=grant)) as (three, _, _),
    ):
        await until(lambda: min(map(len, (one, two, three))) > 5)
        assert (camera.open_now, camera.pulls) == (1, pulls + 1)
        assert (await gateway.healthz())["pulls"] == 1


async def test_the_counters_are_what_the_receiver_got(engine):
    name, gateway, hub, camera = engine
    grant = grant_of("count")
    async with watching(gateway, hub.ticket(grant=grant, view="v-count")) as (frames, _, peer):
        await until(lambda: len(frames) > 50)
        await until(lambda: any(view == "v-count" for beat in hub.heartbeats for view, _, _ in beat["views"]))
        number = await hub.order("revoke", grants=[grant], views=[], reason="closed")
        await until(lambda: number in hub.acks, 5)
        [ended] = await until(lambda: hub.told_of("view_ended"))
        got = await received(peer)
    a_second = 1.1 * sum(len(nal) for picture in camera.clip for nal in picture) / (len(camera.clip) * camera.every_s)
    assert ended["bytes"] <= 1.02 * got + 10_000
    assert ended["bytes"] >= 0.98 * got - LAG_S[name] * a_second - 10_000
    beats = [count for beat in hub.heartbeats for view, _, count in beat["views"] if view == "v-count"]
    assert 0 < beats[-1] <= ended["bytes"]


async def test_the_viewers_goodbye_ends_the_session_and_only_with_its_own_ticket(engine):
    _, gateway, hub, _ = engine
    token = hub.ticket(grant=grant_of("bye"), view="v-bye")
    async with watching(gateway, token) as (frames, answer, _), httpx.AsyncClient() as client:
        await until(lambda: frames)
        await until(lambda: hub.told_of("view_opened"))
        where = gateway.url + answer.headers["location"]
        wrong = await client.delete(where, headers={"Authorization": f"Bearer {hub.ticket()}"})
        assert wrong.status_code == 404
        right = await client.delete(where, headers={"Authorization": f"Bearer {token}"})
        assert right.status_code == 200
        [ended] = await until(lambda: hub.told_of("view_ended"))
        assert ended["reason"] == "viewer"


@pytest.mark.parametrize("name", ENGINES)
async def test_the_end_of_the_lease_cuts_all_and_lets_go_of_every_camera(name, tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running(name, tmp_path, {"cam1": camera}, lease_s=5) as (gateway, hub, _):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        async with watching(gateway, hub.ticket(grant="g1")) as (frames, _, peer):
            await until(lambda: len(frames) > 5)
            hub.deaf = True
            await until(lambda: camera.open_now == 0, 10, "the end of the pull that nobody may watch")
            frames_then = len(frames)
            refused = await post_offer(gateway, hub.ticket(grant="g1"), peer.localDescription.sdp)
            assert (refused.status_code, refused.json()["code"]) == (503, "lease_ended")
            hub.deaf = False
            await hub.drop_line()
            await eventually(gateway.hub_is_up, 15)
            await until(lambda: camera.open_now == 1, what="what was held to come back with the lease")
            async with watching(gateway, hub.ticket(grant="g1")) as (again, _, _):
                await until(lambda: len(again) > 10)
            assert len(frames) <= frames_then + IN_THE_DECODER
        await until(lambda: [told["reason"] for told in hub.told_of("view_ended")][:1] == ["lease"])


@pytest.mark.parametrize("name", ENGINES)
async def test_the_pictures_end_when_the_gateway_is_killed(name, tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running(name, tmp_path, {"cam1": camera}) as (gateway, hub, mediamtx):
        async with watching(gateway, hub.ticket()) as (frames, _, _):
            await until(lambda: len(frames) > 5)
            gateway.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(gateway.process.wait, 5)
            await until(lambda: camera.open_now == 0, what="the end of the pull")
        if mediamtx:
            assert (await mediamtx.get("/v3/webrtcsessions/list"))["items"] == []
            assert (await mediamtx.get("/v3/config/paths/list"))["items"] == []
