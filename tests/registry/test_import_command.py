"""`bonghwa cameras`: import, survey and export over a data folder, and what leaves the registry untouched."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bonghwa.cli.cameras import open_store, run
from bonghwa.domain.camera import Camera
from bonghwa.storage.sql import cameras as table

from .files import COLUMNS, site, sites, text_of, write


class Entries:
    """An audit that remembers what it was told, in the transaction that told it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, conn: Connection, kind: str, body: dict[str, Any]) -> None:
        assert conn.in_transaction()
        self.told.append((kind, body))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def stored(data: Path) -> list[Camera]:
    engine = open_store(data)
    with engine.connect() as conn:
        found = table.load_all(conn)
    engine.dispose()
    return found


def command(capsys: pytest.CaptureFixture[str], *argv: object, audit: Entries | None = None) -> tuple[int, dict[str, Any], str]:
    code = run([str(word) for word in argv], audit or Entries())
    out, err = capsys.readouterr()
    return code, json.loads(out) if out.strip().startswith("{") else {}, err


def test_the_first_import_adds_and_the_second_changes_nothing(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "a.csv", [*sites(10), site(카메라대수="2", WGS84위도="37.49")])
    code, first, _ = command(capsys, "import", file, "--data", data, "--json")
    assert code == 0
    assert (first["rows"], first["sites"], first["cameras"], first["rejected"]) == (11, 11, 12, 0)
    assert (first["added"], first["changed"], first["retired"]) == (12, 0, 0)
    before = stored(data)
    audit = Entries()
    code, second, _ = command(capsys, "import", file, "--data", data, "--json", audit=audit)
    assert code == 0
    assert (second["added"], second["changed"], second["retired"]) == (0, 0, 0)
    assert stored(data) == before
    assert audit.told == []


def test_an_import_is_recorded_with_the_hash_of_its_file(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = Entries()
    command(capsys, "import", write(tmp_path / "a.csv", sites(3)), "--data", data, "--json", audit=audit)
    ((kind, body),) = audit.told
    assert kind == "registry:imported"
    assert (body["rows"], body["added"]) == (3, 3)
    assert len(body["file_sha256"]) == 64


def test_what_cannot_be_recorded_is_not_done(tmp_path: Path, data: Path) -> None:
    def broken(_conn: Connection, _kind: str, _body: dict[str, Any]) -> None:
        raise RuntimeError("the ledger is full")

    with pytest.raises(RuntimeError, match="ledger is full"):
        run(["import", str(write(tmp_path / "a.csv", sites(3))), "--data", str(data)], broken)
    assert stored(data) == []


def test_a_dry_run_shows_the_difference_and_stores_nothing(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "a.csv", sites(3))
    audit = Entries()
    code, answer, _ = command(capsys, "import", file, "--data", data, "--dry-run", "--json", audit=audit)
    assert (code, answer["added"], answer["applied"]) == (0, 3, False)
    assert stored(data) == []
    assert audit.told == []


def test_rejected_rows_go_to_a_file_with_line_field_and_reason(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*sites(9), site(WGS84위도="0")]
    _, answer, _ = command(capsys, "import", write(tmp_path / "a.csv", rows), "--data", data, "--json")
    assert (answer["rows"], answer["sites"], answer["rejected"]) == (10, 9, 1)
    lines = Path(answer["rejects_file"]).read_text().splitlines()
    assert lines[0] == "line,field,reason,value"
    assert lines[1].startswith("11,WGS84위도,")


def test_a_large_retirement_waits_for_yes(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(capsys, "import", write(tmp_path / "a.csv", sites(20)), "--data", data, "--json")
    before = stored(data)
    fewer = write(tmp_path / "b.csv", sites(10))
    code, answer, err = command(capsys, "import", fewer, "--data", data, "--json")
    assert code == 1
    assert answer["error"]["code"] == "retirement_needs_yes"
    assert answer["retired"] == 10
    assert "--yes" in err
    assert stored(data) == before
    code, answer, _ = command(capsys, "import", fewer, "--data", data, "--json", "--yes")
    assert (code, answer["retired"]) == (0, 10)
    assert sum(camera.retired for camera in stored(data)) == 10


def bad_files() -> dict[str, tuple[bytes, str]]:
    sound = text_of(sites(50)).encode("utf-8-sig")
    header = text_of([], COLUMNS).encode()
    return {
        "empty": (b"", "empty"),
        "garbage": (bytes(range(1, 256)) * 40_000, "not a CSV table"),
        "garbage under a header": (header + b"\xff\xfe,,\r\n" * 400_000, "cannot be used"),
        "another header": (sound.replace("카메라대수".encode(), "대수".encode()), "카메라대수"),
        "cut": (sound[:-700], "ends in the middle of this line"),
    }


@pytest.mark.parametrize("name", bad_files())
def test_a_bad_file_is_refused_clearly_and_the_registry_is_untouched(
    name: str, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(capsys, "import", write(tmp_path / "a.csv", sites(50)), "--data", data, "--json")
    before = stored(data)
    content, words = bad_files()[name]
    (tmp_path / "bad.csv").write_bytes(content)
    audit = Entries()
    code, answer, err = command(capsys, "import", tmp_path / "bad.csv", "--data", data, "--json", "--yes", audit=audit)
    assert code == 1
    assert words in answer["error"]["text"]
    assert answer["error"]["line"] >= 1
    assert "nothing was changed" in err
    assert stored(data) == before
    assert audit.told == []


def test_a_missing_file_is_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = command(capsys, "import", tmp_path / "none.csv", "--data", data, "--json")
    assert code == 1
    assert "none.csv" in answer["error"]["text"]


def test_a_survey_makes_poses_known_by_id_or_name(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(capsys, "import", write(tmp_path / "a.csv", sites(3)), "--data", data, "--json")
    first, second, _ = stored(data)
    survey = tmp_path / "survey.csv"
    survey.write_text(
        f"source,camera,bearing,fov,range_m,ptz,height_m\nsurvey,{first.id},90,70,80,no,4.5\nsimulated_survey,{second.name},360,60,55,yes,\n"
    )
    audit = Entries()
    code, answer, _ = command(capsys, "survey", survey, "--data", data, "--json", audit=audit)
    assert (code, answer) == (0, {"cameras": 2})
    after = {camera.id: camera for camera in stored(data)}
    assert (after[first.id].pose.bearing, after[first.id].pose.source, after[first.id].pose.height_m) == (90.0, "survey", 4.5)
    assert (after[second.id].pose.bearing, after[second.id].pose.ptz) == (0.0, True)
    assert "unknown_pose" not in after[first.id].warnings
    assert [kind for kind, _ in audit.told] == ["registry:surveyed"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{id},400,70,80,,,", "bearing"),
        ("{id},north,70,80,,,", "bearing"),
        ("{id},90,0,80,,,", "fov"),
        ("{id},90,70,0,,,", "range_m"),
        ("{id},90,70,80,perhaps,,", "ptz"),
        ("{id},90,70,80,,-2,", "height_m"),
        ("{id},90,70,80,,,guess", "source"),
        (",90,70,80,,,", "camera"),
        ("nobody,90,70,80,,,", "camera"),
    ],
)
def test_one_fault_in_a_survey_leaves_every_pose_as_it_was(
    line: str, field: str, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(capsys, "import", write(tmp_path / "a.csv", sites(2)), "--data", data, "--json")
    before = stored(data)
    survey = tmp_path / "survey.csv"
    sound = f"{before[1].id},10,70,80,,,"
    survey.write_text(f"camera,bearing,fov,range_m,ptz,height_m,source\n{sound}\n{line.format(id=before[0].id)}\n")
    code, answer, _ = command(capsys, "survey", survey, "--data", data, "--json")
    assert code == 1
    assert answer["error"]["field"] == field
    assert stored(data) == before


def test_an_export_says_no_more_than_the_public_file(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [*sites(2), site(촬영방면정보="360도전방면", WGS84위도="37.49")]
    command(capsys, "import", write(tmp_path / "a.csv", rows), "--data", data, "--json")
    target = tmp_path / "cameras.json"
    assert command(capsys, "export", target, "--data", data, "--json")[1] == {"cameras": 3}
    cameras = json.loads(target.read_text())["cameras"]
    assert set(cameras[0]) == {"id", "name", "owner", "lat", "lon", "purpose", "pixels", "direction_text", "ptz"}
    assert [camera["ptz"] for camera in cameras] == [False, False, True]
