"""Agreements: strict loading that names file, clause and field; every kind of every line has a clause or an explicit deny."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bonghwa.domain.access import Allowed, Denied, Question, decide
from bonghwa.domain.agreement import AgreementError, read_agreement
from bonghwa.domain.alarm import DEFAULT_CODE, LINES, RECEIVERS
from bonghwa.storage.agreements import load_agreements
from bonghwa.wiring import agencies, agreements_of

FOLDER = Path(__file__).resolve().parents[2] / "agreements"
NOON = 1_795_316_400_000_000  # 2026-11-22 12:00 KST
KNOWN = agencies()
OWNERS = frozenset(a.id for a in KNOWN.values() if a.role == "district")
GOOD: dict[str, Any] = tomllib.loads((FOLDER / "tracking-centre.toml").read_text())


def read(raw: dict[str, Any]) -> Any:
    return read_agreement(raw, b"x", "file.toml", frozenset(KNOWN), OWNERS)


def test_the_sample_agreements_load() -> None:
    assert {a.id for a in agreements_of(FOLDER)} == {"P-3", "F-1", "T-1", "D-1", "C-1", "R-1", "G-1"}


@pytest.mark.parametrize(("line", "kind"), [(line, kind) for line, kinds in LINES.items() for kind in kinds])
def test_every_kind_of_every_line_has_a_clause_or_an_explicit_deny(line: str, kind: str) -> None:
    agreements = agreements_of(FOLDER)
    for code in range(5):
        answer = decide(Question(RECEIVERS[line][0], "junggu", line, kind, code, True, True, False, NOON), agreements)
        assert isinstance(answer, Allowed) or answer.reason.code == "clause_denies", (line, kind, code, answer)


@pytest.mark.parametrize(
    ("kind", "approval"),
    [
        ("strap_cut", "auto"), ("curfew_breach", "auto"), ("exclusion_zone", "auto"), ("approach_protected", "auto"),
        ("interference", "confirm"), ("location_lost", "confirm"), ("low_battery", None), ("device_fault", None),
    ],
)  # fmt: skip
def test_em_act_16_3_opens_only_for_breach_or_recorded_suspicion_and_urgency(kind: str, approval: str | None) -> None:
    answer = decide(
        Question("tracking_centre", "junggu", "tracking_centre", kind, min(DEFAULT_CODE[kind], 2), True, True, False, NOON),
        agreements_of(FOLDER),
    )
    assert (answer.clause.approval if isinstance(answer, Allowed) else None) == approval
    if isinstance(answer, Allowed):
        assert "notify_wearer" in answer.clause.duties


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("schema",), 2, "schema"),
        (("schema",), "1", "schema"),
        (("parties",), ["martians"], "parties"),
        (("parties",), [], "parties"),
        (("owners",), ["atlantis"], "owners"),
        (("valid_to",), GOOD["valid_from"].replace(year=2020), "valid_to"),
        (("colour",), "red", "colour"),
        (("clause", 0, "approval"), "maybe", "approval"),
        (("clause", 0, "kinds"), ["robbery"], "kinds"),
        (("clause", 0, "lines"), ["carrier_pigeon"], "lines"),
        (("clause", 0, "codes"), [7], "codes"),
        (("clause", 0, "codes"), [True], "codes"),
        (("clause", 0, "radius_m"), 0, "radius_m"),
        (("clause", 0, "cameras"), 1000, "cameras"),
        (("clause", 0, "minutes"), "30", "minutes"),
        (("clause", 0, "limit_minutes"), 1, "limit_minutes"),
        (("clause", 0, "hours"), "25:00-26:00", "hours"),
        (("clause", 0, "duties"), ["dance"], "duties"),
        (("clause", 0, "basis"), " ", "basis"),
        (("clause", 0, "tpyo"), 1, "tpyo"),
        (("clause", 1, "id"), "2-1", "id"),
        (("clause", 0, "evidence"), "yes", "evidence"),
        (("clause", 0, "keep_days"), -1, "keep_days"),
        (("clause", 2, "keep_days"), 30, "keep_days"),
        (("clause", 0, "unmasked"), 1, "unmasked"),
        (("clause", 2, "unmasked"), True, "unmasked"),
        (("duty_unmasked",), "yes", "duty_unmasked"),
    ],
)
def test_a_wrong_agreement_names_file_and_field(path: tuple[Any, ...], value: Any, field: str) -> None:
    raw = copy.deepcopy(GOOD)
    place: Any = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(AgreementError) as caught:
        read(raw)
    assert (caught.value.file, caught.value.field) == ("file.toml", field)
    assert (caught.value.clause is not None) == (path[0] == "clause")


@pytest.mark.parametrize("field", ["id", "title", "lines", "kinds", "approval", "basis", "purpose", "radius_m", "cameras", "minutes"])
def test_a_clause_that_opens_without_a_limit_or_a_basis_does_not_load(field: str) -> None:
    raw = copy.deepcopy(GOOD)
    del raw["clause"][0][field]
    with pytest.raises(AgreementError) as caught:
        read(raw)
    assert caught.value.field == field


def test_two_files_with_one_id_and_a_broken_file_are_refused(tmp_path: Path) -> None:
    text = (FOLDER / "fire119.toml").read_text()
    (tmp_path / "a.toml").write_text(text)
    (tmp_path / "b.toml").write_text(text)
    with pytest.raises(AgreementError, match=r"b\.toml.*field id"):
        load_agreements(tmp_path, KNOWN, OWNERS)
    (tmp_path / "b.toml").write_text("schema = ")
    with pytest.raises(AgreementError, match=r"b\.toml.*TOML"):
        load_agreements(tmp_path, KNOWN, OWNERS)


def test_a_change_of_one_byte_is_another_version() -> None:
    raw = tomllib.loads((FOLDER / "fire119.toml").read_text())
    one = read_agreement(raw, b"content", "f", frozenset(KNOWN), OWNERS)
    two = read_agreement(raw, b"content ", "f", frozenset(KNOWN), OWNERS)
    assert one.hash != two.hash
    assert isinstance(decide(Question("fire119", "junggu", "fire119", "fire", 1, True, True, False, NOON), ()), Denied)
