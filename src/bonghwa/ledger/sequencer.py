"""The one writer of a log: takes entries in order, writes tiles, then the checkpoint that makes them count.

Order is everything: bundles, then hash tiles, then the checkpoint. A crash before the checkpoint leaves tiles
that no checkpoint speaks of, which the next append writes again in the same places; a crash after it loses
nothing. The caller feeds entries from rows it has committed, from `size` on, so nothing is ever skipped.
"""

from collections.abc import Sequence

from bonghwa.ledger.checkpoint import CHECKPOINT_PATH, VKEY_PATH, Checkpoint, open_checkpoint
from bonghwa.ledger.errors import LedgerBroken, LedgerForked, NoteError, TileError
from bonghwa.ledger.merkle import EMPTY_ROOT, fold, leaf_hash, peaks, root_hash
from bonghwa.ledger.note import Signer, VerifierKey, VerifySignature
from bonghwa.ledger.store import TileStore
from bonghwa.ledger.tile import (
    MAX_ENTRY,
    TILE_WIDTH,
    Tile,
    pack_entries,
    pack_hashes,
    right_edge,
    unpack_entries,
    unpack_hashes,
)


class Sequencer:
    """Extends one log. Not for use by several threads at once: one writer owns it."""

    def __init__(
        self,
        store: TileStore,
        signer: Signer,
        origin: str,
        verify: VerifySignature,
        retired: Sequence[VerifierKey] = (),
    ) -> None:
        """Open the log in `store`, or begin it with an empty checkpoint.

        `origin` names the log in its checkpoints. `retired` are keys that signed before a rotation: a
        checkpoint of theirs is accepted here and signed anew. Raises LedgerBroken when the stored log does
        not hold together, NoteError when its checkpoint is not ours.
        """
        self._store, self._signer, self._origin = store, signer, origin
        self._verify, self._retired = verify, tuple(retired)
        self._checkpoint = Checkpoint(origin, 0, EMPTY_ROOT)
        self._levels: list[list[bytes]] = []
        self._bundle: list[bytes] = []
        self._stale = True
        self._recover()

    @property
    def checkpoint(self) -> Checkpoint:
        """The last checkpoint that is durable."""
        self._ensure_fresh()
        return self._checkpoint

    @property
    def size(self) -> int:
        """How many entries the log holds; the next entry gets this index."""
        return self.checkpoint.size

    def append(self, entries: Sequence[bytes], *, at: int | None = None) -> Checkpoint:
        """Add `entries` in order and answer the durable checkpoint that covers them.

        `at` is the index of the first of them; those that the log holds already are compared and passed over,
        so repeating an append after an error or a crash is safe. Raises LedgerForked when a logged entry
        differs, ValueError when `at` leaves a gap or an entry is over 65,535 bytes, and OSError when the
        store fails: the log is then read anew before anything else.
        """
        self._ensure_fresh()
        for entry in entries:
            if len(entry) > MAX_ENTRY:
                raise ValueError(f"entry of {len(entry)} bytes: a log entry has at most {MAX_ENTRY}")
        new = entries if at is None else entries[self._logged(entries, at) :]
        if new:
            self._stale = True
            self._extend(new)
            self._stale = False
        return self._checkpoint

    def _ensure_fresh(self) -> None:
        """After an error nobody knows which writes were kept: only the store does."""
        if self._stale:
            self._recover()

    def _recover(self) -> None:
        note = self._store.read(CHECKPOINT_PATH)
        if note is None:
            self._checkpoint, self._levels, self._bundle = Checkpoint(self._origin, 0, EMPTY_ROOT), [], []
            self._publish(self._checkpoint)
        else:
            self._load(note)
        self._stale = False

    def _load(self, note: bytes) -> None:
        keys = (self._signer.key, *self._retired)
        checkpoint, key = open_checkpoint(note, keys, self._verify)
        if checkpoint.origin != self._origin:
            raise NoteError(f"checkpoint: this is the log of {checkpoint.origin!r}, not of {self._origin!r}")
        self._levels, self._bundle = self._read_edge(checkpoint.size)
        if self._root() != checkpoint.root:
            raise LedgerBroken(f"the right edge of the log does not hash to its checkpoint of {checkpoint.size} entries")
        self._checkpoint = checkpoint
        if key != self._signer.key or self._store.read(VKEY_PATH) != self._vkey_file():
            self._publish(checkpoint)

    def _read_edge(self, size: int) -> tuple[list[list[bytes]], list[bytes]]:
        """The hashes of the tiles that are not full, by level, and the entries of the last bundle."""
        depth = (size.bit_length() + 7) // 8
        levels: list[list[bytes]] = [[] for _ in range(depth)]
        bundle: list[bytes] = []
        for tile in right_edge(size):
            data = self._store.read(tile.path)
            try:
                if data is None:
                    raise TileError("missing")
                if tile.level < 0:
                    bundle = unpack_entries(data, tile.width)
                else:
                    levels[tile.level] = unpack_hashes(data, tile.width)
            except TileError as error:
                raise LedgerBroken(f"{tile.path}: {error}") from error
        if levels and [leaf_hash(entry) for entry in bundle] != levels[0]:
            raise LedgerBroken("the entries of the last bundle do not hash to its tile")
        return levels, bundle

    def _logged(self, entries: Sequence[bytes], at: int) -> int:
        """How many of `entries`, the first at index `at`, are in the log already. Raises LedgerForked when one differs."""
        size = self._checkpoint.size
        if not 0 <= at <= size:
            raise ValueError(f"at {at}: the log ends at {size}")
        known = min(size - at, len(entries))
        bundles: dict[int, list[bytes]] = {}
        for index in range(at, at + known):
            number, within = divmod(index, TILE_WIDTH)
            if number not in bundles:
                bundles[number] = self._read_bundle(number)
            if bundles[number][within] != entries[index - at]:
                raise LedgerForked(f"entry {index}: the log holds another entry at this index")
        return known

    def _read_bundle(self, number: int) -> list[bytes]:
        tile = Tile(-1, number, min(TILE_WIDTH, self._checkpoint.size - number * TILE_WIDTH))
        data = self._store.read(tile.path)
        if data is None:
            raise LedgerBroken(f"{tile.path}: missing")
        return unpack_entries(data, tile.width)

    def _extend(self, entries: Sequence[bytes]) -> None:
        old = self._checkpoint.size
        for entry in entries:
            self._add(entry, old)
            old += 1
        for tile in right_edge(old):
            data = pack_entries(self._bundle) if tile.level < 0 else pack_hashes(self._levels[tile.level])
            self._store.write(tile.path, data)
        before, self._checkpoint = self._checkpoint, Checkpoint(self._origin, old, self._root())
        self._publish(self._checkpoint)
        for tile in set(right_edge(before.size)) - set(right_edge(old)):
            self._store.remove(tile.path)

    def _add(self, entry: bytes, index: int) -> None:
        """Put one entry at the right edge, writing every tile that it fills, from the bundle upwards."""
        self._bundle.append(entry)
        if len(self._bundle) == TILE_WIDTH:
            self._store.write(Tile(-1, index // TILE_WIDTH).path, pack_entries(self._bundle))
            self._bundle = []
        level, carried = 0, leaf_hash(entry)
        while True:
            if level == len(self._levels):
                self._levels.append([])
            hashes = self._levels[level]
            hashes.append(carried)
            if len(hashes) < TILE_WIDTH:
                return
            self._store.write(Tile(level, index >> (8 * (level + 1))).path, pack_hashes(hashes))
            carried, self._levels[level] = root_hash(hashes), []
            level += 1

    def _root(self) -> bytes:
        tops = [peak for hashes in reversed(self._levels) for peak in peaks(hashes)]
        return fold(tops) if tops else EMPTY_ROOT

    def _publish(self, checkpoint: Checkpoint) -> None:
        """The public key first: a checkpoint is never there without the key that it verifies under."""
        if self._store.read(VKEY_PATH) != self._vkey_file():
            self._store.write(VKEY_PATH, self._vkey_file())
        self._store.write(CHECKPOINT_PATH, checkpoint.signed(self._signer))

    def _vkey_file(self) -> bytes:
        return f"{self._signer.key}\n".encode()
