"""A copy of a data folder in one file, made while the hub runs, and a data folder made from such a copy.

The ledger is copied first, up to its checkpoint, and the database after it: the database then holds every row that the
ledger speaks of, and a hub that starts on the copy logs the rest. The other way round the ledger would know entries
that the database never heard of.
"""

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bonghwa.ledger.checkpoint import CHECKPOINT_PATH, VKEY_PATH, Checkpoint
from bonghwa.ledger.note import split_note
from bonghwa.ledger.tile import tiles_of
from bonghwa.ledger.verify import Verdict, verify_tree
from bonghwa.storage.keys import ed25519_verifies
from bonghwa.storage.tiles import FileTiles

DATABASE = "bonghwa.db"
MANIFEST = "MANIFEST.json"
_FORM = 1
_KEPT_FOLDERS = ("keys", "gateways", "rejects")
"""What is copied besides database and ledger. Logs and the files of one start are not; nor is `pursuits`: a copy of who was believed to be
where would outlive its destroying, and the facts a pursuit is reckoned again from are in the database."""


class BackupRefused(Exception):
    """The folder cannot be copied or the copy cannot be used; the text says what is wrong."""


def back_up(data: Path, target: Path) -> dict[str, int]:
    """Copy the data folder into the new file `target`, mode 0600: it holds keys. Answers files, bytes and ledger entries.

    Raises BackupRefused when `data` holds no database or `target` exists.
    """
    if not (data / DATABASE).exists():
        raise BackupRefused(f"{data}: no {DATABASE} here; a PostgreSQL database is copied with pg_dump, after the ledger folder")
    try:
        target.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise BackupRefused(f"{target}: exists already") from None
    hashes: dict[str, str] = {}
    total = 0
    with tarfile.open(target, "w:gz", compresslevel=6) as archive:
        for name, content in _contents(data):
            hashes[name] = hashlib.sha256(content).hexdigest()
            total += len(content)
            _add(archive, name, content)
        _add(archive, MANIFEST, json.dumps({"form": _FORM, "sha256": hashes}, indent=1).encode())
    entries = _ledger_size(FileTiles(data / "ledger"))
    return {"files": len(hashes), "bytes": total, "entries": entries}


def restore(source: Path, data: Path) -> Verdict | None:
    """Make the data folder `data`, which must be empty or missing, from a backup; answers how its ledger verifies.

    Raises BackupRefused when the file is broken or not a backup; `data` is then left as it was.
    """
    if data.exists() and any(data.iterdir()):
        raise BackupRefused(f"{data}: not empty")
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{data.name}-", dir=data.parent) as beside:
        whole = Path(beside) / "whole"
        whole.mkdir(mode=0o700)
        try:
            with tarfile.open(source, "r:gz") as archive:
                archive.extractall(whole, filter=_private)  # noqa: S202  # the filter refuses what leads out
        except (tarfile.TarError, EOFError, OSError) as error:
            raise BackupRefused(f"{source}: {error}") from error
        _check(whole, source)
        (whole / MANIFEST).unlink()
        if data.exists():
            data.rmdir()
        whole.rename(data)
    ledger = data / "ledger"
    return verify_tree(FileTiles(ledger).read, ed25519_verifies) if ledger.exists() else None


def _contents(data: Path) -> Iterator[tuple[str, bytes]]:
    tiles = FileTiles(data / "ledger")
    note = tiles.read(CHECKPOINT_PATH)
    if note is not None:
        yield from ((f"ledger/{path}", content) for path, content in _ledger(tiles, note))
    yield DATABASE, _database(data / DATABASE)
    for folder in _KEPT_FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and path.parent.name != "clips":  # a copy of a clip would outlive its erasing
                yield str(path.relative_to(data)), path.read_bytes()


def _ledger(tiles: FileTiles, note: bytes) -> Iterator[tuple[str, bytes]]:
    """The log as its checkpoint states it, however far it has grown meanwhile."""
    yield CHECKPOINT_PATH, note
    yield VKEY_PATH, tiles.read(VKEY_PATH) or b""
    for tile in tiles_of(_size(note)):
        content = tiles.read(tile.path)
        if content is None:
            raise BackupRefused(f"ledger/{tile.path}: missing; verify the ledger first")
        yield tile.path, content


def _size(note: bytes) -> int:
    return Checkpoint.parse(split_note(note)[0]).size


def _ledger_size(tiles: FileTiles) -> int:
    note = tiles.read(CHECKPOINT_PATH)
    return _size(note) if note else 0


def _database(path: Path) -> bytes:
    """A consistent copy by SQLite's own online backup."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
        return copy.read_bytes()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _private(entry: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Python's own filter against paths that lead out, and files that only their owner reads."""
    safe = tarfile.data_filter(entry, folder)
    return safe.replace(mode=0o600) if safe.isfile() else safe


def _check(folder: Path, source: Path) -> None:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise BackupRefused(f"{source}: no manifest: not a whole backup") from error
    if manifest.get("form") != _FORM:
        raise BackupRefused(f"{source}: a backup of another form ({manifest.get('form')})")
    for name, stated in manifest["sha256"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != stated:
            raise BackupRefused(f"{source}: {name} is missing or changed")
