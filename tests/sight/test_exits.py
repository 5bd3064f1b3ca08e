"""Where roads leave the neighbourhood of a place."""

import io
from math import hypot

import numpy as np
import pytest

from bonghwa.data import read_data
from bonghwa.domain.geo import to_grid
from bonghwa.sight.exits import RoadExits

from .scenes import X0, Y0


def test_a_straight_road_leaves_at_both_ends() -> None:
    roads = RoadExits.straight([(X0 - 400, Y0, X0 + 400, Y0)], "우현로")
    east, west = roads.exits(X0, Y0)
    assert (round(east.bearing), round(west.bearing)) == (90, 270)
    assert (east.x, east.y, east.name) == (pytest.approx(X0 + 150), pytest.approx(Y0), "우현로")


def test_both_carriageways_are_one_exit() -> None:
    roads = RoadExits.straight([(X0, Y0 - 400, X0, Y0 + 400), (X0 + 12, Y0 + 400, X0 + 12, Y0 - 400)])
    assert len(roads.exits(X0, Y0)) == 2


def test_a_road_that_ends_inside_leaves_once_and_one_that_passes_by_not_at_all() -> None:
    assert len(RoadExits.straight([(X0, Y0, X0, Y0 + 400)]).exits(X0, Y0)) == 1
    assert RoadExits.straight([(X0 - 400, Y0 + 160, X0 + 400, Y0 + 160)]).exits(X0, Y0) == []


def test_a_place_without_roads_has_no_exits() -> None:
    assert RoadExits.straight([(X0, Y0, X0, Y0 + 400)]).exits(X0 + 5_000, Y0) == []


def test_the_real_old_town_has_named_exits_at_their_distance() -> None:
    roads = RoadExits.load(read_data("roads.npz"))
    x, y = to_grid(37.4723, 126.6280)
    exits = roads.exits(x, y)
    assert len(exits) >= 2
    assert any(way.name for way in exits)
    assert all(hypot(way.x - x, way.y - y) == pytest.approx(150, abs=1e-6) for way in exits)
    assert [way.bearing for way in exits] == sorted(way.bearing for way in exits)
    assert not any(way.inferred for way in exits)


def test_where_only_bus_sections_are_known_the_exit_says_that_it_is_inferred() -> None:
    packed = read_data("roads.npz")
    with np.load(io.BytesIO(packed)) as table:
        lone = np.flatnonzero((table["kind"] == 1) & (table["routes"] >= 10))[0]
        first = table["link_ptr"][lone]
        x, y = float(table["x"][first]), float(table["y"][first])
    exits = RoadExits.load(packed).exits(x, y)
    assert exits
    assert all(way.inferred for way in exits)
