"""config/bonghwa.toml is the reference of the settings: every key with its default and a comment, and nothing else."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from bonghwa.config import SECTIONS, ConfigError, GatewayEntry, Settings, load

from .checkout import ROOT

REFERENCE = ROOT / "config" / "bonghwa.toml"
SECTION = re.compile(r"^\[\[?(\w+)\]\]?")
SETTING = re.compile(r"^(\w+) = ")


def settings_lines() -> list[tuple[str, str, str]]:
    """Section, key and whole line of each setting of the reference, in order."""
    found, section = [], ""
    for line in REFERENCE.read_text(encoding="utf-8").splitlines():
        if heading := SECTION.match(line):
            section = heading[1]
        elif setting := SETTING.match(line):
            found.append((section, setting[1], line))
    return found


def test_the_reference_names_every_setting_once_and_no_other() -> None:
    named = [(section, key) for section, key, _ in settings_lines() if section != "gateway"]
    known = [(section, field.name) for section, kind in SECTIONS.items() for field in fields(kind)]
    assert sorted(named) == sorted(known)
    assert {key for section, key, _ in settings_lines() if section == "gateway"} == {field.name for field in fields(GatewayEntry)}


def test_the_reference_states_the_defaults(tmp_path: Path) -> None:
    copy = tmp_path / "bonghwa.toml"
    copy.write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    stated, default = load(copy, environment={}), Settings()
    assert (stated.mqtt, stated.pursuit, stated.limits) == (default.mqtt, default.pursuit, default.limits)
    assert stated.gateways == default.gateways
    relative = {"data": stated.hub.data, "agreements": stated.hub.agreements}
    assert relative == {"data": str(tmp_path / "var"), "agreements": str(tmp_path / "agreements")}
    hub = {field.name: getattr(stated.hub, field.name) for field in fields(stated.hub) if field.name not in relative}
    assert hub == {name: getattr(default.hub, name) for name in hub}


@pytest.mark.parametrize(("section", "key", "line"), [entry for entry in settings_lines() if entry[0] != "gateway"])
def test_every_setting_of_the_reference_is_explained(section: str, key: str, line: str) -> None:
    assert "# " in line, f"[{section}] {key} has no comment"


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_key_is_an_error_that_names_it(section: str, tmp_path: Path) -> None:
    file = tmp_path / "bonghwa.toml"
    file.write_text(f"[{section}]\nno_such_key = 1\n")
    with pytest.raises(ConfigError, match=rf"{section}\.no_such_key"):
        load(file, environment={})


def test_the_environment_wins_over_the_file_and_a_flag_over_both(tmp_path: Path) -> None:
    file = tmp_path / "bonghwa.toml"
    file.write_text("[hub]\nport = 1\n")
    assert load(file, environment={}).hub.port == 1
    assert load(file, environment={"BONGHWA_HUB_PORT": "2"}).hub.port == 2
    assert load(file, environment={"BONGHWA_HUB_PORT": "2"}, flags={"hub": {"port": 3}}).hub.port == 3
