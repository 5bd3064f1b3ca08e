"""One camera at the gateway: the streams it has and what is made of them, and which of them a viewer is shown."""

from collections.abc import Iterator
from dataclasses import dataclass

from bonghwa.media.feed import Feed
from bonghwa.media.pull import Pull


@dataclass
class Camera:
    """A camera and its feeds. `small` is its second, smaller stream, where it has one."""

    id: str
    main: Pull
    small: Pull | None = None

    @property
    def pulls(self) -> int:
        """How many connections the gateway has, or tries to have, to this camera."""
        return sum(pull.pulled for pull in self._every())

    @property
    def unshowable(self) -> str | None:
        """Why nothing of this camera can be shown, None when it can."""
        return self.main.unshowable

    def shown(self, small: bool = False) -> Feed:
        """The feed a viewer is shown; `small` for one whose network carries no more."""
        return self.small if small and self.small is not None else self.main

    def hold(self, grant: str, seconds: float) -> None:
        """Pull on behalf of `grant` for so many seconds though nobody watches yet."""
        self.main.hold(grant, seconds)

    def held_until(self, grant: str) -> float | None:
        """When the hold of `grant` ends (on the `elapsed` clock); None when it holds nothing now."""
        return self.main.held_until(grant)

    def release(self, grant: str) -> None:
        """End the hold of `grant`."""
        for pull in self._every():
            pull.release(grant)

    def pause(self, paused: bool) -> None:
        """While paused nobody may watch, so nothing is pulled."""
        for pull in self._every():
            pull.pause(paused)

    def stop(self) -> None:
        """End every pull for good."""
        for pull in self._every():
            pull.stop()

    def _every(self) -> Iterator[Pull]:
        yield self.main
        if self.small is not None:
            yield self.small
