"""A real browser decodes both transports, and goes dark when it is cut."""

import contextlib
import functools
import http.server
import threading
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.media.camera import TestCamera
from tests.media.rig import running, until

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
PAGE = """<!doctype html><link rel=icon href="data:,">
<video id=v muted playsinline width=640 height=360></video>
<script src=player.js></script><script>
window.shown = []; window.ends = [];
const ended = (why) => ends.push([why, performance.now()]);
const video = document.getElementById("v");
(function tick() { video.requestVideoFrameCallback((now) => { shown.push(now); tick(); }); })();
window.whep = (url, ticket, adapt, more) => { joinWhep(video, url, ticket, ended, adapt, more).then((j) => { window.joined = j; }); };
window.stream = (url, ticket) => { window.joined = joinStream(video, url, ticket, ended); };
</script>"""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium"),
]


@contextlib.contextmanager
def console(folder):
    """A page's own origin."""
    (folder / "index.html").write_text(PAGE)
    (folder / "player.js").write_text((Path(__file__).parent / "player.js").read_text())
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.asynccontextmanager
async def page_beside_gateway(tmp_path, clip, manner="good", **options):
    (tmp_path / "page").mkdir()
    camera = TestCamera(clip, manner=manner)
    with console(tmp_path / "page") as origin:
        async with running(tmp_path, {"cam1": camera}, origin=origin, **options) as (gateway, hub), async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            try:
                page = await browser.new_page()
                errors = []
                page.on("pageerror", lambda error: errors.append(str(error)))
                page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
                await page.goto(origin + "/index.html")
                yield page, gateway, hub, errors
            finally:
                await browser.close()


@pytest.mark.parametrize("transport", ["whep", "stream"])
async def test_chromium_shows_the_live_picture_and_goes_dark_when_the_grant_is_revoked(tmp_path, clip, transport):
    async with page_beside_gateway(tmp_path, clip) as (page, gateway, hub, errors):
        await hub.order("prefetch", cameras=["cam1"], for_s=1800, grant="g1")
        await until(lambda: hub.told_of("first_frame"))
        base = gateway.url if transport == "whep" else gateway.url.replace("http", "ws")
        await page.evaluate("([call, url, ticket]) => { window[call](url, ticket) }", [transport, f"{base}/{transport}/cam1", hub.ticket()])
        await page.wait_for_function("shown.length > 30", timeout=10_000)
        size = await page.evaluate("[video.videoWidth, video.videoHeight]")
        assert size == [640, 360]
        assert not errors
        number = await hub.order("revoke", grants=["g1"], views=[], reason="closed")
        await until(lambda: number in hub.acks)
        await page.wait_for_function("ends.length > 0", timeout=5_000)
        end = await page.evaluate("ends[0]")
        await page.wait_for_function("performance.now() > ends[0][1] + 500")
        assert (await page.evaluate("shown.filter(t => t > ends[0][1] + 250).length")) == 0, "no picture after the cut"
        assert end[0] == ("cut" if transport == "whep" else 4003)
        assert hub.acks[number]["cut"], "the cut names the view"


LOOK = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = 160; canvas.height = 90;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 160, 90);
  return Array.from(pen.getImageData(0, 0, 160, 90).data).filter((_, index) => index % 4 !== 3);
}"""


@pytest.mark.parametrize("transport", ["whep", "stream"])
@pytest.mark.parametrize("kind", ["hevc", "b_frames"])
async def test_chromium_shows_moving_pictures_of_cameras_that_must_be_coded_anew(tmp_path, request, kind, transport):
    async with page_beside_gateway(tmp_path, request.getfixturevalue(kind)) as (page, gateway, hub, errors):
        base = gateway.url if transport == "whep" else gateway.url.replace("http", "ws")
        await page.evaluate("([call, url, ticket]) => { window[call](url, ticket) }", [transport, f"{base}/{transport}/cam1", hub.ticket()])
        await page.wait_for_function("shown.length > 40", timeout=20_000)
        assert await page.evaluate("[video.videoWidth, video.videoHeight]") == [640, 360]
        first = await page.evaluate(LOOK)
        await page.wait_for_function("(before) => shown.length > before + 10", arg=await page.evaluate("shown.length"))
        second = await page.evaluate(LOOK)
        # The yellow square of the clip moves over a grey ground.
        assert max(first) > 180
        assert sum(abs(one - other) > 60 for one, other in zip(first, second, strict=True)) > 200
        assert not errors


async def test_chromium_shows_on_in_the_same_connection_whenever_a_camera_that_reboots_is_back(tmp_path, clip):
    async with page_beside_gateway(tmp_path, clip, manner="resets") as (page, gateway, hub, errors):
        await page.evaluate("([url, ticket]) => { whep(url, ticket) }", [f"{gateway.url}/whep/cam1", hub.ticket()])
        # A gap without pictures longer than a third of a second is a reboot that was seen through.
        gaps = "shown.slice(1).filter((time, index) => time - shown[index] > 330).length"
        await page.wait_for_function(f"{gaps} >= 2 && shown[shown.length - 1] - shown[shown.length - 10] < 2000", timeout=30_000)
        assert await page.evaluate("[ends.length, joined.peer.connectionState]") == [0, "connected"]
        assert not errors
