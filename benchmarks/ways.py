"""Reachable area, least cuts and the path so far, beside scipy, networkx, igraph and pandana in one run on the same real roads.

Reachable area: the seconds to every node within ten minutes of a node at usual speeds, all rivals on the same weights; igraph has no
cutoff and reckons the whole graph. Cuts: ours is the whole answer (search, network, flow, crossings with names and cameras), the rivals
solve only the finished flow network that ours made. Path: taxi tracks matched by hand, and sightings simulated on those ways.

`python -m benchmarks.ways [--quick] [--only CITY] [--json]`; networks beside the checkout (`../shared/data` or BONGHWA_SHARED_DATA)
are measured where they are; rivals that are not installed (`pip install pandana`) say so.
"""

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, maximum_flow

from benchmarks import _graphs
from bonghwa.pursuit import contain as containment
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.path import Fix, Path, Sighting, bearing, join_sightings, match_fixes
from bonghwa.pursuit.roads import CAR, Roads
from bonghwa.pursuit.speeds import Mode, usual_seconds
from bonghwa.pursuit.ways import Ways

MINUTES_S = 600.0
FIX_ERROR_M = 60.0
SEED = 20_260_301
NETWORKX_MOST = 1_000
"""Larger flow networks take networkx many seconds each: it is left out."""
RUNNING = np.zeros(1, np.uint8)
Row = dict[str, Any]


def rows(quick: bool, only: str = "") -> list[Row]:
    """All rows; `quick` measures Jung-gu alone and asks fewer questions, `only` leaves the other cities out."""
    found: list[Row] = []
    for name, roads in ((name, make()) for name, make in graphs(quick) if only in ("", name)):
        for mode in ("foot", "car"):
            found += isochrones(name, roads, mode, 40 if quick else 200)  # type: ignore[arg-type]
            found += cuts(name, roads, mode, 10 if quick else 40)  # type: ignore[arg-type]
        print(f"{name} measured", file=sys.stderr)
    if not quick and only in ("", "Beijing") and _graphs.SHARED.is_dir():
        found += paths()
    return found


def graphs(quick: bool) -> list[tuple[str, Callable[[], Roads]]]:
    """The cities that can be measured here, each with what reads its roads."""
    found: list[tuple[str, Callable[[], Roads]]] = [("Jung-gu", _graphs.junggu)]
    if quick:
        return found
    if not _graphs.SHARED.is_dir():
        print(f"Beijing, Wuhan and Douala not measured: there is no {_graphs.SHARED}", file=sys.stderr)
        return found
    found.append(("Beijing", _graphs.beijing))
    if find_spec("pyarrow") is None:
        print("Wuhan and Douala not measured: pyarrow is not installed", file=sys.stderr)
        return found
    return [*found, ("Wuhan", lambda: _graphs.parquet("wuhan_8989")), ("Douala", lambda: _graphs.parquet("douala_809"))]


def timed(ask: Callable[[Any], Any], questions: list[Any], within: float = 2.0) -> tuple[float, float, int]:
    """Median and 99th percentile in milliseconds of the best of two, and how many questions were asked before the time ran out."""
    took: list[float] = []
    began = time.perf_counter()
    for question in questions:
        best = float("inf")
        for _ in range(2):
            at = time.perf_counter_ns()
            ask(question)
            best = min(best, (time.perf_counter_ns() - at) / 1e6)
        took.append(best)
        if time.perf_counter() - began > within:
            break
    return float(np.percentile(took, 50)), float(np.percentile(took, 99)), len(took)


def isochrones(name: str, roads: Roads, mode: Mode, questions: int) -> list[Row]:
    cost = usual_seconds(roads, mode)
    ways, zero = Ways(roads), np.zeros(1)
    rng = np.random.default_rng(SEED)
    starts = rng.choice(roads.tail[np.isfinite(cost)], questions).tolist()
    ways.run(np.array([starts[0]]), zero, cost, MINUTES_S)
    ours, ours_p99, n = timed(lambda s: ways.run(np.array([s]), zero, cost, MINUTES_S), starts)
    reached = int(np.median([ways.run(np.array([s]), zero, cost, MINUTES_S) for s in starts]))
    title = f"{name} ({roads.nodes:,} nodes), {mode} 10 min ({reached:,} reached)"
    found = [row(f"{title}, p99", ours_p99, None, n)]
    for rival, ask in rivals(roads, cost).items():
        if ask is None:
            found.append({**row(f"{title}, {rival}", ours, None, n), "note": f"{rival} is not installed"})
            continue
        theirs, _, asked = timed(ask, starts)
        found.append({**row(f"{title}, {rival}", ours, theirs, n), "rival_n": asked})
    wrong = sum(disagrees(ways, roads, cost, s) for s in starts[:50])
    found.append(
        {**row(f"{title}, answers unlike scipy's", wrong, None, min(len(starts), 50)), "unit": "answers", "goal": 0, "met": wrong == 0}
    )
    ask = ways.reachable
    ask(float(roads.x[0]), float(roads.y[0]), 15.0, 30.0, mode)
    mode_most = [(float(roads.x[s]), float(roads.y[s])) for s in starts]
    whole, whole_p99, n = timed(lambda at: ask(*at, 15.0, 30.0, mode), mode_most)
    title = f"{name}, {mode} by maximum speed, now and in 1, 3, 5 min"
    return [*found, row(f"{title}, p50", whole, None, n), row(f"{title}, p99", whole_p99, None, n)]


def cheapest(roads: Roads, cost: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The open edges, of parallel ones the cheapest, as pairs of nodes and costs."""
    kept = np.flatnonzero(np.isfinite(cost))
    kept = kept[np.lexsort((cost[kept], roads.head[kept], roads.tail[kept]))]
    pairs, first = np.unique(np.column_stack((roads.tail[kept], roads.head[kept])), axis=0, return_index=True)
    return pairs.astype(np.int64), cost[kept[first]]


def disagrees(ways: Ways, roads: Roads, cost: NDArray[np.float64], start: int) -> bool:
    pairs, weight = cheapest(roads, cost)
    matrix = csr_matrix((weight, (pairs[:, 0], pairs[:, 1])), shape=(roads.nodes, roads.nodes))
    expected = dijkstra(matrix, indices=start, limit=MINUTES_S)
    ways.run(np.array([start]), np.zeros(1), cost, MINUTES_S)
    return not np.allclose(ways.seconds_to(np.arange(roads.nodes)), expected)


def rivals(roads: Roads, cost: NDArray[np.float64]) -> dict[str, Callable[[int], Any] | None]:
    pairs, weight = cheapest(roads, cost)
    matrix = csr_matrix((weight, (pairs[:, 0], pairs[:, 1])), shape=(roads.nodes, roads.nodes))
    asks: dict[str, Callable[[int], Any] | None] = {"scipy with limit": lambda s: dijkstra(matrix, indices=s, limit=MINUTES_S)}
    asks |= dict.fromkeys(("networkx with cutoff", "igraph", "pandana"))
    if find_spec("networkx"):
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_weighted_edges_from((a, b, w) for (a, b), w in zip(pairs.tolist(), weight.tolist(), strict=True))
        asks["networkx with cutoff"] = lambda s: nx.single_source_dijkstra_path_length(graph, s, cutoff=MINUTES_S)
    if find_spec("igraph"):
        import igraph

        other = igraph.Graph(n=roads.nodes, edges=pairs.tolist(), directed=True)
        listed = weight.tolist()
        asks["igraph"] = lambda s: other.distances(s, weights=listed)
    if find_spec("pandana"):
        asks["pandana"] = pandana_ask(roads, pairs, weight)
    return asks


def pandana_ask(roads: Roads, pairs: NDArray[np.int64], weight: NDArray[np.float64]) -> Callable[[int], Any]:
    import pandana
    import pandas as pd

    ends = (pd.Series(roads.x), pd.Series(roads.y), pd.Series(pairs[:, 0]), pd.Series(pairs[:, 1]))
    # Its compiled code prints its progress to where our rows go.
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        net = pandana.Network(*ends, pd.DataFrame({"s": weight}), twoway=False)
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    return lambda s: net.nodes_in_range([s], MINUTES_S)


def cuts(name: str, roads: Roads, mode: Mode, questions: int) -> list[Row]:
    """Rings of three and eight minutes around random crossings, a tenth of which cameras watch."""
    rng, ways = np.random.default_rng(SEED), Ways(roads)
    coverage = crossings_watched(roads, rng, 0.1)
    starts = rng.integers(0, roads.nodes, questions).tolist()
    found: list[Row] = []
    for ring in (180.0, 480.0):

        def ask(s: int, ring: float = ring) -> Any:
            return containment.contain(ways, coverage, float(roads.x[s]), float(roads.y[s]), 15.0, 30.0, mode, rings=(ring,))

        networks = [network_of(ask, s) for s in starts]
        ours, ours_p99, n = timed(ask, starts)
        flow, _, _ = timed(lambda net: containment.solve(*net, RUNNING), networks)
        size = int(np.median([net[3] / 2 - 1 for net in networks]))
        title = f"{name}, {mode}, ring of {ring / 60:.0f} min ({size:,} crossings inside)"
        found += [row(f"{title}, whole answer p50", ours, None, n), row(f"{title}, whole answer p99", ours_p99, None, n)]
        for rival, solver in flow_rivals().items():
            if rival == "networkx" and size > NETWORKX_MOST:
                continue
            theirs, _, asked = timed(solver, [solver_input(rival, net) for net in networks[:10]])
            found.append({**row(f"{title}, flow alone, {rival}", flow, theirs, n), "rival_n": asked})
        found.append(wrong_row(f"{title}, cost unlike scipy's", [unlike(net) for net in networks]))
    return found


def crossings_watched(roads: Roads, rng: np.random.Generator, share: float) -> Coverage:
    """Cameras at a share of the crossings, each showing the last and first 30 m of every road there."""
    watched = np.full(roads.nodes, -1)
    nodes = np.flatnonzero(rng.random(roads.nodes) < share)
    watched[nodes] = np.arange(len(nodes))
    part = np.minimum(30.0, roads.length)
    rows = [(e, 0.0, float(part[e]), int(watched[roads.tail[e]])) for e in np.flatnonzero(watched[roads.tail] >= 0).tolist()]
    rows += [
        (e, float(roads.length[e] - part[e]), float(roads.length[e]), int(watched[roads.head[e]]))
        for e in np.flatnonzero(watched[roads.head] >= 0).tolist()
    ]
    rows.sort()
    edge, camera = (np.array([r[k] for r in rows], np.int32) for k in (0, 3))
    first = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=roads.edges))]).astype(np.int64)
    begin, end = (np.array([r[k] for r in rows], np.float64) for k in (1, 2))
    return Coverage(tuple(f"C{n}" for n in nodes.tolist()), first, camera, begin, end, np.ones(len(rows)))


def network_of(ask: Callable[[int], Any], start: int) -> tuple[Any, Any, Any, int]:
    """The flow network that an answer solves, taken on its way."""
    held: list[Any] = []
    solve = containment.solve

    def recording(*arguments: Any) -> Any:
        held.append(arguments[:4])
        return solve(*arguments)

    containment.solve = recording  # type: ignore[assignment]
    try:
        ask(start)
    finally:
        containment.solve = solve
    return held[0]  # type: ignore[no-any-return]


def flow_rivals() -> dict[str, Callable[[Any], Any]]:
    solvers: dict[str, Callable[[Any], Any]] = {"scipy": lambda matrix: maximum_flow(matrix, 0, 1)}
    if find_spec("igraph"):
        solvers["igraph"] = lambda given: given[0].maxflow(0, 1, given[1])
    if find_spec("networkx"):
        import networkx as nx

        solvers["networkx"] = lambda graph: nx.minimum_cut(graph, 0, 1)
    return solvers


def solver_input(rival: str, net: tuple[Any, Any, Any, int]) -> Any:
    leaves, enters, capacity, nodes = net
    summed = csr_matrix((capacity.astype(np.int32), (leaves, enters)), shape=(nodes, nodes))
    if rival == "scipy":
        return summed
    arcs = summed.tocoo()
    if rival == "igraph":
        import igraph

        pairs = np.column_stack((arcs.row, arcs.col)).tolist()
        return igraph.Graph(n=nodes, edges=pairs, directed=True), arcs.data.tolist()
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from((0, 1))
    graph.add_weighted_edges_from(zip(arcs.row.tolist(), arcs.col.tolist(), arcs.data.tolist(), strict=True), weight="capacity")
    return graph


def unlike(net: tuple[Any, Any, Any, int]) -> bool:
    ours = containment.solve(*net, RUNNING)[0]
    theirs = int(maximum_flow(solver_input("scipy", net), 0, 1).flow_value)
    return (containment.NEVER if ours is None else ours) != min(theirs, containment.NEVER)


def paths() -> list[Row]:
    """Shares of metres: precision of what was found, recall of the way driven. The rival is the plain shortest way from event to event."""
    roads = _graphs.beijing()
    ways, tracks = Ways(roads), _graphs.tracks()
    lawful = np.where(roads.use & CAR, roads.length, np.inf)
    where = {(a, b): e for e, (a, b) in enumerate(zip(roads.tail.tolist(), roads.head.tolist(), strict=True))}
    ours, plain = np.zeros(3), np.zeros(3)
    for track in tracks:
        fixes = [Fix(x - roads.origin[0], y - roads.origin[1], FIX_ERROR_M) for x, y in track.fixes.tolist()]
        truth = {where[pair] for pair in itertools.pairwise(track.nodes)}
        ours += overlap(roads, match_fixes(ways, fixes, "car").edges(), truth)
        near = [ways.start(fix.x, fix.y, 1.0, lawful) for fix in fixes]
        plain += overlap(roads, shortest(ways, [(int(p.edge[0]), float(p.along[0])) for p in near], lawful), truth)
    found = share_rows(f"taxi fixes with {FIX_ERROR_M:.0f} m error", ours, plain, len(tracks))
    for headed in (False, True):
        ours, plain, runs = np.zeros(3), np.zeros(3), 0
        for seed, track in itertools.product(range(10), tracks):
            rng = np.random.default_rng((SEED, seed))
            coverage = crossings_watched(roads, rng, 0.05)
            sightings, truth, points = drive(roads, coverage, [where[p] for p in itertools.pairwise(track.nodes)], rng, headed=headed)
            if len(sightings) < 2:
                continue
            path: Path = join_sightings(ways, coverage, sightings, "car")
            ours += overlap(roads, path.edges(), truth)
            plain += overlap(roads, shortest(ways, points, lawful), truth)
            runs += 1
        found += share_rows(f"sightings {'with' if headed else 'without'} heading, cameras at 5 % of crossings", ours, plain, runs)
    return found


def drive(
    roads: Roads, coverage: Coverage, edges: list[int], rng: np.random.Generator, *, headed: bool
) -> tuple[list[Sighting], set[int], list[Any]]:
    """A drive along edges at uneven speed, with a stop now and then: who sees it when, the edges between the first sighting and the last,

    and for the plain rival the nearest end of one of the seeing camera's stretches, which one it is being unknown.
    """
    clock, seen, points, at = 0.0, [], [], []
    owner = np.repeat(np.arange(roads.edges), np.diff(coverage.first))
    for n, e in enumerate(edges):
        took = roads.length[e] / (50 / 3.6 * 0.6 * float(np.exp(rng.normal(0, 0.3)))) + (rng.random() < 0.1) * rng.exponential(25)
        for row_ in range(int(coverage.first[e]), int(coverage.first[e + 1])):
            camera = int(coverage.camera[row_])
            if not seen or seen[-1].camera != camera:
                middle = float(coverage.begin[row_] + coverage.end[row_]) / 2
                seen.append(Sighting(camera, clock + took * middle / float(roads.length[e]), bearing(roads, e) if headed else None))
                candidate = int(np.flatnonzero(coverage.camera == camera)[0])
                points.append((int(owner[candidate]), float(coverage.begin[candidate] + coverage.end[candidate]) / 2))
                at.append(n)
        clock += took
    return seen, set(edges[at[0] : at[-1] + 1]) if at else set(), points


def shortest(ways: Ways, points: list[tuple[int, float]], cost: NDArray[np.float64]) -> list[int]:
    found: list[int] = []
    for (a, b), (c, d) in itertools.pairwise(points):
        route = ways.route(a, b, c, d, cost)
        found += () if route is None else route.edges
    return found


def overlap(roads: Roads, found: Any, truth: set[int]) -> NDArray[np.float64]:
    """Metres found, metres true, metres of both; each edge once."""
    return np.array([roads.length[sorted(edges)].sum() if edges else 0.0 for edges in (set(found), truth, set(found) & truth)])


def share_rows(name: str, ours: NDArray[np.float64], plain: NDArray[np.float64], n: int) -> list[Row]:
    def shares(kind: str, of: int) -> Row:
        a, b = float(ours[2] / ours[of]), float(plain[2] / plain[of])
        title = f"path, Beijing, {name}: {kind}, plain shortest way"
        return {"name": title, "ours": a, "rival": b, "ratio": round(a / b, 2), "unit": "share", "goal": None, "met": None, "n": n}

    return [shares("precision", 0), shares("recall", 1)]


def row(name: str, ours: float, rival: float | None, n: int) -> Row:
    """Milliseconds of both; the ratio is how many times we are faster."""
    ratio = None if rival is None else round(rival / ours, 1)
    shown = None if rival is None else round(rival, 4)
    return {"name": name, "ours": round(ours, 4), "rival": shown, "ratio": ratio, "unit": "ms", "goal": None, "met": None, "n": n}


def wrong_row(name: str, wrong: list[bool]) -> Row:
    """How many answers differ from another's."""
    return {**row(name, sum(wrong), None, len(wrong)), "unit": "answers", "goal": 0, "met": not any(wrong)}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.ways", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="one city: Jung-gu, Beijing, Wuhan or Douala")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    found = rows(args.quick, args.only)
    if args.json:
        print(json.dumps(found))
        return 0
    from benchmarks._table import table

    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
