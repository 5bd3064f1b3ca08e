"""Moving and weighing the belief, beside a Markov chain over pieces of edges as one sparse matrix: the time of each in the same run.

The chain (benchmarks/pursuit/chain.py) makes a step in two seconds, the filter one each second; both are reckoned per second of the
pursuit. An update is what sixteen cameras did not show, a sighting is one by a person. The mode of the subject is not known, so that both
hold walkers and drivers. What each finds is another question: `python -m benchmarks.pursuit --policy pursuit chain`.

`python -m benchmarks.belief_chain [--quick] [--json]`; processor time of one core.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from benchmarks._graphs import grid
from benchmarks._table import table
from benchmarks.pursuit.chain import STEP_S, Belief, chain_of
from benchmarks.pursuit.cities import city
from benchmarks.pursuit.views import Cameras, shown
from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.evidence import Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import Roads
from bonghwa.pursuit.watch import Wall

PARTICLES, WATCHED = 30_000, 16
SECONDS, QUICK_SECONDS = 300, 40
WARM = 6
SEED = 20_261_123
T = TypeVar("T")
Times = dict[str, list[float]]
Row = dict[str, Any]


def rows(quick: bool) -> list[Row]:
    """All rows; `quick` measures Jung-gu alone and shortly."""
    ground = city("junggu")
    found = compared("Jung-gu", ground.roads, ground.coverage, QUICK_SECONDS if quick else SECONDS)
    if not quick:
        roads = grid(195, 50.0)
        found += compared("grid", roads, watched_grid(roads), SECONDS)
    return found


def watched_grid(roads: Roads) -> Coverage:
    """Cameras at a quarter of the crossings."""
    rng = np.random.default_rng(SEED)
    nodes = np.flatnonzero(rng.random(roads.nodes) < 0.25)
    bearing = rng.integers(0, 4, len(nodes)) * np.pi / 2
    wide, far = np.full(len(nodes), np.radians(110.0)), np.full(len(nodes), 60.0)
    return shown(roads, Cameras(roads.x[nodes], roads.y[nodes], bearing, wide, far))


def compared(name: str, roads: Roads, coverage: Coverage, seconds: int) -> list[Row]:
    """One subject of unknown mode from the middle of a city, by both."""
    x, y = float(np.median(roads.x)), float(np.median(roads.y))
    network, packed = spent(lambda: Network.of(roads, coverage))
    chains, built = spent(lambda: {mode: chain_of(roads, coverage, mode) for mode in ("foot", "car")})
    pieces = sum(len(chain.edge) for chain in chains.values())
    ours = filtered(network, x, y, seconds)
    theirs = chained(Belief(roads, chains), x, y, seconds)
    about = f"{name} ({roads.nodes:,} nodes; {PARTICLES:,} particles beside {pieces:,} pieces)"
    found = [row(f"{about}: made ready", [packed], [built])]
    for what, words in (("move", "a second's move"), ("unseen", "what was not seen"), ("sighting", "a sighting"), ("choose", "a choice")):
        found.append(row(f"{about}: {words}, p50", ours[what], theirs[what]))
    return found


def filtered(network: Network, x: float, y: float, seconds: int) -> Times:
    """The product's filter: told each second what was watched in vain, and at the end of sightings."""
    times: Times = {"move": [], "unseen": [], "sighting": [], "choose": []}
    settings = Settings(PARTICLES, wall=Wall(WATCHED))
    following = Following(network.roads, network.coverage, Start(0.0, x, y, 100.0, 60.0), 7, settings, network)
    for second in range(1, seconds + 1):
        hope = following.hope
        _, took = spent(lambda at=second: following.tick(float(at)))
        watched = tuple(camera.camera for camera in following.answers().watch)
        # The cameras are chosen within the move of every tenth second or so.
        times["choose" if following.hope != hope else "move"].append(took)
        times["unseen"].append(spent(lambda at=second, seen=watched: following.take(Unseen(float(at), 1.0, seen, WATCHED)))[1])
    plain = float(np.median(times["move"]))
    times["choose"] = [took - plain for took in times["choose"]]
    times["unseen"] = times["unseen"][WARM:]
    for camera in watched[: WARM + 6]:
        times["sighting"].append(spent(lambda seen=camera: following.take(Sighting(float(seconds), seen, 0.8, 90.0)))[1])
    return {what: took[1:] for what, took in times.items()}


def chained(belief: Belief, x: float, y: float, seconds: int) -> Times:
    """The same of the chain; it chooses every ten seconds as well."""
    times: Times = {"move": [], "unseen": [], "sighting": [], "choose": []}
    belief.start(x, y, 100.0, {"foot": 0.6, "car": 0.4})
    watched: list[int] = []
    for second in range(0, seconds, round(STEP_S)):
        times["move"].append(spent(belief.tick)[1] / STEP_S)
        if second % 10 == 0:
            watched, took = spent(lambda seen=watched: belief.choose(WATCHED, seen))
            times["choose"].append(took)
        times["unseen"].append(spent(lambda seen=watched: belief.unseen(seen, STEP_S, WATCHED))[1])
    for camera in watched[: WARM + 6]:
        times["sighting"].append(spent(lambda seen=camera: belief.sighted(seen, 1.5, "foot", 0.8))[1])
    return {what: took[1:] for what, took in times.items()}


def spent(work: Callable[[], T]) -> tuple[T, float]:
    """What a piece of work gives, and the milliseconds of processor it took."""
    at = time.process_time_ns()
    made = work()
    return made, (time.process_time_ns() - at) / 1e6


def row(name: str, ours: list[float], rival: list[float]) -> Row:
    """One row; the ratio is how many times faster ours is."""
    mine, them = float(np.median(ours)), float(np.median(rival))
    return {
        "name": name,
        "ours": round(mine, 3),
        "rival": round(them, 3),
        "ratio": round(them / mine, 2) if mine else None,
        "unit": "ms",
        "n": len(ours),
        "rival_n": len(rival),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.belief_chain", description="The belief beside a sparse-matrix chain.")
    parser.add_argument("--quick", action="store_true", help="Jung-gu alone, shortly")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    given = parser.parse_args()
    found = rows(given.quick)
    print(json.dumps(found) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
