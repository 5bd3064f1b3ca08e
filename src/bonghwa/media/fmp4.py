"""Fragmented MP4 for a browser's SourceBuffer: an init segment, then one fragment a picture (ISO/IEC 14496-12 and -15)."""

import struct
from collections.abc import Sequence

from bonghwa.media.h264 import CLOCK_RATE, AccessUnit, ParameterSets

_FIRST_DURATION = CLOCK_RATE // 25
_LONGEST_STEP = 2 * CLOCK_RATE
_SQUEEZED = CLOCK_RATE // 1_000
_KEY_FLAGS, _DELTA_FLAGS = 0x0200_0000, 0x0101_0000
_UNITY_MATRIX = struct.pack("!9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack("!I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack("!I", version << 24 | flags), *parts)


def init_segment(sets: ParameterSets) -> bytes:
    """`ftyp` and `moov` for one H.264 track in a time scale of 90000."""
    size = struct.pack("!II", sets.width << 16, sets.height << 16)
    track_header = _full(b"tkhd", 0, 3, struct.pack("!5I8xHHHH", 0, 0, 1, 0, 0, 0, 0, 0, 0), _UNITY_MATRIX, size)
    media_header = _full(b"mdhd", 0, 0, struct.pack("!4IHH", 0, 0, CLOCK_RATE, 0, 0x55C4, 0))
    handler = _full(b"hdlr", 0, 0, struct.pack("!4x4s12x", b"vide"), b"video\0")
    data_reference = _box(b"dinf", _full(b"dref", 0, 0, struct.pack("!I", 1), _full(b"url ", 0, 1)))
    empty_tables = [_full(kind, 0, 0, struct.pack("!I", 0)) for kind in (b"stts", b"stsc", b"stco")]
    sizes = _full(b"stsz", 0, 0, struct.pack("!II", 0, 0))
    table = _box(b"stbl", _full(b"stsd", 0, 0, struct.pack("!I", 1), _sample_entry(sets)), *empty_tables, sizes)
    information = _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), data_reference, table)
    track = _box(b"trak", track_header, _box(b"mdia", media_header, handler, information))
    movie_header = _full(
        b"mvhd", 0, 0, struct.pack("!4IIHxx8x", 0, 0, 1_000, 0, 0x10000, 0x100), _UNITY_MATRIX, bytes(24), struct.pack("!I", 2)
    )
    extends = _box(b"mvex", _full(b"trex", 0, 0, struct.pack("!5I", 1, 1, 0, 0, 0)))
    return _box(b"ftyp", b"iso6", struct.pack("!I", 1), b"iso6avc1mp41") + _box(b"moov", movie_header, track, extends)


def _sample_entry(sets: ParameterSets) -> bytes:
    configuration = bytes([1, sets.profile, sets.constraints, sets.level, 0xFF, 0xE1])
    configuration += struct.pack("!H", len(sets.sps)) + sets.sps + b"\x01" + struct.pack("!H", len(sets.pps)) + sets.pps
    if sets.profile not in (66, 77, 88):
        configuration += b"\xfd\xf8\xf8\0"
    fixed = struct.pack("!6xH16xHHII4xH32xHh", 1, sets.width, sets.height, 0x480000, 0x480000, 1, 24, -1)
    return _box(b"avc1", fixed, _box(b"avcC", configuration))


def picture_fragment(number: int, begins: int, duration: int, unit: AccessUnit) -> bytes:
    """`moof` and `mdat` of one picture, its NAL units bit for bit: fragment `number` from 1, times in 1/90000 s."""
    data = b"".join(struct.pack("!I", len(nal)) + nal for nal in unit.nals)
    flags = _KEY_FLAGS if unit.key else _DELTA_FLAGS
    header = _full(b"mfhd", 0, 0, struct.pack("!I", number))
    track = _full(b"tfhd", 0, 0x020000, struct.pack("!I", 1)) + _full(b"tfdt", 1, 0, struct.pack("!Q", begins))
    run_size = 12 + 8 + 12
    offset = 8 + len(header) + 8 + len(track) + run_size + 8
    run = _full(b"trun", 0, 0x000701, struct.pack("!IIIII", 1, offset, duration, len(data), flags))
    return _box(b"moof", header, _box(b"traf", track, run)) + _box(b"mdat", data)


class Fragmenter:
    """Makes the fragments of one feed, once for all its viewers, on one gapless time line.

    The time line is the machine's own clock, so the feeds of one camera follow each other on it, and a pull that begins anew never goes
    back. A picture's duration is known only when the next comes; so each lasts until the next is expected; the error is made good there.
    """

    def __init__(self) -> None:
        self._number = 0
        self._offset: int | None = None
        self._last = 0
        self._step = _FIRST_DURATION
        self._begins = 0

    def fragment(self, unit: AccessUnit) -> bytes:
        """`moof` and `mdat` of one picture; made at the first call and kept with the unit."""
        if not unit.fragment:
            unit.fragment = self._make(unit)
        return unit.fragment

    def squeezed(self, units: Sequence[AccessUnit]) -> bytes:
        """The fragments of pictures of which only the last shall be seen: those before it last 1 ms each and end where it begins.

        A player that is given them at once decodes up to the present and shows that, without a past it would have to jump over.
        """
        last = self.fragment(units[-1])
        begins = units[-1].fragment_begins - _SQUEEZED * (len(units) - 1)
        parts = [picture_fragment(at + 1, begins + _SQUEEZED * at, _SQUEEZED, unit) for at, unit in enumerate(units[:-1])]
        return b"".join([*parts, last])

    def _make(self, unit: AccessUnit) -> bytes:
        duration = max(1, self._place(unit) + self._step - self._begins)
        unit.fragment_begins = self._begins
        self._number += 1
        made = picture_fragment(self._number, self._begins, duration, unit)
        self._begins += duration
        return made

    def _place(self, unit: AccessUnit) -> int:
        """When the picture is to be shown. Anchored anew where the camera's own time jumps."""
        place = None if self._offset is None else unit.time + self._offset
        if place is None or not -_LONGEST_STEP < place - self._begins < _LONGEST_STEP:
            self._offset = max(int(unit.arrived * CLOCK_RATE), self._begins) - unit.time
            self._last = self._begins = unit.time + self._offset
            return self._begins
        step, self._last = place - self._last, place
        if 0 < step <= _LONGEST_STEP:
            self._step = max(1, (7 * self._step + step) // 8)
        return place
