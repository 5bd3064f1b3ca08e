"""`bonghwa agreements check`: the sample agreements are sound, and a broken one is named to its field."""

import shutil
from pathlib import Path

import pytest

from bonghwa.cli import agreements

SAMPLES = Path(__file__).resolve().parents[2] / "agreements"


def test_the_sample_agreements_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert agreements.run(["check", str(SAMPLES)]) == 0
    said = capsys.readouterr().out
    assert "strap_cut" in said
    assert "NOT IN FORCE" not in said
    assert said.count("unmasked") == 2, "one clause and one agreement of the samples lift masks"
    assert "3-1    auto     400 m, 9 cameras, 40 min         fire, rescue, medical, hazmat, mass_casualty + evidence, unmasked" in said


def test_a_broken_agreement_is_named_with_file_clause_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(SAMPLES, tmp_path / "agreements")
    file = folder / "fire119.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('approval = "auto"', 'approval = "perhaps"', 1), encoding="utf-8")
    assert agreements.run(["check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert "fire119.toml" in said
    assert "approval" in said
