"""The outcomes of many drills as rows: the pursuit, nearest-k beside it, and the ceiling in words, with 95 % intervals."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.pursuit_drill.offline import LATE_S, Outcome
from benchmarks.pursuit_drill.world import HORIZON_S

RESAMPLED = 4_000
Played = Sequence[dict[str, Outcome]]


def _again(outcome: Outcome) -> float | None:
    """Whether he was sighted once he had driven for half a minute."""
    return 100.0 * outcome.sighted(outcome.first_car + 30) if outcome.first_car < HORIZON_S - 60 else None


MEASURES: tuple[tuple[str, str, Callable[[Outcome], float | None]], ...] = (
    ("sighted within ten minutes", "%", lambda o: 100.0 * o.sighted()),
    (
        "sighted again after he got into the car",
        "%",
        lambda o: 100.0 * o.sighted(o.first_car + 30) if o.first_car < HORIZON_S - 60 else None,
    ),
    ("sighted in the last three minutes", "%", lambda o: 100.0 * o.sighted(HORIZON_S - LATE_S)),
    ("share of the time in any view that he was on a screen", "%", lambda o: 100.0 * o.in_sight / o.in_any if o.in_any else None),
    ("sightings a drill", "sightings", lambda o: float(len(o.presses))),
    ("longest time without a sighting", "s", lambda o: o.longest_gap_s),
    ("seconds in view of a watched camera that the operator missed", "s", lambda o: float(o.missed)),
    ("cameras put on a screen a minute", "cameras", lambda o: o.changes / (HORIZON_S / 60)),
)


def rows(played: Played) -> list[dict[str, Any]]:
    """One row a measure; drills in which a measure has no meaning are left out of it."""
    return [
        row(name, unit, [{policy: measure(one) for policy, one in each.items()} for each in played]) for name, unit, measure in MEASURES
    ]


def row(name: str, unit: str, values: Sequence[dict[str, float | None]]) -> dict[str, Any]:
    """The means of a measure, their intervals, and the interval of the difference over the same drills."""
    kept = np.array([[each["pursuit"], each["nearest"], each["ceiling"]] for each in values if None not in each.values()], np.float64)
    if not len(kept):
        return {"name": name, "ours": None, "rival": None, "ratio": None, "unit": unit, "goal": None, "met": None, "n": 0}
    ours, rival, most = kept.mean(axis=0).tolist()
    mine, theirs, _ = (interval(kept[:, column]) for column in range(3))
    low, high = interval(kept[:, 0] - kept[:, 1])
    return {
        "name": name,
        "ours": round(ours, 1),
        "ours_iqr": mine,
        "rival": round(rival, 1),
        "rival_iqr": theirs,
        "ratio": round(ours / rival, 2) if rival else None,
        "unit": unit,
        "goal": None,
        "met": None,
        "n": len(kept),
        "note": f"all cameras {most:.1f}; ours less nearest {low:+.1f}..{high:+.1f}; in brackets 95 % of the mean",
    }


def interval(values: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the mean over resampled drills (bootstrap, fixed seed)."""
    draws = np.random.default_rng(1).integers(0, len(values), (RESAMPLED, len(values)))
    low, high = np.quantile(np.asarray(values)[draws].mean(axis=1), (0.025, 0.975)).tolist()
    return round(low, 1), round(high, 1)
