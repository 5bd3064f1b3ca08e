"""The authentication hook: MediaMTX asks here before anybody may do anything, and hardly anybody may.

Only one answer is yes: once to each admitted viewer, for its camera's path only.
"""

import json
import re
import secrets
import socket
from typing import Any, Protocol

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bonghwa.media.mediamtx.settings import HOOK_PATH
from bonghwa.media.serving import Server

_MAX_QUESTION = 65_536
_SESSION_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

_log = structlog.get_logger(__name__)


class Guest(Protocol):
    """A viewer at the door."""

    path: str
    """The path it was admitted for."""

    def let_in(self, remote: str) -> bool:
        """MediaMTX opens session `remote` for it. False when its ticket has lost its ground since."""


class Door:
    """Credentials that open once."""

    def __init__(self) -> None:
        self._expected: dict[str, Guest] = {}

    def expect(self, guest: Guest) -> str:
        """A credential that lets this guest in once."""
        credential = secrets.token_urlsafe(32)
        self._expected[credential] = guest
        return credential

    def withdraw(self, credential: str) -> None:
        """Let nobody in with it any more."""
        self._expected.pop(credential, None)

    def judge(self, question: dict[str, Any]) -> bool:
        """Whether MediaMTX may do what it asks for (its documentation, "Authentication", "External HTTP server")."""
        guest = self._expected.pop(str(question.get("token") or ""), None)
        asked = (question.get("action"), question.get("protocol"), question.get("path"))
        if guest is None or asked != ("read", "webrtc", guest.path):
            return False
        remote = str(question.get("id") or "")
        return bool(_SESSION_ID.match(remote)) and guest.let_in(remote)

    def server(self) -> Server:
        """The hook as a server, for a socket on the loopback only."""
        app = Starlette(routes=[Route(HOOK_PATH, self._answer, methods=["POST"])])
        return Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=1)
        )

    async def _answer(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MAX_QUESTION:
                return Response(status_code=413)
        try:
            question = json.loads(body)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if isinstance(question, dict) and self.judge(question):
            return Response(status_code=200)
        _log.info("mediamtx_refused", action=str(question.get("action"))[:16] if isinstance(question, dict) else None)
        return Response(status_code=401)


def bind(port: int) -> socket.socket:
    """A socket on the loopback, where the hook listens. Raises `OSError`."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
    except BaseException:
        made.close()
        raise
    return made
