"""Numbers with their spread, and the rows made of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """Measured values of one thing."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sample":
        return cls(tuple(sorted(values)))

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def iqr(self) -> tuple[float, float]:
        """First and third quartile."""
        return self.quantile(0.25), self.quantile(0.75)

    def quantile(self, share: float) -> float:
        """The smallest value that so large a share of the values does not exceed, interpolated."""
        place = share * (self.n - 1)
        low = int(place)
        high = min(low + 1, self.n - 1)
        return self.values[low] + (self.values[high] - self.values[low]) * (place - low)


def row(
    name: str,
    ours: Sample | None,
    rival: Sample | None,
    unit: str,
    *,
    at: float = 0.5,
    ratio_goal: float | None = None,
    goal: float | None = None,
    more: bool = False,
    note: str = "",
) -> dict[str, Any]:
    """One comparison at a quantile of both. `ratio_goal`: so many times less than the rival; `goal`: at most this, in the unit.

    The ratio is how many times better ours is; `more` says that more is better.
    """
    our = ours.quantile(at) if ours and ours.n else None
    their = rival.quantile(at) if rival and rival.n else None
    ratio = None
    if our is not None and their is not None and min(our, their) > 0:
        ratio = our / their if more else their / our
    met: bool | None = None
    if ratio_goal is not None and ratio is not None:
        met = ratio >= ratio_goal
    if goal is not None and our is not None:
        met = our <= goal
    return {
        "name": name,
        "ours": _round(our),
        "rival": _round(their),
        "ratio": _round(ratio),
        "unit": unit,
        "goal": goal if ratio_goal is None else ratio_goal,
        "goal_of": "ours" if ratio_goal is None else "ratio",
        "met": met,
        "n": ours.n if ours else 0,
        "rival_n": rival.n if rival else 0,
        "ours_iqr": _spread(ours),
        "rival_iqr": _spread(rival),
        "note": note,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _spread(sample: Sample | None) -> list[float | None] | None:
    return [_round(value) for value in sample.iqr] if sample and sample.n else None
