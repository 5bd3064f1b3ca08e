"""The camera table: the same on SQLite and PostgreSQL."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine

from bonghwa.data import load_city
from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.camera_diff import Diff, plan
from bonghwa.registry.cameras import parse_file
from bonghwa.storage.sql import cameras as table
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.schema import metadata

from .files import site, sites, write


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def conn(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    engine: Engine
    if request.param == "sqlite":
        engine = open_engine(tmp_path)
    else:
        url = os.environ.get("BONGHWA_TEST_POSTGRES")
        if not url:
            pytest.skip("BONGHWA_TEST_POSTGRES is not set: no PostgreSQL to test with")
        engine = create_engine(url)
    with engine.connect() as connection, connection.begin() as transaction:
        metadata.create_all(connection, tables=[table.cameras])
        yield connection
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def cameras(tmp_path: Path) -> tuple[Camera, ...]:
    other = site(관리기관명="인천광역시 동구청", 소재지도로명주소="인천광역시 동구 송림로 1", WGS84위도="37.476", WGS84경도="126.643")
    parsed = parse_file(write(tmp_path / "a.csv", [*sites(12, 카메라대수="2"), other]), date(2026, 1, 1))
    return plan([], parsed.cameras, {district.id: district.ko for district in load_city().districts}).added


def test_cameras_come_back_as_they_were_stored(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    assert sorted(table.load_all(conn), key=lambda camera: camera.name) == sorted(cameras, key=lambda camera: camera.name)
    assert table.get(conn, cameras[3].id) == cameras[3]
    assert table.get(conn, "c-nobody") is None
    assert table.count(conn) == 25


def test_changed_and_retired_cameras_are_stored(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    changed, gone = replace(cameras[0], pixels=800), replace(cameras[1], retired=True)
    table.apply(conn, Diff(changed=((cameras[0], changed),), retired=(gone,)))
    assert table.get(conn, changed.id) == changed
    assert table.count(conn) == 24
    assert gone.id not in {camera.id for camera in table.load_all(conn, retired=False)}


def test_a_pose_can_be_set_and_taken_back(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    pose = Pose(range_m=90, source="onvif", bearing=12.5, fov=60.0, ptz=True, height_m=5.0)
    assert table.set_pose(conn, cameras[0].id, pose)
    assert not table.set_pose(conn, "c-nobody", pose)
    found = table.get(conn, cameras[0].id)
    assert found is not None
    assert found.pose == pose
    assert "unknown_pose" not in found.warnings
    table.set_pose(conn, cameras[0].id, cameras[0].pose)
    assert table.get(conn, cameras[0].id) == cameras[0]


def test_health_outlives_a_newer_file(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    table.set_health(conn, {cameras[0].id: "dead"}, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    table.apply(conn, Diff(changed=((cameras[0], replace(cameras[0], pixels=800)),)))
    assert table.load_health(conn) == {cameras[0].id: ("dead", "2026-01-02T03:04:05.000Z")}
    with pytest.raises(ValueError, match="health: 'ill'"):
        table.set_health(conn, {cameras[0].id: "ill"}, datetime(2026, 1, 2, tzinfo=UTC))


def test_pages_follow_each_other_without_gap_or_repeat(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    seen: list[str] = []
    after: str | None = None
    for _ in range(10):
        items, after = table.page(conn, after=after, limit=7)
        seen += [camera.id for camera in items]
        if after is None:
            break
    assert seen == sorted(camera.id for camera in cameras)


def test_a_page_can_be_narrowed_by_box_owner_and_words(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    assert {camera.owner for camera in table.page(conn, bbox=(126.64, 37.47, 126.65, 37.48))[0]} == {"donggu"}
    assert len(table.page(conn, owner="junggu")[0]) == 24
    assert [camera.name for camera in table.page(conn, q="중구-0007")[0]] == ["중구-0007"]
    assert len(table.page(conn, q="송림로")[0]) == 1
    assert table.page(conn, q="%")[0] == []


def test_references_are_ids_or_names_of_active_cameras(conn: Connection, cameras: tuple[Camera, ...]) -> None:
    table.apply(conn, Diff(added=cameras))
    found = table.by_reference(conn, [cameras[0].id, cameras[1].name, "nobody"])
    assert found == {cameras[0].id: cameras[0], cameras[1].name: cameras[1]}
