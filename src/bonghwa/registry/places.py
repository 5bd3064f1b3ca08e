"""Names and places of the city: stops, markets and shops, streets, landmarks, and a spoken name for any point."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bonghwa.data import read_data
from bonghwa.domain.camera import Camera
from bonghwa.domain.incident import Place

STOP_ACCURACY_M, MARKET_ACCURACY_M, STREET_ACCURACY_M, CAMERA_ACCURACY_M = 15.0, 80.0, 200.0, 5.0


@dataclass(frozen=True)
class Named:
    """A named place one can search for: `kind` is stop, market, street, police, fire, hospital, office or bell."""

    kind: str
    key: str
    name: str
    detail: str
    lat: float
    lon: float


def packaged_places() -> list[Named]:
    """The demo city's named places, from the packaged data."""
    places: list[Named] = []
    for row in csv.DictReader(io.StringIO(read_data("sites.csv.gz").decode())):
        key = row["number"] if row["kind"] == "stop" else row["name"]
        places.append(Named(row["kind"], key, row["name"], row["number"] or row["alias"], float(row["lat"]), float(row["lon"])))
    places += [
        Named("street", row["name"], row["name"], row["district"], float(row["lat"]), float(row["lon"]))
        for row in csv.DictReader(io.StringIO(read_data("streets.csv.gz").decode()))
    ]
    for feature in json.loads(read_data("places.geojson.gz"))["features"]:
        properties, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"][:2]
        if properties["layer"] not in ("stop", "market"):
            name = properties.get("name") or ""
            places.append(Named(properties["layer"], name, name, "", lat, lon))
    return places


class CityPlaces:
    """The PlaceBook port over the registry's cameras and the named places."""

    def __init__(self, cameras: Sequence[Camera], places: Iterable[Named], district_names: dict[str, str]) -> None:
        self._cameras = {camera.id: camera for camera in cameras} | {camera.name: camera for camera in cameras}
        self.places = list(places)
        self._stops = {p.key: p for p in self.places if p.kind == "stop"}
        markets = [p for p in self.places if p.kind == "market"]
        self._markets = {p.detail: p for p in markets if p.detail} | {p.name: p for p in markets}
        self._by_name: dict[str, list[Named]] = {}
        for place in self.places:
            self._by_name.setdefault(place.name, []).append(place)
        standing = [camera for camera in cameras if not camera.retired]
        self._standing = standing
        self._lat = np.array([camera.lat for camera in standing])
        self._lon = np.array([camera.lon for camera in standing])
        self._districts = district_names

    def site(self, name: str) -> Place | None:
        """A stop by its number, a market by its name, or `market/shop`: a shop stands where its market stands."""
        stop = self._stops.get(name)
        if stop is not None:
            return Place(stop.lat, stop.lon, STOP_ACCURACY_M, f"{stop.name} 정류소 ({stop.key})", source="site")
        market_name, _, shop = name.partition("/")
        market = self._markets.get(market_name.strip())
        if market is not None:
            label = f"{market.name} {shop.strip()}호" if shop.strip() else market.name
            return Place(market.lat, market.lon, MARKET_ACCURACY_M, label, source="site")
        return self.name(name)

    def name(self, text: str) -> Place | None:
        """A place by its exact name, when the name is clear; a camera by its name too."""
        if text in self._cameras:
            return self.camera(text)
        market = self._markets.get(text.strip())
        if market is not None:
            return Place(market.lat, market.lon, MARKET_ACCURACY_M, text.strip(), source="name")
        found = self._by_name.get(text.strip(), [])
        if not found or (len(found) > 1 and _spread(found) > 0.01):
            return None
        accuracy = STREET_ACCURACY_M if found[0].kind == "street" else MARKET_ACCURACY_M
        return Place(found[0].lat, found[0].lon, accuracy, found[0].name, source="name")

    def camera(self, camera: str) -> Place | None:
        """Where a camera stands, by id or name."""
        known = self._cameras.get(camera)
        return None if known is None else Place(known.lat, known.lon, CAMERA_ACCURACY_M, "", known.owner, "camera")

    def describe(self, lat: float, lon: float) -> tuple[str, str | None]:
        """The street of the nearest camera's address, and its district; a point far from any camera is told by its coordinates."""
        if not len(self._lat):
            return f"{lat:.5f}, {lon:.5f}", None
        squared = (self._lat - lat) ** 2 + ((self._lon - lon) * 0.794) ** 2
        nearest = int(np.argmin(squared))
        if squared[nearest] > 0.02**2:
            return f"{lat:.5f}, {lon:.5f}", None
        camera = self._standing[nearest]
        return street_of(camera, self._districts.get(camera.owner, "")), camera.owner


def street_of(camera: Camera, district: str) -> str:
    """The spoken part of an address: district and street, without the city."""
    address = camera.address or camera.address_lot
    words = [word for word in address.replace("(", " ").split() if not word.startswith("인천")]
    kept = [word for word in words if word != district][:2]
    return " ".join([district, *kept]).strip()


def _spread(places: list[Named]) -> float:
    return max(p.lat for p in places) - min(p.lat for p in places) + max(p.lon for p in places) - min(p.lon for p in places)


def search(places: Sequence[Named], cameras: Sequence[Camera], text: str, limit: int = 12) -> list[Named]:
    """Places and cameras whose name begins with the text, then those that contain it."""
    wanted = text.strip().lower()
    if not wanted:
        return []
    starts = [p for p in places if p.name.lower().startswith(wanted) or wanted in (p.key.lower(), p.detail.lower())]
    found = [Named("camera", c.id, c.name, c.address or c.address_lot, c.lat, c.lon) for c in cameras if wanted in c.name.lower()][:limit]
    if len(starts) + len(found) < limit:
        starts += [p for p in places if wanted in p.name.lower() and p not in starts][: limit * 2]
    if len(starts) + len(found) < limit:
        found += [Named("camera", c.id, c.name, c.address or c.address_lot, c.lat, c.lon) for c in cameras if wanted in c.address.lower()][
            : limit - len(found)
        ]
    order = {"market": 0, "stop": 1, "street": 2}
    starts.sort(key=lambda p: (not p.name.lower().startswith(wanted), order.get(p.kind, 3), len(p.name)))
    return [*starts[:limit], *found][: limit * 2]
