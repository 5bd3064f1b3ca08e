"""The data-quality page: what is doubtful, by district, worst first; and what old and new towns can see of their streets."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from bonghwa.data import Town, load_city, read_data
from bonghwa.domain.camera import HEALTH_STATES, PRIOR_FOV_DEG, WARNINGS, Camera
from bonghwa.domain.geo import to_grid, to_wgs84
from bonghwa.domain.words_registry import WARNING_WORDS
from bonghwa.registry.borders import load_borders

STREET_STEP_M = 20.0
ALL_ROUND_CHANCE = 0.6
"""Taken where the file says 360도 전방면 and nobody checked; else an unknown view sees a point with the chance fov / 360."""

Floats = NDArray[np.float64]


def quality(cameras: Sequence[Camera], health: Mapping[str, str], language: str = "ko") -> dict[str, Any]:
    """The answer of `GET /quality`, to which the face adds the time. Warnings count sites; health, a state by camera id, counts cameras.

    Towns: `reach_share` is the share of street points some camera might show, `seen_share` the share to be expected, where an unknown
    pose counts as its chance. Streets are the standard roads where we have them and bus sections elsewhere, one point every 20 m.
    """
    active = [camera for camera in cameras if not camera.retired]
    sites = {camera.site_id: camera for camera in active}
    totals: Counter[str] = Counter(code for camera in sites.values() for code in camera.warnings)
    word = 0 if language == "ko" else 1
    return {
        "totals": {"sites": len(sites), "cameras": len(active), "pose_known": sum(camera.pose.known for camera in active)},
        "districts": _districts(active, health),
        "warnings": [{"code": code, "n": n, "text": WARNING_WORDS[code][word]} for code, n in totals.most_common()],
        "towns": _towns(active),
    }


def _districts(cameras: Sequence[Camera], health: Mapping[str, str]) -> list[dict[str, Any]]:
    """One entry an owner, the one with most doubts a site first. The pose is left out of the order: it is unknown everywhere."""
    found = []
    for district in load_city().districts:
        own = [camera for camera in cameras if camera.owner == district.id]
        sites = {camera.site_id: camera for camera in own}
        counts: Counter[str] = Counter(code for camera in sites.values() for code in camera.warnings)
        states: Counter[str] = Counter(health.get(camera.id, "unknown") for camera in own)
        entry = {
            "owner": district.id,
            "name": {"ko": district.ko, "en": district.en},
            "sites": len(sites),
            "cameras": len(own),
            "pose_known": sum(camera.pose.known for camera in own),
            "warnings": {code: counts[code] for code in WARNINGS if counts[code]},
            "health": {state: states[state] for state in HEALTH_STATES if states[state]},
        }
        doubts = sum(n for code, n in counts.items() if code != "unknown_pose") / max(1, len(sites))
        found.append((-doubts, entry))
    return [entry for _, entry in sorted(found, key=lambda item: item[0])]


def _towns(cameras: Sequence[Camera]) -> list[dict[str, Any]]:
    """Old and new towns with what they see, within each kind the least seen first."""
    if not cameras:
        return []
    borders = load_borders()
    at = borders.dong_of([camera.lat for camera in cameras], [camera.lon for camera in cameras])
    places = np.array([to_grid(camera.lat, camera.lon) for camera in cameras])
    streets, street_dong = _street_points()
    reach, seen = _street_sight(cameras, places, streets)
    entries = []
    for town in load_city().towns:
        dongs = [borders.dongs.index(name) for name in town.dongs]
        entries.append(_town(town, cameras, np.flatnonzero(np.isin(at, dongs)), np.isin(street_dong, dongs), reach, seen))
    return sorted(entries, key=lambda entry: (entry["kind"] != "old", entry["seen_share"]))


def _town(
    town: Town, cameras: Sequence[Camera], own: NDArray[np.intp], streets: NDArray[np.bool_], reach: Floats, seen: Floats
) -> dict[str, Any]:
    area = _area_km2(town)
    points = int(streets.sum())
    return {
        "kind": town.kind,
        "name": {"ko": town.ko, "en": town.en},
        "cameras": len(own),
        "area_km2": round(area, 2),
        "per_km2": round(len(own) / area, 1),
        "road_km": round(points * STREET_STEP_M / 1000, 1),
        "seen_share": round(float(seen[streets].mean()), 3) if points else 0.0,
        "reach_share": round(float(reach[streets].mean()), 3) if points else 0.0,
        "pose_known_share": round(sum(cameras[int(i)].pose.known for i in own) / max(1, len(own)), 3),
    }


@cache
def _area_km2(town: Town) -> float:
    borders = load_borders()
    shapes = borders.shapes[[borders.dongs.index(name) for name in town.dongs]]
    metres = shapely.transform(shapes, lambda points: np.array([to_grid(lat, lon) for lon, lat in points]))
    return float(shapely.area(metres).sum()) / 1e6


@cache
def _street_points() -> tuple[Floats, NDArray[np.intp]]:
    """Points of all streets in EPSG:5186 metres, one a 20 m square whatever the number of carriageways, and the dong of each."""
    with np.load(io.BytesIO(read_data("roads.npz"))) as roads:
        ptr, x, y = roads["link_ptr"], roads["x"], roads["y"]
    inner = np.ones(len(x), np.bool_)
    inner[ptr[1:] - 1] = False
    start = np.flatnonzero(inner)
    step_x, step_y = x[start + 1] - x[start], y[start + 1] - y[start]
    parts = np.maximum(1, np.hypot(step_x, step_y) // STREET_STEP_M).astype(np.int64)
    whole = np.repeat(np.arange(len(start)), parts)
    share = (np.arange(len(whole)) - np.repeat(np.cumsum(parts) - parts, parts) + 0.5) / parts[whole]
    points = np.column_stack((x[start][whole] + step_x[whole] * share, y[start][whole] + step_y[whole] * share))
    _, first = np.unique(np.floor(points / STREET_STEP_M).astype(np.int64), axis=0, return_index=True)
    points = points[np.sort(first)]
    degrees = [to_wgs84(px, py) for px, py in points.tolist()]
    return points, load_borders().dong_of([lat for lat, _ in degrees], [lon for _, lon in degrees])


def _street_sight(cameras: Sequence[Camera], places: Floats, streets: Floats) -> tuple[Floats, Floats]:
    """For every street point whether some camera might show it (0 or 1), and the chance that one does."""
    tree = shapely.STRtree([shapely.Point(x, y) for x, y in streets.tolist()])
    ranges = np.array([camera.pose.range_m for camera in cameras])
    who, what = tree.query(shapely.points(places), predicate="dwithin", distance=ranges)
    bearing = np.radians([camera.pose.bearing or 0.0 for camera in cameras])
    known = np.array([camera.pose.known for camera in cameras])
    half = np.cos(np.radians(np.minimum([camera.pose.fov or 360.0 for camera in cameras], 360.0) / 2))
    chance = np.array([1.0 if c.pose.known else ALL_ROUND_CHANCE if c.pose.all_round else PRIOR_FOV_DEG / 360 for c in cameras])
    step = streets[what] - places[who]
    ahead = step[:, 0] * np.sin(bearing[who]) + step[:, 1] * np.cos(bearing[who])
    shown = ~known[who] | (ahead >= half[who] * np.hypot(step[:, 0], step[:, 1]) - 1e-9)
    reach, missed = np.zeros(len(streets)), np.ones(len(streets))
    reach[what[shown]] = 1.0
    np.multiply.at(missed, what[shown], 1.0 - chance[who[shown]])
    return reach, 1.0 - missed
