"""The four signing keys of a hub: Ed25519 (RFC 8032), one file each in DATA/keys, readable by the owner alone."""

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bonghwa.ledger.note import VerifierKey


class KeyPurpose(StrEnum):
    """What a key signs. A key of one purpose is never used for another."""

    TICKETS = "tickets"
    LEDGER = "ledger"
    ENROLMENT = "enrolment"
    AGREEMENTS = "agreements"


class KeyFileError(Exception):
    """A key file that is unsafe (readable by others) or does not hold an Ed25519 key."""


class SigningKey:
    """One private key. It has no text form: neither repr nor log shows more than its purpose."""

    def __init__(self, purpose: KeyPurpose, private: Ed25519PrivateKey) -> None:
        self.purpose = purpose
        self.private = private

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature (64 bytes) over `message`."""
        return self.private.sign(message)

    def private_pem(self) -> bytes:
        """The private key as PKCS#8 PEM, for libraries that take no key object."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def __repr__(self) -> str:
        return f"SigningKey({self.purpose.value})"


class LedgerSigner:
    """`Signer` of checkpoints: the ledger key under the name of the log."""

    def __init__(self, name: str, key: SigningKey) -> None:
        """`name` is the origin of the log. Raises ValueError for a key of another purpose."""
        if key.purpose is not KeyPurpose.LEDGER:
            raise ValueError(f"a checkpoint is signed with the ledger key, not with that for {key.purpose.value}")
        self._key = key
        self.key = VerifierKey(name, key.public_bytes)

    def sign(self, message: bytes) -> bytes:
        """See `Signer.sign`."""
        return self._key.sign(message)


class KeyRing:
    """The keys of one data folder."""

    def __init__(self, data_dir: Path, keys: dict[KeyPurpose, SigningKey]) -> None:
        self._folder = data_dir / "keys"
        self._keys = keys

    @classmethod
    def open(cls, data_dir: Path) -> Self:
        """Load the keys of `data_dir`, making those that are missing. Raises KeyFileError for an unsafe or broken file."""
        folder = data_dir / "keys"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(data_dir, {purpose: _load_or_make(folder, purpose) for purpose in KeyPurpose})

    def __getitem__(self, purpose: KeyPurpose) -> SigningKey:
        return self._keys[purpose]

    def rotate(self, purpose: KeyPurpose, now: datetime) -> SigningKey:
        """Replace the key of `purpose`, destroying the private half of the old one and keeping its public half.

        A running hub goes on with the old key until it starts again.
        """
        retired = self._folder / "retired"
        retired.mkdir(exist_ok=True, mode=0o700)
        old = self._keys[purpose]
        name = f"{purpose.value}-{now:%Y%m%dT%H%M%S}-{old.public_bytes.hex()[:8]}.pem"
        public = old.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write_private(retired / name, public)
        self._keys[purpose] = _make(self._folder, purpose)
        return self._keys[purpose]

    def retired(self, purpose: KeyPurpose) -> list[bytes]:
        """The public keys (32 bytes each) that were replaced, newest first."""
        files = sorted((self._folder / "retired").glob(f"{purpose.value}-*.pem"), reverse=True)
        return [_public_bytes(file) for file in files]


def ed25519_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """`VerifySignature` of the ledger: whether `signature` over `message` is good. Never raises for bad input."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _load_or_make(folder: Path, purpose: KeyPurpose) -> SigningKey:
    path = folder / f"{purpose.value}.pem"
    if not path.exists():
        return _make(folder, purpose)
    if path.stat().st_mode & 0o077:
        raise KeyFileError(f"{path}: others may read it; make it mode 0600, and rotate the key if they did")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise KeyFileError(f"{path}: not a private key in PEM form") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not an Ed25519 key")
    return SigningKey(purpose, key)


def _make(folder: Path, purpose: KeyPurpose) -> SigningKey:
    key = SigningKey(purpose, Ed25519PrivateKey.generate())
    _write_private(folder / f"{purpose.value}.pem", key.private_pem())
    return key


def _write_private(path: Path, data: bytes) -> None:
    """Write whole or not at all, mode 0600 from the first byte on, durable on return."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _public_bytes(path: Path) -> bytes:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(f"{path}: not an Ed25519 key")
    return key.public_bytes_raw()
