"""C2SP checkpoints: the signed statement of a log's origin, size and root hash."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from bonghwa.ledger.errors import NoteError
from bonghwa.ledger.merkle import HASH_SIZE
from bonghwa.ledger.note import Signer, VerifierKey, VerifySignature, open_note, sign_note

CHECKPOINT_PATH = "checkpoint"
VKEY_PATH = "vkey"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log: `origin` names it, `size` counts its entries, `root` is its Merkle tree hash."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, signer: Signer) -> bytes:
        """The checkpoint as a signed note."""
        return sign_note(self.text, signer)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint that a note text states. Raises NoteError naming the line that is wrong."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0]:
            raise NoteError("checkpoint: needs origin, size and root hash")
        if not lines[1].isascii() or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:
            raise NoteError("checkpoint: the size is not a decimal number")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error as error:
            raise NoteError("checkpoint: the root hash is not base64") from error
        if len(root) != HASH_SIZE:
            raise NoteError("checkpoint: the root hash is not 32 bytes")
        return cls(lines[0], int(lines[1]), root)


def open_checkpoint(note: bytes, keys: Sequence[VerifierKey], verify: VerifySignature) -> tuple[Checkpoint, VerifierKey]:
    """The checkpoint in `note` and the key of `keys` that signed it. Raises NoteError when it may not be believed."""
    text, key = open_note(note, keys, verify)
    return Checkpoint.parse(text), key
