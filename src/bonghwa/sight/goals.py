"""The goals a choice of cameras is measured by: the scene, eight directions around it near and far, the road exits."""

from math import cos, pi, sin
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonghwa.domain.camera import DETECT_PX_PER_M, OBSERVE_PX_PER_M
from bonghwa.sight.kernel import compiled

# Kinds of goal.
SCENE: Final = 0
DIRECTION: Final = 1
EXIT: Final = 2
SURE_ACCURACY_M: Final = 10.0
"""Up to this error a place counts as a point."""
NEAR_RING_M: Final = 40.0
FAR_RING_M: Final = 110.0
NEAR_WEIGHT: Final = 0.06
FAR_WEIGHT: Final = 0.04
EXIT_WEIGHT: Final = 0.12
EXITS_WEIGHT: Final = 0.6
"""What the scene's surroundings are worth beside the scene itself (1): each direction near and far, each exit, all exits."""
_TURN: Final = 2 * pi

Floats = NDArray[np.float64]


@compiled
def lay_goals(x: float, y: float, accuracy: float, exits: Floats) -> Floats:
    """The goals of a scene, one a row: x, y, weight, kind, pixels per metre that are enough. An inexact place is seven places."""
    spots = 7 if accuracy > SURE_ACCURACY_M else 1
    goals = np.empty((spots + 16 + exits.shape[0], 5))
    for t in range(goals.shape[0]):
        away, angle, weight, kind, enough = 0.0, 0.0, 1.0 / spots, SCENE, OBSERVE_PX_PER_M
        if 0 < t < spots:
            away, angle = 0.6 * accuracy, t * _TURN / 6.0
        elif t >= spots:
            near = t < spots + 8
            away, angle = NEAR_RING_M if near else FAR_RING_M, (t - spots) * _TURN / 8.0
            weight, kind, enough = NEAR_WEIGHT if near else FAR_WEIGHT, DIRECTION, DETECT_PX_PER_M
        goals[t, 0], goals[t, 1] = x + away * sin(angle), y + away * cos(angle)
        goals[t, 2], goals[t, 3], goals[t, 4] = weight, kind, enough
    for e in range(exits.shape[0]):
        t = spots + 16 + e
        goals[t, 0], goals[t, 1] = exits[e, 0], exits[e, 1]
        goals[t, 2], goals[t, 3], goals[t, 4] = min(EXIT_WEIGHT, EXITS_WEIGHT / exits.shape[0]), EXIT, DETECT_PX_PER_M
    return goals
