"""From accepted site rows to cameras: identity that outlives the file, doubts as warnings."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bonghwa.data import load_city
from bonghwa.domain.camera import Camera, camera_id, pole_of, prior_pose, site_id
from bonghwa.registry.borders import Borders, DistrictWords, load_borders
from bonghwa.registry.standard import Reject, SiteRow, StandardFile, read_standard

STALE_YEARS = 5
FINE_DECIMALS = 5
"""Five decimals of a degree are about a metre; with four a camera may stand in the next street."""


@dataclass(frozen=True)
class ParsedFile:
    """Cameras of a file in file order, nameless until planned; `sites` counts accepted rows, `warnings` rows per doubt."""

    rows: int
    sites: int
    cameras: tuple[Camera, ...]
    rejects: tuple[Reject, ...]
    warnings: dict[str, int] = field(default_factory=dict)


def parse_file(path: Path, today: date, borders: Borders | None = None) -> ParsedFile:
    """Read a national standard file into cameras. Raises FileProblem when the file as a whole is unusable."""
    words = DistrictWords(load_city())
    return parse_rows(read_standard(path, words.of_office), words, borders or load_borders(), today)


def parse_rows(file: StandardFile, words: DistrictWords, borders: Borders, today: date) -> ParsedFile:
    """Cameras of accepted rows; a row of no cameras (대수 0) stays a counted site with the warning `no_cameras`."""
    sites = file.sites
    doubts = _doubts(sites, words, borders, today)
    twins = _twins(sites)
    counts: Counter[str] = Counter()
    cameras: list[Camera] = []
    for row, warnings, twin in zip(sites, doubts, twins, strict=True):
        counts.update(warnings)
        if row.heads == 0:
            counts["no_cameras"] += 1
        cameras += _heads(row, warnings, twin)
    return ParsedFile(file.rows, len(sites), tuple(cameras), tuple(file.rejects), dict(sorted(counts.items())))


def _heads(row: SiteRow, warnings: tuple[str, ...], twin: int) -> list[Camera]:
    site = site_id(row.owner, row.address or row.address_lot, row.lat, row.lon, row.purpose, twin)
    pose = prior_pose(row.pixels, row.purpose, row.direction_text)
    return [
        Camera(
            id=camera_id(site, head),
            name="",
            owner=row.owner,
            site_id=site,
            ordinal=head,
            address=row.address,
            address_lot=row.address_lot,
            purpose=row.purpose,
            lat=row.lat,
            lon=row.lon,
            pixels=row.pixels,
            retention_days=row.retention_days,
            installed=row.installed,
            direction_text=row.direction_text,
            phone=row.phone,
            data_date=row.data_date,
            pose=pose,
            warnings=warnings,
        )
        for head in range(1, row.heads + 1)
    ]


def _twins(sites: Sequence[SiteRow]) -> list[int]:
    """Which of otherwise equal rows each is, from 1.

    Twins are numbered by their content and only then by 번호, so that a file in another order gives the same cameras.
    """
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(sites):
        groups[row.owner, row.address or row.address_lot, pole_of(row.lat, row.lon), row.purpose].append(index)
    numbers = [1] * len(sites)
    for members in groups.values():
        for number, index in enumerate(sorted(members, key=lambda index: _content(sites[index])), start=1):
            numbers[index] = number
    return numbers


def _content(row: SiteRow) -> tuple[object, ...]:
    number = int(row.number) if row.number.isdigit() else 0
    facts = (row.address_lot, row.installed or "", row.heads, row.pixels or 0, row.retention_days or 0, row.direction_text, row.phone)
    return (*facts, number, row.number)


def _doubts(sites: Sequence[SiteRow], words: DistrictWords, borders: Borders, today: date) -> list[tuple[str, ...]]:
    districts = borders.district_of([row.lat for row in sites], [row.lon for row in sites])
    crowd = Counter(pole_of(row.lat, row.lon) for row in sites)
    oldest = _years_before(today, STALE_YEARS).isoformat()
    doubts = []
    for row, district in zip(sites, districts, strict=True):
        named = words.of_address(row.address) or words.of_address(row.address_lot) or row.owner
        found = {
            "shared_point": crowd[pole_of(row.lat, row.lon)] > 1,
            "coarse_coordinates": row.decimals < FINE_DECIMALS,
            "outside_city": district is None,
            "district_mismatch": district is not None and district != named,
            "stale": row.data_date < oldest,
            "unknown_pixels": row.pixels is None,
            "unknown_retention": row.retention_days is None,
            "unknown_pose": True,
        }
        doubts.append(tuple(code for code, holds in found.items() if holds))
    return doubts


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
