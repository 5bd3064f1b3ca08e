"""A small real RTSP camera for these tests: moving pictures from libx264, RTP in TCP, Digest or Basic, and bad manners."""

import asyncio
import base64
import contextlib
import hashlib
import itertools
from fractions import Fraction

import av
import numpy as np

FPS = 20
GOP = 20
MTU = 1_400


class Picture(list):
    """The NAL units of a picture; `at` is its place among those shown, which B frames make another than its place in the stream."""

    at = 0


def encode_clip(frames=60, width=640, height=360, b_frames=0, still=False, black=False, gop=GOP, codec="libx264"):
    """Annex B pictures of a moving square, each a list of NAL units."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, FPS), Fraction(FPS), 800_000
    own = "x264-params" if codec == "libx264" else "x265-params"
    options = {"preset": "ultrafast", own: f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}:repeat-headers=1:log-level=0"}
    if not b_frames and codec == "libx264":
        options |= {"tune": "zerolatency", "profile": "baseline"}
    encoder.options = options
    noise = np.random.default_rng(1)
    pictures = []

    def take(packets):
        for packet in packets:
            picture = Picture(nal_units(bytes(packet)))
            picture.at = packet.pts
            pictures.append(picture)

    for index in range(frames):
        if black or still:
            image = np.full((height, width, 3), 0 if black else 90, np.uint8)
        else:
            image = noise.integers(60, 110, (height, width, 3), np.uint8)
            x = index * 8 % (width - 80)
            image[80:160, x : x + 80] = (240, 200, 40)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = index
        take(encoder.encode(frame))
    take(encoder.encode(None))
    return pictures


def is_hevc(clip):
    """Whether the pictures are H.265: an H.264 key picture begins with its SPS, an H.265 one with its VPS."""
    return clip[0][0][0] >> 1 & 0x3F == 32


def nal_units(data):
    """Split an Annex B byte stream."""
    parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [part for part in parts if part]


def pieces_of(nal, hevc):
    """The RTP payloads of a NAL unit: itself, or fragments (RFC 6184, RFC 7798)."""
    if len(nal) <= MTU:
        return [nal]
    if hevc:
        head, kind, at = bytes([nal[0] & 0x81 | 49 << 1, nal[1]]), nal[0] >> 1 & 0x3F, 2
    else:
        head, kind, at = bytes([(nal[0] & 0xE0) | 28]), nal[0] & 0x1F, 1
    pieces = [nal[start : start + MTU - 3] for start in range(at, len(nal), MTU - 3)]
    flags = [(0x80 if index == 0 else 0) | (0x40 if index == len(pieces) - 1 else 0) for index in range(len(pieces))]
    return [head + bytes([kind | flag]) + piece for flag, piece in zip(flags, pieces, strict=True)]


def rtp_packets(picture, sequence, timestamp, ssrc=7, hevc=False):
    """One picture as RTP, fragmented where needed."""
    payloads = [piece for nal in picture for piece in pieces_of(nal, hevc)]
    out = []
    for index, payload in enumerate(payloads):
        marker = 0x80 if index == len(payloads) - 1 else 0
        head = bytes([0x80, marker | 96]) + (sequence + index & 0xFFFF).to_bytes(2, "big")
        out.append(head + (timestamp & 0xFFFFFFFF).to_bytes(4, "big") + ssrc.to_bytes(4, "big") + payload)
    return out


class TestCamera:
    """`manner`: "good", "silent" (takes the connection, says nothing), "mute" (plays, sends no picture)."""

    __test__ = False

    def __init__(self, clip, auth="digest", username="viewer", password="p@ss word", manner="good", every_s=1 / FPS):
        self.clip, self.auth, self.username, self.password, self.manner = clip, auth, username, password, manner
        self.every_s = every_s
        self.sent = 0
        self.pulls = 0
        self.open_now = 0
        self.setups = []
        self.frozen_until = None
        self._server = None
        self._port = 0
        self._tasks = set()
        self._writers = set()

    @property
    def url(self):
        return f"rtsp://127.0.0.1:{self._port}/live/1"

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
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        self.open_now += 1
        playing = None
        try:
            while True:
                try:
                    head = (await reader.readuntil(b"\r\n\r\n")).decode()
                except asyncio.IncompleteReadError:
                    return
                if self.manner == "silent":
                    continue
                method, url, _ = head.split("\r\n")[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                if not self._authorised(method, headers.get("Authorization", "")):
                    challenge = 'Digest realm="cam", nonce="abc123", qop="auth"' if self.auth == "digest" else 'Basic realm="cam"'
                    self._answer(writer, headers, "401 Unauthorized", {"WWW-Authenticate": challenge})
                    continue
                if method == "DESCRIBE":
                    self._describe(writer, headers)
                elif method == "SETUP":
                    self.setups.append(url)
                    self._answer(writer, headers, "200 OK", {"Session": "42;timeout=60", "Transport": headers["Transport"]})
                elif method == "PLAY":
                    self._answer(writer, headers, "200 OK", {"Session": "42"})
                    self.pulls += 1
                    if self.manner == "good":
                        playing = asyncio.create_task(self._play(writer))
                        self._tasks.add(playing)
                        playing.add_done_callback(self._tasks.discard)
                elif method == "TEARDOWN":
                    return
                else:
                    self._answer(writer, headers, "200 OK", {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"})
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open_now -= 1
            self._writers.discard(writer)
            if playing:
                playing.cancel()
            writer.close()

    def _answer(self, writer, headers, status, extra, body=b""):
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('CSeq', '0')}"] + [f"{name}: {value}" for name, value in extra.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def _describe(self, writer, headers):
        if is_hevc(self.clip):
            sets = {nal[0] >> 1 & 0x3F: base64.b64encode(nal).decode() for nal in self.clip[0]}
            codec, parameters = "H265", f"sprop-vps={sets[32]};sprop-sps={sets[33]};sprop-pps={sets[34]}"
        else:
            sets = {nal[0] & 0x1F: base64.b64encode(nal).decode() for nal in self.clip[0]}
            codec, parameters = "H264", f"packetization-mode=1;sprop-parameter-sets={sets[7]},{sets[8]}"
        body = "\r\n".join(
            [
                "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "t=0 0", "a=control:*",
                "m=audio 0 RTP/AVP 8", "a=control:trackID=2",
                "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {codec}/90000", f"a=fmtp:96 {parameters}", "a=control:trackID=1", "",
            ]
        ).encode()  # fmt: skip
        self._answer(writer, headers, "200 OK", {"Content-Type": "application/sdp", "Content-Base": self.url + "/"}, body)

    def _authorised(self, method, given):
        if self.auth is None:
            return True
        if self.auth == "basic":
            return given == "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        if not given.startswith("Digest "):
            return False
        fields = dict(part.strip().split("=", 1) for part in given[7:].split(", "))
        fields = {name: value.strip('"') for name, value in fields.items()}

        def h(text):
            return hashlib.md5(text.encode()).hexdigest()

        who, what = h(f"{self.username}:cam:{self.password}"), h(f"{method}:{fields['uri']}")
        return fields["response"] == h(f"{who}:abc123:{fields['nc']}:{fields['cnonce']}:auth:{what}")

    async def _play(self, writer):
        hevc = is_hevc(self.clip)
        sequence, loop = 65_500, asyncio.get_running_loop()
        began = loop.time()
        with contextlib.suppress(ConnectionError):
            for index, picture in enumerate(itertools.cycle(self.clip)):
                if self.frozen_until is not None:
                    await self.frozen_until.wait()
                shown = index - index % len(self.clip) + picture.at
                packets = rtp_packets(picture, sequence, 4_294_960_000 + shown * 90_000 // FPS, hevc=hevc)
                sequence += len(packets)
                writer.write(b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in packets))
                await writer.drain()
                self.sent += 1
                await asyncio.sleep(max(0, began + (index + 1) * self.every_s - loop.time()))
