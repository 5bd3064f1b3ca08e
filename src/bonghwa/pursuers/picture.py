"""The picture of a pursuit: belief, reachable area, cameras to watch, path, containment and blind roads, as JSON for the console."""

import math
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bonghwa.domain.pursuit import SURE, mode_after
from bonghwa.pursuers.closing import never
from bonghwa.pursuers.reach import Known, reach_text
from bonghwa.pursuit import path as ways_between
from bonghwa.pursuit.answers import Answers, directed_mass
from bonghwa.pursuit.blind import blind_parts
from bonghwa.pursuit.contain import Containment
from bonghwa.pursuit.coverage import Coverage
from bonghwa.pursuit.evidence import Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen
from bonghwa.pursuit.speeds import Mode
from bonghwa.pursuit.ways import line_of

if TYPE_CHECKING:
    from bonghwa.pursuers.reckoner import Reckoner

STREETS = 1_000
"""So many streets are drawn at most: more than a screen shows, few enough to redraw each second."""
BLIND = 30
REACH_S = 5.0
BLIND_S = 5.0
CONTAIN_S = 15.0


class Picture:
    """Makes the picture of one reckoner; what costs more than a moment is reckoned less often, containment in a thread."""

    def __init__(self, reckoner: "Reckoner") -> None:
        self._of = reckoner
        self.known: Known
        """What reach and containment of the last picture are reckoned from."""
        self._reached_at = float("-inf")
        self.reach = "[]"
        """The reachable area as JSON: what is largest in a picture, and changes every `REACH_S` only."""
        self.reaches = 0
        """How often it changed."""
        self._blind: tuple[float, list[list[float]]] = (float("-inf"), [])
        self._path: list[dict[str, Any]] | None = None
        self._legs = ways_between.Kept()
        self._containment: dict[str, Any] | None = None
        self._contained_at = float("-inf")
        self._reckoning: tuple[float, Future[Containment | None]] | None = None
        """Of which moment a containment is being reckoned: its seconds count from then."""
        self._stop = never()
        self._relied: tuple[tuple[str, ...] | None, Coverage] = (None, reckoner.ground.coverage)

    def news(self) -> None:
        """A fact came or went: reckon everything anew."""
        self._reached_at, self._blind = float("-inf"), (float("-inf"), [])
        self._path, self._contained_at = None, float("-inf")

    def close(self) -> None:
        """Give up what is being reckoned."""
        self._stop[0] = 1

    def now(self) -> dict[str, Any]:
        """The picture of this moment but for `reach`; times are Unix seconds, `watch` counts from now."""
        made = self.open()
        if self.known.now - self._reached_at >= REACH_S:
            self._reached_at, self.reach, self.reaches = self.known.now, reach_text(self._of.ground, self.known), self.reaches + 1
        return {**made, "containment": self._contained()}

    def open(self) -> dict[str, Any]:
        """The picture of this moment without what costs most: the reachable area and the containment, both reckoned from `known`."""
        following = self._of.following
        answers, now = following.answers(), following.now
        kind, since, x, y, radius = self.last_known()
        # What came between two steps is a little ahead of the belief's time: he is where he was seen, not short of it.
        self.known = Known(now, x, y, radius, max(0.0, now - since), self._mode(since))
        away = self._away(answers)
        return {
            "now": now,
            "since": {"kind": kind, "at": since},
            "belief": self._belief(answers),
            "watch": [
                {
                    "camera": watched.camera,
                    "holds": round(watched.holds, 4),
                    "from_s": round(max(0.0, watched.begins_at - now), 1),
                    "to_s": round(max(0.0, watched.ends_at - now), 1),
                    "why": [[reason.kind, *(round(number, 4) for number in reason.numbers)] for reason in watched.why],
                    "away_m": away[watched.camera],
                }
                for watched in answers.watch
            ],
            "next_change_s": round(following.next_change_s, 1),
            "hope": round(following.hope, 4),
            "ceiling": round(following.ceiling, 4),
            "path": self._joined(),
            "blind": self._unseen(now),
        }

    def last_known(self) -> tuple[str, float, float, float, float]:
        """The last time anybody knew where he was: how, when (Unix seconds), where (metres from the origin), how exactly."""
        start = self._of.following.start
        best = ("start", start.time - start.age_s, start.x, start.y, start.error_m)
        for fact in sorted(self._of.known.values(), key=lambda fact: fact.time):
            if isinstance(fact, Unseen | ModeKnown) or fact.confidence < SURE:
                continue
            if isinstance(fact, Fix | PublicReport):
                kind = "fix" if isinstance(fact, Fix) else "report"
                found: tuple[float, float, float] | None = (fact.x, fact.y, fact.error_m)
            else:
                kind = "sighting" if isinstance(fact, Sighting) else "plate"
                found = self._of.ground.middle(fact.camera)
            if found is not None and fact.time >= best[1]:
                best = (kind, fact.time, *found)
        return best

    def _belief(self, answers: Answers) -> dict[str, Any]:
        length = self._of.ground.roads.length
        streets = [
            [edge, round(mass, 5), round(float(length[edge]), 1), 2 if at < answers.half else 1 if at < answers.most else 0]
            for at, (edge, mass) in enumerate(zip(answers.edge[:STREETS].tolist(), answers.mass[:STREETS].tolist(), strict=True))
        ]
        modes = answers.modes
        return {
            "streets": streets,
            "m50": round(answers.half_m),
            "m90": round(answers.most_m),
            "modes": {
                "foot": round(modes["foot"] + modes["to_car"], 4),
                "car": round(modes["car"], 4),
                "left": round(answers.left, 4),
            },
            "blind": round(answers.blind_mass, 4),
        }

    def _away(self, answers: Answers) -> dict[str, float]:
        """How far the roads each camera shows lie from the nearest street of the 90 % set, before it is tempered for showing."""
        ground = self._of.ground
        streets = answers.untempered
        ends = np.unique(np.concatenate([ground.roads.tail[streets], ground.roads.head[streets]]))
        x, y = ground.roads.x[ends], ground.roads.y[ends]
        found = dict.fromkeys((watched.camera for watched in answers.watch), 0.0)
        for camera in found if len(ends) else ():
            middle = ground.middle(camera)
            if middle is not None:
                found[camera] = round(math.sqrt(float(((x - middle[0]) ** 2 + (y - middle[1]) ** 2).min())), 1)
        return found

    def _mode(self, since: float) -> Mode:
        """How he moved all the time since then; unknown where that changed or was seen otherwise, since then either may bound him."""
        mode, modes = self._of.mode, set[str | None]()
        for fact in sorted(self._of.known.values(), key=lambda fact: fact.time):
            if fact.time > since:
                modes.add(mode)
            said = "car" if isinstance(fact, PlateRead) else fact.mode if isinstance(fact, Sighting | ModeKnown) else None
            mode = mode_after(mode, said, isinstance(fact, ModeKnown) and fact.confidence >= SURE)
        modes.add(mode)
        return cast(Mode, (modes.pop() if len(modes) == 1 else None) or "unknown")

    def _joined(self) -> list[dict[str, Any]]:
        """The way between the sightings so far, with how likely each leg is."""
        if self._path is None:
            ground = self._of.ground
            facts = sorted((f for f in self._of.known.values() if isinstance(f, Sighting | PlateRead)), key=lambda fact: fact.time)
            number = ground.network.number
            seen = [ways_between.Sighting(number[f.camera], f.time, f.heading) for f in facts if f.camera in number]
            self._path = []
            if len(seen) > 1:
                path = ways_between.join_sightings(ground.ways, ground.coverage, seen, self._mode(facts[0].time), kept=self._legs)
                spans = [(seen[at - 1].at, seen[at].at) for at in range(1, len(seen)) if at not in path.broken]
                self._path = [{**self._leg(leg), "from_at": a, "to_at": b} for leg, (a, b) in zip(path.legs, spans, strict=True)]
        return self._path

    def _leg(self, leg: ways_between.Leg) -> dict[str, Any]:
        roads = self._of.ground.roads
        points: list[tuple[float, float]] = []
        for at, edge in enumerate(leg.edges):
            begin = leg.begin if at == 0 else 0.0
            end = leg.end if at == len(leg.edges) - 1 else float(roads.length[edge])
            points += line_of(roads, edge, begin, end)
        return {"line": [self._of.ground.place(x, y) for x, y in points], "chance": round(leg.chance, 3), "width_m": round(leg.width)}

    def contained(self, known: Known) -> dict[str, Any] | None:
        """The containment of a moment before, reckoned now."""
        found = self._ask(known).result()
        return None if found is None else self._told(found, known.now)

    def _ask(self, known: Known) -> "Future[Containment | None]":
        return self._of.ground.closing.ask(self._coverage(), known.x, known.y, known.radius, known.age, known.mode, self._stop)

    def _coverage(self) -> Coverage:
        """What cameras show that can be watched for this pursuit: nobody sees by one that is dead, or that the clause leaves out."""
        usable = self._of.following.wall.usable
        if usable is not None and usable != self._relied[0]:
            self._relied = usable, self._of.ground.shown_by(usable)
        return self._relied[1]

    def _contained(self) -> dict[str, Any] | None:
        now = self.known.now
        if self._reckoning is not None and self._reckoning[1].done():
            (asked_at, reckoned), self._reckoning = self._reckoning, None
            found = reckoned.result()
            self._containment = None if found is None else self._told(found, asked_at)
        if self._reckoning is None and now - self._contained_at >= CONTAIN_S:
            self._contained_at = now
            self._reckoning = now, self._ask(self.known)
        return self._containment

    def _told(self, found: Containment, now: float) -> dict[str, Any]:
        points = sorted(found.points, key=lambda point: point.earliest)
        return {
            "minutes": round(found.ring / 60),
            "patrols": found.patrols,
            "cameras": len(found.points) - found.patrols,
            "reckoned_at": now,
            "points": [
                {
                    "n": n,
                    **dict(zip(("lat", "lon"), self._of.ground.place(point.x, point.y), strict=True)),
                    "names": list(point.names),
                    "crossing": point.node >= 0,
                    "watched": list(point.cameras),
                    "patrol": not point.cameras,
                    "earliest_s": round(point.earliest),
                    "likely_s": round(point.expected) if math.isfinite(point.expected) else None,
                }
                for n, point in enumerate(points, 1)
            ],
        }

    def _unseen(self, now: float) -> list[list[float]]:
        if now - self._blind[0] >= BLIND_S:
            ground = self._of.ground
            found = blind_parts(ground.roads, self._coverage(), directed_mass(self._of.following.belief), BLIND)
            rows = zip(found.edge.tolist(), found.begin.tolist(), found.end.tolist(), found.mass.tolist(), strict=True)
            length = ground.roads.length
            self._blind = now, [[e, round(b / length[e], 3), round(min(1.0, t / length[e]), 3), round(m, 4)] for e, b, t, m in rows]
        return self._blind[1]
