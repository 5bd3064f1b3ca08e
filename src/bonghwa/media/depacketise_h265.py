"""RTP packets of an H.265 camera to access units (RFC 7798: single NAL unit, aggregation packet, fragmentation unit)."""

from bonghwa.media.depacketise import Depacketiser

_RASL = (8, 9)
_FIRST_KEY, _LAST_KEY = 16, 21
_LAST_PICTURE = 31
_VPS, _SPS, _PPS = 32, 33, 34
_DELIMITER, _FILLER = 35, 38
_AGGREGATE, _FRAGMENT = 48, 49
_MAX_PARAMETER_SET = 4_096


class H265Depacketiser(Depacketiser):
    """H.265 as it comes; a key picture begins with its parameter sets. It must be coded anew before a browser shows it."""

    codec = "hevc"

    def __init__(self, parameter_nals: tuple[bytes, ...] = (), payload_type: int | None = None, begin: int = 0) -> None:
        super().__init__(payload_type, begin)
        self.reorders = True
        self._parameters: dict[int, bytes] = {}
        self._skips_leading = False
        for nal in parameter_nals:
            if len(nal) > 2:
                self._add(nal)

    def _take(self, payload: bytes) -> None:
        kind = payload[0] >> 1 & 0x3F if len(payload) > 2 else -1
        if 0 <= kind <= 40:
            self._add(payload)
        elif kind == _AGGREGATE:
            self._take_aggregate(payload, 2)
        elif kind == _FRAGMENT and len(payload) > 3:
            head = bytes([(payload[0] & 0x81) | (payload[2] & 0x3F) << 1, payload[1]])
            self._take_fragment(head, payload[3:], payload[2])
        else:
            self._damaged = True

    def _add(self, nal: bytes) -> None:
        if len(nal) < 3:
            self._damaged = True
            return
        kind = nal[0] >> 1 & 0x3F
        if kind in (_VPS, _SPS, _PPS):
            if len(nal) <= _MAX_PARAMETER_SET:
                self._parameters[kind] = nal
        elif kind not in (_DELIMITER, _FILLER):
            self._keep(nal)

    def _judge(self, nals: list[bytes]) -> tuple[bool, bool]:
        kinds = [nal[0] >> 1 & 0x3F for nal in nals]
        return any(kind <= _LAST_PICTURE for kind in kinds), any(_FIRST_KEY <= kind <= _LAST_KEY for kind in kinds)

    def _accept(self, nals: list[bytes], key: bool) -> bool:
        if key:
            if len(self._parameters) < 3:
                return False
            # What leads a key picture that we begin with refers to pictures before it, which we have not (H.265, 8.1).
            self._skips_leading = self._await_key
            nals[:0] = [self._parameters[kind] for kind in (_VPS, _SPS, _PPS)]
        elif self._skips_leading and any(nal[0] >> 1 & 0x3F in _RASL for nal in nals):
            return False
        return True
