"""OpenStreetMap files become streets: cut at shared nodes, one-ways and limits read from tags, broken files refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bonghwa.domain.geo import distance_m, to_grid
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT
from bonghwa.registry.road_classes import kmh, oneway, uses
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.roads_osm import read_osm
from bonghwa.registry.standard import FileProblem

from .roadfiles import check_roads, edges_of, osm_text, write_osm

PLACES = {1: (37.470, 126.620), 2: (37.471, 126.620), 3: (37.472, 126.620), 4: (37.471, 126.622), 5: (37.473, 126.622)}
PRIMARY = {"highway": "primary", "name": "제물량로", "maxspeed": "60"}
BOTH = FOOT | CAR


@pytest.mark.parametrize("name", ["town.osm", "town.osm.pbf"])
def test_a_way_is_cut_where_another_shares_its_node(tmp_path: Path, name: str) -> None:
    ways = [(10, (1, 2, 3), PRIMARY), (11, (2, 4), {"highway": "residential", "oneway": "yes"}), (12, (4, 5), {"building": "yes"})]
    file = read_osm(write_osm(tmp_path / name, PLACES, ways))
    roads, dirt = clean(file)
    check_roads(roads)
    at = {node: tuple(round(each) for each in to_grid(*place)) for node, place in PLACES.items()}
    assert edges_of(roads) == {
        (at[1], at[2], BOTH), (at[2], at[1], BOTH), (at[2], at[3], BOTH), (at[3], at[2], BOTH),
        (at[2], at[4], BOTH), (at[4], at[2], FOOT | AGAINST),
    }  # fmt: skip
    assert {roads.names[n] for n in roads.name} == {"제물량로", ""}
    assert sorted(set(np.round(roads.speed * 3.6).tolist())) == [30.0, 60.0]
    assert roads.length[0] == pytest.approx(distance_m(*PLACES[1], *PLACES[2]), rel=1e-3)
    assert (file.rows, dirt.parts, file.grid) == (2, 1, "EPSG:5186")


def test_a_ring_road_is_cut_so_that_no_edge_ends_where_it_begins(tmp_path: Path) -> None:
    file = read_osm(write_osm(tmp_path / "ring.osm", PLACES, [(1, (1, 2, 4, 1), {"highway": "tertiary", "junction": "roundabout"})]))
    roads, dirt = clean(file)
    check_roads(roads)
    assert dirt.loops_cut == 1
    assert (roads.tail != roads.head).all()
    assert sorted(roads.use.tolist()) == [BOTH, BOTH, FOOT | AGAINST, FOOT | AGAINST]


def test_a_way_at_the_edge_of_an_extract_keeps_the_nodes_that_are_there(tmp_path: Path) -> None:
    ways = [(10, (1, 2, 99, 3, 5), PRIMARY), (11, (98, 4), PRIMARY), (12, (1, 2, 3), PRIMARY)]
    file = read_osm(write_osm(tmp_path / "cut.osm", PLACES, ways))
    assert [(reject.field, reject.reason) for reject in file.rejects] == [("way/11", "fewer than two of its nodes are in the file")]
    assert sorted(len(street.line) for street in file.streets) == [2, 2, 2, 2]


@pytest.mark.parametrize("sign", [1, -1])
def test_ways_that_come_before_their_nodes_and_nodes_numbered_below_zero_are_read_all_the_same(tmp_path: Path, sign: int) -> None:
    places = {sign * node: place for node, place in PLACES.items()}
    ways = [(sign * 10, [sign * node for node in (1, 2, 3)], PRIMARY), (sign * 11, [sign * 2, sign * 4], PRIMARY)]
    wanted, _ = clean(read_osm(write_osm(tmp_path / "town.osm", PLACES, [(10, (1, 2, 3), PRIMARY), (11, (2, 4), PRIMARY)])))
    text = osm_text(places, ways)
    nodes, first_way = text.index("<node"), text.index("<way")
    (tmp_path / "asked.osm").write_text(text[:nodes] + text[first_way:].replace("</osm>", text[nodes:first_way] + "</osm>"))
    file = read_osm(tmp_path / "asked.osm")
    roads, _ = clean(file)
    check_roads(roads)
    assert edges_of(roads) == edges_of(wanted)
    assert not file.rejects


def test_places_outside_korea_are_in_metres_about_their_middle(tmp_path: Path) -> None:
    places = {1: (39.90, 116.38), 2: (39.91, 116.38), 3: (39.91, 116.40)}
    file = read_osm(write_osm(tmp_path / "beijing.osm", places, [(1, (1, 2, 3), PRIMARY)]))
    assert file.grid == "transverse Mercator about 116.39 E"
    roads, _ = clean(file)
    wanted = distance_m(*places[1], *places[2]) + distance_m(*places[2], *places[3])
    assert roads.length[0] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("tags", "ahead", "back"),
    [
        ({"highway": "residential"}, BOTH, BOTH),
        ({"highway": "residential", "oneway": "true"}, BOTH, FOOT | AGAINST),
        ({"highway": "residential", "oneway": "-1"}, FOOT | AGAINST, BOTH),
        ({"highway": "motorway"}, CAR, AGAINST),
        ({"highway": "motorway", "oneway": "no"}, CAR, CAR),
        ({"highway": "trunk"}, CAR, CAR),
        ({"highway": "trunk", "sidewalk": "right"}, BOTH, BOTH),
        ({"highway": "primary", "foot": "no"}, CAR, CAR),
        ({"highway": "tertiary", "junction": "roundabout"}, BOTH, FOOT | AGAINST),
        ({"highway": "footway"}, FOOT, FOOT),
        ({"highway": "steps", "oneway": "yes"}, FOOT, FOOT),
        ({"highway": "pedestrian"}, FOOT | AGAINST, FOOT | AGAINST),
        ({"highway": "service", "access": "no"}, FOOT | AGAINST, FOOT | AGAINST),
        ({"highway": "service", "access": "private"}, BOTH, BOTH),
    ],
)
def test_tags_say_who_may_go_where(tags: dict[str, str], ahead: int, back: int) -> None:
    assert uses(tags) == (ahead, back)


@given(st.fixed_dictionaries({"highway": st.sampled_from(["primary", "motorway", "footway"])}, optional={
    "oneway": st.sampled_from(["yes", "-1", "no", "reversible", ""]), "junction": st.sampled_from(["roundabout", "jughandle"]),
    "foot": st.sampled_from(["yes", "no"]), "motor_vehicle": st.sampled_from(["yes", "no"]),
}))  # fmt: skip
def test_whatever_the_tags_feet_go_both_ways_and_no_one_way_bounds_a_driver(tags: dict[str, str]) -> None:
    ahead, back = uses(tags)
    assert ahead & FOOT == back & FOOT
    assert bool(ahead & (CAR | AGAINST)) == bool(back & (CAR | AGAINST))
    for use in (ahead, back):
        assert use & (CAR | AGAINST) != CAR | AGAINST
    turned = dict(tags, oneway={"yes": "-1", "-1": "yes"}.get(tags.get("oneway", ""), "no"))
    if oneway(tags) and oneway(turned):
        assert uses(turned) == (back, ahead)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("50", 50.0), ("30 mph", 48.28032), ("80 km/h", 80.0), ("KR:urban", 50.0), ("60;50", 60.0), ("walk", 7.0),
     ("", None), ("none", None), ("signals", None), ("0", None), ("9999", None), ("-5", None)],
)  # fmt: skip
def test_limits_are_read_or_left_to_the_class(said: str, wanted: float | None) -> None:
    assert kmh(said) == (None if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize("name", ["town.osm", "town.osm.pbf"])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, name: str) -> None:
    whole = write_osm(tmp_path / name, PLACES, [(10, (1, 2, 3), PRIMARY)]).read_bytes()
    for size in range(0, len(whole) - 1, max(1, len(whole) // 40)):
        (tmp_path / name).write_bytes(whole[:size])
        with pytest.raises(FileProblem):
            read_osm(tmp_path / name)


def test_a_file_without_roads_or_with_words_for_numbers_is_refused_by_name(tmp_path: Path) -> None:
    for text, code in (
        (osm_text(PLACES, []), "empty"),
        (osm_text(PLACES, [(1, (1, 2), {"highway": "bus_stop"})]), "empty"),
        (osm_text(PLACES, [(1, (1, 2), PRIMARY)]).replace("37.471", "north"), "not_osm"),
        ("<html></html>", "not_osm"),
        (osm_text({}, [(1, (1, 2), PRIMARY)]), "mostly_unusable"),
    ):
        (tmp_path / "a.osm").write_text(text)
        with pytest.raises(FileProblem) as problem:
            read_osm(tmp_path / "a.osm")
        assert problem.value.code == code


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=200), name=st.sampled_from(["a.osm", "a.osm.pbf"]))
def test_garbage_is_no_map(tmp_path: Path, garbage: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(garbage)
    with pytest.raises(FileProblem):
        read_osm(tmp_path / name)
