"""How a belief goes back: evidence by step, and sparse copies of the belief from before it."""

from dataclasses import dataclass, field

import numpy as np

from bonghwa.pursuit.belief import Belief, key_of
from bonghwa.pursuit.claims import NoRoad, camera_region, circle_region
from bonghwa.pursuit.evidence import Evidence, Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen
from bonghwa.pursuit.movement import share_of

NEWEST_GAP = 10
"""Steps between the two newest copies at least. Older ones thin out: each gap may grow with its age."""
GROWTH = 1.0
"""Between two copies lies at most about this share of their age: six copies for ten minutes, nine for an hour."""


def weigh(belief: Belief, evidence: Evidence, seconds: float, step: int, nth: int) -> None:
    """Weigh a belief by one fact, the nth of its step; `seconds` of it fall into this step where it is of a time span."""
    network, watching = belief.network, belief.watching
    key = key_of(belief.seed, step, "evidence", nth)
    if isinstance(evidence, Unseen):
        exposure = np.zeros(len(network.coverage.cameras))
        looked = watching.detect_rate * evidence.rate * share_of(evidence.screens, watching) * watching.temper * seconds
        known = [network.number[camera] for camera in evidence.cameras if camera in network.number]
        exposure[known] = looked
        belief.unseen(exposure, key)
    elif isinstance(evidence, Sighting):
        region = camera_region(network, evidence.camera, watching)
        belief.claim(region, evidence.confidence, evidence.heading, evidence.mode, key)
    elif isinstance(evidence, PlateRead):
        belief.claim(camera_region(network, evidence.camera, watching), evidence.confidence, evidence.heading, "car", key)
    elif isinstance(evidence, ModeKnown):
        belief.claim_mode(evidence.mode, evidence.confidence, key)
    else:
        region = circle_region(network, evidence.x, evidence.y, evidence.error_m, watching)
        mode = evidence.mode if isinstance(evidence, PublicReport) else None
        belief.claim(region, evidence.confidence, None, mode, key)


def placed(belief: Belief, evidence: Evidence) -> None:
    """Raise `NoRoad` for evidence that is nowhere, before anything is changed."""
    if isinstance(evidence, Sighting | PlateRead):
        if evidence.camera not in belief.network.number:
            raise NoRoad(f"camera {evidence.camera} shows no road")
    elif isinstance(evidence, Fix | PublicReport):
        circle_region(belief.network, evidence.x, evidence.y, evidence.error_m, belief.watching)


@dataclass(eq=False)
class History:
    """A belief at one step, with all evidence by the step it was weighed at, and copies to go back to.

    The belief at a step is a pure function of the start and of the evidence up to it, ordered by step and number: whether a fact came in
    time, came late, or came and was undone leaves no other trace.
    """

    belief: Belief
    step_s: float
    step: int = 0
    facts: dict[int, list[tuple[int, Evidence, float]]] = field(default_factory=dict)
    """By step: number, evidence, and the seconds of it that fall into the step; in order of the number."""
    stale: int | None = None
    """The earliest step whose evidence changed since it was weighed."""
    copies: list[tuple[int, Belief]] = field(default_factory=list)
    """The belief as it came to a step, before that step's evidence; the first is the start."""

    def __post_init__(self) -> None:
        self.copies.append((0, self.belief.copy()))

    def add(self, number: int, step: int, evidence: Evidence, seconds: float) -> None:
        """Take a fact at a step up to now. One of now is weighed at once, one of before when the belief is asked for next."""
        facts = self.facts.setdefault(step, [])
        newest = not facts or facts[-1][0] < number
        facts.append((number, evidence, seconds))
        facts.sort(key=lambda fact: fact[0])
        if step == self.step and newest and self.stale is None:
            weigh(self.belief, evidence, seconds, step, len(facts) - 1)
        else:
            self._changed(step)

    def remove(self, number: int) -> None:
        """Take a fact out again, as if it never came."""
        for step, facts in self.facts.items():
            kept = [fact for fact in facts if fact[0] != number]
            if len(kept) < len(facts):
                self.facts[step] = kept
                self._changed(step)

    def _changed(self, step: int) -> None:
        self.stale = step if self.stale is None else min(step, self.stale)

    def current(self) -> Belief:
        """The belief of now, reckoned again from the last copy before what changed."""
        if self.stale is not None:
            now, stale = self.step, self.stale
            self.copies = [(step, copy) for step, copy in self.copies if step <= stale]
            self.step, kept = self.copies[-1]
            self.belief, self.stale = kept.copy(), None
            self._weigh_step()
            while self.step < now:
                self._on()
        return self.belief

    def advance(self) -> None:
        """One step on."""
        self.current()
        self._on()

    def _on(self) -> None:
        self.step += 1
        self.belief.advance(self.step, self.step_s)
        if self.step - self.copies[-1][0] >= NEWEST_GAP:
            self._thin()
            self.copies.append((self.step, self.belief.copy()))
        self._weigh_step()

    def _weigh_step(self) -> None:
        for nth, (_, evidence, seconds) in enumerate(self.facts.get(self.step, ())):
            weigh(self.belief, evidence, seconds, self.step, nth)

    def _thin(self) -> None:
        """Drop copies that their neighbours stand in for."""
        kept = self.copies[:1]
        for n in range(1, len(self.copies) - 1):
            age = self.step - self.copies[n][0]
            if self.copies[n + 1][0] - kept[-1][0] > max(2 * NEWEST_GAP, GROWTH * age):
                kept.append(self.copies[n])
        if len(self.copies) > 1:
            kept.append(self.copies[-1])
        self.copies = kept
