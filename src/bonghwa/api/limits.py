"""How large a request may be: counted before anything looks at it, also before anyone knows who sends."""

import asyncio
import contextlib

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bonghwa.api.problem import problem

MAX_BODY = 256 * 1024
"""Bytes; every body of the API is far smaller."""
_LINGER_BYTES, _LINGER_S = 4 * MAX_BODY, 2.0


class BodyLimit:
    """Answers 413 `too_large` to a body above `limit` bytes, by what Content-Length says, else by what comes.

    The body is read before the application is called, so that no refusal inside it can come first.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on once its body is known to be small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._limit:
            await _refuse(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                # The sender left before its request was whole.
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._limit:
                await _refuse(scope, receive, send)
                return
        await self._app(scope, _again(bytes(body), receive), send)


def _announced(scope: Scope) -> int:
    """What Content-Length says; 0 without one: then the bytes are counted as they come."""
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(length[:18]) if length.isdigit() else 0


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then whatever comes after it."""
    rest: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return rest.pop() if rest else await receive()

    return receive_again


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 413 and close. What still comes is thrown away for a moment: a connection closed upon unread bytes loses the answer."""
    answer = problem(Request(scope), 413, "too_large", {})
    headers = [*answer.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    thrown = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            while thrown < _LINGER_BYTES:
                message = await receive()
                thrown += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})
