"""Kill -9 in mid-incident: nothing acknowledged is lost, video comes back by itself, the ledger verifies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.desk import Desk, running, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_a_killed_hub_and_a_killed_gateway_lose_nothing_and_the_wall_comes_back(tmp_path: Path, browser: Browser) -> None:
    with running(tmp_path) as demo:
        incident = demo.alarm()
        desk = Desk(browser, demo, "tracking_centre")
        desk.page.goto(f"{demo.ready['url']}/incidents/{incident}")
        until(lambda: len(desk.tiles()) >= 3, what="the wall")
        for part in ("hub", "gateways"):
            noted = demo.call("tracking_centre", "POST", f"/incidents/{incident}/notes", json={"text": f"before {part}"})
            pids = demo.ready["pids"]
            victims = pids["gateways"] if part == "gateways" else [pids["hub"]]
            for pid in victims:
                os.kill(pid, signal.SIGKILL)

            def answers() -> bool:
                try:
                    ready = demo.ready["pids"]
                    again = ready["gateways"] if part == "gateways" else [ready["hub"]]  # noqa: B023  the part of this round
                    return not set(again) & set(victims) and demo.call("tracking_centre", "GET", "/incidents").status_code == 200  # noqa: B023
                except (OSError, ValueError, httpx.HTTPError):
                    return False

            until(answers, what=f"the return of {part}")
            kept = demo.incident("tracking_centre", incident)
            assert noted.status_code == 200
            assert f"before {part}" in {line["text"] for line in kept["timeline"]}
            until(lambda: len(desk.tiles()) >= 3, what=f"pictures after {part} was killed")
        demo.close("tracking_centre", incident)
        until(lambda: desk.videos() == 0, what="a blank page")
        done = subprocess.run([sys.executable, "-m", "bonghwa.cli", "ledger", "verify", demo.ready["url"]], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        desk.leave()
