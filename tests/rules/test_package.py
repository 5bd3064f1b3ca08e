"""What the package is: whole without the video extra, with its licence, its attributions and commands that are there."""

import importlib.util
import re
import subprocess
import sys

import pytest

from bonghwa import cli
from bonghwa.data import open_data

from .checkout import ROOT, modules

WITHOUT_VIDEO = """
import importlib.abc, sys
class NoVideo(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "av" or name.startswith("av."):
            raise ModuleNotFoundError("No module named 'av'", name="av")
sys.meta_path.insert(0, NoVideo())
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
assert "av" not in sys.modules
"""


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_the_core_imports_without_the_video_extra() -> None:
    names = [module_name(str(path.relative_to(ROOT / "src"))) for path in modules() if path.name != "__main__.py"]
    core = [name for name in names if not name.startswith("bonghwa.city") and name != "bonghwa.cli.serve_city"]
    done = subprocess.run([sys.executable, "-c", WITHOUT_VIDEO, *core], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.words)
def test_every_command_has_its_file(command: cli.Command) -> None:
    assert importlib.util.find_spec(f"bonghwa.cli.{command.module}") is not None


def test_every_command_file_is_in_the_table() -> None:
    files = {path.stem for path in (ROOT / "src" / "bonghwa" / "cli").glob("*.py")} - {"__init__", "__main__"}
    assert files == {command.module for command in cli.COMMANDS}


def test_an_unknown_command_is_named_and_the_known_ones_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dril", "x"]) == 2
    said = capsys.readouterr().err
    assert "there is no command 'dril x'" in said
    assert "bonghwa drill" in said


def test_help_is_an_answer_and_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert "bonghwa ledger" in capsys.readouterr().out


def test_the_licence_is_whole_and_the_notice_speaks_of_gpl_and_data() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = (ROOT / "NOTICE").read_text()
    for word in ("libx264", "GNU General Public License", "Open Database License", "OpenStreetMap contributors", "ATTRIBUTION.md"):
        assert word in notice


def test_every_data_file_that_ships_has_its_attribution() -> None:
    attribution = open_data("ATTRIBUTION.md").decode()
    folder = ROOT / "src" / "bonghwa" / "data"
    shipped = {path.name for path in folder.iterdir() if path.suffix in (".gz", ".npz", ".toml", ".csv", ".json")}
    own_work = {"agencies.toml"}
    assert {name for name in shipped - own_work if f"`{name}`" not in attribution} == set()


def test_no_module_is_a_drawer() -> None:
    drawers = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common)(_|$)")
    assert [str(path) for path in modules() if drawers.search(path.stem)] == []
