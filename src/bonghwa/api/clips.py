"""`/clips`: evidence asked for, its state and manifest with the ledger's proof, one-use tickets to fetch it, holds."""

import asyncio
import json
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from bonghwa.api import bodies
from bonghwa.api.clip_shape import clip as clip_shape
from bonghwa.api.desk import Desk, OnIncidents, Person, Route, TheDesk
from bonghwa.api.forms import moment
from bonghwa.domain import clip as clips_domain
from bonghwa.domain.clip import Clip
from bonghwa.domain.errors import Forbidden, Refusal
from bonghwa.ledger.checkpoint import CHECKPOINT_PATH, VKEY_PATH, Checkpoint
from bonghwa.ledger.errors import LedgerError
from bonghwa.ledger.merkle import inclusion_proof
from bonghwa.ledger.note import split_note
from bonghwa.ledger.proof import subtree_in
from bonghwa.service import clips
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.writer import SqlRead, SqlTx


async def ask(grant_id: str, body: bodies.AskClip, caller: OnIncidents, desk: TheDesk) -> JSONResponse:
    """Order a clip of a granted camera. 403 with `reason` where the clause allows no evidence, 422 naming a wrong time."""
    city, start, until = desk.hub.city, moment("from", body.from_), moment("to", body.to)
    try:
        clip = await desk.hub.change(lambda tx: clips.ask(tx, city, caller, grant_id, body.camera, start, until, body.reason))
    except Forbidden as refused:
        await _record_refusal(desk, caller.account, grant_id, body.camera, refused)
        raise
    return JSONResponse(clip_shape(clip), 201)


async def _record_refusal(desk: Desk, account: str, grant: str, camera: str, refused: Refusal) -> None:
    entry = {"account": account, "camera": camera, "grant": grant, "reason": refused.code}

    def run(tx: SqlTx) -> None:
        held = tx.grants.get(grant)
        tx.audit("clip:refused", entry, drill=held is not None and held.drill)

    await desk.hub.change(run)


async def list_clips(caller: Person, desk: TheDesk, incident: str | None = None, limit: int = 200) -> dict[str, Any]:
    """Clips of the caller's agency, of an owner's cameras, or all for the privacy officer; newest first."""

    def look(read: SqlRead) -> list[dict[str, Any]]:
        found = read.clips.find(desc=True, limit=2_000, **({"incident": incident} if incident else {}))
        return [clip_shape(clip) for clip in found if clips.may_know(caller, clip)][: max(1, min(limit, 1_000))]

    return {"items": await desk.hub.read(look), "next": None}


async def get_clip(clip_id: str, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """A clip with its manifest; once the ledger holds its making, the manifest carries the proof."""

    def look(read: SqlRead) -> tuple[Clip, tuple[bytes, bytes, str] | None]:
        clip = clips.seen_clip(read, caller, clip_id)
        return clip, None if clip.entry is None else journal.entry(read.connection, clip.entry)

    clip, entry = await desk.hub.read(look)
    facts = clips_domain.manifest(clip)
    if not facts:
        return {**clip_shape(clip), "manifest": None}
    ledger = await asyncio.to_thread(_proof, desk, clip, entry) if entry else None
    return {**clip_shape(clip), "manifest": {**facts, "ledger": ledger}}


def _proof(desk: Desk, clip: Clip, entry: tuple[bytes, bytes, str]) -> dict[str, Any]:
    """The ledger entry of the clip's making, opened, and where the log's newest checkpoint holds it."""
    leaf, salt, body = entry
    number, tiles = clip.entry or 0, desk.hub.tiles
    opened = {"entry": number, "leaf": leaf.decode(), "salt": salt.hex(), "body": json.loads(body)}
    note, vkey = tiles.read(CHECKPOINT_PATH), tiles.read(VKEY_PATH)
    size = Checkpoint.parse(split_note(note)[0]).size if note else 0
    try:
        path = [each.hex() for each in inclusion_proof(number, size, subtree_in(tiles.read, size))] if number < size else None
    except LedgerError:
        path = None
    log = {"checkpoint": note.decode(), "proof": path, "vkey": vkey.decode().strip()} if note and vkey and path is not None else {}
    return {**opened, "checkpoint": None, "proof": None, "vkey": None, **log}


async def stop(clip_id: str, caller: OnIncidents, desk: TheDesk) -> dict[str, Any]:
    """Enough was recorded."""
    return clip_shape(await desk.hub.change(lambda tx: clips.stop(tx, caller, clip_id)))


async def ticket(clip_id: str, caller: OnIncidents, desk: TheDesk) -> dict[str, Any]:
    """A one-use ticket to download the clip at its gateway."""
    fetching = await desk.hub.change(lambda tx: clips.fetch(tx, caller, clip_id))
    return {"ticket": desk.hub.clip_ticket(fetching), "url": f"{fetching.gateway_url.rstrip('/')}/clip/{clip_id}"}


async def hold(clip_id: str, body: bodies.Reason, request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Keep it past its time."""
    return clip_shape(await desk.hub.change(lambda tx: clips.hold(tx, caller, clip_id, body.reason)))


async def release(clip_id: str, body: bodies.Reason, request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """Let it go when its time is over."""
    return clip_shape(await desk.hub.change(lambda tx: clips.release(tx, caller, clip_id, body.reason)))


ROUTES: list[Route] = [
    ("POST", "/grants/{grant_id}/clips", ask),
    ("GET", "/clips", list_clips),
    ("GET", "/clips/{clip_id}", get_clip),
    ("POST", "/clips/{clip_id}/stop", stop),
    ("POST", "/clips/{clip_id}/ticket", ticket),
    ("POST", "/clips/{clip_id}/hold", hold),
    ("POST", "/clips/{clip_id}/release", release),
]
