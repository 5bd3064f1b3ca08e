"""What the hub logs: JSON lines that tell where something failed, and nothing of what it held in its hands."""

import json
import subprocess
import sys
import time

import httpx

from tests.api.house import ROOT, copy_town

FAILS = """
import logging, structlog
from bonghwa import logs

logs.configure()


class Held:
    def __repr__(self):
        return "secret-in-a-repr"


def work(token, body):
    held = Held()
    inside = {"password": "secret-in-a-dict"}
    raise RuntimeError("it failed")


for log in (structlog.get_logger("hub"), logging.getLogger("uvicorn.error")):
    try:
        work("secret-ticket", ["secret-in-a-list"])
    except RuntimeError:
        log.exception("request failed")
log.info("chatter of a library")
structlog.get_logger("hub").info("화재", number=7)
"""


def said(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


def test_an_exception_is_logged_with_its_place_and_without_any_value_of_its_frames():
    output = said(FAILS)
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["event"] for line in lines] == ["request failed", "request failed", "화재"]
    for line in lines[:2]:
        assert line["level"] == "error"
        assert "RuntimeError: it failed" in line["exception"]
        assert ", in work" in line["exception"]
    assert "secret" not in output


def test_every_line_carries_its_time_in_utc():
    for line in said(FAILS).splitlines():
        assert json.loads(line)["timestamp"].endswith("Z")


HUB = """
import sys
from bonghwa.api import app
from bonghwa.cli import serve_hub

async def broken(request: app.Request):
    held = "secret-" + "local"
    raise RuntimeError("it failed")

app.ROUTES.append(("POST", "/broken", broken))
sys.exit(serve_hub.run(sys.argv[1:]))
"""


def test_the_hub_itself_logs_a_failed_request_as_json_without_its_body_or_token(town, tmp_path):
    folder, ready = copy_town(town[0], tmp_path / "data"), tmp_path / "ready.json"
    arguments = ["--data", str(folder), "--agreements", str(ROOT / "agreements"), "--port", "0", "--ready-file", str(ready)]
    with (tmp_path / "hub.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-c", HUB, *arguments], stdout=log, stderr=log)
    try:
        ends = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, (tmp_path / "hub.log").read_text()
            assert time.monotonic() < ends, "the hub did not become ready"
            time.sleep(0.05)
        url = json.loads(ready.read_text())["url"]
        answer = httpx.post(url + "/api/v1/broken", json={"text": "secret-body"}, headers={"Authorization": "Bearer secret-token"})
        assert answer.status_code == 500
    finally:
        process.terminate()
        process.wait(15)
    output = (tmp_path / "hub.log").read_text()
    lines = [json.loads(line) for line in output.splitlines()]
    assert {"hub ready", "request failed"} <= {line["event"] for line in lines}
    assert all("RuntimeError: it failed" in line["exception"] for line in lines if line["event"] == "request failed")
    assert "secret-body" not in output
    assert "secret-token" not in output
    assert "secret-local" not in output
