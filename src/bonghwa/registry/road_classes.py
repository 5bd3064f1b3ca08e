"""What the classes and tags of OpenStreetMap say of who may go where and how fast (wiki.openstreetmap.org, Key:highway, Key:oneway)."""

import re
from collections.abc import Mapping

from bonghwa.pursuit.roads import AGAINST, CAR, FOOT

KMH = {
    "motorway": 100.0, "motorway_link": 50.0, "trunk": 80.0, "trunk_link": 50.0, "primary": 60.0, "primary_link": 50.0,
    "secondary": 50.0, "secondary_link": 40.0, "tertiary": 50.0, "tertiary_link": 40.0, "unclassified": 40.0, "residential": 30.0,
    "living_street": 20.0, "service": 20.0, "road": 30.0, "track": 20.0, "busway": 50.0,
}  # fmt: skip
"""What a car drives on each class where no limit is given: the usual limits of Korean cities."""
FOOT_KMH = 10.0
"""What a car would drive where only feet may go."""
FOOT_ONLY = frozenset({"pedestrian", "footway", "path", "steps", "cycleway", "bridleway"})
_NOT_ON_FOOT = frozenset({"motorway", "motorway_link"})
_ON_FOOT_WITH_SIDEWALK = frozenset({"trunk", "trunk_link"})
_SIDEWALK = frozenset({"yes", "both", "left", "right", "separate"})
_YES = frozenset({"yes", "designated", "permissive", "destination", "official"})
_NO = frozenset({"no"})
_KMH_OF_MILE = 1.609344
_SPEED = re.compile(r"^(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph|knots)?$")
_ZONES = {"urban": 50.0, "rural": 60.0, "trunk": 80.0, "motorway": 100.0, "living_street": 20.0, "walk": 7.0}


def known_class(highway: str) -> bool:
    """Whether this value of `highway` is a road or a path at all, and not a stop, a building site or a plan."""
    return highway in KMH or highway in FOOT_ONLY


def uses(tags: Mapping[str, str]) -> tuple[int, int]:
    """Who may go along the line of a way and against it, from its tags."""
    highway = tags.get("highway", "")
    foot = FOOT if _on_foot(highway, tags) else 0
    if highway in FOOT_ONLY:
        car = CAR if tags.get("motor_vehicle", tags.get("vehicle")) in _YES else AGAINST if highway == "pedestrian" else 0
    else:
        shut = tags.get("motor_vehicle", tags.get("vehicle", tags.get("access"))) in _NO
        car = AGAINST if shut else CAR
    way = oneway(tags)
    against = AGAINST if car else 0
    return foot | (car if way >= 0 else against), foot | (car if way <= 0 else against)


def _on_foot(highway: str, tags: Mapping[str, str]) -> bool:
    said = tags.get("foot")
    if said is not None:
        return said not in _NO
    if highway in _NOT_ON_FOOT:
        return False
    if highway in _ON_FOOT_WITH_SIDEWALK:
        return any(tags.get(key) in _SIDEWALK for key in ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"))
    return True


def oneway(tags: Mapping[str, str]) -> int:
    """1 where cars may only go along the line, -1 only against it, 0 both ways. Roundabouts and motorways are one-way by themselves."""
    said = tags.get("oneway", "").lower()
    if said in ("yes", "true", "1"):
        return 1
    if said in ("-1", "reverse"):
        return -1
    if said:
        return 0
    return int(tags.get("junction") in ("roundabout", "circular") or tags.get("highway") in _NOT_ON_FOOT)


def speed(tags: Mapping[str, str]) -> float:
    """Metres a second of a car: the limit where it can be read, else what the class allows."""
    limit = kmh(tags.get("maxspeed", ""))
    return (limit if limit is not None else KMH.get(tags.get("highway", ""), FOOT_KMH)) / 3.6


def kmh(maxspeed: str) -> float | None:
    """Kilometres an hour of a `maxspeed`: "50", "30 mph", "KR:urban", the first of "60;50"; None where it says nothing usable."""
    text = maxspeed.split(";")[0].strip().lower()
    zone = text.rpartition(":")[2]
    if zone in _ZONES:
        return _ZONES[zone]
    match = _SPEED.match(text)
    if match is None:
        return None
    factor = {"mph": _KMH_OF_MILE, "knots": 1.852}.get(match[2] or "", 1.0)
    value = float(match[1]) * factor
    return value if 1.0 <= value <= 200.0 else None
