"""Places people name: stops, markets, stations, hospitals, offices, emergency bells; and streets, from addresses and roads."""

import re
from collections import defaultdict
from pathlib import Path
from statistics import median

import shapely

from bonghwa.data import load_city
from bonghwa.domain.geo import to_wgs84
from tools.demo_data.borders import Borders
from tools.demo_data.files import Feature, read_rows
from tools.demo_data.roads import Road

Place = tuple[str, str, str, float, float]
"""layer, name, detail, lat, lon"""

FACILITIES = {
    "경찰": "police", "해경": "police", "소방서/119센터": "fire", "병원": "hospital", "시청": "office", "군구청": "office",
}  # fmt: skip
MARKET_ALIASES = {"신포시장": "신포국제시장"}
"""Names the market's own signs use beside the standard file's."""
STREET = re.compile(r"^([0-9가-힣·.]+?(?:대로|로|길))(?=\s|\d|$|\(|,)")


def facilities(folder: Path, borders: Borders) -> list[Place]:
    """Police, fire stations, hospitals, offices and toilets with an emergency bell, inside the city."""
    found: list[Place] = [
        (FACILITIES[row["유형"]], row["시설명"], row["주소"], float(row["위도"] or 0), float(row["경도"] or 0))
        for row in read_rows(folder / "incheon_facilities_20210125.csv", "cp949")
        if row["유형"] in FACILITIES
    ]
    for row in read_rows(folder / "incheon_public_toilets_emergency_bell.csv.gz", "utf-8-sig"):
        if row["비상벨설치여부"] == "Y":
            address = row["소재지도로명주소"] or row["소재지지번주소"]
            found.append(("bell", row["화장실명"], address, float(row["WGS84위도"] or 0), float(row["WGS84경도"] or 0)))
    city = borders.city.buffer(0.01)
    shapely.prepare(city)
    return [place for place in found if shapely.contains_xy(city, place[4], place[3])]


def markets(folder: Path) -> list[tuple[str, str, int, bool, bool, float, float]]:
    """Traditional markets of the city: name, address, shops, fire detector, sprinkler, lat, lon."""
    equipment = {
        row["시장명"]: (row["화재감지기 보유여부"] == "Y", row["스프링쿨러 보유 여부"] == "Y")
        for row in read_rows(folder / "korea_traditional_markets_semas_20240719.csv", "cp949")
        if row["시도"].startswith("인천")
    }
    found = []
    for row in read_rows(folder / "korea_traditional_markets_standard.csv", "cp949"):
        address = row["소재지도로명주소"] or row["소재지지번주소"]
        if address.startswith("인천"):
            detector, sprinkler = equipment.get(row["시장명"], (False, False))
            found.append((row["시장명"], address, int(row["점포수"]), detector, sprinkler, float(row["위도"]), float(row["경도"])))
    return found


def point(layer: str, name: str, lat: float, lon: float, **more: object) -> Feature:
    """A GeoJSON point of a layer."""
    coordinates = [round(lon, 6), round(lat, 6)]
    return {
        "type": "Feature",
        "properties": {"layer": layer, "name": name, **more},
        "geometry": {"type": "Point", "coordinates": coordinates},
    }


def street_of(address: str) -> str | None:
    """The street name of a road-name address, with the city and district taken off; None where there is none."""
    city = load_city()
    rest = address.strip()
    for word in city.short:
        if rest.startswith(word):
            rest = rest[len(word) :].strip()
            break
    for district in city.districts:
        if rest.startswith(district.ko):
            rest = rest[len(district.ko) :].strip()
            break
    rest = re.sub(r"^[가-힣0-9]+[읍면]\s+", "", rest)
    branch = re.match(r"^([0-9가-힣·.]+?(?:로|길)\d*(?:번|가|나|다)?[가-힣]*길)(?=\s|\d|$|\()", rest)
    found = branch or STREET.match(rest)
    return found.group(1) if found else None


def streets(cameras: Path, roads: list[Road]) -> list[tuple[str, str, float, float]]:
    """Streets as name, district id, lat, lon: the median of the cameras addressed on them, else the middle of the road."""
    names = {word: district.id for district in load_city().districts for word in district.names}
    points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in read_rows(cameras, "utf-8-sig"):
        street = street_of(row["소재지도로명주소"])
        owner = next((names[word] for word in names if f" {word}" in " " + row["관리기관명"]), "")
        if street and owner:
            points[street, owner].append((float(row["WGS84위도"]), float(row["WGS84경도"])))
    found = {key: (median(lat for lat, _ in at), median(lon for _, lon in at)) for key, at in points.items()}
    middles: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for road in roads:
        if road.name:
            middles[road.name, "junggu" if road.kind == 0 else "ongjin"].append(road.points[len(road.points) // 2])
    for key, at in middles.items():
        found.setdefault(key, to_wgs84(*sorted(at)[len(at) // 2]))
    return [(name, owner, round(lat, 6), round(lon, 6)) for (name, owner), (lat, lon) in sorted(found.items())]
