"""The ring is closed by a least cut: as cheap as networkx's and igraph's, and with it closed nobody gets out."""

import threading

import igraph
import networkx as nx
import numpy as np
import pytest

from bonghwa.pursuit.contain import NEVER, Containment, Stopped, contain, solve
from bonghwa.pursuit.roads import Roads
from bonghwa.pursuit.speeds import Mode, most_seconds
from bonghwa.pursuit.ways import Ways

from .graphs import coverage_of, grid_roads, random_coverage, random_roads

MODES: list[Mode] = ["foot", "car", "unknown"]
RUNNING = np.zeros(1, np.uint8)


def random_network(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(2, 30))
    arcs = rng.integers(0, nodes, (int(rng.integers(1, 4 * nodes)), 2))
    return arcs[:, 0], arcs[:, 1], rng.integers(1, 5, len(arcs)), nodes


def test_a_least_cut_costs_what_igraphs_costs_on_two_thousand_random_networks_and_separates() -> None:
    for seed in range(2000):
        leaves, enters, capacity, nodes = random_network(seed)
        graph = igraph.Graph(n=nodes, edges=list(zip(leaves.tolist(), enters.tolist(), strict=True)), directed=True)
        cost, side = solve(leaves, enters, capacity, nodes, RUNNING)
        assert cost == graph.maxflow_value(0, 1, capacity.tolist()), seed
        assert side[0]
        assert not side[1]
        assert capacity[side[leaves] & ~side[enters]].sum() == cost


def oracle(roads: Roads, ways: Ways, coverage: object, place: tuple[float, float, float], age: float, mode: Mode, limit: float) -> float:
    """The cheapest closing by networkx over a graph in which every edge's middle is a vertex of its own."""
    cost = most_seconds(roads, mode)
    spread = ways.spread(ways.start(*place, cost), cost, age + limit)
    seconds = dict(zip(spread.node.tolist(), (spread.seconds - age).tolist(), strict=True))
    now = set(ways.parts(spread, age).edge.tolist())
    graph = nx.DiGraph()
    graph.add_nodes_from("ST")
    owner = np.repeat(np.arange(roads.edges), np.diff(coverage.first))
    for v, at in seconds.items():
        seen = False
        for row, e in enumerate(owner.tolist()):
            sure = coverage.chance[row] >= 0.5
            seen |= sure and roads.tail[e] == v and coverage.begin[row] <= 10
            seen |= sure and roads.head[e] == v and coverage.end[row] >= roads.length[e] - 10
        graph.add_edge(("in", v), ("out", v), capacity=np.inf if at <= 0 else 1 if seen else 3)
        if at <= 0:
            graph.add_edge("S", ("in", v))
    for e in np.flatnonzero(np.isfinite(cost)).tolist():
        u, v = int(roads.tail[e]), int(roads.head[e])
        if e in now:
            graph.add_edge("S", ("road", e))
        elif u in seconds:
            graph.add_edge(("out", u), ("road", e))
        else:
            continue
        graph.add_edge(("road", e), ("past", e), capacity=2)
        graph.add_edge(("past", e), ("in", v) if v in seconds else "T")
    return nx.minimum_cut_value(graph, "S", "T")


def escapes(roads: Roads, ways: Ways, found: Containment, place: tuple[float, float, float], age: float, mode: Mode) -> bool:
    """Whether somebody who starts now gets beyond the ring although the points are closed."""
    cost = most_seconds(roads, mode)
    spread = ways.spread(ways.start(*place, cost), cost, age + found.ring)
    inside = set(spread.node.tolist())
    now = ways.parts(spread, age)
    nodes = {p.node for p in found.points if p.node >= 0}
    shut = {p.edge for p in found.points if p.edge >= 0}
    open_nodes = [int(n) for n in spread.node[spread.seconds <= age]]
    stack = [int(roads.head[e]) for e in now.edge.tolist() if e not in shut] + open_nodes
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node not in inside:
            return True
        if node in nodes or node in seen:
            continue
        seen.add(node)
        out = roads.out_edge[roads.out_first[node] : roads.out_first[node + 1]].tolist()
        stack += [int(roads.head[e]) for e in out if e not in shut and np.isfinite(cost[e])]
    return False


def test_rings_cost_what_networkx_finds_and_let_nobody_out_on_a_thousand_random_towns() -> None:
    sizes = []
    for seed in range(1000):
        roads = random_roads(seed, nodes=15 + seed % 50, extra=1.2)
        rng, ways, mode = np.random.default_rng(seed), Ways(roads), MODES[seed % 3]
        coverage = random_coverage(roads, seed, cameras=12)
        place = (float(rng.uniform(0, roads.x.max())), float(rng.uniform(0, roads.y.max())), float(rng.uniform(0, 60)))
        age, limit = float(rng.uniform(0, 20)), float(rng.uniform(10, 60))
        found = contain(ways, coverage, *place, age, mode, rings=(limit,))
        assert found is not None
        assert found.cost == sum(point.cost for point in found.points) == oracle(roads, ways, coverage, place, age, mode, limit), seed
        assert not escapes(roads, ways, found, place, age, mode), seed
        sizes.append(len(found.points))
    assert max(sizes) > 8


def test_no_patrol_is_sent_where_the_subject_is_first() -> None:
    refused = 0
    for seed in range(400):
        roads = random_roads(seed, nodes=40)
        ways, coverage = Ways(roads), random_coverage(roads, seed, cameras=8)
        found = contain(ways, coverage, float(roads.x[0]), float(roads.y[0]), 20.0, 0.0, "foot", response=40.0, rings=(30.0, 60.0, 120.0))
        if found is None:
            refused += 1
            continue
        assert all(point.cameras or point.earliest >= 40.0 - 1e-6 for point in found.points)
        assert all(point.expected >= point.earliest - 1e-6 for point in found.points)
        assert found.ring > 30.0 or not found.patrols
    assert refused < 400


def test_the_earliest_ring_that_patrols_can_close_is_chosen() -> None:
    ways = Ways(grid_roads(41, 41))
    quick = contain(ways, None, 2000.0, 2000.0, 5.0, 0.0, "foot", response=0.0)
    slow = contain(ways, None, 2000.0, 2000.0, 5.0, 0.0, "foot", response=200.0)
    assert quick is not None
    assert slow is not None
    assert (quick.ring, slow.ring) == (180.0, 300.0)
    assert contain(ways, None, 2000.0, 2000.0, 5.0, 0.0, "foot", response=600.0) is None


def test_at_a_crossroads_four_roads_are_closed_and_cameras_are_preferred() -> None:
    roads = grid_roads(7, 7)
    ways = Ways(roads)
    plain = contain(ways, None, 300.0, 300.0, 1.0, 0.0, "foot", rings=(30.0,))
    assert plain is not None
    assert (plain.cost, plain.patrols, len(plain.points)) == (8, 4, 4)
    rows = [(e, 0.0, 5.0, n, 1.0) for n, at in enumerate((17, 23, 25, 31)) for e in np.flatnonzero(roads.tail == at)[:1].tolist()]
    watched = contain(ways, coverage_of(roads, rows, ("A", "B", "C", "D")), 300.0, 300.0, 1.0, 0.0, "foot", rings=(30.0,))
    assert watched is not None
    assert (watched.cost, watched.patrols) == (4, 0)
    assert {point.cameras for point in watched.points} == {("A",), ("B",), ("C",), ("D",)}
    assert sorted(point.earliest for point in watched.points) == pytest.approx([99 / 6.5] * 4)
    assert set(watched.points[0].names) == {"개항로", "공항동로"}


def test_where_the_roads_end_before_the_ring_nothing_needs_closing() -> None:
    found = contain(Ways(grid_roads(3, 3)), None, 100.0, 100.0, 1.0, 0.0, "foot", rings=(180.0,))
    assert found == Containment(180.0, 0, ())


def test_a_place_without_roads_has_no_ring() -> None:
    assert contain(Ways(grid_roads(3, 3)), None, 90_000.0, 100.0, 1.0, 0.0, "foot") is None


def test_a_reckoning_that_is_told_to_stop_gives_up() -> None:
    stop = np.ones(1, np.uint8)
    with pytest.raises(Stopped):
        contain(Ways(grid_roads(9, 9)), None, 400.0, 400.0, 1.0, 0.0, "foot", rings=(30.0,), stop=stop)


def test_reckonings_end_when_another_thread_says_so() -> None:
    stop, began = np.zeros(1, np.uint8), threading.Event()
    ended: list[type[BaseException]] = []
    ways = Ways(grid_roads(60, 60))

    def reckon() -> None:
        try:
            while True:
                contain(ways, None, 3000.0, 3000.0, 50.0, 0.0, "foot", rings=(400.0,), stop=stop)
                began.set()
        except Stopped as error:
            ended.append(type(error))

    thread = threading.Thread(target=reckon)
    thread.start()
    assert began.wait(60)
    stop[0] = 1
    thread.join(60)
    assert ended == [Stopped]


def test_what_cannot_be_closed_is_never_part_of_a_cut() -> None:
    assert solve(np.array([0, 2]), np.array([2, 1]), np.array([NEVER, NEVER]), 3, RUNNING)[0] is None
    assert solve(np.array([0, 2]), np.array([2, 1]), np.array([NEVER, 3]), 3, RUNNING)[0] == 3
