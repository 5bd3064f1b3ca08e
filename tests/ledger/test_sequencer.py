"""The sequencer: what it writes, and that no fault at any write loses, doubles or forks an entry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bonghwa.ledger import merkle
from bonghwa.ledger.errors import LedgerBroken, LedgerError, LedgerForked, NoteError
from bonghwa.ledger.proof import subtree_in
from bonghwa.ledger.sequencer import Sequencer
from bonghwa.ledger.store import TileStore
from bonghwa.ledger.verify import verify_tree
from bonghwa.storage.keys import LedgerSigner, ed25519_verifies
from bonghwa.storage.tiles import FileTiles

from .logs import ORIGIN, entries, expected_paths, files_of, new_signer, write_log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileTiles]:
    with FileTiles(tmp_path / "ledger", writing=True) as tiles:
        yield tiles


def open_log(store: TileStore, signer: LedgerSigner) -> Sequencer:
    return Sequencer(store, signer, ORIGIN, ed25519_verifies)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600])
def test_a_log_consists_of_exactly_the_files_that_the_standard_prescribes(store: FileTiles, tmp_path: Path, size: int) -> None:
    open_log(store, new_signer()).append(entries(size))
    folder = tmp_path / "ledger"
    assert {str(path.relative_to(folder)) for path in files_of(folder)} == expected_paths(size)


def test_the_root_does_not_depend_on_how_entries_were_batched(store: FileTiles) -> None:
    sequencer = open_log(store, new_signer())
    sizes = [1, 0, 254, 1, 1, 300, 43]
    for size in sizes:
        sequencer.append(entries(size, sequencer.size))
    assert sequencer.size == 600
    assert sequencer.checkpoint.root == merkle.root_hash([merkle.leaf_hash(entry) for entry in entries(600)])


def test_a_log_of_70000_entries_has_three_levels_and_goes_on_after_a_restart(store: FileTiles) -> None:
    signer = new_signer()
    open_log(store, signer).append(entries(65_535))
    checkpoint = open_log(store, signer).append(entries(4_465, 65_535))
    hashes = [merkle.leaf_hash(entry) for entry in entries(70_000)]
    assert checkpoint.root == merkle.root_hash(hashes)
    assert store.read("tile/2/000.p/1") == merkle.root_hash(hashes[:65_536])
    assert verify_tree(store.read, ed25519_verifies).ok
    in_tiles, in_memory = subtree_in(store.read, 70_000), merkle.subtree_of(hashes)
    for index in (0, 65_535, 65_536, 69_999):
        assert merkle.inclusion_proof(index, 70_000, in_tiles) == merkle.inclusion_proof(index, 70_000, in_memory)
    assert merkle.consistency_proof(257, 70_000, in_tiles) == merkle.consistency_proof(257, 70_000, in_memory)


def test_entries_offered_again_are_passed_over(store: FileTiles) -> None:
    sequencer = open_log(store, new_signer())
    sequencer.append(entries(300), at=0)
    again = sequencer.append(entries(301), at=0)
    assert again.size == 301
    assert sequencer.append(entries(301), at=0) == again


def test_another_entry_for_a_logged_index_is_refused(store: FileTiles) -> None:
    sequencer = open_log(store, new_signer())
    sequencer.append(entries(300))
    with pytest.raises(LedgerForked, match="entry 7:"):
        sequencer.append([b"forged"], at=7)
    assert sequencer.size == 300


def test_a_gap_is_refused(store: FileTiles) -> None:
    with pytest.raises(ValueError, match="the log ends at 0"):
        open_log(store, new_signer()).append(entries(1), at=1)


def test_an_entry_too_long_for_a_bundle_is_refused_before_anything_is_written(store: FileTiles) -> None:
    sequencer = open_log(store, new_signer())
    with pytest.raises(ValueError, match="at most 65535"):
        sequencer.append([*entries(2), bytes(65_536)])
    assert sequencer.append(entries(1)).size == 1


class FailingStore:
    """A store whose n-th write fails: kept or not, an error is all the sequencer learns."""

    def __init__(self, inner: TileStore, fail_at: int, *, kept: bool) -> None:
        self._inner, self._left, self._kept = inner, fail_at, kept

    @property
    def failed(self) -> bool:
        return self._left < 0

    def read(self, path: str) -> bytes | None:
        return self._inner.read(path)

    def write(self, path: str, data: bytes) -> None:
        self._left -= 1
        if self._left == -1:
            if self._kept:
                self._inner.write(path, data)
            raise OSError("the disk is full")
        self._inner.write(path, data)

    def remove(self, path: str) -> None:
        self._inner.remove(path)


# From 255 entries to 600: fills a tile on level 0, begins level 1, and replaces every partial tile. Eight writes.
WRITES = 8


@pytest.mark.parametrize("restart", [False, True], ids=["same process", "new process"])
@pytest.mark.parametrize("kept", [False, True], ids=["not persisted", "persisted but error"])
@pytest.mark.parametrize("fail_at", range(WRITES))
def test_a_fault_at_any_write_leaves_a_log_that_goes_on(store: FileTiles, fail_at: int, kept: bool, restart: bool) -> None:
    signer = new_signer()
    open_log(store, signer).append(entries(255))
    failing = FailingStore(store, fail_at, kept=kept)
    sequencer = open_log(failing, signer)
    with pytest.raises(OSError, match="disk is full"):
        sequencer.append(entries(345, 255), at=255)

    assert verify_tree(store.read, ed25519_verifies, str(signer.key)).ok, "what a reader sees after the fault"
    checkpoint_kept = kept and fail_at == WRITES - 1
    resumed = open_log(store, signer) if restart else sequencer
    assert resumed.size == (600 if checkpoint_kept else 255)

    assert resumed.append(entries(345, 255), at=255).size == 600
    assert resumed.checkpoint.root == merkle.root_hash([merkle.leaf_hash(entry) for entry in entries(600)])
    verdict = verify_tree(store.read, ed25519_verifies, str(signer.key))
    assert (verdict.ok, verdict.size) == (True, 600)


def test_the_fault_table_covers_every_write(store: FileTiles) -> None:
    signer = new_signer()
    open_log(store, signer).append(entries(255))
    beyond = FailingStore(store, WRITES, kept=False)
    open_log(beyond, signer).append(entries(345, 255))
    assert not beyond.failed
    with pytest.raises(OSError, match="disk is full"):
        open_log(beyond, signer).append(entries(1, 600))


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("fail_at", [0, 1])
def test_a_fault_while_a_log_is_begun_leaves_one_that_can_be_begun(store: FileTiles, fail_at: int, kept: bool) -> None:
    signer = new_signer()
    with pytest.raises(OSError, match="disk is full"):
        open_log(FailingStore(store, fail_at, kept=kept), signer)
    assert open_log(store, signer).append(entries(3)).size == 3
    assert verify_tree(store.read, ed25519_verifies).ok


@pytest.mark.parametrize("size", [3, 300])
def test_a_log_with_a_damaged_right_edge_is_not_extended(tmp_path: Path, size: int) -> None:
    signer = write_log(tmp_path, size)
    edge = [path for path in files_of(tmp_path) if ".p" in str(path)]
    for path in edge:
        sound = path.read_bytes()
        path.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        with pytest.raises(LedgerBroken):
            open_log(FileTiles(tmp_path), signer)
        path.write_bytes(sound)
    assert open_log(FileTiles(tmp_path), signer).size == size


def test_the_log_of_another_origin_or_key_is_not_extended(tmp_path: Path) -> None:
    signer = write_log(tmp_path, 3)
    with pytest.raises(NoteError, match="not signed by"):
        open_log(FileTiles(tmp_path), new_signer())
    with pytest.raises(NoteError, match="this is the log of"):
        Sequencer(FileTiles(tmp_path), signer, "another.test/ledger", ed25519_verifies)


def test_after_a_rotation_the_checkpoint_is_signed_anew_with_the_new_key(tmp_path: Path) -> None:
    old, new = write_log(tmp_path, 3), new_signer()
    with FileTiles(tmp_path, writing=True) as store:
        Sequencer(store, new, ORIGIN, ed25519_verifies, retired=[old.key])
        assert verify_tree(store.read, ed25519_verifies, str(new.key)).ok
        assert not verify_tree(store.read, ed25519_verifies, str(old.key)).ok


def test_a_second_writer_is_refused_and_a_reader_is_not(store: FileTiles, tmp_path: Path) -> None:
    open_log(store, new_signer()).append(entries(1))
    with pytest.raises(LedgerError, match="another process is writing"):
        FileTiles(tmp_path / "ledger", writing=True)
    assert verify_tree(FileTiles(tmp_path / "ledger").read, ed25519_verifies).ok


def test_a_reader_with_an_older_checkpoint_keeps_its_ground_while_the_log_grows(store: FileTiles) -> None:
    sequencer = open_log(store, new_signer())
    sequencer.append(entries(300))
    old = {path: store.read(path) for path in expected_paths(300)}
    for size in (1, 100, 500):
        sequencer.append(entries(size, sequencer.size))
        older = {"checkpoint": old["checkpoint"]}
        verdict = verify_tree(lambda path, older=older: older.get(path) or store.read(path), ed25519_verifies)
        assert (verdict.ok, verdict.size) == (True, 300)
