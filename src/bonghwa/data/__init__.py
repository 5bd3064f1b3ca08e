"""The demo data set inside the package, and the list of districts. ATTRIBUTION.md says where each file comes from."""

import gzip
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class District:
    """A district: its id, its names in Korean and English, and the words that files use for it."""

    id: str
    ko: str
    en: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Town:
    """A part of the city compared on the quality page: `old` or `new`, and the dongs ("중구 신포동") it is made of."""

    kind: str
    ko: str
    en: str
    dongs: tuple[str, ...]


@dataclass(frozen=True)
class City:
    """The city as data: names, districts in their usual order, towns to compare."""

    ko: str
    en: str
    centre_ko: str
    centre_en: str
    short: tuple[str, ...]
    districts: tuple[District, ...]
    towns: tuple[Town, ...]

    def district(self, district_id: str) -> District:
        """The district of an id; KeyError names an unknown one."""
        for district in self.districts:
            if district.id == district_id:
                return district
        raise KeyError(f"district: {district_id!r} is not one of this city")


def open_data(name: str) -> bytes:
    """The content of a packaged file as it stands."""
    return (files(__name__) / name).read_bytes()


def read_data(name: str) -> bytes:
    """The content of a packaged file, unpacked where its name ends in `.gz`."""
    raw = open_data(name)
    return gzip.decompress(raw) if name.endswith(".gz") else raw


@cache
def load_city() -> City:
    """The city of `districts.toml`."""
    table = tomllib.loads(read_data("districts.toml").decode())
    city = table["city"]
    return City(
        ko=city["ko"],
        en=city["en"],
        centre_ko=city["centre"]["ko"],
        centre_en=city["centre"]["en"],
        short=tuple(city["short"]),
        districts=tuple(District(d["id"], d["ko"], d["en"], tuple(d["names"])) for d in table["district"]),
        towns=tuple(Town(t["kind"], t["ko"], t["en"], tuple(t["dongs"])) for t in table["town"]),
    )
