"""A viewer joins by WHEP with a receiver none of us wrote."""

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from bonghwa.media import ticket
from tests.media.camera import TestCamera
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import ORIGIN, running, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio


async def test_aiortc_decodes_moving_pictures_and_audio_is_never_pulled(plane):
    gateway, hub, camera = plane
    async with watching(gateway, hub.ticket()) as (frames, answer, _):
        await until(lambda: len(frames) > 20, 10, "twenty frames")
        assert (frames[-1].width, frames[-1].height) == (640, 360)
        assert frames[0].to_ndarray().tobytes() != frames[-1].to_ndarray().tobytes()
        assert answer.headers["location"].startswith("/whep/cam1/")
    assert camera.setups == [camera.url + "/trackID=1"]


async def test_a_second_viewer_is_sent_the_gop_at_once_and_the_camera_is_pulled_once(plane):
    gateway, hub, camera = plane
    async with watching(gateway, hub.ticket()) as (first, _, _):
        await until(lambda: len(first) > 5)
        async with watching(gateway, hub.ticket()) as (second, _, _), streaming(gateway, hub.ticket()) as stream:
            await until(lambda: len(second) > 5)
            await until(lambda: len(stream.segments) > 5)
            assert (await gateway.healthz())["viewers"] == 3
    assert camera.pulls == 1
    await until(lambda: camera.open_now == 0, 10, "the end of the pull when nobody watches")


async def test_delete_with_the_same_ticket_ends_the_session_and_another_ticket_does_not(plane):
    gateway, hub, _ = plane
    token = hub.ticket()
    async with watching(gateway, token) as (frames, answer, _):
        await until(lambda: frames)
        where = gateway.url + answer.headers["location"]
        async with httpx.AsyncClient() as client:
            assert (await client.delete(where, headers={"Authorization": f"Bearer {hub.ticket()}"})).status_code == 404
            assert (await client.delete(where, headers={"Authorization": f"Bearer {token}"})).status_code == 200
            assert (await client.delete(where, headers={"Authorization": f"Bearer {token}"})).status_code == 200
        ended = await until(lambda: hub.told_of("view_ended"))
    assert ended[0]["reason"] == "viewer"
    assert ended[0]["bytes"] > 10_000
    assert ended[0]["seconds"] > 0


async def test_each_refusal_has_its_own_code(plane):
    gateway, hub, _ = plane
    used = hub.ticket()
    assert (await post_offer(gateway, used, OFFER)).status_code == 201
    cases = [
        (used, "cam1", 403, "ticket_used"),
        ("", "cam1", 401, "ticket_missing"),
        ("a.b.c", "cam1", 401, "ticket_forged"),
        (hub.ticket(), "cam2", 403, "ticket_other_camera"),
        (hub.ticket(aud="gw2"), "cam1", 403, "ticket_other_gateway"),
        (hub.ticket(boot="before"), "cam1", 403, "ticket_other_boot"),
        (hub.ticket(camera="nowhere"), "nowhere", 404, "camera_unknown"),
        (hub.ticket(not_after=hub.now_us() - 1), "cam1", 403, "view_over"),
    ]
    for token, camera, status, code in cases:
        answer = await post_offer(gateway, token, OFFER, camera)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
    wrong_type = await post_offer(gateway, hub.ticket(), OFFER, **{"Content-Type": "text/plain"})
    assert wrong_type.status_code == 415
    no_video = await post_offer(gateway, hub.ticket(), "v=0\r\nm=audio 9 X 0\r\n")
    assert (no_video.status_code, no_video.json()["code"]) == (400, "offer_refused")
    assert (await post_offer(gateway, hub.ticket(), "v=0\r\n" + "a" * 70_000)).status_code == 413


async def test_only_the_consoles_origin_may_ask_from_a_page(plane):
    gateway, _, _ = plane
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    async with httpx.AsyncClient() as client:
        ours = await client.options(gateway.url + "/whep/cam1", headers={"Origin": ORIGIN, **asked})
        theirs = await client.options(gateway.url + "/whep/cam1", headers={"Origin": "http://evil.test", **asked})
        post = await client.post(gateway.url + "/whep/cam1", headers={"Origin": ORIGIN})
    assert ours.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in theirs.headers
    assert "Location" in post.headers["access-control-expose-headers"]


async def test_a_full_gateway_refuses_and_does_not_use_up_the_ticket(tmp_path, clip):
    async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=["--max-viewers", "1"]) as (gateway, hub):
        token = hub.ticket()
        async with streaming(gateway, hub.ticket()) as stream:
            await until(lambda: stream.segments)
            answer = await post_offer(gateway, token, OFFER)
            assert (answer.status_code, answer.json()["code"]) == (503, "gateway_full")
        await until(lambda: hub.told_of("view_ended"))
        assert (await post_offer(gateway, token, OFFER)).status_code == 201


async def test_a_full_gateway_gives_the_place_of_the_least_urgent_viewer_to_a_more_urgent_one_and_serves_him_stills(tmp_path, clip):
    async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=["--max-viewers", "2"]) as (gateway, hub):  # noqa: SIM117
        async with streaming(gateway, hub.ticket(priority=3)) as first, streaming(gateway, hub.ticket(priority=3)) as second:
            await until(lambda: first.segments and second.segments)
            assert (await post_offer(gateway, hub.ticket(priority=3), OFFER)).json()["code"] == "gateway_full"
            async with streaming(gateway, hub.ticket(priority=0)) as urgent:
                await until(lambda: urgent.segments)
                await until(lambda: second.code == 4009, what="the later of the less urgent to be let go")
                shown = len(first.segments)
                await until(lambda: len(first.segments) > shown + 10, what="the other to go on")
                async with httpx.AsyncClient() as client:
                    headers = {"Authorization": f"Bearer {hub.ticket(priority=3)}"}
                    still = await client.get(gateway.url + "/snapshot/cam1", headers=headers)
                assert (still.status_code, still.headers["content-type"]) == (200, "image/jpeg")
    await until(lambda: len(hub.told_of("view_ended")) >= 3)
    assert "displaced" in [message["reason"] for message in hub.told_of("view_ended")]


@pytest.mark.parametrize("priority", [-1, 5, "0", 1.0, True, None])
async def test_a_ticket_of_no_known_priority_is_refused(plane, priority):
    gateway, hub, _ = plane
    claims = hub.claims()
    claims["priority"] = priority
    token = jwt.encode(
        {"alg": "Ed25519", "typ": ticket.TYPE, "kid": "t1"}, claims, OKPKey.import_key(hub.ticket_key), algorithms=["Ed25519"]
    )
    answer = await post_offer(gateway, token, OFFER)
    assert (answer.status_code, answer.json()["code"]) == (401, "ticket_malformed")
