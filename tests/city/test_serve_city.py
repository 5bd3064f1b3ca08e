import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bonghwa.city.camera import Fault, cameras_from
from bonghwa.cli import drill, serve_city
from tests.city.rtsp_client import Client
from tests.city.town import camera_rows

pytestmark = pytest.mark.anyio


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "cameras.json"
    faulty = ({"id": f"extra-{n}", "owner": "junggu", "lat": 37.47, "lon": 126.63} for n in range(400))
    path.write_text(json.dumps({"cameras": [*camera_rows(), *faulty]}), "utf-8")
    return path


def started(export: Path, tmp_path: Path) -> tuple[subprocess.Popen[bytes], dict[str, object]]:
    ready = tmp_path / "city.ready.json"
    words = ["--cameras", str(export), "--data", str(tmp_path / "city"), "--ready-file", str(ready)]
    process = subprocess.Popen([sys.executable, "-m", "bonghwa.cli", "serve", "city", *words])
    until = time.monotonic() + 120
    while not ready.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    return process, json.loads(ready.read_text("utf-8"))


async def test_the_process_says_where_it_listens_shows_cameras_and_ends_on_sigterm(export: Path, tmp_path: Path) -> None:
    process, ready = started(export, tmp_path)
    try:
        assert ready["pid"] == process.pid
        sources = sources_of(ready)
        healthy = {camera.id for camera in cameras_from(camera_rows()) if camera.fault is None}
        source = next(one for one in sources if one["camera"] in healthy)
        assert source["url"].startswith(str(ready["rtsp"]) + "/cam/")
        client = await Client.connect(source["url"], source["password"])
        await client.play()
        assert any(packet.nal_type == 5 for packet in await client.picture())
        client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_sigterm_during_the_start_ends_it_too(export: Path, tmp_path: Path) -> None:
    words = ["--cameras", str(export), "--data", str(tmp_path / "city")]
    process = subprocess.Popen([sys.executable, "-m", "bonghwa.cli", "serve", "city", *words], stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    caught = Path(f"/proc/{process.pid}/status")
    while not _catches_sigterm(caught) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, b"")


def sources_of(ready: dict[str, object]) -> list[dict[str, str]]:
    return json.loads(Path(str(ready["sources"])).read_text("utf-8"))["sources"]


def _catches_sigterm(status: Path) -> bool:
    line = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_prepare_writes_sources_and_a_survey_of_seven_in_ten(export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert serve_city.run(["--cameras", str(export), "--rtsp-port", "5554", "--prepare", str(out)]) == 0
    cameras = {camera.id: camera for camera in cameras_from(json.loads(export.read_text("utf-8"))["cameras"])}
    assert json.loads(capsys.readouterr().out)["sources"] == len(cameras)
    with (out / "survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["camera", "bearing", "fov", "range_m", "ptz", "height_m", "source"]
    assert {row["source"] for row in rows} == {"simulated survey"}
    assert len(rows) / len(cameras) == pytest.approx(0.7, abs=0.06)
    assert all(0 <= float(row["bearing"]) <= 360 and 60 <= float(row["fov"]) <= 90 for row in rows)
    document = json.loads((out / "sources.json").read_text("utf-8"))
    assert document["version"] == 1
    assert {source["camera"] for source in document["sources"]} == set(cameras)
    assert len({source["password"] for source in document["sources"]}) == len(cameras)


def test_secrets_are_their_owners_alone_and_new_at_each_prepare(export: Path, tmp_path: Path) -> None:
    passwords = []
    for _ in range(2):
        assert serve_city.run(["--cameras", str(export), "--rtsp-port", "5554", "--prepare", str(tmp_path / "out")]) == 0
        passwords.append(json.loads((tmp_path / "out" / "sources.json").read_text("utf-8"))["sources"][0]["password"])
    assert passwords[0] != passwords[1]
    for name in ("sources.json", "city-secret"):
        assert os.stat(tmp_path / "out" / name).st_mode & 0o777 == 0o600


def test_the_sources_of_some_cameras_hold_a_wrong_password(export: Path, tmp_path: Path) -> None:
    from bonghwa.city.rtsp import password_of

    assert serve_city.run(["--cameras", str(export), "--rtsp-port", "5554", "--prepare", str(tmp_path / "out")]) == 0
    secret = bytes.fromhex((tmp_path / "out" / "city-secret").read_text("ascii"))
    cameras = {camera.id: camera for camera in cameras_from(json.loads(export.read_text("utf-8"))["cameras"])}
    sources = json.loads((tmp_path / "out" / "sources.json").read_text("utf-8"))["sources"]
    wrong = {source["camera"] for source in sources if source["password"] != password_of(secret, source["camera"])}
    assert wrong == {camera.id for camera in cameras.values() if camera.fault is Fault.PASSWORD} != set()


@pytest.mark.parametrize(("words", "named"), [(["--rtsp-port", "0", "--prepare", "x"], "--rtsp-port"), ([], "missing.json")])
def test_what_cannot_be_served_is_said_by_name(words: list[str], named: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert serve_city.run(["--cameras", str(tmp_path / "missing.json"), "--data", str(tmp_path), *words]) == 1
    assert named in capsys.readouterr().err


def test_the_drill_command_names_its_drills(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(drill.READY_FILE_VARIABLE, raising=False)
    assert drill.run(["--list"]) == 0
    assert "strap_cut" in capsys.readouterr().out
    assert drill.run(["earthworks"]) == 2
    assert drill.run(["strap_cut"]) == 2
    assert drill.run(["strap_cut", "--ready-file", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
