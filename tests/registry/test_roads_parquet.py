"""GeoParquet road files: by class and line, in metres of their own grid or from degrees; broken ones are refused."""

from contextlib import suppress
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonghwa.pursuit.roads import AGAINST, CAR, FOOT
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.roads_parquet import read_parquet
from bonghwa.registry.standard import FileProblem

from .roadfiles import check_roads, edges_of, write_parquet

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "roads" / "large_osm"
BOTH = FOOT | CAR
DEGREES = {"type": "GeographicCRS", "name": "WGS 84"}


def rows() -> list[dict[str, object]]:
    return [
        {"u": 1, "v": 2, "key": 0, "highway": "primary", "geometry": [(0.0, 0.0), (100.0, 0.0)]},
        {"u": 2, "v": 3, "key": 0, "highway": "motorway", "geometry": [(100.0, 90.0), (100.0, 0.0)]},
    ]


def test_lines_that_end_at_one_place_meet_there_and_no_way_is_guessed(tmp_path: Path) -> None:
    file = read_parquet(write_parquet(tmp_path / "a.parquet", rows()))
    roads, _ = clean(file)
    check_roads(roads)
    assert edges_of(roads) == {
        ((0, 0), (100, 0), BOTH), ((100, 0), (0, 0), BOTH), ((100, 90), (100, 0), CAR), ((100, 0), (100, 90), CAR),
    }  # fmt: skip
    assert file.source == "a.parquet: no one-ways given"


def test_a_line_in_touching_parts_is_one_road_and_one_with_a_gap_is_rejected(tmp_path: Path) -> None:
    parts = {
        "touching": [[(0, 0), (60, 0)], [(60, 0), (100, 0)]],
        "one": [[(100, 0), (100, 90)]],
        "gap": [[(0, 9), (1, 9)], [(5, 9), (6, 9)]],
    }
    each = [{**rows()[0], "oneway": True, "geometry": shapely.MultiLineString(lines)} for lines in parts.values()]
    file = read_parquet(write_parquet(tmp_path / "a.parquet", each))
    roads, _ = clean(file)
    check_roads(roads)
    assert edges_of(roads) >= {((0, 0), (100, 0), BOTH), ((100, 0), (100, 90), BOTH)}
    assert [(reject.line, reject.field, reject.reason) for reject in file.rejects] == [(3, "geometry", "not a line")]


def test_columns_of_one_ways_limits_names_and_lengths_are_used(tmp_path: Path) -> None:
    more = [
        {**row, "oneway": way, "maxspeed": "70", "name": "길", "length": length}
        for row, way, length in zip(rows(), (True, False), (0.0, 91.0), strict=True)
    ]
    roads, dirt = clean(read_parquet(write_parquet(tmp_path / "a.parquet", more)))
    assert edges_of(roads) >= {((0, 0), (100, 0), BOTH), ((100, 0), (0, 0), FOOT | AGAINST)}
    assert roads.length.tolist() == [100.0, 100.0, 91.0, 91.0]
    assert (dirt.zero_lengths, roads.names) == (1, ("", "길"))
    assert roads.speed[0] == pytest.approx(70 / 3.6)


def test_degrees_are_projected(tmp_path: Path) -> None:
    line = [(126.620, 37.470), (126.620, 37.471)]
    file = read_parquet(write_parquet(tmp_path / "a.parquet", [{**rows()[0], "geometry": line}], DEGREES))
    roads, _ = clean(file)
    assert (file.grid, round(roads.length[0], 1)) == ("EPSG:5186", 111.0)
    with pytest.raises(FileProblem, match="places are no degrees"):
        read_parquet(write_parquet(tmp_path / "a.parquet", [{**rows()[0], "geometry": [(0.0, 0.0), (500.0, 0.0)]}], DEGREES))


def test_missing_columns_strange_classes_and_cut_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    with pytest.raises(FileProblem, match="missing column: highway"):
        read_parquet(write_parquet(file, [{"geometry": [(0, 0), (1, 1)]}]))
    with pytest.raises(FileProblem, match="'river' is no class of road"):
        read_parquet(write_parquet(file, [{**rows()[0], "highway": "river"}]))
    whole = write_parquet(file, rows()).read_bytes()
    for size in range(0, len(whole), max(1, len(whole) // 40)):
        file.write_bytes(whole[:size])
        with pytest.raises(FileProblem):
            read_parquet(file)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=200), signed=st.booleans())
def test_garbage_is_no_parquet(tmp_path: Path, garbage: bytes, signed: bool) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1" + garbage + b"PAR1" if signed else garbage)
    with pytest.raises(FileProblem):
        read_parquet(file)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(4, 3000), value=st.integers(0, 255))
def test_a_changed_byte_never_ends_in_another_error(tmp_path: Path, at: int, value: int) -> None:
    file = tmp_path / "a.parquet"
    whole = bytearray(write_parquet(file, rows()).read_bytes())
    whole[at % len(whole)] = value
    file.write_bytes(whole)
    with suppress(FileProblem):
        read_parquet(file)


@pytest.mark.skipif(not SHARED.exists(), reason="the public road files are not beside the checkout (../shared/data/roads)")
def test_the_real_network_of_douala() -> None:
    file = read_parquet(SHARED / "douala_809.parquet")
    assert (file.rows, file.rejects) == (84_819, [])
    roads, dirt = clean(file)
    assert 169_000 < roads.edges < 170_000
    assert dirt.parts <= 19
    assert (roads.length >= 0.5).all()
