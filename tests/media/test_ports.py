"""Ways to the gateway other than one IPv4 UDP port: TCP, IPv6, several addresses, an announced one."""

import asyncio
import contextlib
import re

import pytest

from bonghwa.media.webrtc.ports import Ports, bind
from tests.media.camera import TestCamera
from tests.media.receivers import post_offer
from tests.media.rig import running, until
from tests.media.test_browser import CHROMIUM, page_beside_gateway

pytestmark = pytest.mark.anyio

browser = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium")]
ONLY = """([url, ticket, kind]) => {
  const kept = (line) => !line.startsWith('a=candidate:') || line.includes(` 1 ${kind} `);
  whep(url, ticket, (sdp) => sdp.split('\\r\\n').filter(kept).join('\\r\\n'));
}"""
WAY = """async () => {
  const stats = [...(await joined.peer.getStats()).values()];
  const pair = stats.find((each) => each.nominated && each.bytesReceived);
  const far = pair && stats.find((each) => each.id === pair.remoteCandidateId);
  return far ? `${far.protocol} ${far.address}` : '';
}"""
OFFER = "\r\n".join(
    [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0",
        "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass", "a=recvonly", "a=rtcp-mux", "a=rtpmap:96 H264/90000",
        "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", "",
    ]
)  # fmt: skip


async def candidates(gateway, hub):
    answer = await post_offer(gateway, hub.ticket(), OFFER)
    assert answer.status_code == 201, answer.text
    return [tuple(found) for found in re.findall(r"a=candidate:\d+ 1 (\w+) \d+ (\S+) (\d+) typ host", answer.text)]


@pytest.mark.parametrize(("kind", "host"), [("tcp", "127.0.0.1"), ("udp", "::1"), ("tcp", "::1")])
@pytest.mark.parametrize("mark", [pytest.param(None, marks=browser)])
async def test_chromium_sees_the_live_picture_by_this_way_and_goes_dark_when_cut(tmp_path, clip, kind, host, mark):
    async with page_beside_gateway(tmp_path, clip, extra=["--host", host]) as (page, gateway, hub, errors):
        await page.evaluate(ONLY, [f"{gateway.url}/whep/cam1", hub.ticket(), kind])
        await page.wait_for_function("shown.length > 20", timeout=10_000)
        way = await page.wait_for_function(WAY, timeout=10_000)
        assert await way.json_value() == f"{kind} {host}"
        assert not errors
        number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        await until(lambda: number in hub.acks)
        await page.wait_for_function("ends.length > 0", timeout=5_000)
        end = await page.evaluate("ends[0]")
        await page.wait_for_function("performance.now() > ends[0][1] + 500")
        assert await page.evaluate("shown.filter(t => t > ends[0][1] + 250).length") == 0
        assert end[0] == "cut"


async def test_the_answer_names_every_address_listened_at_udp_first(tmp_path, clip):
    async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=["--listen", "127.0.0.1", "--listen", "::1"]) as (gateway, hub):
        found = await candidates(gateway, hub)
    assert [(kind, host) for kind, host, _ in found] == [("udp", "127.0.0.1"), ("udp", "::1"), ("tcp", "127.0.0.1"), ("tcp", "::1")]
    assert len({number for kind, _, number in found if kind == "udp"}) == 1, "one number for both families"


async def test_an_announced_address_stands_in_the_place_of_those_listened_at(tmp_path, clip):
    extra = ["--announce", "203.0.113.7", "--announce", "cctv.example"]
    async with running(tmp_path, {"cam1": TestCamera(clip)}, extra=extra) as (gateway, hub):
        found = await candidates(gateway, hub)
    assert [(kind, host) for kind, host, _ in found] == [
        ("udp", "203.0.113.7"), ("udp", "cctv.example"), ("tcp", "203.0.113.7"), ("tcp", "cctv.example"),
    ]  # fmt: skip


def test_a_gateway_on_every_address_answers_with_the_one_the_viewer_reached():
    sockets = bind(["0.0.0.0", "::"], 0, 0, 0)
    ports = Ports(sockets)
    try:
        assert {(each.protocol, each.host) for each in ports.candidates("192.0.2.5")} == {("udp", "192.0.2.5"), ("tcp", "192.0.2.5")}
        assert {(each.protocol, each.host) for each in ports.candidates("2001:db8::5")} == {("udp", "2001:db8::5"), ("tcp", "2001:db8::5")}
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff" + b"x" * 100, b"\x00\x00", b"\x00\x04\x16\xfe\xfd\x00"])
async def test_a_stranger_on_the_tcp_port_is_told_nothing_and_let_go(tmp_path, clip, sent):
    async with running(tmp_path, {"cam1": TestCamera(clip)}) as (gateway, hub):
        [number] = [int(number) for kind, _, number in await candidates(gateway, hub) if kind == "tcp"]
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(sent)
        async with asyncio.timeout(8):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
