"""One pursuit, from its start to its end: a pure composition that a worker process hosts. It reads no clock and no file."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import floor
from typing import Any

from bonghwa.pursuit.answers import Answers, answers_of
from bonghwa.pursuit.belief import PARTICLES, Belief, Start
from bonghwa.pursuit.claims import aged
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.evidence import BadEvidence, Evidence, Fix, ModeKnown, Unseen, as_json, check, from_json
from bonghwa.pursuit.history import History, placed
from bonghwa.pursuit.movement import Movement, Watching
from bonghwa.pursuit.network import Network
from bonghwa.pursuit.roads import Roads
from bonghwa.pursuit.watch import HOLD_S, Wall, Watch

LATE_S = 3.0
"""Nothing seen, told up to so late, counts for now: it comes every second, and going back each time would cost more than it tells."""
AHEAD_S = 60.0
"""Evidence farther ahead of the pursuit's time is refused: some clock is wrong."""


@dataclass(frozen=True)
class Settings:
    """What a pursuit is reckoned with."""

    particles: int = PARTICLES
    step_s: float = 1.0
    movement: Movement = field(default_factory=Movement)
    watching: Watching = field(default_factory=Watching)
    wall: Wall = field(default_factory=Wall)


class Following:
    """A pursuit: it is told the time and evidence, and answers. The same log gives the same bits on one build."""

    def __init__(
        self, roads: Roads, coverage: Coverage, start: Start, seed: int, settings: Settings | None = None, network: Network | None = None
    ) -> None:
        """Begin at a fix. `network` is the packed roads and coverage, shared by the pursuits of a process; made here where not given.

        Raises `NoRoad` where there is no road within 100 km.
        """
        settings = settings or Settings()
        self.start, self.settings, self.wall = start, settings, settings.wall
        network = network or Network.of(roads, coverage)
        belief = Belief.starting(network, start, seed, settings.particles, settings.movement, settings.watching)
        self._history = History(belief, settings.step_s)
        self._watch = Watch()
        self._numbers = 0
        self._taken: dict[int, Evidence] = {}
        self.log: list[dict[str, Any]] = [{"kind": "start", "seed": seed, "start": asdict(start), "settings": _settings_json(settings)}]
        """Everything that was told, in order, as JSON objects: `replay` makes the same pursuit of it."""
        self._choose()

    @property
    def now(self) -> float:
        """The time of the belief: the last whole step."""
        return self.start.time + self._history.step * self.settings.step_s

    def tick(self, at: float) -> None:
        """Move on to a time, by whole steps; a time that was passed already changes nothing."""
        until = floor((at - self.start.time) / self.settings.step_s + 1e-9)
        if until <= self._history.step:
            return
        while self._history.step < until:
            self._history.advance()
            self._choose()
        if self.log[-1]["kind"] == "tick":
            self.log[-1]["at"] = at
        else:
            self.log.append({"kind": "tick", "at": at})

    def take(self, evidence: Evidence) -> int:
        """Weigh a fact, of now or of before, and return its number. Raises `BadEvidence` or `NoRoad`, and then nothing has changed."""
        check(evidence)
        if evidence.time > self.now + AHEAD_S:
            raise BadEvidence(f"time is {evidence.time - self.now:.0f} s ahead of the pursuit")
        placed(self._history.belief, evidence)
        self.tick(evidence.time)
        self._numbers += 1
        self.log.append({"number": self._numbers, **as_json(evidence)})
        self._taken[self._numbers] = evidence
        self._place(self._numbers, evidence)
        self._watch.urgent |= not isinstance(evidence, Unseen)
        return self._numbers

    def undo(self, number: int) -> None:
        """Take a fact back: the belief becomes what it were had the fact never come. Raises `BadEvidence` for one that is not there."""
        if number not in self._taken:
            raise BadEvidence(f"there is no evidence number {number} to take back")
        self.log.append({"kind": "undo", "number": number})
        del self._taken[number]
        self._history.remove(number)
        self._watch.urgent = True

    def arrange(self, wall: Wall) -> None:
        """What watchers have and may use from now on."""
        self.log.append({"kind": "wall", **asdict(wall)})
        self.wall = wall
        self._watch.urgent = True

    def answers(self) -> Answers:
        """What the belief says now."""
        return answers_of(self.belief, self._watch.chosen, self.now)

    @property
    def hope(self) -> float:
        """How likely the cameras watched now show the subject within a minute, as it was when they were chosen."""
        return self._watch.hope

    @property
    def ceiling(self) -> float:
        """The same for all usable cameras together."""
        return self._watch.ceiling

    @property
    def next_change_s(self) -> float:
        """Seconds until the cameras may change."""
        return max(0.0, self._watch.changed_at + HOLD_S - self.now)

    @property
    def belief(self) -> Belief:
        """The belief of now; not to be changed."""
        return self._history.current()

    @classmethod
    def replay(cls, roads: Roads, coverage: Coverage, log: Iterable[dict[str, Any]], network: Network | None = None) -> "Following":
        """The pursuit that a log tells of, the same to the bit on one build."""
        entries = iter(log)
        first = next(entries)
        made = cls(roads, coverage, Start(**first["start"]), first["seed"], _settings_of(first["settings"]), network)
        for entry in entries:
            kind = entry["kind"]
            if kind == "tick":
                made.tick(entry["at"])
            elif kind == "undo":
                made.undo(entry["number"])
            elif kind == "wall":
                made.arrange(_wall_of({name: value for name, value in entry.items() if name != "kind"}))
            else:
                made.take(from_json({name: value for name, value in entry.items() if name != "number"}))
        return made

    def _choose(self) -> None:
        if self._watch.due(self.now):
            self._watch.choose(self._history.current(), self.wall, self.now, self._history.step)

    def _place(self, number: int, evidence: Evidence) -> None:
        """Give a fact to the steps it belongs to."""
        history, step_s = self._history, self.settings.step_s
        age = evidence.age_s if isinstance(evidence, Fix) else 0.0
        step = self._step(evidence.time - age)
        if not isinstance(evidence, Unseen):
            before = self.start.time - (evidence.time - age)
            if before > 0 and not isinstance(evidence, ModeKnown):
                evidence = aged(history.belief.network, evidence, before)
            history.add(number, step, evidence, 0.0)
            return
        if self.now - evidence.time <= LATE_S:
            step = history.step
        if evidence.seconds <= LATE_S:
            history.add(number, step, evidence, evidence.seconds)
            return
        # A long span counts where the particles were while it lasted, not where they are at its end.
        parts = max(1, min(round(evidence.seconds / step_s), step))
        for part in range(parts):
            history.add(number, max(step - part, 0), evidence, evidence.seconds / parts)

    def _step(self, time: float) -> int:
        """The step a time falls into, never one before the start or after now."""
        return min(max(floor((time - self.start.time) / self.settings.step_s + 1e-9), 0), self._history.step)


def _settings_json(settings: Settings) -> dict[str, Any]:
    return {**asdict(settings), "movement": settings.movement._asdict()}


def _settings_of(told: dict[str, Any]) -> Settings:
    return Settings(told["particles"], told["step_s"], Movement(**told["movement"]), Watching(**told["watching"]), _wall_of(told["wall"]))


def _wall_of(told: dict[str, Any]) -> Wall:
    usable = told["usable"]
    return Wall(told["k"], tuple(told["pins"]), None if usable is None else tuple(usable))
