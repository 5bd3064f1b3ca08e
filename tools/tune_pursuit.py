"""How good a belief is with simple subjects of its own (tests/pursuit/subjects.py): for setting parameters, never for reporting.

python -m tools.tune_pursuit [RUNS] [NAME=VALUE of Movement ...]: for each mode and family the share sighted by the watched cameras and
by all cameras within ten minutes, and how often the 50 % and 90 % sets hold the subject.
"""

import sys
import time

import numpy as np

from bonghwa.pursuit.follow import Settings
from bonghwa.pursuit.movement import Movement, Watching
from bonghwa.pursuit.network import Network
from tests.pursuit.cities import cameras_on, grid, packaged
from tests.pursuit.subjects import FAMILIES, Hunt, track


def main() -> None:
    """Run them all and print a line each."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    changes = {name: float(value) for name, value in (word.split("=") for word in sys.argv[2:])}
    movement = Movement(**{name: value for name, value in changes.items() if name in Movement._fields})
    watching = Watching(**{name: value for name, value in changes.items() if name not in Movement._fields})
    wanted = Settings(6000, 1.0, movement, watching)
    for city, roads in (("jung-gu", packaged()), ("grid", grid(60, 80.0))):
        network = Network.of(roads, cameras_on(roads, 0.3))
        middle = np.flatnonzero(np.hypot(roads.x - np.median(roads.x), roads.y - np.median(roads.y)) < 1500)
        for mode, told in (("foot", "foot"), ("car", "car"), ("foot", None), ("car", None)):
            began = time.perf_counter()
            rows = []
            for family in FAMILIES:
                found = ceiling = 0
                inside: list[tuple[bool, bool]] = []
                for run in range(runs):
                    random = np.random.default_rng([run, FAMILIES.index(family)])
                    hunt = Hunt(network, track(roads, family, mode, int(random.choice(middle)), random), mode, told, run, wanted)
                    hunt.run()
                    found += bool(hunt.found)
                    ceiling += hunt.ceiling is not None
                    inside += hunt.inside
                half, most = np.mean(inside, axis=0)
                rows.append(f"{family} {found / runs:.2f}/{ceiling / runs:.2f} sets {half:.2f} {most:.2f}")
            print(city, mode, told, "|", " | ".join(rows), f"({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
