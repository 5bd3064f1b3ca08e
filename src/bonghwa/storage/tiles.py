"""A transparency log in a folder: one file a tile, durable when written, one writer."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from bonghwa.ledger.errors import LedgerError, TileError
from bonghwa.ledger.tile import Tile, narrow, parse_path

_LOCK = ".lock"
_TEMPORARY = ".new"


class FileTiles:
    """`TileStore` over `folder`. Opened for writing it holds a lock until `close`; reading needs none."""

    def __init__(self, folder: Path, *, writing: bool = False) -> None:
        """Use `folder`, made when `writing`. Raises LedgerError when another process is writing there."""
        self._folder = folder
        self._lock: int | None = None
        self._known: set[Path] = set()
        if writing:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(folder / _LOCK)
            _remove_leftovers(folder)

    def read(self, path: str) -> bytes | None:
        """See `TileStore.read`."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return self._read_wider(path)

    def write(self, path: str, data: bytes) -> None:
        """See `TileStore.write`: a temporary file, fsync, rename, fsync of every folder that changed."""
        if self._lock is None:
            raise LedgerError(f"{self._folder} was opened for reading only")
        target = self._folder / path
        changed = self._make_folders(target.parent)
        temporary = target.with_name(target.name + _TEMPORARY)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        for folder in changed:
            _sync_folder(folder)

    def remove(self, path: str) -> None:
        """See `TileStore.remove`."""
        (self._folder / path).unlink(missing_ok=True)

    def close(self) -> None:
        """Let another process write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make_folders(self, folder: Path) -> list[Path]:
        """Make `folder` and answer it with those above it whose entries changed, deepest first."""
        changed = [folder]
        for above in (folder, *folder.parents):
            if above in self._known or above == self._folder or above.is_dir():
                break
            changed.append(above.parent)
        folder.mkdir(parents=True, exist_ok=True)
        self._known.add(folder)
        return changed

    def _read_wider(self, path: str) -> bytes | None:
        """The partial tile at `path` as the beginning of the version that took its place."""
        try:
            tile = parse_path(path)
        except TileError:
            return None
        for width in self._wider_widths(tile):
            try:
                data = (self._folder / Tile(tile.level, tile.index, width).path).read_bytes()
            except FileNotFoundError:
                continue  # it grew meanwhile
            return narrow(tile, data)
        return None

    def _wider_widths(self, tile: Tile) -> Iterator[int]:
        if tile.full:
            return
        partials = (self._folder / tile.path).parent
        names = [name for name in _names(partials) if name.isdecimal()]
        yield from sorted(int(name) for name in names if int(name) > tile.width)
        yield 256


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _lock(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise LedgerError(f"{path.parent}: another process is writing this log") from error
    return lock


def _remove_leftovers(folder: Path) -> None:
    """A crash between writing and renaming leaves a temporary file that no path leads to."""
    for leftover in folder.rglob(f"*{_TEMPORARY}"):
        leftover.unlink()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
