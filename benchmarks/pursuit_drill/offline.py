"""A drill played fast: the same subject, walls and luck for each policy, ten minutes, one second at a time."""

from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.pursuit.policy import Fix as Place
from benchmarks.pursuit_drill.operator_model import Operator, Press
from benchmarks.pursuit_drill.policies import NearestCameras, Policy, Pursued
from benchmarks.pursuit_drill.world import FROM_ALARM_S, HORIZON_S, Drill, World
from bonghwa.city.drill import Call
from bonghwa.domain.geo import to_grid
from bonghwa.pursuit.network import Network

LATE_S = 180
"""Still held at the end: sighted within the last three minutes."""


@dataclass
class Outcome:
    """What came of one drill under one policy."""

    presses: list[Press] = field(default_factory=list)
    in_sight: int = 0
    """Seconds in which a watched camera showed him."""
    in_any: int = 0
    """Seconds in which any usable camera did."""
    missed: int = 0
    """Seconds of a camera in view that the operator did not notice."""
    changes: int = 0
    """Cameras put on a screen after the first."""
    first_car: int = HORIZON_S

    def sighted(self, begin: float = 0, end: float = HORIZON_S + 10) -> bool:
        """Whether *seen* was pressed between two seconds."""
        return any(begin <= press.at < end for press in self.presses)

    @property
    def longest_gap_s(self) -> float:
        """The longest time without a sighting."""
        marks = [0.0, *(press.at for press in self.presses), float(HORIZON_S)]
        return max(b - a for a, b in pairwise(marks))


def place_of(world: World, call: Call) -> Place:
    """A report's place in metres from the roads' origin."""
    assert call.place is not None
    x, y = to_grid(call.place["lat"], call.place["lon"])
    return Place(x - world.view.roads.origin[0], y - world.view.roads.origin[1], float(call.place["accuracy_m"]))


def ceiling(drill: Drill) -> Outcome:
    """Every usable camera watched at once with the same luck."""
    operator, outcome = Operator(drill.play.run), _fresh(drill)
    for second in range(HORIZON_S):
        shown = drill.showing.get(second, [])
        outcome.in_sight += bool(shown)
        press = operator.look(second, shown, drill.seen[second])
        outcome.presses += [press] if press else []
    outcome.missed = operator.missed
    return outcome


def _fresh(drill: Drill) -> Outcome:
    return Outcome(in_any=sum(1 for shown in drill.showing.values() if shown), first_car=drill.first_car)


def play(world: World, drill: Drill, policy: Policy) -> Outcome:
    """One drill under one policy."""
    operator, outcome, before = Operator(drill.play.run), _fresh(drill), set[str]()
    later = {round(call.after_s) - FROM_ALARM_S: call for call in drill.play.calls[1:]}
    for second in range(HORIZON_S):
        if second in later:
            policy.fixed(second, place_of(world, later[second]))
        watched = list(policy.watch(second))
        outcome.changes += len(set(watched) - before) if second else 0
        before = set(watched)
        shown = [camera for camera in drill.showing.get(second, []) if camera in before]
        outcome.in_sight += bool(shown)
        press = operator.look(second, shown, drill.seen[second])
        if press is not None:
            outcome.presses.append(press)
            policy.sighted(press)
        # What the operator noticed and has not yet told is not told as unseen either.
        held = {press.camera if press else "", operator.pending.camera if operator.pending else ""}
        policy.unseen(second, [camera for camera in watched if camera not in held])
    outcome.missed = operator.missed
    return outcome


def played(world: World, network: Network, drill: Drill, number: int, k: int) -> dict[str, Outcome]:
    """The drill under each policy, and the ceiling."""
    place = place_of(world, drill.play.calls[0])
    return {
        "pursuit": play(world, drill, Pursued(world, network, place, drill.age_s, k, number)),
        "nearest": play(world, drill, NearestCameras(world, place, drill.age_s, k)),
        "ceiling": ceiling(drill),
    }
