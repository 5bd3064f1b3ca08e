"""The hub's tie between the pursuers and the rest: the ground they stand on, what is watched in vain, and grants that follow."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import structlog

from bonghwa.domain.pursuit import US, Fact, Pursuit, Watched
from bonghwa.pursuers.ground import lay, streets_of
from bonghwa.pursuers.team import Away, Refused, Team
from bonghwa.pursuit.covering import cover
from bonghwa.registry.roads_packaged import roads_at
from bonghwa.service import hearing, pursuits
from bonghwa.service.ports import Read, Tx
from bonghwa.service.pursuits import Rights
from bonghwa.sight.index import CameraIndex
from bonghwa.wiring import Hub

STAND_BY_S = 8.0
LOOK_S = 2.0
"""So often the pursuers are told what was watched."""
SETTLED_US = 5 * US
"""A person's fact that is older has been told by its own request, unless that came too early."""
RIGHTS_EVERY = 5
BAD = ("dead", "password", "black", "frozen")
DESTROY_EVERY = 1_800

_log = structlog.get_logger(__name__)


class Pursuing:
    """Lives in the desk. Everything here runs in the hub's loop; what takes long runs in a thread or in the pursuers' processes."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.folder = hub.data / "pursuits"
        self.team = Team(self.folder, hub.settings.pursuit.processes, self._wants)
        self.sha = ""
        self.streets: dict[str, object] = {}
        self._laying = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._walls: dict[str, dict[str, Any]] = {}
        self._told: dict[str, set[int]] = {}
        """The numbers of the facts that each pursuit's pursuer, or whoever begins anew in its place, knows of."""

    def start(self) -> None:
        """Go on with the pursuits that ran when the hub stopped, look after all from now on, and have one pursuer ready."""
        self._spawn(self._look())
        if self._hub.settings.pursuit.stand_by:
            self._spawn(self._stand_by())

    async def close(self) -> None:
        """End every process; the logs stay."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.team.close()

    async def ground(self) -> None:
        """Write the files the pursuers stand on, once a start of the hub."""
        async with self._laying:
            if not self.sha:
                self.sha, self.streets = await asyncio.to_thread(self._lay)

    async def begin(self, pursuit: Pursuit) -> None:
        """Have a pursuit reckoned."""
        await self.ground()
        rights, facts = await self._hub.read(
            lambda read: (pursuits.rights(read, self._hub.city, pursuit), pursuits.facts_of(read, pursuit.id))
        )
        wall = _wall(pursuit, rights, self._bad())
        self._walls[pursuit.id] = wall
        spec = {
            "id": pursuit.id,
            "lat": pursuit.lat,
            "lon": pursuit.lon,
            "accuracy_m": pursuit.accuracy_m,
            "fix_at": pursuit.fix_at / US,
            "started_at": pursuit.started_at / US,
            "mode": pursuit.mode,
            "seed": pursuit.seed,
            "particles": self._hub.settings.pursuit.particles,
            **wall,
        }
        # Its log may end with an older wall: this one is said after it, too. One that is the same counts once.
        self.team.begin(spec, [{"do": "wall", **wall}, *(message for fact in facts for message in messages_of(fact))])
        self._told[pursuit.id] = {fact.number for fact in facts}

    async def told(self, fact: Fact) -> None:
        """A fact is in the ledger: have it weighed. Raises `Refused`; a pursuer that is away weighs it when it is back."""
        if fact.number in self._told.get(fact.pursuit, ()):
            return
        self._told.setdefault(fact.pursuit, set()).add(fact.number)
        for message in messages_of(fact):
            self.team.remember(fact.pursuit, message)
        if fact.undone_at is None:
            await self.team.tell(fact.pursuit, message_of(fact))

    async def undone(self, fact: Fact) -> None:
        """A fact was taken back; one that was not told yet never will be."""
        if fact.number not in (told := self._told.get(fact.pursuit, set())):
            told.add(fact.number)
            return
        message = undo_of(fact)
        self.team.remember(fact.pursuit, message)
        await self.team.tell(fact.pursuit, message)

    def arranged(self, pursuit: Pursuit) -> None:
        """The wall is another one: told at the next look, which knows the rights."""
        self._walls.pop(pursuit.id, None)

    def ended(self, pursuit: str) -> None:
        """It is over."""
        self._walls.pop(pursuit, None)
        self._told.pop(pursuit, None)
        self.team.end(pursuit)

    async def _stand_by(self) -> None:
        """The first pursuit of a day begins at once: the ground is laid and a process stands on it, once the hub is up."""
        await asyncio.sleep(STAND_BY_S)
        await self.ground()
        self.team.stand_by()

    def _lay(self) -> tuple[str, dict[str, object]]:
        roads = roads_at(self._hub.settings.pursuit.roads)
        cameras = [camera for camera in self._hub.cameras if not camera.retired]
        sha = lay(self.folder, roads, cover(roads, CameraIndex.build(cameras)), cameras)
        return sha, streets_of(roads)

    def _bad(self) -> list[str]:
        """The cameras that show nothing worth watching now."""
        book = self._hub.book
        return sorted(camera.id for camera in self._hub.cameras if book.health(camera.id) in BAD)

    def _wants(self, pursuit: str, watched: tuple[Watched, ...]) -> None:
        self._spawn(self._follow(pursuit, watched))

    async def _follow(self, pursuit: str, watched: tuple[Watched, ...]) -> None:
        try:
            if await self._hub.change(lambda tx: pursuits.watch(tx, self._hub.city, pursuit, watched)) is None:
                self.ended(pursuit)
        except Exception:  # noqa: BLE001  said, and tried again with the next picture
            _log.exception("grants did not follow", pursuit=pursuit)
            self.team.watch_again(pursuit)

    async def _look(self) -> None:
        """Every two seconds: what was on whose screen, which pursuits run, what they may use."""
        turn = 0
        while True:
            try:
                running = await self._hub.read(lambda read: read.pursuits.find(state="running"))
                await self._reconcile(running)
                if running:
                    await self._tell_untold(running)
                    await self._tell_watched(running)
                    if turn % RIGHTS_EVERY == 0 or any(each.id not in self._walls for each in running):
                        await self._tell_walls(running)
                if turn % DESTROY_EVERY == 0:
                    await self._destroy()
            except Exception:  # noqa: BLE001  said, and tried again
                _log.exception("looking after the pursuits failed, trying again")
            turn += 1
            await asyncio.sleep(LOOK_S)

    async def _reconcile(self, running: list[Pursuit]) -> None:
        known = {each.id for each in running}
        for gone in [id_ for id_ in self.team.followed if id_ not in known]:
            self.ended(gone)
        for each in running:
            if each.id not in self.team.followed:
                await self.begin(each)

    async def _tell_untold(self, running: list[Pursuit]) -> None:
        """What came in as a report of the incident, from a device; and what a person told just as the pursuit was being begun.

        What a person tells is told by the request itself, which says whether it could be weighed: that comes first.
        """
        behind = [each.id for each in running if each.facts > len(self._told.get(each.id, ()))]
        if not behind:
            return
        settled = self._hub.clock.now() - SETTLED_US
        for fact in await self._hub.read(lambda read: [each for id_ in behind for each in pursuits.facts_of(read, id_)]):
            if not fact.account.startswith(hearing.LINE) and fact.told_at > settled:
                continue
            try:
                await self.told(fact)
            except Away:
                continue
            except Refused as refused:
                await self._refuse(fact, str(refused))

    async def _refuse(self, fact: Fact, why: str) -> None:
        await self._hub.change(lambda tx: hearing.refuse(tx, fact, why))

    async def _tell_watched(self, running: list[Pursuit]) -> None:
        for pursuit, cameras, screens in await self._hub.read(lambda read: watched_now(read, running)):
            self.team.say(pursuit, {"do": "unseen", "seconds": LOOK_S, "cameras": cameras, "screens": screens})

    async def _tell_walls(self, running: list[Pursuit]) -> None:
        rights = await self._hub.read(lambda read: {each.id: pursuits.rights(read, self._hub.city, each) for each in running})
        bad = self._bad()
        for each in running:
            wall = _wall(each, rights[each.id], bad)
            if wall != self._walls.get(each.id):
                self._walls[each.id] = wall
                self.team.remember(each.id, {"do": "wall", **wall})
                self.team.say(each.id, {"do": "wall", **wall})

    async def _destroy(self) -> None:
        """The reckoning of a pursuit that ended long ago: who was believed to be where is not kept for ever."""
        due = await self._hub.read(lambda read: pursuits.destroy_due(read, self._hub.settings.limits.destroy_days))
        gone = [each for each in due if (self.folder / f"{each.id}.jsonl").exists()]
        for each in gone:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / f"{each.id}.jsonl").unlink()

            def record(tx: Tx, each: Pursuit = each) -> int:
                return tx.audit("pursuit:destroyed", {"pursuit": each.id}, drill=each.drill)

            await self._hub.change(record)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def watched_now(read: Read, running: list[Pursuit]) -> list[tuple[str, list[str], int]]:
    """Of each pursuit and each person who watches for it: the cameras on that person's screens now, and how many screens those are.

    Only views that are really being delivered count, of the agencies that follow the subject.
    """
    found = []
    screens = Counter(view.account for view in read.views.find(state="open") if view.live)
    for pursuit in running:
        mine: dict[str, set[str]] = {}
        for view in read.views.find(incident=pursuit.incident, state="open"):
            if view.live and view.agency in pursuit.audience:
                mine.setdefault(view.account, set()).add(view.camera)
        found += [(pursuit.id, sorted(cameras), max(1, screens[account])) for account, cameras in mine.items()]
    return found


def _wall(pursuit: Pursuit, rights: Rights, bad: list[str]) -> dict[str, Any]:
    return {"k": rights.cap, "pins": list(pursuit.pins), "owners": list(rights.owners), "left_out": list(rights.left_out), "bad": bad}


def message_of(fact: Fact) -> dict[str, Any]:
    """A fact as the pursuers take it."""
    return {
        "do": "fact",
        "number": fact.number,
        "type": fact.type,
        "at": fact.at / US,
        "camera": fact.camera,
        "heading": fact.heading,
        "mode": fact.mode,
        "confidence": fact.confidence,
        "lat": fact.lat,
        "lon": fact.lon,
        "accuracy_m": fact.accuracy_m,
    }


def undo_of(fact: Fact) -> dict[str, Any]:
    """Its taking-back as the pursuers take it."""
    return {"do": "undo", "number": fact.number}


def messages_of(fact: Fact) -> list[dict[str, Any]]:
    """A fact, and its taking-back where it was taken back."""
    return [message_of(fact), *([] if fact.undone_at is None else [undo_of(fact)])]
