"""`POST /reports` and its twin over MQTT: strict reading of a report body (CONTRACT)."""

import datetime as dt
import hashlib
import json
import math
import re
from typing import Any

from bonghwa.domain.alarm import LINES, kind_belongs
from bonghwa.domain.audit import canonical
from bonghwa.domain.errors import Forbidden, Invalid
from bonghwa.domain.incident import Place
from bonghwa.service.reports import ReportForm

FIELDS = frozenset({"line", "kind", "at", "place", "priority", "text", "look_for", "subject", "external_id", "drill"})
MAX_BYTES = 64 * 1024
MAX_EXTERNAL_ID = 120
POINT_ACCURACY_M = 15.0
YEARS = (2000, 2100)
"""The years a report may speak of, first and last: a device whose clock was never set is told so."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_FIRST_US, _AFTER_US = ((dt.datetime(year, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND for year in (YEARS[0], YEARS[1] + 1))
# JSON can spell what is no text: half a surrogate pair has no UTF-8, and a database column takes no NUL.
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")


def parse(content: bytes) -> dict[str, Any]:
    """The JSON object in a body; Invalid when it is none."""
    if len(content) > MAX_BYTES:
        raise Invalid("body", "too_large")
    try:
        body = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Invalid("body", "not_json") from None
    if not _all_text(body):
        raise Invalid("body", "not_text")
    if not isinstance(body, dict):
        raise Invalid("body", "not_object")
    return body


def _refuse_constant(name: str) -> None:
    """NaN and Infinity: Python reads them, RFC 8259 does not have them."""
    raise ValueError(name)


def _all_text(body: Any) -> bool:
    """Whether every text in the body, keys too, can be written down. Walks by hand, so that no depth of nesting matters."""
    rest = [body]
    while rest:
        value = rest.pop()
        if isinstance(value, str):
            if _NO_TEXT.search(value):
                return False
        elif isinstance(value, dict):
            rest += [*value, *value.values()]
        elif isinstance(value, list):
            rest += value
    return True


def read_report(body: dict[str, Any], line: str) -> ReportForm:
    """The form of a report sent with `line`'s credential.

    Raises Forbidden for another line or a kind that is not the line's, Invalid naming the first wrong field.
    """
    for field in body:
        if field not in FIELDS:
            raise Invalid(field, "unknown_field")
    if _text(body, "line", 1, 40) != line:
        raise Forbidden("other_line", line=str(body.get("line")))
    kind = _text(body, "kind", 1, 40)
    if not kind_belongs(line, kind):
        if not any(kind in kinds for kinds in LINES.values()):
            raise Invalid("kind", "one_of", allowed=" ".join(LINES[line]))
        raise Forbidden("kind_not_of_line", line=line, kind=kind)
    point, camera, site, name = _place(body.get("place"))
    fields: dict[str, Any] = {
        "at": _time(body, "at"),
        "external_id": _text(body, "external_id", 1, MAX_EXTERNAL_ID),
        "priority": _priority(body.get("priority")),
        "text": _optional(body, "text", 4000),
        "look_for": _optional(body, "look_for", 1000),
        **_subject(body.get("subject")),
        "drill": _flag(body, "drill"),
    }
    # Only now is the body known to be flat enough to be written.
    content = canonical(body)
    return ReportForm(
        line=line,
        kind=kind,
        body_hash=hashlib.sha256(content).hexdigest(),
        body=content.decode(),
        point=point,
        camera=camera,
        site=site,
        name=name,
        **fields,
    )


def _text(body: dict[str, Any], field: str, low: int, high: int) -> str:
    if field not in body:
        raise Invalid(field, "missing")
    value = body[field]
    if not isinstance(value, str):
        raise Invalid(field, "type")
    if not low <= len(value.strip()) <= high:
        raise Invalid(field, "length", low=low, high=high)
    return value.strip()


def _optional(body: dict[str, Any], field: str, high: int) -> str | None:
    if body.get(field) is None:
        return None
    value = body[field]
    if not isinstance(value, str):
        raise Invalid(field, "type")
    if len(value) > high:
        raise Invalid(field, "length", low=0, high=high)
    return value.strip() or None


def _flag(body: dict[str, Any], field: str) -> bool:
    value = body.get(field, False)
    if not isinstance(value, bool):
        raise Invalid(field, "type")
    return value


def _time(body: dict[str, Any], field: str) -> int:
    text = _text(body, field, 1, 40)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(field, "not_time") from None
    if moment.tzinfo is None:
        raise Invalid(field, "not_time")
    us = (moment - _EPOCH) // _MICROSECOND
    if not _FIRST_US <= us < _AFTER_US:
        raise Invalid(field, "range", low=YEARS[0], high=YEARS[1])
    return us


def _priority(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid("priority", "type")
    if not 0 <= value <= 4:
        raise Invalid("priority", "range", low=0, high=4)
    return value


def _subject(value: Any) -> dict[str, Any]:
    """`{ref, moving?, zone_m?}`: who or what it is about, and what an ankle device or its centre says of the wearer besides."""
    if value is None:
        return {"subject": None}
    if not isinstance(value, dict):
        raise Invalid("subject", "type")
    for field in value:
        if field not in ("ref", "moving", "zone_m"):
            raise Invalid(f"subject.{field}", "unknown_field")
    if not isinstance(value.get("ref"), str):
        raise Invalid("subject.ref", "missing" if "ref" not in value else "type")
    if not 1 <= len(value["ref"]) <= 120:
        raise Invalid("subject.ref", "length", low=1, high=120)
    moving = value.get("moving")
    if moving is not None and not isinstance(moving, bool):
        raise Invalid("subject.moving", "type")
    zone = _number(value, "subject", "zone_m", 0, 1_000_000) if value.get("zone_m") is not None else None
    return {"subject": str(value["ref"]), "moving": moving, "zone_m": zone}


def read_point(value: dict[str, Any], field: str = "place") -> Place:
    """A `{lat, lon, accuracy_m?}` object as a place; Invalid names the field."""
    for key in value:
        if key not in ("lat", "lon", "accuracy_m"):
            raise Invalid(f"{field}.{key}", "unknown_field")
    lat, lon = _number(value, field, "lat", -90, 90), _number(value, field, "lon", -180, 180)
    accuracy = _number(value, field, "accuracy_m", 0, 100_000) if value.get("accuracy_m") is not None else POINT_ACCURACY_M
    return Place(lat, lon, accuracy)


def _number(value: dict[str, Any], field: str, key: str, low: float, high: float) -> float:
    if key not in value:
        raise Invalid(f"{field}.{key}", "missing")
    number = value[key]
    # A whole number of any length is compared as it is: made a float it may overflow.
    if not isinstance(number, (int, float)) or isinstance(number, bool) or (isinstance(number, float) and not math.isfinite(number)):
        raise Invalid(f"{field}.{key}", "type")
    if not low <= number <= high:
        raise Invalid(f"{field}.{key}", "range", low=low, high=high)
    return float(number)


def _place(value: Any) -> tuple[Place | None, str | None, str | None, str | None]:
    """(point, camera, site, name): exactly one is set, or none for a report that does not know."""
    if value is None:
        return None, None, None, None
    if not isinstance(value, dict):
        raise Invalid("place", "type")
    ways = [key for key in ("lat", "camera", "site", "name") if key in value]
    if len(ways) > 1:
        raise Invalid("place", "one_place")
    if ways and ways[0] != "lat":
        for key in value:
            if key != ways[0]:
                raise Invalid(f"place.{key}", "unknown_field")
        text = value[ways[0]]
        if not isinstance(text, str):
            raise Invalid(f"place.{ways[0]}", "type")
        if not 1 <= len(text.strip()) <= 200:
            raise Invalid(f"place.{ways[0]}", "length", low=1, high=200)
        found = text.strip()
        return None, *(found if ways[0] == way else None for way in ("camera", "site", "name"))  # type: ignore[return-value]
    return read_point(value), None, None, None
