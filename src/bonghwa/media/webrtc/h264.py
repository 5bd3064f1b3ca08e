"""H.264 access units to RTP payloads (RFC 6184): once per camera, for all its viewers."""

from bonghwa.media.h264 import AccessUnit, ParameterSets

MAX_PAYLOAD = 1_160
_STAP_A, _FU_A = 24, 28


def payloads(unit: AccessUnit, parameter_sets: ParameterSets | None) -> list[bytes]:
    """The RTP payloads of a picture, in order; the last carries the marker. Kept with the unit, so viewers share them.

    An IDR picture begins with its parameter sets, so a viewer may begin with any.
    """
    if not unit.payloads:
        made: list[bytes] = []
        if unit.key and parameter_sets:
            made += _parameter_payloads(parameter_sets)
        for nal in unit.nals:
            made += [nal] if len(nal) <= MAX_PAYLOAD else _fragments(nal)
        unit.payloads = made
    return unit.payloads


def _parameter_payloads(sets: ParameterSets) -> list[bytes]:
    both = b"".join(len(nal).to_bytes(2, "big") + nal for nal in (sets.sps, sets.pps))
    if len(both) < MAX_PAYLOAD:
        importance = max(sets.sps[0], sets.pps[0]) & 0x60
        return [bytes([importance | _STAP_A]) + both]
    return [part for nal in (sets.sps, sets.pps) for part in ([nal] if len(nal) <= MAX_PAYLOAD else _fragments(nal))]


def _fragments(nal: bytes) -> list[bytes]:
    """FU-A fragments, all of one size but the last, as segmentation offload wants them."""
    indicator, kind = (nal[0] & 0xE0) | _FU_A, nal[0] & 0x1F
    room = MAX_PAYLOAD - 2
    out = []
    for at in range(1, len(nal), room):
        first, last = at == 1, at + room >= len(nal)
        out.append(bytes([indicator, kind | (0x80 if first else 0) | (0x40 if last else 0)]) + nal[at : at + room])
    return out
