"""`bonghwa ledger verify DIR_OR_URL`: whether the whole log holds, and where it first does not."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from bonghwa.ledger.verify import Read, Verdict, verify_tree
from bonghwa.storage.keys import ed25519_verifies
from bonghwa.storage.tiles import FileTiles

_NOT_PINNED = (
    "the key was not pinned: it came from the log itself, which proves only that the log agrees with itself;"
    " give --key with the key that you were handed by another way"
)


def run(argv: Sequence[str]) -> int:
    """Run the command. Exit 0 when every entry verifies, 1 when one does not, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="bonghwa ledger", description="The audit ledger.")
    actions = parser.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="recompute the whole log and name the first bad entry")
    verify.add_argument("log", metavar="DIR_OR_URL", help="a data folder, its ledger folder, or the address of a hub")
    verify.add_argument("--key", metavar="VKEY", help="the key that must have signed the checkpoint: name+hash+base64")
    arguments = parser.parse_args(argv)
    try:
        verdict = verify_log(arguments.log, arguments.key)
    except OSError as error:
        print(f"bonghwa ledger: {arguments.log}: {error}", file=sys.stderr)
        return 1
    print(verdict.text)
    if not verdict.pinned:
        print(_NOT_PINNED)
    return 0 if verdict.ok else 1


def verify_log(log: str, vkey: str | None) -> Verdict:
    """Verify the log in a folder or behind a URL. Raises OSError when it cannot be read at all."""
    with reader(log) as read:
        return verify_tree(read, ed25519_verifies, vkey)


@contextmanager
def reader(log: str) -> Iterator[Read]:
    """Reads the log in a folder or behind a URL. Raises OSError when it cannot be read at all."""
    if log.startswith(("http://", "https://")):
        with _HttpTiles(log) as tiles:
            yield tiles.read
    else:
        yield _folder_reader(Path(log))


def _folder_reader(folder: Path) -> Read:
    for candidate in (folder / "ledger", folder):
        if (candidate / "checkpoint").exists() or (candidate / "tile").is_dir():
            return FileTiles(candidate).read
    if not folder.is_dir():
        raise FileNotFoundError("there is no such folder")
    raise FileNotFoundError("there is no ledger in this folder yet; the hub begins one when it first runs on it")


class _HttpTiles:
    """The log of a running hub, tile by tile."""

    def __init__(self, url: str) -> None:
        import httpx  # the core verifies a folder without it

        base = url.rstrip("/")
        self._client = httpx.Client(timeout=30)
        self._bases = [base] if base.endswith("/ledger") else [f"{base}/api/v1/ledger", f"{base}/ledger"]
        self._network_error = httpx.HTTPError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def read(self, path: str) -> bytes | None:
        """The bytes served at `path`. Raises OSError when the hub does not answer or answers with an error."""
        for base in list(self._bases):
            try:
                answer = self._client.get(f"{base}/{path}", headers={"Accept": "*/*"})
            except self._network_error as error:
                raise OSError(f"the hub does not answer: {error}") from error
            if answer.status_code == 200:
                self._bases = [base]
                return answer.content
            if answer.status_code != 404:
                raise OSError(f"{path}: the hub answered {answer.status_code}")
        return None
