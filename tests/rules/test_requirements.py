"""The locks: every package by version and hash, nowhere an address, and the sets agree."""

import re
import tomllib

import pytest

from .checkout import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==([^ ;]+)(?: ;[^\\]*)? \\$")
HASHED = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := PINNED.match(line))}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_line_is_a_pinned_package_or_its_hash(lock: str) -> None:
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    assert [line for line in lines if not PINNED.match(line) and not HASHED.match(line)] == []


def test_the_sets_agree_on_every_version() -> None:
    demo, dev, bootstrap = pins("demo.txt"), pins("dev.txt"), pins("bootstrap.txt")
    assert demo.items() <= dev.items()
    assert bootstrap == {"uv": demo["uv"]}


@pytest.mark.parametrize(
    ("lock", "extras"), [("demo.txt", ["video", "build"]), ("dev.txt", ["video", "build", "postgres", "roads", "dev"])]
)
def test_every_direct_dependency_is_locked(lock: str, extras: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    names = {re.split(r"[\[<>=!~ ;]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names - set(pins(lock)) == set()
