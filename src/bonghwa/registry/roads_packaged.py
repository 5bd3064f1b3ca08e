"""The roads that come with the package: standard node-link roads of Jung-gu, OSM roads of the islands, bus sections elsewhere."""

import csv
import io
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonghwa.data import open_data, read_data
from bonghwa.pursuit.mapped import load_roads
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, INFERRED, Floats, Roads
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.road_streets import RoadFile, Street, together

PARTS = {"nodelink": 0, "bus": 1, "osm": 2}
"""The three sources by name, and their number in the file."""
WORDS = {
    "nodelink": "standard node-link roads of Jung-gu",
    "osm": "OpenStreetMap roads of the islands (ODbL)",
    "bus": "elsewhere bus sections, straight from stop to stop, no roads of this shape are known",
}
_CROSSING_KMH = 80.0
_MOTORWAYS = (101, 102)
_KMH_OF_RANK = {101: 100.0, 102: 80.0, 103: 60.0}
_KMH_OF_LANES = {1: 30.0, 2: 50.0}


def packaged_roads(parts: AbstractSet[str] = frozenset(PARTS)) -> Roads:
    """The road graph of the packaged file, or of some of its sources (`PARTS`), cleaned and joined. Raises KeyError for an unknown one."""
    return clean(read_packaged(parts))[0]


def roads_at(path: str) -> Roads:
    """The roads of the setting `pursuit.roads`: a file of `bonghwa roads import`, or with "" the packaged ones.

    Raises RoadsFileProblem, OSError.
    """
    return load_roads(Path(path)) if path else packaged_roads()


def read_packaged(parts: AbstractSet[str] = frozenset(PARTS)) -> RoadFile:
    """The packaged roads as they stand."""
    wanted = [PARTS[part] for part in sorted(parts)]
    with np.load(io.BytesIO(open_data("roads.npz"))) as held:
        file = {name: held[name] for name in held.files}
    names = [str(name) for name in file["names"]]
    points = np.column_stack((file["x"], file["y"]))
    links: list[Street] = []
    others: list[Street] = []
    for at in np.flatnonzero(np.isin(file["kind"], wanted)).tolist():
        rank, lanes, kind = int(file["rank"][at]), int(file["lanes"][at]), int(file["kind"][at])
        foot = 0 if rank in _MOTORWAYS else FOOT
        ahead = foot | CAR | (INFERRED if kind == PARTS["bus"] else 0)
        back = foot | AGAINST if file["oneway"][at] else ahead
        kmh = _KMH_OF_RANK.get(rank) or _KMH_OF_LANES.get(lanes, 60.0)
        line = points[file["link_ptr"][at] : file["link_ptr"][at + 1]]
        street = Street(int(file["start"][at]), int(file["end"][at]), line, ahead, back, kmh / 3.6, names[int(file["name_idx"][at])])
        (links if kind == PARTS["nodelink"] else others).append(street)
    places = _places(file, points)
    if "bus" in parts:
        others += _crossings(places)
    source = "; ".join(WORDS[part] for part in WORDS if part in parts)
    return RoadFile(places, [*together(links), *others], [], len(links) + len(others), source=source)


def _crossings(places: list[tuple[float, float]]) -> list[Street]:
    """The bridges to the islands, known as bus sections: straight, as long as the bus drives. Adds their ends to `places`."""
    found = []
    for row in csv.DictReader(io.StringIO(read_data("crossings.csv.gz").decode())):
        ends = [(float(row["from_x"]), float(row["from_y"])), (float(row["to_x"]), float(row["to_y"]))]
        use = CAR | INFERRED
        found.append(Street(len(places), len(places) + 1, np.array(ends), use, use, _CROSSING_KMH / 3.6, length=float(row["by_road_m"])))
        places += ends
    return found


def _places(file: dict[str, NDArray[Any]], points: Floats) -> list[tuple[float, float]]:
    """Where each node is: in the middle of all the ends that meet there, for standard links stop some metres before their node."""
    first, last = points[file["link_ptr"][:-1]], points[file["link_ptr"][1:] - 1]
    node = np.concatenate([file["start"], file["end"]])
    ends = np.concatenate([first, last])
    meeting = np.bincount(node, minlength=len(file["node_x"]))
    middle = [np.bincount(node, weights=ends[:, axis], minlength=len(meeting)) / np.maximum(meeting, 1) for axis in (0, 1)]
    return list(zip(middle[0].tolist(), middle[1].tolist(), strict=True))
