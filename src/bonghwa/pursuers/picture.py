"""The picture of a pursuit: belief, reachable area, cameras to watch, path, containment and blind roads, as JSON for the console."""

import math
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from bonghwa.pursuit import path as ways_between
from bonghwa.pursuit.answers import Answers, directed_mass
from bonghwa.pursuit.blind import blind_parts
from bonghwa.pursuit.contain import Containment, Stopped, contain
from bonghwa.pursuit.evidence import Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen
from bonghwa.pursuit.speeds import Mode
from bonghwa.pursuit.ways import Reached, line_of

if TYPE_CHECKING:
    from bonghwa.pursuers.reckoner import Reckoner

Ring = tuple[float, float, float, float, Mode]
"""What a containment is reckoned from: the last known place and its radius in metres, its age in seconds, and how he moved since."""
STREETS = 600
"""So many streets are drawn at most: more than a screen shows, few enough to redraw each second."""
BLIND = 30
REACH_S = 5.0
BLIND_S = 5.0
CONTAIN_S = 15.0
RESPONSE_S = 90.0
"""How long a patrol takes to stand where it is sent."""
SURE = 0.5
"""A fact at least so sure moves the last known place."""


class Picture:
    """Makes the picture of one reckoner; what costs more than a moment is reckoned less often, containment in a thread of its own."""

    def __init__(self, reckoner: "Reckoner") -> None:
        self._of = reckoner
        self._reach: tuple[float, list[dict[str, Any]]] = (float("-inf"), [])
        self._blind: tuple[float, list[list[float]]] = (float("-inf"), [])
        self._path: list[dict[str, Any]] | None = None
        self._containment: dict[str, Any] | None = None
        self._contained_at = float("-inf")
        self._reckoning: Future[Containment | None] | None = None
        self._stop = np.zeros(1, np.uint8)
        self._thread = ThreadPoolExecutor(1, "contain")
        self._closer = type(reckoner.ground.ways)(reckoner.ground.roads)

    def news(self) -> None:
        """A fact came or went: reckon everything anew."""
        self._reach, self._blind = (float("-inf"), []), (float("-inf"), [])
        self._path, self._contained_at = None, float("-inf")

    def close(self) -> None:
        """Give up what is being reckoned."""
        self._stop[0] = 1
        self._thread.shutdown(wait=True)

    def now(self) -> dict[str, Any]:
        """The picture of this moment; times are Unix seconds, `watch` counts from now."""
        made = self.open()
        return {**made, "containment": self._contained(made["now"], made.pop("ring"))}

    def closed(self, made: dict[str, Any]) -> dict[str, Any]:
        """An `open` picture with its containment, reckoned now; any other as it is."""
        if "ring" in made:
            try:
                found = self._reckon(made.pop("ring")).result()
            except Stopped:
                found = None
            made["containment"] = None if found is None else self._told(found, made["now"])
        return made

    def open(self) -> dict[str, Any]:
        """The picture of this moment but for the containment, of which it holds what that is reckoned from (`ring`): it costs the most."""
        following = self._of.following
        answers, now = following.answers(), following.now
        kind, since, x, y, radius = self.last_known()
        return {
            "now": now,
            "since": {"kind": kind, "at": since},
            "belief": self._belief(answers),
            "reach": self._reachable(now, x, y, radius, now - since),
            "watch": [
                {
                    "camera": watched.camera,
                    "holds": round(watched.holds, 4),
                    "from_s": round(max(0.0, watched.begins_at - now), 1),
                    "to_s": round(max(0.0, watched.ends_at - now), 1),
                    "why": [[reason.kind, *(round(number, 4) for number in reason.numbers)] for reason in watched.why],
                    "away_m": self._away(answers, watched.camera),
                }
                for watched in answers.watch
            ],
            "next_change_s": round(following.next_change_s, 1),
            "hope": round(following.hope, 4),
            "ceiling": round(following.ceiling, 4),
            "path": self._joined(),
            "ring": (x, y, radius, now - since, self._mode(since)),
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

    def _away(self, answers: Answers, camera: str) -> float:
        """How far the roads a camera shows lie from the nearest street of the 90 % set."""
        ground = self._of.ground
        middle = ground.middle(camera)
        streets = answers.edge[: answers.most]
        if middle is None or not len(streets):
            return 0.0
        ends = np.concatenate([ground.roads.tail[streets], ground.roads.head[streets]])
        return round(float(np.hypot(ground.roads.x[ends] - middle[0], ground.roads.y[ends] - middle[1]).min()), 1)

    def _mode(self, since: float) -> Mode:
        """How he moved all the time since then; unknown where that changed or was seen otherwise, since then either may bound him."""
        mode, modes = self._of.mode, set[str | None]()
        for fact in sorted(self._of.known.values(), key=lambda fact: fact.time):
            if fact.time > since:
                modes.add(mode)
            said = "car" if isinstance(fact, PlateRead) else fact.mode if isinstance(fact, Sighting | ModeKnown) else None
            mode = said if isinstance(fact, ModeKnown) else None if said not in (None, mode) else mode
        modes.add(mode)
        return cast(Mode, (modes.pop() if len(modes) == 1 else None) or "unknown")

    def _reachable(self, now: float, x: float, y: float, radius: float, age: float) -> list[dict[str, Any]]:
        if now - self._reach[0] >= REACH_S:
            reached = self._of.ground.ways.reachable(x, y, radius, age, self._mode(now - age))
            taken: set[int] = set()
            rings = []
            for ring in reached:
                parts, taken = self._parts(ring, taken)
                rings.append({"minutes": round(ring.ahead / 60), "parts": parts})
            self._reach = now, rings
        return self._reach[1]

    def _parts(self, ring: Reached, taken: set[int]) -> tuple[list[list[float]], set[int]]:
        """Streets with the part of them that is reached, both directions as one; those whole in a smaller ring are left out."""
        roads, street = self._of.ground.roads, self._of.ground.network.street
        found: dict[int, list[float]] = {}
        for edge, begin, end in zip(ring.edge.tolist(), ring.begin.tolist(), ring.end.tolist(), strict=True):
            one = int(street[edge])
            if one in taken:
                continue
            low, high = begin / roads.length[edge], end / roads.length[edge]
            if one != edge:
                low, high = 1 - high, 1 - low
            known = found.setdefault(one, [low, high])
            known[0], known[1] = min(known[0], low), max(known[1], high)
        parts = [[one, round(max(0.0, low), 3), round(min(1.0, high), 3)] for one, (low, high) in found.items()]
        return parts, taken | {int(one) for one, low, high in parts if low <= 0.001 and high >= 0.999}

    def _joined(self) -> list[dict[str, Any]]:
        """The way between the sightings so far, with how likely each leg is."""
        if self._path is None:
            ground = self._of.ground
            facts = sorted((f for f in self._of.known.values() if isinstance(f, Sighting | PlateRead)), key=lambda fact: fact.time)
            number = ground.network.number
            seen = [ways_between.Sighting(number[f.camera], f.time, f.heading) for f in facts if f.camera in number]
            self._path = []
            if len(seen) > 1:
                path = ways_between.join_sightings(ground.ways, ground.coverage, seen, self._mode(facts[0].time))
                times = [each.at for at, each in enumerate(seen) if at not in path.broken]
                self._path = [self._leg(leg) for leg in path.legs]
                for leg, begins, ends in zip(self._path, times, times[1:], strict=False):
                    leg |= {"from_at": begins, "to_at": ends}
        return self._path

    def _leg(self, leg: ways_between.Leg) -> dict[str, Any]:
        roads = self._of.ground.roads
        points: list[tuple[float, float]] = []
        for at, edge in enumerate(leg.edges):
            begin = leg.begin if at == 0 else 0.0
            end = leg.end if at == len(leg.edges) - 1 else float(roads.length[edge])
            points += line_of(roads, edge, begin, end)
        return {"line": [self._of.ground.place(x, y) for x, y in points], "chance": round(leg.chance, 3), "width_m": round(leg.width)}

    def _reckon(self, ring: Ring) -> "Future[Containment | None]":
        """Have a containment reckoned in the thread that owns `_closer`."""
        x, y, radius, age, mode = ring
        coverage = self._of.ground.coverage
        return self._thread.submit(contain, self._closer, coverage, x, y, radius, age, mode, response=RESPONSE_S, stop=self._stop)

    def _contained(self, now: float, ring: Ring) -> dict[str, Any] | None:
        if self._reckoning is not None and self._reckoning.done():
            try:
                found = self._reckoning.result()
            except Stopped:
                found = None
            self._reckoning = None
            self._containment = None if found is None else self._told(found, now)
        if self._reckoning is None and now - self._contained_at >= CONTAIN_S:
            self._contained_at = now
            self._reckoning = self._reckon(ring)
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
            found = blind_parts(ground.roads, ground.coverage, directed_mass(self._of.following.belief), BLIND)
            rows = zip(found.edge.tolist(), found.begin.tolist(), found.end.tolist(), found.mass.tolist(), strict=True)
            length = ground.roads.length
            self._blind = now, [[e, round(b / length[e], 3), round(min(1.0, t / length[e]), 3), round(m, 4)] for e, b, t, m in rows]
        return self._blind[1]
