"""Signed notes and checkpoints, against the vector published with Go's `sumdb/note`."""

import pytest

from bonghwa.ledger.checkpoint import Checkpoint, open_checkpoint
from bonghwa.ledger.errors import NoteError
from bonghwa.ledger.merkle import EMPTY_ROOT
from bonghwa.ledger.note import VerifierKey, open_note, sign_note
from bonghwa.storage.keys import ed25519_verifies

from .logs import ORIGIN, new_signer

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_the_published_note_verifies_under_its_published_key() -> None:
    key = VerifierKey.parse(VKEY)
    text, signed_by = open_note(NOTE, [key], ed25519_verifies)
    assert text.startswith("If you think")
    assert signed_by == key
    assert str(key) == VKEY


def test_no_byte_of_a_note_can_change_unnoticed() -> None:
    key = VerifierKey.parse(VKEY)
    for at in range(len(NOTE)):
        for change in (0x01, 0x20, 0x80):
            broken = bytearray(NOTE)
            broken[at] ^= change
            with pytest.raises(NoteError):
                open_note(bytes(broken), [key], ed25519_verifies)


def test_no_character_of_a_verifier_key_can_change_unnoticed() -> None:
    for at in range(len(VKEY)):
        for change in (0x01, 0x20):
            broken = VKEY[:at] + chr(ord(VKEY[at]) ^ change) + VKEY[at + 1 :]
            with pytest.raises(NoteError):
                VerifierKey.parse(broken)


def test_a_note_is_not_accepted_from_another_signer_of_the_same_name() -> None:
    ours, other = new_signer(), new_signer()
    with pytest.raises(NoteError, match="not signed by"):
        open_note(sign_note("hello\n", other), [ours.key], ed25519_verifies)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n"])
def test_a_text_that_is_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError, match="text must end"):
        sign_note(text, new_signer())


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    signer = new_signer()
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    note = checkpoint.signed(signer)
    assert note.startswith(b"bonghwa.test/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n")
    assert open_checkpoint(note, [signer.key], ed25519_verifies) == (checkpoint, signer.key)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("origin\n5\n", "needs origin"),
        ("\n5\nAAAA\n", "needs origin"),
        ("origin\n05\nAAAA\n", "size"),
        ("origin\n-5\nAAAA\n", "size"),
        ("origin\n5\nAAAA\n", "not 32 bytes"),
        ("origin\n5\n!!!!\n", "not base64"),
    ],
)
def test_a_malformed_checkpoint_names_its_line(text: str, problem: str) -> None:
    with pytest.raises(NoteError, match=problem):
        Checkpoint.parse(text)
