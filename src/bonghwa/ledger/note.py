"""C2SP signed notes with Ed25519 keys: a text, an empty line, and signature lines.

Everything has one spelling here: a note or key that says the same in other bytes is refused, so that no
byte of it can change unnoticed.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from bonghwa.ledger.errors import NoteError

_ED25519 = b"\x01"
_SIGNATURE_LINE = "— "

VerifySignature = Callable[[bytes, bytes, bytes], bool]
"""`verify(public_key, signature, message)`: whether the Ed25519 signature (RFC 8032) is good. Never raises for bad input."""


@dataclass(frozen=True)
class VerifierKey:
    """Name and Ed25519 public key (32 bytes) of a signer, written `name+hash+base64`."""

    name: str
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """The four bytes that a signature line names its key by."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{base64.b64encode(_ED25519 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key written in `text`. Raises NoteError naming the part that is wrong."""
        name, _, rest = text.partition("+")
        stated_hash, _, encoded = rest.partition("+")
        if not valid_name(name):
            raise NoteError("verifier key: the name is empty or has spaces, '+' or control characters")
        material = _b64decode(encoded, "verifier key")
        if len(material) != 33 or material[:1] != _ED25519:
            raise NoteError("verifier key: not an Ed25519 key")
        key = cls(name, material[1:])
        if stated_hash != key.key_hash.hex():
            raise NoteError("verifier key: its hash does not match its name and key")
        return key


class Signer(Protocol):
    """Who signs checkpoints. The private key stays behind this port."""

    @property
    def key(self) -> VerifierKey:
        """The public half, under the name it signs as."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature (64 bytes) over `message`."""
        ...


@dataclass(frozen=True)
class Signature:
    """One signature line: who signed, the hash of the key, and the signature."""

    name: str
    key_hash: bytes
    signature: bytes


def valid_name(name: str) -> bool:
    """Whether `name` may name a key: not empty, and no space, plus sign or control character."""
    return bool(name) and not any(c.isspace() or c == "+" or ord(c) < 32 or ord(c) == 127 for c in name)


def sign_note(text: str, signer: Signer) -> bytes:
    """The note of `text` (ending in a newline) with the signer's signature."""
    _check_text(text)
    blob = signer.key.key_hash + signer.sign(text.encode())
    return f"{text}\n{_SIGNATURE_LINE}{signer.key.name} {base64.b64encode(blob).decode()}\n".encode()


def split_note(note: bytes) -> tuple[str, list[Signature]]:
    """Text and signatures of a note, signatures not yet verified. Raises NoteError when malformed."""
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteError("note: not UTF-8") from error
    at = whole.rfind("\n\n")
    if at < 0:
        raise NoteError("note: no empty line before the signatures")
    text, tail = whole[: at + 1], whole[at + 2 :]
    _check_text(text)
    if not tail.endswith("\n"):
        raise NoteError("note: no newline at the end")
    return text, [_parse_signature(line) for line in tail[:-1].split("\n")]


def open_note(note: bytes, keys: Sequence[VerifierKey], verify: VerifySignature) -> tuple[str, VerifierKey]:
    """The text of `note` and the first of `keys` that signed it.

    Raises NoteError when it is malformed, when none of the keys signed it, or when a signature made in the
    name of one of them is bad.
    """
    text, signatures = split_note(note)
    signed_by: list[VerifierKey] = []
    for signature in signatures:
        for key in keys:
            if (key.name, key.key_hash) != (signature.name, signature.key_hash):
                continue
            if not verify(key.public_key, signature.signature, text.encode()):
                raise NoteError(f"note: the signature of {key.name} does not verify")
            signed_by.append(key)
    for key in keys:
        if key in signed_by:
            return text, key
    raise NoteError("note: not signed by " + " or ".join(f"{key.name}+{key.key_hash.hex()}" for key in keys))


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
    if not line.startswith(_SIGNATURE_LINE) or not space or not valid_name(name):
        raise NoteError("note: malformed signature line")
    blob = _b64decode(encoded, "note signature")
    if len(blob) < 5:
        raise NoteError("note: signature too short")
    return Signature(name, blob[:4], blob[4:])


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in text):
        raise NoteError("note: the text must end in a newline and hold no control characters")


def _b64decode(text: str, what: str) -> bytes:
    """Strict base64: the decoder's leniency about trailing bits would let a byte change unnoticed."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{what}: not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError(f"{what}: not canonical base64")
    return data
