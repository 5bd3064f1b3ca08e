"""The benchmark of the pursuers feeds real processes; the chain beside the belief keeps its mass and finds what it should."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the chain is a sparse matrix")

from benchmarks import _pursued, belief_chain
from benchmarks import pursuers as bench
from benchmarks._graphs import grid
from benchmarks._pursued import Laid, Load, Measured, follow, hour
from benchmarks.pursuit.chain import Belief, Chained, chain_of, chains_of
from benchmarks.pursuit.play import ceiling, play
from benchmarks.pursuit.policy import Fix, Sighting, view
from benchmarks.pursuit.scenarios import HARD, scenarios
from bonghwa.pursuit.roads import CAR, FOOT

SEED = 4_711
"""None that is reported."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    return _pursued.grid_ground(tmp_path_factory.mktemp("ground"), side=21)


@pytest.mark.anyio
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
async def test_two_processes_are_fed_and_say_what_each_second_took(ground: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pursued, "PARTICLES", 1_000)
    monkeypatch.setattr(_pursued, "SIGHTED_EVERY_S", 0.5)
    measured = await follow(ground, Load(3, 2, 2.0, ago_s=20.0, warm_up_s=2.0))
    assert len(measured.tick_ms) == len(measured.tick_cpu_ms) == len(measured.late_ms) >= 3
    assert min(measured.tick_ms) > 0
    assert measured.answer_ms
    assert measured.lag_ms
    assert measured.pss > 1 << 20
    rows = bench.time_rows("three", measured, measured) + bench.memory_rows("three", *[measured] * 4)
    assert {row["ratio"] for row in rows if row["rival"]} == {1.0}
    assert [row["name"] for row in rows if "goal" in row] == ["three: tick, p99", "three: seconds without a picture"]


def test_an_hour_is_driven_and_begun_anew_from_its_log(ground: Laid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pursued, "PARTICLES", 500)
    left = hour(ground, seconds=30, settled=10)
    assert left["log"] > 15 * 40
    assert left["again_s"] > 0


def test_what_was_not_measured_has_no_number() -> None:
    rows = bench.time_rows("nothing", Measured(), None)
    assert all(row["ours"] is None for row in rows if row["unit"] == "ms")


def test_a_grid_has_both_ways_of_each_street_and_some_one_ways() -> None:
    roads = grid(9, 50.0)
    assert (roads.nodes, roads.edges) == (81, 2 * 2 * 9 * 8)
    assert (roads.tail[roads.twin] == roads.head).all()
    assert np.allclose(roads.length, 50.0)
    assert 0 < np.mean(roads.use & CAR == 0) < 0.5
    assert (roads.use & FOOT > 0).all()


@pytest.mark.parametrize("mode", ["foot", "car"])
def test_a_step_of_the_chain_loses_nobody_and_goes_no_faster_than_its_mean(mode: str) -> None:
    roads = grid(31, 50.0)
    chain = chain_of(roads, belief_chain.watched_grid(roads), mode)
    assert np.allclose(np.asarray(chain.step.sum(axis=0)).ravel(), 1.0)
    belief = Belief(roads, {mode: chain})
    belief.start(750.0, 750.0, 20.0, {mode: 1.0})
    for _ in range(20):
        belief.tick()
    mass = belief.mass[mode]
    assert mass.sum() + belief.inside[mode].sum() == pytest.approx(1.0)
    far = float((mass * np.hypot(chain.x - 750, chain.y - 750)).sum())
    assert far < 40 * (1.6 if mode == "foot" else 0.6 * 13.9) + 60
    assert mass[~chain.open].sum() < 1e-9 or mode == "car"


def test_the_chain_believes_a_sighting_and_doubts_what_was_watched_in_vain() -> None:
    sight = view("junggu")
    belief = Belief(sight.roads, chains_of(sight))
    belief.start(float(sight.x[5]), float(sight.y[5]), 200.0, {"foot": 0.6, "car": 0.4})

    def seen(camera: int) -> float:
        return float(sum((chain.sees[[camera]] @ belief.mass[mode])[0] for mode, chain in belief.chains.items()))

    before = seen(5)
    belief.unseen([5], 20.0, 1)
    assert seen(5) < before
    belief.sighted(5, None, "foot", 0.9)
    assert seen(5) > 0.5
    assert sum(float(mass.sum()) for part in (belief.mass, belief.inside) for mass in part.values()) == pytest.approx(1.0)


def test_the_chain_watches_where_he_was_just_seen_and_names_cameras_near_it() -> None:
    sight = view("junggu")
    policy = Chained(sight, 1)
    policy.start(Fix(float(sight.x[5]), float(sight.y[5]), 50.0), 60, "foot", 9)
    assert len(set(policy.tick(0))) == 9
    policy.sighted(Sighting(3, 5, None, "foot", 0.9))
    watched = list(policy.tick(10))
    away = np.hypot(sight.x - sight.x[5], sight.y - sight.y[5])
    assert away[watched].max() < 800
    assert away[list(policy.next_cameras())[:5]].max() < 800
    mass = policy.mass(10)
    assert mass.share.sum() + mass.left == pytest.approx(1.0)


def test_the_chain_finds_no_more_than_the_ceiling() -> None:
    sight = view("junggu")
    scenario = next(scenarios("junggu", HARD, "unknown", SEED, 1))
    outcome = play(scenario, Chained(sight, 5), sight.roads, len(sight.x))
    assert set(outcome.sighted) <= set(ceiling(scenario).sighted)


def test_the_chain_knows_nothing_of_what_moves() -> None:
    source = Path(sys.modules["benchmarks.pursuit.chain"].__file__ or "")
    tree = ast.parse(source.read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {f"benchmarks.pursuit.{name}" for name in ("truth", "families", "scenarios", "operators", "play", "routing")}
