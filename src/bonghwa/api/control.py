"""The hub's end of the control channel (docs/control-channel.md): proven gateways, numbered messages, leases, cut acknowledgements."""

import asyncio
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import structlog
from fastapi import WebSocket, WebSocketDisconnect

from bonghwa.domain.agency import INCIDENT_ROLES
from bonghwa.domain.errors import Refusal
from bonghwa.service import clips, masking, pictures, placing, viewing
from bonghwa.service.granting import prefetch
from bonghwa.service.ports import City, GatewayRow, Tx
from bonghwa.storage.keys import ed25519_verifies
from bonghwa.storage.sql import journal

log = structlog.get_logger("control")
LEASE_S = 15
SILENT_S = 7.0
ANSWERS_KEPT = 256


class Change(Protocol):
    """Runs one change through the writer."""

    async def __call__(self, change: Callable[[Any], Any], /) -> Any:
        """The change's answer, once durable."""


@dataclass
class Link:
    """One connected gateway. `acked` is the highest message it acted on.

    `held`: messages committed while the link is being opened wait here, so that none falls between what was read from the database and
    what is pushed; None once the link is open.
    """

    name: str
    boot: str
    socket: WebSocket
    sent: int = 0
    acked: int = 0
    pulls: int = 0
    viewers: int = 0
    outbox: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    held: list[tuple[int, dict[str, Any]]] | None = field(default_factory=list)
    dropping: "asyncio.Future[None] | None" = None
    answers: dict[int, str] = field(default_factory=dict)
    """What the gateway last said of single orders: the reason it refused them, or nothing."""


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def proof(side: str, gateway: str, boot: str, gateway_nonce: str, hub_nonce: str) -> bytes:
    """The bytes both sides sign to prove their enrolled key."""
    return f"bonghwa-control-v1 {side}\n".encode() + "\n".join([gateway, boot, gateway_nonce, hub_nonce]).encode()


class ControlHub:
    """All gateways of the hub: who is connected, what was sent, what they said."""

    def __init__(
        self,
        enrolled: Mapping[str, bytes],
        owners: Mapping[str, tuple[str, ...]],
        sign: Callable[[bytes], bytes],
        jwks: Callable[[], dict[str, Any]],
        change: Change,
        city: City,
        now: Callable[[], int],
        read_messages: Callable[[str, str, int], Any],
    ) -> None:
        self._enrolled, self._owners, self._sign, self._jwks = enrolled, owners, sign, jwks
        self._change, self._city, self._now, self._read_messages = change, city, now, read_messages
        self.links: dict[str, Link] = {}
        self.urls: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Links live in this loop."""
        self._loop = loop

    def tell(self, told: Sequence[tuple[str, str, int, dict[str, Any]]]) -> None:
        """Called in the writer's thread after a commit: push numbered messages to their gateways."""
        if told and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._push, list(told))

    def _push(self, told: list[tuple[str, str, int, dict[str, Any]]]) -> None:
        for gateway, boot, n, body in told:
            link = self.links.get(gateway)
            if link is not None and link.boot == boot:
                self._give(link, n, body)

    def _give(self, link: Link, n: int, body: dict[str, Any]) -> None:
        """Queue a message in order. A gap must not be hidden: the link is dropped, and the gateway resumes from what it has."""
        if link.held is not None:
            link.held.append((n, body))
        elif n == link.sent + 1:
            link.sent = n
            link.outbox.put_nowait(body)
        elif n > link.sent:
            log.warning("a gap in the numbers, resuming", gateway=link.name)
            link.dropping = asyncio.ensure_future(self._drop(link.socket))

    async def acknowledged(self, told: Sequence[tuple[str, int]], timeout_s: float = 1.0) -> list[str]:
        """Wait until the gateways acted on these messages; returns the names of those not reached (cut by lease)."""
        missing = dict(told)
        deadline = asyncio.get_running_loop().time() + timeout_s
        while missing:
            for gateway, n in list(missing.items()):
                link = self.links.get(gateway)
                if link is not None and link.acked >= n:
                    del missing[gateway]
            left = deadline - asyncio.get_running_loop().time()
            if not missing or left <= 0:
                break
            waits = [asyncio.ensure_future(link.moved.wait()) for g in missing if (link := self.links.get(g)) is not None]
            if not waits:
                break
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        return sorted(missing)

    async def answer(self, told: Sequence[tuple[str, int]], timeout_s: float) -> str | None:
        """Why the gateway refused the last of these orders; empty when it did it, None when it has not said so in time."""
        gateway, n = told[-1]
        deadline = asyncio.get_running_loop().time() + timeout_s
        while (link := self.links.get(gateway)) is not None:
            if n in link.answers:
                return link.answers[n]
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(link.moved.wait(), left)
            except TimeoutError:
                break
        return None

    async def serve(self, socket: WebSocket) -> None:
        """One gateway's connection from hello to goodbye."""
        await socket.accept()
        proven = await self._prove(socket)
        if proven is None:
            return
        name, boot, url, last = proven
        link, old = Link(name, boot, socket), self.links.get(name)
        self.links[name] = link  # from here on what is committed waits for this link
        writer: asyncio.Task[None] | None = None
        try:
            if old is not None:
                await self._drop(old.socket)
            await self._resume(link, url, last)
            writer = asyncio.create_task(self._write(link))
            log.info("gateway up", gateway=name)
            while True:
                text = await asyncio.wait_for(socket.receive_text(), SILENT_S)
                await self._hear(link, json.loads(text))
        except (WebSocketDisconnect, TimeoutError, ValueError, KeyError, TypeError, RuntimeError, Refusal) as end:
            log.info("gateway link ended", gateway=name, why=type(end).__name__)
        finally:
            if writer is not None:
                writer.cancel()
            await self._drop(socket)
            if self.links.get(name) is link:
                del self.links[name]
                await self._lost(link)

    @staticmethod
    async def _drop(socket: WebSocket) -> None:
        try:
            await socket.close()
        except RuntimeError:
            return

    async def _prove(self, socket: WebSocket) -> tuple[str, str, str, int] | None:
        """Both sides prove their enrolled key; the gateway's name, start, address and last seen message, or None when refused."""
        try:
            hello = json.loads(await asyncio.wait_for(socket.receive_text(), 5.0))
            name, boot, nonce = str(hello["gateway"]), str(hello["boot"]), str(hello["nonce"])
            key = self._enrolled.get(name)
            hub_nonce = _b64(os.urandom(32))
            if key is None or hello.get("v") != 1:
                raise ValueError("unknown gateway")
            signature = self._sign(proof("hub", name, boot, nonce, hub_nonce))
            await socket.send_text(json.dumps({"t": "challenge", "nonce": hub_nonce, "sig": _b64(signature)}))
            answer = json.loads(await asyncio.wait_for(socket.receive_text(), 5.0))
            if not ed25519_verifies(key, _unb64(str(answer["sig"])), proof("gateway", name, boot, nonce, hub_nonce)):
                raise ValueError("wrong proof")
            last, url = int(hello.get("last", 0)), str(hello["url"])
        except (ValueError, KeyError, TypeError, TimeoutError, WebSocketDisconnect):
            log.warning("gateway refused")
            try:
                await socket.close(4401)
            except RuntimeError:
                return None
            return None
        return name, boot, url, last

    async def _resume(self, link: Link, url: str, last: int) -> None:
        """Welcome a proven gateway: what it missed, then what was committed meanwhile, then live."""
        self.urls.add(url)
        owners = self._owners.get(link.name, ())
        row, masks = await self._change(lambda tx: (_greet(tx, self._city, link.name, link.boot, url, owners), masking.told_to(tx, owners)))
        missed = await self._read_messages(link.name, link.boot, last)
        link.acked = last
        link.sent = missed[-1][0] if missed else min(last, row.last_n)
        welcome = {"t": "welcome", "lease_s": LEASE_S, "now_us": self._now(), "jwks": self._jwks(), "n": link.sent, "masks": masks}
        await link.socket.send_text(json.dumps(welcome))
        for _, body in missed:
            link.outbox.put_nowait(body)
        held, link.held = link.held or [], None
        for n, body in held:
            self._give(link, n, body)

    async def _write(self, link: Link) -> None:
        while True:
            body = await link.outbox.get()
            await link.socket.send_text(json.dumps(body))

    async def _hear(self, link: Link, message: dict[str, Any]) -> None:
        kind = message["t"]
        if kind == "heartbeat":
            link.outbox.put_nowait({"t": "beat", "k": message["k"], "now_us": self._now(), "head": link.sent})
            link.pulls, views = int(message.get("pulls", 0)), message.get("views", [])
            link.viewers = len(views)
            if views:
                await self._change(lambda tx: _measure(tx, views))
            return
        if kind == "ack":
            link.acked = max(link.acked, int(message["n"]))
            link.answers[int(message["n"])] = str(message.get("refused", ""))
            if len(link.answers) > ANSWERS_KEPT:
                del link.answers[next(iter(link.answers))]
            link.moved.set()
            link.moved = asyncio.Event()
            if message.get("cut"):
                cut = [str(view) for view in message["cut"]]
                await self._change(lambda tx: viewing.cut_confirmed(tx, cut))
            return
        number = int(message["m"])
        await self._change(lambda tx: _apply(tx, self._city, link.name, link.boot, number, message))
        link.outbox.put_nowait({"t": "got", "m": number})

    async def _lost(self, link: Link) -> None:
        """Say that a gateway is gone, unless it came back meanwhile."""

        def mark(tx: Tx) -> None:
            row = tx.gateways.get(link.name)
            if row is not None and row.boot == link.boot and link.name not in self.links:
                tx.gateways.put(replace(row, state="lost"))
                tx.emit("gateway.lost", link.name, 0, {"gateway": link.name}, _everyone(self._city))

        try:
            await self._change(mark)
        except Refusal:
            log.warning("could not record the lost gateway", gateway=link.name)


def _measure(tx: Tx, views: Sequence[Any]) -> None:
    for view, seconds, size in views:
        viewing.measured(tx, str(view), float(seconds), int(size))


def _everyone(city: City) -> list[str]:
    return [agency.id for agency in city.agencies.values() if agency.role in INCIDENT_ROLES or agency.role == "privacy_officer"]


def _greet(tx: Any, city: City, name: str, boot: str, url: str, owners: tuple[str, ...]) -> GatewayRow:
    """A gateway connected: a new start has no views and needs its prefetches again; the same start goes on where it was."""
    row = tx.gateways.get(name)
    fresh = row is None or row.boot != boot
    last_n = 0 if fresh else row.last_n
    after = GatewayRow(name, url, boot, owners, "up", last_n, 0 if fresh else row.last_m, tx.now)
    tx.gateways.put(after)
    if fresh:
        journal.forget_control(tx.connection, name, boot)
        viewing.gateway_gone(tx, city, name, boot)
        clips.gateway_started(tx, name, boot)
        for grant in tx.grants.find(state="active", owner=tuple(owners)):
            prefetch(tx, city, grant)
    tx.emit("gateway.up", name, 0, {"gateway": name}, _everyone(city))
    return tx.gateways.get(name) or after


def _apply(tx: Tx, city: City, gateway: str, boot: str, number: int, message: dict[str, Any]) -> None:
    """Apply one numbered message once: a repeat after a reconnect changes nothing."""
    row = tx.gateways.get(gateway)
    if row is None or row.boot != boot or number <= row.last_m:
        return
    tx.gateways.put(replace(row, last_m=number, seen_at=tx.now))
    kind = message["t"]
    if kind == "view_opened":
        viewing.transport_opened(tx, city, str(message["view"]), str(message["transport"]))
    elif kind == "view_ended":
        viewing.transport_ended(tx, city, str(message["view"]), float(message["seconds"]), int(message["bytes"]), str(message["reason"]))
    elif kind == "first_frame":
        pictures.first_picture(tx, str(message["camera"]), float(message["ms"]))
    elif kind == "health":
        pictures.camera_state(tx, city, str(message["camera"]), str(message["state"]))
    elif kind == "clip_made":
        clips.made(tx, str(message["clip"]), message)
    elif kind == "clip_failed":
        clips.failed(tx, str(message["clip"]), str(message["reason"]))
    elif kind == "clip_fetched":
        clips.fetched(tx, str(message["clip"]), str(message["fetch"]), int(message["bytes"]), bool(message["whole"]))
    elif kind == "clip_erased":
        clips.erased(tx, str(message["clip"]))
    elif kind == "pose":
        bearing = None if message.get("bearing") is None else float(message["bearing"])
        placing.camera_says(tx, city, row.owners, str(message["camera"]), float(message["lat"]), float(message["lon"]), bearing)
