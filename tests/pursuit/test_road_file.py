"""The mapped road file: what is written is read back, and a file that is cut, damaged or another is refused by name."""

import struct
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonghwa.pursuit.mapped import ALIGNED, MAGIC, RoadsFileProblem, digest_of, load_roads, save_roads
from bonghwa.pursuit.roads import Roads
from bonghwa.registry.road_streets import Street, pack

METRES = st.floats(-500_000, 500_000, allow_nan=False)


@st.composite
def graphs(draw: st.DrawFn) -> Roads:
    places = np.array(draw(st.lists(st.tuples(METRES, METRES), min_size=1, max_size=6)))
    streets = []
    for _ in range(draw(st.integers(0, 8))):
        start, end = (draw(st.integers(0, len(places) - 1)) for _ in range(2))
        between = draw(st.lists(st.tuples(METRES, METRES), max_size=3))
        line = np.array([places[start], *between, places[end]])
        ahead, back = (draw(st.integers(0, 15)) for _ in range(2))
        streets.append(
            Street(start, end, line, ahead, back, draw(st.floats(0.1, 50)), draw(st.text(max_size=5)), draw(st.none() | st.floats(0, 99)))
        )
    return pack(places, streets, draw(st.text(max_size=20)))


def sample() -> Roads:
    places = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0]])
    return pack(places, [Street(0, 1, places[:2], 3, 3, 8.3, "제물량로"), Street(1, 2, places[1:], 3, 5, 13.9)], "three corners")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs())
def test_every_field_comes_back_bit_for_bit(tmp_path: Path, roads: Roads) -> None:
    file = tmp_path / "city.roads"
    digest = save_roads(file, roads)
    back = load_roads(file)
    for each in fields(Roads):
        before, after = getattr(roads, each.name), getattr(back, each.name)
        if isinstance(before, np.ndarray):
            assert before.dtype == after.dtype
            assert before.tobytes() == after.tobytes()
        else:
            assert before == after
    assert digest_of(file) == digest


def test_the_arrays_lie_on_borders_of_64_bytes_and_a_change_to_them_stays_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    save_roads(file, sample())
    whole = file.read_bytes()
    roads = load_roads(file)
    for each in fields(Roads):
        value = getattr(roads, each.name)
        if isinstance(value, np.ndarray):
            assert value.ctypes.data % ALIGNED == 0
    roads.length[0] = 7.0
    assert file.read_bytes() == whole


def test_a_file_cut_at_any_border_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    save_roads(file, sample())
    whole = file.read_bytes()
    for size in sorted(
        {0, 1, 7, 8, 12, 47, 48, 49, *range(0, len(whole), ALIGNED), *range(ALIGNED - 1, len(whole), ALIGNED), len(whole) - 1}
    ):
        file.write_bytes(whole[:size])
        for check in (True, False):
            with pytest.raises(RoadsFileProblem, match=r"city\.roads: (empty|cut|no road file)"):
                load_roads(file, check=check)


def test_a_flip_of_any_byte_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    save_roads(file, sample())
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        with pytest.raises(RoadsFileProblem):
            load_roads(file)


def test_a_longer_file_and_another_version_say_so(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    save_roads(file, sample())
    whole = file.read_bytes()
    file.write_bytes(whole + b"\0")
    with pytest.raises(RoadsFileProblem, match="cut or damaged"):
        load_roads(file)
    file.write_bytes(whole[:8] + struct.pack("<I", 9) + whole[12:])
    with pytest.raises(RoadsFileProblem, match="version 9, this program reads 1"):
        load_roads(file)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans())
def test_garbage_is_no_road_file(tmp_path: Path, garbage: bytes, signed: bool) -> None:
    file = tmp_path / "city.roads"
    if signed:
        garbage = MAGIC + struct.pack("<II32s", 1, len(garbage), sha256(garbage).digest()) + garbage
    file.write_bytes(garbage)
    with pytest.raises(RoadsFileProblem):
        load_roads(file)


def test_a_number_that_leads_outside_is_refused_even_where_the_sums_are_right(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    for name in ("tail", "head", "twin", "name"):
        roads = sample()
        getattr(roads, name)[1] = 99
        save_roads(file, roads)
        with pytest.raises(RoadsFileProblem, match=f"array {name} leads outside"):
            load_roads(file)
    roads = sample()
    roads.shape_first[1] = 99
    save_roads(file, roads)
    with pytest.raises(RoadsFileProblem, match="shape_first does not rise"):
        load_roads(file)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "city.roads"
    save_roads(file, sample())
    whole = file.read_bytes()
    roads = sample()
    object.__setattr__(roads, "source", object())
    with pytest.raises(TypeError):
        save_roads(file, roads)
    assert file.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [file]
