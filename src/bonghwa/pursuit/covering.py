"""Which cameras show which stretch of each edge: the same geometry as the selection of cameras, walls included.

Every edge is cut into equal pieces of at most `PIECE_M`; a camera shows a piece when it shows its middle.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import Floats, Numbers, Roads
from bonghwa.sight import kernels
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.kernel import compiled

PIECE_M: Final = 5.0
Ints = NDArray[np.int64]


@compiled
def stretches(first_piece: Ints, first_seen: Ints, seen: Numbers, cameras: int) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Runs of neighbouring pieces of one edge that one camera shows: edge, camera, first piece and one past the last, of the edge.

    Piece p is shown by the cameras `seen[first_seen[p]:first_seen[p + 1]]`; edge e has the pieces `first_piece[e]` to
    `first_piece[e + 1]`.
    """
    row_of = np.zeros(cameras, np.int64)
    last = np.full(cameras, -2, np.int64)
    edge, camera = np.empty(seen.shape[0], np.int32), np.empty(seen.shape[0], np.int32)
    begin, end = np.empty(seen.shape[0], np.int32), np.empty(seen.shape[0], np.int32)
    rows = 0
    for e in range(first_piece.shape[0] - 1):
        for p in range(first_piece[e], first_piece[e + 1]):
            for at in range(first_seen[p], first_seen[p + 1]):
                c = seen[at]
                if p > first_piece[e] and last[c] == p - 1:
                    end[row_of[c]] += 1
                else:
                    edge[rows], camera[rows] = e, c
                    begin[rows] = p - first_piece[e]
                    end[rows] = begin[rows] + 1
                    row_of[c] = rows
                    rows += 1
                last[c] = p
    return edge[:rows], camera[:rows], begin[:rows], end[:rows]


def pieces(roads: Roads) -> tuple[Ints, Floats, Floats]:
    """The pieces edges are cut into: where each edge's begin, one more than there are edges, and x, y of their middles from origin."""
    count = np.ceil(roads.length / PIECE_M).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)])
    edge = np.repeat(np.arange(roads.edges), count)
    share = (np.arange(first[-1]) - first[edge] + 0.5) / count[edge]
    step = np.hypot(np.diff(roads.shape_x), np.diff(roads.shape_y))
    begin, last = roads.shape_first[:-1], roads.shape_first[1:] - 1
    step[last[:-1]] = 0.0
    walked = np.concatenate([[0.0], np.cumsum(step)])
    along = walked[begin[edge]] + share * (walked[last] - walked[begin])[edge]
    at = np.clip(np.searchsorted(walked, along, side="right") - 1, begin[edge], last[edge] - 1)
    part = np.clip((along - walked[at]) / np.where(step[at] > 0.0, step[at], 1.0), 0.0, 1.0)
    x = roads.shape_x[at] + part * (roads.shape_x[at + 1] - roads.shape_x[at])
    y = roads.shape_y[at] + part * (roads.shape_y[at + 1] - roads.shape_y[at])
    return first, x, y


def cover(roads: Roads, index: CameraIndex) -> Coverage:
    """The stretches that the cameras of an index show. Roads and cameras must be in the same metric grid."""
    first_piece, x, y = pieces(roads)
    first_seen, seen = index.seeing_each(x + roads.origin[0], y + roads.origin[1])
    edge, number, begin, end = stretches(first_piece, first_seen, seen, len(index.cameras))
    order = np.lexsort((number, begin, edge))
    edge, number, begin, end = edge[order], number[order], begin[order], end[order]
    shown = np.unique(number)
    size = (roads.length / np.diff(first_piece))[edge]
    return Coverage(
        cameras=tuple(index.cameras[at].id for at in shown.tolist()),
        first=np.searchsorted(edge, np.arange(roads.edges + 1)).astype(np.int64),
        camera=np.searchsorted(shown, number).astype(np.int32),
        begin=begin * size,
        end=end * size,
        chance=index.geo[number, kernels.PRIOR].copy(),
    )
