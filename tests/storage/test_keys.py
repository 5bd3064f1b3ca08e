"""The four signing keys of a data folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bonghwa.storage.keys import KeyFileError, KeyPurpose, KeyRing, LedgerSigner, ed25519_verifies

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_every_purpose_has_its_own_key_that_only_its_owner_may_read(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    assert len({ring[purpose].public_bytes for purpose in KeyPurpose}) == 4
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["agreements.pem", "enrolment.pem", "ledger.pem", "tickets.pem"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_the_keys_are_the_same_when_the_folder_is_opened_again(tmp_path: Path) -> None:
    first, again = KeyRing.open(tmp_path), KeyRing.open(tmp_path)
    assert [first[p].public_bytes for p in KeyPurpose] == [again[p].public_bytes for p in KeyPurpose]


def test_a_key_shows_nothing_of_itself(tmp_path: Path) -> None:
    assert repr(KeyRing.open(tmp_path)[KeyPurpose.TICKETS]) == "SigningKey(tickets)"


def test_a_rotated_key_signs_anew_and_its_public_half_is_kept(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    old = ring[KeyPurpose.TICKETS].public_bytes
    new = ring.rotate(KeyPurpose.TICKETS, NOON)
    assert ring.retired(KeyPurpose.TICKETS) == [old]
    assert ring.retired(KeyPurpose.LEDGER) == []
    assert KeyRing.open(tmp_path)[KeyPurpose.TICKETS].public_bytes == new.public_bytes != old
    assert b"PRIVATE" not in b"".join(file.read_bytes() for file in (tmp_path / "keys" / "retired").iterdir())


def test_retired_keys_come_newest_first(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    first = ring[KeyPurpose.LEDGER].public_bytes
    second = ring.rotate(KeyPurpose.LEDGER, NOON).public_bytes
    ring.rotate(KeyPurpose.LEDGER, NOON.replace(hour=13))
    assert ring.retired(KeyPurpose.LEDGER) == [second, first]


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    KeyRing.open(tmp_path)
    (tmp_path / "keys" / "ledger.pem").chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read it"):
        KeyRing.open(tmp_path)


def test_a_broken_or_foreign_key_file_is_refused(tmp_path: Path) -> None:
    KeyRing.open(tmp_path)
    path = tmp_path / "keys" / "ledger.pem"
    path.write_bytes(b"nonsense")
    with pytest.raises(KeyFileError, match="not a private key"):
        KeyRing.open(tmp_path)
    path.write_bytes(generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(KeyFileError, match="not an Ed25519 key"):
        KeyRing.open(tmp_path)


def test_a_signature_is_good_for_its_message_and_key_only(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    key, other = ring[KeyPurpose.LEDGER], ring[KeyPurpose.TICKETS]
    signature = key.sign(b"message")
    assert ed25519_verifies(key.public_bytes, signature, b"message")
    assert not ed25519_verifies(key.public_bytes, signature, b"massage")
    assert not ed25519_verifies(other.public_bytes, signature, b"message")
    assert not ed25519_verifies(b"short", b"", b"message")


def test_only_the_ledger_key_signs_checkpoints(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    assert LedgerSigner("a.test/ledger", ring[KeyPurpose.LEDGER]).key.public_key == ring[KeyPurpose.LEDGER].public_bytes
    with pytest.raises(ValueError, match="not with that for tickets"):
        LedgerSigner("a.test/ledger", ring[KeyPurpose.TICKETS])
