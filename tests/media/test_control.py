"""The control channel: both keys proven, nothing lost, a gap renews no lease."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.media.receivers import post_offer, streaming
from tests.media.rig import eventually, until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio


async def test_what_the_hub_did_not_confirm_is_told_again_once(plane):
    gateway, hub, _ = plane
    hub.deaf = True
    async with streaming(gateway, hub.ticket()) as stream:
        await until(lambda: stream.segments)
    await hub.drop_line()
    hub.deaf = False
    await until(lambda: hub.connections == 2)
    await until(lambda: hub.told_of("view_ended"))
    assert [message["m"] for message in hub.told] == list(range(1, len(hub.told) + 1))
    assert len(hub.told_of("view_opened")) == len(hub.told_of("view_ended")) == 1


async def test_orders_sent_while_the_line_was_down_are_carried_out_on_return(plane):
    gateway, hub, _ = plane
    async with streaming(gateway, hub.ticket()) as stream:
        await until(lambda: stream.segments)
        await hub.drop_line()
        hub.sent.append({"t": "revoke", "n": 1, "grants": ["g1"], "views": [], "reason": "closed"})
        await until(lambda: stream.code == 4003)
        assert len((await until(lambda: hub.acks.get(1)))["cut"]) == 1


async def test_a_gap_in_the_numbers_is_mended_by_resuming(plane):
    _, hub, camera = plane
    hub.sent.append({"t": "prefetch", "n": 1, "cameras": ["cam1"], "for_s": 60, "grant": "g1"})
    await hub.order("renew", grant="g1", not_after=hub.now_us() + 1)
    await until(lambda: hub.connections == 2 and 2 in hub.acks)
    await until(lambda: camera.open_now == 1)
    assert set(hub.acks) == {1, 2}


async def test_an_order_said_twice_is_carried_out_once_and_an_unknown_one_is_refused(plane):
    _, hub, _ = plane
    await hub.order("ptz", camera="cam1")
    assert (await until(lambda: hub.acks.get(1)))["refused"] == "unsupported"
    await hub.order("prefetch", cameras=7, grant="g1")
    assert (await until(lambda: hub.acks.get(2)))["refused"] == "malformed"
    await until(lambda: hub.heartbeats[-1]["seen"] == 2, 5)


async def test_a_hub_with_another_key_is_not_believed(plane):
    gateway, hub, _ = plane
    hub.lease_s = 1
    true_key, hub.enrol_key = hub.enrol_key, Ed25519PrivateKey.generate()
    await hub.drop_line()
    await until(lambda: "did not prove" in gateway.log())

    async def lost():
        return not await gateway.hub_is_up()

    connections = hub.connections
    await eventually(lost, 20)
    assert (await post_offer(gateway, hub.ticket(), OFFER)).status_code == 503
    assert hub.connections == connections
    hub.enrol_key = true_key
    await eventually(gateway.hub_is_up)


async def test_a_hub_that_forgot_the_boot_makes_the_gateway_begin_anew(plane):
    gateway, hub, _ = plane
    await hub.order("renew", grant="g0", not_after=hub.now_us())
    await until(lambda: 1 in hub.acks)
    old_boot, old_ticket = hub.boot, hub.ticket()
    async with streaming(gateway, hub.ticket()) as stream:
        await until(lambda: stream.segments)
        hub.sent = []
        await hub.drop_line()
        await until(lambda: stream.code == 4008)
    await until(lambda: hub.boot != old_boot)
    await eventually(gateway.hub_is_up)
    answer = await post_offer(gateway, old_ticket, OFFER)
    assert answer.json()["code"] == "ticket_other_boot"
    assert (await post_offer(gateway, hub.ticket(), OFFER)).status_code == 201
    await until(lambda: hub.told_of("view_ended"))
