"""What no tracked file may hold: the addresses of package registries, and paths of one machine."""

import re

import pytest

from .checkout import ROOT, texts

# Spelled in pieces, so that this file is not what it looks for.
REGISTRIES = [
    re.compile(re.escape(host))
    for host in ("pypi." + "org", "python" + "hosted.org", "registry.npm" + "js.org", "npm" + "js.com", "deb.de" + "bian.org")
]
MACHINE_PATHS = [re.compile(pattern) for pattern in (r"/wo" + r"rk/", r"/ro" + r"ot/", r"/ho" + r"me/\w+/", r"/Us" + r"ers/\w+/")]


@pytest.mark.parametrize("pattern", REGISTRIES, ids=lambda pattern: pattern.pattern)
def test_no_file_names_a_package_registry(pattern: re.Pattern[str]) -> None:
    assert [str(path) for path, text in texts() if pattern.search(text)] == []


@pytest.mark.parametrize("pattern", MACHINE_PATHS, ids=lambda pattern: pattern.pattern)
def test_no_file_names_a_path_of_one_machine(pattern: re.Pattern[str]) -> None:
    assert [str(path) for path, text in texts() if pattern.search(text)] == []


def test_no_lock_that_names_hosts_is_kept() -> None:
    names = {path.name for path, _ in texts()}
    assert not names & {"uv.lock", "pylock.toml", "poetry.lock", "yarn.lock", "pnpm-lock.yaml"}


def test_the_console_lock_has_hashes_and_no_addresses() -> None:
    lock = ROOT / "console" / "package-lock.json"
    text = lock.read_text()
    assert '"integrity": "sha512-' in text
    assert '"resolved": "http' not in text


def test_every_text_ends_in_a_newline_and_has_unix_line_ends() -> None:
    bad = [str(path) for path, text in texts() if text and (not text.endswith("\n") or "\r" in text)]
    assert [path for path in bad if not path.endswith((".svg", ".json", ".cot"))] == []
