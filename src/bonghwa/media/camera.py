"""One camera at the gateway: the streams it has and what is made of them, and which of them a viewer is shown."""

from collections.abc import Callable, Iterator

from bonghwa.media.clock import elapsed
from bonghwa.media.feed import Feed, Health
from bonghwa.media.mask import Polygon
from bonghwa.media.pull import Pull
from bonghwa.media.reworked import FULL, Reworked, Workers
from bonghwa.media.worker import Work

SMALL_AGAIN_S = 30.0
MASK_UNAVAILABLE = "mask_unavailable"


class Camera:
    """A camera and its feeds. `small` is its second, smaller stream, where it has one; without `workers` nothing is coded anew.

    Its feeds tell it of themselves by `changed` and `reworks`; `on_health` is told of the camera as a viewer has it.
    """

    def __init__(
        self,
        id: str,  # noqa: A002  the word of the whole code for it
        main: Pull,
        small: Pull | None = None,
        workers: Workers | None = None,
        on_health: Callable[[Feed], None] = lambda _: None,
    ) -> None:
        self.id = id
        self.main = main
        self.small = small
        self.reworked = Reworked(main, self._work, workers, self.changed) if workers else None
        self.masks: tuple[Polygon, ...] = ()
        self._workers = workers
        self.masked = self._masked()
        """The main stream with its masks painted over, coded once for all who may not see it without."""
        self._on_health = on_health
        self._told: Health = "idle"
        self._small_again = 0.0

    @property
    def pulls(self) -> int:
        """How many connections the gateway has, or tries to have, to this camera."""
        return sum(pull.pulled for pull in self._every())

    @property
    def unshowable(self) -> str | None:
        """Why nothing of this camera can be shown, None when it can."""
        if self._coded_anew and self.reworked and not self.reworked.running and self._workers and not self._workers.free:
            return FULL
        return self.main.unshowable

    def barred(self, unmasked: bool) -> str | None:
        """Why a viewer with or without the right to see it `unmasked` can be shown nothing, None when something can."""
        if not self.masks or unmasked:
            return self.unshowable
        if not self.masked.running and not (self._workers and self._workers.free):
            return MASK_UNAVAILABLE
        return None

    def shown(self, small: bool = False, unmasked: bool = False) -> Feed:
        """The feed a viewer is shown; `small` for one whose network carries no more, `unmasked` for one with the right to it.

        Masks lie over the main stream alone: without the right a camera with masks has no small one. A small stream that failed is
        left out for `SMALL_AGAIN_S`: its viewers are shown the main one.
        """
        if self.masks and not unmasked:
            return self.masked
        if small and self.small is not None and elapsed() >= self._small_again:
            return self.small
        return self.reworked if self._coded_anew and self.reworked else self.main

    def changed(self, feed: Feed) -> None:
        """A feed's state is another one now. The hub is told of the main stream as it is shown, never of the small one."""
        if feed is self.small:
            if feed.state in ("dead", "password"):
                self._leave_small()
            return
        told = self.reworked if self.reworked and self.reworked.state != "idle" else self.main
        if told.state != self._told:
            self._told = told.state
            self._on_health(told)

    def reworks(self, pull: Pull) -> bool:
        """A stream turned out to need coding anew, or not to need it any more: its viewers go over. False where that is not done."""
        if pull is self.small:
            # A worker for the small stream costs what it is there to save.
            self._leave_small()
            return False
        if self.reworked is None or self._workers is None or not self._workers.limit:
            return False
        self.masked.change()
        with self.main.kept():
            for subscriber in (*self.main.subscribers, *self.reworked.subscribers):
                subscriber.show(small=False)
        return True

    def mask(self, masks: tuple[Polygon, ...]) -> None:
        """Paint these polygons over the picture from now on; none lifts the mask. Every viewer goes over before this returns.

        The masked feed is another one each time, so that nothing of the old one, sent or waiting, passes for the new.
        """
        if masks == self.masks:
            return
        self.masks = masks
        feeds: list[Feed] = [self.main, self.masked, *([self.reworked] if self.reworked else [])]
        watching = [each for feed in feeds for each in feed.subscribers]
        with self.main.kept():
            self.masked.stop()
            self.masked = self._masked()
            for subscriber in watching:
                subscriber.show(small=False)
            for subscriber in self.small.subscribers if self.small else ():
                subscriber.show(small=True)

    def _masked(self) -> Reworked:
        made = Reworked(self.main, lambda: Work(self.main.codec, self.masks), self._workers or Workers(0), lambda _: None)
        made.kind = "masked"
        return made

    @property
    def _coded_anew(self) -> bool:
        return self.main.needs_work is not None

    def _work(self) -> Work:
        return Work(self.main.codec)

    def _leave_small(self) -> None:
        assert self.small is not None
        self._small_again = elapsed() + SMALL_AGAIN_S
        for subscriber in self.small.subscribers:
            subscriber.show(small=True)

    def hold(self, grant: str, seconds: float) -> None:
        """Pull on behalf of `grant` for so many seconds though nobody watches yet."""
        self.main.hold(grant, seconds)

    def held_until(self, grant: str) -> float | None:
        """When the hold of `grant` ends (on the `elapsed` clock); None when it holds nothing now."""
        return self.main.held_until(grant)

    def release(self, grant: str) -> None:
        """End the hold of `grant`."""
        if self.reworked is not None:
            self.reworked.release()
        for pull in self._every():
            pull.release(grant)

    def pause(self, paused: bool) -> None:
        """While paused nobody may watch, so nothing is pulled."""
        if paused and self.reworked is not None:
            self.reworked.release()
        for pull in self._every():
            pull.pause(paused)

    def stop(self) -> None:
        """End every pull and every worker for good."""
        self.masked.stop()
        if self.reworked is not None:
            self.reworked.stop()
        for pull in self._every():
            pull.stop()

    def _every(self) -> Iterator[Pull]:
        yield self.main
        if self.small is not None:
            yield self.small
