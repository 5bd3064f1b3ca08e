"""The camera of the benchmark, a process of its own: plays a clip on the wall clock to all who pull it by RTSP, and as plain RTP.

    python -m benchmarks.media.camera CLIP --ready FILE [--rtp HOST:PORT]

Picture `n` of the loop leaves when `unix * fps` comes to `n` modulo its length, whoever is there: who joins gets the middle of a GOP, as
with most real cameras, and everybody gets the same picture at the same moment. No password: what a password costs is no server's doing.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import signal
import socket
import sys
import time
from pathlib import Path

import uvloop

from benchmarks.media.clip import Clip, load
from bonghwa.city.rtp import PAYLOAD_TYPE, Payload, Stream, payloads

CLOCK_HZ = 90_000


class Camera:
    """One clip, its pullers and its plain receivers."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self._parts: list[tuple[Payload, ...]] = [payloads(picture) for picture in clip.pictures]
        self._playing: dict[asyncio.StreamWriter, Stream] = {}
        self._plain: list[tuple[socket.socket, Stream]] = []

    def feed(self, host: str, port: int) -> None:
        """Also send plain RTP to an address."""
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        out.connect((host, port))
        out.setblocking(False)
        self._plain.append((out, Stream(11, 0)))

    async def play(self) -> None:
        """Send for ever, each picture at its time; what could not be sent in time is sent late, never left out."""
        fps, count = self.clip.fps, len(self._parts)
        number = self.clip.number(time.time()) + 1
        while True:
            await asyncio.sleep(max(0.0, float(number / fps) - time.time()))
            parts, rtp_time = self._parts[number % count], int(number * CLOCK_HZ / fps) & 0xFFFFFFFF
            for writer, stream in list(self._playing.items()):
                writer.write(stream.interleaved(0, parts, rtp_time))
            for out, stream in self._plain:
                _send_plain(out, stream, parts, rtp_time)
            number += 1

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak RTSP 1.0 with one client (RFC 2326), RTP in TCP."""
        try:
            while True:
                if (await reader.readexactly(1)) == b"$":
                    await reader.readexactly(int.from_bytes((await reader.readexactly(3))[1:], "big"))
                    continue
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                if not self._answer(writer, lines[0], headers):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self._playing.pop(writer, None)
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, start: str, headers: dict[str, str]) -> bool:
        # The first letter of the method was read to tell a request from an RTCP packet.
        method, url, _ = start.split(" ")
        extra, body = {"Session": "1;timeout=3600"}, ""
        if method == "ESCRIBE":
            extra, body = {"Content-Type": "application/sdp", "Content-Base": url.rstrip("/") + "/"}, self._description()
        elif method == "ETUP":
            if "TCP" not in headers.get("transport", ""):
                writer.write(f"RTSP/1.0 461 Unsupported Transport\r\nCSeq: {headers.get('cseq', '0')}\r\n\r\n".encode())
                return True
            extra["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
        elif method == "PTIONS":
            extra = {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"}
        if body:
            extra["Content-Length"] = str(len(body.encode()))
        head = [f"CSeq: {headers.get('cseq', '0')}", *(f"{name}: {value}" for name, value in extra.items())]
        writer.write(("\r\n".join(["RTSP/1.0 200 OK", *head]) + "\r\n\r\n" + body).encode())
        if method == "LAY":
            self._playing[writer] = Stream(7, 65_500)
        return method != "EARDOWN"

    def _description(self) -> str:
        first = self.clip.pictures[0]
        sets = [next(nal for nal in first if nal[0] & 31 == kind) for kind in (7, 8)]
        sprop = ",".join(base64.b64encode(nal).decode() for nal in sets)
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        lines += [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}"]
        lines += [f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sets[0][1:4].hex()};sprop-parameter-sets={sprop}"]
        return "\r\n".join([*lines, "a=control:track1", ""])


def _send_plain(out: socket.socket, stream: Stream, parts: tuple[Payload, ...], rtp_time: int) -> None:
    framed = memoryview(stream.interleaved(0, parts, rtp_time))
    while framed:
        size = int.from_bytes(framed[2:4], "big")
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):  # nobody listens yet, or no room: plain RTP is lost then
            out.send(framed[4 : 4 + size])
        framed = framed[4 + size :]


async def run(given: argparse.Namespace) -> None:
    camera = Camera(load(given.clip))
    for target in given.rtp:
        host, _, port = target.rpartition(":")
        camera.feed(host, int(port))
    server = await asyncio.start_server(camera.serve, given.host, 0)
    address = f"rtsp://{given.host}:{server.sockets[0].getsockname()[1]}/live"
    given.ready.write_text(json.dumps({"url": address}))
    playing = asyncio.create_task(camera.play())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    try:
        await playing
    except asyncio.CancelledError:
        server.close()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.media.camera")
    parser.add_argument("clip", type=Path)
    parser.add_argument("--ready", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--rtp", action="append", default=[], metavar="HOST:PORT")
    uvloop.run(run(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
