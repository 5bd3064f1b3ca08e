"""A pursuer: a process that hosts pursuits. `python -m bonghwa.pursuers.process FD FOLDER`, started by `bonghwa.pursuers.team`.

It speaks JSON lines over the socket `FD`. To it: `begin` (and all that a pursuit is begun with), `fact`, `undo`, `wall`, `unseen`, `at`,
`end`, each with the pursuit's `id` and, where an answer is waited for, `ask`. From it: `picture` once a second for every pursuit,
`refused`, `done` and `kept` (an answer to `at`). It ends when the hub's end closes. What it is told is in the pursuit's log, in `FOLDER`.
"""

import contextlib
import json
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from bonghwa.pursuers.ground import Ground
from bonghwa.pursuers.reckoner import Reckoner
from bonghwa.pursuit.claims import NoRoad
from bonghwa.pursuit.evidence import BadEvidence

EVERY_S = 1.0


class Host:
    """The pursuits of one process, and the line to the hub."""

    def __init__(self, line: socket.socket, folder: Path) -> None:
        self._line = line
        self._folder = folder
        self._ground = Ground.load(folder)
        self._running: dict[str, Reckoner] = {}

    def serve(self) -> None:
        """Work until the hub closes the line: what it says at once, a picture of every pursuit once a second."""
        held = b""
        due = time.time()
        while True:
            ready, _, _ = select.select([self._line], [], [], max(0.0, due - time.time()))
            if ready:
                got = self._line.recv(1 << 20)
                if not got:
                    return
                *lines, held = (held + got).split(b"\n")
                for text in lines:
                    self._hear(json.loads(text))
            if time.time() >= due:
                due = max(due + EVERY_S, time.time())
                self._show()

    def _hear(self, message: dict[str, Any]) -> None:
        do, id_ = message["do"], message["id"]
        try:
            if do == "begin":
                if id_ not in self._running:
                    self._running[id_] = Reckoner(self._ground, message, self._folder / f"{id_}.jsonl", time.time())
                    self._say({"is": "picture", "id": id_, "picture": self._running[id_].picture()})
            elif do == "end":
                if (ended := self._running.pop(id_, None)) is not None:
                    ended.close()
            elif id_ not in self._running:
                self._say({"is": "refused", "id": id_, "ask": message.get("ask"), "why": "unknown pursuit"})
                return
            elif do == "at":
                self._say({"is": "kept", "id": id_, "ask": message["ask"], "picture": self._running[id_].at(message["at"])})
                return
            else:
                self._running[id_].take({key: value for key, value in message.items() if key not in ("ask", "id")}, time.time())
        except (BadEvidence, NoRoad) as error:
            self._say({"is": "refused", "id": id_, "ask": message.get("ask"), "why": str(error)})
            return
        if message.get("ask") is not None:
            self._say({"is": "done", "id": id_, "ask": message["ask"]})

    def _show(self) -> None:
        for id_, reckoner in self._running.items():
            began = time.perf_counter()
            reckoner.tick(time.time())
            ticked = time.perf_counter()
            picture = reckoner.picture()
            took = {"tick_ms": round((ticked - began) * 1e3, 2), "picture_ms": round((time.perf_counter() - ticked) * 1e3, 2)}
            self._say({"is": "picture", "id": id_, "picture": {**picture, "took": took}})

    def _say(self, message: dict[str, Any]) -> None:
        self._line.sendall(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


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
