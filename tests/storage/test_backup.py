"""Backup while the log grows, and restore: whole or not at all."""

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from bonghwa.cli import backup as backup_command
from bonghwa.cli import keys as keys_command
from bonghwa.cli import restore as restore_command
from bonghwa.ledger.sequencer import Sequencer
from bonghwa.media.enrolment import b64url
from bonghwa.storage.backup import BackupRefused, back_up, restore
from bonghwa.storage.keys import KeyPurpose, KeyRing, LedgerSigner, ed25519_verifies
from bonghwa.storage.tiles import FileTiles

ORIGIN = "bonghwa.test/ledger"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder: keys, a ledger of 300 entries, a database with one row in its write-ahead log."""
    folder = tmp_path / "data"
    signer = LedgerSigner(ORIGIN, KeyRing.open(folder)[KeyPurpose.LEDGER])
    with FileTiles(folder / "ledger", writing=True) as tiles:
        Sequencer(tiles, signer, ORIGIN, ed25519_verifies).append([f"entry {n}".encode() for n in range(300)])
    with closing(sqlite3.connect(folder / "bonghwa.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE incidents (id TEXT)")
        database.execute("INSERT INTO incidents VALUES ('one')")
        database.commit()
    return folder


def rows(folder: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "bonghwa.db")) as database:
        return database.execute("SELECT id FROM incidents").fetchall()


def test_a_backup_holds_the_gateways_sources_but_no_clip_which_it_would_outlive(data: Path, tmp_path: Path) -> None:
    gateway = data / "gateways" / "gw1"
    (gateway / "clips").mkdir(parents=True)
    (gateway / "clips" / "clp_1.mp4").write_bytes(b"a clip")
    (gateway / "sources.enc").write_bytes(b"sealed")
    back_up(data, tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        kept = [name for name in archive.getnames() if "gateways" in name]
    assert [name.rpartition("/")[2] for name in kept] == ["sources.enc"]


def test_a_backup_holds_no_pursuit_reckoning_which_it_would_outlive_either(data: Path, tmp_path: Path) -> None:
    (data / "pursuits").mkdir()
    (data / "pursuits" / "pur_1.jsonl").write_text("{}")
    back_up(data, tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        assert [name for name in archive.getnames() if "pursuit" in name] == []


def test_a_restored_folder_has_the_rows_the_keys_and_a_ledger_that_verifies(data: Path, tmp_path: Path) -> None:
    made = back_up(data, tmp_path / "backup.tar.gz")
    verdict = restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    assert made["entries"] == 300
    assert verdict is not None
    assert (verdict.ok, verdict.size) == (True, 300)
    assert rows(tmp_path / "again") == [("one",)]
    assert KeyRing.open(tmp_path / "again")[KeyPurpose.TICKETS].public_bytes == KeyRing.open(data)[KeyPurpose.TICKETS].public_bytes


def test_a_backup_is_readable_by_its_owner_only_and_so_is_what_it_restores(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup.tar.gz")
    restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    assert (tmp_path / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "again").rglob("*") if path.is_file()} == {0}
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700


def test_an_uncommitted_row_of_a_running_hub_is_not_in_the_copy(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "bonghwa.db")) as hub:
        hub.execute("INSERT INTO incidents VALUES ('half')")
        back_up(data, tmp_path / "backup.tar.gz")
    restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    assert rows(tmp_path / "again") == [("one",)]


def test_a_restore_never_overwrites(data: Path, tmp_path: Path) -> None:
    back_up(data, tmp_path / "backup.tar.gz")
    with pytest.raises(BackupRefused, match="not empty"):
        restore(tmp_path / "backup.tar.gz", data)
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(data, tmp_path / "backup.tar.gz")


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "without manifest"])
def test_a_broken_backup_restores_nothing(data: Path, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "backup.tar.gz"
    back_up(data, file)
    whole = file.read_bytes()
    if damage == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif damage == "flipped":
        file.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
    elif damage == "foreign":
        file.write_bytes(b"not a backup")
    else:
        with tarfile.open(file, "w:gz") as archive:
            archive.add(data / "bonghwa.db", "bonghwa.db")
    with pytest.raises(BackupRefused):
        restore(file, tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "data"]


def test_a_backup_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil").write_text("x")
    with tarfile.open(tmp_path / "backup.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "evil", "../outside")
    with pytest.raises(BackupRefused, match="outside"):
        restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def test_a_ledger_with_a_missing_tile_is_not_backed_up_in_silence(data: Path, tmp_path: Path) -> None:
    (data / "ledger" / "tile" / "0" / "000").unlink()
    with pytest.raises(BackupRefused, match=r"tile/0/000: missing"):
        back_up(data, tmp_path / "backup.tar.gz")


def test_the_commands_say_what_they_did(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, again = str(tmp_path / "backup.tar.gz"), str(tmp_path / "again")
    assert backup_command.run([file, "--data", str(data)]) == 0
    assert "ledger of 300 entries" in capsys.readouterr().out
    assert restore_command.run([file, "--data", again]) == 0
    assert "all 300 entries verify" in capsys.readouterr().out
    assert restore_command.run([file, "--data", again]) == 1
    assert "not empty" in capsys.readouterr().err
    assert backup_command.run([file, "--data", str(tmp_path / "nowhere")]) == 1
    assert "no bonghwa.db" in capsys.readouterr().err


def test_the_key_command_rotates_one_key_and_shows_no_private_half(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = KeyRing.open(data)
    assert keys_command.run(["rotate", "ledger", "--data", str(data)]) == 0
    after, said = KeyRing.open(data), capsys.readouterr().out
    assert after[KeyPurpose.LEDGER].public_bytes != before[KeyPurpose.LEDGER].public_bytes
    assert after[KeyPurpose.TICKETS].public_bytes == before[KeyPurpose.TICKETS].public_bytes
    assert b64url(after[KeyPurpose.LEDGER].public_bytes) in said
    private = after[KeyPurpose.LEDGER].private.private_bytes_raw()
    assert (b64url(private) in said, private.hex() in said) == (False, False)
