"""The answer of `GET /map/cameras`: every active camera as columns, small enough to load at once."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from bonghwa.domain.camera import HEALTH_STATES, Camera, warning_mask

_HEALTH_CODES = {state: code for code, state in enumerate(HEALTH_STATES)}


def map_columns(cameras: Sequence[Camera], health: Mapping[str, str]) -> dict[str, Any]:
    """Columns in the order of the cameras, retired ones left out; `health` gives the state by camera id, missing means unknown.

    `version` changes with what any column shows except health, which the page learns from events.
    """
    shown = [camera for camera in cameras if not camera.retired]
    owners = sorted({camera.owner for camera in shown})
    purposes = sorted({camera.purpose for camera in shown})
    owner_at = {owner: index for index, owner in enumerate(owners)}
    purpose_at = {purpose: index for index, purpose in enumerate(purposes)}
    masks = {warnings: warning_mask(warnings) for warnings in {camera.warnings for camera in shown}}
    columns: dict[str, Any] = {
        "owners": owners,
        "purposes": purposes,
        "id": [camera.id for camera in shown],
        "name": [camera.name for camera in shown],
        "lat": [round(camera.lat, 7) for camera in shown],
        "lon": [round(camera.lon, 7) for camera in shown],
        "owner": [owner_at[camera.owner] for camera in shown],
        "purpose": [purpose_at[camera.purpose] for camera in shown],
        "pose": [int(camera.pose.known) for camera in shown],
        "bearing": [camera.pose.bearing for camera in shown],
        "fov": [camera.pose.fov for camera in shown],
        "range_m": [camera.pose.range_m for camera in shown],
        "ptz": [int(camera.pose.ptz) for camera in shown],
        "warn": [masks[camera.warnings] for camera in shown],
    }
    version = sha256(repr(columns).encode()).hexdigest()[:16]
    codes = [_HEALTH_CODES[health.get(camera.id, "unknown")] for camera in shown]
    return {"version": version, **columns, "health": codes}
