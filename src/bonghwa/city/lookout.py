"""Who would be seen on which camera now: the simulated city's own word, by its walls, for the scripted operators of drills.

It stands for the eyes of a person before a screen. Nobody is recognised in any picture: the city knows where it draws its subjects.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection
from math import atan2, degrees, hypot

from bonghwa.city.heads import turned
from bonghwa.city.pose import Pose
from bonghwa.city.scene import FIGURES_M, Appearance, City, Scene

KEPT_SCENES = 64
"""So many cameras keep their standing picture, about 2 MB each."""

_MARGIN_DEG = 12.0


class Lookout:
    """Answers for one thread at a time; others wait."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._scenes: OrderedDict[str, Scene] = OrderedDict()
        self._lock = threading.Lock()

    def showing(self, appearance: Appearance, unix: float, among: Collection[str] | None = None) -> list[str]:
        """The cameras (of these, or of all) whose picture of this moment shows a drill's person or car unhidden."""
        with self._lock:
            near = self._city.near(appearance.x, appearance.y, FIGURES_M + 5.0)
            wanted = [camera.id for camera in near if among is None or camera.id in among]
            return [camera for camera in wanted if self._turned_to(camera, appearance, unix) and self._scene(camera).sees(appearance, unix)]

    def _turned_to(self, camera: str, appearance: Appearance, unix: float) -> bool:
        """Whether it looks about that way: saves drawing the street before a camera that looks elsewhere."""
        pose = turned(self._city.poses[camera], self._city.heads.aim(camera, unix))
        return looks_towards(pose, appearance.x, appearance.y)

    def _scene(self, camera: str) -> Scene:
        scene = self._scenes.pop(camera, None) or Scene(self._city, self._city.cameras[camera])
        self._scenes[camera] = scene
        while len(self._scenes) > KEPT_SCENES:
            self._scenes.popitem(last=False)
        return scene


def looks_towards(pose: Pose, x: float, y: float) -> bool:
    """Whether a ground point is within a pose's field of view, give or take some degrees; always near the pole."""
    east, north = x - pose.x, y - pose.y
    if hypot(east, north) < 6.0:
        return True
    turn = (degrees(atan2(east, north)) - pose.bearing + 180.0) % 360.0 - 180.0
    return abs(turn) < pose.fov / 2 + _MARGIN_DEG
