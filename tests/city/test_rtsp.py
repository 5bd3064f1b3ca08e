import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import av
import pytest

from bonghwa.city import lettering
from bonghwa.city.camera import CityCamera, Fault, cameras_from
from bonghwa.city.rtsp import REALM, USERNAME, RtspServer, camera_url, digest_answer, password_of
from bonghwa.city.scene import CLOCK_AT, CLOCK_LETTERS, LABEL_AT, City, label_of
from bonghwa.city.studio import Studio
from tests.city.rtsp_client import Client

pytestmark = pytest.mark.anyio
SECRET = b"a city's secret of some thirty-two bytes"


async def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # the thing waited for has no event
            await asyncio.sleep(0.02)


@dataclass
class Served:
    studio: Studio
    base: str
    cameras: list[CityCamera]

    def healthy(self, number: int) -> CityCamera:
        return [camera for camera in self.cameras if camera.fault is None][number * 11]

    def url(self, camera: CityCamera) -> str:
        return camera_url(self.base, camera.id)

    async def client(self, camera: CityCamera, password: str | None = None) -> Client:
        return await Client.connect(self.url(camera), password or password_of(SECRET, camera.id))


def broken(fault: Fault) -> CityCamera:
    rows = ({"id": f"broken-{number}", "lat": 37.47, "lon": 126.63} for number in range(2000))
    return next(camera for camera in cameras_from(rows) if camera.fault is fault)


@pytest.fixture
async def served(city: City) -> AsyncIterator[Served]:
    studio = Studio(city, linger_s=0.2)
    faulty = [broken(fault) for fault in Fault]
    poses = dict(city.poses)
    pose = next(iter(poses.values()))
    for camera in faulty:
        city.poses[camera.id] = replace(pose)
    cameras = [*city.cameras.values(), *faulty]
    server = RtspServer(studio, {camera.id: camera for camera in cameras}, SECRET)
    port = await server.listen("127.0.0.1", 0)
    yield Served(studio, f"rtsp://127.0.0.1:{port}", cameras)
    await server.close()
    await studio.close()
    city.poses = poses


async def test_no_password_no_picture(served: Served) -> None:
    client = await served.client(served.healthy(0))
    answer = await client.ask("DESCRIBE")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Digest ")
    client.close()


async def test_a_wrong_password_is_refused_and_the_right_one_taken(served: Served) -> None:
    wrong = await served.client(served.healthy(0), "not it")
    assert [(await wrong.ask("DESCRIBE")).status for _ in range(2)] == [401, 401]
    right = await served.client(served.healthy(0))
    answers = [await right.ask("DESCRIBE") for _ in range(2)]
    assert [answer.status for answer in answers] == [401, 200]
    assert "profile-level-id=42c01f" in answers[1].body
    wrong.close()
    right.close()


async def test_one_cameras_password_does_not_open_another(served: Served) -> None:
    one, other = served.healthy(0), served.healthy(1)
    client = await served.client(other, password_of(SECRET, one.id))
    assert [(await client.ask("DESCRIBE")).status for _ in range(2)] == [401, 401]
    client.close()


@pytest.mark.parametrize(("method", "suffix"), [("SETUP", ""), ("DESCRIBE", "/track1")])
async def test_a_proof_serves_only_for_the_request_it_was_made_for(served: Served, method: str, suffix: str) -> None:
    client = await served.client(served.healthy(0))
    await client.ask("DESCRIBE")
    proof = digest_answer(USERNAME, REALM, client.password, client.nonce, "DESCRIBE", client.url)
    nonce, client.nonce = client.nonce, ""
    stolen = f'Digest username="{USERNAME}", realm="{REALM}", nonce="{nonce}", uri="{client.url + suffix}", response="{proof}"'
    assert (await client.ask(method, Authorization=stolen)).status == 401
    client.close()


async def test_an_unknown_camera_asks_for_a_password_like_any_other(served: Served) -> None:
    client = await Client.connect(f"{served.base}/cam/nobody", "x")
    assert [(await client.ask("DESCRIBE")).status for _ in range(2)] == [401, 404]
    client.close()


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("SETUP", {"Transport": "RTP/AVP;unicast;client_port=5000-5001"}, 461),
        ("SETUP", {"Transport": "RTP/AVP/TCP;interleaved=abc"}, 400),
        ("PLAY", {}, 454),
        ("TEARDOWN", {"Session": "another"}, 454),
        ("RECORD", {}, 501),
    ],
)
async def test_what_a_camera_cannot_do_is_answered_in_rtsps_words(
    served: Served, method: str, headers: dict[str, str], status: int
) -> None:
    client = await served.client(served.healthy(0))
    await client.ask("DESCRIBE")
    assert (await client.ask(method, **headers)).status == status
    client.close()


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe" * 40 + b"\r\n\r\n", b"PLAY x RTSP/1.0\r\nContent-Length: -1\r\n\r\n"]
)
async def test_noise_is_answered_with_a_refusal_and_the_end(served: Served, noise: bytes) -> None:
    client = await served.client(served.healthy(0))
    client.writer.write(noise)
    async with asyncio.timeout(10):
        answer = await client.reader.read()
    assert answer.startswith((b"RTSP/1.0 400", b"RTSP/1.0 505"))
    client.close()


async def test_nothing_runs_while_nobody_watches(served: Served) -> None:
    client = await served.client(served.healthy(0))
    for _ in range(2):
        await client.ask("DESCRIBE")
    await client.ask("SETUP", "/track1", Transport="RTP/AVP/TCP;interleaved=0-1")
    assert (served.studio.watched, served.studio.open_scenes, served.studio.frames) == (0, 0, 0)
    client.close()


async def test_the_first_picture_is_an_idr_with_its_parameter_sets(served: Served) -> None:
    client = await served.client(served.healthy(0))
    await client.play()
    assert {packet.nal_type for packet in await client.picture()} >= {7, 8, 5}
    late = await served.client(served.healthy(0))
    await client.picture()
    await late.play()
    assert {packet.nal_type for packet in await late.picture()} >= {7, 8, 5}
    client.close()
    late.close()


async def test_an_idr_comes_every_second(served: Served) -> None:
    client = await served.client(served.healthy(0))
    await client.play()
    times, keys = [], []
    while len(keys) < 4:
        packets = await client.picture()
        times.append(packets[0].rtp_time)
        if any(packet.nal_type == 5 for packet in packets):
            keys.append(times[-1])
    longest = max((after - before) / 90_000 for before, after in pairwise(times))
    for before, after in pairwise(keys):
        assert 0.85 <= (after - before) / 90_000 <= 1.0 + longest + 0.05
    client.close()


async def test_many_pulls_of_a_camera_are_one_scene_and_it_ends_after_the_last(served: Served) -> None:
    camera = served.healthy(1)
    clients = [await served.client(camera) for _ in range(3)]
    for client in clients:
        await client.play()
    pictures = await asyncio.gather(*(client.picture() for client in clients))
    assert all(pictures)
    assert (served.studio.watched, served.studio.open_scenes) == (1, 1)
    for client in clients:
        client.close()
    await until(lambda: served.studio.watched == 0)
    await until(lambda: served.studio.open_scenes == 0)
    before = served.studio.frames
    other = await served.client(served.healthy(2))
    await other.ask("DESCRIBE")
    assert served.studio.frames == before
    other.close()


async def test_teardown_ends_the_watching(served: Served) -> None:
    client = await served.client(served.healthy(0))
    await client.play()
    await client.picture()
    client.send("TEARDOWN")
    await until(lambda: served.studio.watched == 0)
    client.close()


def decoded(url: str, pictures: int) -> list[Any]:
    options = {"rtsp_transport": "tcp", "analyzeduration": "1", "probesize": "5000", "fflags": "nobuffer"}
    with av.open(url, options=options, timeout=60) as container:
        return [frame.to_ndarray(format="yuv420p") for frame, _ in zip(container.decode(video=0), range(pictures), strict=False)]


async def test_a_real_player_decodes_moving_pictures_that_differ_per_camera(served: Served) -> None:
    cameras = [served.healthy(0), served.healthy(3)]
    urls = [served.url(camera).replace("rtsp://", f"rtsp://{USERNAME}:{password_of(SECRET, camera.id)}@") for camera in cameras]
    frames = await asyncio.gather(*(asyncio.to_thread(decoded, url, 8) for url in urls))
    for camera, shown in zip(cameras, frames, strict=True):
        lumas = [frame[:360] for frame in shown]
        clocks = [lettering.read(luma, CLOCK_LETTERS, *CLOCK_AT) for luma in lumas]
        assert len(set(clocks)) == len(clocks) == 8
        assert clocks == sorted(clocks)
        assert lettering.read(lumas[-1], len(label_of(camera)), *LABEL_AT) == label_of(camera)
    assert abs(frames[0][-1].astype(int) - frames[1][-1]).mean() > 4


async def test_the_small_stream_shows_the_same_smaller_and_runs_only_while_somebody_watches_it(served: Served) -> None:
    camera = served.healthy(0)
    password = password_of(SECRET, camera.id)
    url = camera_url(served.base, camera.id, small=True)
    full = await served.client(camera)
    await full.play()
    await full.picture()
    assert served.studio.open_scenes == 1
    frames = await asyncio.to_thread(decoded, url.replace("rtsp://", f"rtsp://{USERNAME}:{password}@"), 4)
    assert frames[0].shape == (180 * 3 // 2, 320)
    assert abs(frames[0].astype(int) - frames[-1]).max() > 0
    await until(lambda: served.studio.open_scenes == 1)
    full.close()
    await until(lambda: served.studio.open_scenes == 0)
    assert served.studio.period(camera, 1, small=True) == 2 * served.studio.period(camera, 1)


async def test_a_dead_camera_hangs_up(served: Served) -> None:
    client = await served.client(broken(Fault.DEAD))
    client.send("DESCRIBE")
    async with asyncio.timeout(10):
        assert await client.reader.read() == b""
    client.close()


async def test_a_silent_camera_takes_the_call_and_says_nothing(served: Served) -> None:
    silent = await served.client(broken(Fault.SILENT))
    silent.send("DESCRIBE")
    healthy = await served.client(served.healthy(0))
    for _ in range(5):
        await healthy.ask("DESCRIBE")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await silent.reader.read(1)
    silent.close()
    healthy.close()


async def test_a_slow_camera_answers_and_shows_few_pictures(served: Served) -> None:
    client = await served.client(broken(Fault.SLOW))
    await client.play()
    first, second = await client.picture(), await client.picture()
    assert (second[0].rtp_time - first[0].rtp_time) / 90_000 > 1.5
    client.close()


async def test_beyond_the_full_rate_the_rate_falls_and_nobody_is_refused(city: City) -> None:
    studio = Studio(city)
    cameras = [camera for camera in city.cameras.values() if camera.fault is None]
    assert studio.period(cameras[0], watched=16) == studio.period(cameras[0], watched=24) == pytest.approx(0.1)
    assert studio.period(cameras[0], watched=48) == pytest.approx(0.2)
    await studio.close()
