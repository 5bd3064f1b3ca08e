"""Who is the same camera in a newer file, and what a file would change."""

import random
from datetime import date
from pathlib import Path

from bonghwa.data import load_city
from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.camera_diff import Diff, plan
from bonghwa.registry.cameras import parse_file

from .files import site, sites, write

TODAY = date(2026, 1, 2)
NAMES = {district.id: district.ko for district in load_city().districts}


def cameras(path: Path, rows: list[dict[str, str]], today: date = TODAY) -> tuple[Camera, ...]:
    return parse_file(write(path / "a.csv", rows), today).cameras


def after(existing: list[Camera], diff: Diff) -> list[Camera]:
    """The registry once a diff is applied."""
    moved = {camera.id: camera for camera in (*(new for _, new in diff.changed), *diff.redated, *diff.retired)}
    return [moved.get(camera.id, camera) for camera in existing] + list(diff.added)


def imported(path: Path, rows: list[dict[str, str]], existing: list[Camera] | None = None) -> list[Camera]:
    known = existing or []
    return after(known, plan(known, cameras(path, rows), NAMES))


def test_the_heads_of_a_site_are_cameras_of_their_own_with_running_names(tmp_path: Path) -> None:
    found = imported(tmp_path, [site(카메라대수="3")])
    assert [camera.ordinal for camera in found] == [1, 2, 3]
    assert [camera.name for camera in found] == ["중구-0001", "중구-0002", "중구-0003"]
    assert len({camera.id for camera in found}) == 3
    assert len({camera.site_id for camera in found}) == 1


def test_an_id_is_c_and_sixteen_letters_and_never_changes(tmp_path: Path) -> None:
    (camera,) = imported(tmp_path, [site()])
    assert camera.id == "c4g4zcuebg2wpwxxt"


def test_importing_again_changes_nothing(tmp_path: Path) -> None:
    rows = sites(30)
    known = imported(tmp_path, rows)
    assert plan(known, cameras(tmp_path, rows), NAMES).empty


def test_the_order_of_rows_and_the_running_number_are_no_identity(tmp_path: Path) -> None:
    rows = [*sites(30), *(site(카메라대수=str(1 + n % 3), 번호=str(90 + n)) for n in range(6))]
    known = imported(tmp_path, rows)
    random.Random(3).shuffle(rows)
    assert plan(known, cameras(tmp_path, rows), NAMES).empty


def test_rows_that_are_equal_but_for_their_number_are_different_sites(tmp_path: Path) -> None:
    found = imported(tmp_path, [site(번호="7"), site(번호="8"), site(번호="9")])
    assert len({camera.id for camera in found}) == 3
    assert len({camera.pole for camera in found}) == 1


def test_a_newer_file_shows_what_is_added_changed_and_retired(tmp_path: Path) -> None:
    rows = sites(40)
    known = imported(tmp_path, rows)
    newer = [row | {"카메라화소수": "800"} if row["번호"] == "5" else row for row in rows[1:]]
    newer.append(site(WGS84위도="37.49000001"))
    diff = plan(known, cameras(tmp_path, newer), NAMES)
    assert [camera.name for camera in diff.added] == ["중구-0041"]
    assert [(before.name, before.pixels, new.pixels) for before, new in diff.changed] == [("중구-0005", 200, 800)]
    assert [camera.name for camera in diff.retired] == ["중구-0001"]
    assert not diff.needs_yes


def test_a_name_is_never_given_twice_and_comes_back_with_its_camera(tmp_path: Path) -> None:
    rows = sites(40)
    known = imported(tmp_path, rows[:-1], imported(tmp_path, rows))
    assert [camera.name for camera in known if camera.retired] == ["중구-0040"]
    known = imported(tmp_path, [*rows[:-1], site(WGS84위도="37.49000001")], known)
    assert [camera.name for camera in known][-1] == "중구-0041"
    back = imported(tmp_path, [*rows, site(WGS84위도="37.49000001")], known)
    assert not any(camera.retired for camera in back)
    assert sorted(camera.name for camera in back)[-2:] == ["중구-0040", "중구-0041"]


def test_a_newer_date_alone_is_no_change_of_a_camera(tmp_path: Path) -> None:
    known = imported(tmp_path, sites(5))
    diff = plan(known, cameras(tmp_path, sites(5, 데이터기준일자="2025-12-31")), NAMES)
    assert diff.changed == ()
    assert len(diff.redated) == 5


def test_growing_old_is_no_change_of_a_camera(tmp_path: Path) -> None:
    known = imported(tmp_path, sites(5))
    diff = plan(known, cameras(tmp_path, sites(5), date(2035, 1, 1)), NAMES)
    assert diff.changed == ()
    assert all("stale" in camera.warnings for camera in diff.redated)


def test_a_known_pose_outlives_a_newer_file(tmp_path: Path) -> None:
    (camera,) = imported(tmp_path, [site()])
    pose = Pose(range_m=80, source="survey", bearing=90.0, fov=70.0)
    surveyed = Camera(**{name: getattr(camera, name) for name in camera.__slots__} | {"pose": pose, "warnings": ()})
    diff = plan([surveyed], cameras(tmp_path, [site(카메라화소수="800")]), NAMES)
    ((_, new),) = diff.changed
    assert new.pose == pose
    assert new.warnings == ()


def test_a_file_of_one_district_leaves_the_others_alone(tmp_path: Path) -> None:
    other = site(관리기관명="인천광역시 동구청", 소재지도로명주소="인천광역시 동구 송림로 1", WGS84위도="37.476", WGS84경도="126.643")
    known = imported(tmp_path, [*sites(5), other])
    assert plan(known, cameras(tmp_path, sites(5)), NAMES).empty


def test_retiring_over_a_twentieth_of_an_owner_needs_a_person(tmp_path: Path) -> None:
    rows = sites(40)
    known = imported(tmp_path, rows)
    assert not plan(known, cameras(tmp_path, rows[:38]), NAMES).needs_yes
    diff = plan(known, cameras(tmp_path, rows[:37]), NAMES)
    assert diff.needs_yes
    assert diff.big_retirements == {"junggu": 3 / 40}


def test_the_direction_of_a_public_file_stays_unknown(tmp_path: Path) -> None:
    (camera,) = imported(tmp_path, [site(촬영방면정보="360도 전방면")])
    assert not camera.pose.known
    assert camera.pose.bearing is None
    assert camera.pose.all_round
    assert "unknown_pose" in camera.warnings
