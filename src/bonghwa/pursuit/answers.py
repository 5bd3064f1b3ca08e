"""What a belief answers at one moment: where, how sure, what nobody sees, and which cameras to watch."""

from dataclasses import dataclass

import numpy as np

from bonghwa.pursuit.belief import Belief
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import Floats, Numbers
from bonghwa.pursuit.watch import Watched
from bonghwa.pursuit.weighing import blind_and_seen, edge_mass


@dataclass(frozen=True, eq=False)
class Answers:
    """Plain data of one moment. Streets are named by the lower of their two edges; both directions are added up."""

    time: float
    edge: Numbers
    """Streets that carry mass, the heaviest first."""
    mass: Floats
    """How likely the subject is on each; together 1 less `left`."""
    blind: Floats
    """The part of each street's mass that no camera shows."""
    half: int
    """So many of the first streets are the 50 % set: the fewest that hold half of the mass on roads."""
    most: int
    """So many are the 90 % set."""
    half_m: float
    most_m: float
    """Metres of street in each set."""
    modes: dict[str, float]
    """Mass by what the subject does: `foot`, `to_car`, `car`, `indoors`, `riding`; together 1."""
    left: float
    """How likely he left the roads: indoors or riding."""
    blind_mass: float
    """How likely he is on a road that no camera shows."""
    watch: tuple[Watched, ...]
    effective: float
    """The effective number of particles after the last evidence."""


def answers_of(belief: Belief, watch: tuple[Watched, ...], time: float) -> Answers:
    """Add up a belief."""
    network, s = belief.network, belief.state
    blind, _ = blind_and_seen(s, network.sight, len(network.coverage.cameras))
    mass, unseen = edge_mass(s, blind, network.street, network.roads.edges)
    carrying = np.flatnonzero(mass)
    edge: Numbers = carrying[np.argsort(-mass[carrying], kind="stable")].astype(np.int32)
    summed = np.cumsum(mass[edge])
    total = float(summed[-1]) if len(summed) else 0.0
    half, most = (int(np.searchsorted(summed, share * total)) + 1 if len(edge) else 0 for share in (0.5, 0.9))
    metres = network.roads.length[edge]
    modes = belief.shares()
    return Answers(
        time, edge, mass[edge], unseen[edge], half, most, float(metres[:half].sum()), float(metres[:most].sum()), modes,
        modes["indoors"] + modes["riding"], float(unseen.sum()), watch, belief.effective,
    )  # fmt: skip


def directed_mass(belief: Belief) -> Floats:
    """Mass of every edge by itself, each direction alone."""
    marked = np.zeros(len(belief.state.edge), np.uint8)
    return edge_mass(belief.state, marked, np.arange(belief.network.roads.edges, dtype=np.int32), belief.network.roads.edges)[0]


def camera_mass(belief: Belief) -> dict[str, float]:
    """How likely each camera shows the subject now, for those that are likely at all."""
    network: Network = belief.network
    _, seen = blind_and_seen(belief.state, network.sight, len(network.coverage.cameras))
    return {network.coverage.cameras[number]: float(seen[number]) for number in np.flatnonzero(seen)}
