"""How a pursuit goes out: what a caller may see of it, with words, times and the caller's own grants."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bonghwa.api.forms import Speech, instant
from bonghwa.domain.access import local_time
from bonghwa.domain.agency import Caller
from bonghwa.domain.alarm import LINE_WORDS
from bonghwa.domain.camera import Camera
from bonghwa.domain.grant import Grant
from bonghwa.domain.pursuit import US, Fact, Pursuit, mode_at
from bonghwa.domain.radio_line import direction, place_words, radio_line
from bonghwa.domain.words import Language, fill
from bonghwa.domain.words_pursuit import FACTS, WHY
from bonghwa.service.hearing import LINE
from bonghwa.wiring import Hub


@dataclass(frozen=True)
class Known:
    """What the hub has of a pursuit, with the grants of the caller's agency in its incident."""

    pursuit: Pursuit
    facts: Sequence[Fact]
    grants: Sequence[Grant]


def summary(pursuit: Pursuit, caller: Caller) -> dict[str, Any]:
    """A line of a list."""
    return {
        "id": pursuit.id,
        "incident": pursuit.incident,
        "agency": pursuit.agency,
        "state": pursuit.state,
        "mode": pursuit.mode,
        "kind": pursuit.kind,
        "drill": pursuit.drill,
        "started_at": instant(pursuit.started_at),
        "ended_at": instant(pursuit.ended_at),
        "mine": pursuit.agency == caller.agency,
        "rev": pursuit.rev,
    }


def detail(
    known: Known, picture: dict[str, Any] | None, caller: Caller, hub: Hub, speech: Speech, *, scrubbed: bool = False
) -> dict[str, Any]:
    """A pursuit as the caller's agency may see it: a guest gets the parts shared with it. An ended one has no picture."""
    pursuit = known.pursuit
    may = pursuit.parts_for(caller.agency)
    where = "path" in may or "belief" in may
    shown = picture if pursuit.running else None
    if scrubbed and shown:
        # Of a past moment one sees what was known then.
        known = replace(known, facts=[fact for fact in known.facts if fact.told_at <= shown["now"] * US])
    made: dict[str, Any] = {
        **summary(pursuit, caller),
        "mode": mode_at(pursuit, known.facts, sys.maxsize) if where else None,
        "now": _time(shown["now"]) if shown else None,
        "scrubbed": scrubbed,
        "start": {
            "lat": pursuit.lat,
            "lon": pursuit.lon,
            "accuracy_m": pursuit.accuracy_m,
            "age_s": round((pursuit.started_at - pursuit.fix_at) / US, 1),
        },
        "k": pursuit.k,
        "pins": list(pursuit.pins) if "watch" in may else [],
        "shared": {"with": list(pursuit.shared_with), "what": list(pursuit.shared)},
        "evidence": [_fact(fact, hub) for fact in reversed(known.facts)] if "path" in may else [],
        "radio": _radio(known, hub) if "path" in may else None,
        "since": None,
        **dict.fromkeys(("belief", "reach", "watch", "path", "containment", "blind", "strip", "hope", "ceiling", "next_change_s")),
    }
    if shown is None:
        return made
    if where:
        since = shown["since"]
        made["since"] = {"kind": since["kind"], "at": _time(since["at"]), "seconds": round(shown["now"] - since["at"], 1)}
    if "belief" in may:
        made |= {name: shown[name] for name in ("belief", "reach", "blind")}
        made["strip"] = [_mark(mark, may) for mark in shown["strip"]]
    if "watch" in may:
        made |= {name: shown[name] for name in ("hope", "ceiling", "next_change_s")}
        made["watch"] = [_watched(each, known, hub) for each in shown["watch"]]
    if "path" in may:
        made["path"] = {"legs": [_leg(leg) for leg in shown["path"]], "points": _points(known, hub)}
    if "containment" in may and shown["containment"] is not None:
        made["containment"] = _containment(shown["containment"], hub, speech)
    if "took" in shown:
        made["took"] = shown["took"]
    return made


def _mark(mark: dict[str, Any], may: Sequence[str]) -> dict[str, Any]:
    """Ten seconds of the strip: what was watched in vain belongs to the watching, when he was seen to the path."""
    seen, vain = mark["seen"] and "path" in may, mark["vain"] if "watch" in may else []
    return {**mark, "at": _time(mark["at"]), "seen": seen, "vain": vain}


def _time(unix: float) -> str | None:
    return instant(round(unix * US))


def _name(hub: Hub, camera: str) -> dict[str, str]:
    known = hub.book.get(camera)
    return {"id": camera, "name": known.name if known else camera}


def _watched(told: dict[str, Any], known: Known, hub: Hub) -> dict[str, Any]:
    camera: Camera | None = hub.book.get(told["camera"])
    grant = next((g for g in known.grants if told["camera"] in g.cameras), None)
    return {
        "camera": {
            **_name(hub, told["camera"]),
            "owner": camera.owner if camera else None,
            "lat": camera.lat if camera else None,
            "lon": camera.lon if camera else None,
            "health": hub.book.health(told["camera"]),
            "pose": {"known": camera.pose.known, "bearing": camera.pose.bearing, "fov": camera.pose.fov, "range_m": camera.pose.range_m}
            if camera
            else None,
        },
        "holds": told["holds"],
        "from_s": told["from_s"],
        "to_s": told["to_s"],
        "why": [_why(code, numbers) for code, *numbers in told["why"]],
        "pinned": told["camera"] in known.pursuit.pins,
        "granted": grant is not None,
        "grant": grant.id if grant else None,
    }


def _why(code: str, numbers: Sequence[float]) -> dict[str, str]:
    share, begins, ends = (*numbers, 0.0, 0.0, 0.0)[:3]
    values = {"percent": round(100 * share), "from_s": round(begins), "to_s": round(ends)}
    return {"code": code, "ko": fill(WHY[code], values, "ko"), "en": fill(WHY[code], values, "en")}


def _fact(fact: Fact, hub: Hub) -> dict[str, Any]:
    return {
        "number": fact.number,
        "type": fact.type,
        "at": instant(fact.at),
        "camera": _name(hub, fact.camera) if fact.camera else None,
        "heading": fact.heading,
        "mode": fact.mode,
        "confidence": fact.confidence,
        "place": None if fact.lat is None else {"lat": fact.lat, "lon": fact.lon, "accuracy_m": fact.accuracy_m},
        "by": LINE_WORDS[fact.by][0] if fact.account.startswith(LINE) else fact.by,
        "agency": fact.agency,
        "undone": fact.undone_at is not None,
        "undone_by": fact.undone_by,
        "words": _fact_words(fact, hub),
    }


def _fact_words(fact: Fact, hub: Hub) -> dict[str, str]:
    place = _name(hub, fact.camera)["name"] if fact.camera else hub.places.describe(fact.lat or 0.0, fact.lon or 0.0)[0]
    said: dict[str, str] = {}
    kind = f"mode_{fact.mode}" if fact.type == "mode" else fact.type
    languages: tuple[Language, ...] = ("ko", "en")
    for language in languages:
        way = "" if fact.heading is None else ", " + direction(fact.heading, language)
        said[language] = fill(FACTS[kind], {"place": place}, language) + way
    return said


def _points(known: Known, hub: Hub) -> list[dict[str, Any]]:
    """The places of the path: every sighting, plate and fix that stands."""
    points = []
    for fact in sorted(known.facts, key=lambda fact: fact.at):
        if fact.undone_at is not None or fact.type in ("not_seen", "mode"):
            continue
        camera = hub.book.get(fact.camera) if fact.camera else None
        lat, lon = (camera.lat, camera.lon) if camera else (fact.lat, fact.lon)
        if lat is not None:
            points.append({**_fact(fact, hub), "kind": fact.type, "lat": lat, "lon": lon})
    return points


def _leg(leg: dict[str, Any]) -> dict[str, Any]:
    return {**leg, "from_at": _time(leg["from_at"]), "to_at": _time(leg["to_at"])} if "from_at" in leg else leg


def _containment(told: dict[str, Any], hub: Hub, speech: Speech) -> dict[str, Any]:
    points = [
        {
            **{key: point[key] for key in ("n", "lat", "lon", "patrol", "earliest_s", "likely_s")},
            "name": place_words("", point["names"] if not point["crossing"] else [*point["names"], ""], speech.language),
            "watched": [_name(hub, camera) for camera in point["watched"]],
        }
        for point in told["points"]
    ]
    return {**told, "reckoned_at": _time(told["reckoned_at"]), "points": points}


def _radio(known: Known, hub: Hub) -> dict[str, str] | None:
    """The line for the radio: the last sighting or plate that stands."""
    seen = [f for f in known.facts if f.type in ("sighting", "plate") and f.undone_at is None and f.camera]
    if not seen:
        return None
    last = max(seen, key=lambda fact: fact.at)
    at = local_time(last.at)
    mode = last.mode or ("car" if last.type == "plate" else mode_at(known.pursuit, known.facts, last.at) or "unknown")
    place = _name(hub, last.camera or "")["name"]
    return {"ko": radio_line(place, last.heading, mode, at, "ko"), "en": radio_line(place, last.heading, mode, at, "en")}
