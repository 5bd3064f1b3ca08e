"""Road graphs to test on: grids, random streets, and what plain Python reads off them."""

import numpy as np

from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT, Roads


def streets_to_roads(
    x: np.ndarray, y: np.ndarray, ends: np.ndarray, *, oneway: np.ndarray | None = None, bent: np.random.Generator | None = None
) -> Roads:
    """A graph of straight (or once bent) streets between nodes: two edges each, the second against it."""
    count = len(ends)
    oneway = np.zeros(count, bool) if oneway is None else oneway
    a, b = ends[:, 0], ends[:, 1]
    tail, head = np.column_stack((a, b)).ravel(), np.column_stack((b, a)).ravel()
    shapes_x, shapes_y, first = [], [], [0]
    for i, j in zip(a, b, strict=True):
        points = [(x[i], y[i]), (x[j], y[j])]
        if bent is not None:
            points.insert(1, tuple(np.mean(points, axis=0) + bent.normal(0, 5, 2)))
        for line in (points, points[::-1]):
            shapes_x += [p[0] for p in line]
            shapes_y += [p[1] for p in line]
            first.append(len(shapes_x))
    sx, sy, ptr = np.array(shapes_x, float), np.array(shapes_y, float), np.array(first, np.int64)
    steps = np.hypot(np.diff(sx), np.diff(sy))
    length = np.array([steps[ptr[e] : ptr[e + 1] - 1].sum() for e in range(2 * count)])
    use = np.full(2 * count, FOOT | CAR, np.uint8)
    use[1::2][oneway] = FOOT | AGAINST
    return Roads(
        origin=(0.0, 0.0), x=np.asarray(x, float), y=np.asarray(y, float), tail=tail.astype(np.int32), head=head.astype(np.int32),
        length=np.maximum(length, 0.5), twin=(np.arange(2 * count) ^ 1).astype(np.int32), use=use,
        speed=np.full(2 * count, 50 / 3.6), name=(np.arange(2 * count) // 2 % 3).astype(np.int32), names=("", "개항로", "공항동로"),
        shape_first=ptr, shape_x=sx, shape_y=sy,
    )  # fmt: skip


def grid_roads(columns: int, rows: int, block: float = 100.0) -> Roads:
    """Streets along the lines of a grid; node `row * columns + column`."""
    row, column = np.divmod(np.arange(columns * rows), columns)
    ends = [(n, n + 1) for n in range(columns * rows) if n % columns < columns - 1]
    ends += [(n, n + columns) for n in range(columns * (rows - 1))]
    return streets_to_roads(column * block, row * block, np.array(ends))


def random_roads(seed: int, nodes: int = 24, extra: float = 0.6) -> Roads:
    """Random places joined to near ones, as streets are, with one-ways, bends and now and then parts that do not touch."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 120 * np.sqrt(nodes), (2, nodes))
    ends = []
    for n in range(1, nodes):
        gap = np.hypot(x[:n] - x[n], y[:n] - y[n])
        if rng.random() > 0.04:
            ends.append((n, int(gap.argmin())))
    for n in rng.integers(0, nodes, int(extra * nodes)):
        gap = np.hypot(x - x[n], y - y[n])
        ends.append((int(n), int(gap.argsort()[rng.integers(1, min(6, nodes))])))
    pairs = np.array(ends or [(0, 1)])
    roads = streets_to_roads(x, y, pairs, oneway=rng.random(len(pairs)) < 0.25, bent=rng)
    object.__setattr__(roads, "speed", np.repeat(rng.choice([5.0, 8.0, 14.0, 22.0], len(pairs)), 2))
    return roads


def random_coverage(roads: Roads, seed: int, cameras: int = 6) -> Coverage:
    """Cameras that each show one to three stretches of random edges, at times the whole."""
    rng = np.random.default_rng(seed)
    rows = []
    for camera in range(cameras):
        for edge in rng.integers(0, roads.edges, rng.integers(1, 4)):
            a, b = np.sort(rng.uniform(0, roads.length[edge], 2)) if rng.random() < 0.7 else (0.0, roads.length[edge])
            rows.append((int(edge), float(a), float(b) + 1e-6, camera, float(rng.choice([1.0, 0.4]))))
    return coverage_of(roads, rows, tuple(f"C{n}" for n in range(cameras)))


def coverage_of(roads: Roads, rows: list[tuple[int, float, float, int, float]], cameras: tuple[str, ...]) -> Coverage:
    """From rows (edge, begin, end, camera, chance)."""
    rows = sorted(rows)
    edge = np.array([r[0] for r in rows], int)
    first = np.concatenate([[0], np.cumsum(np.bincount(edge, minlength=roads.edges))]).astype(np.int64)
    begin, end, chance = (np.array([r[k] for r in rows], float) for k in (1, 2, 4))
    return Coverage(cameras, first, np.array([r[3] for r in rows], np.int32), begin, end, chance)
