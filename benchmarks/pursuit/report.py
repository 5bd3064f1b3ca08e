"""The rows of the table, and plots where matplotlib is there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from benchmarks.pursuit import next_camera, score
from benchmarks.pursuit.filter_policy import OURS
from benchmarks.pursuit.frozen import digest, file_hashes, recorded
from benchmarks.pursuit.play import Outcome
from benchmarks.pursuit.runs import CEILING, Played, makers
from benchmarks.pursuit.scenarios import HORIZON_S
from benchmarks.pursuit.score import Number

Row = dict[str, Any]
RIVAL = "nearest"
SHARE_GOALS = {"foot": 85.0, "car": 65.0, "unknown": 75.0}
WORST_FAMILY_GOAL = 55.0
SET_GOALS = (85.0, 95.0)
NEXT_GOALS = {1: 70.0, 9: 95.0}


def hash_rows(data: dict[str, str]) -> list[Row]:
    """What was played: the hash of the frozen files and of each city's data."""
    same = "as committed before the tuning" if file_hashes() == recorded() else "NOT what was committed: these numbers count for nothing"
    rows = [row(f"scenarios sha256 {digest()}", None, None, "", note=same)]
    return rows + [row(f"data of {name} sha256 {value}", None, None, "") for name, value in data.items()]


def cell_rows(cell: Played) -> list[Row]:
    """All rows of a cell and mode."""
    about = f"{cell.city} {cell.cell} {cell.mode}"
    tops, rival = cell.outcomes[CEILING], cell.outcomes.get(RIVAL)
    top = score.sighted(tops)
    rows = [row(f"{about}: ceiling, all cameras watched: sighted in 10 min", top, None, "%")]
    them = score.share_of_ceiling(rival, tops) if rival else None
    for name, outcomes in cell.outcomes.items():
        if name == CEILING:
            continue
        goals = name == OURS and cell.cell == "hard"
        share, families = score.share_of_ceiling(outcomes, tops), score.by_family(outcomes, tops)
        low, value = score.worst(families)
        note = f"ceiling {top.value:.1f} %, so {score.sighted(outcomes).value:.1f} % of all"
        rows.append(row(f"{about}: {name}: share of ceiling", share, them, "%", SHARE_GOALS[cell.mode] if goals else None, note=note))
        rows.append(row(f"{about}: {name}: worst family ({low})", value, None, "%", WORST_FAMILY_GOAL if goals else None))
        rows.append(row(f"{about}: {name}: first sighting, median", score.first_seen(outcomes), None, "s"))
        rows.append(row(f"{about}: {name}: in sight, of seconds in any sight", score.time_in_sight(outcomes), None, "%"))
        rows.append(row(f"{about}: {name}: cameras changed", score.churn(outcomes), None, "a minute"))
        rows += set_rows(f"{about}: {name}", outcomes, goals=goals) + false_rows(f"{about}: {name}", outcomes, ours=name == OURS)
    if OURS not in cell.outcomes and cell.cell == "hard":
        rows.append(row(f"{about}: {OURS}: share of ceiling", None, them, "%", SHARE_GOALS[cell.mode]))
    return rows


def set_rows(about: str, outcomes: Sequence[Outcome], *, goals: bool) -> list[Row]:
    """How honest the sets are, in the families where they hold the truth least and most often."""
    rows: list[Row] = []
    for level in (90, 50):
        families = score.sets_by_family(outcomes, level)
        if not families:
            return rows
        low, high = (pick(families.items(), key=lambda item: item[1].value or 0.0) for pick in (min, max))
        least, most = SET_GOALS if goals and level == 90 else (None, None)
        rows.append(row(f"{about}: {level} % set holds the truth, lowest family ({low[0]})", low[1], None, "%", least))
        rows.append(row(f"{about}: {level} % set holds the truth, highest family ({high[0]})", high[1], None, "%", most, at_most=True))
    return [*rows, row(f"{about}: streets in the 90 % set, median", score.set_metres(outcomes), None, "m")]


def false_rows(about: str, outcomes: Sequence[Outcome], *, ours: bool) -> list[Row]:
    """How soon a false confirmation is overcome."""
    took = score.recoveries(outcomes)
    if not took:
        return []
    middle = score.resampled((np.array(took),), lambda t: np.median(t, axis=-1))
    within = score.mean([100.0 * (seconds <= score.RECOVERED_WITHIN_S) for seconds in took])
    goal = float(score.RECOVERED_WITHIN_S) if ours else None
    return [
        row(f"{about}: found again after a false confirmation, median", middle, None, "s", goal, at_most=True),
        row(f"{about}: found again within 3 minutes", within, None, "%"),
    ]


def next_rows(city: str, policies: Sequence[str], most: int | None) -> list[Row]:
    """The next camera after a known exit."""
    rows: list[Row] = []
    them = next_camera.hits(city, makers()[RIVAL], most) or {}
    for name in policies:
        mine = next_camera.hits(city, makers()[name], most)
        for within, values in (mine or {}).items():
            rival = score.mean([100.0 * hit for hit in them[within]])
            goal = NEXT_GOALS.get(within) if name == OURS else None
            number = score.mean([100.0 * hit for hit in values])
            rows.append(row(f"{city} next camera after a known exit, hit@{within}: {name}", number, rival, "%", goal))
    return rows


def row(
    name: str, ours: Number | None, rival: Number | None, unit: str, goal: float | None = None, *, at_most: bool = False, note: str = ""
) -> Row:
    """One row of the table; the brackets are 95 % bootstrap intervals."""
    value, other = (None if number is None else number.value for number in (ours, rival))
    met = None if goal is None or value is None else (value <= goal if at_most else value >= goal)
    found: Row = {
        "name": name,
        "ours": None if value is None else round(value, 1),
        "rival": None if other is None else round(other, 1),
        "ratio": round(value / other, 2) if value is not None and other else None,
        "unit": unit,
        "goal": goal,
        "goal_of": "ours" if at_most else "least",
        "met": met,
        "n": ours.n if ours else 0,
        "note": note,
    }
    for key, number in (("ours_iqr", ours), ("rival_iqr", rival)):
        if number is not None and number.low is not None and number.high is not None:
            found[key] = [round(number.low, 1), round(number.high, 1)]
    return found


def plots(cells: Sequence[Played], folder: Path) -> None:
    """A picture a cell: the share sighted by the time watched."""
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    seconds = np.arange(HORIZON_S + 1)
    for cell in cells:
        figure, axes = plt.subplots(figsize=(7, 4.5))
        for name, outcomes in cell.outcomes.items():
            first = np.array([HORIZON_S * 9 if o.first() is None else o.first() for o in outcomes])
            axes.plot(seconds / 60, 100 * (first[None, :] <= seconds[:, None]).mean(axis=1), label=name)
        axes.set(xlabel="minutes watched", ylabel="sighted, %", ylim=(0, 100), title=f"{cell.city}, {cell.cell}, {cell.mode}")
        axes.legend(loc="upper left", fontsize=8)
        figure.text(0.99, 0.01, f"scenarios {digest()[:16]}, n = {len(cell.outcomes[CEILING])}", ha="right", fontsize=6)
        figure.tight_layout()
        figure.savefig(folder / f"{cell.city}-{cell.cell}-{cell.mode}.png".replace(" ", "-"), dpi=120)
        plt.close(figure)
