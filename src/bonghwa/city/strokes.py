"""Strokes: streets joined over crossings into the long lines along which cars drive on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.streets import JOIN_M, Street, street_of

_STRAIGHT = 0.8
"""Cosine of the sharpest bend a stroke takes at a crossing."""


@dataclass(frozen=True, eq=False)
class _Ends:
    """Both ends of every street: end `2 i` is where street `i` begins; `out` points away from the street."""

    at: NDArray[np.float64]
    out: NDArray[np.float64]


def _ends(streets: list[Street]) -> _Ends:
    at = np.concatenate([np.stack([street.xy[0], street.xy[-1]]) for street in streets])
    out = np.concatenate([np.stack([street.xy[0] - street.xy[1], street.xy[-1] - street.xy[-2]]) for street in streets])
    return _Ends(at, out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9))


def _partners(ends: _Ends) -> dict[int, int]:
    """For each end the one it goes on with: each is the other's straightest continuation."""
    cells: dict[tuple[int, int], list[int]] = {}
    for number, (i, j) in enumerate(np.floor(ends.at / JOIN_M).astype(int).tolist()):
        cells.setdefault((i, j), []).append(number)
    best: dict[int, tuple[float, int]] = {}
    for (i, j), members in cells.items():
        around = [other for a in (-1, 0, 1) for b in (-1, 0, 1) for other in cells.get((i + a, j + b), ())]
        if len(around) < 2:
            continue
        others = np.array(around)
        for end in members:
            gap = ends.at[others] - ends.at[end]
            away = np.hypot(gap[:, 0], gap[:, 1])
            bend = -(ends.out[others] @ ends.out[end])
            fits = (away < JOIN_M) & (bend > _STRAIGHT) & (others // 2 != end // 2) & (gap @ ends.out[end] > -3.0)
            if fits.any():
                merit = np.where(fits, bend - away / 200, -9.0)
                best[end] = (float(merit.max()), int(others[int(np.argmax(merit))]))
    return {end: other for end, (_, other) in best.items() if best.get(other, (0.0, -1))[1] == end}


class Strokes:
    """Every known road's stroke."""

    def __init__(self, streets: list[Street]) -> None:
        self._of: dict[int, Street] = {}
        if not streets:
            return
        partner = _partners(_ends(streets))
        seen: set[int] = set()
        for number in range(len(streets)):
            if number in seen:
                continue
            chain = self._chain(number, partner)
            seen.update(street for street, _ in chain)
            stroke = _joined([(streets[street], forwards) for street, forwards in chain])
            for street, _ in chain:
                self._of[streets[street].key] = stroke

    @staticmethod
    def _chain(number: int, partner: dict[int, int]) -> list[tuple[int, bool]]:
        """Streets of one stroke in order, each with whether it is walked from its beginning to its end."""
        start = 2 * number
        visited = {number}
        while start in partner and partner[start] // 2 not in visited:
            start = partner[start] ^ 1
            visited.add(start // 2)
        chain, entry, visited = [(start // 2, start % 2 == 0)], start, {start // 2}
        while (entry ^ 1) in partner and partner[entry ^ 1] // 2 not in visited:
            entry = partner[entry ^ 1]
            visited.add(entry // 2)
            chain.append((entry // 2, entry % 2 == 0))
        return chain

    def through(self, streets: list[Street]) -> list[Street]:
        """The strokes the given streets belong to, each once, in the order given; alleys have none."""
        found = [self._of[street.key] for street in streets if street.key in self._of]
        return list({stroke.key: stroke for stroke in found}.values())


def _joined(chain: list[tuple[Street, bool]]) -> Street:
    parts = [street.xy if forwards else street.xy[::-1] for street, forwards in chain]
    return street_of(min(street.key for street, _ in chain), np.concatenate(parts), min(street.lanes for street, _ in chain))
