"""Logs that the tests of this folder write: in a folder, signed with a fresh key."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bonghwa.ledger.sequencer import Sequencer
from bonghwa.ledger.tile import Tile
from bonghwa.storage.keys import KeyPurpose, LedgerSigner, SigningKey, ed25519_verifies
from bonghwa.storage.tiles import FileTiles

ORIGIN = "bonghwa.test/ledger"


def new_signer(name: str = ORIGIN) -> LedgerSigner:
    return LedgerSigner(name, SigningKey(KeyPurpose.LEDGER, Ed25519PrivateKey.generate()))


def entries(count: int, start: int = 0) -> list[bytes]:
    return [f'{{"v":1,"n":{n}}}'.encode() for n in range(start, start + count)]


def write_log(folder: Path, count: int) -> LedgerSigner:
    """A log of `count` entries in `folder`; answers who signed it."""
    signer = new_signer()
    with FileTiles(folder, writing=True) as store:
        Sequencer(store, signer, ORIGIN, ed25519_verifies).append(entries(count))
    return signer


def files_of(folder: Path) -> list[Path]:
    """Every file of a log that has a byte in it."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)


def expected_paths(size: int) -> set[str]:
    """The paths that C2SP tlog-tiles prescribes for a log of `size` entries, written down a second time."""
    paths = {"checkpoint", "vkey"}
    for level in range(-1, 7):
        hashes = size >> (8 * max(level, 0))
        paths |= {Tile(level, index).path for index in range(hashes // 256)}
        if hashes % 256:
            paths.add(Tile(level, hashes // 256, hashes % 256).path)
    return paths
