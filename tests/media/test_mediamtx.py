"""MediaMTX beside the gateway: nobody gets past the gateway, and whatever fails, the pictures end."""

import asyncio
import contextlib
import signal

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from bonghwa.cli.serve_gateway import run
from bonghwa.media.mediamtx import warden
from bonghwa.media.mediamtx.api import ControlApi, PathConf
from bonghwa.media.mediamtx.door import Door
from bonghwa.media.mediamtx.pull import path_name, prefix, source_url
from bonghwa.media.rtsp import Source
from tests.media.camera import TestCamera
from tests.media.engines import beside_mediamtx, engine_running
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import eventually, running, until
from tests.media.test_engine_contract import IN_THE_DECODER
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio

SESSION = "11111111-2222-4333-8444-555555555555"


def healthy(gateway, wanted="up"):
    async def asked():
        return (await gateway.healthz())["engine"] == wanted

    return asked


async def test_nobody_gets_past_the_gateway(tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running("mediamtx", tmp_path, {"cam1": camera}) as (gateway, hub, mediamtx), httpx.AsyncClient() as client:
        name = path_name("gw1", "cam1")

        async def ask_directly(offer, token):
            headers = {"Content-Type": "application/sdp", **({"Authorization": f"Bearer {token}"} if token else {})}
            return (await client.post(f"http://127.0.0.1:{mediamtx.whep}/{name}/whep", content=offer, headers=headers)).status_code

        async with watching(gateway, hub.ticket()) as (frames, _, peer):
            await until(lambda: len(frames) > 5)
            offer = peer.localDescription.sdp
            assert await ask_directly(offer, "") == 401
            assert await ask_directly(offer, hub.ticket()) == 401
            # What the page may not have: sound that the camera sends too. The ticket is used up, as by every refused offer.
            refused = await post_offer(gateway, hub.ticket(), OFFER)
            assert (refused.status_code, refused.json()["code"]) == (400, "offer_refused")
            token = hub.ticket()
            still = await client.get(f"{gateway.url}/snapshot/cam1", headers={"Authorization": f"Bearer {token}"})
            assert (still.status_code, still.json()["code"]) == (501, "stills_unavailable")
            with pytest.raises(InvalidStatus) as no_stream:
                async with streaming(gateway, token):
                    pass
            assert no_stream.value.response.status_code == 501
        said = gateway.log()
        assert not any(secret in said for secret in (camera.password, "p%40ss", camera.url, "Bearer"))
        assert (await gateway.healthz())["ok"] is True


async def test_a_session_opened_behind_the_gateways_back_is_turned_out(tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running("mediamtx", tmp_path, {"cam1": camera}) as (gateway, hub, mediamtx):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        await until(lambda: hub.told_of("first_frame"))
        name = path_name("gw1", "cam1")
        async with httpx.AsyncClient() as client, watching(gateway, hub.ticket()) as (frames, _, peer):
            await until(lambda: frames)
            # The server lets this one in by a door that the documentation does not have.
            headers = {"Content-Type": "application/sdp", "X-Test-Let-Me-In": "yes"}
            where = f"http://127.0.0.1:{mediamtx.whep}/{name}/whep"
            opened = await client.post(where, content=peer.localDescription.sdp, headers=headers)
            assert opened.status_code == 201

            async def turned_out():
                items = (await mediamtx.get("/v3/webrtcsessions/list"))["items"]
                return opened.headers["id"] not in [item["id"] for item in items]

            await eventually(turned_out, 5)
            frames_then = len(frames)
            await until(lambda: len(frames) > frames_then + 5)
        await until(lambda: "mediamtx_stranger" in gateway.log())


async def test_a_session_that_cannot_be_kicked_ends_with_its_path_and_the_ack_names_who_else_was_cut(tmp_path, clip):
    options = ("--manner", "ignores-kicks", "--old-names")
    async with engine_running("mediamtx", tmp_path, {"cam1": TestCamera(clip)}, options=options) as (gateway, hub, _):
        async with (
            watching(gateway, hub.ticket(grant="g1", view="v-cut")) as (frames, _, _),
            watching(gateway, hub.ticket(grant="g2", view="v-beside")) as (others, _, _),
        ):
            await until(lambda: len(frames) > 5 and len(others) > 5)
            await until(lambda: len(hub.told_of("view_opened")) == 2)
            number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
            ack = await until(lambda: hub.acks.get(number), 5)
            frames_then = len(frames)
            assert ack == {"t": "ack", "n": number, "cut": ["v-cut"], "dropped": ["v-beside"]}
            async with watching(gateway, hub.ticket(grant="g2")) as (again, _, _):
                await until(lambda: len(again) > 10, what="the other grant to see the camera again")
            assert len(frames) <= frames_then + IN_THE_DECODER
        ends = {told["view"]: told["reason"] for told in hub.told_of("view_ended")}
        assert (ends["v-cut"], ends["v-beside"]) == ("revoked", "lost")


async def test_the_ack_waits_for_a_session_that_is_struck_from_the_list_before_its_connection_is_closed(tmp_path, clip):
    options = ("--manner", "closes-late")
    async with engine_running("mediamtx", tmp_path, {"cam1": TestCamera(clip)}, options=options) as (gateway, hub, _):
        async with (
            watching(gateway, hub.ticket(grant="g1", view="v-cut")) as (frames, _, _),
            watching(gateway, hub.ticket(grant="g2")) as (others, _, _),
        ):
            await until(lambda: len(frames) > 5 and len(others) > 5)
            number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
            ack = await until(lambda: hub.acks.get(number), 5)
            frames_then, others_then = len(frames), len(others)
            await until(lambda: len(others) > others_then + 20)
            assert len(frames) <= frames_then + IN_THE_DECODER
        assert ack["cut"] == ["v-cut"]


async def test_the_ack_waits_for_a_viewer_who_had_just_left_by_himself(tmp_path, clip):
    options = ("--manner", "closes-late")
    async with engine_running("mediamtx", tmp_path, {"cam1": TestCamera(clip)}, options=options) as (gateway, hub, mediamtx):
        token = hub.ticket(grant="g1")
        async with watching(gateway, token) as (frames, answer, _), httpx.AsyncClient() as client:
            await until(lambda: len(frames) > 5 and hub.told_of("view_opened"))
            await client.delete(gateway.url + answer.headers["location"], headers={"Authorization": f"Bearer {token}"})
            assert [reader for path in (await mediamtx.get("/v3/paths/list"))["items"] for reader in path["readers"]]
            number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
            ack = await until(lambda: hub.acks.get(number), 5)
            assert [reader for path in (await mediamtx.get("/v3/paths/list"))["items"] for reader in path["readers"]] == []
        assert ack == {"t": "ack", "n": number, "cut": []}


async def test_a_mask_ends_the_views_that_this_engine_cannot_mask_and_opens_none(tmp_path, clip):
    options = ("--manner", "closes-late")
    async with engine_running("mediamtx", tmp_path, {"cam1": TestCamera(clip)}, options=options) as (gateway, hub, _):
        right = hub.ticket(view="v-right", unmasked=True)
        async with (
            watching(gateway, hub.ticket(view="v-any")) as (frames, _, peer),
            watching(gateway, right) as (others, _, _),
        ):
            await until(lambda: len(frames) > 5 and len(others) > 5)
            number = await hub.order("mask", camera="cam1", regions=[[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]], rev=1)
            assert await until(lambda: hub.acks.get(number), 5) == {"t": "ack", "n": number}
            frames_then, others_then = len(frames), len(others)
            refused = await post_offer(gateway, hub.ticket(), peer.localDescription.sdp)
            assert (refused.status_code, refused.json()["code"]) == (503, "mask_unavailable")
            await until(lambda: len(others) > others_then + 20, what="pictures for the one with the right to see it unmasked")
            assert len(frames) <= frames_then + IN_THE_DECODER


async def test_a_cut_nobody_can_confirm_is_said_and_nothing_is_opened_until_it_is(tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running("mediamtx", tmp_path, {"cam1": camera}) as (gateway, hub, mediamtx):
        ticket = hub.ticket(view="v-cut")
        async with watching(gateway, ticket) as (frames, _, peer):
            await until(lambda: len(frames) > 5 and hub.told_of("view_opened"))
            mediamtx.process.send_signal(signal.SIGSTOP)
            number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
            ack = await until(lambda: hub.acks.get(number), 8)
            assert ack == {"t": "ack", "n": number, "cut": [], "unconfirmed": ["v-cut"]}
            assert (await gateway.healthz())["ok"] is False
            refused = await post_offer(gateway, hub.ticket(grant="g2"), peer.localDescription.sdp)
            assert refused.status_code == 503
            assert refused.json()["code"] in ("engine_unreachable", "engine_cut_unconfirmed")
            mediamtx.process.send_signal(signal.SIGCONT)
            await eventually(healthy(gateway), 15, "the engine to be well again")
            frames_then = len(frames)
            async with watching(gateway, hub.ticket(grant="g2")) as (again, _, _):
                await until(lambda: len(again) > 10)
            assert len(frames) <= frames_then + IN_THE_DECODER


async def test_a_dead_mediamtx_is_said_refuses_and_heals(tmp_path, clip):
    camera = TestCamera(clip)
    async with engine_running("mediamtx", tmp_path, {"cam1": camera}) as (gateway, hub, mediamtx):
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        async with watching(gateway, hub.ticket(view="v-lost")) as (frames, _, peer):
            await until(lambda: len(frames) > 5 and hub.told_of("view_opened"))
            mediamtx.kill()
            await eventually(healthy(gateway, "engine_unreachable"), 5)
            unused = hub.ticket()
            refused = await post_offer(gateway, unused, peer.localDescription.sdp)
            assert (refused.status_code, refused.json()["code"]) == (503, "engine_unreachable")
            [ended] = await until(lambda: hub.told_of("view_ended"))
            assert (ended["view"], ended["reason"]) == ("v-lost", "lost")
            await until(lambda: [told["state"] for told in hub.told_of("health")][-1] == "dead", 10)
        mediamtx.start()
        await eventually(healthy(gateway), 20, "the engine to come back")
        async with watching(gateway, unused) as (frames, _, _):
            await until(lambda: len(frames) > 5, 15)
        assert [told["state"] for told in hub.told_of("health")][-1] in ("late", "ok")


async def test_a_mediamtx_that_does_not_ask_is_not_used(tmp_path, clip):
    camera = TestCamera(clip)
    async with beside_mediamtx("--manner", "open") as mediamtx, running(tmp_path, {"cam1": camera}, extra=mediamtx.flags) as (gateway, hub):
        await eventually(healthy(gateway, "engine_unsafe"), 15)
        await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
        refused = await post_offer(gateway, hub.ticket(), OFFER)
        assert (refused.status_code, refused.json()["code"]) == (503, "engine_unsafe")
        assert (await mediamtx.get("/v3/config/paths/list"))["items"] == []
        assert camera.pulls == 0


async def test_what_a_gateway_left_at_mediamtx_is_taken_away_and_what_is_anothers_is_not(tmp_path, clip):
    async with beside_mediamtx() as mediamtx:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{mediamtx.api}") as client:
            mine, anothers = prefix("gw1") + "left", prefix("gw12") + "kept"

            async def added():
                with contextlib.suppress(httpx.HTTPError):
                    for name in (mine, anothers):
                        await client.post(f"/v3/config/paths/add/{name}", json={"source": "rtsp://127.0.0.1:1/x"})
                    return True

            await eventually(added, 15)
        async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=mediamtx.flags) as (gateway, _):
            await eventually(healthy(gateway), 15)
            left = (await mediamtx.get("/v3/config/paths/list"))["items"]
            assert [item["name"] for item in left] == [anothers]


class Guest:
    path = "bonghwa.gw1.abc"

    def __init__(self, welcome=True):
        self.welcome, self.remotes = welcome, []

    def let_in(self, remote):
        self.remotes.append(remote)
        return self.welcome


@pytest.mark.parametrize(
    "change",
    [
        {"action": "publish"}, {"action": "playback"}, {"action": "api"}, {"protocol": "rtsp"}, {"protocol": "hls"}, {"path": "other"},
        {"token": "guessed"}, {"token": ""}, {"token": None}, {"id": None}, {"id": "7"}, {"id": SESSION.upper() + "x"},
    ],
)  # fmt: skip
def test_the_door_opens_for_nothing_but_the_one_reader(change):
    door, guest = Door(), Guest()
    question = {"action": "read", "protocol": "webrtc", "path": guest.path, "id": SESSION, "token": door.expect(guest), "user": ""}
    assert not door.judge(question | change)
    assert guest.remotes == []


def test_the_door_opens_once():
    door, guest = Door(), Guest()
    question = {"action": "read", "protocol": "webrtc", "path": guest.path, "id": SESSION, "token": door.expect(guest)}
    assert [door.judge(question), door.judge(question)] == [True, False]
    assert guest.remotes == [SESSION]


def test_the_door_stays_shut_when_the_ticket_has_lost_its_ground():
    door, guest = Door(), Guest(welcome=False)
    question = {"action": "read", "protocol": "webrtc", "path": guest.path, "id": SESSION, "token": door.expect(guest)}
    assert not door.judge(question)
    withdrawn = door.expect(guest)
    door.withdraw(withdrawn)
    assert not door.judge(question | {"token": withdrawn})


def test_the_source_carries_any_password_and_shows_it_to_nobody():
    source = Source("cam", "rtsp://10.0.0.1:554/live?x=1", "us:er", "p@ss/ wörd")
    assert source_url(source) == "rtsp://us%3Aer:p%40ss%2F%20w%C3%B6rd@10.0.0.1:554/live?x=1"
    assert "p%40ss" not in repr(PathConf(source_url(source)))
    assert "cam" not in path_name("gw1", "cam")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--mediamtx-api", "http://10.0.0.5:9997", "--mediamtx-whep", "http://127.0.0.1:8889", "--hook-port", "9"], "mediamtx-api"),
        (["--mediamtx-api", "http://127.0.0.1:9997", "--mediamtx-whep", "", "--hook-port", "9"], "mediamtx-whep"),
        (["--mediamtx-api", "http://127.0.0.1:9997", "--mediamtx-whep", "http://127.0.0.1:8889"], "hook-port"),
    ],
)
def test_settings_that_would_send_passwords_over_a_network_are_refused_by_name(tmp_path, capsys, flags, named):
    assert run(["--name", "gw1", "--data", str(tmp_path), "--hub", "http://127.0.0.1:1", "--engine", "mediamtx", *flags]) == 2
    assert named in capsys.readouterr().err


async def test_the_warden_takes_the_paths_of_a_gateway_that_stands_still(monkeypatch):
    monkeypatch.setattr(warden, "SILENCE_S", 0.3)
    monkeypatch.setattr(warden, "ABSENT_S", 1.0)
    async with beside_mediamtx() as mediamtx, ControlApi(f"http://127.0.0.1:{mediamtx.api}") as api:

        async def added():
            with contextlib.suppress(Exception):
                await api.put_path(prefix("gw1") + "a", PathConf("rtsp://127.0.0.1:1/x"))
                return True

        await eventually(added, 15)
        heartbeat = asyncio.StreamReader()
        watching_over = asyncio.create_task(warden.watch(api, prefix("gw1"), heartbeat))

        async def taken():
            return await api.configured() == []

        await eventually(taken, 5, "the silent gateway's path to be taken away")
        assert not watching_over.done()
        mediamtx.kill()
        heartbeat.feed_eof()
        await asyncio.wait_for(watching_over, 10)
