"""Which camera shows which part of which road."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.pursuit.roads import Floats, Numbers


@dataclass(frozen=True, eq=False)
class Coverage:
    """Stretches of edges that cameras show, sorted by edge, then by where they begin.

    The stretches of edge `e` are the rows `first[e]` to `first[e + 1]`. A street's two edges have each their own rows.
    """

    cameras: tuple[str, ...]
    """The ids of all cameras that show any road; a camera's number is its place here."""
    first: NDArray[np.int64]
    camera: Numbers
    begin: Floats
    end: Floats
    """Metres along the edge, `begin` < `end`."""
    chance: Floats
    """How likely this camera really shows the stretch: 1 for a known pose, the prior of its field of view for an unknown one."""
