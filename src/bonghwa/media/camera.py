"""One camera at the gateway: the streams it has and what is made of them, and which of them a viewer is shown."""

from collections.abc import Callable, Iterator

from bonghwa.media.clock import elapsed
from bonghwa.media.feed import Feed, Health
from bonghwa.media.pull import Pull
from bonghwa.media.reworked import FULL, Reworked, Workers
from bonghwa.media.worker import Work

SMALL_AGAIN_S = 30.0


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
        self._workers = workers
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

    def shown(self, small: bool = False) -> Feed:
        """The feed a viewer is shown; `small` for one whose network carries no more.

        A small stream that failed is left out for `SMALL_AGAIN_S`: its viewers are shown the main one.
        """
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
        with self.main.kept():
            for subscriber in (*self.main.subscribers, *self.reworked.subscribers):
                subscriber.show(small=False)
        return True

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
        if self.reworked is not None:
            self.reworked.stop()
        for pull in self._every():
            pull.stop()

    def _every(self) -> Iterator[Pull]:
        yield self.main
        if self.small is not None:
            yield self.small
