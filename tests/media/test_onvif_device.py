"""The gateway's ONVIF client against a small peer that was written for these tests: what it reads, and what no camera makes it do."""

import asyncio
import gzip

import pytest

from bonghwa.media.onvif import soap
from bonghwa.media.onvif.device import OnvifDevice, new_http
from bonghwa.media.onvif.find import device_address, find
from bonghwa.media.onvif.port import Location, SteeringFailed
from bonghwa.media.rtsp import Source
from tests.media.onvif_peer import Peer, envelope, fault, http

pytestmark = pytest.mark.anyio


@pytest.fixture
async def peer():
    async with Peer() as made:
        yield made


@pytest.fixture
async def web():
    async with new_http() as made:
        yield made


def device_of(peer, web, password="p@ss word"):
    return OnvifDevice(Source("cam1", "", "viewer", password, onvif=peer.url), web)


async def refused(call):
    with pytest.raises(SteeringFailed) as failed:
        await call
    assert "127.0.0.1" not in str(failed.value)
    return failed.value.refused


async def test_a_camera_says_what_it_is_and_its_addresses_stay_on_its_own_host(peer):
    found = await find(Source("cam1", "", "viewer", "p@ss word", onvif=peer.url))
    assert [(p.token, p.codec, p.width, p.height, p.fps, p.turns) for p in found.profiles] == [
        ("p1", "H264", 1920, 1080, 25.0, True),
        ("p2", "", 0, 0, 0.0, False),
    ]
    assert found.streams[0] == "rtsp://127.0.0.1:8554/live?channel=1"
    assert found.location == Location(37.5, 126.7, 270.0)
    assert found.turns


async def test_it_turns_stops_goes_home_and_gives_a_key_picture(peer, web):
    device = device_of(peer, web)
    await device.move(0.5, -0.25, 1.0, 1.5)
    await device.stop()
    await device.home()
    await device.ask_key_picture()
    assert peer.asked[-4:] == ["ContinuousMove", "Stop", "GotoHomePosition", "SetSynchronizationPoint"]
    move = next(body for body in peer.bodies if "ContinuousMove" in body)
    assert 'PanTilt x="0.500" y="-0.250"' in move
    assert 'Zoom x="1.000"' in move
    assert "PT1.50S" in move
    assert peer.count("GetProfiles") == 1, "what the camera is was asked once"


async def test_tokens_are_dated_by_the_cameras_own_clock(peer, web):
    await device_of(peer, web).stop()
    assert {stamp[:10] for stamp in peer.created} == {"2031-04-05"}


async def test_a_wrong_password_is_told_from_silence_and_from_what_is_no_camera(peer, web):
    assert await refused(device_of(peer, web, "wrong").stop()) == "password"
    peer.manner["GetSystemDateAndTime"] = peer.manner["GetServices"] = peer.manner["GetCapabilities"] = "<html>hello</html>"
    assert await refused(device_of(peer, web).stop()) == "unsupported"
    await peer.stop()
    nobody = OnvifDevice(Source("cam1", "", "viewer", "x", onvif="http://127.0.0.1:9/onvif/device_service"), web)
    assert await refused(nobody.stop()) == "unreachable"


async def test_a_camera_that_asks_for_the_password_in_http_gets_a_digest(peer, web):
    tries = []

    async def challenge(writer):
        tries.append(peer.bodies[-1])
        if len(tries) == 1:
            writer.write(http("", "401 Unauthorized", 'WWW-Authenticate: Digest realm="cam", nonce="n1", qop="auth"\r\n'))
        else:
            writer.write(http(envelope("<trt:GetProfilesResponse><trt:Profiles token='p'/></trt:GetProfilesResponse>")))

    peer.manner["GetProfiles"] = challenge
    assert [profile.token for profile in await device_of(peer, web).profiles()] == ["p"]
    assert len(tries) == 2


async def test_services_said_to_be_on_another_host_are_asked_on_the_configured_one(web):
    async with Peer() as trap, Peer(services_at=f"http://127.0.0.2:{trap.port}") as liar:
        await device_of(liar, web).stop()
        assert liar.count("Stop") == 1
        assert trap.asked == []


async def test_a_redirect_is_not_followed(peer, web):
    async with Peer() as trap:

        async def elsewhere(writer):
            writer.write(http("", "302 Found", f"Location: {trap.url}\r\n"))

        peer.manner["GetProfiles"] = elsewhere
        assert await refused(device_of(peer, web).profiles()) == "unsupported"
        assert trap.asked == []


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><s>&j;</s>"
)
NASTY = {
    "an entity bomb": BOMB,
    "an external entity": '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><s>&x;</s>',
    "a bomb in UTF-16": None,
    "no XML": "\x00\x01\x02",
    "half an envelope": envelope("<a/>")[:60],
    "an envelope without a body": '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"/>',
    "no profile": envelope("<trt:GetProfilesResponse/>"),
    "a profile without a token": envelope("<trt:GetProfilesResponse><trt:Profiles/></trt:GetProfilesResponse>"),
}


@pytest.mark.parametrize("what", NASTY)
async def test_nasty_answers_are_refused_by_name(peer, web, what):
    content = NASTY[what]
    if content is None:

        async def utf16(writer):
            body = BOMB.replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

        content = utf16
    peer.manner["GetProfiles"] = content
    assert await refused(device_of(peer, web).profiles()) == "unsupported"


async def test_an_endless_answer_is_cut_and_a_packed_one_never_unpacked(peer, web):
    sent = 0

    async def endless(writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
            sent += 65_536
            await writer.drain()

    peer.manner["GetProfiles"] = endless
    assert await refused(device_of(peer, web).profiles()) == "unsupported"
    assert sent < 64 * soap.LARGEST_ANSWER

    async def packed(writer):
        body = gzip.compress(envelope("<trt:GetProfilesResponse><trt:Profiles token='p'/></trt:GetProfilesResponse>").encode())
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    peer.manner["GetProfiles"] = packed
    assert await refused(device_of(peer, web).profiles()) == "unsupported"


async def test_a_camera_that_says_nothing_is_given_up_in_time(peer, web, monkeypatch):
    monkeypatch.setattr("bonghwa.media.onvif.device.CALL_S", 0.3)

    async def nothing(writer):
        await asyncio.sleep(60)

    peer.manner["GetSystemDateAndTime"] = nothing
    assert await refused(device_of(peer, web).stop()) == "unreachable"


@pytest.mark.parametrize(
    ("place", "orientation", "wanted"),
    [
        ('lat="37.5" lon="126.7"', "", Location(37.5, 126.7)),
        ('lat="37.5" lon="126.7"', 'yaw="361"', Location(37.5, 126.7, 1.0)),
        ('lat="37.5" lon="126.7"', 'yaw="nan"', Location(37.5, 126.7)),
        ('lat="0" lon="0"', 'yaw="5"', None),
        ('lat="137" lon="126.7"', "", None),
        ('lat="inf" lon="126.7"', "", None),
        ("", "", None),
    ],
)
async def test_only_a_sensible_location_is_taken(peer, web, place, orientation, wanted):
    peer.geo = (place, orientation)
    assert await device_of(peer, web).location() == wanted


async def test_a_camera_without_that_service_says_so(peer, web):
    peer.manner["GetGeoLocation"] = fault("ActionNotSupported")
    peer.manner["GotoHomePosition"] = fault("NoHomePosition")
    device = device_of(peer, web)
    assert await device.location() is None
    assert await refused(device.home()) == "unsupported"


async def test_secrets_show_in_no_repr(peer, web):
    source = Source("cam1", "rtsp://10.0.0.1/x", "viewer", "p@ss word", onvif=peer.url)
    assert repr(source) == "Source(camera='cam1')"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("192.0.2.5", "http://192.0.2.5/onvif/device_service"),
        ("192.0.2.5:8000", "http://192.0.2.5:8000/onvif/device_service"),
        ("https://[2001:db8::5]/onvif/x", "https://[2001:db8::5]/onvif/x"),
    ],
)
def test_an_address_may_be_a_host_alone(given, wanted):
    assert device_address(given) == wanted


@pytest.mark.parametrize("given", ["", "ftp://192.0.2.5", "http://me:secret@192.0.2.5", "http://192.0.2.5:0"])
def test_what_is_no_address_is_refused(given):
    with pytest.raises(ValueError, match="address"):
        device_address(given)


async def test_no_proxy_of_the_environment_stands_between(peer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with new_http() as web:
        await device_of(peer, web).stop()
    assert peer.count("Stop") == 1
