"""From plays to numbers, with bootstrap intervals over scenarios and the worst family beside the mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.play import Outcome
from benchmarks.pursuit.scenarios import HORIZON_S

Floats = NDArray[np.float64]
RESAMPLES = 1_000
RECOVERED_WITHIN_S = 180


@dataclass(frozen=True)
class Number:
    """A value with its 95 % bootstrap interval; None where nothing was measured."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def share_of_ceiling(outcomes: Sequence[Outcome], tops: Sequence[Outcome]) -> Number:
    """Percent: scenarios that were sighted, of those that the ceiling sighted. Scenarios are drawn in pairs with their ceiling."""
    got = np.array([outcome.first() is not None for outcome in outcomes], np.float64)
    could = np.array([top.first() is not None for top in tops], np.float64)
    return resampled((got, could), lambda g, c: 100 * g.sum(axis=-1) / np.maximum(c.sum(axis=-1), 1))


def sighted(outcomes: Sequence[Outcome]) -> Number:
    """Percent of scenarios that were sighted within the horizon."""
    return mean([100.0 * (outcome.first() is not None) for outcome in outcomes])


def first_seen(outcomes: Sequence[Outcome]) -> Number:
    """Median seconds to the first sighting; never counts as the horizon."""
    waits = np.array([float(HORIZON_S if outcome.first() is None else outcome.first() or 0) for outcome in outcomes])
    return resampled((waits,), lambda w: np.median(w, axis=-1))


def time_in_sight(outcomes: Sequence[Outcome]) -> Number:
    """Percent of the seconds in which any camera showed the subject that one being watched did."""
    mine = np.array([float(outcome.in_sight) for outcome in outcomes])
    any_ = np.array([float(outcome.in_any_sight) for outcome in outcomes])
    return resampled((mine, any_), lambda m, a: 100 * m.sum(axis=-1) / np.maximum(a.sum(axis=-1), 1))


def churn(outcomes: Sequence[Outcome]) -> Number:
    """Cameras put on a screen a minute."""
    return mean([outcome.changes / (HORIZON_S / 60) for outcome in outcomes])


def mean(values: Sequence[float]) -> Number:
    """The mean."""
    return resampled((np.array(values, np.float64),), lambda v: v.mean(axis=-1))


def by_family(outcomes: Sequence[Outcome], tops: Sequence[Outcome]) -> dict[str, Number]:
    """The share of the ceiling of each family."""
    families = sorted({outcome.family for outcome in outcomes})
    mine = {family: [pair for pair in zip(outcomes, tops, strict=True) if pair[0].family == family] for family in families}
    return {family: share_of_ceiling(*zip(*pairs, strict=True)) for family, pairs in mine.items()}


def worst(families: dict[str, Number]) -> tuple[str, Number]:
    """The family that is sighted least."""
    return min(families.items(), key=lambda item: item[1].value or 0.0)


def sets_by_family(outcomes: Sequence[Outcome], level: int) -> dict[str, Number]:
    """Percent of the asked seconds in which the set of that level held the truth. Scenarios are resampled, not seconds."""
    found: dict[str, Number] = {}
    for family in sorted({outcome.family for outcome in outcomes if outcome.sets}):
        mine = [outcome for outcome in outcomes if outcome.family == family and outcome.sets]
        held = np.array([[taken.in_50 if level == 50 else taken.in_90 for taken in outcome.sets] for outcome in mine], np.float64)
        found[family] = mean((100 * held.mean(axis=1)).tolist())
    return found


def set_metres(outcomes: Sequence[Outcome]) -> Number:
    """Median metres of street in the 90 % set."""
    return resampled((np.array([taken.metres_90 for outcome in outcomes for taken in outcome.sets]),), lambda m: np.median(m, axis=-1))


def recoveries(outcomes: Sequence[Outcome]) -> list[float]:
    """Seconds from each false confirmation until the subject was found again. One that came too late to be mended does not count."""
    falses = [pair for outcome in outcomes for pair in outcome.false if pair[0] + RECOVERED_WITHIN_S <= HORIZON_S]
    return [float(HORIZON_S if found is None else found - when) for when, found in falses]


def resampled(columns: tuple[Floats, ...], of: Callable[..., Floats]) -> Number:
    """A statistic of columns of the same length, and its percentile interval over resampled rows."""
    n = len(columns[0])
    if not n:
        return Number(None, None, None, 0)
    rows = np.random.default_rng(5).integers(0, n, (RESAMPLES, n))
    low, high = np.percentile(of(*(column[rows] for column in columns)), [2.5, 97.5])
    return Number(float(of(*columns)), float(low), float(high), n)
