"""What a gateway keeps of viewers that are gone: files, threads and memory over a thousand opens, one in five of which just vanishes.

    scripts/bench soak [--quick] [--json]

Every viewer does a real ICE check and a real DTLS handshake and is sent pictures. Two in five say goodbye with a DELETE, two with a DTLS
alert, one closes its socket and is gone; its consent then expires. At each hundred, once nobody is left, the gateway's process is read.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import re
import struct
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from OpenSSL import SSL

from bonghwa.media.webrtc import ice
from bonghwa.media.webrtc.dtls import DtlsIdentity
from tests.media.camera import TestCamera, encode_clip
from tests.media.hub import TinyHub
from tests.media.rig import Gateway, running

AT_ONCE = 8
PACKETS = 30
PATIENCE_S = 10.0
GOAL_BYTES = 4_096
IDENTITY = DtlsIdentity()


class Viewer(asyncio.DatagramProtocol):
    """The least receiver that does all a real one must: it answers for its path, shakes hands and counts packets."""

    def __init__(self) -> None:
        self.packets = 0
        self.enough = asyncio.Event()
        self._dtls = SSL.Connection(IDENTITY.context, None)
        self._dtls.set_connect_state()
        self._dtls.set_ciphertext_mtu(1_200)
        self._shaken = False

    def offer(self) -> str:
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=mid:0"]
        lines += ["a=ice-ufrag:soak", "a=ice-pwd:" + "x" * 24, f"a=fingerprint:sha-256 {IDENTITY.fingerprint}", "a=setup:active"]
        lines += ["a=recvonly", "a=rtcp-mux", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f"]
        return "\r\n".join(lines) + "\r\n"

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def check(self, answer: str) -> None:
        """Ask for consent, as the controlling side (RFC 8445)."""
        found = {name: re.search(rf"a={name}:(\S+)", answer) for name in ("ice-ufrag", "ice-pwd")}
        name = f"{found['ice-ufrag'][1]}:soak".encode()  # type: ignore[index]
        body = struct.pack("!HH", ice.USERNAME, len(name)) + name + b"\0" * (-len(name) % 4)
        body += struct.pack("!HHIHHQHH", ice.PRIORITY, 4, 7, ice.ICE_CONTROLLING, 8, 1, ice.USE_CANDIDATE, 0)
        head = struct.pack("!HHI12s", ice.BINDING_REQUEST, len(body) + 24, ice.MAGIC, b"soak" * 3) + body
        proof = hmac.new(found["ice-pwd"][1].encode(), head, hashlib.sha1).digest()  # type: ignore[index]
        self._transport.sendto(head + struct.pack("!HH", ice.MESSAGE_INTEGRITY, 20) + proof)

    def datagram_received(self, data: bytes, _address: Any) -> None:
        if data[0] < 4:
            self._go_on()
        elif 20 <= data[0] <= 63:
            self._dtls.bio_write(data)
            self._go_on()
        else:
            self.packets += 1
            if self.packets >= PACKETS:
                self.enough.set()

    def _go_on(self) -> None:
        if not self._shaken:
            try:
                self._dtls.do_handshake()
                self._shaken = True
            except SSL.Error:
                pass
        self._send()

    def _send(self) -> None:
        try:
            self._transport.sendto(self._dtls.bio_read(65_536))
        except SSL.Error:
            return

    def say_goodbye(self) -> None:
        self._dtls.shutdown()
        self._send()


@dataclass(frozen=True)
class Reading:
    """The gateway's process when nobody watches."""

    opens: int
    files: int
    threads: int
    rss: int


async def view(client: httpx.AsyncClient, hub: TinyHub, number: int) -> None:
    """One viewer from the ticket to its end."""
    token = hub.ticket()
    bearer = {"Authorization": f"Bearer {token}"}
    viewer = Viewer()
    answer = await client.post("/whep/cam1", content=viewer.offer(), headers={**bearer, "Content-Type": "application/sdp"})
    answer.raise_for_status()
    port = int(re.search(r"m=video (\d+)", answer.text)[1])  # type: ignore[index]
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: viewer, remote_addr=("127.0.0.1", port))
    try:
        viewer.check(answer.text)
        async with asyncio.timeout(PATIENCE_S):
            await viewer.enough.wait()
        if number % 5 in (1, 2):
            (await client.delete(answer.headers["location"], headers=bearer)).raise_for_status()
        elif number % 5 in (3, 4):
            viewer.say_goodbye()
    finally:
        transport.close()


async def read(gateway: Gateway, opens: int) -> Reading:
    """Wait until nobody is left, then look."""
    ends = time.monotonic() + 60
    while (await gateway.healthz())["viewers"]:
        if time.monotonic() > ends:
            raise TimeoutError("viewers that vanished are still there after 60 s")
        await asyncio.sleep(0.5)
    process = psutil.Process(gateway.process.pid)
    return Reading(opens, process.num_fds(), process.num_threads(), process.memory_info().rss)


async def soak(opens: int, step: int) -> list[Reading]:
    """The readings at each `step`, the first when none had opened."""
    gate = asyncio.Semaphore(AT_ONCE)
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder), {"cam1": TestCamera(encode_clip())}) as (gateway, hub):
            await hub.order("prefetch", cameras=["cam1"], for_s=3_600, grant="g1")
            async with httpx.AsyncClient(
                base_url=gateway.url, timeout=PATIENCE_S, limits=httpx.Limits(max_keepalive_connections=0)
            ) as client:

                async def one(number: int) -> None:
                    async with gate:
                        await view(client, hub, number)

                for done in range(0, opens + 1, step):
                    if done:
                        async with asyncio.TaskGroup() as group:
                            for number in range(done - step, done):
                                group.create_task(one(number))
                    readings.append(await read(gateway, done))
                    shown = readings[-1]
                    print(f"{done:>6} opens {shown.files:>5} files {shown.threads:>4} threads {shown.rss / 1e6:>8.2f} MB", file=sys.stderr)
    return readings


def slope(readings: list[Reading]) -> float:
    """Bytes of memory an open, by least squares, from the second reading on: the first opens load what all share."""
    points = [(reading.opens, reading.rss) for reading in readings[1:]]
    middle = sum(opens for opens, _ in points) / len(points), sum(rss for _, rss in points) / len(points)
    spread = sum((opens - middle[0]) ** 2 for opens, _ in points)
    return sum((opens - middle[0]) * (rss - middle[1]) for opens, rss in points) / spread


def rows(readings: list[Reading]) -> list[dict[str, Any]]:
    first, last = readings[1], readings[-1]
    name = f"gateway after {last.opens} opens: "
    grown, files, threads = slope(readings), last.files - first.files, last.threads - first.threads
    return [
        {"name": name + "memory an open", "ours": round(grown, 1), "goal": f"< {GOAL_BYTES}", "unit": "B", "met": grown < GOAL_BYTES},
        {"name": name + "files more", "ours": files, "goal": "<= 0", "unit": "files", "met": files <= 0},
        {"name": name + "threads more", "ours": threads, "goal": "<= 0", "unit": "threads", "met": threads <= 0},
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description="What a gateway keeps of viewers that are gone.")
    parser.add_argument("--quick", action="store_true", help="200 opens instead of 1,000")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    given = parser.parse_args()
    found = rows(asyncio.run(soak(200, 50) if given.quick else soak(1_000, 100)))
    if given.json:
        print(json.dumps(found))
    else:
        for row in found:
            print(f"{row['name']}: {row['ours']} {row['unit']} (goal {row['goal']}: {'met' if row['met'] else 'MISSED'})")
    return 0 if all(row["met"] for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
