"""The hub's side of the pursuers: processes that host pursuits, started when there is one, begun again from the logs when one dies.

    team = Team(folder, size=2, on_watch=...)
    team.begin(pursuit, facts)              a message with `id` and all that a pursuit is begun with, and what was said of it before
    await team.tell(id, {"do": "fact"})     raises Refused when it cannot be weighed
    team.picture(id)                        the last picture, None before the first

Nothing here blocks the loop: pictures, which may be large, are kept as they came until somebody asks.
A picture older than the process that made it stays, and `state` says so.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

from bonghwa.domain.pursuit import Watched
from bonghwa.pursuers.tally import Tally

State = Literal["starting", "ok", "restarting"]
Messages = Callable[[str], list[dict[str, Any]]]

_MIN_BACKOFF_S, _MAX_BACKOFF_S = 0.5, 8.0
_ANSWER_S = 5.0
_LONGEST_LINE = 64 << 20
_WATCH_S = 10.0
"""The same cameras are said again so often, where they hold more or less or lie farther away by now: a clause's radius moves with him."""

_log = structlog.get_logger(__name__)


class Refused(Exception):
    """The pursuer cannot weigh what it was told; the text says why."""


class Away(Exception):
    """The pursuer is not there now; what it was told counts once it is back, since the hub remembers it."""


@dataclass(eq=False)
class _Followed:
    """A pursuit as the hub keeps it: its beginning, all facts and takings-back and the last wall, for a new process to know too."""

    begin: dict[str, Any]
    said: list[dict[str, Any]] = field(default_factory=list)
    shown: "_Shown | None" = None
    state: State = "starting"
    refused: str | None = None
    watch: list[list[Any]] | None = None
    """The cameras it wants as `on_watch` was told last, each with what it holds and how far away it is; None where that is to be told."""
    watch_at: float = 0.0
    """Of which time the picture was that told so."""


class _Area:
    """The reachable area as it came, read when it is asked for."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._rings: list[Any] | None = None

    def read(self) -> list[Any]:
        """Its rings."""
        if self._rings is None:
            self._rings = json.loads(self._text)
        return self._rings


class _Shown:
    """The last picture as it came, read when it is asked for; the reachable area is that of pictures before until it changes."""

    def __init__(self, took: dict[str, float], text: bytes, area: _Area) -> None:
        self._took, self._text = took, text
        self.area = area
        self._read: dict[str, Any] | None = None

    def read(self) -> dict[str, Any]:
        """The whole picture."""
        if self._read is None:
            self._read = {**json.loads(self._text), "reach": self.area.read(), "took": self._took}
        return self._read


class Team:
    """See the head of this module. Lives in one event loop. `on_watch` is told each set of cameras that a pursuit wants."""

    def __init__(self, folder: Path, size: int, on_watch: Callable[[str, tuple[Watched, ...]], None]) -> None:
        self._folder = folder
        self._on_watch = on_watch
        self._members = [_Member(self, number) for number in range(size)]
        self._all: dict[str, _Followed] = {}
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._asks = 0
        self.failures = 0
        self.ticks = Tally()
        """How long each pursuit's move of a second took, of all processes since the start."""
        self.late = Tally()
        """How late it began."""

    @property
    def running(self) -> int:
        """How many pursuits are followed."""
        return len(self._all)

    @property
    def followed(self) -> list[str]:
        """The ids of those."""
        return list(self._all)

    @property
    def pids(self) -> list[int]:
        """The processes there are."""
        return [member.process.pid for member in self._members if member.process is not None]

    def begin(self, spec: Mapping[str, Any], said: Iterable[Mapping[str, Any]] = ()) -> None:
        """Follow from now on, and remember what was said before; again is no harm."""
        id_ = str(spec["id"])
        if id_ not in self._all:
            self._all[id_] = _Followed({**spec, "do": "begin"}, [dict(each) for each in said])
            member = min(self._members, key=lambda member: len(member.pursuits))
            member.take(id_)

    def stand_by(self) -> None:
        """Have one process ready though nobody is followed yet."""
        self._members[0].start()

    def end(self, id_: str) -> None:
        """Follow no more."""
        if self._all.pop(id_, None) is not None:
            self._member(id_).drop(id_)

    def picture(self, id_: str) -> dict[str, Any] | None:
        """The last picture of a pursuit."""
        followed = self._all.get(id_)
        return followed.shown.read() if followed and followed.shown else None

    def state(self, id_: str) -> State:
        """Whether the picture is of now."""
        followed = self._all.get(id_)
        return followed.state if followed else "starting"

    def remember(self, id_: str, message: Mapping[str, Any]) -> None:
        """A fact, a taking-back or a wall that a process begun anew must know as well; of walls only the last one."""
        if id_ in self._all:
            followed = self._all[id_]
            if message["do"] == "wall":
                followed.said = [each for each in followed.said if each["do"] != "wall"]
            followed.said.append(dict(message))

    def say(self, id_: str, message: Mapping[str, Any]) -> None:
        """Tell without waiting; while the process is away it is not told."""
        if id_ in self._all:
            self._member(id_).say({**message, "id": id_})

    async def tell(self, id_: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Tell and wait for the answer. Raises `Refused`, or `Away` when none comes."""
        if id_ not in self._all:
            raise Away
        self._asks += 1
        ask, answer = self._asks, asyncio.get_running_loop().create_future()
        self._asked[ask] = answer
        try:
            if not self._member(id_).say({**message, "id": id_, "ask": ask}):
                raise Away
            said: dict[str, Any] = await asyncio.wait_for(answer, _ANSWER_S)
        except TimeoutError:
            raise Away from None
        finally:
            self._asked.pop(ask, None)
        if said["is"] == "refused":
            raise Refused(said["why"])
        return said

    async def close(self) -> None:
        """End every process."""
        self._all.clear()
        for member in self._members:
            await member.close()

    def _member(self, id_: str) -> "_Member":
        return next((member for member in self._members if id_ in member.pursuits), self._members[0])

    def heard(self, said: dict[str, Any], lines: list[bytes]) -> None:
        """What a process says, and the lines that belong to it."""
        ask = said.get("ask")
        if ask is not None:
            answer = self._asked.get(ask)
            if answer is not None and not answer.done():
                answer.set_result(said)
            return
        followed = self._all.get(said["id"])
        if followed is None:
            return
        if said["is"] == "refused":
            _log.warning("pursuit_refused", pursuit=said["id"], reason=said["why"])
            followed.refused = said["why"]
        elif said["is"] == "log" and said["why"] is not None:
            _log.error("pursuit_not_logged", pursuit=said["id"], reason=said["why"])
        elif said["is"] == "log":
            _log.info("pursuit_logged_again", pursuit=said["id"])
        elif said["is"] == "picture":
            text, *areas = lines
            before = followed.shown.area if followed.shown else _Area(b"[]")
            followed.shown = _Shown(said["took"], text, _Area(areas[0]) if areas else before)
            followed.state = "ok"
            self.ticks.add(said["took"]["tick_ms"] / 1e3)
            self.late.add(said["took"]["late_ms"] / 1e3)
            self._watch(followed, said)

    def _watch(self, followed: _Followed, said: dict[str, Any]) -> None:
        watch, before, now = said["watch"], followed.watch, said["now"]
        same = before is not None and [each[0] for each in watch] == [each[0] for each in before]
        if watch != before and not (same and abs(now - followed.watch_at) < _WATCH_S):
            followed.watch, followed.watch_at = watch, now
            self._on_watch(said["id"], tuple(Watched(*each) for each in watch))

    def watch_again(self, id_: str) -> None:
        """What a pursuit wants watched came to nothing: say it again with its next picture."""
        if id_ in self._all:
            self._all[id_].watch = None

    def why_not(self, id_: str) -> str | None:
        """Why a pursuit cannot be reckoned at all: no road is near, say."""
        followed = self._all.get(id_)
        return followed.refused if followed else None

    def begun(self, id_: str) -> list[dict[str, Any]]:
        """What a new process is told of a pursuit, in order."""
        followed = self._all.get(id_)
        return [] if followed is None else [followed.begin, *({**each, "id": id_} for each in followed.said)]

    def lost(self, ids: set[str]) -> None:
        """The process of these pursuits died."""
        self.failures += 1
        for id_ in ids & self._all.keys():
            self._all[id_].state = "restarting"

    def command(self, fd: int) -> list[str]:
        """How a process is started."""
        return [sys.executable, "-m", "bonghwa.pursuers.process", str(fd), str(self._folder)]


class _Member:
    """One process, and the pursuits it hosts. Once started it is kept: the next pursuit begins at once."""

    def __init__(self, team: Team, number: int) -> None:
        self._team = team
        self._number = number
        self.pursuits: set[str] = set()
        self.process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    def take(self, id_: str) -> None:
        self.pursuits.add(id_)
        if not self.start():
            self._begin(id_)

    def start(self) -> bool:
        """Whether it had to be started. It goes on until the team closes."""
        if self._task is not None and not self._task.done():
            return False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"pursuer {self._number}")
        return True

    def drop(self, id_: str) -> None:
        self.say({"do": "end", "id": id_})
        self.pursuits.discard(id_)

    def say(self, message: Mapping[str, Any]) -> bool:
        """Whether there is a process to say it to."""
        if self._writer is None or self._writer.transport.is_closing():
            return False
        self._writer.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        return True

    async def close(self) -> None:
        self.pursuits.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self, id_: str) -> None:
        for message in self._team.begun(id_):
            self.say(message)

    async def _run(self) -> None:
        backoff = _MIN_BACKOFF_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._employ()
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                _log.warning("pursuer_failed", number=self._number, reason=repr(error))
            self._team.lost(self.pursuits)
            backoff = _MIN_BACKOFF_S if asyncio.get_running_loop().time() - began > 30 else min(2 * backoff, _MAX_BACKOFF_S)
            await asyncio.sleep(backoff)

    async def _employ(self) -> None:
        """Start a process, begin its pursuits in it and hear it until it ends."""
        ours, theirs = socket.socketpair()
        with theirs:
            null = subprocess.DEVNULL
            command = self._team.command(theirs.fileno())
            self.process = await asyncio.create_subprocess_exec(*command, stdin=null, pass_fds=[theirs.fileno()])
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_LONGEST_LINE)
            self._writer = writer
            try:
                for id_ in sorted(self.pursuits):
                    self._begin(id_)
                while line := await reader.readline():
                    said = json.loads(line)
                    self._team.heard(said, [await _whole(reader) for _ in range(said.get("lines", 0))])
            finally:
                self._writer = None
                writer.close()
        finally:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            self.process = None


async def _whole(reader: asyncio.StreamReader) -> bytes:
    """A line to its end. Raises IncompleteReadError where the process ended within it."""
    return await reader.readuntil(b"\n")
