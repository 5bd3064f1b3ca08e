"""`bonghwa roads`: many files become one road file, what was wrong is printed, and a refused file leaves nothing behind."""

import builtins
import json
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bonghwa.cli import main, serve_hub
from bonghwa.cli.roads import run
from bonghwa.pursuit.mapped import load_roads
from bonghwa.registry.road_import import import_roads

from .roadfiles import LINKS, NODES, check_roads, link, write_osm, write_parquet, write_table

PLACES = {1: (37.4700, 126.6200), 2: (37.4710, 126.6200), 3: (37.4720, 126.6200)}
WAYS = [(10, (1, 2, 3), {"highway": "primary"})]


def test_files_of_several_kinds_become_one_and_show_says_what_is_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    osm = write_osm(tmp_path / "a.osm.pbf", PLACES, WAYS)
    rows = [link("a", "b", [(166_000, 542_000), (166_100, 542_000)]), link("b", "c", [(166_100, 542_000), (1, 2)])]
    links = write_table(tmp_path / "links.csv", LINKS, rows)
    its_nodes = write_table(tmp_path / "nodes.csv", NODES, [{"Id": "z", "NODE_TYPE": "1", "latitude": "37", "longitude": "127"}])
    out = tmp_path / "city.roads"
    assert main(["roads", "import", str(its_nodes), str(osm), str(links), "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["rows"], answer["edges"], answer["dirt"]["rejected"], answer["dirt"]["nodes_made"]) == (3, 4, 1, 2)
    [rejects] = answer["rejects_files"]
    assert Path(rejects).read_text(encoding="utf-8").splitlines()[1].startswith("3,geometry,not within Korea")
    check_roads(load_roads(out))
    assert run(["show", str(out), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["edges"], shown["parts"], shown["sha256"]) == (4, 2, answer["sha256"])
    assert "a.osm.pbf" in shown["source"]
    assert run(["show", str(out)]) == 0
    assert "2 parts that do not touch" in capsys.readouterr().out


def test_roads_of_two_files_meet_where_their_nodes_lie_and_what_is_in_both_is_kept_once(tmp_path: Path) -> None:
    places = PLACES | {4: (37.4710, 126.6220), 5: (37.4710, 126.6180), 6: (37.4700, 126.6180)}
    road = {"highway": "primary"}
    west = write_osm(tmp_path / "west.osm", places, [(10, (1, 2), road), (11, (5, 2), road), (12, (1, 6), road)])
    east = write_osm(tmp_path / "east.osm", places, [(13, (2, 3), road), (14, (2, 4), road), (12, (1, 6), road)])
    found = import_roads([west, east], tmp_path / "city.roads")
    check_roads(found.roads)
    assert (found.roads.nodes, found.roads.edges, found.dirt.parts, found.dirt.duplicates) == (6, 10, 1, 1)
    assert np.bincount(found.roads.tail).max() == 4, "the crossing on the border is one"


def test_a_disk_that_takes_no_more_is_told_with_the_file_that_was_to_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out" / "city.roads"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        assert run(["import", "packaged", "--out", str(out)]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"bonghwa roads: {out}: " in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []


def test_rejected_rows_of_two_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    files = []
    for district, wrong in (("junggu", "fast"), ("donggu", "slow")):
        (tmp_path / district).mkdir()
        good = link("a", "b", [(166_000, 542_000), (166_100, 542_000)])
        files.append(write_table(tmp_path / district / "links.csv", LINKS, [good, good | {"MAX_SPD": wrong}]))
    found = import_roads(files, tmp_path / "city.roads")
    assert [file.name for file in found.rejects_files] == ["links.rejects.csv", "links-2.rejects.csv"]
    for file, wrong in zip(found.rejects_files, ("fast", "slow"), strict=True):
        assert file.read_text(encoding="utf-8").splitlines()[1] == f"3,MAX_SPD,not a number,{wrong}"


def test_the_report_is_in_words_of_either_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for language, words in (("en", "Parts that do not touch"), ("ko", "남은 서로 떨어진 부분")):
        assert run(["import", "packaged", "--out", str(tmp_path / "p.roads"), "--lang", language]) == 0
        assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.osm", b"", "a.osm: not an OSM file"),
        ("a.pbf", b"no", "a.pbf: not an OSM file"),
        ("a.parquet", b"PAR1", "a.parquet: not a Parquet file"),
        ("a.csv", b"", "a.csv: line 1: the file is empty"),
        ("a.csv", b"x,y\n1,2\n", "a.csv: line 1: LINK_ID: missing column"),
        ("a.shp", b"no", "a.shp: not a shapefile"),
        ("a.txt", b"", "a.txt: not one of .osm"),
        ("a.csv", ",".join(NODES).encode() + b"\n", "1 files of nodes for 0 of links"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, words: str
) -> None:
    (tmp_path / "a.dbf").write_bytes(content)
    (tmp_path / name).write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert run(["import", str(tmp_path / name), "--out", str(tmp_path / "out" / "city.roads")]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "nothing was written" in said
    assert sorted(tmp_path.iterdir()) == before


def test_files_of_two_grids_a_missing_file_and_a_wrong_road_file_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    osm = write_osm(tmp_path / "a.osm", PLACES, WAYS)
    utm = write_parquet(tmp_path / "b.parquet", [{"highway": "primary", "geometry": [(0, 0), (1, 1)]}])
    assert run(["import", str(osm), str(utm), "--out", str(tmp_path / "c.roads")]) == 1
    assert "b.parquet: in a metric grid (UTM 49N), but a.osm is in EPSG:5186" in capsys.readouterr().err
    assert run(["import", str(tmp_path / "none.osm"), "--out", str(tmp_path / "c.roads")]) == 1
    assert "none.osm" in capsys.readouterr().err
    assert run(["show", str(osm)]) == 1
    assert "a.osm: no road file" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "library"), [("a.osm", "osmium"), ("a.parquet", "pyarrow"), ("a.shp", "shapefile")])
def test_without_the_extra_a_format_that_needs_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    real = builtins.__import__

    def without(wanted: str, *args: Any, **kwargs: Any) -> Any:
        if wanted.partition(".")[0] == library:
            raise ImportError(wanted)
        return real(wanted, *args, **kwargs)

    (tmp_path / name).write_bytes(b"anything")
    monkeypatch.setattr(builtins, "__import__", without)
    assert run(["import", str(tmp_path / name), "--out", str(tmp_path / "c.roads")]) == 1
    assert "install bonghwa[roads]" in capsys.readouterr().err


def test_a_hub_whose_road_file_cannot_be_used_says_so_at_its_start_and_not_in_the_first_pursuit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = tmp_path / "city.roads"
    import_roads([write_osm(tmp_path / "a.osm", PLACES, WAYS)], good)
    cut = tmp_path / "cut.roads"
    cut.write_bytes(good.read_bytes()[:-64])
    command = ["--data", str(tmp_path / "data"), "--agreements", str(tmp_path / "no agreements"), "--insecure", "--port", "0"]
    for file, words in ((cut, "cut or damaged"), (tmp_path / "none.roads", "No such file"), (tmp_path / "a.osm", "no road file")):
        monkeypatch.setenv("BONGHWA_PURSUIT_ROADS", str(file))
        assert serve_hub.run(command) == 2
        said = capsys.readouterr().err
        assert f"pursuit.roads: {file}: " in said
        assert words in said
    serve_hub.check_roads(str(good))
    serve_hub.check_roads("")
