"""The other process, as small as it can be: a hub that speaks docs/control-channel.md over a real WebSocket and issues tickets."""

import base64
import itertools
import json
import secrets
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from websockets.asyncio.server import serve

from bonghwa.media import ticket


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TinyHub:
    def __init__(self, gateway_public, lease_s):
        self.enrol_key = Ed25519PrivateKey.generate()
        self.ticket_key = Ed25519PrivateKey.generate()
        self.gateway_public = gateway_public
        self.lease_s = lease_s
        self.deaf = False
        self.boot = None
        self.gateway_url = None
        self.heartbeats = []
        self.told = []
        self.acks = {}
        self.connections = 0
        self.refused = 0
        self.masks = {}
        self.sent = []
        self._seen_m = set()
        self._socket = None
        self._server = None
        self._port = 0
        self._ids = itertools.count(1)

    @property
    def public(self):
        return b64(self.enrol_key.public_key().public_bytes_raw())

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    async def start(self):
        self._server = await serve(self._talk, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    def now_us(self):
        return time.time_ns() // 1_000

    async def _talk(self, socket):
        assert socket.request.path == "/api/v1/control"
        hello = json.loads(await socket.recv())
        nonce = b64(secrets.token_bytes(32))
        parts = "\n".join([hello["gateway"], hello["boot"], hello["nonce"], nonce]).encode()
        await socket.send(
            json.dumps({"t": "challenge", "nonce": nonce, "sig": b64(self.enrol_key.sign(b"bonghwa-control-v1 hub\n" + parts))})
        )
        proof = json.loads(await socket.recv())
        try:
            key = Ed25519PublicKey.from_public_bytes(unb64(self.gateway_public))
            key.verify(unb64(proof["sig"]), b"bonghwa-control-v1 gateway\n" + parts)
        except InvalidSignature:
            self.refused += 1
            await socket.close(4401)
            return
        if hello["boot"] != self.boot:
            self.sent = []
            self._seen_m = set()
        self.boot, self.gateway_url = hello["boot"], hello["url"]
        jwks = {"keys": [ticket.public_jwk(self.ticket_key.public_key(), "t1")]}
        await socket.send(
            json.dumps(
                {"t": "welcome", "lease_s": self.lease_s, "now_us": self.now_us(), "jwks": jwks, "n": len(self.sent), "masks": self.masks}
            )
        )
        for message in self.sent[hello["last"] :]:
            await socket.send(json.dumps(message))
        self.connections += 1
        self._socket = socket
        async for frame in socket:
            await self._hear(socket, json.loads(frame))

    async def _hear(self, socket, message):
        if self.deaf or socket is not self._socket:
            return
        if message["t"] == "heartbeat":
            self.heartbeats.append(message)
            await socket.send(json.dumps({"t": "beat", "k": message["k"], "now_us": self.now_us(), "head": len(self.sent)}))
        elif message["t"] == "ack":
            self.acks[message["n"]] = message
        else:
            if message["m"] not in self._seen_m:
                self._seen_m.add(message["m"])
                self.told.append(message)
            await socket.send(json.dumps({"t": "got", "m": message["m"]}))

    async def order(self, kind, **fields):
        """Send a numbered message, give its number."""
        message = {"t": kind, "n": len(self.sent) + 1, **fields}
        self.sent.append(message)
        await self._socket.send(json.dumps(message))
        return message["n"]

    async def drop_line(self):
        socket, self._socket = self._socket, None
        await socket.close(1012)

    def told_of(self, kind):
        return [message for message in self.told if message["t"] == kind]

    def claims(self, camera="cam1", grant="g1", **changes):
        now = int(time.time())
        number = next(self._ids)
        return {
            "iss": "bonghwa-hub", "aud": "gw1", "boot": self.boot, "view": f"v{number}", "grant": grant, "camera": camera,
            "watermark": "인천경찰청 112 #7", "not_after": self.now_us() + 600_000_000, "jti": secrets.token_hex(8),
            "iat": now, "exp": now + 60, "drill": False, **changes,
        }  # fmt: skip

    def ticket(self, camera="cam1", grant="g1", **changes):
        return ticket.issue(self.ticket_key, self.claims(camera, grant, **changes), "t1")
