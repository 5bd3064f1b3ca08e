"""The path so far is the best of all, by brute force, and on real taxi tracks better than the plain shortest way."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp

from benchmarks import _graphs
from bonghwa.pursuit.path import Fix, Kept, Sighting, join_sightings, match_fixes
from bonghwa.pursuit.roads import Roads
from bonghwa.pursuit.viterbi import best, pairs
from bonghwa.pursuit.ways import Route, Ways

from .graphs import coverage_of, grid_roads, random_coverage, random_roads


def all_sequences(states: list, steps: list) -> dict[tuple[int, ...], float]:
    found = {}
    for chosen in itertools.product(*(range(len(s)) for s in states)):
        score = sum(s[k] for s, k in zip(states, chosen, strict=True))
        found[chosen] = score + sum(step[a, b] for step, a, b in zip(steps, chosen, chosen[1:], strict=False))
    return found


def test_the_best_sequence_and_the_chances_of_its_steps_are_those_of_brute_force_on_two_thousand_cases() -> None:
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, 5, rng.integers(2, 5))
        states = [rng.normal(0, 2, n) for n in sizes]
        steps = [np.where(rng.random((a, b)) < 0.2, -np.inf, rng.normal(0, 2, (a, b))) for a, b in itertools.pairwise(sizes)]
        truth = all_sequences(states, steps)
        top, whole = max(truth.values()), logsumexp(list(truth.values()))
        found = best(states, steps)
        if not np.isfinite(top):
            assert found is None
            assert all(p.sum() == 0 for p in pairs(states, steps))
            continue
        assert found is not None
        assert found[1] == pytest.approx(top)
        assert truth[tuple(found[0])] == pytest.approx(top)
        for t, chances in enumerate(pairs(states, steps)):
            i, j = found[0][t], found[0][t + 1]
            some = [score for chosen, score in truth.items() if chosen[t : t + 2] == (i, j)]
            assert chances[i, j] == pytest.approx(np.exp(logsumexp(some) - whole))
            assert chances.sum() == pytest.approx(1.0)


def test_sightings_are_joined_as_an_enumeration_of_all_candidates_says() -> None:
    """Each pair's fit is reckoned alone by joining only that pair; then every sequence is tried."""
    tried = 0
    for seed in range(250):
        roads = random_roads(seed, nodes=14)
        coverage, rng, ways = random_coverage(roads, seed, cameras=4), np.random.default_rng(seed), Ways(roads)
        times = np.cumsum(rng.uniform(20, 200, 3))
        sightings = [Sighting(int(c), float(t)) for c, t in zip(rng.permutation(4)[:3], times, strict=True)]
        path = join_sightings(ways, coverage, sightings, "foot")
        if path.broken:
            continue
        rows = [np.flatnonzero(coverage.camera == s.camera) for s in sightings]
        owner = np.repeat(np.arange(roads.edges), np.diff(coverage.first))
        states = [np.log(coverage.chance[r] * (coverage.end[r] - coverage.begin[r])) for r in rows]
        steps = [
            np.array([[fit(ways, coverage, owner, a, b, times[t + 1] - times[t]) for b in rows[t + 1]] for a in rows[t]]) for t in (0, 1)
        ]
        truth = all_sequences(states, steps)
        chosen = max(truth, key=truth.__getitem__)
        ends = [int(owner[rows[t][k]]) for t, k in enumerate(chosen)]
        assert [path.legs[0].edges[0], path.legs[0].edges[-1], path.legs[1].edges[-1]] == ends, seed
        whole = logsumexp(list(truth.values()))
        some = [score for other, score in truth.items() if other[:2] == chosen[:2]]
        assert path.legs[0].chance == pytest.approx(np.exp(logsumexp(some) - whole))
        tried += 1
    assert tried > 100


def fit(ways: Ways, coverage: object, owner: np.ndarray, a: int, b: int, passed: float) -> float:
    """The score of a walk between two stretches, from the ways between their ends and middles."""
    roads, (e, f) = ways.roads, (int(owner[a]), int(owner[b]))
    least = ways.route(e, float(coverage.end[a]), f, float(coverage.begin[b]), roads.length / 6.5)
    seconds = np.inf if least is None else least.seconds
    if e == f and coverage.begin[a] <= coverage.end[b]:
        seconds = max(0.0, coverage.begin[b] - coverage.end[a]) / 6.5
    if seconds > passed:
        return -np.inf
    usual = ways.route(
        e, float(coverage.begin[a] + coverage.end[a]) / 2, f, float(coverage.begin[b] + coverage.end[b]) / 2, roads.length / 1.4
    )
    if e == f and coverage.begin[a] <= coverage.end[b]:
        middles = (coverage.begin[b] + coverage.end[b] - coverage.begin[a] - coverage.end[a]) / 2
        usual = Route(max(0.0, middles) / 1.4, (e,))
    typical = 2 * seconds if usual is None else usual.seconds
    ratio = np.log((passed + 3.0) / (typical + 3.0))
    return -0.5 * (ratio / (0.35 if ratio < 0 else 0.8)) ** 2 + (np.log(0.05) if usual is None else 0.0)


def test_the_time_that_passed_tells_which_of_two_stretches_of_a_camera_it_was() -> None:
    roads = grid_roads(12, 1)
    owner = lambda a, b: int(np.flatnonzero((roads.tail == a) & (roads.head == b))[0])  # noqa: E731
    rows = [(owner(0, 1), 0.0, 20.0, 0, 1.0), (owner(2, 3), 40.0, 60.0, 1, 1.0), (owner(9, 10), 40.0, 60.0, 1, 1.0)]
    coverage = coverage_of(roads, rows, ("A", "B"))
    near = join_sightings(Ways(roads), coverage, [Sighting(0, 0.0), Sighting(1, 180.0)], "foot").legs[0]
    far = join_sightings(Ways(roads), coverage, [Sighting(0, 0.0), Sighting(1, 680.0)], "foot").legs[0]
    assert (near.edges[-1], far.edges[-1]) == (owner(2, 3), owner(9, 10))
    assert near.chance > 0.9
    assert far.seconds == pytest.approx(940 / 1.4)
    assert far.width < 10 < join_sightings(Ways(roads), coverage, [Sighting(0, 0.0), Sighting(1, 2000.0)], "foot").legs[0].width


def test_a_heading_tells_the_two_ways_of_a_street_apart() -> None:
    roads = grid_roads(5, 1)
    forth = int(np.flatnonzero((roads.tail == 1) & (roads.head == 2))[0])
    back = int(roads.twin[forth])
    rows = [(forth, 40.0, 60.0, 0, 1.0), (back, 40.0, 60.0, 0, 1.0), (0, 0.0, 20.0, 1, 1.0)]
    coverage = coverage_of(roads, rows, ("A", "B"))
    for heading, edge in ((90.0, forth), (270.0, back)):
        path = join_sightings(Ways(roads), coverage, [Sighting(0, 0.0, heading), Sighting(1, 400.0)], "foot")
        assert path.legs[0].edges[0] == edge


def test_a_sighting_that_nobody_could_reach_in_time_breaks_the_path() -> None:
    roads = grid_roads(30, 1)
    coverage = coverage_of(roads, [(0, 0.0, 20.0, 0, 1.0), (56, 0.0, 20.0, 1, 1.0), (54, 0.0, 20.0, 2, 1.0)], ("A", "B", "C"))
    path = join_sightings(Ways(roads), coverage, [Sighting(0, 0.0), Sighting(1, 60.0), Sighting(2, 500.0), Sighting(9, 600.0)], "foot")
    assert path.broken == (1, 3)
    assert len(path.legs) == 1


class Counted(Ways):
    """Ways that say how often they were searched."""

    searched = 0

    def run(self, *args: Any, **more: Any) -> None:
        self.searched += 1
        super().run(*args, **more)


def test_one_sighting_more_or_less_costs_only_the_ways_beside_it_and_the_path_is_the_same() -> None:
    for seed in range(40):
        roads = random_roads(seed, nodes=14)
        coverage, rng = random_coverage(roads, seed, cameras=4), np.random.default_rng(seed)
        ways, kept, told = Counted(roads), Kept(), list[Sighting]()
        at = 0.0
        for _ in range(12):
            if len(told) > 2 and rng.random() < 0.25:
                told.pop(int(rng.integers(len(told))))
            else:
                at += float(rng.uniform(20, 200))
                told.append(Sighting(int(rng.integers(4)), at))
            alone = Counted(roads)
            whole = join_sightings(alone, coverage, told, "foot")
            ways.searched = 0
            again = join_sightings(ways, coverage, told, "foot", kept=kept)
            assert again == whole
            rows = np.bincount(coverage.camera, minlength=4).max()
            assert ways.searched <= 2 * rows + len(told), "only the pairs beside what came or went, and ways newly chosen"
        assert alone.searched > ways.searched
        ways.searched = 0
        join_sightings(ways, coverage, told, "foot", kept=kept)
        assert ways.searched == 0


def test_fixes_beside_a_street_are_matched_to_it_and_not_to_the_crossing_ones() -> None:
    roads = grid_roads(9, 9)
    rng = np.random.default_rng(3)
    fixes = [Fix(50.0 + 100 * k, 400.0 + float(rng.normal(0, 12)), 15.0, 70.0 * k) for k in range(8)]
    edges = match_fixes(Ways(roads), fixes, "foot").edges()
    assert [(int(roads.tail[e]), int(roads.head[e])) for e in edges] == [(36 + k, 37 + k) for k in range(8)]


def overlap(roads: Roads, edges: list[int], nodes: list[int]) -> tuple[float, float, float]:
    """Metres of the found edges, of the true way, and of both."""
    true = set(itertools.pairwise(nodes))
    where = {(int(roads.tail[e]), int(roads.head[e])): e for e in range(roads.edges)}
    found = {(int(roads.tail[e]), int(roads.head[e])) for e in edges}
    metres = lambda pairs: sum(float(roads.length[where[p]]) for p in pairs if p in where)  # noqa: E731
    return metres(found), metres(true), metres(found & true)


@pytest.mark.skipif(not _graphs.SHARED.is_dir(), reason="no shared data: set BONGHWA_SHARED_DATA")
def test_real_taxi_tracks_are_matched_better_than_by_the_plain_shortest_way() -> None:
    roads = _graphs.beijing()
    ways, metres = Ways(roads), roads.length
    ours, plain = np.zeros(3), np.zeros(3)
    for track in _graphs.tracks():
        fixes = [Fix(x - roads.origin[0], y - roads.origin[1], 60.0) for x, y in track.fixes.tolist()]
        ours += overlap(roads, list(match_fixes(ways, fixes, "car").edges()), track.nodes)
        joined: list[int] = []
        lawful = np.where(roads.use & 2, metres, np.inf)
        for a, b in itertools.pairwise(fixes):
            near = [ways.start(f.x, f.y, 1.0, lawful) for f in (a, b)]
            route = ways.route(int(near[0].edge[0]), float(near[0].along[0]), int(near[1].edge[0]), float(near[1].along[0]), lawful)
            joined += () if route is None else route.edges
        plain += overlap(roads, joined, track.nodes)
    assert ours[2] / ours[0] > max(0.8, plain[2] / plain[0])
    assert ours[2] / ours[1] > 0.9
