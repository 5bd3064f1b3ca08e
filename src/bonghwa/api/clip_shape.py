"""How an evidence clip looks from outside (docs/api.md)."""

from typing import Any

from bonghwa.api.forms import instant
from bonghwa.domain.clip import Clip


def clip(one: Clip) -> dict[str, Any]:
    """An evidence clip: what was asked, what became of it, who fetched it."""
    video = one.video
    return {
        "id": one.id,
        "state": one.state,
        "incident": {"id": one.incident, "number": one.number},
        "grant": one.grant,
        "agency": one.agency,
        "owner": one.owner,
        "agreement": one.agreement,
        "clause": one.clause,
        "basis": one.basis,
        "camera": {"id": one.camera, "name": one.camera_name},
        "asked_by": one.asked_by,
        "reason": one.reason,
        "asked_at": instant(one.asked_at),
        "from": instant(one.start),
        "to": instant(one.until),
        "video": None
        if video is None
        else {
            "sha256": video.sha256,
            "bytes": video.bytes,
            "from": instant(video.begins),
            "to": instant(video.ends),
            "frames": video.frames,
            "longest_gap_ms": video.longest_gap_ms,
            "masked": video.masked,
            "recoded": video.recoded,
            "cut_short": video.cut_short,
        },
        "made_at": instant(one.made_at),
        "keep_until": instant(one.keep_until),
        "hold": one.hold,
        "held_by": one.held_by,
        "failure": one.failure,
        "erased_at": instant(one.erased_at),
        "fetches": [{"viewer": f.viewer, "at": instant(f.at), "bytes": f.bytes, "whole": f.whole} for f in one.fetches],
        "drill": one.drill,
    }
