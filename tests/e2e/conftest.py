"""One demo for all walks of a module, and one Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.desk import ARGUMENTS, CHROMIUM, Demo, running


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo, ended with the last walk: a city that plays on would take half a core from all other tests."""
    with running(tmp_path_factory.mktemp("demo")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Not for the whole session: Playwright holds this thread's event loop for as long as it lives."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: no page was looked at")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield made
        made.close()
