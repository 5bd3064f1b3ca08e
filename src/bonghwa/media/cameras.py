"""All cameras of this gateway: who is pulled, for which grant, and none when nobody may watch."""

from collections.abc import Callable, Iterable, Mapping

from bonghwa.media.camera import Camera
from bonghwa.media.feed import Feed
from bonghwa.media.preroll import PreRoll, PreRollSpace
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source


class Cameras:
    """The cameras whose sources this gateway holds, by id."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        pre_roll_s: float = 0.0,
    ) -> None:
        self._sources = sources
        self._on_health = on_health
        self._on_first_frame = on_first_frame
        self._known: dict[str, Camera] = {}
        self._paused = True
        self._pre_roll_s = pre_roll_s
        self._pre_rolls = PreRollSpace()
        self.on_let_go: Callable[[], None] = lambda: None
        """Called when cameras may have been let go: what depends on a hold looks whether it still stands."""

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def pulls(self) -> int:
        """How many connections to cameras there are now."""
        return sum(camera.pulls for camera in self._known.values())

    @property
    def watched(self) -> list[Pull]:
        """The pulls somebody watches now."""
        return [camera.main for camera in self._known.values() if camera.main.watched]

    def find(self, camera: str) -> Camera | None:
        """The camera of this id, or None where this gateway does not serve it."""
        found = self._known.get(camera)
        if found is None and camera in self._sources:
            found = self._known[camera] = Camera(camera, self._pull(self._sources[camera]))
            found.pause(self._paused)
        return found

    def prefetch(self, grant: str, cameras: Iterable[str], seconds: float) -> list[str]:
        """Pull these for a grant before anyone asks; gives those this gateway does not serve.

        What the grant held before and does not name now is let go: nothing is kept ready where a grant has moved away.
        """
        wanted = dict.fromkeys(cameras)
        for name, known in self._known.items():
            if name not in wanted:
                known.release(grant)
        unknown = []
        for name in wanted:
            camera = self.find(name)
            if camera:
                camera.hold(grant, seconds)
            else:
                unknown.append(name)
        self.on_let_go()
        return unknown

    def release(self, grants: Iterable[str]) -> None:
        """End what these grants prefetched."""
        for grant in grants:
            for camera in self._known.values():
                camera.release(grant)
        self.on_let_go()

    def pause(self, paused: bool) -> None:
        """Pull nothing while the lease is over; what was prefetched comes back with the lease."""
        if paused != self._paused:
            self._paused = paused
            for camera in self._known.values():
                camera.pause(paused)
            self.on_let_go()

    def stop(self) -> None:
        """End every pull."""
        for camera in self._known.values():
            camera.stop()

    def _pull(self, source: Source) -> Pull:
        return Pull(source, self._on_health, self._on_first_frame, PreRoll(self._pre_roll_s, self._pre_rolls))
