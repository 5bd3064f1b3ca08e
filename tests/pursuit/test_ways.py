"""Reachable parts and quickest ways equal those of scipy and igraph."""

import igraph
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from bonghwa.pursuit.roads import FOOT, Roads
from bonghwa.pursuit.speeds import Mode, most_seconds, usual_seconds
from bonghwa.pursuit.ways import SUREST_M, Ways, outline

from .graphs import grid_roads, random_roads

MODES: list[Mode] = ["foot", "car", "unknown"]


def matrix(roads: Roads, cost: np.ndarray) -> csr_matrix:
    """The cheapest edge of each pair of nodes, for scipy, which would add parallel ones."""
    best: dict[tuple[int, int], float] = {}
    for u, v, c in zip(roads.tail.tolist(), roads.head.tolist(), cost.tolist(), strict=True):
        if np.isfinite(c):
            best[u, v] = min(c, best.get((u, v), np.inf))
    keys = np.array(list(best), int).reshape(-1, 2)
    return csr_matrix((list(best.values()), (keys[:, 0], keys[:, 1])), shape=(roads.nodes, roads.nodes))


def cost_of(roads: Roads, seed: int) -> np.ndarray:
    mode = MODES[seed % 3]
    return most_seconds(roads, mode) if seed % 2 else usual_seconds(roads, mode)


def test_seconds_to_every_node_within_a_limit_are_scipys_on_a_thousand_random_graphs() -> None:
    wrong = 0
    for seed in range(1000):
        roads = random_roads(seed, nodes=8 + seed % 25)
        cost, rng = cost_of(roads, seed), np.random.default_rng(seed)
        ways, limit = Ways(roads), float(rng.uniform(5, 200))
        truth = dijkstra(matrix(roads, cost), indices=range(roads.nodes))
        for source in rng.integers(0, roads.nodes, 3).tolist():
            count = ways.run(np.array([source]), np.zeros(1), cost, limit)
            expected = np.where(truth[source] <= limit, truth[source], np.inf)
            mine = ways.seconds_to(np.arange(roads.nodes))
            wrong += not np.allclose(mine, expected, rtol=1e-12, atol=1e-9) or count != np.isfinite(expected).sum()
            ways.run(np.array([source]), np.zeros(1), cost, backwards=True)
            wrong += not np.allclose(ways.seconds_to(np.arange(roads.nodes)), truth[:, source], rtol=1e-12, atol=1e-9)
    assert wrong == 0


def test_a_way_takes_as_long_as_igraphs_and_its_edges_follow_each_other() -> None:
    for seed in range(1000):
        roads = random_roads(seed, nodes=10 + seed % 30)
        cost, rng = cost_of(roads, seed), np.random.default_rng(seed + 7)
        graph = igraph.Graph(n=roads.nodes, edges=list(zip(roads.tail.tolist(), roads.head.tolist(), strict=True)), directed=True)
        ways = Ways(roads)
        for _ in range(3):
            a, b = rng.integers(0, roads.nodes, 2).tolist()
            expected = graph.distances(a, b, weights=cost.tolist())[0][0]
            ways.run(np.array([a]), np.zeros(1), cost, target=b)
            assert ways.seconds_to(np.array([b]))[0] == pytest.approx(expected)
            if np.isfinite(expected):
                edges = ways.edges_to(b)
                assert cost[edges].sum() == pytest.approx(expected)
                assert [a, *roads.head[edges].tolist()] == [*roads.tail[edges].tolist(), b]


def test_the_way_between_two_points_on_edges_is_the_shortest_of_all() -> None:
    for seed in range(1000):
        roads = random_roads(seed, nodes=12)
        cost, rng = most_seconds(roads, "foot"), np.random.default_rng(seed)
        ways = Ways(roads)
        a, b = rng.integers(0, roads.edges, 2).tolist()
        at, to = rng.uniform(0, roads.length[[a, b]]).tolist()
        truth = dijkstra(matrix(roads, cost), indices=[roads.head[a]])[0]
        expected = (roads.length[a] - at) / 6.5 + truth[roads.tail[b]] + to / 6.5
        if a == b and at <= to:
            expected = (to - at) / 6.5
        route = ways.route(a, at, b, to, cost)
        assert (np.inf if route is None else route.seconds) == pytest.approx(expected)
        if route is not None:
            assert np.all(roads.head[list(route.edges[:-1])] == roads.tail[list(route.edges[1:])])


def reached_set(roads: Roads, ways: Ways, x: float, y: float, radius: float, seconds: float, cost: np.ndarray) -> dict[int, list]:
    """Each edge's reached metres by sampling: every node's seconds by scipy from every start part."""
    start = ways.start(x, y, radius, cost)
    truth = dijkstra(matrix(roads, cost), indices=roads.head[start.edge])
    rest = (1 - start.end / roads.length[start.edge]) * cost[start.edge]
    at_node = np.min(truth + rest[:, None], axis=0)
    reached: dict[int, list] = {}
    for edge in np.flatnonzero(np.isfinite(cost)).tolist():
        along = np.linspace(0, roads.length[edge], 23)
        when = at_node[roads.tail[edge]] + along / roads.length[edge] * cost[edge]
        for k in np.flatnonzero(start.edge == edge):
            ahead = np.maximum(0.0, along - start.end[k]) / roads.length[edge] * cost[edge]
            when = np.minimum(when, np.where(along >= start.begin[k], ahead, np.inf))
        reached[edge] = list(zip(along.tolist(), (when - seconds).tolist(), strict=True))
    return reached


def test_reached_parts_are_those_of_a_dense_reckoning() -> None:
    for seed in range(250):
        roads = random_roads(seed, nodes=10 + seed % 20)
        cost, rng = most_seconds(roads, MODES[seed % 3]), np.random.default_rng(seed)
        ways = Ways(roads)
        x, y = rng.uniform(roads.x.min(), roads.x.max()), rng.uniform(roads.y.min(), roads.y.max())
        radius, age = float(rng.uniform(0, 150)), float(rng.uniform(0, 30))
        if not len(ways.start(x, y, radius, cost).edge):
            continue
        for got in ways.reachable(x, y, radius, age, MODES[seed % 3], ahead=(0.0, 20.0, 60.0)):
            expected = reached_set(roads, ways, x, y, radius, age + got.ahead, cost)
            rows = {e: [] for e in expected}
            for e, b, f in zip(got.edge.tolist(), got.begin.tolist(), got.end.tolist(), strict=True):
                rows[e].append((b, f))
            for edge, points in expected.items():
                for along, late in points:
                    if abs(late) > 1e-6:
                        assert any(b - 1e-6 <= along <= f + 1e-6 for b, f in rows[edge]) == (late < 0), (seed, edge, along, late)


def test_a_runner_reaches_a_fixed_distance_along_streets() -> None:
    roads = grid_roads(21, 21)
    got = Ways(roads).reachable(1000.0, 1000.0, 0.0, 0.0, "foot", ahead=(0.0, 60.0))
    ends = {roads.at(e, f) for e, f in zip(got[1].edge.tolist(), got[1].end.tolist(), strict=True)}
    assert max(abs(x - 1000) + abs(y - 1000) for x, y in ends) == pytest.approx(390.0 + SUREST_M)
    assert len(outline(roads, got[1])) == len(got[1].edge)


def test_one_ways_do_not_bound_what_a_fleeing_car_reaches_but_closed_paths_do() -> None:
    roads = grid_roads(3, 1)
    roads.use[roads.twin[0]] = 4
    assert np.isfinite(most_seconds(roads, "car")).all()
    assert not np.isfinite(usual_seconds(roads, "car")[roads.twin[0]])
    roads.use[:] = FOOT
    assert not np.isfinite(most_seconds(roads, "car")).any()


def test_a_place_off_all_roads_starts_at_the_nearest_one_and_a_very_far_one_nowhere() -> None:
    roads = grid_roads(3, 3)
    ways = Ways(roads)
    near = ways.reachable(50.0, -80.0, 10.0, 0.0, "foot", ahead=(1.0,))[0]
    assert {roads.at(e, b) for e, b in zip(near.edge.tolist(), near.begin.tolist(), strict=True)} == {(50.0, 0.0)}
    assert len(ways.reachable(50.0, -20_000.0, 10.0, 0.0, "foot")[0].edge) == 0


def test_a_thousand_queries_on_one_workspace_never_see_each_other() -> None:
    roads = random_roads(5, nodes=200)
    cost = most_seconds(roads, "car")
    ways, truth = Ways(roads), dijkstra(matrix(roads, cost))
    for k in range(1000):
        limit = 3.0 + k % 40
        ways.run(np.array([k % 200]), np.zeros(1), cost, limit)
        expected = np.where(truth[k % 200] <= limit, truth[k % 200], np.inf)
        assert np.allclose(ways.seconds_to(np.arange(200)), expected)
