"""What a pursuit's log withstands: a process killed within any byte of it, and a disk that takes no more."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bonghwa.pursuers.reckoner import Reckoner
from tests.pursuit.test_reckoner import COVERAGE, FACT, GROUND, SPEC

Told = list[tuple[float, dict[str, Any]]]
UNSEEN: dict[str, Any] = {"do": "unseen", "seconds": 2.0, "screens": 4}
SEEN: dict[str, Any] = {**FACT, "type": "sighting", "camera": COVERAGE.cameras[0], "at": 1001.0}
TOLD: Told = [
    (1001.0, {**UNSEEN, "cameras": [COVERAGE.cameras[1], "신포\u2028시장\u0085"]}),
    (1002.0, {**SEEN, "number": 1}),
    (1003.0, {"do": "undo", "number": 1}),
]
MORE: Told = [(1004.0, {**UNSEEN, "cameras": ["답동", *COVERAGE.cameras[2:5]]}), (1005.0, {**SEEN, "number": 2, "at": 1005.0})]


def begun(log: Path, now: float, told: Told) -> Reckoner:
    made = Reckoner(GROUND, {**SPEC, "particles": 60}, log, now)
    for at, message in told:
        made.take(message, at)
    made.tick(1006.0)
    made.close()
    return made


def bits(reckoner: Reckoner) -> list[bytes]:
    return [column.tobytes() for column in reckoner.following.belief.state]


def test_a_log_cut_at_any_byte_begins_again_with_its_whole_lines_and_keeps_what_is_told_after_that(tmp_path: Path) -> None:
    log = tmp_path / "log"
    begun(log, 1000.0, TOLD)
    content = log.read_bytes()
    unbroken = [bits(begun(tmp_path / f"first {n}", 1000.0, TOLD[:n] + MORE)) for n in range(len(TOLD) + 1)]
    kept = [(tmp_path / f"first {n}").read_bytes() for n in range(len(TOLD) + 1)]
    assert len({tuple(each) for each in unbroken}) > 1
    for cut in range(len(content) + 1):
        whole = content[:cut].count(b"\n")
        log.write_bytes(content[:cut])
        assert bits(begun(log, 1003.0, MORE)) == unbroken[whole], cut
        assert log.read_bytes() == kept[whole], cut
        assert bits(begun(log, 1006.0, [])) == unbroken[whole], cut


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As a disk that is full: what is longer is written in part, then not at all."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_a_full_disk_did_not_take_counts_and_is_written_in_order_once_there_is_room(tmp_path: Path) -> None:
    log = tmp_path / "log"
    made = Reckoner(GROUND, {**SPEC, "particles": 60}, log, 1000.0)
    made.take(TOLD[0][1], 1001.0)
    with no_file_longer_than(log.stat().st_size + 10):
        made.take(TOLD[1][1], 1002.0)
        made.take(TOLD[2][1], 1003.0)
    assert made.trouble
    for at, message in MORE:
        made.take(message, at)
    assert made.trouble is None
    made.tick(1006.0)
    made.close()
    unbroken = begun(tmp_path / "unbroken", 1000.0, TOLD + MORE)
    assert bits(made) == bits(unbroken)
    assert log.read_bytes() == (tmp_path / "unbroken").read_bytes()


def test_a_log_that_cannot_be_opened_keeps_no_pursuit_from_running(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    assert bits(begun(tmp_path / "log", 1000.0, TOLD)) == bits(begun(tmp_path / "good", 1000.0, TOLD))
