"""The rows of a benchmark for people.

A row has `name`, `ours`, `rival`, `ratio` (how many times better ours is), `unit`, `goal`, `met`, `n`. Some also have the middle half of
the values, `ours_iqr` and `rival_iqr`, the rival's `rival_n`, what the goal is one of, `goal_of`, and a `note`.
"""

from collections.abc import Sequence
from typing import Any

_FORMS = {"ratio": "x{}", "ours": "at most {}", "least": "at least {}"}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line a row, the middle half of the values in brackets."""
    wide = max([len(row["name"]) for row in rows], default=0)
    lines = [f"{'':<{wide}} {'ours':>9} {'':<15} {'rival':>9} {'':<15} {'ratio':>7}  unit"]
    for row in rows:
        ours, rival, ratio = (_short(row.get(key)) for key in ("ours", "rival", "ratio"))
        our_spread, their_spread = (_between(row.get(key)) for key in ("ours_iqr", "rival_iqr"))
        n = f"n={row.get('n')}" + (f"/{row['rival_n']}" if row.get("rival_n") else "")
        line = f"{row['name']:<{wide}} {ours:>9} {our_spread:<15} {rival:>9} {their_spread:<15} {ratio:>7}  {row.get('unit')}"
        lines.append("  ".join(part for part in (line, n, _goal(row), row.get("note") or "") if part))
    return "\n".join(lines)


def _goal(row: dict[str, Any]) -> str:
    if row.get("goal") is None:
        return ""
    met = {True: "met", False: "MISSED", None: "not measured"}[row.get("met")]
    return f"goal {_FORMS.get(row.get('goal_of', ''), '{}').format(_short(row['goal']))}: {met}"


def _between(spread: Sequence[float] | None) -> str:
    return "" if spread is None else f"[{_short(spread[0])}..{_short(spread[1])}]"


def _short(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or "-"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
