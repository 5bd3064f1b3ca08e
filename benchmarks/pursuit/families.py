"""How subjects move: families that are not those of the filter. Each makes a plan from a start on an edge and a generator of its own."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.pursuit.routing import Ways
from benchmarks.pursuit.truth import INDOORS, LEFT, Plan
from bonghwa.pursuit.roads import AGAINST, CAR, FOOT

Floats = NDArray[np.float64]
Rng = np.random.Generator
ENOUGH_S = 1_000
"""Plans are made for at least so long."""
FAR_FOOT_M = 5_000.0
FAR_CAR_S = 1_500.0


class Mover:
    """Plans in one city. `pull` says how much each node draws people (by the cameras that stand about)."""

    def __init__(self, ways: Ways, pull: Floats) -> None:
        self.ways, self.roads, self.pull = ways, ways.roads, pull
        crossing = np.diff(self.roads.out_first) >= 3
        main = np.zeros(self.roads.nodes, bool)
        main[self.roads.tail[self.roads.speed >= 13.0]] = True
        self.lights, self.main = crossing & main, main

    def plan(self, family: str, edge: int, along: float, rng: Rng) -> Plan:
        """A plan of the family. It begins on that edge, which must be open to it."""
        return FAMILIES[family](self, edge, along, rng)

    def target(self, spent: Floats, near: float, far: float, rng: Rng, weight: Floats | None = None) -> int:
        """A node between two costs, drawn by weight; the farthest one reached where none is."""
        fit = np.flatnonzero((spent >= near) & (spent <= far))
        if not len(fit):
            within = np.where(np.isfinite(spent), spent, -1.0)
            return int(np.argmax(within))
        share = np.ones(len(fit)) if weight is None else weight[fit]
        return int(rng.choice(fit, p=share / share.sum()))

    def foot_cost(self, rng: Rng, spread: float, shy: float = 0.0) -> Floats:
        """Metres, as this person feels them: `shy` of main roads by that many times."""
        cost = self.roads.length * rng.lognormal(0, spread, self.roads.edges) * (1 + shy * (self.roads.speed >= 13.0))
        return np.where(self.ways.open["foot"], cost, np.inf)

    def car_cost(self, rng: Rng, spread: float, *, lawless: bool = False) -> Floats:
        """Seconds, as this driver guesses them."""
        cost = self.roads.length / self.roads.speed * rng.lognormal(0, spread, self.roads.edges)
        return np.where(self.ways.open["anywhere" if lawless else "car"], cost, np.inf)

    def to(self, cost: Floats, start: int, near: float, far: float, rng: Rng, weight: Floats | None = None) -> list[int]:
        """The edges to a drawn target."""
        spent, before = self.ways.reach(cost, start, far * 1.2)
        return self.ways.path(cost, before, start, self.target(spent, near, far, rng, weight))

    def driven(self, edges: list[int], share: float) -> list[float]:
        """The speed of a car that goes at a share of what the roads allow."""
        return [float(self.roads.speed[edge] * share) for edge in edges]

    def end(self, plan: Plan) -> int:
        """The node where a plan ends so far."""
        return int(self.roads.head[plan.edge[-1]])

    def wandered(self, start: int, incoming: int, metres: float, firm: float, use: int, rng: Rng) -> list[int]:
        """Edges by momentum: straight on is likelier than a turn, back only from a dead end (and rarely else)."""
        edges: list[int] = []
        node, came, gone = start, incoming, 0.0
        while gone < metres:
            leaving = self.ways.leaving(node)
            leaving = leaving[(self.roads.use[leaving] & use) > 0]
            if not len(leaving):
                break
            turn = self.ways.heading_out[leaving] - self.ways.heading_in[came]
            share = np.exp(firm * np.cos(turn))
            back = leaving == self.roads.twin[came]
            share = np.where(back, 0.02 if len(leaving) > 1 else 1.0, share)
            came = int(rng.choice(leaving, p=share / share.sum()))
            edges.append(came)
            gone += float(self.roads.length[came])
            node = int(self.roads.head[came])
        return edges


def home(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Runs at first, then walks to a place that draws people, perhaps by way of another, and stands now and then."""
    run, pace = rng.uniform(2.5, 3.6), rng.uniform(1.2, 1.8)
    plan = Plan(along).go([edge], run, FOOT)
    cost = move.foot_cost(rng, 0.25)
    spent, before = move.ways.reach(cost, move.end(plan), FAR_FOOT_M)
    goal = move.target(spent, 600.0, 3_000.0, rng, move.pull / (np.where(np.isfinite(spent), spent, 1e9) + 300) ** 1.5)
    edges = move.ways.path(cost, before, move.end(plan), goal)
    if rng.random() < 0.5:
        over = move.to(cost, move.end(plan), 150.0, 500.0, rng)
        plan.go(over, run, FOOT)
        spent, before = move.ways.reach(cost, move.end(plan), 2 * FAR_FOOT_M)
        edges = move.ways.path(cost, before, move.end(plan), goal)
    plan.go(edges, pace, FOOT)
    for _ in range(int(rng.integers(0, 4))):
        plan.stop(int(rng.integers(len(plan.edge))), rng.uniform(20, 90), rng.random())
    plan.last = INDOORS
    return plan


def shy(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """A fugitive who keeps to small streets and away from where it began, leg by leg."""
    pace = rng.uniform(1.6, 2.6)
    plan = Plan(along).go([edge], pace * 1.3, FOOT)
    cost = move.foot_cost(rng, 0.35, shy=rng.uniform(2, 5))
    away = rng.uniform(0, 2 * np.pi)
    x, y = move.roads.x[move.end(plan)], move.roads.y[move.end(plan)]
    gone = 0.0
    while gone < ENOUGH_S * pace and len(plan.edge) < 2_000:
        weight = np.exp(((move.roads.x - x) * np.sin(away) + (move.roads.y - y) * np.cos(away)) / 400.0 * rng.uniform(0.2, 1))
        weight = np.clip(weight, 1e-6, 1e6)
        leg = move.to(cost, move.end(plan), 300.0, 1_500.0, rng, weight)
        if not leg:
            break
        plan.go(leg, pace, FOOT)
        gone += float(move.roads.length[leg].sum())
    return plan


def wander(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Drifts with momentum and without an aim, turns back at dead ends, stands about."""
    pace = rng.uniform(0.8, 1.5)
    plan = Plan(along).go([edge], pace, FOOT)
    plan.go(move.wandered(move.end(plan), edge, pace * ENOUGH_S, rng.uniform(0.8, 2.5), FOOT, rng), pace, FOOT)
    for _ in range(int(rng.integers(1, 6))):
        plan.stop(int(rng.integers(len(plan.edge))), rng.uniform(5, 60), rng.random())
    return plan


def hide(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Runs a little, waits indoors two to five minutes, then goes on, and not as fast."""
    plan = Plan(along).go([edge], rng.uniform(2.2, 3.4), FOOT)
    cost = move.foot_cost(rng, 0.4)
    plan.go(move.to(cost, move.end(plan), 80.0, 400.0, rng), rng.uniform(2.2, 3.4), FOOT)
    plan.stop(len(plan.edge) - 1, rng.uniform(120, 300), rng.uniform(0.2, 1.0), INDOORS)
    pace = rng.uniform(1.2, 2.0)
    for _ in range(3):
        plan.go(move.to(cost, move.end(plan), 400.0, 1_500.0, rng), pace, FOOT)
    return plan


def bus(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Walks to a main road, waits at the stop in the open, and leaves the network."""
    pace = rng.uniform(1.3, 2.4)
    plan = Plan(along).go([edge], pace, FOOT)
    cost = move.foot_cost(rng, 0.2)
    plan.go(move.to(cost, move.end(plan), 120.0, 900.0, rng, np.where(move.main, 1.0, 0.01)), pace, FOOT)
    plan.stop(len(plan.edge) - 1, rng.uniform(30, 240), rng.uniform(0.3, 0.9))
    plan.last = LEFT
    return plan


def arterial(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Drives far by the way it takes for the quickest."""
    return _drive(move, Plan(along).go([edge], float(move.roads.speed[edge]), CAR), rng, rng.uniform(0.8, 1.1), 0.3)


def lights(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Drives as the others do: red lights on main roads, and queues."""
    share = rng.uniform(0.6, 0.95)
    plan = _drive(move, Plan(along).go([edge], float(move.roads.speed[edge]) * share, CAR), rng, share, 0.2)
    for number, passed in enumerate(plan.edge):
        if move.lights[move.roads.head[passed]] and rng.random() < 0.4:
            plan.wait[number] = rng.uniform(5, 60)
        if rng.random() < 0.1:
            plan.speed[number] *= 0.35
    return plan


def against(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Flees: fast, against one-ways where that helps, by a way that nobody would call the quickest."""
    share = rng.uniform(1.0, 1.35)
    plan = Plan(along).go([edge], float(move.roads.speed[edge]) * share, CAR)
    return _drive(move, plan, rng, share, 0.6, lawless=True)


def doubler(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Drives about the neighbourhood: short legs, back towards where it began, stops at the kerb in between."""
    share = rng.uniform(0.6, 0.95)
    plan = Plan(along).go([edge], float(move.roads.speed[edge]) * share, CAR)
    cost = move.car_cost(rng, 0.4)
    first = move.end(plan)
    near = 1.0 / (1.0 + np.hypot(move.roads.x - move.roads.x[first], move.roads.y - move.roads.y[first]) / 300.0) ** 2
    spent = 0.0
    while spent < ENOUGH_S and len(plan.edge) < 2_000:
        leg = move.to(cost, move.end(plan), 40.0, 240.0, rng, near)
        if not leg:
            break
        plan.go(leg, move.driven(leg, share), CAR)
        spent += float((move.roads.length[leg] / move.roads.speed[leg] / share).sum())
        if rng.random() < 0.5:
            plan.stop(len(plan.edge) - 1, rng.uniform(10, 90), rng.uniform(0.2, 0.8))
    return plan


def walkcar(move: Mover, edge: int, along: float, rng: Rng) -> Plan:
    """Walks some streets to a car, gets in, and drives far."""
    pace = rng.uniform(1.4, 3.0)
    plan = Plan(along).go([edge], pace, FOOT)
    cost = move.foot_cost(rng, 0.3)
    plan.go(move.to(cost, move.end(plan), 60.0, 400.0, rng), pace, FOOT)
    plan.wait[-1] = rng.uniform(8, 40)
    return _drive(move, plan, rng, rng.uniform(0.8, 1.2), 0.35)


def _drive(move: Mover, plan: Plan, rng: Rng, share: float, spread: float, *, lawless: bool = False) -> Plan:
    """Add drives until the plan is long enough: each to a place some minutes away."""
    cost = move.car_cost(rng, spread, lawless=lawless)
    spent = 0.0
    for _ in range(6):
        leg = move.to(cost, move.end(plan), 240.0, FAR_CAR_S * 0.6, rng, move.pull + 0.1)
        if not leg:
            break
        plan.go(leg, move.driven(leg, share), CAR)
        spent += float((move.roads.length[leg] / (move.roads.speed[leg] * share)).sum())
        if spent > ENOUGH_S:
            break
    return plan


def taxi(move: Mover, route: list[int], along: float, rng: Rng) -> Plan:
    """A real route, given as its edges, at a share of what the roads allow, with red lights; then it drives on, simulated."""
    share = rng.uniform(0.55, 0.95)
    plan = Plan(along).go(route, move.driven(route, share), CAR)
    for number, passed in enumerate(route):
        if move.lights[move.roads.head[passed]] and rng.random() < 0.08:
            plan.wait[number] = rng.uniform(5, 45)
    return _drive(move, plan, rng, share, 0.3)


Family = Callable[[Mover, int, float, Rng], Plan]
FAMILIES: dict[str, Family] = {
    "home": home, "shy": shy, "wander": wander, "hide": hide, "bus": bus,
    "arterial": arterial, "lights": lights, "against": against, "doubler": doubler, "walkcar": walkcar,
}  # fmt: skip
FOOT_FAMILIES = ("home", "shy", "wander", "hide", "bus")
CAR_FAMILIES = ("arterial", "lights", "against", "doubler")
BEGINS = dict.fromkeys((*FOOT_FAMILIES, "walkcar"), FOOT) | dict.fromkeys(CAR_FAMILIES, CAR) | {"against": CAR | AGAINST}
"""What the first edge must be open to."""
