"""A phone behind a strict network sees by a TURN relay: coturn, a browser allowed nothing else, credentials as the hub makes them."""

import asyncio
import contextlib
import shutil
import socket
import time

import pytest

from bonghwa.domain.relay import relay_credentials
from tests.media.rig import until
from tests.media.test_browser import CHROMIUM, page_beside_gateway

TURNSERVER = shutil.which("turnserver")
SECRET = "north-wind"
BY_RELAY = """([url, ticket, server]) => {
  window.refused = [];
  const more = { iceServers: [server], iceTransportPolicy: 'relay' };
  const Plain = RTCPeerConnection;
  window.RTCPeerConnection = class extends Plain {
    constructor(...given) { super(...given); this.onicecandidateerror = (event) => refused.push(event.errorCode); }
  };
  whep(url, ticket, undefined, more);
}"""
WAY = """async () => {
  const stats = [...(await joined.peer.getStats()).values()];
  const pair = stats.find((each) => each.nominated && each.bytesReceived);
  return pair ? stats.find((each) => each.id === pair.localCandidateId).candidateType : '';
}"""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
    pytest.mark.skipif(TURNSERVER is None, reason="needs coturn's turnserver"),
]


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.asynccontextmanager
async def coturn(tmp_path):
    """A relay on loopback; gives its port."""
    port, log = free_port(), tmp_path / "turn.log"
    options = ["--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--use-auth-secret", f"--static-auth-secret={SECRET}"]
    options += ["--realm=bonghwa", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}", "--min-port=49152"]
    options += [f"--pidfile={tmp_path / 'turn.pid'}", f"--userdb={tmp_path / 'turn.db'}", f"--log-file={log}", "--simple-log", "-n"]
    process = await asyncio.create_subprocess_exec(str(TURNSERVER), *options, stdout=asyncio.subprocess.DEVNULL)

    def listens():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            return sock.connect_ex(("127.0.0.1", port)) == 0

    try:
        await until(listens, 10, "the relay")
        yield port
    finally:
        process.terminate()
        await process.wait()


def server(port, secret=SECRET, age_s=0, transport="udp"):
    made = relay_credentials(secret, "test", int((time.time() - age_s) * 1_000_000), 600)
    return {"urls": [f"turn:127.0.0.1:{port}?transport={transport}"], "username": made.name, "credential": made.password}


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_browser_that_may_only_use_the_relay_sees_the_live_picture_and_is_cut(tmp_path, clip, transport):
    async with coturn(tmp_path) as port, page_beside_gateway(tmp_path, clip) as (page, gateway, hub, errors):
        await page.evaluate(BY_RELAY, [f"{gateway.url}/whep/cam1", hub.ticket(), server(port, transport=transport)])
        await page.wait_for_function("shown.length > 20", timeout=15_000)
        way = await page.wait_for_function(WAY, timeout=15_000)
        assert await way.json_value() == "relay"
        assert not errors
        number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        await until(lambda: number in hub.acks)
        await page.wait_for_function("ends.length > 0", timeout=5_000)
        assert (await page.evaluate("ends[0]"))[0] == "cut"


@pytest.mark.parametrize("bad", [{"secret": "south-wind"}, {"age_s": 700}], ids=["another secret", "expired"])
async def test_the_relay_takes_no_credentials_but_fresh_ones_of_the_hub(tmp_path, clip, bad):
    async with coturn(tmp_path) as port, page_beside_gateway(tmp_path, clip) as (page, gateway, hub, _):
        await page.evaluate(BY_RELAY, [f"{gateway.url}/whep/cam1", hub.ticket(), server(port, **bad)])
        await page.wait_for_function("refused.length > 0", timeout=15_000)
        assert await page.evaluate("refused[0]") == 401
        assert await page.evaluate("shown.length") == 0
