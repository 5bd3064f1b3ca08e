"""`bonghwa cameras pose`: a camera's own word becomes its pose only when somebody accepts it."""

import json
from pathlib import Path

import pytest

from bonghwa import cli
from bonghwa.cli.cameras import open_store
from bonghwa.demo_accounts import Credentials
from bonghwa.domain.camera import Camera
from bonghwa.domain.pose_proposal import PoseProposal
from bonghwa.storage.sql import cameras as table
from bonghwa.storage.sql import journal, nouns
from tests.api.house import copy_town

Prepared = tuple[Path, Credentials]


@pytest.fixture
def data(town: Prepared, tmp_path: Path) -> Path:
    return copy_town(town[0], tmp_path / "data")


def says(data: Path, bearing: float | None, off: float = 0.0) -> Camera:
    """A camera of the town that said where it looks; its latitude is off by so many degrees."""
    engine = open_store(data)
    nouns.PROPOSALS.table.create(engine, checkfirst=True)
    with engine.begin() as connection:
        camera = table.load_all(connection)[0]
        nouns.PROPOSALS.at(connection).put(PoseProposal(camera.id, camera.lat + off, camera.lon, bearing, 1))
    engine.dispose()
    return camera


def now(data: Path, camera: Camera) -> tuple[Camera, int, set[str]]:
    """The camera, how many proposals wait, and which acts the ledger holds."""
    engine = open_store(data)
    with engine.connect() as connection:
        found = table.get(connection, camera.id)
        acts = {act for _, _, act, _ in journal.bodies(connection, ["registry:pose_accepted", "registry:pose_rejected"], 0)}
        waiting = len(nouns.PROPOSALS.at(connection).find())
    engine.dispose()
    assert found is not None
    return found, waiting, acts


def pose(*words: str) -> int:
    return cli.main(["cameras", "pose", *words])


def test_an_accepted_word_is_the_pose_with_its_source(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    camera = says(data, 123.0)
    assert pose("list", "--data", str(data), "--json") == 0
    assert [row["bearing"] for row in json.loads(capsys.readouterr().out)["items"]] == [123.0]
    assert now(data, camera)[0].pose == camera.pose, "nothing is taken over by itself"
    assert pose("accept", camera.name, "--fov", "70", "--data", str(data)) == 0
    after, waiting, acts = now(data, camera)
    assert (after.pose.source, after.pose.bearing, after.pose.fov) == ("onvif", 123.0, 70.0)
    assert "unknown_pose" not in after.warnings
    assert (waiting, acts) == (0, {"registry:pose_accepted"})


def test_a_rejected_word_is_gone_and_recorded(data: Path) -> None:
    camera = says(data, 123.0)
    assert pose("reject", camera.id, "--data", str(data)) == 0
    after, waiting, acts = now(data, camera)
    assert (after.pose, waiting, acts) == (camera.pose, 0, {"registry:pose_rejected"})


@pytest.mark.parametrize(
    ("bearing", "off", "words", "named"),
    [
        (123.0, 0.0, (), "fov"),
        (None, 0.0, ("--fov", "70"), "bearing"),
        (123.0, 0.01, ("--fov", "70"), "--yes"),
        (123.0, 0.0, ("--fov", "700"), "fov"),
    ],
)
def test_what_is_missing_or_odd_is_named_and_nothing_changes(
    data: Path, capsys: pytest.CaptureFixture[str], bearing: float | None, off: float, words: tuple[str, ...], named: str
) -> None:
    camera = says(data, bearing, off)
    assert pose("accept", camera.name, *words, "--data", str(data)) == 1
    assert named in capsys.readouterr().err
    assert now(data, camera) == (camera, 1, set())


def test_a_camera_that_said_nothing_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pose("accept", "중구-9999", "--data", str(data)) == 1
    assert "중구-9999" in capsys.readouterr().err
