"""Pulling a camera: over TCP and UDP, with every password scheme, through redirects, kept alive."""

import asyncio
import contextlib
import itertools
import socket
import struct

import pytest

from bonghwa.media.depacketise import UnshowableStream
from bonghwa.media.rtp_order import HOLD_PACKETS, HOLD_S, Reorder
from bonghwa.media.rtsp import CameraRefused, CameraUnreachable, PasswordRefused, Redirected, RtspSession, Source
from tests.media.camera import TestCamera
from tests.media.coding import rtp_packets
from tests.media.rig import until

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def up(clip, **how):
    camera = await TestCamera(clip, **how).start()
    try:
        yield camera
    finally:
        await camera.stop()


def source(camera, **changes):
    given = {"url": camera.url, "username": camera.username, "password": camera.password, "transport": camera.transport, **changes}
    return Source("cam1", **given)


async def take(session, count):
    """The next pictures of a session."""
    taken = []
    async with asyncio.timeout(15), contextlib.aclosing(session.pictures()) as pictures:
        async for unit in pictures:
            taken.append(unit)
            if len(taken) == count:
                return taken
    raise AssertionError("the session ended")


def bodies(clip):
    """The slices of each picture of a clip, as a depacketiser gives them."""
    return [[nal for nal in picture if nal[0] & 0x1F not in (7, 8, 9)] for picture in clip]


@pytest.mark.parametrize(
    ("says", "speaks", "asked"),
    [
        ("tcp", ("tcp", "udp"), ["RTP/AVP/TCP"]),
        ("udp", ("tcp", "udp"), ["RTP/AVP;unicast;client_port"]),
        ("auto", ("tcp", "udp"), ["RTP/AVP/TCP"]),
        ("auto", ("udp",), ["RTP/AVP;unicast;client_port"]),
    ],
)
async def test_pictures_come_over_the_transport_the_source_says(clip, says, speaks, asked):
    async with up(clip, transport=says, speaks=speaks) as camera, RtspSession(source(camera)) as session:
        units = await take(session, 25)
        assert [unit.nals for unit in units] == bodies(clip)[:25]
        assert [used[: len(start)] for used, start in zip(camera.transports, asked, strict=True)] == asked
        assert set(camera.setups) == {camera.url + "/trackID=1"}, "the audio track is never set up"


async def test_a_camera_without_tcp_is_refused_where_the_source_says_tcp(clip):
    async with up(clip, speaks=("udp",)) as camera:
        with pytest.raises(CameraRefused, match="461"):
            async with RtspSession(source(camera)):
                pass


async def test_over_udp_no_picture_is_built_on_a_lost_one(clip):
    async with up(clip, transport="udp", loses=97, every_s=0.01) as camera, RtspSession(source(camera)) as session:
        units = await take(session, 50)
        whole = bodies(clip)
        places = [whole.index(unit.nals) for unit in units]
        followers = zip(units[1:], itertools.pairwise(places), strict=True)
        behind_a_gap = [unit for unit, (before, here) in followers if here != (before + 1) % len(clip)]
        assert behind_a_gap, "something was lost"
        assert all(unit.key for unit in behind_a_gap)
        assert session.depacketiser.lost_packets


async def test_over_udp_packets_that_overtake_each_other_are_put_in_order(clip):
    async with up(clip, transport="udp", swaps=3) as camera, RtspSession(source(camera)) as session:
        units = await take(session, 40)
        assert [unit.nals for unit in units] == (bodies(clip) * 2)[: len(units)]
        assert session.depacketiser.lost_packets == 0


async def test_over_udp_only_the_cameras_own_address_is_listened_to(clip):
    noise = rtp_packets(clip[0], 9_000, 77)
    async with up(clip, transport="udp") as camera, RtspSession(source(camera)) as session:
        port = int(camera.transports[0].partition("client_port=")[2].partition("-")[0])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            for packet in noise * 3:
                stranger.sendto(packet, ("127.0.0.1", port))
            units = await take(session, 20)
        assert [unit.nals for unit in units] == bodies(clip)[:20]
        assert session.depacketiser.lost_packets == 0


async def test_over_udp_the_camera_is_told_what_arrives(clip):
    async with up(clip, transport="udp") as camera, RtspSession(source(camera)) as session:
        watching = asyncio.create_task(take(session, 200))
        report = (await until(lambda: camera.reports))[0]
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert (report[0], report[1]) == (0x81, 201)
        ssrc, lost, highest = struct.unpack_from("!III", report, 8)
        assert (ssrc, lost) == (7, 0)
        assert highest >= 65_500


async def test_the_udp_ports_are_free_again_after_the_session(clip):
    async with up(clip, transport="udp") as camera:
        async with RtspSession(source(camera)) as session:
            await take(session, 2)
        port = int(camera.transports[0].partition("client_port=")[2].partition("-")[0])

        def free():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again, contextlib.suppress(OSError):
                again.bind(("127.0.0.1", port))
                return True

        await until(free)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ["auth", ""])
async def test_digest_proves_the_password_in_every_form(clip, algorithm, qop):
    async with up(clip, algorithm=algorithm, qop=qop) as camera:
        async with RtspSession(source(camera)) as session:
            assert len(await take(session, 2)) == 2
        with pytest.raises(PasswordRefused):
            async with RtspSession(source(camera, password="another")):
                pass


async def test_a_nonce_that_grows_old_is_replaced_without_asking_for_another_password(clip):
    async with up(clip, nonce_lasts=1) as camera, RtspSession(source(camera)) as session:
        assert len(await take(session, 2)) == 2


async def test_a_camera_that_refuses_with_a_new_nonce_each_time_is_not_asked_for_ever(clip):
    async with up(clip, manner="locked") as camera:
        with pytest.raises(PasswordRefused):
            async with RtspSession(source(camera)):
                pass
        assert camera.asked == ["DESCRIBE"] * 2


async def test_a_redirect_on_the_same_host_is_followed(clip):
    async with up(clip) as there, up(clip, redirects_to=there.url) as here, RtspSession(source(here)) as session:
        assert len(await take(session, 3)) == 3
        assert (here.pulls, there.pulls) == (0, 1)


@pytest.mark.parametrize(
    "place", ["rtsp://127.0.0.2:{port}/live/1", "rtsp://u:p@127.0.0.1:{port}/", "http://127.0.0.1:{port}/", "rtsp://["]
)
async def test_a_redirect_elsewhere_is_refused_and_never_connected_to(clip, place):
    async with up(clip) as there:
        port = there.url.split(":")[2].split("/")[0]
        async with up(clip, redirects_to=place.format(port=port)) as here:
            with pytest.raises(UnshowableStream) as refused:
                async with RtspSession(source(here)):
                    pass
            assert refused.value.code == "redirect"
            assert port not in str(refused.value)
        assert there.asked == []


async def test_redirects_in_a_circle_end(clip):
    async with up(clip) as camera:
        camera.redirects_to = camera.url
        with pytest.raises(CameraRefused):
            async with RtspSession(source(camera)):
                pass
        assert camera.asked.count("DESCRIBE") <= 8


async def test_a_camera_may_ask_to_be_pulled_elsewhere_while_it_plays(clip):
    async with up(clip) as camera, RtspSession(source(camera)) as session:
        await take(session, 1)
        camera.say(b"REDIRECT rtsp://x/ RTSP/1.0\r\nCSeq: 5\r\nLocation: /live/other\r\n\r\n")
        with pytest.raises(Redirected) as to:
            await take(session, 10_000)
        assert to.value.url == camera.url.replace("/live/1", "/live/other")


@pytest.mark.parametrize(("public", "method"), [("OPTIONS, GET_PARAMETER", "GET_PARAMETER"), ("OPTIONS, DESCRIBE", "OPTIONS")])
async def test_a_session_that_times_out_is_kept_alive_the_way_the_camera_knows(clip, public, method):
    async with up(clip, timeout_s=2, public=public) as camera, RtspSession(source(camera)) as session:
        await take(session, 70)
        assert (camera.forgotten, camera.pulls) == (0, 1)
        assert camera.asked.count(method) >= 3
        assert set(camera.asked) <= {"DESCRIBE", "SETUP", "PLAY", "OPTIONS", method}


async def test_a_camera_that_asks_and_reads_no_answer_is_let_go(clip):
    async with up(clip, manner="asks", auth=None) as camera, RtspSession(source(camera)) as session:
        with pytest.raises(CameraUnreachable):
            await take(session, 1)


# Order


def packet(sequence):
    return b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(8) + b"x"


def numbers(packets):
    return [int.from_bytes(each[2:4], "big") for each in packets]


def begun(sequence):
    """An order whose first packet was `sequence`, at time 0."""
    order = Reorder()
    assert order.take(packet(sequence), -HOLD_S) == []
    assert numbers(order.expire(0.0)) == [sequence]
    return order


def test_a_missing_packet_is_waited_for_no_longer_than_it_may_take():
    order = begun(65_535)
    assert order.take(packet(1), 0.0) == []
    assert order.due == HOLD_S
    assert order.expire(HOLD_S / 2) == []
    assert numbers(order.expire(HOLD_S)) == [1]
    assert order.take(packet(0), HOLD_S) == [], "what comes too late is left out"


def test_the_first_packet_may_be_overtaken_by_the_second():
    order = Reorder()
    assert order.take(packet(8), 0.0) == []
    assert order.take(packet(7), 0.0) == []
    assert numbers(order.expire(HOLD_S)) == [7, 8]


def test_what_is_held_is_bounded():
    order = begun(0)
    given = [number for index in range(2, 2 + HOLD_PACKETS + 1) for number in numbers(order.take(packet(index), 0.0))]
    assert given == list(range(2, 2 + HOLD_PACKETS + 1))


def test_a_camera_that_counts_anew_is_followed_after_two_packets():
    order = begun(100)
    assert order.take(packet(40_000), 0.0) == []
    assert numbers(order.take(packet(40_001), 0.0)) == [40_001]
    assert numbers(order.take(packet(40_002), 0.0)) == [40_002]
