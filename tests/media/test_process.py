"""The process: it ends when told, leaves nothing, leaks nothing, says no secret."""

import asyncio
import io
import signal
import subprocess
import sys

import av
import httpx
import psutil
import pytest

from bonghwa.cli.serve_gateway import run
from bonghwa.media.picture import PictureJudge, look
from bonghwa.media.watermark import latin
from tests.media.camera import encode_clip
from tests.media.receivers import post_offer, streaming, watching
from tests.media.rig import eventually, until
from tests.media.test_fmp4 import units_of
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio
LEAK = 20_000
"""Bytes of one opening and closing that would be a leak."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_views_open_and_the_hub_is_told(plane, number):
    gateway, hub, camera = plane
    async with watching(gateway, hub.ticket()) as (frames, _, _), streaming(gateway, hub.ticket()) as stream:
        await until(lambda: len(frames) > 3 and stream.segments)
        gateway.process.send_signal(number)
        assert await asyncio.to_thread(gateway.process.wait, 3) == 0
        await until(lambda: stream.code is not None)
    assert stream.code == 1012
    await until(lambda: len(hub.told_of("view_ended")) == 2)
    assert {message["reason"] for message in hub.told_of("view_ended")} == {"stop"}
    await until(lambda: camera.open_now == 0)


async def test_many_opens_and_closes_leave_files_threads_and_memory_flat(plane):
    gateway, hub, camera = plane
    process = psutil.Process(gateway.process.pid)

    async def round_of(count):
        for index in range(count):
            if index % 2:
                async with streaming(gateway, hub.ticket()) as stream:
                    await until(lambda stream=stream: stream.segments)
            else:
                token = hub.ticket()
                answer = await post_offer(gateway, token, OFFER)
                assert answer.status_code == 201
                if index % 10:
                    async with httpx.AsyncClient() as client:
                        where = gateway.url + answer.headers["location"]
                        await client.delete(where, headers={"Authorization": f"Bearer {token}"})

    async def all_gone():
        return (await gateway.healthz())["viewers"] == 0

    async def grown_by(count):
        """Files, threads and bytes that a round left behind."""
        files, threads, memory = process.num_fds(), process.num_threads(), process.memory_info().rss
        await round_of(count)
        await eventually(all_gone, 20, "those who vanished to be let go")
        await until(lambda: process.num_fds() <= files, what="the closed connections' files to be closed")
        return process.num_threads() - threads, process.memory_info().rss - memory

    # A pool's threads and the allocator's arenas come when they are first needed, so early rounds may grow; a leak grows in every round.
    await hub.order("prefetch", cameras=["cam1"], for_s=600, grant="g1")
    await round_of(20)
    await eventually(all_gone, 20)
    rounds = []
    while not any(threads <= 0 and memory < 60 * LEAK for threads, memory in rounds) and len(rounds) < 5:
        rounds.append(await grown_by(60))
    assert any(threads <= 0 and memory < 60 * LEAK for threads, memory in rounds), rounds
    assert camera.pulls == 1


async def test_the_still_is_a_picture_with_the_watermark_and_its_age(plane):
    gateway, hub, _ = plane
    async with httpx.AsyncClient() as client:

        async def still(watermark):
            headers = {"Authorization": f"Bearer {hub.ticket(watermark=watermark)}"}
            answer = await client.get(gateway.url + "/snapshot/cam1", headers=headers)
            assert answer.status_code == 200, answer.text
            return answer

        answer = await still("인천경찰청 112 홍길동 2026-11-22 16:40")
    assert answer.headers["content-type"] == "image/jpeg"
    assert int(answer.headers["x-bonghwa-picture-age-ms"]) < 5_000
    with av.open(io.BytesIO(answer.content), format="mjpeg") as opened:
        frame = next(opened.decode(video=0))
    assert (frame.width, frame.height) == (640, 360)
    grey = frame.to_ndarray(format="gray")
    assert (grey[-9:, :400] > 180).any(), "bright letters"
    assert grey[-9:, 500:].mean() < grey[:200].mean() / 2, "on a dark bar"
    ended = await until(lambda: hub.told_of("view_ended"))
    assert (ended[0]["seconds"], ended[0]["reason"]) == (0.0, "viewer")


async def test_metrics_name_no_camera_and_logs_no_ticket(plane):
    gateway, hub, camera = plane
    token = hub.ticket()
    async with streaming(gateway, token) as stream:
        await until(lambda: stream.segments)
        async with httpx.AsyncClient() as client:
            metrics = (await client.get(gateway.url + "/metrics")).text
    assert 'bonghwa_gateway_viewers{transport="ws"} 1.0' in metrics
    assert "bonghwa_gateway_first_frame_seconds_count 1.0" in metrics
    assert "cam1" not in metrics
    said = gateway.log()
    assert not any(secret in said for secret in (token, camera.password, camera.url, "Bearer"))


def test_a_gateway_that_is_not_enrolled_does_not_start(tmp_path, capsys):
    assert run(["--name", "gw1", "--data", str(tmp_path), "--hub", "http://127.0.0.1:1"]) == 2
    assert "enrol.key" in capsys.readouterr().err


def test_a_black_picture_is_told_from_a_dark_one():
    for black in (True, False):
        sets, units = units_of(encode_clip(frames=2, black=black, still=True))
        assert PictureJudge().judge(look(sets, units[0])) == ("black" if black else "ok")


def test_two_looks_at_a_living_camera_differ(clip):
    sets, units = units_of(clip)
    first, second = [look(sets, unit) for unit in units if unit.key][:2]
    assert first != second
    assert len(first) == 64 * 36


def test_without_pyav_the_gateway_loads_and_says_that_stills_are_unavailable():
    code = "import sys; sys.modules['av'] = None; from bonghwa.media import gateway, picture; print(picture.AVAILABLE)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_listening_everywhere_needs_the_address_viewers_know(tmp_path, capsys):
    assert run(["--name", "gw1", "--data", str(tmp_path), "--hub", "http://127.0.0.1:1", "--host", "0.0.0.0"]) == 2
    assert "url" in capsys.readouterr().err


def test_a_camera_is_frozen_only_when_three_looks_are_exactly_alike():
    judge = PictureJudge()
    lively = [bytes([60 + shade, 90, 200] * 10) for shade in range(3)]
    assert [judge.judge(seen) for seen in [*lively, lively[2], lively[2], lively[0]]] == ["ok", "ok", "ok", "ok", "frozen", "ok"]
    assert judge.judge(bytes(30)) == "black"


def test_korean_is_written_in_letters_that_can_be_drawn():
    assert latin("인천경찰청 112 · 홍길동") == "INCHEONGYEONGCHALCHEONG 112   HONGGILDONG"
    assert latin("漢é") == "??"
