"""The director: plays drills in the city process, on request of its control face or of the hub's console."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from math import atan2, degrees
from typing import Any

import httpx

from bonghwa.city.callers import Callers, Credentials, Filed
from bonghwa.city.drill import Play, perform
from bonghwa.city.lookout import Lookout
from bonghwa.city.scene import City
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.sensors import Sensors
from bonghwa.city.stage import Stage

_LONGEST_WAIT_S = 15.0


@dataclass(frozen=True)
class Running:
    """A play under way or over."""

    play: Play
    filed: list[Filed]
    task: "asyncio.Task[list[Filed]]"


class Director:
    """Starts plays and remembers what became of them. Belongs to one event loop."""

    def __init__(self, city: City, stage: Stage, credentials: Callable[[], Credentials]) -> None:
        """`credentials` is asked at every start, since the hub may come up after the city; it raises when there are none yet."""
        self._city, self._stage, self._credentials = city, stage, credentials
        self._lookout = Lookout(city)
        self.runs: dict[str, Running] = {}

    async def start(self, name: str, seed: str | None = None, begins: float | None = None) -> Play:
        """Start a drill now, or at a Unix time. Raises `KeyError` for an unknown name and `ValueError` when it cannot be played."""
        script, run = SCRIPTS[name], seed or secrets.token_hex(4)
        credentials = self._credentials()
        # Made a moment ahead, so that writing the play in a thread does not make its first call late.
        play = await asyncio.to_thread(script.play, self._city, run, begins if begins is not None else time.time() + 0.5)
        filed: list[Filed] = []
        task = asyncio.create_task(self._perform(play, credentials, filed), name=f"drill {name} {run}")
        self.runs[run] = Running(play, filed, task)
        return play

    async def _perform(self, play: Play, credentials: Credentials, filed: list[Filed]) -> list[Filed]:
        callers = Callers(credentials)
        sensors = Sensors(credentials.mqtt, credentials.lines) if credentials.mqtt else None
        try:
            return await perform(play, callers, sensors, self._stage, filed.append)
        finally:
            await callers.close()

    def sight(self, run: str, among: Collection[str] | None = None) -> dict[str, Any]:
        """Where a run's subject is now and which cameras (of these, or of all) show him. Draws standing pictures: not for the event loop.

        `{"at", "subject": {"lat", "lon", "mode", "heading", "speed"}, "cameras": [id]}`; the subject is null when he is not on stage.
        Raises `KeyError` for an unknown run.
        """
        now = time.time()
        subject = next((actor for actor in self.runs[run].play.actors if actor.id.endswith("/subject")), None)
        appearance = subject.appearance(now) if subject is not None else None
        if subject is None or appearance is None:
            return {"at": now, "subject": None, "cameras": []}
        lat, lon = subject.track.place(now)
        east, north = appearance.heading
        about = {
            "lat": lat,
            "lon": lon,
            "mode": subject.mode(now),
            "heading": round(degrees(atan2(east, north)) % 360.0, 1),
            "speed": round(subject.track.speed_at(now), 2),
        }
        return {"at": now, "subject": about, "cameras": self._lookout.showing(appearance, now, among)}

    async def close(self) -> None:
        """Break off what runs and clear the stage."""
        tasks = [running.task for running in self.runs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._stage.clear()

    async def listen(self) -> None:
        """Play what the console asks for: follow the hub's events for `drill.requested`, across restarts of the hub, for ever."""
        wait, last, played = 0.5, "", set[str]()
        while True:
            try:
                credentials = self._credentials()
                async with httpx.AsyncClient(base_url=credentials.url, trust_env=False, timeout=httpx.Timeout(10.0, read=20.0)) as client:
                    headers = {"Authorization": f"Bearer {credentials.tokens['control_room']}", "Accept": "text/event-stream"}
                    if last:
                        headers["Last-Event-ID"] = last
                    async with client.stream("GET", "/api/v1/events", headers=headers) as answer:
                        answer.raise_for_status()
                        wait = 0.5
                        async for identity, data in _events(answer):
                            last = identity or last
                            await self._requested(data, played)
            except (httpx.HTTPError, ValueError, KeyError):
                # A hub that is not up yet, or a credentials file that is not there yet: try again.
                pass
            await asyncio.sleep(wait)
            wait = min(_LONGEST_WAIT_S, wait * 2)

    async def _requested(self, event: dict[str, object], played: set[str]) -> None:
        data = event.get("data")
        if event.get("type") != "drill.requested" or not isinstance(data, dict):
            return
        name, identity = str(data.get("name")), str(data.get("id") or event.get("id"))
        if identity in played or name not in SCRIPTS:
            return
        played.add(identity)
        await self.start(name, identity)


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, object]]]:
    """`(id, data)` of each server-sent event (WHATWG HTML, 9.2) whose data is a JSON object."""
    identity, lines = "", list[str]()
    async for line in answer.aiter_lines():
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif line.startswith("id:"):
            identity = line[3:].strip()
        elif line == "" and lines:
            text, lines = "\n".join(lines), []
            try:
                data = json.loads(text)
            except ValueError:
                continue
            if isinstance(data, dict):
                yield identity, data
