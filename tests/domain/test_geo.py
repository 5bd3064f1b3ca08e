"""The grid and the ellipsoid against PROJ, over all of Korea."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from bonghwa.domain.geo import bearing_deg, destination, distance_m, to_grid, to_wgs84

LATITUDES = st.floats(33.0, 39.0)
LONGITUDES = st.floats(124.0, 132.0)
PROJ_FORWARD = Transformer.from_crs("EPSG:4326", "EPSG:5186", always_xy=True)
GRS80 = Geod(ellps="GRS80")


@given(LATITUDES, LONGITUDES)
def test_grid_agrees_with_proj_to_a_tenth_of_a_millimetre(lat: float, lon: float) -> None:
    expected_x, expected_y = PROJ_FORWARD.transform(lon, lat)
    x, y = to_grid(lat, lon)
    assert abs(x - expected_x) < 1e-4
    assert abs(y - expected_y) < 1e-4


@given(LATITUDES, LONGITUDES)
def test_going_to_the_grid_and_back_changes_nothing(lat: float, lon: float) -> None:
    back_lat, back_lon = to_wgs84(*to_grid(lat, lon))
    assert abs(back_lat - lat) < 1e-11
    assert abs(back_lon - lon) < 1e-11


def test_the_origin_has_its_false_coordinates() -> None:
    x, y = to_grid(38.0, 127.0)
    assert x == pytest.approx(200_000.0, abs=1e-6)
    assert y == pytest.approx(600_000.0, abs=1e-6)


def test_distance_and_bearing_agree_with_the_geodesic_at_city_range() -> None:
    rng = random.Random(5186)
    for _ in range(500):
        lat, lon = rng.uniform(33, 39), rng.uniform(124, 132)
        azimuth, metres = rng.uniform(0, 360), rng.uniform(1, 5_000)
        lon2, lat2, _ = GRS80.fwd(lon, lat, azimuth, metres)
        assert distance_m(lat, lon, lat2, lon2) == pytest.approx(metres, rel=2e-6)
        turn = (bearing_deg(lat, lon, lat2, lon2) - azimuth + 180) % 360 - 180
        assert abs(turn) < 0.05


@given(LATITUDES, LONGITUDES, st.floats(0, 359.999), st.floats(0.5, 3_000))
def test_a_destination_lies_at_its_distance_and_bearing(lat: float, lon: float, bearing: float, metres: float) -> None:
    there = destination(lat, lon, bearing, metres)
    assert distance_m(lat, lon, *there) == pytest.approx(metres, rel=1e-5)
    assert abs((bearing_deg(lat, lon, *there) - bearing + 180) % 360 - 180) < 0.02


@pytest.mark.parametrize(("dlat", "dlon", "bearing"), [(0.01, 0, 0), (0, 0.01, 90), (-0.01, 0, 180), (0, -0.01, 270)])
def test_the_four_winds(dlat: float, dlon: float, bearing: float) -> None:
    assert bearing_deg(37.45, 126.7, 37.45 + dlat, 126.7 + dlon) == pytest.approx(bearing, abs=1e-9)
