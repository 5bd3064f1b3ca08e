"""A real browser behind bad networks: it goes on seeing, less where less is carried, and everything again when the network is well."""

import urllib.parse

import httpx
import pytest

from tests.media.camera import encode_clip
from tests.media.network import Network
from tests.media.rig import eventually, until
from tests.media.test_browser import CHROMIUM, page_beside_gateway

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
]
THROUGH = """([url, ticket, port]) => {
  const kept = (line) => !line.startsWith('a=candidate:') || line.includes(' 1 udp ');
  const there = (line) => line.startsWith('a=candidate:') ? line.replace(/(\\S+) typ host/, `${port} typ host`) : line;
  whep(url, ticket, (sdp) => sdp.split('\\r\\n').filter(kept).map(there).join('\\r\\n'));
}"""


@pytest.fixture(scope="module")
def big_clip():
    """Some 2 Mbit/s with a key picture every 2 s."""
    return encode_clip(frames=80, gop=40, bit_rate=2_000_000)


async def join(page, gateway, hub, network):
    await page.evaluate(THROUGH, [f"{gateway.url}/whep/cam1", hub.ticket(), network.port])
    await page.wait_for_function("shown.length > 0", timeout=60_000)


async def more_pictures(page, count):
    """Wait for so many more pictures."""
    seen = await page.evaluate("shown.length")
    await page.wait_for_function(f"shown.length >= {seen + count}", timeout=100_000)


async def reduced(gateway):
    async with httpx.AsyncClient() as client:
        text = (await client.get(gateway.url + "/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("bonghwa_gateway_reduced_viewers{")]
    return sum(float(line.split()[-1]) for line in lines)


@pytest.mark.parametrize("bad", [{"loss": 0.02}, {"loss": 0.08}, {"delay_s": 0.1, "jitter_s": 0.03}])
async def test_pictures_go_on_over_a_lossy_or_slow_network(tmp_path, big_clip, bad):
    async with page_beside_gateway(tmp_path, big_clip) as (page, gateway, hub, errors):
        network = await Network(urllib.parse.urlsplit(gateway.url).port, **bad).start()
        try:
            await join(page, gateway, hub, network)
            await more_pictures(page, 30)
            assert network.lost or not network.loss
        finally:
            network.stop()
        assert not errors


async def test_a_narrow_network_gets_fewer_pictures_and_all_of_them_again_when_it_is_wide(tmp_path, big_clip):
    async with page_beside_gateway(tmp_path, big_clip) as (page, gateway, hub, errors):
        await hub.order("prefetch", cameras=["cam1"], for_s=1800, grant="g1")
        await until(lambda: hub.told_of("first_frame"))
        network = await Network(urllib.parse.urlsplit(gateway.url).port, rate=1_000_000).start()
        try:
            await join(page, gateway, hub, network)

            async def less():
                return await reduced(gateway) == 1

            await eventually(less, 60, "the congestion")
            await more_pictures(page, 2)
            network.rate = None

            async def well():
                return await reduced(gateway) == 0

            await eventually(well, 120, "the way back up")
            await more_pictures(page, 30)
        finally:
            network.stop()
        assert not errors
