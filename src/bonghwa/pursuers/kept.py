"""The pictures of the last ten minutes, for looking back: packed, since as objects they would be most of what a pursuit keeps in memory."""

import json
import zlib
from collections import deque
from typing import Any, NamedTuple

from bonghwa.pursuers.reach import Known

KEPT = 61
EVERY_S = 10.0


class Page(NamedTuple):
    """A kept picture: its mark of the strip but for `seen`, the picture without its reachable area, and what that is reckoned from."""

    mark: dict[str, Any]
    packed: bytes
    known: Known


class Album:
    """One picture each ten seconds."""

    def __init__(self) -> None:
        self._pages: deque[Page] = deque(maxlen=KEPT)
        self.due = float("-inf")
        """The picture of that time, or the next after it, is one to keep."""

    def keep(self, picture: dict[str, Any], vain: list[str], known: Known) -> None:
        """Keep a picture, with what was watched in vain since the one before."""
        now = picture["now"]
        mark = {"at": now, "m90": picture["belief"]["m90"], "m50": picture["belief"]["m50"], "vain": vain}
        self.due = now + EVERY_S
        self._pages.append(Page(mark, zlib.compress(json.dumps(picture, ensure_ascii=False).encode(), 1), known))

    def strip(self, seen: list[float]) -> list[dict[str, Any]]:
        """The marks, each with whether he was seen since the one before; `seen` are the times of all sightings that stand."""
        return [{**page.mark, "seen": any(page.mark["at"] - EVERY_S < at <= page.mark["at"] for at in seen)} for page in self._pages]

    def before(self, time: float) -> tuple[dict[str, Any], Known] | None:
        """The picture kept nearest before a moment, and what its reachable area is reckoned from; None where none is kept."""
        pages = [page for page in self._pages if page.mark["at"] <= time + 1e-3]
        return (json.loads(zlib.decompress(pages[-1].packed)), pages[-1].known) if pages else None
