"""`GET /clip/{clip}`: a finished evidence clip, to whoever brings its one-use ticket."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bonghwa.media.plane import Plane
from bonghwa.media.problem import Problem, bearer, of_ticket
from bonghwa.media.ticket import Ticket, TicketRefused

_CHUNK = 256 * 1024


async def download(request: Request) -> Response:
    """The file as it was hashed. The hub is told what was sent, also of a download that broke off."""
    plane: Plane = request.app.state.plane
    clip = request.path_params["clip"]
    try:
        ticket = plane.sessions.admit_clip(bearer(request), clip)
    except TicketRefused as refused:
        raise of_ticket(refused) from None
    path = plane.clips.find(clip)
    if path is None:
        raise Problem(404, "clip_unknown", "this gateway does not hold the clip")
    size = (await asyncio.to_thread(path.stat)).st_size
    headers = {
        "Content-Length": str(size),
        "Content-Disposition": f'attachment; filename="{clip}.mp4"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_send(plane, ticket, path, size), 200, headers, media_type="video/mp4")


async def _send(plane: Plane, ticket: Ticket, path: Path, size: int) -> AsyncIterator[bytes]:
    sent = 0
    try:
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk
                sent += len(chunk)
    finally:
        plane.clips.report({"t": "clip_fetched", "clip": path.stem, "fetch": ticket.view, "bytes": sent, "whole": sent == size})
