"""The short version of the pursuit's evaluation: on a few frozen scenarios the filter must not fall back to what needs no filter."""

import pytest

from benchmarks.pursuit import runs
from benchmarks.pursuit.play import Outcome

SEED = 77
"""Not one of the seeds that are reported."""
COUNT = 6


def in_sight(outcomes: list[Outcome]) -> int:
    """Seconds in which a watched camera showed the subject."""
    return sum(outcome.in_sight for outcome in outcomes)


@pytest.mark.timeout(300)
def test_the_pursuit_keeps_a_driver_in_sight_far_longer_than_the_nearest_cameras_do() -> None:
    [cell] = runs.played([("junggu", "hard", "car")], (SEED,), COUNT, ("pursuit", "nearest"))
    ours, nearest, ceiling = (cell.outcomes[name] for name in ("pursuit", "nearest", "ceiling"))
    assert len(ours) == len(nearest) == len(ceiling) == COUNT
    assert in_sight(ours) > 1.5 * in_sight(nearest)
    assert in_sight(ours) <= sum(outcome.in_any_sight for outcome in ours)
