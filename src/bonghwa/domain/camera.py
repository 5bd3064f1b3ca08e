"""A camera of the registry, what is known of where it looks, and its identity across imports."""

from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from math import radians, sqrt, tan
from typing import Literal, get_args

PoseSource = Literal["survey", "vms", "onvif", "simulated_survey"]
POSE_SOURCES: frozenset[str] = frozenset(get_args(PoseSource))

PURPOSES = ("생활방범", "어린이보호", "쓰레기단속", "교통단속", "재난재해", "다목적", "시설물관리", "차량방범", "교통정보수집", "기타")
"""설치목적구분 of the national standard; other words are kept as they stand."""

WARNINGS = (
    "shared_point",
    "coarse_coordinates",
    "outside_city",
    "district_mismatch",
    "stale",
    "unknown_pixels",
    "unknown_retention",
    "unknown_pose",
)
"""What may be doubtful about a kept camera. The order is the bit order of the map's `warn` mask and must only grow."""

HEALTH_STATES = ("unknown", "ok", "slow", "dead", "password", "late", "frozen", "black")
"""What gateways say of a camera; the position is its code in `GET /map/cameras`."""

DETECT_PX_PER_M = 25.0
"""EN 62676-4: pixels on a metre of target at which a person is detected."""
OBSERVE_PX_PER_M = 62.5
"""EN 62676-4: pixels on a metre of target at which clothing and conduct are observed."""

PRIOR_FOV_DEG = 70.0
PRIOR_PIXELS = 200
_PRIOR_RANGE_LIMITS_M = (30.0, 120.0)
_ENFORCEMENT_RANGE_M = 40.0
_AIMED_AT_ONE_THING = frozenset({"쓰레기단속", "교통단속", "차량방범"})


def horizontal_pixels(pixels: int | None) -> float:
    """Picture width in pixels of a camera of `pixels` x 10,000 (만 화소), 200 where unknown; a 16:9 picture is assumed."""
    return sqrt((pixels or PRIOR_PIXELS) * 10_000 * 16 / 9)


def pixels_per_metre(pixels: int | None, fov_deg: float, distance_m: float) -> float:
    """Pixels on a metre of target across the view at a distance (EN 62676-4)."""
    return horizontal_pixels(pixels) / (2 * max(distance_m, 1.0) * tan(radians(min(fov_deg, 170.0) / 2)))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera looks: known from a named source, or unknown with a prior.

    Known: `source`, `bearing` (compass degrees of the view's middle) and `fov` (degrees across) are set, `range_m` is how far it shows a
    person. Unknown: the three are None, `range_m` is the prior guess and `all_round` repeats the file's own words ("360도 전방면"),
    which nobody checked. An unknown pose must never be shown or used as certain.
    """

    range_m: float
    source: PoseSource | None = None
    bearing: float | None = None
    fov: float | None = None
    ptz: bool = False
    all_round: bool = False
    height_m: float | None = None

    def __post_init__(self) -> None:
        given = (self.source is not None, self.bearing is not None, self.fov is not None)
        if any(given) and not all(given):
            raise ValueError("pose: source, bearing and fov are known together or not at all")
        if self.bearing is not None and not 0 <= self.bearing < 360:
            raise ValueError(f"pose.bearing: {self.bearing} is not in 0 <= bearing < 360 degrees")
        if self.fov is not None and not 1 <= self.fov <= 360:
            raise ValueError(f"pose.fov: {self.fov} is not in 1..360 degrees")
        if not 1 <= self.range_m <= 2000:
            raise ValueError(f"pose.range_m: {self.range_m} is not in 1..2000 metres")
        if self.height_m is not None and not 0 < self.height_m <= 100:
            raise ValueError(f"pose.height_m: {self.height_m} is not in 0..100 metres")

    @property
    def known(self) -> bool:
        """Whether a source says where the camera looks."""
        return self.source is not None


def prior_pose(pixels: int | None, purpose: str, direction_text: str) -> Pose:
    """The unknown pose of a camera of which only the public file is known.

    The range is where a 70 degree view falls to 25 px/m (detect), 30 to 120 m; cameras aimed at one lane or one heap of refuse reach 40 m.
    """
    reach = horizontal_pixels(pixels) / (2 * DETECT_PX_PER_M * tan(radians(PRIOR_FOV_DEG / 2)))
    low, high = _PRIOR_RANGE_LIMITS_M
    if purpose in _AIMED_AT_ONE_THING:
        high = _ENFORCEMENT_RANGE_M
    return Pose(range_m=round(min(max(reach, low), high), 1), all_round="360" in direction_text)


@dataclass(frozen=True, slots=True)
class Camera:
    """One head at one site. A site is a row of the owner's file; sites at one point are a pole."""

    id: str
    name: str
    """What people say: the district and a running number of its owner, e.g. 중구-1197."""
    owner: str
    """The district centre that decides, e.g. `junggu`."""
    site_id: str
    ordinal: int
    """Which head of the site, from 1."""
    address: str
    address_lot: str
    purpose: str
    lat: float
    lon: float
    pixels: int | None
    """Resolution in 10,000 pixels (만 화소)."""
    retention_days: int | None
    installed: str | None
    """YYYY-MM or YYYY."""
    direction_text: str
    phone: str
    data_date: str
    """YYYY-MM-DD of the owner's file."""
    pose: Pose
    warnings: tuple[str, ...] = ()
    retired: bool = False

    @property
    def pole(self) -> str:
        """The point it stands on: equal for all heads that share a pole."""
        return pole_of(self.lat, self.lon)


def pole_of(lat: float, lon: float) -> str:
    """The key of a point; eight decimals are a millimetre, finer than any file."""
    return f"{lat:.8f},{lon:.8f}"


def _digest(prefix: str, parts: Iterable[str]) -> str:
    return prefix + b32encode(sha256("\x1f".join(parts).encode()).digest()).decode()[:16].lower()


def site_id(owner: str, address: str, lat: float, lon: float, purpose: str, twin: int) -> str:
    """The identity of a site: owner, address, point, purpose and which of otherwise equal rows (`twin`, from 1)."""
    return _digest("s", (owner, address, pole_of(lat, lon), purpose, str(twin)))


def camera_id(site: str, head: int) -> str:
    """The identity of one head of a site, `head` counted from 1. The same file always gives the same id."""
    return _digest("c", (site, str(head)))


def warning_mask(warnings: Iterable[str]) -> int:
    """The warnings as a bit mask, bit i for `WARNINGS[i]`."""
    return sum(1 << WARNINGS.index(code) for code in set(warnings))
