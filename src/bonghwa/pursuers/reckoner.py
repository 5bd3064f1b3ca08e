"""One pursuit as a process hosts it: told what people say and what they watched, it makes the picture that the console draws.

Everything it is told is written to its own log before it counts, with the time it counted at, so that after a crash the same pursuit is
reckoned again from the log. The picture is plain JSON: streets by their number in the road graph, cameras by id.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bonghwa.pursuers.ground import Ground
from bonghwa.pursuers.kept import EVERY_S, KEPT, Album
from bonghwa.pursuers.log import Log
from bonghwa.pursuers.picture import Picture
from bonghwa.pursuers.reach import reach_text
from bonghwa.pursuit.belief import Start
from bonghwa.pursuit.claims import NoRoad
from bonghwa.pursuit.evidence import BadEvidence, Evidence, Fix, ModeKnown, PlateRead, PublicReport, Sighting, Unseen
from bonghwa.pursuit.follow import Following, Settings
from bonghwa.pursuit.watch import Wall

NOT_HERE_S = 10.0
"""A person who says that the subject is not on a camera has looked at it with care: it counts as so many seconds of watching alone."""

Message = Mapping[str, Any]


class Reckoner:
    """A running pursuit. `take` is told a message and the time; `picture` answers. It reads no clock."""

    def __init__(self, ground: Ground, spec: Message, log: Path, now: float) -> None:
        """Begin, or go on from the log where there is one. Raises `NoRoad` where no road is near."""
        self.ground = ground
        self.id = str(spec["id"])
        self.mode: str | None = spec["mode"]
        x, y = ground.metres(spec["lat"], spec["lon"])
        begun = float(spec["started_at"])
        start = Start(begun, x, y, float(spec["accuracy_m"]), max(0.0, begun - float(spec["fix_at"])), self.mode)
        self._wall = self._usable(spec)
        settings = Settings(particles=int(spec["particles"]), wall=self._wall)
        self.following = Following(ground.roads, ground.coverage, start, int(spec["seed"]), settings, ground.network)
        self._numbers: dict[int, int] = {}
        self.known: dict[int, Evidence] = {}
        """What people told and nobody took back, by the hub's number."""
        self._album = Album()
        self._vain: dict[str, float] = {}
        """When each camera was last watched in vain."""
        self._picture = Picture(self)
        again = log.exists()
        self._log = Log(log)
        messages = self._log.begin()
        if again:
            self._replay(messages, now)
        self.tick(now)

    def take(self, message: Message, now: float) -> None:
        """What the hub says; said twice it counts once. Raises `BadEvidence` or `NoRoad`; then nothing has changed."""
        if not self._new(message):
            return
        self.tick(now)
        # What cannot be weighed is refused at the replay as it is here.
        self._log.write({"now": now, **message})
        self._apply(message, now)

    @property
    def trouble(self) -> str | None:
        """Why the disk does not have all that the pursuit was told; None where it has."""
        return self._log.trouble

    @property
    def due(self) -> float:
        """When the next step is due, Unix seconds."""
        return self.following.now + self.following.settings.step_s

    def tick(self, now: float) -> None:
        """Move the belief on."""
        self.following.tick(now)

    def picture(self) -> dict[str, Any]:
        """What the screen shows now, but for the reachable area: `reach`. One each ten seconds is kept for looking back."""
        made = self._picture.now()
        if made["now"] >= self._album.due:
            self._keep(made)
        return {**made, "strip": self._strip()}

    @property
    def reach(self) -> tuple[int, str]:
        """The reachable area as JSON text, and how often it has changed."""
        return self._picture.reaches, self._picture.reach

    def at(self, time: float) -> dict[str, Any] | None:
        """The picture kept nearest before a moment; None where none is kept."""
        kept = self._album.before(time)
        if kept is None:
            return None
        made, known = kept
        if "containment" not in made:
            made["containment"] = self._picture.contained(known)
        return {**made, "reach": json.loads(reach_text(self.ground, known)), "strip": self._strip()}

    def _strip(self) -> list[dict[str, Any]]:
        return self._album.strip([fact.time for fact in self.known.values() if isinstance(fact, Sighting | PlateRead)])

    def close(self) -> None:
        """Write nothing more."""
        self._picture.close()
        self._log.close()

    def _keep(self, made: dict[str, Any]) -> None:
        begins = made["now"] - EVERY_S
        self._vain = {camera: at for camera, at in self._vain.items() if at > begins}
        self._album.keep(made, sorted(self._vain), self._picture.known)

    def _forward(self, until: float, since: float) -> None:
        """Move on to a message, and keep the pictures that the screen would have shown before it, from a time on."""
        while (due := max(self._album.due, since)) < until:
            self.tick(due)
            self._keep(self._picture.open())
        self.tick(until)

    def _replay(self, messages: list[dict[str, Any]], now: float) -> None:
        """Reckon the pursuit again up to now, with the pictures for looking back: each of what was known at its time."""
        since = now - (KEPT - 1) * EVERY_S
        for message in messages:
            self._forward(message["now"], since)
            # A log that could not be read at first goes on with what the hub said again: said twice it counts once.
            if self._new(message):
                with contextlib.suppress(BadEvidence, NoRoad):
                    self._apply(message, message["now"])
        self._forward(now, since)

    def _new(self, message: Message) -> bool:
        """Whether a message says what the pursuit does not know yet."""
        do = message["do"]
        if do == "fact":
            return message["number"] not in self._numbers
        if do == "undo":
            return message["number"] in self.known
        return do != "wall" or self._usable(message) != self._wall

    def _apply(self, message: Message, now: float) -> None:
        do = message["do"]
        if do == "fact":
            evidence = self._evidence(message, now)
            self._numbers[message["number"]] = self.following.take(evidence)
            self.known[message["number"]] = evidence
            self._picture.news()
        elif do == "undo":
            del self.known[message["number"]]
            self.following.undo(self._numbers[message["number"]])
            self._picture.news()
        elif do == "wall":
            self._wall = self._usable(message)
            self.following.arrange(self._wall)
        elif do == "unseen":
            cameras = tuple(self.ground.same(camera) for camera in message["cameras"])
            self.following.take(Unseen(now, float(message["seconds"]), cameras, int(message["screens"])))
            self._vain.update(dict.fromkeys(cameras, now))
        # Its own log is what a pursuit is replayed from; the second one in memory would grow by the second.
        del self.following.log[1:-1]

    def _evidence(self, told: Message, now: float) -> Evidence:
        # A clock that is ahead must not take the pursuit along: nobody has seen him later than now.
        kind, at, confidence = told["type"], min(float(told["at"]), now), float(told["confidence"])
        if kind == "sighting":
            return Sighting(at, told["camera"], confidence, told["heading"], told["mode"])
        if kind == "plate":
            return PlateRead(at, told["camera"], confidence, told["heading"])
        if kind == "not_seen":
            return Unseen(at, NOT_HERE_S, (told["camera"],))
        if kind == "mode":
            return ModeKnown(at, told["mode"], confidence)
        x, y = self.ground.metres(told["lat"], told["lon"])
        if kind == "fix":
            return Fix(at, x, y, float(told["accuracy_m"]), confidence=confidence)
        return PublicReport(at, x, y, float(told["accuracy_m"]), confidence, told["mode"])

    def _usable(self, told: Message) -> Wall:
        """What the watchers may use: the clause's owners and purposes, and cameras that answer."""
        owners, left_out, bad = set(told["owners"]), set(told["left_out"]), set(told["bad"])
        ground = self.ground
        rows = zip(ground.coverage.cameras, ground.owner, ground.purpose, strict=True)
        usable = tuple(c for c, owner, purpose in rows if owner in owners and purpose not in left_out and c not in bad)
        return Wall(int(told["k"]), tuple(told["pins"]), usable)
