"""A small real RTSP camera for these tests: RTP in TCP or UDP, Digest or Basic, and bad manners."""

import asyncio
import base64
import contextlib
import hashlib
import itertools
import random
import re
import socket

from tests.media.coding import FPS, encode_clip, is_hevc, rtp_packets

__all__ = ["FPS", "TestCamera", "encode_clip"]

PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"


class TestCamera:
    """`manner` is how it behaves, from the answer to the pictures:

    "good"; "silent" takes the connection and says nothing; "mute" plays and sends no picture; "slow" answers a byte a second; "drip"
    sends its pictures a byte a second; "long" and "odd" lie about the length of an answer; "sdp" describes nonsense; "garbage" sends
    noise that looks like H.264; "jumps" and "back" jump in sequence numbers; "still" has a clock that stands; "resets" breaks the
    connection every 3 s; "locked" knows no password and has a new nonce each time; "junk" sends frames of no channel we asked for;
    "asks" sends requests without end and reads no answer.
    """

    __test__ = False

    def __init__(self, clip, auth="digest", username="viewer", password="p@ss word", manner="good", every_s=1 / FPS, **more):
        self.clip, self.auth, self.username, self.password, self.manner = clip, auth, username, password, manner
        self.every_s = every_s
        self.transport = more.pop("transport", "tcp")
        """What the sources file says; `speaks` is what the camera can."""
        self.speaks = more.pop("speaks", ("tcp", "udp"))
        self.small_clip = more.pop("small_clip", None)
        self.redirects_to = more.pop("redirects_to", None)
        self.algorithm, self.qop = more.pop("algorithm", "MD5"), more.pop("qop", "auth")
        self.public, self.timeout_s = more.pop("public", PUBLIC), more.pop("timeout_s", 60)
        self.nonce_lasts = more.pop("nonce_lasts", 1_000_000)
        """Requests a nonce is good for; then the answer is 401 with stale=true."""
        self.loses, self.swaps = more.pop("loses", 0), more.pop("swaps", 0)
        """Over UDP: every so manyth packet is lost, or sent after its neighbour."""
        assert not more, more
        self.sent = 0
        self.pulls = 0
        self.open_now = 0
        self.setups = []
        self.transports = []
        self.asked = []
        self.reports = []
        self.forgotten = 0
        self.frozen_until = None
        self._server = None
        self._port = 0
        self._tasks = set()
        self._writers = set()
        self._nonces = itertools.count(1)
        self._nonce, self._nonce_used = "abc0", 0

    @property
    def url(self):
        return f"rtsp://127.0.0.1:{self._port}/live/1"

    @property
    def small_url(self):
        return f"rtsp://127.0.0.1:{self._port}/live/2" if self.small_clip else ""

    def record(self, name):
        """As in the sources file."""
        mine = {"camera": name, "url": self.url, "username": self.username, "password": self.password}
        return mine | {"small_url": self.small_url, "transport": self.transport}

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        """Dies as a camera does that lost its power: connections break."""
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()
        await asyncio.sleep(0)

    def cut(self):
        """Break every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def say(self, request):
        """Send a request of the camera's own to everybody."""
        for writer in list(self._writers):
            writer.write(request)

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        self.open_now += 1
        session = _Session(self, writer)
        try:
            while True:
                try:
                    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.timeout_s)).decode(errors="replace")
                except asyncio.IncompleteReadError:
                    return
                except TimeoutError:
                    self.forgotten += 1
                    return
                if self.manner == "silent" or head.startswith("RTSP/"):
                    continue
                method, url, _ = head.split("\r\n")[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                self.asked.append(method)
                if not await self._respond(session, method, url, headers):
                    return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open_now -= 1
            self._writers.discard(writer)
            session.close()
            writer.close()

    async def _respond(self, session, method, url, headers):
        """Answer one request; false ends the connection."""
        if not self._authorised(method, headers.get("Authorization", "")):
            session.answer(headers, "401 Unauthorized", {"WWW-Authenticate": self._challenge(headers)})
        elif "/live/2" in url and self.small_clip is None:
            session.answer(headers, "404 Not Found", {})
        elif method == "DESCRIBE" and self.redirects_to:
            session.answer(headers, "302 Moved Temporarily", {"Location": self.redirects_to})
        elif method == "DESCRIBE":
            await self._describe(session, url, headers)
        elif method == "SETUP":
            self.setups.append(url)
            session.set_up(headers)
        elif method == "PLAY":
            session.answer(headers, "200 OK", {"Session": "42"})
            self.pulls += 1
            playing = asyncio.create_task(session.play(self.small_clip if "/live/2" in url else self.clip))
            self._tasks.add(playing)
            playing.add_done_callback(self._tasks.discard)
        elif method == "TEARDOWN":
            return False
        else:
            session.answer(headers, "200 OK", {"Public": self.public})
        return True

    async def _describe(self, session, url, headers):
        clip = self.small_clip if "/live/2" in url else self.clip
        if is_hevc(clip):
            sets = {nal[0] >> 1 & 0x3F: base64.b64encode(nal).decode() for nal in clip[0]}
            codec, parameters = "H265", f"sprop-vps={sets[32]};sprop-sps={sets[33]};sprop-pps={sets[34]}"
        else:
            sets = {nal[0] & 0x1F: base64.b64encode(nal).decode() for nal in clip[0]}
            codec, parameters = "H264", f"packetization-mode=1;sprop-parameter-sets={sets[7]},{sets[8]}"
        if self.manner == "sdp":
            parameters = "packetization-mode=1;sprop-parameter-sets=AAAA,////;profile-level-id=zz"
        body = "\r\n".join(
            [
                "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "t=0 0", "a=control:*",
                "m=audio 0 RTP/AVP 8", "a=control:trackID=2",
                "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {codec}/90000", f"a=fmtp:96 {parameters}", "a=control:trackID=1", "",
            ]
        ).encode()  # fmt: skip
        wrong = {"long": str(len(body) + 500), "odd": "12, maybe 13"}.get(self.manner)
        extra = {"Content-Type": "application/sdp", "Content-Base": url + "/"}
        await session.describe(headers, extra | ({"Content-Length": wrong} if wrong else {}), body)

    def _challenge(self, headers):
        if self.auth == "basic":
            return 'Basic realm="cam"'
        stale = ""
        if self.manner == "locked" or self._nonce_used >= self.nonce_lasts:
            self._nonce, self._nonce_used = f"abc{next(self._nonces)}", 0
            stale = ", stale=true" if self.manner != "locked" and "Authorization" in headers else ""
        qop = f', qop="{self.qop}"' if self.qop else ""
        return f'Digest realm="cam", nonce="{self._nonce}", algorithm={self.algorithm}{qop}{stale}'

    def _authorised(self, method, given):
        if self.auth is None:
            return True
        if self.manner == "locked":
            return False
        if self.auth == "basic":
            return given == "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if not given.startswith("Digest "):
            return False
        fields = dict(part.strip().split("=", 1) for part in given[7:].split(", "))
        fields = {name: value.strip('"') for name, value in fields.items()}
        self._nonce_used += 1
        if fields["nonce"] != self._nonce or self._nonce_used > self.nonce_lasts:
            return False

        def h(text):
            return (hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5)(text.encode()).hexdigest()

        who, what = h(f"{self.username}:cam:{self.password}"), h(f"{method}:{fields['uri']}")
        counted = f":{fields['nc']}:{fields['cnonce']}:auth" if self.qop else ""
        return fields["response"] == h(f"{who}:{self._nonce}{counted}:{what}")


class _Session:
    """One connection of a camera."""

    def __init__(self, camera, writer):
        self._camera, self._writer = camera, writer
        self._udp = None
        self._ends = []

    def close(self):
        for each in self._ends:
            asyncio.get_running_loop().remove_reader(each)
            each.close()

    def answer(self, headers, status, extra, body=b""):
        self._writer.write(self._message(headers, status, extra, body))

    def _message(self, headers, status, extra, body=b""):
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('CSeq', '0')}"] + [f"{name}: {value}" for name, value in extra.items()]
        if body and "Content-Length" not in extra:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def describe(self, headers, extra, body):
        message = self._message(headers, "200 OK", extra, body)
        if self._camera.manner == "slow":
            await self._a_byte_a_second(message)
        self._writer.write(message)

    async def _a_byte_a_second(self, data):
        for at in range(len(data)):
            self._writer.write(data[at : at + 1])
            await self._writer.drain()
            await asyncio.sleep(1)

    def set_up(self, headers):
        wanted = headers["Transport"]
        if ("tcp" if "TCP" in wanted else "udp") not in self._camera.speaks:
            self.answer(headers, "461 Unsupported Transport", {})
            return
        self._camera.transports.append(wanted)
        ports = re.search(r"client_port=(\d+)-(\d+)", wanted)
        if ports:
            pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            for number, end in enumerate(pair):
                end.setblocking(False)
                end.bind(("127.0.0.1", 0))
                end.connect(("127.0.0.1", int(ports[number + 1])))
            self._ends, self._udp = pair, pair[0]
            # Reports are looked for one above `server_port`.
            wanted += f";server_port={pair[1].getsockname()[1] - 1}-{pair[1].getsockname()[1]};source=203.0.113.7"
            asyncio.get_running_loop().add_reader(pair[1], self._hear, pair[1])
        self.answer(headers, "200 OK", {"Session": f"42;timeout={int(self._camera.timeout_s)}", "Transport": wanted})

    def _hear(self, end):
        if end.fileno() < 0:
            return
        with contextlib.suppress(OSError):
            self._camera.reports.append(end.recv(2_048))

    async def play(self, clip):
        manner = self._camera.manner
        try:
            if manner == "drip":
                await self._a_byte_a_second(b"$\0\4\0" + bytes(1_024))
            elif manner == "asks":
                self._writer.transport.pause_reading()
                while True:
                    self._writer.write(b"ANNOUNCE * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 500)
                    await self._writer.drain()
                    await asyncio.sleep(0)
            elif manner == "junk":
                while True:
                    self._writer.write(b"$\7\0\0" * 10_000)
                    await self._writer.drain()
                    await asyncio.sleep(0.02)
            elif manner != "mute":
                await self._pictures(clip)
        except ConnectionError:
            pass

    async def _pictures(self, clip):
        camera, hevc, loop, noise = self._camera, is_hevc(clip), asyncio.get_running_loop(), random.Random(1)
        sequence, began = 65_500, asyncio.get_running_loop().time()
        for index, picture in enumerate(itertools.cycle(clip)):
            if camera.frozen_until is not None:
                await camera.frozen_until.wait()
            shown = index - index % len(clip) + picture.at
            stamp = 4_294_960_000 + (0 if camera.manner == "still" else shown * 90_000 // FPS)
            if camera.manner == "garbage":
                picture = [nal[:1] + noise.randbytes(len(nal)) for nal in picture]
            elif camera.manner in ("jumps", "back") and index % 20 == 19:
                sequence += 1_000 if camera.manner == "jumps" else -5_000
            packets = rtp_packets(picture, sequence, stamp, hevc=hevc)
            sequence += len(packets)
            if self._udp:
                self._send(packets)
            else:
                self._writer.write(b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in packets))
                await self._writer.drain()
            camera.sent += 1
            if camera.manner == "resets" and loop.time() - began > 3:
                self._writer.transport.abort()
                return
            await asyncio.sleep(max(0, began + (index + 1) * camera.every_s - loop.time()))

    def _send(self, packets):
        camera, held = self._camera, None
        for packet in packets:
            number = int.from_bytes(packet[2:4], "big")
            if camera.loses and number % camera.loses == 0:
                continue
            if camera.swaps and number % camera.swaps == 0 and held is None:
                held = packet
                continue
            for each in (packet, held):
                if each:
                    with contextlib.suppress(OSError):
                        self._udp.send(each)
            held = None
        if held:
            with contextlib.suppress(OSError):
                self._udp.send(held)
