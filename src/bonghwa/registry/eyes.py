"""The Eyes port over the selection engine: places in WGS84 in, chosen cameras with reasons out."""

import time
from collections.abc import Sequence

from bonghwa.data import read_data
from bonghwa.domain.camera import Camera
from bonghwa.domain.geo import to_grid, to_wgs84
from bonghwa.domain.incident import Place
from bonghwa.domain.reason import Reason
from bonghwa.domain.selection import ChosenCamera, Gap
from bonghwa.service.ports import Found, Wanted
from bonghwa.sight.choose import choose
from bonghwa.sight.exits import RoadExits
from bonghwa.sight.index import CameraIndex

HEALTH_SHARE = {"unknown": 0.95, "ok": 1.0, "slow": 0.6, "late": 0.5, "frozen": 0.3, "black": 0.2, "dead": 0.05, "password": 0.05}
"""How much a camera's score counts by its health; a camera that does not answer is not chosen while another can see."""


class RegistryEyes:
    """Chooses among the registry's cameras. `roads` gives the ways out of a place."""

    def __init__(self, cameras: Sequence[Camera], roads: RoadExits) -> None:
        self._owners = {camera.id: camera.owner for camera in cameras}
        self._index = CameraIndex.build([camera for camera in cameras if not camera.retired])
        self._roads = roads

    @classmethod
    def packaged(cls, cameras: Sequence[Camera]) -> "RegistryEyes":
        """With the demo city's roads."""
        return cls(cameras, RoadExits.load(read_data("roads.npz")))

    def set_health(self, camera: str, state: str) -> None:
        """A gateway said how a camera is."""
        self._index.set_health(camera, HEALTH_SHARE.get(state, 1.0))

    def choose(self, place: Place, wanted: Wanted) -> Found:
        """The best and most different cameras, each with why, and what nobody sees."""
        began = time.perf_counter_ns()
        x, y = to_grid(place.lat, place.lon)
        exits = self._roads.exits(x, y)
        choice = choose(
            self._index,
            x,
            y,
            place.accuracy_m,
            wanted.cap,
            wanted.spares,
            wanted.radius_m,
            wanted.left_out,
            wanted.owners,
            wanted.exclude,
            wanted.night,
            exits,
        )
        took = (time.perf_counter_ns() - began) / 1000
        cameras = tuple(
            ChosenCamera(
                c.camera_id,
                self._owners[c.camera_id],
                c.rank,
                round(c.score, 4),
                round(c.distance_m, 1),
                c.why,
                c.spare,
                "spare" if c.spare else "chosen",
            )
            for c in choice.chosen
        )
        gaps = tuple(_gap(gap.reason, gap.bearing, gap.x, gap.y) for gap in choice.not_covered)
        return Found(cameras, gaps, tuple(choice.directions), len(exits), choice.exits_seen, took)


def _gap(reason: Reason, bearing: float | None, x: float | None, y: float | None) -> Gap:
    if x is None or y is None:
        return Gap(reason, bearing)
    lat, lon = to_wgs84(x, y)
    return Gap(reason, bearing, lat, lon)
