"""Who is on stage: the actors of the drills that run now, read by every scene and changed by the drills."""

from collections.abc import Iterable

from bonghwa.city.scene import Appearance
from bonghwa.city.subjects import Actor


class Stage:
    """Actors of running drills. The tuple is replaced whole, so drawing threads need no lock."""

    def __init__(self) -> None:
        self._actors: tuple[Actor, ...] = ()

    def enter(self, actors: Iterable[Actor]) -> None:
        """Put actors on; each goes by itself when its time ends."""
        self._actors += tuple(actors)

    def clear(self) -> None:
        """Take everybody off."""
        self._actors = ()

    def appearances(self, unix: float) -> list[Appearance]:
        """Everybody to be seen at a moment."""
        actors = self._actors
        if not actors:
            return []
        if any(actor.ends + 60.0 < unix for actor in actors):
            self._actors = tuple(actor for actor in actors if actor.ends + 60.0 >= unix)
        return [appearance for actor in actors if (appearance := actor.appearance(unix)) is not None]
