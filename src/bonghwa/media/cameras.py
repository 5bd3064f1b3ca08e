"""All cameras of this gateway: who is pulled, for which grant, and none when nobody may watch."""

from collections.abc import Callable, Iterable, Mapping

from bonghwa.media.camera import Camera
from bonghwa.media.feed import Feed
from bonghwa.media.mask import Polygon
from bonghwa.media.preroll import PreRoll, PreRollSpace
from bonghwa.media.pull import Pull, PullMaker
from bonghwa.media.reworked import Workers
from bonghwa.media.rtsp import Source


class Cameras:
    """The cameras whose sources this gateway holds, by id. `main_only`: the engine knows no second stream."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        workers: Workers | None = None,
        pull: PullMaker = Pull,
        pre_roll_s: float = 0.0,
        main_only: bool = False,
    ) -> None:
        self._pull = pull
        self._sources = sources
        self._on_health = on_health
        self._on_first_frame = on_first_frame
        self.workers = workers or Workers(0)
        self._main_only = main_only
        self._known: dict[str, Camera] = {}
        self._paused = True
        self._masks: dict[str, tuple[Polygon, ...]] = {}
        self._mask_revs: dict[str, int] = {}
        self._pre_roll_s = pre_roll_s
        self._pre_rolls = PreRollSpace()
        self.on_let_go: Callable[[], None] = lambda: None
        """Called when cameras may have been let go: what depends on a hold looks whether it still stands."""
        self.ask_key: Callable[[str], None] | None = None
        """Asks a camera for an IDR, where it can be asked."""

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def pulls(self) -> int:
        """How many connections to cameras there are now."""
        return sum(camera.pulls for camera in self._known.values())

    @property
    def watched(self) -> list[Feed]:
        """The main streams somebody watches now, as they are shown."""
        return [camera.shown() for camera in self._known.values() if camera.shown().watched]

    def find(self, camera: str) -> Camera | None:
        """The camera of this id, or None where this gateway does not serve it."""
        found = self._known.get(camera)
        if found is None and camera in self._sources:
            source = self._sources[camera]
            main = self._pull(source, self._changed, self._on_first_frame, self._reworks)
            main.ask_key = self.ask_key if source.onvif else None
            main.pre_roll = PreRoll(self._pre_roll_s, self._pre_rolls)
            small = None
            if source.small is not None and not self._main_only:
                small = self._pull(source.small, self._changed, lambda *_: None, self._reworks)
            found = self._known[camera] = Camera(camera, main, small, self.workers, self._on_health)
            found.mask(self._masks.get(camera, ()))
            found.pause(self._paused)
        return found

    def _changed(self, feed: Feed) -> None:
        self._known[feed.camera].changed(feed)

    def _reworks(self, pull: Pull) -> bool:
        return self._known[pull.camera].reworks(pull)

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

    def mask(self, camera: str, masks: tuple[Polygon, ...], rev: int) -> bool:
        """Mask a camera; an order that a later one has overtaken changes nothing. Gives whether it changed anything.

        What nobody serves here is remembered all the same: a camera is never shown before its mask is known.
        """
        if rev <= self._mask_revs.get(camera, 0):
            return False
        self._mask_revs[camera], self._masks[camera] = rev, masks
        known = self._known.get(camera)
        if known is None or known.masks == masks:
            return False
        known.mask(masks)
        return True

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
