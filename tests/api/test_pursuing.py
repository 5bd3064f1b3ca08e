"""The tie between the pursuers and the hub, over a real database."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from bonghwa.api.pursuing import Pursuing
from bonghwa.config import HubSettings, Settings
from bonghwa.demo_accounts import Credentials
from bonghwa.wiring import Hub
from tests.api.house import ROOT, copy_town


async def until(ready: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not ready():  # noqa: ASYNC110 -- until the database has answered
            await asyncio.sleep(0.01)


@pytest.mark.anyio
async def test_cameras_that_could_not_be_granted_are_tried_again_with_the_next_picture(
    town: tuple[Path, Credentials], tmp_path: Path
) -> None:
    folder = copy_town(town[0], tmp_path / "data")
    hub = Hub(Settings(hub=HubSettings(data=str(folder), agreements=str(ROOT / "agreements"), port=0)))
    pursuing = Pursuing(hub)

    def renamed(old: str, new: str) -> None:
        with hub.engine.execution_options(writes=True).begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    def shown() -> None:
        picture = {"is": "picture", "id": "over", "now": 1.0, "watch": [["c0", 0.5, 0.0]], "took": {"tick_ms": 1.0, "late_ms": 0.0}}
        pursuing.team.heard(picture, [b"{}"])

    try:
        pursuing.team.begin({"id": "over"})
        renamed("pursuits", "elsewhere")
        with structlog.testing.capture_logs() as said:
            shown()
            await until(lambda: "grants did not follow" in [each["event"] for each in said])
        renamed("elsewhere", "pursuits")
        shown()
        # There is no such pursuit: now that the database says so it is over.
        await until(lambda: not pursuing.team.followed)
    finally:
        await pursuing.close()
        hub.close()
