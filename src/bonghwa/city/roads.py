"""Road lines as the package ships them (`bonghwa/data/roads.npz`), and what the city needs of them."""

from dataclasses import dataclass
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

PIECE_M = 24.0
"""Roads are cut into equal pieces of about this length."""

LONGEST_BUS_SECTION_M = 700.0
"""A bus section is a straight line from stop to stop; a longer one is no picture of a street."""


@dataclass(frozen=True)
class RoadLines:
    """Poly-lines in EPSG:5186 metres: line `i` is the points `ptr[i]` to `ptr[i + 1]`."""

    ptr: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    lanes: NDArray[np.int64]
    """Lanes of this line alone; 0 when unknown."""
    bus: NDArray[np.bool_]
    """True for lines that only join bus stops, where no road is known."""


@dataclass(frozen=True)
class Pieces:
    """All lines cut into pieces of about `PIECE_M`, in line order: piece `i` runs from `start[i]` to `end[i]`."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    line: NDArray[np.int64]


def no_roads() -> RoadLines:
    """A city without road data: every street is a lattice alley."""
    nothing = np.zeros(0)
    return RoadLines(np.zeros(1, np.int64), nothing, nothing, nothing.astype(np.int64), nothing.astype(np.bool_))


def packaged_roads() -> RoadLines:
    """The roads inside the package, or none when the package was built without them."""
    resource = files("bonghwa.data").joinpath("roads.npz")
    if not resource.is_file():
        return no_roads()
    with as_file(resource) as path, np.load(path, allow_pickle=False) as data:
        kinds = np.asarray(data["kind"])
        bus = kinds == "bus" if kinds.dtype.kind in "US" else kinds == 1
        lanes = np.nan_to_num(np.asarray(data["lanes"], np.float64)).astype(np.int64)
        return RoadLines(
            np.asarray(data["link_ptr"], np.int64), np.asarray(data["x"], np.float64), np.asarray(data["y"], np.float64), lanes, bus
        )


def cut(roads: RoadLines) -> Pieces:
    """Cut every line into equal pieces by arc length, all lines at once."""
    if len(roads.x) < 2:
        return Pieces(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, np.int64))
    points = np.stack([roads.x, roads.y], axis=1)
    step = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(step)])
    first, last = roads.ptr[:-1], roads.ptr[1:] - 1
    length = along[last] - along[first]
    usable = (last > first) & (length > 4.0) & ~(roads.bus & (length > LONGEST_BUS_SECTION_M))
    lines = np.flatnonzero(usable)
    counts = np.maximum(1, np.round(length[lines] / PIECE_M)).astype(np.int64)
    line = np.repeat(lines, counts)
    order = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    size = np.repeat(length[lines] / counts, counts)
    begin = along[first[line]] + order * size

    def at(distance: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([np.interp(distance, along, points[:, 0]), np.interp(distance, along, points[:, 1])], axis=1)

    # A whole line ends a hair early: at its very end the interpolation would stand on the next line's first point.
    return Pieces(at(begin), at(begin + size - 1e-6), line)
