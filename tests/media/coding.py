"""What the test cameras send: moving pictures from libx264 and libx265, and their RTP."""

from fractions import Fraction

import av
import numpy as np

FPS = 20
GOP = 20
MTU = 1_400


class Picture(list):
    """The NAL units of a picture; `at` is its place among those shown, which B frames make another than its place in the stream."""

    at = 0


def encode_clip(frames=60, width=640, height=360, b_frames=0, still=False, black=False, gop=GOP, codec="libx264", bit_rate=800_000):
    """Annex B pictures of a moving square, each a list of NAL units."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.bit_rate = Fraction(1, FPS), Fraction(FPS), bit_rate
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
