"""`bonghwa evidence verify CLIP MANIFEST`: whether file, manifest and ledger say the same."""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonghwa.cli.ledger import reader
from bonghwa.domain.audit import canonical, commitment
from bonghwa.domain.clip import MANIFEST, manifest_hash
from bonghwa.ledger.checkpoint import CHECKPOINT_PATH, VKEY_PATH, Checkpoint, open_checkpoint
from bonghwa.ledger.errors import LedgerError
from bonghwa.ledger.merkle import inclusion_holds, inclusion_proof, leaf_hash
from bonghwa.ledger.note import VerifierKey
from bonghwa.ledger.proof import subtree_in
from bonghwa.storage.keys import ed25519_verifies


class NotProven(Exception):
    """What does not hold; the text says it for people."""


@dataclass(frozen=True)
class Proven:
    """What was shown. `pinned`: the ledger's key was handed over by another way than the manifest or the log itself."""

    entry: int
    size: int
    key: str
    pinned: bool


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when all holds, 1 naming what does not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="bonghwa evidence", description="Evidence clips.")
    verify = parser.add_subparsers(dest="action", required=True).add_parser("verify", help="check a clip against manifest and ledger")
    verify.add_argument("clip", metavar="CLIP", type=Path, help="the MP4 as it was fetched")
    verify.add_argument("manifest", metavar="MANIFEST", type=Path, help="its manifest, JSON")
    verify.add_argument("--log", metavar="DIR_OR_URL", help="take checkpoint and proof from this ledger instead of from the manifest")
    verify.add_argument("--key", metavar="VKEY", help="the key that must have signed the checkpoint: name+hash+base64")
    given = parser.parse_args(argv)
    try:
        manifest = json.loads(given.manifest.read_text("utf-8"))
        proven = verify_clip(given.clip, manifest, given.log, given.key)
    except (NotProven, LedgerError, OSError, ValueError, KeyError, TypeError) as wrong:
        print(f"NOT PROVEN: {wrong if isinstance(wrong, NotProven | LedgerError | OSError) else 'manifest: malformed'}", file=sys.stderr)
        return 1
    print(f"proven: {manifest['clip']}, SHA-256 {manifest['sha256']}")
    print(f"ledger entry {proven.entry} of {proven.size}, under {proven.key}")
    print(f"asked by {manifest['asked']['by']} ({manifest['grant']['agency']}): {manifest['asked']['reason']}")
    if manifest.get("drill"):
        print(f"{manifest['notice']}: this is not of a real incident")
    if not proven.pinned:
        print("the key was not pinned: give --key with the key that you were handed by another way")
    return 0


def verify_clip(file: Path, manifest: dict[str, Any], log: str | None = None, vkey: str | None = None) -> Proven:
    """Show that file, manifest and ledger agree. Raises NotProven, LedgerError, or what a malformed manifest raises."""
    if manifest.get("form") != MANIFEST or manifest.get("v") != 1:
        raise NotProven("manifest: not the manifest of a clip of this version")
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != manifest["sha256"]:
        raise NotProven(f"file: SHA-256 {found} is not the manifest's {manifest['sha256']}")
    ledger = manifest.get("ledger")
    if not ledger:
        raise NotProven("manifest: it carries no ledger entry")
    body = ledger["body"]
    if (body["clip"], body["sha256"], body["manifest"]) != (manifest["clip"], found, manifest_hash(manifest)):
        raise NotProven("manifest: not the one that the ledger entry was written for")
    leaf = str(ledger["leaf"])
    entry = json.loads(leaf)
    if entry["c"] != commitment(bytes.fromhex(ledger["salt"]), canonical(body)) or (entry["act"], entry["n"]) != (
        "clip:made",
        ledger["entry"],
    ):
        raise NotProven("ledger entry: it does not commit to what the manifest says of it")
    if bool(entry.get("drill")) != bool(manifest["drill"]):
        raise NotProven("ledger entry: it is a drill's where the manifest says it is none, or the other way round")
    return _in_log(entry["n"], leaf.encode(), ledger, log, vkey)


def _in_log(number: int, leaf: bytes, ledger: dict[str, Any], log: str | None, vkey: str | None) -> Proven:
    if log is not None:
        with reader(log) as read:
            note, published = read(CHECKPOINT_PATH), read(VKEY_PATH)
            if note is None or (published is None and vkey is None):
                raise NotProven("log: no checkpoint")
            checkpoint, key = _opened(note, vkey or (published or b"").decode())
            if number >= checkpoint.size:
                raise NotProven(f"log: it has {checkpoint.size} entries, so not number {number}")
            proof = inclusion_proof(number, checkpoint.size, subtree_in(read, checkpoint.size))
    elif ledger.get("checkpoint") and ledger.get("proof") is not None:
        checkpoint, key = _opened(str(ledger["checkpoint"]).encode(), vkey or str(ledger["vkey"]))
        proof = [bytes.fromhex(each) for each in ledger["proof"]]
    else:
        raise NotProven("manifest: it was fetched before the ledger held the entry; fetch it again or give --log")
    if not inclusion_holds(number, checkpoint.size, leaf_hash(leaf), proof, checkpoint.root):
        raise NotProven("log: the entry is not in it")
    return Proven(number, checkpoint.size, key, vkey is not None)


def _opened(note: bytes, vkey: str) -> tuple[Checkpoint, str]:
    checkpoint, key = open_checkpoint(note, [VerifierKey.parse(vkey.strip())], ed25519_verifies)
    return checkpoint, str(key)
