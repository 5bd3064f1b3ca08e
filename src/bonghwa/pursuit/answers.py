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
    """Streets that carry mass, the densest (by the metre) first."""
    mass: Floats
    """How likely the subject is on each, as `tempered`; together 1 less `left`."""
    blind: Floats
    """The part of each street's mass that no camera shows."""
    half: int
    """So many of the first streets are the 50 % set: the shortest that hold half of the mass on roads."""
    most: int
    """So many are the 90 % set."""
    untempered: Numbers
    """The streets of the 90 % set of the particles themselves: what a clause's radius is measured from, so that no limit is widened by
    how the belief is shown."""
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


ON_FOOT_POWER = 1.4
BY_CAR_POWER = 0.5
"""To what power densities are raised, so that sets promise what they keep: without it the 90 % sets of simple subjects held walkers in 99 %
of all cases and drivers in 78; with it 96 and 89, on streets two thirds and one and a half times as long."""


def tempered(mass: Floats, length: Floats, power: float) -> Floats:
    """One mode's mass over streets of so many metres with its densities raised to a power, the whole kept.

    Below 1 it is spread out, above 1 drawn together (temperature scaling: Guo et al., On calibration of modern neural networks, ICML 2017).
    What is 0 stays 0. It is for showing only: particles and the choice of cameras go on from the belief as it is.
    """
    total = float(mass.sum())
    if total <= 0.0:
        return np.zeros(len(mass))
    raised: Floats = np.where(mass > 0.0, length * (mass / mass.max() / length) ** power, 0.0)
    raised *= total / float(raised.sum())
    return raised


def densest_first(mass: Floats, length: Floats) -> Numbers:
    """The order of streets by mass on the metre."""
    return np.argsort(-mass / length, kind="stable").astype(np.int32)


def holding(share: float, mass: Floats) -> int:
    """How many of the first streets hold a share of all mass."""
    summed = np.cumsum(mass)
    return int(np.searchsorted(summed, share * summed[-1])) + 1 if len(mass) else 0


def answers_of(belief: Belief, watch: tuple[Watched, ...], time: float) -> Answers:
    """Add up a belief."""
    network, s = belief.network, belief.state
    blind, _ = blind_and_seen(s, network.sight, len(network.coverage.cameras))
    raw, unseen = edge_mass(s, blind, network.street, network.roads.edges)
    carrying: Numbers = np.flatnonzero(raw[0] + raw[1]).astype(np.int32)
    raw, unseen, length = raw[:, carrying], unseen[:, carrying], network.roads.length[carrying]
    by_mode = np.stack([tempered(row, length, power) for row, power in zip(raw, (ON_FOOT_POWER, BY_CAR_POWER), strict=True)])
    mass: Floats = by_mode.sum(axis=0)
    dark: Floats = (by_mode * np.divide(unseen, raw, out=np.zeros_like(raw), where=raw > 0)).sum(axis=0)
    order = densest_first(mass, length)
    half, most = (holding(share, mass[order]) for share in (0.5, 0.9))
    plain = raw.sum(axis=0)
    itself = densest_first(plain, length)
    itself = itself[: holding(0.9, plain[itself])]
    half_m, most_m = (float(length[order[:streets]].sum()) for streets in (half, most))
    modes = belief.shares()
    left = modes["indoors"] + modes["riding"]
    return Answers(
        time, carrying[order], mass[order], dark[order], half, most, carrying[itself], half_m, most_m, modes, left,
        float(dark.sum()), watch, belief.effective,
    )  # fmt: skip


def directed_mass(belief: Belief) -> Floats:
    """Mass of every edge by itself, each direction alone."""
    marked = np.zeros(len(belief.state.edge), np.uint8)
    edges = belief.network.roads.edges
    by_mode, _ = edge_mass(belief.state, marked, np.arange(edges, dtype=np.int32), edges)
    both: Floats = by_mode.sum(axis=0)
    return both


def camera_mass(belief: Belief) -> dict[str, float]:
    """How likely each camera shows the subject now, for those that are likely at all."""
    network: Network = belief.network
    _, seen = blind_and_seen(belief.state, network.sight, len(network.coverage.cameras))
    return {network.coverage.cameras[number]: float(seen[number]) for number in np.flatnonzero(seen)}
