"""Processor time of a belief on a grid city: python -m tools.time_pursuit [SIDE] [PARTICLES] [CAMERAS WATCHED] (195 is 38,025 nodes).

Every second a tick, what was not seen on the watched cameras, and the answers, after ten seconds to warm up.
"""

import sys
import time

import numpy as np

from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.evidence import Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.watch import Wall
from tests.pursuit.cities import cameras_on, grid

SECONDS = 300


def main() -> None:
    """Print milliseconds of one core: median, 99th hundredth and worst."""
    side, particles, watched = (int(word) for word in (*sys.argv[1:], *("195", "30000", "16")[len(sys.argv) - 1 :]))
    roads = grid(side, 50.0)
    coverage = cameras_on(roads, 0.25)
    began = time.process_time()
    network = Network.of(roads, coverage)
    print(f"{roads.nodes} nodes, {roads.edges} edges, {len(coverage.cameras)} cameras; packed in {time.process_time() - began:.2f} s")
    for mode in ("foot", "car", None):
        spent: dict[str, list[float]] = {name: [] for name in ("tick", "unseen", "answers", "all", "start", "sighting", "undo", "late")}

        def timed(name: str, begun: float, spent: dict[str, list[float]] = spent) -> float:
            ended = time.process_time()
            spent[name].append(1e3 * (ended - begun))
            return ended

        at = time.process_time()
        place = Start(0.0, side * 25.0, side * 25.0, 100.0, 60.0, mode)
        following = Following(roads, coverage, place, 7, Settings(particles, wall=Wall(watched)), network)
        timed("start", at)
        seen: tuple[str, ...] = ()
        for second in range(1, SECONDS + 1):
            begun = time.process_time()
            following.tick(float(second))
            at = timed("tick", begun)
            following.take(Unseen(float(second), 1.0, seen, watched))
            at = timed("unseen", at)
            answers = following.answers()
            timed("answers", at)
            seen = tuple(camera.camera for camera in answers.watch)
            timed("all", begun)
        at = time.process_time()
        number = following.take(Sighting(float(SECONDS), coverage.cameras[5], 0.8, 90.0))
        at = timed("sighting", at)
        following.undo(number)
        following.answers()
        at = timed("undo", at)
        following.take(Sighting(SECONDS - 50.0, answers.watch[0].camera))
        following.answers()
        timed("late", at)
        for name, times in spent.items():
            numbers = times[10:] if len(times) > 10 else times
            print(mode, name, " ".join(f"{value:.2f}" for value in np.percentile(numbers, [50, 99, 100])))


if __name__ == "__main__":
    main()
