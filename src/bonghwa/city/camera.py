"""The cameras the simulated city offers, read from the hub's export, and which of them are broken."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from bonghwa.city.chance import key_of
from bonghwa.domain.geo import to_grid


class Fault(Enum):
    """How a broken camera behaves. Each takes 0.5 % of the cameras, by hash of the camera id."""

    SILENT = "silent"
    """Accepts TCP, reads the request and never answers."""
    DEAD = "dead"
    """Closes the connection at the first request."""
    SLOW = "slow"
    """Answers every request late and sends one picture every other second."""
    PASSWORD = "password"  # noqa: S105  # the name of a fault
    """The gateway's `sources` hold another password than the camera's."""


_FAULTS = (Fault.SILENT, Fault.DEAD, Fault.SLOW, Fault.PASSWORD)


@dataclass(frozen=True, slots=True)
class CityCamera:
    """One camera of the registry as the city knows it; `x`, `y` are EPSG:5186 metres."""

    id: str
    name: str
    owner: str
    lat: float
    lon: float
    x: float
    y: float
    purpose: str
    pixels: int
    turns: bool
    """A camera that can look all around (PTZ, or "360" in the registry)."""

    @property
    def fault(self) -> Fault | None:
        """What is wrong with this camera; None for 98 % of them."""
        draw = key_of("fault", self.id) % 1000
        return _FAULTS[draw // 5] if draw < 20 else None


class CameraFileError(ValueError):
    """The camera file cannot be used; the text names the entry and the field."""


def _camera(number: int, row: dict[str, object]) -> CityCamera:
    try:
        lat, lon = float(str(row["lat"])), float(str(row["lon"]))
        identity = str(row["id"])
    except (KeyError, ValueError) as error:
        raise CameraFileError(f"cameras[{number}]: {error}") from error
    if not identity or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise CameraFileError(f"cameras[{number}].{'id' if not identity else 'lat/lon'}: out of range")
    x, y = to_grid(lat, lon)
    return CityCamera(
        id=identity,
        name=str(row.get("name") or identity),
        owner=str(row.get("owner") or ""),
        lat=lat,
        lon=lon,
        x=x,
        y=y,
        purpose=str(row.get("purpose") or ""),
        pixels=int(str(row.get("pixels") or 0)),
        turns=bool(row.get("ptz")) or "360" in str(row.get("direction_text") or ""),
    )


def cameras_from(rows: Iterable[dict[str, object]]) -> list[CityCamera]:
    """Cameras of an export's rows, in their order; raises `CameraFileError` at the first row that is none, or is there twice."""
    cameras = [_camera(number, row) for number, row in enumerate(rows)]
    seen: set[str] = set()
    for number, camera in enumerate(cameras):
        if camera.id in seen:
            raise CameraFileError(f"cameras[{number}].id: {camera.id!r} is there twice")
        seen.add(camera.id)
    return cameras


def load_cameras(path: Path) -> list[CityCamera]:
    """Read `{"cameras": [{"id", "name", "owner", "lat", "lon", "purpose", "pixels", "direction_text", "ptz"}]}`."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CameraFileError(f"{path}: {error}") from error
    rows = document.get("cameras") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise CameraFileError(f"{path}: cameras: a list is needed")
    return cameras_from(rows)
