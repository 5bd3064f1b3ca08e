"""Fixtures that several folders share: a prepared town and a hub over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bonghwa.demo_accounts import Credentials
from tests.api.house import House, build_town, copy_town, running


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Credentials]:
    """A prepared data folder; copy it, never use it."""
    folder = tmp_path_factory.mktemp("town") / "data"
    return folder, build_town(folder)


@pytest.fixture
def house(town: tuple[Path, Credentials], tmp_path: Path) -> Iterator[House]:
    """A hub of its own for one test."""
    with running(copy_town(town[0], tmp_path / "data"), town[1]) as made:
        yield made


@pytest.fixture(scope="module")
def shared_house(town: tuple[Path, Credentials], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One hub for a module's tests, which must not stand in each other's way."""
    with running(copy_town(town[0], tmp_path_factory.mktemp("hub") / "data"), town[1]) as made:
        made.gateways_up()
        yield made
