"""Camera selection against PostGIS, shapely's STRtree and brute force, in one run on the same cameras and places.

Camera positions are the real registry's (repeated beside each other for a million), their bearings are drawn with a fixed seed, since no
public data has any. Every rival answers the same question: which cameras show this point. PostGIS is asked by a prepared statement of
psycopg in binary, both as the query is commonly written (ST_DWithin, ST_Distance, ST_Azimuth over GiST points) and tuned by hand (GiST
over the box of every range disc, the exact test as plain arithmetic); the goals are those of the common form, the tuned one is shown.

`python -m benchmarks.sight [--quick] [--json]`; PostGIS needs BONGHWA_TEST_POSTGRES, else its rows say that it was not measured.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import cos, radians, sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from bonghwa.data import read_data
from bonghwa.domain.camera import Camera
from bonghwa.domain.geo import to_grid
from bonghwa.registry.cameras import parse_file
from bonghwa.sight import kernels
from bonghwa.sight.choose import choose, goals_around, ranked
from bonghwa.sight.exits import Exit
from bonghwa.sight.index import CameraIndex

Floats = NDArray[np.float64]
Answer = Callable[[float, float], Any]

POSTGIS_GOAL = {16_000: 150.0, 1_000_000: 250.0}
STRTREE_GOAL = 10.0
RANKED_GOAL = 2.0
RADIUS_M = 300.0
TILE_M = (90_000.0, 120_000.0)
SEED = 20_260_101


@dataclass(frozen=True)
class Scene:
    """Cameras of a size, packed for us and as columns for the rivals, and the places asked about."""

    size: int
    index: CameraIndex
    places: Floats


def rows(quick: bool) -> list[dict[str, Any]]:
    """All rows of this benchmark; `quick` leaves the million out and asks fewer questions."""
    found: list[dict[str, Any]] = []
    for size in (16_000,) if quick else (16_000, 1_000_000):
        scene = make_scene(size, 2_000 if quick else 10_000)
        with postgis(scene) as database:
            found += measure(scene, database, 300 if quick else 2_000)
    return found


def make_scene(size: int, questions: int) -> Scene:
    """The real positions, drawn or repeated to `size`, with seeded bearings; questions lie within some 40 m of cameras."""
    rng = np.random.default_rng(SEED)
    cameras = real_cameras()
    take = rng.permutation(len(cameras)) if size <= len(cameras) else np.arange(size) % len(cameras)
    take = take[:size]
    geo = np.zeros((size, kernels.GEO_COLUMNS))
    at = np.array([to_grid(camera.lat, camera.lon) for camera in cameras])[take]
    copy = np.arange(size) // len(cameras)
    spread = rng.normal(0, 5, (size, 2)) * (copy > 0)[:, None]
    geo[:, :2] = at + spread + np.column_stack((copy % 7, copy // 7)) * TILE_M
    reach = np.array([camera.pose.range_m for camera in cameras])[take] * rng.uniform(0.8, 1.6, size)
    bearing, half = rng.uniform(0, 2 * np.pi, size), np.radians(rng.choice([40.0, 70.0, 90.0, 110.0], size) / 2)
    geo[:, 2:] = np.column_stack((reach**2, np.sin(bearing), np.cos(bearing), np.cos(half), np.ones(size), np.ones(size)))
    _, pole = np.unique(np.round(geo[:, :2], 1), axis=0, return_inverse=True)
    pixels = np.full(size, 1920 / (2 * np.tan(radians(35))))
    trait = np.column_stack((pixels, np.ones(size), np.full(size, 0.7), pole.ravel().astype(np.float64)))
    places = geo[rng.integers(0, size, questions), :2] + rng.normal(0, 40, (questions, 2))
    return Scene(size, CameraIndex.pack([cameras[i] for i in take], geo, trait), places)


def real_cameras() -> tuple[Camera, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cctv.csv"
        path.write_bytes(read_data("incheon_cctv.csv.gz"))
        return parse_file(path, date(2026, 1, 1)).cameras


def brute(geo: Floats, x: float, y: float) -> set[int]:
    """Every camera tested, in numpy: the oracle."""
    dx, dy = x - geo[:, 0], y - geo[:, 1]
    d2 = dx * dx + dy * dy
    shown = (d2 <= geo[:, 2]) & (dx * geo[:, 3] + dy * geo[:, 4] >= geo[:, 5] * np.sqrt(d2))
    return set(np.flatnonzero(shown).tolist())


@dataclass(frozen=True)
class PostGIS:
    """The same question in SQL: as it is commonly written, and tuned by hand as far as we know how."""

    plain: Answer
    tuned: Answer
    batch: Callable[[Floats], list[tuple[int, int]]]
    """The tuned query for many places in one statement: (place, camera) pairs."""


PLAIN = (
    "SELECT id FROM bench_camera WHERE ST_DWithin(place, ST_SetSRID(ST_Point(%(x)s, %(y)s), 5186), {reach})"
    " AND ST_Distance(place, ST_SetSRID(ST_Point(%(x)s, %(y)s), 5186)) <= range_m"
    " AND cos(ST_Azimuth(place, ST_SetSRID(ST_Point(%(x)s, %(y)s), 5186)) - bearing) >= cos_half"
)
TUNED = (
    "SELECT id FROM bench_camera WHERE disc && ST_Point(%(x)s, %(y)s) AND (%(x)s - x) ^ 2 + (%(y)s - y) ^ 2 <= range2"
    " AND (%(x)s - x) * east + (%(y)s - y) * north >= cos_half * sqrt((%(x)s - x) ^ 2 + (%(y)s - y) ^ 2)"
)
BATCH = (
    "SELECT p.n, c.id FROM unnest(%(x)s::float8[], %(y)s::float8[]) WITH ORDINALITY AS p(x, y, n) CROSS JOIN LATERAL"
    " (SELECT id FROM bench_camera b WHERE disc && ST_Point(p.x, p.y) AND (p.x - b.x) ^ 2 + (p.y - b.y) ^ 2 <= range2"
    " AND (p.x - b.x) * east + (p.y - b.y) * north >= cos_half * sqrt((p.x - b.x) ^ 2 + (p.y - b.y) ^ 2)) c"
)


@contextmanager
def postgis(scene: Scene) -> Iterator[PostGIS | None]:
    """PostGIS holding the scene, as functions from a place to camera numbers; None where there is no server."""
    url = os.environ.get("BONGHWA_TEST_POSTGRES", "").replace("postgresql+psycopg://", "postgresql://")
    if not url:
        yield None
        return
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except psycopg.Error as error:
            print(f"PostGIS not measured: {error}", file=sys.stderr)
            yield None
            return
        fill(connection, scene)
        cursor = connection.cursor(binary=True)

        def asking(query: str) -> Answer:
            return lambda x, y: [row[0] for row in cursor.execute(query, {"x": x, "y": y}, prepare=True)]

        reach = float(np.sqrt(scene.index.geo[:, kernels.RANGE2].max())) + 0.001

        def batch(places: Floats) -> list[tuple[int, int]]:
            return cursor.execute(BATCH, {"x": places[:, 0].tolist(), "y": places[:, 1].tolist()}, prepare=True).fetchall()

        yield PostGIS(asking(PLAIN.format(reach=reach)), asking(TUNED), batch)
        connection.execute("DROP TABLE bench_camera")


def fill(connection: "psycopg.Connection[Any]", scene: Scene) -> None:
    connection.execute("DROP TABLE IF EXISTS bench_camera")
    connection.execute(
        "CREATE UNLOGGED TABLE bench_camera (id int, x float8, y float8, range2 float8, east float8, north float8, cos_half float8)"
    )
    with connection.cursor() as cursor, cursor.copy("COPY bench_camera FROM STDIN") as copy:
        for number, row in enumerate(scene.index.geo[:, :6].tolist()):
            copy.write_row((number, *row))
    connection.execute(
        "ALTER TABLE bench_camera ADD place geometry(Point, 5186), ADD range_m float8, ADD bearing float8, ADD disc geometry"
    )
    connection.execute(
        "UPDATE bench_camera SET place = ST_SetSRID(ST_Point(x, y), 5186), range_m = sqrt(range2), bearing = atan2(east, north),"
        " disc = ST_Expand(ST_Point(x, y), sqrt(range2))"
    )
    connection.execute("CREATE INDEX ON bench_camera USING gist (place)")
    connection.execute("CREATE INDEX ON bench_camera USING gist (disc)")
    connection.execute("VACUUM ANALYZE bench_camera")
    connection.execute("SET plan_cache_mode = force_generic_plan")


def strtree(scene: Scene) -> Answer:
    """shapely's STRtree over sector polygons of 16 steps of arc."""
    geo = scene.index.geo
    half, bearing = np.arccos(geo[:, kernels.COS_HALF]), np.arctan2(geo[:, kernels.EAST], geo[:, kernels.NORTH])
    angle = bearing[:, None] + np.linspace(-1, 1, 17)[None, :] * half[:, None]
    reach = np.sqrt(geo[:, kernels.RANGE2])[:, None]
    arc = np.stack((geo[:, :1] + reach * np.sin(angle), geo[:, 1:2] + reach * np.cos(angle)), axis=2)
    ring = np.concatenate((geo[:, None, :2], arc, geo[:, None, :2]), axis=1)
    tree = shapely.STRtree(shapely.polygons(ring))  # type: ignore[arg-type]
    return lambda x, y: tree.query(shapely.Point(x, y), predicate="intersects")


def timed(answer: Answer, places: Floats) -> tuple[float, float]:
    """Median and 99th percentile over places in microseconds, one question at a time, after a short warm-up.

    Each place is asked three times in a row and its best time counts: the spread is that of the places, not of the machine's other work.
    """
    for x, y in places[:50].tolist():
        answer(x, y)
    took = np.empty(len(places), np.int64)
    gc.disable()
    try:
        for at, (x, y) in enumerate(places.tolist()):
            best = 1 << 62
            for _ in range(3):
                began = time.perf_counter_ns()
                answer(x, y)
                best = min(best, time.perf_counter_ns() - began)
            took[at] = best
    finally:
        gc.enable()
    return float(np.percentile(took, 50)) / 1000, float(np.percentile(took, 99)) / 1000


def per_place(ask: Callable[[], Any], places: Floats) -> float:
    """Microseconds a place of a batch, the best of three."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter_ns()
        ask()
        best = min(best, (time.perf_counter_ns() - began) / 1000 / len(places))
    return best


def wrong(answer: Answer, scene: Scene, questions: int) -> int:
    """How many camera ids differ from brute force over the first questions: missing and extra ones."""
    return sum(len({int(camera) for camera in answer(x, y)} ^ brute(scene.index.geo, x, y)) for x, y in scene.places[:questions].tolist())


def ways(x: float, y: float) -> list[Exit]:
    """Six ways out at 150 m, as a crossroads has: the selection is measured with its exits given."""
    return [Exit(x + 150 * sin(radians(b)), y + 150 * cos(radians(b)), float(b), "") for b in range(0, 360, 60)]


def measure(scene: Scene, database: PostGIS | None, checked: int) -> list[dict[str, Any]]:
    """The rows of one size, all over the same places; slow rivals are asked about the first of them."""
    index, places, size = scene.index, scene.places, f"{scene.size:,} cameras"
    checked = min(checked, 400) if scene.size > 100_000 else checked
    roads = {(x, y): ways(x, y) for x, y in places.tolist()}

    def rank(x: float, y: float) -> Any:
        return ranked(index, x, y, 9, RADIUS_M, goals_around(x, y, 0.0, roads[x, y]))

    def explained(x: float, y: float) -> Any:
        return choose(index, x, y, 0.0, 9, 2, RADIUS_M, exits=roads[x, y])

    ours, ours_p99 = timed(index.seeing, places)
    ranked_p50, ranked_p99 = timed(rank, places)
    tree = strtree(scene)
    tree_p50, tree_p99 = timed(tree, places[:5_000])
    plain = timed(database.plain, places[:3_000]) if database else (None, None)
    tuned = timed(database.tuned, places[:3_000]) if database else (None, None)
    x, y = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
    at_once = per_place(lambda: index.seeing_each(x, y), places)
    base_at_once = per_place(lambda: database.batch(places), places) if database else None
    n = len(places)
    note = "" if database else " (not measured: set BONGHWA_TEST_POSTGRES)"
    found = [
        row(f"sector query p50, {size}, PostGIS GiST prepared{note}", ours, plain[0], "us", POSTGIS_GOAL[scene.size], n),
        row(f"sector query p99, {size}, PostGIS GiST prepared{note}", ours_p99, plain[1], "us", None, n),
        row(f"sector query p50, {size}, PostGIS tuned by hand{note}", ours, tuned[0], "us", None, n),
        row(f"sector query in one batch, {size}, PostGIS LATERAL{note}", at_once, base_at_once, "us", None, n),
        row(f"sector query p50, {size}, shapely STRtree", ours, tree_p50, "us", STRTREE_GOAL, n),
        row(f"sector query p99, {size}, shapely STRtree", ours_p99, tree_p99, "us", None, n),
        row(f"ranked top 9 p99, {size}, PostGIS plain query p50{note}", ranked_p99, plain[0], "us", RANKED_GOAL, n),
        row(f"ranked top 9 p50, {size}, PostGIS plain query p50{note}", ranked_p50, plain[0], "us", None, n),
        row(f"chosen and explained p50, {size}", timed(explained, places[:2_000])[0], None, "us", None, 2_000),
        wrong_row(f"wrong ids against brute force, {size}", wrong(index.seeing, scene, checked), None, checked),
        wrong_row(f"wrong ids against brute force, {size}, shapely STRtree", None, wrong(tree, scene, checked), checked),
    ]
    if database:
        found.append(wrong_row(f"wrong ids against brute force, {size}, PostGIS", None, wrong(database.plain, scene, checked), checked))
    return found


def row(name: str, ours: float, rival: float | None, unit: str, goal: float | None, n: int) -> dict[str, Any]:
    """One comparison: the ratio is how many times we are faster, the goal how many times it was asked to be."""
    ratio = None if rival is None else round(rival / ours, 1)
    met = None if goal is None or ratio is None else ratio >= goal
    shown = None if rival is None else round(rival, 2)
    return {"name": name, "ours": round(ours, 2), "rival": shown, "ratio": ratio, "unit": unit, "goal": goal, "met": met, "n": n}


def wrong_row(name: str, ours: int | None, rival: int | None, n: int) -> dict[str, Any]:
    goal = 0 if ours is not None else None
    met = None if ours is None else ours == 0
    return {"name": name, "ours": ours, "rival": rival, "ratio": None, "unit": "ids", "goal": goal, "met": met, "n": n}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.sight", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    found = rows(args.quick)
    if args.json:
        print(json.dumps(found))
        return 0
    for entry in found:
        met = {True: "met", False: "missed", None: "-"}[entry["met"]]
        goal = "" if entry["goal"] is None else f"  goal {entry['goal']:g}: {met}"
        print(f"{entry['name']:<85} {entry['ours']!s:>9} {entry['rival']!s:>9} {entry['unit']}  x{entry['ratio']}{goal}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
