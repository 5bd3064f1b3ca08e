"""What an import found wrong with road files, counted, and what was done about each."""

from dataclasses import asdict, dataclass

from bonghwa.domain.words_roads import DIRT_WORDS
from bonghwa.registry.standard import FileProblem, Reject

_REJECTS_BEFORE_JUDGING = 200


@dataclass(slots=True)
class RoadDirt:
    """Counts by kind; `DIRT_WORDS` says each in words. `parts` tells how many pieces of the graph do not touch after all was done."""

    rejected: int = 0
    zero_lengths: int = 0
    absurd_lengths: int = 0
    nodes_joined: int = 0
    nodes_made: int = 0
    loose_ends: int = 0
    duplicates: int = 0
    loops_cut: int = 0
    loops_dropped: int = 0
    parts_before: int = 0
    joined: int = 0
    split: int = 0
    parts: int = 0

    def as_json(self) -> dict[str, int]:
        """The counts by code, zeros too."""
        return asdict(self)

    def lines(self, language: str = "en") -> list[tuple[int, str]]:
        """Each count that is not zero, in words (`ko` or `en`)."""
        at = 0 if language == "ko" else 1
        return [(count, DIRT_WORDS[code][at]) for code, count in self.as_json().items() if count]


def judge(rows: int, rejects: list[Reject], *, done: bool) -> None:
    """Raise FileProblem where a file holds nothing, or most of it cannot be used (asked now and then while reading, and when `done`)."""
    if done and rows == 0:
        raise FileProblem("empty", "the file holds no road")
    if rejects and (done or len(rejects) >= _REJECTS_BEFORE_JUDGING) and 2 * len(rejects) > rows:
        first = rejects[0]
        text = f"{len(rejects)} of the first {rows} roads cannot be used; the first because: {first.reason}"
        raise FileProblem("mostly_unusable", text, first.line or None, first.field or None)
