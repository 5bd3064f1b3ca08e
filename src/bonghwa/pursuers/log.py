"""A pursuit's log: whatever it was told, one JSON object a line, from which the same pursuit is reckoned again after a crash."""

import json
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any


class Log:
    """Append-only. A line counts once it is whole, with its end: what a process that was killed left of one is cut off.

    A disk that takes nothing ends no pursuit: what it did not take is owed, in order, and written with the next message.
    A crash before that loses of it only what was watched in vain; what people said the hub says again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._owed = bytearray()
        self.trouble: str | None = None
        """Why the disk does not have all that was told; None where it has."""

    def begin(self) -> list[dict[str, Any]]:
        """Open the file and return what it holds; none where it cannot be read."""
        try:
            return self._open()
        except OSError as error:
            self.trouble = str(error)
            return []

    def write(self, message: Mapping[str, Any]) -> None:
        """Append a message, and what is owed before it. Raises nothing; see `trouble`."""
        self._owed += json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            if self._file is None:
                self._open()
            assert self._file is not None, "opening it raises where it is not"
            while self._owed:
                # A disk that fills up takes a part of it: the rest goes on where that ends.
                del self._owed[: self._file.write(self._owed)]
        except OSError as error:
            self.trouble = str(error)
        else:
            self.trouble = None

    def close(self) -> None:
        """Write nothing more."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> list[dict[str, Any]]:
        file = FileIO(self._path, "a+")
        try:
            file.seek(0)
            messages, whole = _whole(file.readall())
            file.truncate(whole)
        except OSError:
            file.close()
            raise
        self._file = file
        return messages


def _whole(held: bytes) -> tuple[list[dict[str, Any]], int]:
    """The messages of the whole lines, up to the first that is none, and how many bytes they are.

    Lines are split as bytes: text may hold what Unicode calls a line's end, and a cut may lie within a character.
    """
    messages: list[dict[str, Any]] = []
    whole = 0
    for line in held.split(b"\n")[:-1]:
        try:
            messages.append(json.loads(line.decode()))
        except ValueError:
            break
        whole += len(line) + 1
    return messages, whole
