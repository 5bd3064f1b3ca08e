"""Drills: a script becomes a play (actors on real streets, reports with their times), and a play is performed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bonghwa.city.callers import Callers, Filed
from bonghwa.city.scene import City
from bonghwa.city.sensors import Sensors
from bonghwa.city.stage import Stage
from bonghwa.city.subjects import Actor

SENSOR_LINES = frozenset({"market_fire", "emergency_bell"})
"""Lines whose reports come from devices, and go over MQTT where there is a broker."""


@dataclass(frozen=True)
class Call:
    """One report of a play, `after_s` seconds from its start."""

    after_s: float
    line: str
    kind: str
    place: Mapping[str, Any] | None
    text: str | None = None
    look_for: str | None = None
    priority: int | None = None
    subject: str | None = None
    device: str | None = None

    def report(self, external_id: str, unix: float) -> dict[str, Any]:
        """The report body of CONTRACT, marked as a drill."""
        body: dict[str, Any] = {
            "line": self.line,
            "kind": self.kind,
            "at": datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "place": dict(self.place) if self.place is not None else None,
            "external_id": external_id,
            "drill": True,
        }
        optional = {"text": self.text, "look_for": self.look_for, "priority": self.priority}
        body.update({name: value for name, value in optional.items() if value is not None})
        subject = self.subject or self.device
        if subject is not None:
            body["subject"] = {"ref": subject}
        return body


@dataclass(frozen=True)
class Play:
    """A drill that is ready to be performed: its calls in order of time and its actors, all counted from `begins` (Unix time)."""

    name: str
    run: str
    begins: float
    calls: tuple[Call, ...]
    actors: tuple[Actor, ...] = field(default=())


class NoSuchPlace(ValueError):
    """The city has no place where this drill could be played."""


async def perform(
    play: Play,
    callers: Callers,
    sensors: Sensors | None = None,
    stage: Stage | None = None,
    told: Callable[[Filed], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> list[Filed]:
    """Put the actors on stage and file every call at its time; answers what became of each, in the order of the calls.

    Each call is filed on its own: one that the hub keeps waiting holds up no other, and a late hub still gets them all.
    """
    if stage is not None:
        stage.enter(play.actors)

    async def one(number: int, call: Call) -> Filed:
        due = play.begins + call.after_s
        await sleep(max(0.0, due - time.time()))
        report = call.report(f"drill-{play.name}-{play.run}-{number:03d}", due)
        if sensors is not None and call.device is not None and call.line in SENSOR_LINES:
            filed = await sensors.file(call.device, report)
        else:
            filed = await callers.file(report)
        if told is not None:
            told(filed)
        return filed

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(number, call)) for number, call in enumerate(play.calls)]
    return [task.result() for task in tasks]


@dataclass(frozen=True)
class Script:
    """A drill that can be played: its name, its title, the lines it uses, and what makes a play of it."""

    name: str
    title: Mapping[str, str]
    lines: tuple[str, ...]
    write: Callable[[City, str, float], tuple[list[Call], list[Actor]]]

    def play(self, city: City, seed: str, begins: float) -> Play:
        """A play for this city; the same seed gives the same places and ways. Raises `NoSuchPlace`."""
        calls, actors = self.write(city, seed, begins)
        return Play(self.name, seed, begins, tuple(sorted(calls, key=lambda call: call.after_s)), tuple(actors))
