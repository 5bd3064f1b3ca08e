"""The reachable area of a picture, as JSON text: of a car that is gone for minutes it is every street of the city."""

import json
from typing import NamedTuple

import numpy as np

from bonghwa.pursuers.ground import Ground
from bonghwa.pursuit.roads import Bytes, Floats, Numbers
from bonghwa.pursuit.speeds import Mode
from bonghwa.pursuit.ways import Reached

WHOLE = 0.001
"""A street of which less than this share is left out is reached as a whole."""


class Known(NamedTuple):
    """What the area is reckoned from: the same of these gives the same area."""

    now: float
    """Unix seconds."""
    x: float
    y: float
    """Where he was last known, metres from the roads' origin."""
    radius: float
    age: float
    """How exactly, in metres, and how many seconds before `now`."""
    mode: Mode


def reach_text(ground: Ground, known: Known) -> str:
    """A list of rings, each with `minutes` and `parts` (street, and from which share of it to which); what is whole in a smaller ring is
    left out of the larger ones.
    """
    taken = np.zeros(ground.roads.edges, np.uint8)
    rings = []
    for ring in ground.ways.reachable(known.x, known.y, known.radius, known.age, known.mode):
        parts = _text(*_parts(ground, ring, taken))
        rings.append(f'{{"minutes":{round(ring.ahead / 60)},"parts":{parts}}}')
    return f"[{','.join(rings)}]"


def _parts(ground: Ground, ring: Reached, taken: Bytes) -> tuple[Numbers, Floats, Floats]:
    """Streets with the part of them that is reached, both ways as one. Marks those that are whole as taken."""
    roads, one = ground.roads, ground.network.street[ring.edge]
    length = roads.length[ring.edge]
    begin, end, back = ring.begin / length, ring.end / length, one != ring.edge
    low, high = np.full(roads.edges, np.inf), np.full(roads.edges, -np.inf)
    np.minimum.at(low, one, np.where(back, 1 - end, begin))
    np.maximum.at(high, one, np.where(back, 1 - begin, end))
    street = np.flatnonzero((high > -np.inf) & (taken == 0)).astype(np.int32)
    low, high = np.clip(low[street], 0, 1), np.clip(high[street], 0, 1)
    whole = (low <= WHOLE) & (high >= 1 - WHOLE)
    low[whole], high[whole] = 0, 1
    taken[street[whole]] = 1
    return street, low, high


def _text(street: Numbers, low: Floats, high: Floats) -> str:
    """Rows as JSON. Most streets are whole, and a list of numbers is written far faster than a list of lists."""
    whole = (low == 0) & (high == 1)
    some = ~whole
    rows = zip(street[some].tolist(), np.round(low[some], 3).tolist(), np.round(high[some], 3).tolist(), strict=True)
    texts = [json.dumps(list(rows), separators=(",", ":"))[1:-1]]
    if whole.any():
        texts.append(f"[{str(street[whole].tolist())[1:-1].replace(', ', ',0,1],[')},0,1]")
    return f"[{','.join(text for text in texts if text)}]"
