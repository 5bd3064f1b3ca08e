"""Where a log is kept: the contract that every tile store fulfils."""

from typing import Protocol


class TileStore(Protocol):
    """Files of one log by their path in the log (`checkpoint`, `vkey`, `tile/0/000.p/3`).

    One sequencer writes; an implementation refuses a second writer when it is opened. Any number may read at
    the same time. Paths are made by this package, never by a caller from outside.
    """

    def read(self, path: str) -> bytes | None:
        """The bytes last written at `path`, whole, or None when there are none.

        A partial tile that was removed because it grew is answered from its wider version, so a reader that
        holds an older checkpoint keeps its ground. Raises OSError when the medium fails.
        """
        ...

    def write(self, path: str, data: bytes) -> None:
        """Put `data` at `path`, replacing what was there.

        Atomic: a reader sees the old bytes or the new, never a mixture, also after a crash. Durable on return.
        Raises OSError when that cannot be promised; the bytes may have been kept all the same, so the caller
        writes the same again after finding out where it stands (`Sequencer` does).
        """
        ...

    def remove(self, path: str) -> None:
        """Forget `path`; nothing happens when it is not there. Need not be durable: an old tile found again is harmless."""
        ...
