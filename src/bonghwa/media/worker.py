"""The worker: a process of its own that decodes a camera's pictures and codes them anew as H.264 a browser shows.

`python -m bonghwa.media.worker FD`, started by `bonghwa.media.reworked` with one end of a socket pair. It knows no camera, no
address and no viewer. It ends when the gateway's end of the socket closes, so it never outlives the gateway. Needs the `[video]`
extra; it imports little else, so that it is there quickly.

On the wire, both ways: `HEADER` (bytes that follow, kind, time in 1/90000 s, arrival on the gateway's clock), then the body.
To the worker: `WORK` (JSON of `Work`; again whenever it changes), `PICTURE` and `PAST` (annex B; a past one is decoded but not
shown: it only leads up to the present), `WISH` (the next picture shall be an IDR).
From the worker: `WORK` for each one taken, before the first picture made by it; `KEY` and `PICTURE` (annex B), their times rising.
"""

import contextlib
import json
import resource
import select
import signal
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from bonghwa.media.clock import elapsed
from bonghwa.media.mask import Polygon, paint

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

HEADER = struct.Struct("!IBqd")
WORK, PICTURE, PAST, WISH, KEY = b"WPRKI"
MAX_BODY = 5_000_000

MAX_WIDTH, MAX_HEIGHT = 1_280, 720
CLOCK = 90_000
KEY_EVERY = CLOCK
_LEAST_RATE, _MOST_RATE = 300_000, 4_000_000
# A picture coded with less effort and without B frames needs more bits than the source's did.
_RATE_FACTOR = {"h264": 1.3, "hevc": 1.8}
_MEASURED_S = 4
_MOST_PIXELS = 8_192 * 4_320
_MEMORY = 3 << 30
# On a machine that has too much to do, pictures this old are decoded, but not coded while newer ones wait: what is shown is the present.
_BEHIND_S = 0.5

Codec = Literal["h264", "hevc"]


@dataclass(frozen=True)
class Work:
    """What a worker does with each picture of a stream in `codec`.

    `masks` are polygons in parts of the picture's width and height (0 to 1), painted over before anything is coded.
    """

    codec: Codec
    masks: tuple[Polygon, ...] = ()

    def text(self) -> str:
        """As JSON, for the wire."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Work":
        """The work of `text`. Raises `ValueError`, `KeyError` or `TypeError`."""
        given = json.loads(text)
        return cls(given["codec"], tuple(tuple((float(x), float(y)) for x, y in mask) for mask in given["masks"]))


@dataclass(frozen=True)
class Coded:
    """A picture the worker made: `arrived` is when the picture it was made from came."""

    key: bool
    time: int
    arrived: float
    data: bytes


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size a picture is coded in: never larger than 1280x720, its shape kept, both sides even."""
    scale = min(1.0, MAX_WIDTH / width, MAX_HEIGHT / height)
    return max(16, int(width * scale) & ~1), max(16, int(height * scale) & ~1)


class _Measure:
    """Bits and pictures a second of what comes in, over the last seconds of the stream's own time."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, int]] = deque()

    def take(self, time: int, size: int) -> None:
        self._seen.append((time, size))
        while len(self._seen) > 2 and not 0 <= time - self._seen[0][0] <= _MEASURED_S * CLOCK:
            self._seen.popleft()

    @property
    def _span_s(self) -> float:
        return (self._seen[-1][0] - self._seen[0][0]) / CLOCK if self._seen else 0.0

    def pictures_per_s(self) -> int:
        if self._span_s < 0.3:
            return 25
        return min(60, max(1, round((len(self._seen) - 1) / self._span_s)))

    def rate(self, codec: Codec, width: int, height: int) -> int:
        """The bit rate to code in: near the source's, or by the size while too little was seen."""
        if self._span_s < 0.9:
            wanted = 0.1 * width * height * self.pictures_per_s()
        else:
            wanted = 8 * sum(size for _, size in self._seen) / self._span_s * _RATE_FACTOR[codec]
        return int(min(_MOST_RATE, max(_LEAST_RATE, wanted)))


class Reworker:
    """Decodes and codes one stream. `take` gives what is ready; `waits()` says whether more is there to be taken."""

    def __init__(self, work: Work, waits: Callable[[], bool]) -> None:
        self._work = work
        self._waits = waits
        self._measure = _Measure()
        self._decoder = _decoder(work.codec)
        self._encoder: VideoCodecContext | None = None
        self._rate = 0
        self._arrived: dict[int, float] = {}
        self._past = -1
        self._last = -1
        self._last_key = -KEY_EVERY
        self._wish = True

    def change(self, work: Work) -> None:
        """Do this from the next picture on, which is an IDR."""
        if work.codec != self._work.codec:
            self._decoder = _decoder(work.codec)
        self._work, self._wish = work, True

    def wish(self) -> None:
        """The next picture shall be an IDR."""
        self._wish = True

    def take(self, time: int, arrived: float, data: bytes, *, past: bool) -> Iterator[Coded]:
        """Decode a picture and code what it completed. A picture that cannot be decoded is left out."""
        import av

        self._measure.take(time, len(data))
        if past:
            self._past = max(self._past, time)
        if len(self._arrived) > 300:
            self._arrived.clear()
        self._arrived[time] = arrived
        packet = av.Packet(data)
        packet.pts = time
        try:
            frames = self._decoder.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames:
            made = self._code(frame)
            if made:
                yield made

    def _code(self, frame: "VideoFrame") -> Coded | None:
        from av.video.frame import PictureType

        time = frame.pts
        # Never backwards: a decoder that learns late how far pictures are reordered gives one too late.
        if time is None or time <= self._past or time <= self._last or frame.width * frame.height > _MOST_PIXELS:
            return None
        arrived = self._arrived.pop(time, 0.0)
        if elapsed() - arrived > _BEHIND_S and self._waits():
            return None
        image = self._image(frame)
        key = self._wish or time - self._last_key >= KEY_EVERY
        encoder = self._tuned(image.width, image.height, key)
        key = key or encoder is not self._encoder
        self._encoder = encoder
        image.pts, image.time_base = time, Fraction(1, CLOCK)
        image.pict_type = PictureType.I if key else PictureType.NONE
        data = b"".join(bytes(each) for each in encoder.encode(image))
        if not data:
            return None
        self._last = time
        if key:
            self._last_key, self._wish = time, False
        return Coded(key, time, arrived, data)

    def _image(self, frame: "VideoFrame") -> "VideoFrame":
        """The picture that is coded: scaled, and changed as the work asks."""
        width, height = fitted(frame.width, frame.height)
        image = frame.reformat(width=width, height=height, format="yuv420p")
        if self._work.masks:
            # The decoder may refer to its own picture again: what is painted is a copy.
            image.make_writable()
            planes: Any = image.planes
            paint([(memoryview(plane), plane.line_size, plane.width, plane.height) for plane in planes], self._work.masks)
        return image

    def _tuned(self, width: int, height: int, key: bool) -> "VideoCodecContext":
        """The encoder for pictures of this size; another one when size or rate have changed much (the rate only where a key is due)."""
        known = self._encoder
        rate = self._measure.rate(self._work.codec, width, height)
        if known is not None and (known.width, known.height) == (width, height) and (not key or 2 / 3 < rate / self._rate < 3 / 2):
            return known
        self._rate = rate
        return _encoder(width, height, rate, self._measure.pictures_per_s())


def _decoder(codec: Codec) -> "VideoCodecContext":
    from av.video.codeccontext import VideoCodecContext

    decoder = VideoCodecContext.create(codec, "r")
    # Threads over frames would hold pictures back; slices do not.
    decoder.thread_type, decoder.thread_count = "SLICE", 2
    return decoder


def _encoder(width: int, height: int, rate: int, pictures_per_s: int) -> "VideoCodecContext":
    from av.video.codeccontext import VideoCodecContext

    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(pictures_per_s), Fraction(1, CLOCK)
    encoder.bit_rate, encoder.thread_count = rate, 1
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "maxrate": str(rate * 3 // 2),
        "bufsize": str(rate // 2),
        "forced-idr": "1",
        "x264-params": "keyint=infinite:scenecut=0:bframes=0:ref=1:repeat-headers=1:annexb=1:sliced-threads=0",
    }
    encoder.open()
    return encoder


def _exactly(line: socket.socket, count: int) -> bytearray:
    """So many bytes. Raises `EOFError` when the gateway is gone."""
    data = bytearray(count)
    view, at = memoryview(data), 0
    while at < count:
        got = line.recv_into(view[at:])
        if not got:
            raise EOFError
        at += got
    return data


def serve(line: socket.socket) -> None:
    """Work until the gateway closes the line."""
    reworker: Reworker | None = None
    while True:
        size, kind, time, arrived = HEADER.unpack(_exactly(line, HEADER.size))
        body = bytes(_exactly(line, min(size, MAX_BODY)))
        if kind == WORK:
            work = Work.read(body.decode())
            if reworker is None:
                reworker = Reworker(work, lambda: bool(select.select([line], [], [], 0)[0]))
            else:
                reworker.change(work)
            line.sendall(HEADER.pack(0, WORK, 0, 0.0))
        elif reworker is not None and kind == WISH:
            reworker.wish()
        elif reworker is not None:
            for made in reworker.take(time, arrived, body, past=kind == PAST):
                head = HEADER.pack(len(made.data), KEY if made.key else PICTURE, made.time, made.arrived)
                line.sendall(head + made.data)


def main(argv: list[str]) -> int:
    """Serve the socket whose number is given."""
    # The gateway ends us by closing the line; a Ctrl-C at its terminal is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The pictures are hostile input: what they can make the decoder do is bounded, and no core with people's pictures is written.
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with socket.socket(fileno=int(argv[0])) as line, contextlib.suppress(EOFError, ConnectionError):
        serve(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
