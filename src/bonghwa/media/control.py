"""The gateway's end of the control channel (docs/control-channel.md): proof of both keys, orders, heartbeats, the lease."""

import asyncio
import contextlib
import json
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from cryptography.exceptions import InvalidSignature
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from bonghwa.media.cameras import Cameras
from bonghwa.media.clock import elapsed
from bonghwa.media.enrolment import Identity, b64url, from_b64url, proof_text
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.mask import read_masks
from bonghwa.media.metrics import Metrics
from bonghwa.media.onvif.steering import Steering
from bonghwa.media.sessions import Sessions
from bonghwa.media.ticket import TicketVerifier

HEARTBEAT_S = 2.0
PATH = "/api/v1/control"
_ANSWER_S = 5.0
_SILENCE_S = 7.0
_BACKOFF_S = (0.2, 3.0)
_MAX_MESSAGE = 4 << 20
_MAX_UNTOLD = 10_000
_EXPENDABLE = frozenset({"health", "first_frame", "pose"})

Order = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Carries out one kind of message of the hub; gives what is added to its ack. Raises KeyError, TypeError or ValueError when malformed."""

_JITTER = secrets.SystemRandom()
_log = structlog.get_logger(__name__)


class HubRefused(Exception):
    """The other side is not the enrolled hub, or breaks the protocol."""


@dataclass
class _Boot:
    """Numbers that belong to one start id."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    seen: int = 0
    told: int = 0


class ControlChannel:
    """Runs for the life of the gateway; `report` may be called at any time, connected or not."""

    def __init__(
        self,
        identity: Identity,
        time: HubTime,
        lease: Lease,
        verifier: TicketVerifier,
        sessions: Sessions,
        cameras: Cameras,
        metrics: Metrics,
        steering: Steering,
        orders: Mapping[str, Order] | None = None,
    ) -> None:
        self._steering = steering
        self._steers: set[asyncio.Task[None]] = set()
        self._identity = identity
        self._time = time
        self._lease = lease
        self._verifier = verifier
        self._sessions = sessions
        self._cameras = cameras
        self._metrics = metrics
        self._orders = dict(orders or {})
        self._orders["mask"] = self._mask
        self.on_mask: Callable[[str], None] = lambda _camera: None
        """Called with a camera's id when its mask has changed."""
        self._boot = _Boot()
        self._untold: deque[dict[str, Any]] = deque()
        self._socket: ClientConnection | None = None
        self._outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._beats: dict[int, float] = {}
        self._count = 0
        self._lease_s = 15.0
        self._heard = 0.0
        self._renewed = asyncio.Event()
        self._all_told = asyncio.Event()

    @property
    def boot(self) -> str:
        """The start id tickets must name."""
        return self._boot.id

    def report(self, message: dict[str, Any]) -> None:
        """Tell the hub, numbered, and again after every reconnection until it has answered."""
        if len(self._untold) >= _MAX_UNTOLD and message["t"] in _EXPENDABLE:
            return
        self._boot.told += 1
        numbered = {"t": message["t"], "m": self._boot.told, **message}
        self._untold.append(numbered)
        if self._socket is not None:
            self._outgoing.put_nowait(numbered)

    async def flush(self, seconds: float) -> None:
        """Wait, at most so long, until the hub has answered all it was told."""
        if self._untold and self._socket is not None:
            self._all_told.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._all_told.wait()

    async def run(self) -> None:
        """Connect, and again whenever the connection is lost; ends only by cancellation."""
        watch = asyncio.create_task(self._watch_lease())
        try:
            backoff = _BACKOFF_S[0]
            while True:
                began = elapsed()
                try:
                    await self._connect()
                except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed, HubRefused, ValueError, KeyError, TypeError) as error:
                    _log.warning("hub_lost", reason=type(error).__name__, detail=str(error)[:200])
                backoff = _BACKOFF_S[0] if elapsed() - began > _SILENCE_S else min(2 * backoff, _BACKOFF_S[1])
                await asyncio.sleep(backoff * _JITTER.uniform(0.7, 1.0))
        finally:
            watch.cancel()

    async def _connect(self) -> None:
        url = _control_address(self._identity.hub_url)
        async with connect(url, max_size=_MAX_MESSAGE, open_timeout=_ANSWER_S, close_timeout=1.0, proxy=None, compression=None) as socket:
            await self._open(socket)
            self._heard = elapsed()
            self._beats.clear()
            self._outgoing = asyncio.Queue()
            for message in self._untold:
                self._outgoing.put_nowait(message)
            self._socket = socket
            tasks = [asyncio.create_task(each) for each in (self._write(socket), self._read(socket), self._heartbeat())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                self._socket = None
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, socket: ClientConnection) -> None:
        me, boot = self._identity, self._boot
        nonce = b64url(secrets.token_bytes(32))
        hello = {"t": "hello", "v": 1, "gateway": me.name, "boot": boot.id, "url": me.url, "nonce": nonce}
        await socket.send(json.dumps({**hello, "last": boot.seen, "cameras": len(self._cameras)}))
        challenge = await self._expect(socket, "challenge")
        hub_nonce = str(challenge.get("nonce"))
        try:
            me.hub.verify(from_b64url(str(challenge.get("sig"))), proof_text("hub", me.name, boot.id, nonce, hub_nonce))
        except (InvalidSignature, ValueError):
            raise HubRefused("the hub did not prove the enrolled key") from None
        proof = me.key.sign(proof_text("gateway", me.name, boot.id, nonce, hub_nonce))
        await socket.send(json.dumps({"t": "proof", "sig": b64url(proof)}))
        welcome = await self._expect(socket, "welcome")
        if int(welcome["n"]) < boot.seen:
            await self._begin_anew()
            raise HubRefused("the hub has forgotten this boot; starting anew")
        self._lease_s = min(60.0, max(1.0, float(welcome["lease_s"])))
        # Before any ticket of this hub is believed: what it says is masked is never shown without its mask.
        for camera, mask in welcome["masks"].items():
            await self._mask({"camera": camera, **mask})
        self._time.tell(int(welcome["now_us"]))
        self._verifier.trust(welcome["jwks"], boot.id)
        _log.info("hub_found", last=boot.seen, head=int(welcome["n"]))

    async def _begin_anew(self) -> None:
        """Take a new start id: all tickets are void, all views cut, and what the hub was not told is numbered from 1."""
        self._lease.end()
        await self._sessions.end_all("lease")
        self._boot = _Boot()
        for message in self._untold:
            self._boot.told += 1
            message["m"] = self._boot.told

    async def _expect(self, socket: ClientConnection, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(_ANSWER_S):
            message = _message(await socket.recv())
        if message["t"] != kind:
            raise HubRefused(f"expected {kind}")
        return message

    async def _write(self, socket: ClientConnection) -> None:
        while True:
            await socket.send(json.dumps(await self._outgoing.get(), ensure_ascii=False))

    async def _heartbeat(self) -> None:
        while True:
            self._count += 1
            self._beats[self._count] = elapsed()
            self._outgoing.put_nowait(
                {
                    "t": "heartbeat",
                    "k": self._count,
                    "seen": self._boot.seen,
                    "views": self._sessions.counters(),
                    "pulls": self._cameras.pulls,
                }
            )
            await asyncio.sleep(HEARTBEAT_S)
            if elapsed() - self._heard > _SILENCE_S:
                raise HubRefused("the hub fell silent")

    async def _read(self, socket: ClientConnection) -> None:
        async for frame in socket:
            message = _message(frame)
            self._heard = elapsed()
            if "n" in message:
                await self._obey(message)
            elif message["t"] == "beat":
                self._beat(message)
            elif message["t"] == "got":
                while self._untold and self._untold[0]["m"] <= int(message["m"]):
                    self._untold.popleft()
                if not self._untold:
                    self._all_told.set()

    def _beat(self, message: dict[str, Any]) -> None:
        sent_at = self._beats.pop(int(message["k"]), None)
        for count in [count for count in self._beats if count < int(message["k"])]:
            del self._beats[count]
        self._time.tell(int(message["now_us"]))
        if sent_at is not None and int(message["head"]) == self._boot.seen:
            self._lease.renew(sent_at, self._lease_s)
            self._cameras.pause(False)
            self._renewed.set()

    async def _obey(self, message: dict[str, Any]) -> None:
        number = int(message["n"])
        if number > self._boot.seen + 1:
            raise HubRefused(f"messages {self._boot.seen + 1} to {number - 1} are missing")
        answer: dict[str, Any] = {"t": "ack", "n": number}
        if number == self._boot.seen + 1 and message["t"] == "ptz":
            self._boot.seen = number
            task = asyncio.create_task(self._steer(message, answer))
            self._steers.add(task)
            task.add_done_callback(self._steers.discard)
            return
        if number == self._boot.seen + 1:
            try:
                answer |= await self._carry_out(message)
            except (KeyError, TypeError, ValueError):
                # An order that cannot be understood must not stop the ones after it; the hub is told that it was refused.
                _log.exception("order_malformed", kind=message["t"])
                answer["refused"] = "malformed"
            self._boot.seen = number
        self._outgoing.put_nowait(answer)

    async def _steer(self, message: dict[str, Any], answer: dict[str, Any]) -> None:
        """Answered when the camera did it, beside the orders after it: a slow camera must not keep a revoke waiting."""
        refused = await self._steering.obey(message)
        self._outgoing.put_nowait(answer | ({"refused": refused} if refused else {}))

    async def _carry_out(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = message["t"]
        if kind == "revoke":
            began = elapsed()
            grants, views = list(message.get("grants", [])), list(message.get("views", []))
            cut = await self._sessions.revoke(grants, views)
            self._cameras.release(grants)
            self._metrics.cut.observe(elapsed() - began)
            troubles = {"unconfirmed": cut.unconfirmed, "dropped": cut.dropped}
            return {"cut": cut.views, **{name: found for name, found in troubles.items() if found}}
        if kind == "prefetch":
            unknown = self._cameras.prefetch(str(message["grant"]), message["cameras"], float(message["for_s"]))
            return {"unknown": unknown} if unknown else {}
        if kind == "renew":
            self._sessions.renew(str(message["grant"]), int(message["not_after"]))
            return {}
        order = self._orders.get(kind)
        return await order(message) if order else {"refused": "unsupported"}

    async def _mask(self, message: dict[str, Any]) -> dict[str, Any]:
        """`mask`: no viewer sees what it hides when the ack is sent."""
        camera, masks = str(message["camera"]), read_masks(message["regions"])
        if self._cameras.mask(camera, masks, int(message["rev"])):
            self.on_mask(camera)
        # An engine that cannot mask has ended its views of the camera instead.
        unconfirmed = await self._sessions.settled()
        return {"unconfirmed": unconfirmed} if unconfirmed else {}

    async def _watch_lease(self) -> None:
        """Cut all when the lease ends: the hub may be dead, or believe us dead."""
        while True:
            self._renewed.clear()
            wait = self._lease.until - elapsed()
            if wait <= 0:
                self._cameras.pause(True)
                if len(self._sessions):
                    _log.warning("lease_ended", sessions=len(self._sessions))
                    await self._sessions.end_all("lease")
                await self._renewed.wait()
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._renewed.wait()


def _message(frame: str | bytes) -> dict[str, Any]:
    message = json.loads(frame)
    if not isinstance(message, dict) or not isinstance(message.get("t"), str):
        raise HubRefused("a message without t")
    return message


def _control_address(hub_url: str) -> str:
    parts = urlsplit(hub_url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + PATH, "", ""))
