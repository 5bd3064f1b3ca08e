"""All cameras of this gateway: who is pulled, for which grant, and none when nobody may watch."""

from collections.abc import Callable, Iterable, Mapping

from bonghwa.media.camera import Camera
from bonghwa.media.rtsp import Source


class Cameras:
    """The cameras whose sources this gateway holds, by id."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        on_health: Callable[[Camera], None],
        on_first_frame: Callable[[Camera, float], None],
    ) -> None:
        self._sources = sources
        self._on_health = on_health
        self._on_first_frame = on_first_frame
        self._known: dict[str, Camera] = {}
        self._paused = True
        self.ask_key: Callable[[str], None] | None = None
        """Asks a camera for an IDR, where it can be asked."""

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def pulls(self) -> int:
        """How many cameras are pulled now."""
        return sum(camera.pulled for camera in self._known.values())

    @property
    def watched(self) -> list[Camera]:
        """The cameras somebody watches now."""
        return [camera for camera in self._known.values() if camera.watched]

    def find(self, camera: str) -> Camera | None:
        """The camera of this id, or None where this gateway does not serve it."""
        found = self._known.get(camera)
        if found is None and camera in self._sources:
            found = self._known[camera] = Camera(self._sources[camera], self._on_health, self._on_first_frame)
            found.ask_key = self.ask_key if self._sources[camera].onvif else None
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
        return unknown

    def release(self, grants: Iterable[str]) -> None:
        """End what these grants prefetched."""
        for grant in grants:
            for camera in self._known.values():
                camera.release(grant)

    def pause(self, paused: bool) -> None:
        """Pull nothing while the lease is over; what was prefetched comes back with the lease."""
        if paused != self._paused:
            self._paused = paused
            for camera in self._known.values():
                camera.pause(paused)

    def stop(self) -> None:
        """End every pull."""
        for camera in self._known.values():
            camera.stop()
