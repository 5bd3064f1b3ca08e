"""`bonghwa accounts`: secrets shown once and kept as hashes, every change in the audit rows."""

import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bonghwa.cli import accounts
from bonghwa.domain.errors import Unauthenticated
from bonghwa.service import people
from bonghwa.service.clock import HubClock
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.writer import SqlRead

NAME, PASSWORD = "상황요원 9", "a long password"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n" * 3))


def run(capsys: pytest.CaptureFixture[str], data: Path, *words: str) -> Any:
    assert accounts.run(["--data", str(data), *words]) == 0
    return json.loads(capsys.readouterr().out)


def caller_of(data: Path, token: str) -> str:
    engine = open_engine(data)
    try:
        with engine.connect() as connection:
            return people.caller_of_token(SqlRead(connection, HubClock().now()), token).name
    finally:
        engine.dispose()


def test_a_new_accounts_token_opens_and_neither_secret_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = run(capsys, tmp_path, "add", NAME, "fire119", "--token", "--password-stdin")
    assert made["role"] == "fire119"
    assert caller_of(tmp_path, made["token"]) == NAME
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert NAME.encode() in stored
    assert PASSWORD.encode() not in stored
    assert made["token"].encode() not in stored


def test_a_closed_account_opens_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = run(capsys, tmp_path, "add", NAME, "fire119", "--token", "--password-stdin")
    run(capsys, tmp_path, "close", NAME)
    with pytest.raises(Unauthenticated):
        caller_of(tmp_path, made["token"])


def test_a_name_is_given_once_and_an_unknown_agency_or_a_short_password_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, tmp_path, "add", NAME, "fire119", "--password-stdin")
    assert accounts.run(["--data", str(tmp_path), "add", NAME, "fire119", "--password-stdin"]) == 1
    assert accounts.run(["--data", str(tmp_path), "add", "other", "nobody", "--password-stdin"]) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert accounts.run(["--data", str(tmp_path), "add", "other", "fire119", "--password-stdin"]) == 1
    said = capsys.readouterr().err
    assert ["taken" in said, "agency: 'nobody'" in said, "at least 8" in said] == [True, True, True]


def test_the_list_names_accounts_and_lines_and_shows_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = run(capsys, tmp_path, "line", "police112")["token"]
    run(capsys, tmp_path, "add", NAME, "fire119", "--password-stdin")
    listed = run(capsys, tmp_path, "list")
    assert [(account["name"], account["closed"]) for account in listed["accounts"]] == [(NAME, False)]
    assert [line["line"] for line in listed["lines"]] == ["police112"]
    assert token not in json.dumps(listed)


def test_every_change_is_in_the_audit_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, tmp_path, "add", NAME, "fire119", "--password-stdin")
    run(capsys, tmp_path, "line", "police112")
    run(capsys, tmp_path, "close", NAME)
    with closing(sqlite3.connect(tmp_path / "bonghwa.db")) as database:
        acts = [act for (act,) in database.execute("SELECT act FROM audit ORDER BY seq")]
    assert acts == ["account:created", "account:created", "account:closed"]
