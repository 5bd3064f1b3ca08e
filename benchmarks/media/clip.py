"""Clips every server of the benchmark is given alike: H.264 as cameras send it, each picture with its number burned in.

The number is a row of black and white blocks in the top left corner, one macroblock each, so that coding leaves them sharp: white,
black, eleven bits of the picture's number in the loop, their parity. A camera sends picture `n` of the loop when `unix * fps` comes to
`n` modulo the loop's length, so whoever reads the number off a screen knows when that picture was sent, and so how old it is.
"""

import os
import pickle
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from bonghwa.city.camera import CityCamera
from bonghwa.city.encoder import split_nals
from bonghwa.city.roads import packaged_roads
from bonghwa.city.scene import City, Scene
from bonghwa.city.streets import Streets
from bonghwa.domain.geo import to_grid

BLOCK = 16
BITS = 11
VARIABLE = "BONGHWA_BENCH_VIDEO"
REAL = ("trafficcam/625_201708311656.mp4", "vtest.avi", "car-detection.mp4", "one-by-one-person-detection.mp4")
_FULL_RATE = 2_000_000
_FULL_PIXELS = 1280 * 720

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@dataclass(frozen=True)
class Clip:
    """A loop of coded pictures, each a tuple of NAL units without start codes; an IDR every `gop` pictures."""

    name: str
    width: int
    height: int
    fps: Fraction
    gop: int
    pictures: tuple[tuple[bytes, ...], ...]

    @property
    def mbit_s(self) -> float:
        """Mean rate of the video itself, in Mbit/s."""
        octets = sum(len(nal) for picture in self.pictures for nal in picture)
        return float(octets * 8 * self.fps / len(self.pictures) / 1_000_000)

    def number(self, unix: float) -> int:
        """How many pictures were due since the epoch."""
        return int(Fraction(unix) * self.fps)

    def until_key_ms(self, unix: float) -> float:
        """Milliseconds from a moment to the next IDR that a camera sends."""
        within = float(Fraction(unix) * self.fps % len(self.pictures))
        following = -(-within // self.gop) * self.gop
        return (min(following, len(self.pictures)) - within) / float(self.fps) * 1000

    def save(self, path: Path) -> None:
        """For a process of our own to `load`."""
        path.write_bytes(pickle.dumps(self))


def load(path: Path) -> Clip:
    """A clip that `Clip.save` wrote."""
    found = pickle.loads(path.read_bytes())
    assert isinstance(found, Clip)
    return found


def stamp(luma: NDArray[np.uint8], number: int) -> None:
    """Burn the picture's number into its luma plane."""
    bits = [1, 0, *(number >> bit & 1 for bit in range(BITS)), number.bit_count() & 1]
    for place, bit in enumerate(bits):
        luma[:BLOCK, place * BLOCK : (place + 1) * BLOCK] = 235 if bit else 16


def encode(name: str, fps: Fraction, gop: int, frames: Iterable[av.VideoFrame], bits_s: int | None = None) -> Clip:
    """Stamp and code frames (yuv420p, one size): baseline, no B-frames, parameter sets before every IDR, a steady rate."""
    encoder: av.VideoCodecContext | None = None
    pictures: list[tuple[bytes, ...]] = []
    for number, frame in enumerate(frames):
        assert number < 1 << BITS
        if encoder is None:
            encoder = _encoder(frame.width, frame.height, fps, gop, bits_s or _rate(frame.width, frame.height))
        plane = frame.planes[0]
        stamp(np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size), number)
        frame.pts, frame.time_base = number, 1 / fps
        frame.pict_type = av.video.frame.PictureType.I if number % gop == 0 else av.video.frame.PictureType.NONE
        pictures += [split_nals(bytes(packet)) for packet in encoder.encode(frame)]
    assert encoder is not None, f"{name}: no pictures"
    pictures += [split_nals(bytes(packet)) for packet in encoder.encode(None)]
    return Clip(name, encoder.width, encoder.height, fps, gop, tuple(pictures))


def _rate(width: int, height: int) -> int:
    return 200_000 + (_FULL_RATE - 200_000) * width * height // _FULL_PIXELS


def _encoder(width: int, height: int, fps: Fraction, gop: int, bits_s: int) -> av.VideoCodecContext:
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.bit_rate = fps, 1 / fps, bits_s
    encoder.thread_count = 1
    kbit = bits_s // 1000
    encoder.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "level": "3.1",
        "forced-idr": "1",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1:annexb=1:sliced-threads=0"
        f":vbv-maxrate={kbit}:vbv-bufsize={kbit}",
    }
    return encoder


@lru_cache
def synthetic(width: int = 1280, height: int = 720, seconds: int = 20, fps: int = 20, gop_s: int = 2) -> Clip:
    """A street-like noise with things that move: it needs its whole 2 Mbit/s at 1280x720."""
    return encode(f"synthetic {width}x{height}", Fraction(fps), fps * gop_s, _synthetic(width, height, seconds * fps))


def _synthetic(width: int, height: int, count: int) -> Iterator[av.VideoFrame]:
    noise = np.random.default_rng(1)
    ground = noise.integers(60, 150, (height // 8, width // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    for number in range(count):
        frame = _grey(width, height)
        luma = _plane(frame, 0)
        luma[:height, :width] = ground
        for thing in range(8):
            x, y = (number * (3 + thing) + thing * 170) % (width - 60), BLOCK * 2 + (thing * 83) % (height - 100)
            luma[y : y + 50, x : x + 60] = noise.integers(20, 235, (50, 60), np.uint8)
        yield frame


def _grey(width: int, height: int) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in (1, 2):
        _plane(frame, plane)[:] = 128
    return frame


def _plane(frame: av.VideoFrame, number: int) -> NDArray[np.uint8]:
    plane = frame.planes[number]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)


def city(seconds: int = 10) -> Clip:
    """The simulated city of the demo, one of its cameras by day: 640x360 at 10 fps, an IDR every second as there."""
    lat, lon = 37.4738, 126.6217
    here = CityCamera("bench", "bench", "gu", lat, lon, *to_grid(lat, lon), "생활방범", 1920 * 1080, turns=False)
    scene = Scene(City([here], Streets(packaged_roads()), lambda _: ()), here)
    noon = time.mktime((2026, 5, 20, 12, 0, 0, 0, 0, -1))

    def frames() -> Iterator[av.VideoFrame]:
        for number in range(seconds * 10):
            frame = av.VideoFrame(640, 360, "yuv420p")
            luma, blue, red = (_plane(frame, plane) for plane in range(3))
            scene.draw(noon + number / 10, luma[:, :640], blue[:, :320], red[:, :320])
            yield frame

    return encode("simulated city", Fraction(10), 10, frames())


def videos() -> Path | None:
    """The folder of real clips: `BONGHWA_BENCH_VIDEO`, else `../shared/data/video` beside the checkout; None where there is none."""
    named = os.environ.get(VARIABLE)
    checkout = Path(__file__).resolve().parents[2]
    wanted = [Path(named)] if named else [checkout.parent / "shared/data/video", Path.cwd().parent / "shared/data/video"]
    return next((path for path in wanted if path.is_dir()), None)


def real(path: Path, seconds: int = 20) -> Clip:
    """A real recording at its own size and rate, coded again as a camera would (many hold B-frames or MPEG-4)."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        fps = Fraction(stream.average_rate or 25).limit_denominator(1001)
        count = min(int(seconds * fps), (1 << BITS) - 1)
        decoded = islice(container.decode(stream), count)
        frames = (frame.reformat(frame.width & ~1, frame.height & ~1, "yuv420p") for frame in decoded)
        return encode(path.stem, fps, int(2 * fps), map(_own, frames))


def _own(frame: av.VideoFrame) -> av.VideoFrame:
    """The frame with planes that may be drawn into: a decoder keeps its own as references."""
    frame.make_writable()
    return frame
