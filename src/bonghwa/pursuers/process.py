"""A pursuer: a process that hosts pursuits. `python -m bonghwa.pursuers.process FD FOLDER`, started by `bonghwa.pursuers.team`.

It speaks JSON lines over the socket `FD`. To it: `begin` (and all that a pursuit is begun with), `fact`, `undo`, `wall`, `unseen`, `at`,
`end`, each with the pursuit's `id` and, where an answer is waited for, `ask`. From it: `picture` once a second for every pursuit,
`refused`, `done`, `kept` (an answer to `at`) and `log`, with `why` when the disk takes no more of a pursuit's log and without when it
does again. A `picture` line says how many lines of JSON follow it, `lines`: the picture, and the reachable area when that has changed;
the hub reads them only when somebody asks. It ends when the hub's end closes. What it is told is in the pursuit's log, in `FOLDER`.
"""

import contextlib
import json
import resource
import select
import signal
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonghwa.pursuers.ground import Ground
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuit.claims import NoRoad
from bonghwa.pursuit.evidence import BadEvidence

EVERY_S = 1.0


@dataclass(eq=False)
class Hosted:
    """A pursuit, what it costs since its last picture in seconds, and what the hub has of it."""

    reckoner: Reckoner
    ticked: float = 0.0
    """When it was moved on last, by the monotonic clock."""
    wanted: bool = True
    """Its picture is an older one."""
    reaches: int = 0
    trouble: str | None = None
    """What the hub knows of the trouble with its log."""
    tick_s: float = 0.0
    tick_cpu_s: float = 0.0
    weigh_s: float = 0.0
    late_s: float = 0.0

    def tick(self, now: float) -> None:
        """Move the belief on by all the steps that are due."""
        self.late_s = max(self.late_s, now - self.reckoner.due)
        began, cpu = time.perf_counter(), time.thread_time()
        self.reckoner.tick(now)
        self.tick_s += time.perf_counter() - began
        self.tick_cpu_s += time.thread_time() - cpu
        self.ticked, self.wanted = time.monotonic(), True

    def took(self, picture_s: float) -> dict[str, float]:
        """Milliseconds of the second that ends with this picture; the next begins. `late_ms` is how late its tick was."""
        spent = (
            ("tick", self.tick_s),
            ("tick_cpu", self.tick_cpu_s),
            ("weigh", self.weigh_s),
            ("picture", picture_s),
            ("late", self.late_s),
        )
        self.tick_s = self.tick_cpu_s = self.weigh_s = self.late_s = 0.0
        return {f"{name}_ms": round(seconds * 1e3, 2) for name, seconds in spent}


class Host:
    """The pursuits of one process, and the line to the hub."""

    def __init__(self, line: socket.socket, folder: Path) -> None:
        self._line = line
        self._folder = folder
        self._ground = Ground.load(folder)
        self._running: dict[str, Hosted] = {}
        self._told: deque[dict[str, Any]] = deque()

    def serve(self) -> None:
        """Work until the hub closes the line: what it says, every pursuit's step when it is due, pictures in the time between.

        One message, then one step, then the line is looked at again: neither the beginning of a pursuit that has run for an hour nor a
        picture holds up all others' steps. A pursuit that is late makes all its steps at once; a picture that nobody had time for is left
        out, the next one shows more.
        """
        held = b""
        while True:
            ready, _, _ = select.select([self._line], [], [], self._wait())
            if ready:
                got = self._line.recv(1 << 20)
                if not got:
                    return
                *lines, held = (held + got).split(b"\n")
                self._told.extend(json.loads(text) for text in lines)
            if self._told:
                self._hear(self._told.popleft())
            self._work()

    def _due(self, hosted: Hosted) -> float:
        """Seconds until a pursuit's next step. A clock that was set back does not stop it: it is looked at every second all the same."""
        ahead = hosted.reckoner.due - time.time()
        return ahead if ahead <= EVERY_S else hosted.ticked + EVERY_S - time.monotonic()

    def _wait(self) -> float | None:
        if self._told or (any(hosted.wanted for hosted in self._running.values()) and self._open()):
            return 0.0
        return min((max(0.0, self._due(hosted)) for hosted in self._running.values()), default=None)

    def _open(self) -> bool:
        """Whether the hub takes more: a picture must not wait for it while others' steps are due."""
        return bool(select.select([], [self._line], [], 0.0)[1])

    def _work(self) -> None:
        """The step that is due longest; where none is and nothing is left to hear, the picture of the pursuit that waits longest."""
        due = min(self._running.values(), key=self._due, default=None)
        if due is not None and self._due(due) <= 0.0:
            due.tick(time.time())
            return
        wanting = [(hosted.ticked, id_) for id_, hosted in self._running.items() if hosted.wanted]
        if wanting and not self._told and self._open():
            self._show(min(wanting)[1])

    def _hear(self, message: dict[str, Any]) -> None:
        do, id_ = message["do"], message["id"]
        try:
            if do == "begin":
                if id_ not in self._running:
                    self._running[id_] = Hosted(Reckoner(self._ground, message, self._folder / f"{id_}.jsonl", time.time()))
                    self._mind(id_)
                    self._show(id_)
            elif do == "end":
                if (ended := self._running.pop(id_, None)) is not None:
                    ended.reckoner.close()
            elif id_ not in self._running:
                self._say({"is": "refused", "id": id_, "ask": message.get("ask"), "why": "unknown pursuit"})
                return
            elif do == "at":
                self._say({"is": "kept", "id": id_, "ask": message["ask"], "picture": self._running[id_].reckoner.at(message["at"])})
                return
            else:
                self._take(id_, {key: value for key, value in message.items() if key not in ("ask", "id")})
        except (BadEvidence, NoRoad) as error:
            self._say({"is": "refused", "id": id_, "ask": message.get("ask"), "why": str(error)})
            return
        if message.get("ask") is not None:
            self._say({"is": "done", "id": id_, "ask": message["ask"]})

    def _take(self, id_: str, message: dict[str, Any]) -> None:
        hosted, now = self._running[id_], time.time()
        if hosted.reckoner.due <= now:
            hosted.tick(now)
        began = time.perf_counter()
        try:
            hosted.reckoner.take(message, now)
        finally:
            hosted.weigh_s += time.perf_counter() - began
            hosted.wanted |= message["do"] != "unseen"
            self._mind(id_)

    def _mind(self, id_: str) -> None:
        """Say it once when the disk takes no more of a pursuit's log, and once when it does again. The pursuit goes on either way."""
        hosted = self._running[id_]
        if hosted.reckoner.trouble != hosted.trouble:
            hosted.trouble = hosted.reckoner.trouble
            self._say({"is": "log", "id": id_, "why": hosted.trouble})

    def _show(self, id_: str) -> None:
        hosted = self._running[id_]
        began = time.perf_counter()
        picture = hosted.reckoner.picture()
        lines = [json.dumps(picture, ensure_ascii=False, separators=(",", ":"))]
        reaches, reach = hosted.reckoner.reach
        if reaches != hosted.reaches:
            hosted.reaches = reaches
            lines.append(reach)
        hosted.wanted = False
        took = hosted.took(time.perf_counter() - began)
        watch = [[each["camera"], each["holds"], each["away_m"]] for each in picture["watch"]]
        self._say({"is": "picture", "id": id_, "now": picture["now"], "watch": watch, "took": took, "lines": len(lines)}, *lines)

    def _say(self, message: dict[str, Any], *lines: str) -> None:
        first = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        self._line.sendall("".join(f"{line}\n" for line in (first, *lines)).encode())


def main(argv: list[str]) -> int:
    """Serve the socket whose number is given, with the files of a folder."""
    # The hub ends us by closing the line; a Ctrl-C at its terminal is not for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=int(argv[0])) as line, contextlib.suppress(ConnectionError):
        Host(line, Path(argv[1])).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
