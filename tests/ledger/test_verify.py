"""Verification names the first bad entry after any single-byte change anywhere in the folder of a log."""

import functools
import shutil
import socket
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonghwa.cli import ledger as command
from bonghwa.ledger.merkle import HASH_SIZE
from bonghwa.ledger.tile import Tile, parse_path
from bonghwa.ledger.verify import Verdict, verify_tree
from bonghwa.storage.keys import ed25519_verifies
from bonghwa.storage.tiles import FileTiles

from .logs import ORIGIN, entries, files_of, new_signer, write_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    write_log(folder, 600)
    return folder


def verify_changed(folder: Path, changed: Path, data: bytes) -> Verdict:
    tiles, name = FileTiles(folder), str(changed.relative_to(folder))
    return verify_tree(lambda path: data if path == name else tiles.read(path), ed25519_verifies)


def first_entry_touched(tile: Tile, data: bytes, at: int) -> int:
    """The entry that byte `at` of a tile belongs to, worked out from the format alone."""
    if tile.level >= 0:
        return (tile.index * 256 + at // HASH_SIZE) * 256**tile.level
    number, end = -1, 0
    while end <= at:
        end += 2 + int.from_bytes(data[end : end + 2], "big")
        number += 1
    return tile.index * 256 + number


def test_a_sound_log_verifies(log: Path) -> None:
    verdict = verify_tree(FileTiles(log).read, ed25519_verifies)
    assert (verdict.ok, verdict.size, verdict.first_bad, verdict.pinned) == (True, 600, None, False)


@given(st.data())
def test_any_changed_byte_anywhere_is_found_and_its_entry_named(log: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files_of(log)))
    sound = path.read_bytes()
    at = data.draw(st.integers(0, len(sound) - 1))
    broken = bytearray(sound)
    broken[at] ^= data.draw(st.integers(1, 255))
    verdict = verify_changed(log, path, bytes(broken))
    name = str(path.relative_to(log))
    expected = 0 if name in ("checkpoint", "vkey") else first_entry_touched(parse_path(name), sound, at)
    assert (verdict.ok, verdict.first_bad) == (False, expected)
    assert str(expected) in verdict.text


def test_every_byte_of_a_small_log_is_covered(tmp_path: Path) -> None:
    write_log(tmp_path, 3)
    for path in files_of(tmp_path):
        sound = path.read_bytes()
        for at in range(len(sound)):
            for change in (0x01, 0x20, 0x80):
                broken = bytearray(sound)
                broken[at] ^= change
                verdict = verify_changed(tmp_path, path, bytes(broken))
                assert not verdict.ok, (path, at, change)
                assert verdict.first_bad is not None


def test_damage_in_two_places_names_the_lower_entry(log: Path) -> None:
    tiles = FileTiles(log)
    bundles = {f"tile/entries/{n}": tiles.read(f"tile/entries/{n}") for n in ("000", "001")}
    broken = {path: (data or b"").replace(b'"v":1', b'"v":2', 1) for path, data in bundles.items()}
    verdict = verify_tree(lambda path: broken.get(path) or tiles.read(path), ed25519_verifies)
    assert verdict.first_bad == 0
    del broken["tile/entries/000"]
    assert verify_tree(lambda path: broken.get(path) or tiles.read(path), ed25519_verifies).first_bad == 256


@pytest.mark.parametrize(
    ("path", "first_bad"), [("tile/entries/001", 256), ("tile/0/001", 256), ("tile/entries/002.p/88", 512), ("tile/1/000.p/2", 0)]
)
def test_a_missing_file_names_its_first_entry(log: Path, path: str, first_bad: int) -> None:
    tiles = FileTiles(log)
    verdict = verify_tree(lambda asked: None if asked == path else tiles.read(asked), ed25519_verifies)
    assert (verdict.ok, verdict.first_bad) == (False, first_bad)
    assert path in verdict.text


def test_a_log_rewritten_from_entry_to_root_without_the_key_does_not_verify(log: Path, tmp_path: Path) -> None:
    write_log(tmp_path / "forged", 600)
    forged, ours = FileTiles(tmp_path / "forged"), FileTiles(log)
    verdict = verify_tree(lambda path: (ours if path == "vkey" else forged).read(path), ed25519_verifies)
    assert (verdict.ok, verdict.first_bad) == (False, 0)


def test_a_pinned_key_is_what_counts(log: Path) -> None:
    read = FileTiles(log).read
    published = (read("vkey") or b"").decode().strip()
    sound = verify_tree(read, ed25519_verifies, published)
    assert (sound.ok, sound.pinned) == (True, True)
    assert not verify_tree(read, ed25519_verifies, str(new_signer().key)).ok
    assert "verifier key" in verify_tree(read, ed25519_verifies, "nonsense").text


def test_a_log_without_checkpoint_or_key_proves_nothing(log: Path) -> None:
    read = FileTiles(log).read
    for missing in ("checkpoint", "vkey"):
        verdict = verify_tree(lambda path, missing=missing: None if path == missing else read(path), ed25519_verifies)
        assert (verdict.ok, verdict.first_bad) == (False, 0)


def test_the_command_says_that_the_key_was_not_pinned_and_ends_with_0(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["verify", str(log)]) == 0
    said = capsys.readouterr().out
    assert "all 600 entries verify" in said
    assert "not pinned" in said


def test_the_command_with_a_pinned_key_says_nothing_of_pinning(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = (log / "vkey").read_text().strip()
    assert command.run(["verify", str(log), "--key", key]) == 0
    assert "not pinned" not in capsys.readouterr().out


def test_the_command_takes_a_data_folder_and_ends_with_1_naming_the_first_bad_entry(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(log, tmp_path / "ledger")
    bundle = tmp_path / "ledger" / "tile" / "entries" / "001"
    bundle.write_bytes(bundle.read_bytes().replace(entries(1, 300)[0], b'{"v":1,"n":301}'))
    assert command.run(["verify", str(tmp_path)]) == 1
    assert "first bad entry 300: tile/0/001" in capsys.readouterr().out


def test_the_command_on_a_folder_without_a_log_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["verify", str(tmp_path)]) == 1
    assert "there is no ledger in this folder yet" in capsys.readouterr().err


def test_the_key_names_the_origin(log: Path) -> None:
    assert (log / "vkey").read_text().startswith(ORIGIN + "+")


@pytest.fixture
def hub(log: Path, tmp_path: Path) -> Iterator[str]:
    """The log served over HTTP under /api/v1/ledger, as a hub does."""
    (tmp_path / "api").mkdir()
    shutil.copytree(log, tmp_path / "api" / "v1" / "ledger")
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("path", ["", "/", "/api/v1/ledger"])
def test_the_command_verifies_a_running_hub(hub: str, path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["verify", hub + path]) == 0
    assert "all 600 entries verify" in capsys.readouterr().out


def test_the_command_finds_damage_on_a_running_hub(hub: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tile = tmp_path / "api" / "v1" / "ledger" / "tile" / "0" / "000"
    data = bytearray(tile.read_bytes())
    data[5 * HASH_SIZE] ^= 1
    tile.write_bytes(data)
    assert command.run(["verify", hub]) == 1
    assert "first bad entry 5: tile/0/000" in capsys.readouterr().out


def test_a_hub_that_does_not_answer_is_an_error_and_not_a_broken_log(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert command.run(["verify", f"http://127.0.0.1:{port}"]) == 1
    assert "does not answer" in capsys.readouterr().err
