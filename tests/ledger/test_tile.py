"""Tile paths and bytes as C2SP tlog-tiles spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bonghwa.ledger.errors import TileError
from bonghwa.ledger.tile import Tile, narrow, pack_entries, parse_path, right_edge, unpack_entries, unpack_hashes


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 999, 17), "tile/1/999.p/17"),
        (Tile(-1, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_a_tile_is_spelled_as_the_standard_says(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@given(st.integers(-1, 7), st.integers(0, 10**10), st.integers(1, 256))
def test_every_path_leads_back_to_its_tile(level: int, index: int, width: int) -> None:
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/1.p/1",
        "tile/0/000.p/\u0661",
        "tile/-1/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/../../keys",
        "tile/entries/+01",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
    ],
)
def test_any_other_spelling_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parse_path(path)


def test_the_right_edge_of_70000_entries_has_a_partial_tile_on_each_level() -> None:
    assert [tile.path for tile in right_edge(70_000)] == [
        "tile/entries/273.p/112",
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_entries_come_out_of_a_bundle_as_they_went_in(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries), len(entries)) == entries


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=20), st.data())
def test_a_narrower_bundle_is_the_beginning_of_a_wider_one(entries: list[bytes], data: st.DataObject) -> None:
    width = data.draw(st.integers(1, len(entries)))
    assert narrow(Tile(-1, 0, width), pack_entries(entries)) == pack_entries(entries[:width])


def test_an_entry_over_65535_bytes_does_not_fit() -> None:
    assert unpack_entries(pack_entries([bytes(65_535)]), 1) == [bytes(65_535)]
    with pytest.raises(TileError, match="65536 bytes does not fit"):
        pack_entries([bytes(65_536)])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_inside_an_entry_is_refused(data: bytes) -> None:
    with pytest.raises(TileError, match="ends inside an entry"):
        unpack_entries(data, 1)


def test_a_tile_of_another_width_is_refused() -> None:
    with pytest.raises(TileError, match="2 hashes has 33 bytes instead of 64"):
        unpack_hashes(bytes(33), 2)
    with pytest.raises(TileError, match="bundle of 2 entries holds 1"):
        unpack_entries(b"\x00\x01a", 2)
