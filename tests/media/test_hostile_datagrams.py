"""Whatever comes to the UDP port, from strangers or from an admitted viewer gone bad: the others see on, and nothing grows."""

import hashlib
import hmac
import random
import re
import socket
import struct

import psutil
import pytest

from bonghwa.media.webrtc import ice
from tests.fuzz import dtls, rtcp, stun
from tests.media.receivers import post_offer, watching
from tests.media.rig import until
from tests.media.test_hostile_input import OFFER

pytestmark = pytest.mark.anyio

HELLO = bytes.fromhex("16feff0000000000000000003a010000320000000000000032fefd") + bytes(32) + bytes.fromhex("0000000002c02b0100")


def check(answer, remote="evil"):
    """A connectivity check that the answer's session must believe."""
    ufrag, password = (re.search(rf"a={name}:(\S+)", answer)[1].encode() for name in ("ice-ufrag", "ice-pwd"))
    name = ufrag + b":" + remote.encode()
    body = struct.pack("!HH", ice.USERNAME, len(name)) + name + bytes(-len(name) % 4)
    head = struct.pack("!HHI12s", ice.BINDING_REQUEST, len(body) + 24, ice.MAGIC, random.randbytes(12)) + body
    return head + struct.pack("!HH", ice.MESSAGE_INTEGRITY, 20) + hmac.new(password, head, hashlib.sha1).digest()


def rubbish(count, seeds):
    """Datagrams of every kind the port sorts by: random, near a seed, cut off, of full size, empty."""
    chance = random.Random(7)
    for _ in range(count):
        seed = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(0, 4)):
            if seed:
                seed[chance.randrange(len(seed))] = chance.randrange(256)
        yield bytes(seed[: chance.randint(0, len(seed))]) if chance.random() < 0.3 else bytes(seed) or b""
        yield bytes([chance.choice((0, 1, 20, 22, 63, 128, 191, 255))]) + chance.randbytes(chance.choice((0, 7, 100, 1_400, 1_900)))


async def test_a_flood_of_rubbish_at_the_port_takes_no_picture_from_anybody(plane):
    gateway, hub, _ = plane
    process = psutil.Process(gateway.process.pid)
    async with watching(gateway, hub.ticket()) as (frames, answer, _):
        await until(lambda: len(frames) > 5)
        port = int(re.search(r"m=video (\d+)", answer.text)[1])
        # The other is admitted, and turns out to be hostile: it knows its own session's password.
        bad = (await post_offer(gateway, hub.ticket(view="v-bad"), OFFER)).text
        guessed = check(answer.text.replace(re.search(r"a=ice-pwd:(\S+)", answer.text)[1], "x" * 36))
        seeds = [check(bad), guessed, HELLO, *stun.SEEDS, *rtcp.SEEDS, *dtls.SEEDS[1:]]
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
        try:
            memory, files = process.memory_info().rss, process.num_fds()
            for round_ in range(20):
                for index, datagram in enumerate(rubbish(60, seeds)):
                    sockets[(index + round_) % 20].sendto(datagram, ("127.0.0.1", port))
                    if index % 7 == 0:
                        sockets[index % 20].sendto(check(bad), ("127.0.0.1", port))
                frames_then = len(frames)
                await until(lambda frames_then=frames_then: len(frames) > frames_then + 1, what="pictures during the flood")
            assert process.memory_info().rss - memory < 8_000_000
            assert process.num_fds() <= files
        finally:
            for each in sockets:
                each.close()
        frames_then = len(frames)
        await until(lambda: len(frames) > frames_then + 20)
    said = gateway.log()
    assert "Traceback" not in said
    assert [told for told in hub.told_of("view_opened") if told["view"] == "v-bad"] == [], "no pictures without a handshake"
