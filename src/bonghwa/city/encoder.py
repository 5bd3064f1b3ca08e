"""H.264 for a simulated camera: constrained baseline, no B-frames, an IDR whenever it is asked for."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.canvas import HEIGHT, WIDTH

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.plane import VideoPlane

CLOCK_HZ = 90_000
FRAMES_PER_S = 10
SMALL_FRAMES_PER_S = 5
SHRINK = 2
"""A small stream has every so manyth row and column."""

_SPS, _PPS, _IDR = 7, 8, 5


@dataclass(frozen=True)
class AccessUnit:
    """One coded picture: its NAL units without start codes, and its RTP time."""

    nals: tuple[bytes, ...]
    key: bool
    rtp_time: int


def split_nals(stream: bytes) -> tuple[bytes, ...]:
    """NAL units of an Annex B byte stream (H.264 annex B.1), without start codes and trailing zeros."""
    parts = stream.split(b"\x00\x00\x01")[1:]
    return tuple(nal for part in parts if (nal := part.rstrip(b"\x00")))


def _open(width: int, height: int, frames_per_s: int) -> "VideoCodecContext":
    from av.video.codeccontext import VideoCodecContext

    codec = VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.time_base = Fraction(frames_per_s), Fraction(1, CLOCK_HZ)
    codec.thread_count = 1
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "level": "3.1",
        "crf": "24",
        "x264-params": "keyint=infinite:scenecut=0:bframes=0:ref=1:repeat-headers=1:annexb=1:sliced-threads=0",
        "forced-idr": "1",
    }
    codec.open()
    return codec


def _pixels(plane: "VideoPlane") -> NDArray[np.uint8]:
    """A plane of a frame, to draw into."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


class Encoder:
    """Codes the pictures of one camera. Draw into `luma`, `blue`, `red`, then call `encode`. Not for two threads at once.

    What is drawn is always of full size; `small` codes it smaller.
    """

    def __init__(self, small: bool = False) -> None:
        from av.video.frame import PictureType, VideoFrame

        self._key, self._other = PictureType.I, PictureType.NONE
        self._shrink = SHRINK if small else 1
        width, height = WIDTH // self._shrink, HEIGHT // self._shrink
        self._codec = _open(width, height, SMALL_FRAMES_PER_S if small else FRAMES_PER_S)
        self._frame = VideoFrame(width, height, "yuv420p")
        self._frame.time_base = Fraction(1, CLOCK_HZ)
        self._planes = list(map(_pixels, self._frame.planes))
        if small:
            self.luma = np.zeros((HEIGHT, WIDTH), np.uint8)
            self.blue, self.red = (np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8) for _ in range(2))
        else:
            self.luma, self.blue, self.red = self._planes

    def encode(self, rtp_time: int, key: bool) -> AccessUnit:
        """Code what the planes hold. `rtp_time` must rise from call to call."""
        if self._shrink > 1:
            for plane, drawn in zip(self._planes, (self.luma, self.blue, self.red), strict=True):
                plane[:] = drawn[:: self._shrink, :: self._shrink][: plane.shape[0], : plane.shape[1]]
        self._frame.pts = rtp_time
        self._frame.pict_type = self._key if key else self._other
        stream = b"".join(bytes(packet) for packet in self._codec.encode(self._frame))
        nals = split_nals(stream)
        return AccessUnit(nals, any(nal[0] & 31 == _IDR for nal in nals), rtp_time & 0xFFFFFFFF)


def jpeg(luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> bytes:
    """A still of three planes (4:2:0, limited range)."""
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, drawn in zip(frame.planes, (luma, blue, red), strict=True):
        _pixels(plane)[:] = drawn
    codec = VideoCodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base = WIDTH, HEIGHT, "yuvj420p", Fraction(1, FRAMES_PER_S)
    return b"".join(bytes(packet) for packet in [*codec.encode(frame.reformat(format="yuvj420p")), *codec.encode(None)])


@lru_cache(maxsize=2)
def parameter_sets(small: bool = False) -> tuple[bytes, bytes]:
    """SPS and PPS. Every camera codes alike, so one set serves every session description of full streams, one those of small ones."""
    encoder = Encoder(small)
    grey: NDArray[np.uint8]
    for grey in (encoder.luma, encoder.blue, encoder.red):
        grey[:] = 128
    nals = encoder.encode(0, key=True).nals
    return next(nal for nal in nals if nal[0] & 31 == _SPS), next(nal for nal in nals if nal[0] & 31 == _PPS)
