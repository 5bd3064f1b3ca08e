"""A packed hash grid over discs or points in EPSG:5186 metres: memory grows with what is in it, not with the map's extent."""

from dataclasses import dataclass

import numpy as np

from bonghwa.sight.kernels import EMPTY, Floats, Ints, Numbers, count_cells, fill_cells


@dataclass(frozen=True)
class Grid:
    """`table` (cell key, first, end) over `members`, by open addressing; `cell` is the side of a cell in metres."""

    table: Ints
    members: Numbers
    cell: float


def build_grid(x: Floats, y: Floats, reach: Floats, cell: float) -> Grid:
    """A grid in which each disc (x, y, reach) is found from every cell it touches; a point is a disc of reach 0."""
    middles = np.unique(np.floor(x / cell).astype(np.int64) << 31 | np.floor(y / cell).astype(np.int64)).size
    slots = 1 << max(4, (2 * middles).bit_length())
    pairs = -1
    while pairs < 0:
        table = np.zeros((slots, 3), np.int64)
        table[:, 0] = EMPTY
        pairs = int(count_cells(x, y, reach, cell, table))
        slots *= 2
    members = np.empty(pairs, np.int32)
    fill_cells(x, y, reach, cell, table, members)
    return Grid(table, members, cell)


def one_block(grid: Grid, geo: Floats) -> tuple[Ints, Grid, Floats]:
    """Grid and rows in one block of 8-byte words, and both again as views into it: what is written to the views is in the block.

    Words: slots, where the members begin, where the rows begin, then the table, the members (two a word) and the rows.
    """
    words = (len(grid.members) + 1) // 2
    members_at = 3 + grid.table.size
    block = np.zeros(members_at + words + geo.size, np.int64)
    block[:3] = len(grid.table), members_at, members_at + words
    table = block[3:members_at].reshape(-1, 3)
    members = block[members_at : members_at + words].view(np.int32)[: len(grid.members)]
    rows = block[members_at + words :].view(np.float64).reshape(geo.shape)
    table[:], members[:], rows[:] = grid.table, grid.members, geo
    return block, Grid(table, members, grid.cell), rows
