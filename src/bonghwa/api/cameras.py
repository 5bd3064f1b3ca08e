"""`/cameras`, `/map`, `/search`, `/quality`, `/vocabulary`: what stands where, and what is known of it."""

import asyncio
import gzip
import hashlib
import json
from functools import cache
from typing import Any

from fastapi import Request, Response

from bonghwa.api.desk import Desk, Person, Route, TheDesk, Viewer
from bonghwa.api.forms import instant
from bonghwa.data import load_city, open_data
from bonghwa.domain.alarm import DISPOSITIONS, KIND_WORDS, LINE_WORDS, LINES, RECEIVERS
from bonghwa.domain.camera import Camera
from bonghwa.domain.errors import Invalid, NotFound
from bonghwa.domain.words_registry import WARNING_WORDS
from bonghwa.registry.map_columns import map_columns
from bonghwa.registry.places import search as search_places
from bonghwa.registry.quality import quality

QUALITY_KEPT_US = 60_000_000
"""Working out the quality page costs seconds of CPU; it says when it was made."""

DRILLS: dict[str, tuple[str, str]] = {
    "strap_cut": ("스트랩 절단 (중구)", "Strap cut (Jung-gu)"),
    "strap_cut_run": ("스트랩 절단 후 도주 (중구)", "Strap cut, on the run (Jung-gu)"),
    "robbery": ("강도", "Robbery"),
    "house_fire": ("주택 화재", "House fire"),
    "market_smoke": ("시장 연기", "Market smoke"),
    "emergency_bell": ("비상벨", "Emergency bell"),
    "safe_return": ("안심귀가 SOS", "Safe-return SOS"),
    "wanted_car": ("수배차량", "Wanted car"),
    "flood": ("침수, 여러 상황", "Flood, many incidents"),
    "missing_person": ("치매환자 실종", "Missing person"),
    "operator_finds": ("관제 중 발견", "Found by an operator"),
}


def _cached(request: Request, content: bytes, media_type: str) -> Response:
    """Gzipped content with an ETag; 304 when the caller has it."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, media_type=media_type, headers=headers)


@cache
def packed(name: str) -> bytes:
    """A packaged gzip file as it stands."""
    return open_data(name)


async def basemap(request: Request, caller: Viewer) -> Response:
    """The base map as GeoJSON; no internet needed."""
    return _cached(request, packed("basemap.geojson.gz"), "application/geo+json")


async def map_places(request: Request, caller: Viewer) -> Response:
    """Named places as GeoJSON points."""
    return _cached(request, packed("places.geojson.gz"), "application/geo+json")


async def map_cameras(request: Request, caller: Person, desk: TheDesk) -> Response:
    """All cameras as columns."""
    columns = map_columns(desk.hub.book.all(), desk.hub.book.every_health())
    content = json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode()
    return _cached(request, gzip.compress(content, 5, mtime=0), "application/json")


def _bbox(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise Invalid("bbox", "invalid") from None
    if not (west <= east and south <= north):
        raise Invalid("bbox", "invalid")
    return west, south, east, north


async def list_cameras(
    caller: Person,
    desk: TheDesk,
    bbox: str | None = None,
    after: str | None = None,
    limit: int = 500,
    owner: str | None = None,
    q: str | None = None,
) -> dict[str, Any]:
    """Cameras by box, owner or words, in id order, a page at a time."""
    box, size, wanted = _bbox(bbox), max(1, min(limit, 5000)), (q or "").strip().lower()

    def fits(camera: Camera) -> bool:
        if owner is not None and camera.owner != owner:
            return False
        if box is not None and not (box[0] <= camera.lon <= box[2] and box[1] <= camera.lat <= box[3]):
            return False
        return not wanted or wanted in camera.name.lower() or wanted in camera.address.lower()

    found = sorted((c for c in desk.hub.book.all() if (after is None or c.id > after) and fits(c)), key=lambda c: c.id)
    page = found[:size]
    return {"items": [_camera(desk, c) for c in page], "next": page[-1].id if len(found) > size else None}


def _camera(desk: Desk, one: Camera) -> dict[str, Any]:
    """A camera of the registry: never an address or password of its stream."""
    pose = one.pose
    return {
        "id": one.id,
        "name": one.name,
        "owner": one.owner,
        "site": one.site_id,
        "ordinal": one.ordinal,
        "address": one.address,
        "address_lot": one.address_lot,
        "purpose": one.purpose,
        "lat": one.lat,
        "lon": one.lon,
        "pixels": one.pixels,
        "retention_days": one.retention_days,
        "installed": one.installed,
        "direction_text": one.direction_text,
        "pose": {
            "state": "known" if pose.known else "unknown",
            "source": pose.source,
            "bearing": pose.bearing,
            "fov": pose.fov,
            "range_m": pose.range_m,
            "ptz": pose.ptz,
        },
        "health": desk.hub.book.health(one.id),
        "health_at": instant(desk.hub.book.health_at(one.id)),
        "warnings": list(one.warnings),
    }


async def get_camera(camera_id: str, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """One camera; never an address or password of its stream."""
    camera = desk.hub.book.get(camera_id)
    if camera is None:
        raise NotFound("no_such_camera")
    return _camera(desk, camera)


async def search(caller: Person, desk: TheDesk, q: str = "") -> dict[str, Any]:
    """Cameras, streets, stops, markets and places by name, and the caller's incidents by number."""
    found = search_places(desk.hub.places.places, desk.hub.book.all(), q)
    items: list[dict[str, Any]] = [
        {"type": n.kind, "id": n.key, "name": n.name, "detail": n.detail, "lat": n.lat, "lon": n.lon} for n in found
    ]
    wanted = q.strip().upper()
    if wanted and caller.role != "responder":
        own = await desk.hub.read(lambda read: [i for i in read.incidents.find(desc=True, limit=400) if i.part(caller.agency) is not None])
        items = [
            {
                "type": "incident",
                "id": i.id,
                "name": i.number,
                "detail": i.place.name if i.place else "",
                "lat": i.place.lat if i.place else None,
                "lon": i.place.lon if i.place else None,
            }
            for i in own
            if wanted in i.number.upper()
        ][:5] + items
    return {"items": items}


async def get_quality(request: Request, caller: Person, desk: TheDesk) -> dict[str, Any]:
    """How good the registry is: per district and warning, worst first; old and new town side by side."""
    hub, language = desk.hub, desk.speech(request).language
    now = hub.clock.now()
    if language not in desk.quality or now - desk.quality[language][0] > QUALITY_KEPT_US:
        desk.quality[language] = (now, await asyncio.to_thread(quality, hub.book.all(), hub.book.every_health(), language))
    made_at, answer = desk.quality[language]
    return {"generated_at": instant(made_at), **answer}


async def vocabulary(caller: Viewer, desk: TheDesk) -> dict[str, Any]:
    """Words and ids the console needs once."""
    city, cameras = load_city(), desk.hub.book.all()
    lats, lons = [c.lat for c in cameras] or [37.45], [c.lon for c in cameras] or [126.7]
    return {
        "city": {
            "name": {"ko": city.ko, "en": city.en},
            "centre": {"ko": city.centre_ko, "en": city.centre_en},
            "bounds": [min(lons), min(lats), max(lons), max(lats)],
        },
        "agencies": [{"id": a.id, "role": a.role, "name": {"ko": a.ko, "en": a.en}} for a in desk.hub.agencies.values()],
        "districts": [{"id": d.id, "ko": d.ko, "en": d.en} for d in city.districts],
        "lines": [
            {"line": line, "name": _pair(LINE_WORDS[line]), "receiver": RECEIVERS[line][0], "kinds": list(kinds)}
            for line, kinds in LINES.items()
        ],
        "kinds": {kind: _pair(words) for kind, words in KIND_WORDS.items()},
        "dispositions": {code: _pair(words) for code, words in DISPOSITIONS.items()},
        "purposes": sorted({c.purpose for c in cameras}),
        "warnings": {code: _pair(words) for code, words in WARNING_WORDS.items()},
        "drills": [{"name": name, "title": _pair(words)} for name, words in DRILLS.items()],
    }


def _pair(words: tuple[str, str]) -> dict[str, str]:
    return {"ko": words[0], "en": words[1]}


ROUTES: list[Route] = [
    ("GET", "/map/basemap", basemap),
    ("GET", "/map/places", map_places),
    ("GET", "/map/cameras", map_cameras),
    ("GET", "/cameras", list_cameras),
    ("GET", "/cameras/{camera_id}", get_camera),
    ("GET", "/search", search),
    ("GET", "/quality", get_quality),
    ("GET", "/vocabulary", vocabulary),
]
