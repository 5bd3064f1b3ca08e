"""Pictures decoded: the newest as a JPEG, and whether a camera is black or frozen. Needs the `[video]` extra (PyAV)."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bonghwa.media.h264 import AccessUnit, ParameterSets
from bonghwa.media.watermark import burn

try:
    import av
    from av.codec.context import CodecContext
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

    AVAILABLE = True
except ImportError:
    AVAILABLE = False

_START = b"\0\0\0\1"
_LOOK_WIDTH, _LOOK_HEIGHT = 64, 36
_BLACK_MEAN, _BLACK_SPAN = 24, 16
_FROZEN_LOOKS = 3


class Undecodable(Exception):
    """The camera's pictures could not be decoded."""


def annex_b(sets: ParameterSets | None, units: Sequence[AccessUnit]) -> list[bytes]:
    """The byte stream of each picture (ITU-T H.264, annex B), the parameter sets before the first."""
    out = [b"".join(_START + nal for nal in unit.nals) for unit in units]
    if sets and out:
        out[0] = _START + sets.sps + _START + sets.pps + out[0]
    return out


def _newest(sets: ParameterSets | None, units: Sequence[AccessUnit]) -> "VideoFrame":
    decoder = CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    newest: VideoFrame | None = None
    try:
        for data in annex_b(sets, units):
            for frame in decoder.decode(av.Packet(data)):
                newest = frame
        for frame in decoder.decode(None):
            newest = frame
    except av.FFmpegError as error:
        raise Undecodable("the camera's pictures could not be decoded") from error
    if newest is None:
        raise Undecodable("the camera's pictures gave no image")
    return newest


def still(sets: ParameterSets | None, units: Sequence[AccessUnit], watermark: str) -> bytes:
    """The newest picture as a JPEG with `watermark` burned in. Raises `Undecodable`. Blocks: call it in a thread."""
    frame = _newest(sets, units).reformat(format="yuvj420p")
    frame.make_writable()
    plane: Any = frame.planes[0]
    burn(memoryview(plane), plane.line_size, frame.width, frame.height, watermark)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.options = {"qscale": "4"}
    frame.pts = 0
    made = io.BytesIO()
    for packet in [*encoder.encode(frame), *encoder.encode(None)]:
        made.write(bytes(packet))
    return made.getvalue()


def look(sets: ParameterSets | None, key: AccessUnit) -> bytes:
    """An IDR picture as 64x36 grey values. Raises `Undecodable`. Blocks: call it in a thread."""
    small = _newest(sets, [key]).reformat(width=_LOOK_WIDTH, height=_LOOK_HEIGHT, format="gray")
    plane: Any = small.planes[0]
    rows = memoryview(plane)
    return b"".join(bytes(rows[row * plane.line_size : row * plane.line_size + _LOOK_WIDTH]) for row in range(_LOOK_HEIGHT))


@dataclass
class PictureJudge:
    """Judges one camera's looks. Frozen: three looks at different IDR pictures exactly alike. A live sensor's noise always differs."""

    _last: bytes = b""
    _alike: int = field(default=1)

    def judge(self, seen: bytes) -> Literal["ok", "frozen", "black"]:
        """Take the next look."""
        self._alike = self._alike + 1 if seen == self._last else 1
        self._last = seen
        if sum(seen) / len(seen) < _BLACK_MEAN and max(seen) - min(seen) < _BLACK_SPAN:
            return "black"
        return "frozen" if self._alike >= _FROZEN_LOOKS else "ok"
