"""What is wrong with roads is mended and counted; parts that nearly touch are joined, others are left apart."""

from math import nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bonghwa.domain.words_roads import DIRT_WORDS
from bonghwa.pursuit.roads import CAR, FOOT, INFERRED, Roads
from bonghwa.registry.road_cleaning import clean
from bonghwa.registry.road_dirt import RoadDirt
from bonghwa.registry.road_joining import part_sizes
from bonghwa.registry.road_streets import RoadFile, Street, point_of
from bonghwa.registry.roads_packaged import packaged_roads, roads_at

from .roadfiles import check_roads

BOTH = FOOT | CAR
Point = tuple[float, float]


def street(start: int, end: int, *line: Point, length: float | None = None, use: int = BOTH) -> Street:
    return Street(start, end, np.array(line, dtype=float), use, use, 10.0, length=length)


def cleaned(places: list[Point], *streets: Street) -> tuple[Roads, RoadDirt]:
    roads, dirt = clean(RoadFile(list(places), list(streets), rows=len(streets)))
    check_roads(roads)
    return roads, dirt


@pytest.mark.parametrize(
    ("said", "count"), [(0.0, "zero_lengths"), (-5.0, "zero_lengths"), (9_999.0, "absurd_lengths"), (3.0, "absurd_lengths")]
)
def test_a_length_that_cannot_be_is_that_of_the_line(said: float, count: str) -> None:
    roads, dirt = cleaned([(0, 0), (100, 0)], street(0, 1, (0, 0), (100, 0), length=said))
    assert roads.length.tolist() == [100.0, 100.0]
    assert {code for code, n in dirt.as_json().items() if n} == {count, "parts", "parts_before"}


def test_a_length_measured_on_the_ground_is_kept_and_a_tiny_street_is_half_a_metre() -> None:
    roads, _ = cleaned([(0, 0), (100, 0), (100.1, 0)], street(0, 1, (0, 0), (100, 0), length=104.0), street(1, 2, (100, 0), (100.1, 0)))
    assert roads.length.tolist() == [104.0, 104.0, 0.5, 0.5]


def test_a_line_is_drawn_up_to_its_nodes_and_grows_by_that() -> None:
    roads, dirt = cleaned([(0, 0), (100, 0)], street(0, 1, (6, 0), (80, 0), length=74.0))
    assert roads.length.tolist() == [100.0, 100.0]
    assert dirt.loose_ends == 1


def test_the_same_road_twice_is_kept_once_and_two_roads_between_two_nodes_are_both_kept() -> None:
    line, bend = ((0.0, 0.0), (100.0, 0.0)), ((0.0, 0.0), (50.0, 60.0), (100.0, 0.0))
    roads, dirt = cleaned([(0, 0), (100, 0)], street(0, 1, *line), street(0, 1, *line), street(1, 0, *line[::-1]), street(0, 1, *bend))
    assert (roads.edges, dirt.duplicates) == (4, 2)


def test_loops_are_cut_or_dropped() -> None:
    roads, dirt = cleaned(
        [(0, 0), (50, 0)],
        street(0, 1, (0, 0), (50, 0)),
        street(1, 1, (50, 0), (90, 0), (90, 40), (50, 0)),
        street(0, 0, (0, 0), (1, 0), (0, 0)),
    )
    assert (dirt.loops_cut, dirt.loops_dropped, roads.edges, roads.nodes) == (1, 1, 6, 3)
    assert (roads.tail != roads.head).all()


def test_a_missing_node_without_any_known_one_near_is_one_node_for_all_who_name_it() -> None:
    roads, dirt = cleaned([(0, 0), (nan, nan), (100, 100)], street(0, 1, (0, 0), (100, 0)), street(1, 2, (100, 6), (100, 100)))
    assert (roads.nodes, dirt.nodes_made, dirt.parts) == (3, 1, 1)


MAIN = (street(0, 1, (0, 0), (200, 0)), [(0.0, 0.0), (200.0, 0.0)])


@pytest.mark.parametrize(
    ("end", "parts", "split"),
    [((100.0, 10.0), 1, 1), ((100.0, 16.0), 2, 0), ((195.0, 10.0), 1, 0), ((5.0, -3.0), 1, 0)],
    ids=["beside the line", "too far", "beside an end", "beside the other end"],
)
def test_a_dead_end_beside_another_part_is_joined_to_it(end: Point, parts: int, split: int) -> None:
    places = [*MAIN[1], end, (100.0, 300.0)]
    roads, dirt = cleaned(places, street(0, 1, (0, 0), (200, 0)), street(2, 3, end, (100, 300)))
    assert (dirt.parts_before, dirt.parts, dirt.split, dirt.joined) == (2, parts, split, 2 - parts)
    assert len(part_sizes(roads)) == parts


def test_roads_that_cross_without_a_node_and_dead_ends_within_one_part_stay_as_they_are() -> None:
    over = street(2, 3, (100, -100), (100, 100))
    _, dirt = cleaned([(0, 0), (200, 0), (100, -100), (100, 100)], street(0, 1, (0, 0), (200, 0)), over)
    assert (dirt.parts, dirt.joined) == (2, 0)
    court = street(1, 2, (200, 0), (200, 100), (50, 100), (50, 5))
    _, dirt = cleaned([(0, 0), (200, 0), (50, 5)], street(0, 1, (0, 0), (200, 0)), court)
    assert (dirt.parts, dirt.split) == (1, 0)


def test_a_bus_stop_is_joined_to_the_road_it_stands_at_and_no_road_to_the_middle_of_a_section() -> None:
    def section() -> Street:
        return street(2, 3, (100, 35), (900, 35), use=BOTH | INFERRED)

    places: list[Point] = [(0, 0), (200, 0), (100, 35), (900, 35)]
    roads, dirt = cleaned(places, street(0, 1, (0, 0), (200, 0)), section())
    assert (dirt.parts, dirt.split) == (1, 1)
    assert sorted(np.flatnonzero(roads.use & INFERRED).tolist()) == [4, 5]
    _, dirt = cleaned([*places, (500, 38), (500, 300)], street(4, 5, (500, 38), (500, 300)), section())
    assert (dirt.parts, dirt.joined) == (2, 0)


def test_parts_left_apart_when_asked() -> None:
    file = RoadFile([*MAIN[1], (100.0, 5.0), (100.0, 300.0)], [street(0, 1, (0, 0), (200, 0)), street(2, 3, (100, 5), (100, 300))], rows=2)
    assert clean(file, join=False)[1].parts == 2


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_the_file_says_the_graph_is_sound(data: st.DataObject) -> None:
    metre = st.integers(0, 12).map(lambda n: n * 9.0)
    point = st.tuples(metre, metre)
    places = data.draw(st.lists(point | st.just((nan, nan)), min_size=1, max_size=8))
    nodes = st.integers(0, len(places) - 1)
    lines = st.lists(point, min_size=2, max_size=4)
    lengths = st.none() | st.floats(-10, 1e6, allow_nan=False)
    uses = st.integers(0, 15)
    streets = [
        Street(
            data.draw(nodes),
            data.draw(nodes),
            np.array(data.draw(lines)),
            data.draw(uses),
            data.draw(uses),
            10.0,
            length=data.draw(lengths),
        )
        for _ in range(data.draw(st.integers(0, 8)))
    ]
    roads, dirt = clean(RoadFile(list(places), streets, rows=len(streets)))
    check_roads(roads)
    assert (roads.tail != roads.head).all()
    assert dirt.parts == len(part_sizes(roads)) <= max(dirt.parts_before, 0)


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=5), st.floats(0, 1))
def test_a_share_of_a_line_is_a_point_on_it(points: list[tuple[int, int]], share: float) -> None:
    line = np.array(points, dtype=float)
    x, y = point_of(line, share)
    assert line[:, 0].min() - 1e-9 <= x <= line[:, 0].max() + 1e-9
    assert line[:, 1].min() - 1e-9 <= y <= line[:, 1].max() + 1e-9


def test_every_count_has_its_words_in_both_languages() -> None:
    assert set(DIRT_WORDS) == set(RoadDirt().as_json())
    dirt = RoadDirt(duplicates=2, parts=1)
    assert dirt.lines("ko") == [(2, DIRT_WORDS["duplicates"][0]), (1, DIRT_WORDS["parts"][0])]
    assert dirt.lines() == [(2, DIRT_WORDS["duplicates"][1]), (1, DIRT_WORDS["parts"][1])]


def test_the_packaged_roads_are_sound_and_say_which_of_them_are_inferred() -> None:
    whole, junggu = roads_at(""), packaged_roads(parts={"nodelink"})
    check_roads(whole)
    check_roads(junggu)
    assert not (junggu.use & INFERRED).any()
    assert (whole.use & INFERRED).any()
    assert "bus sections" in whole.source
    assert "bus sections" not in junggu.source
    # Yeongjong, the old port town and the bus sections of the mainland are one part: the bridges lead across.
    assert part_sizes(whole)[0] > 5_100
    assert len(part_sizes(junggu)) == 3
    with pytest.raises(KeyError):
        packaged_roads(parts={"moon"})
