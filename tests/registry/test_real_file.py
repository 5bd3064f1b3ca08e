"""The real registry of the demo city, as it ships: what is in it and what is doubtful."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from bonghwa.data import read_data
from bonghwa.registry.cameras import ParsedFile, parse_file


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> ParsedFile:
    path: Path = tmp_path_factory.mktemp("real") / "incheon_cctv.csv"
    path.write_bytes(read_data("incheon_cctv.csv.gz"))
    return parse_file(path, date(2026, 1, 1))


def test_it_has_13760_sites_and_21747_cameras_and_rejects_none(parsed: ParsedFile) -> None:
    assert (parsed.rows, parsed.sites, len(parsed.cameras)) == (13_760, 13_760, 21_747)
    assert parsed.rejects == ()


def test_every_camera_has_an_id_of_its_own_though_2328_rows_have_a_twin(parsed: ParsedFile) -> None:
    assert len({camera.id for camera in parsed.cameras}) == 21_747
    assert len({camera.site_id for camera in parsed.cameras}) == 13_759


def test_its_doubts_are_counted(parsed: ParsedFile) -> None:
    counts = parsed.warnings
    assert counts["outside_city"] == 64
    assert counts["unknown_pixels"] == 3_526
    assert counts["unknown_retention"] == 4_452
    assert counts["unknown_pose"] == 13_760
    assert counts["no_cameras"] == 1
    assert counts["coarse_coordinates"] >= 2_922
    points = Counter(camera.pole for camera in {camera.site_id: camera for camera in parsed.cameras}.values())
    assert max(points.values()) == 42
    assert counts["shared_point"] == sum(n for n in points.values() if n > 1)


def test_all_ten_districts_own_cameras(parsed: ParsedFile) -> None:
    owners = Counter(camera.owner for camera in parsed.cameras)
    assert sorted(owners) == ["bupyeong", "donggu", "ganghwa", "gyeyang", "junggu", "michuhol", "namdong", "ongjin", "seo", "yeonsu"]


def test_no_bearing_is_invented(parsed: ParsedFile) -> None:
    assert not any(camera.pose.known for camera in parsed.cameras)
    assert {camera.pose.bearing for camera in parsed.cameras} == {None}
