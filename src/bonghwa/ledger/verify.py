"""Recompute a whole log from its entries upwards and name the first one that the log does not prove."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bonghwa.ledger.checkpoint import CHECKPOINT_PATH, VKEY_PATH, Checkpoint, open_checkpoint
from bonghwa.ledger.errors import NoteError, TileError
from bonghwa.ledger.merkle import EMPTY_ROOT, HASH_SIZE, fold, leaf_hash, peaks, root_hash
from bonghwa.ledger.note import VerifierKey, VerifySignature
from bonghwa.ledger.tile import TILE_WIDTH, Tile, read_entries

Read = Callable[[str], bytes | None]
"""The bytes at a path of the log, None when there are none."""


@dataclass(frozen=True)
class Verdict:
    """What verification found. `first_bad` is the lowest entry that is not proven; `text` says it for people.

    When the checkpoint itself cannot be believed nothing is proven, so `first_bad` is 0. `pinned` is False
    when the key came from the log itself, which proves only that the log agrees with itself.
    """

    ok: bool
    size: int
    first_bad: int | None
    text: str
    pinned: bool


@dataclass(frozen=True)
class Finding:
    """One disagreement: the first entry it touches, where it was found and what is wrong."""

    entry: int
    path: str
    problem: str


def verify_tree(read: Read, verify: VerifySignature, vkey: str | None = None) -> Verdict:
    """Verify the log behind `read` under `vkey`, or under the key that the log publishes when none is pinned.

    Every hash is computed again from the entry bundles and compared with every stored tile and with the
    signed checkpoint. Raises only what `read` raises.
    """
    pinned = vkey is not None
    try:
        key = VerifierKey.parse(vkey) if vkey is not None else _published_key(read)
        note = read(CHECKPOINT_PATH)
        if note is None:
            raise NoteError("checkpoint: there is none")
        checkpoint, _ = open_checkpoint(note, [key], verify)
    except NoteError as error:
        return Verdict(False, 0, 0, f"nothing is proven, from entry 0 on: {error}", pinned)
    findings = _Walk(read).all(checkpoint)
    if not findings:
        return Verdict(True, checkpoint.size, None, f"all {checkpoint.size} entries verify under {key}", pinned)
    first = min(findings, key=lambda finding: finding.entry)
    return Verdict(False, checkpoint.size, first.entry, f"first bad entry {first.entry}: {first.path}: {first.problem}", pinned)


def _published_key(read: Read) -> VerifierKey:
    data = read(VKEY_PATH)
    if data is None:
        raise NoteError("verifier key: the log publishes none, and none was given")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("verifier key: not UTF-8") from error
    if not text.endswith("\n"):
        raise NoteError("verifier key: the file does not end in a newline")
    return VerifierKey.parse(text[:-1])


@dataclass
class _Level:
    """Hashes of the tile being filled at one level: as computed from below, and as stored."""

    index: int = 0
    computed: list[tuple[bytes, ...]] = field(default_factory=list)


class _Walk:
    """One pass over the entries, tile by tile, carrying hashes up as tiles fill.

    Where a stored hash differs from the computed one, either may be the damaged one. Both are carried one
    level up: if either leads to what is stored there, the damage stays pinned to its own place.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._levels: list[_Level] = []
        self._findings: list[Finding] = []

    def all(self, checkpoint: Checkpoint) -> list[Finding]:
        for index in range(-(-checkpoint.size // TILE_WIDTH)):
            self._bundle(index, min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH))
        tops: list[bytes] = []
        for level in reversed(range(len(self._levels))):
            if self._levels[level].computed:
                tops += peaks(self._settle(level))
        root = fold(tops) if tops else EMPTY_ROOT
        if root != checkpoint.root and not self._findings:
            self._findings.append(Finding(0, CHECKPOINT_PATH, "the entries and tiles hash to another root than the signed one"))
        return self._findings

    def _bundle(self, index: int, width: int) -> None:
        tile = Tile(-1, index, width)
        hashes: list[bytes] = []
        data = self._read(tile.path)
        try:
            if data is None:
                raise TileError("missing")
            for entry in read_entries(data):
                if len(hashes) == width:
                    raise TileError(f"holds more than {width} entries")
                hashes.append(leaf_hash(entry))
            if len(hashes) < width:
                raise TileError(f"holds {len(hashes)} of {width} entries")
        except TileError as error:
            # A broken length shifts what follows it: the first entry that hashes wrong is nearer the damage.
            self._find(self._first_difference(hashes, index, width), tile, str(error))
        for at in range(width):
            self._push(0, (hashes[at],) if at < len(hashes) else ())

    def _first_difference(self, hashes: list[bytes], index: int, width: int) -> int:
        stored = self._stored(Tile(0, index, width))
        for at, computed in enumerate(hashes[:width]):
            if at < len(stored) and stored[at] != computed:
                return index * TILE_WIDTH + at
        return index * TILE_WIDTH + min(len(hashes), width - 1)

    def _push(self, level: int, candidates: tuple[bytes, ...]) -> None:
        if level == len(self._levels):
            self._levels.append(_Level())
        row = self._levels[level]
        row.computed.append(candidates)
        if len(row.computed) == TILE_WIDTH:
            computed = [found[0] if found else b"" for found in row.computed]
            stored = self._settle(level)
            row.index, row.computed = row.index + 1, []
            self._push(level + 1, tuple({root_hash(stored): None, root_hash(computed): None}))

    def _settle(self, level: int) -> list[bytes]:
        """Compare the row of `level` with its stored tile, note what differs, and answer what is stored."""
        row = self._levels[level]
        tile = Tile(level, row.index, len(row.computed))
        stored = self._stored(tile)
        if len(stored) != tile.width:
            self._find(tile.first_entry, tile, "missing, or not the length of its hashes")
            return [found[0] if found else bytes(HASH_SIZE) for found in row.computed]
        for at, candidates in enumerate(row.computed):
            if stored[at] not in candidates:
                below = Tile(level - 1, row.index * TILE_WIDTH + at).path if level else Tile(-1, row.index, tile.width).path
                what = f"does not agree with {below}"
                self._find(tile.first_entry + (at << 8 * level), tile, what)
        return stored

    def _stored(self, tile: Tile) -> list[bytes]:
        data = self._read(tile.path)
        if data is None or len(data) % HASH_SIZE:
            return []
        return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]

    def _find(self, entry: int, tile: Tile, problem: str) -> None:
        self._findings.append(Finding(entry, tile.path, problem))
