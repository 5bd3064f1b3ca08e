"""The coverage of edges is what the selection of cameras says at every piece of every edge."""

import random
from collections import defaultdict

import numpy as np
import pytest

from bonghwa.domain.camera import Camera, Pose
from bonghwa.domain.geo import destination, to_grid
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.covering import PIECE_M, cover, pieces
from bonghwa.pursuit.roads import Roads
from bonghwa.registry.road_streets import Street, pack
from bonghwa.sight import kernels
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.occlusion import Footprints

MIDDLE = (37.4738, 126.6216)


def cameras(chance: random.Random, number: int) -> list[Camera]:
    found = []
    for n in range(number):
        lat, lon = destination(*MIDDLE, chance.uniform(0, 360), chance.uniform(0, 300))
        known = chance.random() < 0.6
        pose = Pose(range_m=chance.uniform(20, 120))
        if known:
            pose = Pose(
                range_m=chance.uniform(20, 120), source="survey", bearing=chance.uniform(0, 360), fov=chance.choice([40.0, 90.0, 360.0])
            )
        found.append(Camera(f"c{n}", f"c-{n}", "junggu", f"s{n}", 1, "", "", "", lat, lon, 200, 30, None, "", "", "2026-01-01", pose))
    return found


def streets(chance: random.Random, number: int) -> Roads:
    x, y = to_grid(*MIDDLE)
    places = np.array([(x + chance.uniform(-300, 300), y + chance.uniform(-300, 300)) for _ in range(number)])
    made = []
    for n in range(number):
        other = chance.randrange(number)
        bend = [(x + chance.uniform(-300, 300), y + chance.uniform(-300, 300)) for _ in range(chance.randrange(3))]
        made.append(Street(n, other, np.array([places[n], *bend, places[other]]), 3, 3, 10.0, length=chance.choice([None, 33.3])))
    return pack(places, made, "")


def rows(coverage: Coverage, edge: int) -> list[tuple[str, float, float, float]]:
    return [
        (coverage.cameras[coverage.camera[row]], float(coverage.begin[row]), float(coverage.end[row]), float(coverage.chance[row]))
        for row in range(coverage.first[edge], coverage.first[edge + 1])
    ]


@pytest.mark.parametrize("walls", [False, True], ids=["open ground", "between walls"])
@pytest.mark.parametrize("seed", range(3))
def test_it_equals_asking_the_index_at_every_piece(seed: int, walls: bool) -> None:
    chance = random.Random(seed)
    x, y = to_grid(*MIDDLE)
    corners = [(x + chance.uniform(-300, 300), y + chance.uniform(-300, 300)) for _ in range(40)]
    prints = Footprints([[(a, b), (a + 15, b), (a + 15, b + 15), (a, b + 15)] for a, b in corners]) if walls else None
    index, roads = CameraIndex.build(cameras(chance, 40), prints), streets(chance, 25)
    coverage = cover(roads, index)
    first, at_x, at_y = pieces(roads)
    for edge in range(roads.edges):
        count = int(first[edge + 1] - first[edge])
        size = roads.length[edge] / count
        assert size <= PIECE_M
        seen: dict[str, set[int]] = defaultdict(set)
        for n in range(count):
            for number in index.seeing(at_x[first[edge] + n] + roads.origin[0], at_y[first[edge] + n] + roads.origin[1]).tolist():
                seen[index.cameras[number].id].add(n)
        shown: dict[str, set[int]] = defaultdict(set)
        for camera, begin, end, chance_of_it in rows(coverage, edge):
            here = set(range(round(begin / size), round(end / size)))
            assert here
            assert not here & shown[camera]
            shown[camera] |= here
            assert chance_of_it == index.geo[index.number[camera], kernels.PRIOR]
        assert shown == seen


def test_pieces_lie_on_their_edge_and_rows_are_in_order() -> None:
    chance = random.Random(7)
    roads = streets(chance, 25)
    first, x, y = pieces(roads)
    for edge in range(0, roads.edges, 3):
        count = int(first[edge + 1] - first[edge])
        for n in range(count):
            on_edge = roads.at(edge, (n + 0.5) / count * roads.length[edge])
            assert (x[first[edge] + n], y[first[edge] + n]) == pytest.approx(on_edge, abs=1e-6)
    coverage = cover(roads, CameraIndex.build(cameras(chance, 30)))
    for edge in range(roads.edges):
        begins = [begin for _, begin, _, _ in rows(coverage, edge)]
        assert begins == sorted(begins)
        assert all(0 <= begin < end <= roads.length[edge] + 1e-9 for _, begin, end, _ in rows(coverage, edge))


def test_no_camera_and_no_road_is_an_empty_coverage() -> None:
    roads = streets(random.Random(1), 5)
    alone = cover(roads, CameraIndex.build([]))
    assert (alone.cameras, len(alone.camera), alone.first.tolist()) == ((), 0, [0] * (roads.edges + 1))
    nothing = cover(pack(np.zeros((0, 2)), [], ""), CameraIndex.build(cameras(random.Random(1), 3)))
    assert (nothing.cameras, nothing.first.tolist()) == ((), [0])
