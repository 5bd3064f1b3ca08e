"""Unseen parts of roads are those that a dense sampling finds, the likeliest first."""

import numpy as np
import pytest

from bonghwa.pursuit.blind import blind_parts

from .graphs import coverage_of, grid_roads, random_coverage, random_roads


def test_what_is_blind_is_what_no_stretch_of_either_way_covers() -> None:
    for seed in range(300):
        roads = random_roads(seed, nodes=10)
        rng, coverage = np.random.default_rng(seed + 9999), random_coverage(roads, seed, cameras=15)
        mass = rng.random(roads.edges) * (rng.random(roads.edges) < 0.7)
        found = blind_parts(roads, coverage, mass, most=10_000, shortest=0.0)
        rows = list(zip(found.edge.tolist(), found.begin.tolist(), found.end.tolist(), strict=True))
        owner = np.repeat(np.arange(roads.edges), np.diff(coverage.first))
        for edge in range(0, roads.edges, 2):
            twin, length = int(roads.twin[edge]), float(roads.length[edge])
            for along in rng.uniform(0, length, 6).tolist():
                own = (owner == edge) & (coverage.begin <= along) & (coverage.end >= along)
                back = (owner == twin) & (coverage.begin <= length - along) & (coverage.end >= length - along)
                seen = bool(((own | back) & (coverage.chance >= 0.5)).any())
                blind = any(e == edge and b <= along <= f for e, b, f in rows)
                assert blind == (not seen and mass[edge] + mass[twin] > 0), seed
        assert np.all(np.diff(found.mass) <= 0)


def test_the_mass_of_blind_and_seen_parts_is_all_of_it_and_both_ways_of_a_street_are_one_row() -> None:
    roads = grid_roads(3, 1)
    mass = np.array([0.3, 0.1, 0.6, 0.0])
    coverage = coverage_of(roads, [(0, 20.0, 50.0, 0, 1.0), (3, 0.0, 50.0, 0, 1.0), (2, 0.0, 100.0, 1, 0.2)], ("A", "B"))
    found = blind_parts(roads, coverage, mass)
    assert found.edge.tolist() == [2, 0, 0]
    assert [(float(b), float(e)) for b, e in zip(found.begin, found.end, strict=True)] == [(0.0, 50.0), (50.0, 100.0), (0.0, 20.0)]
    assert found.total == pytest.approx(0.3 + 0.4 * 0.7)
    assert blind_parts(roads, coverage, mass, most=1).edge.tolist() == [2]


def test_a_belief_of_another_graph_is_refused() -> None:
    roads = grid_roads(3, 1)
    with pytest.raises(ValueError, match="one number an edge"):
        blind_parts(roads, coverage_of(roads, [], ()), np.zeros(3))
