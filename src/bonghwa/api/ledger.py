"""`/ledger`: the transparency log for anyone (C2SP tlog-tiles); leaves are salted commitments only, so no credential is asked."""

import asyncio
from typing import Any

from fastapi import Response

from bonghwa.api.desk import Desk, Person, Route, TheDesk
from bonghwa.api.forms import instant
from bonghwa.domain.errors import NotFound
from bonghwa.ledger.errors import TileError
from bonghwa.ledger.tile import parse_path
from bonghwa.storage.sql import journal


def status(desk: Desk) -> dict[str, Any]:
    """Size, newest checkpoint, whether the log verified at its last self-check, how many entries wait."""
    state = desk.hub.ledger
    return {
        "size": state.size,
        "checkpoint_at": instant(state.checkpoint_at or None),
        "root": state.root,
        "verified": state.verified,
        "verified_at": instant(state.verified_at),
        "error": state.error,
        "name": desk.hub.settings.hub.ledger_name,
    }


async def get_status(caller: Person, desk: TheDesk) -> dict[str, Any]:
    """How the ledger stands."""
    committed = await desk.hub.read(lambda read: journal.audit_size(read.connection))
    return {**status(desk), "lag": max(0, committed - desk.hub.ledger.size)}


async def _file(desk: Desk, path: str, media_type: str, lasting: bool) -> Response:
    content = await asyncio.to_thread(desk.hub.tiles.read, path)
    if content is None:
        raise NotFound("no_such_path")
    cache = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return Response(content, media_type=media_type, headers={"Cache-Control": cache})


async def checkpoint(desk: TheDesk) -> Response:
    """The signed checkpoint."""
    return await _file(desk, "checkpoint", "text/plain; charset=utf-8", False)


async def vkey(desk: TheDesk) -> Response:
    """The verifier key."""
    return await _file(desk, "vkey", "text/plain; charset=utf-8", False)


async def tile(path: str, desk: TheDesk) -> Response:
    """A tile or entry bundle."""
    full = f"tile/{path}"
    try:
        parse_path(full)
    except TileError:
        raise NotFound("no_such_path") from None
    return await _file(desk, full, "application/octet-stream", ".p/" not in full)


ROUTES: list[Route] = [
    ("GET", "/ledger/status", get_status),
    ("GET", "/ledger/checkpoint", checkpoint),
    ("GET", "/ledger/vkey", vkey),
    ("GET", "/ledger/tile/{path:path}", tile),
]
