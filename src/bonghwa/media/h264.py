"""H.264 as far as a relay needs it: NAL units, the size in the SPS, B slices, access units (ITU-T H.264, 7.3)."""

from dataclasses import dataclass, field

CLOCK_RATE = 90_000

SLICE, IDR, SEI, SPS, PPS, DELIMITER, FILLER = 1, 5, 6, 7, 8, 9, 12
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_MAX_SIDE = 16_384


class MalformedH264(ValueError):
    """Bytes that are not the H.264 syntax element they were said to be."""


@dataclass(eq=False)
class AccessUnit:
    """One coded picture: its NAL units in order (parameter sets and delimiters taken out), its time, and when it arrived.

    `time` counts 1/90000 s since the first picture of the pull and never wraps; `arrived` is on the `elapsed` clock.
    """

    nals: list[bytes]
    time: int
    key: bool
    arrived: float
    payloads: list[bytes] = field(default_factory=list)
    fragment: bytes = b""
    fragment_begins: int = 0
    """Where the fragment lies on its time line."""

    @property
    def size(self) -> int:
        """Bytes of all NAL units."""
        return sum(map(len, self.nals))


@dataclass(frozen=True)
class ParameterSets:
    """The SPS and PPS pictures are decoded with, and what the SPS says of them."""

    sps: bytes
    pps: bytes
    profile: int
    constraints: int
    level: int
    width: int
    height: int

    @property
    def profile_level_id(self) -> str:
        """Six hex digits as in SDP (RFC 6184, 8.1) and in the codec string of MSE (RFC 6381)."""
        return f"{self.profile:02x}{self.constraints:02x}{self.level:02x}"

    @property
    def codec(self) -> str:
        """The codec string a browser's `SourceBuffer` takes."""
        return f"avc1.{self.profile_level_id}"

    @classmethod
    def parse(cls, sps: bytes, pps: bytes) -> "ParameterSets":
        """Read the SPS. Raises `MalformedH264`."""
        if len(sps) < 4 or sps[0] & 0x1F != SPS or not pps or pps[0] & 0x1F != PPS:
            raise MalformedH264("parameter sets: no SPS or no PPS")
        width, height = _picture_size(sps)
        return cls(bytes(sps), bytes(pps), sps[1], sps[2], sps[3], width, height)


def nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream (annex B), without start codes."""
    parts = stream.split(b"\x00\x00\x01")[1:]
    return [nal for part in parts if (nal := part.rstrip(b"\x00"))]


class _Bits:
    """Bits of a raw byte sequence payload, with emulation prevention taken out (7.4.1.1)."""

    def __init__(self, nal: bytes, limit: int = 512) -> None:
        data = bytes(nal[1:limit]).replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def u(self, count: int) -> int:
        if count > self._left:
            raise MalformedH264("NAL unit ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 31:
                raise MalformedH264("Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _picture_size(sps: bytes) -> tuple[int, int]:
    bits = _Bits(sps)
    profile = bits.u(8)
    bits.u(16)
    bits.ue()
    chroma = 1
    if profile in _HIGH_PROFILES:
        chroma = _skip_high_profile_fields(bits)
    bits.ue()
    _skip_picture_order(bits)
    bits.ue()
    bits.u(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frame_mbs_only = bits.u(1)
    height = (2 - frame_mbs_only) * map_units * 16
    if not frame_mbs_only:
        bits.u(1)
    bits.u(1)
    if bits.u(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        across = 1 if chroma in (0, 3) else 2
        down = (2 - frame_mbs_only) * (2 if chroma == 1 else 1)
        width -= across * (left + right)
        height -= down * (top + bottom)
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise MalformedH264(f"SPS: impossible picture size {width}x{height}")
    return width, height


def _skip_high_profile_fields(bits: _Bits) -> int:
    chroma = bits.ue()
    if chroma > 3:
        raise MalformedH264("SPS: impossible chroma format")
    if chroma == 3:
        bits.u(1)
    bits.ue()
    bits.ue()
    bits.u(1)
    if bits.u(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.u(1)
        bits.se()
        bits.se()
        count = bits.ue()
        if count > 255:
            raise MalformedH264("SPS: too many reference frames in the order cycle")
        for _ in range(count):
            bits.se()


def holds_b_slice(nal: bytes) -> bool:
    """Whether this slice is bidirectionally predicted: such pictures arrive out of order and cannot go by WebRTC."""
    if not nal or nal[0] & 0x1F != SLICE:
        return False
    bits = _Bits(nal, limit=24)
    try:
        bits.ue()
        return bits.ue() % 5 == 1
    except MalformedH264:
        return False
