"""The hub's end of one gateway's control channel (docs/control-channel.md), as much of it as a benchmark needs: tickets and orders."""

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bonghwa.media import ticket
from bonghwa.media.enrolment import b64url, proof_text

LEASE_S = 15


class Hub:
    """Speaks with one gateway, which it believes: a benchmark starts both ends."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self.ready = asyncio.Event()
        self.told: list[dict[str, Any]] = []
        self._key, self._tickets = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self._boot = ""
        self._orders = 0
        self._acks: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._server: Server | None = None
        self._line: ServerConnection | None = None
        self._views = itertools.count(1)

    @property
    def public(self) -> str:
        """What the gateway must know the hub by."""
        return b64url(self._key.public_key().public_bytes_raw())

    async def listen(self) -> str:
        """Answer the hub's address."""
        self._server = await serve(self._talk, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close(close_connections=True)
            await self._server.wait_closed()

    async def _talk(self, line: ServerConnection) -> None:
        hello = json.loads(await line.recv())
        nonce = b64url(secrets.token_bytes(32))
        proof = proof_text("hub", self.gateway, hello["boot"], hello["nonce"], nonce)
        await line.send(json.dumps({"t": "challenge", "nonce": nonce, "sig": b64url(self._key.sign(proof))}))
        await line.recv()
        self._boot, self._line = hello["boot"], line
        jwks = {"keys": [ticket.public_jwk(self._tickets.public_key(), "t1")]}
        welcome = {"t": "welcome", "lease_s": LEASE_S, "now_us": _now_us(), "jwks": jwks, "n": self._orders, "masks": {}}
        await line.send(json.dumps(welcome))
        with contextlib.suppress(ConnectionClosed):
            async for frame in line:
                await self._hear(line, json.loads(frame))

    async def _hear(self, line: ServerConnection, message: dict[str, Any]) -> None:
        if message["t"] == "heartbeat":
            await line.send(json.dumps({"t": "beat", "k": message["k"], "now_us": _now_us(), "head": self._orders}))
            self.ready.set()
        elif message["t"] == "ack":
            self._acks.pop(message["n"]).set_result(message)
        else:
            self.told.append(message)
            await line.send(json.dumps({"t": "got", "m": message["m"]}))

    async def order(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a numbered order; the gateway's acknowledgement."""
        assert self._line is not None
        self._orders += 1
        answer = self._acks[self._orders] = asyncio.get_running_loop().create_future()
        await self._line.send(json.dumps({"t": kind, "n": self._orders, **fields}))
        return await asyncio.wait_for(answer, 10)

    def ticket(self, camera: str, grant: str) -> str:
        """A ticket for one view."""
        now = int(time.time())
        claims = {
            "iss": ticket.ISSUER, "aud": self.gateway, "boot": self._boot, "view": f"view{next(self._views)}", "grant": grant,
            "camera": camera, "watermark": "bench", "not_after": _now_us() + 3_600_000_000, "jti": secrets.token_hex(8),
            "iat": now, "exp": now + ticket.LIFETIME_S, "drill": False,
        }  # fmt: skip
        return ticket.issue(self._tickets, claims, "t1")


def _now_us() -> int:
    return time.time_ns() // 1000
