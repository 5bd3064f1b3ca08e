"""`bonghwa keys`: the public halves of a data folder's signing keys, and their rotation."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bonghwa.media.enrolment import b64url
from bonghwa.storage.keys import KeyFileError, KeyPurpose, KeyRing

_AFTER = {
    KeyPurpose.TICKETS: "tickets in flight end within a minute; gateways learn the new key when they connect again",
    KeyPurpose.LEDGER: "the checkpoint is signed anew at the next start; hand the new DATA/ledger/vkey to those who pinned the old one",
    KeyPurpose.ENROLMENT: "write the new key into each gateway's hub.pub, or no gateway will trust this hub",
    KeyPurpose.AGREEMENTS: "agreements signed before stay valid under the retired key",
}


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when done, 1 when a key file is unsafe or broken."""
    parser = argparse.ArgumentParser(prog="bonghwa keys", description="The four signing keys of a data folder.")
    actions = parser.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="print the public halves (base64url, as a gateway's hub.pub holds them)")
    rotate = actions.add_parser("rotate", help="make a new key; the old private half is destroyed. Restart the hub afterwards")
    rotate.add_argument("purpose", choices=[purpose.value for purpose in KeyPurpose])
    for action in (show, rotate):
        action.add_argument("--data", metavar="DIR", type=Path, default=Path("var"), help="data folder (default: var)")
    given = parser.parse_args(argv)
    try:
        ring = KeyRing.open(given.data)
        if given.action == "rotate":
            purpose = KeyPurpose(given.purpose)
            ring.rotate(purpose, datetime.now(UTC))
            print(f"{purpose.value}: rotated. Restart the hub; then: {_AFTER[purpose]}")
    except (KeyFileError, OSError) as problem:
        print(f"bonghwa keys: {problem}", file=sys.stderr)
        return 1
    for purpose in KeyPurpose:
        print(f"{purpose.value:<11} {b64url(ring[purpose].public_bytes)}  retired: {len(ring.retired(purpose))}")
    return 0
