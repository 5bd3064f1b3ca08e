"""Server-sent events: what this caller may see, in order, without loss since a given id, or an honest `reset`."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from bonghwa.api.forms import instant, outward
from bonghwa.domain.agency import Caller
from bonghwa.storage.sql.journal import EventRow

KEEP_ALIVE_S = 5.0
BACKLOG = 4096
OF_THE_INCIDENT = ("incident.updated", "incident.closed", "incident.cameras")
"""What a responder hears of its incident beside the grants, views and links of those its own agency sent."""


@dataclass(eq=False)
class Listener:
    """One open stream. `queue` holds events or None, the order to close; `lost` says that it fell too far behind."""

    caller: Caller
    queue: "asyncio.Queue[tuple[EventRow, bytes] | None]" = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    lost: bool = False


def may_receive(caller: Caller, event: EventRow) -> bool:
    """Whether this event may go to this caller, asked at the moment of sending."""
    if event.type == "session.ended":
        return caller.session == event.subject
    if caller.role == "responder":
        if event.type in OF_THE_INCIDENT:
            return event.subject == caller.incident
        data = json.loads(event.data)
        return caller.agency in event.audience and (data.get("incident"), data.get("issuer")) == (caller.incident, caller.sent_by)
    if caller.role == "privacy_officer" and event.type.startswith("incident."):
        return False
    return caller.agency in event.audience


def encode(event: EventRow) -> bytes:
    """An event as SSE bytes."""
    body = {
        "id": str(event.seq),
        "at": instant(event.at),
        "type": event.type,
        "subject": event.subject,
        "rev": event.rev,
        "data": outward(json.loads(event.data)),
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.seq}\nevent: {event.type}\ndata: {text}\n\n".encode()


class EventHub:
    """Fan-out in one process: the writer publishes after each commit, every open stream gets what it may see."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()
        self._closed = False
        self.delivered = 0

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Streams live in this loop."""
        self._loop = loop

    def publish(self, events: list[EventRow]) -> None:
        """Called in the writer's thread after a commit."""
        if events and self._loop is not None and not self._closed and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._deliver, events)

    def _deliver(self, events: list[EventRow]) -> None:
        for event in events:
            content = encode(event)
            for listener in tuple(self._listeners):
                if may_receive(listener.caller, event):
                    self._offer(listener, (event, content))

    def _offer(self, listener: Listener, item: tuple[EventRow, bytes]) -> None:
        try:
            listener.queue.put_nowait(item)
            self.delivered += 1
        except asyncio.QueueFull:
            listener.lost = True
            self._listeners.discard(listener)

    def open(self, caller: Caller) -> Listener:
        """Begin to collect events for a caller."""
        listener = Listener(caller)
        if self._closed:
            listener.queue.put_nowait(None)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """The stream is gone."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every stream: the hub stops."""
        self._closed = True
        for listener in tuple(self._listeners):
            self._listeners.discard(listener)
            while not listener.queue.empty():
                listener.queue.get_nowait()
            listener.queue.put_nowait(None)

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._listeners)


async def stream(hub: EventHub, listener: Listener, missed: list[EventRow] | None, cursor: int) -> AsyncIterator[bytes]:
    """The stream's bytes: first what was missed (None: too old, so `reset`), then live events, a comment every 5 s."""
    try:
        last = cursor
        yield b"retry: 1000\n\n"
        if missed is None:
            yield _reset(cursor)
        for event in missed or ():
            last = event.seq
            if may_receive(listener.caller, event):
                yield encode(event)
        while True:
            try:
                item = await asyncio.wait_for(listener.queue.get(), KEEP_ALIVE_S)
            except TimeoutError:
                yield b": alive\n\n"
                continue
            if item is None or listener.lost:
                if listener.lost:
                    yield _reset(last)
                return
            event, content = item
            if event.seq <= last:
                continue
            last = event.seq
            yield content
            if event.type == "session.ended":
                return
    finally:
        hub.leave(listener)


def _reset(cursor: int) -> bytes:
    return f'id: {cursor}\nevent: reset\ndata: {{"type":"reset"}}\n\n'.encode()
