"""Places on the ellipsoid and on Korea's central grid, in plain Python.

The grid is EPSG:5186 (Korea 2000 / Central Belt 2010): transverse Mercator on GRS 80, origin 38 N 127 E, scale 1, false easting
200,000 m and false northing 600,000 m. WGS 84 and Korea 2000 differ by less than a metre and are taken as equal, as EPSG does.
The series is Krueger's, to the sixth order of the third flattening (Karney 2011, Journal of Geodesy 85): below a micrometre here.
"""

from cmath import sin as csin
from math import asinh, atan, atan2, atanh, cos, degrees, hypot, radians, sin, sinh, sqrt, tan

SEMI_MAJOR_M = 6378137.0
FLATTENING = 1 / 298.257222101
_ECC2 = FLATTENING * (2 - FLATTENING)
_ECC = sqrt(_ECC2)
_N = FLATTENING / (2 - FLATTENING)

_ORIGIN_LAT = radians(38)
_ORIGIN_LON = radians(127)
_FALSE_EASTING = 200_000.0
_FALSE_NORTHING = 600_000.0

_RECTIFYING_RADIUS = SEMI_MAJOR_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64 + _N**6 / 256)
_ALPHA = (
    _N / 2 - 2 * _N**2 / 3 + 5 * _N**3 / 16 + 41 * _N**4 / 180 - 127 * _N**5 / 288 + 7891 * _N**6 / 37800,
    13 * _N**2 / 48 - 3 * _N**3 / 5 + 557 * _N**4 / 1440 + 281 * _N**5 / 630 - 1983433 * _N**6 / 1935360,
    61 * _N**3 / 240 - 103 * _N**4 / 140 + 15061 * _N**5 / 26880 + 167603 * _N**6 / 181440,
    49561 * _N**4 / 161280 - 179 * _N**5 / 168 + 6601661 * _N**6 / 7257600,
    34729 * _N**5 / 80640 - 3418889 * _N**6 / 1995840,
    212378941 * _N**6 / 319334400,
)
_BETA = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360 - 81 * _N**5 / 512 + 96199 * _N**6 / 604800,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440 + 46 * _N**5 / 105 - 1118711 * _N**6 / 3870720,
    17 * _N**3 / 480 - 37 * _N**4 / 840 - 209 * _N**5 / 4480 + 5569 * _N**6 / 90720,
    4397 * _N**4 / 161280 - 11 * _N**5 / 504 - 830251 * _N**6 / 7257600,
    4583 * _N**5 / 161280 - 108847 * _N**6 / 3991680,
    20648693 * _N**6 / 638668800,
)


def _conformal_tangent(tau: float) -> float:
    """Tangent of the conformal latitude from the tangent of the geographic latitude."""
    sigma = sinh(_ECC * atanh(_ECC * tau / hypot(1.0, tau)))
    return tau * hypot(1.0, sigma) - sigma * hypot(1.0, tau)


def _geographic_tangent(conformal: float) -> float:
    """Inverse of `_conformal_tangent`, by Newton's method; two rounds reach the last digit."""
    tau = conformal / (1 - _ECC2)
    for _ in range(4):
        guess = _conformal_tangent(tau)
        step = (conformal - guess) / hypot(1.0, guess) * (1 + (1 - _ECC2) * tau * tau) / ((1 - _ECC2) * hypot(1.0, tau))
        tau += step
        if abs(step) < 1e-15 * max(1.0, abs(tau)):
            break
    return tau


def _warp(zeta: complex, factors: tuple[float, ...], sign: float) -> complex:
    """The Krueger series, forward (`sign` 1, alpha) or back (-1, beta), on northing + i easting in rectifying radii."""
    return zeta + sign * sum(factor * csin(2 * order * zeta) for order, factor in enumerate(factors, start=1))


def _northing_angle(lat: float, lon: float) -> complex:
    conformal = _conformal_tangent(tan(lat))
    lam = lon - _ORIGIN_LON
    xi = atan2(conformal, cos(lam))
    eta = asinh(sin(lam) / hypot(conformal, cos(lam)))
    return _warp(complex(xi, eta), _ALPHA, 1.0)


_ORIGIN_XI = _northing_angle(_ORIGIN_LAT, _ORIGIN_LON).real


def to_grid(lat: float, lon: float) -> tuple[float, float]:
    """Grid metres `(x east, y north)` in EPSG:5186 of a WGS 84 place in degrees."""
    zeta = _northing_angle(radians(lat), radians(lon))
    return (
        _FALSE_EASTING + _RECTIFYING_RADIUS * zeta.imag,
        _FALSE_NORTHING + _RECTIFYING_RADIUS * (zeta.real - _ORIGIN_XI),
    )


def to_wgs84(x: float, y: float) -> tuple[float, float]:
    """Degrees `(lat, lon)` of a place given in EPSG:5186 metres."""
    xi = (y - _FALSE_NORTHING) / _RECTIFYING_RADIUS + _ORIGIN_XI
    zeta = _warp(complex(xi, (x - _FALSE_EASTING) / _RECTIFYING_RADIUS), _BETA, -1.0)
    conformal = sin(zeta.real) / hypot(sinh(zeta.imag), cos(zeta.real))
    lam = atan2(sinh(zeta.imag), cos(zeta.real))
    return degrees(atan(_geographic_tangent(conformal))), degrees(_ORIGIN_LON + lam)


def _metres_per_radian(lat: float) -> tuple[float, float]:
    """Metres of one radian of longitude and of latitude at `lat` radians on the ellipsoid."""
    w2 = 1 - _ECC2 * sin(lat) ** 2
    across = SEMI_MAJOR_M / sqrt(w2)
    return across * cos(lat), across * (1 - _ECC2) / w2


def _offset_m(lat1: float, lon1: float, lat2: float, lon2: float) -> tuple[float, float]:
    east, north = _metres_per_radian(radians((lat1 + lat2) / 2))
    return radians((lon2 - lon1 + 180) % 360 - 180) * east, radians(lat2 - lat1) * north


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two WGS 84 places: mid-latitude formula, within 1 mm at 1 km and 0.1 % across Korea."""
    return hypot(*_offset_m(lat1, lon1, lat2, lon2))


def bearing_deg(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Compass bearing, 0 <= bearing < 360 clockwise from north, from the first place to the second."""
    east, north = _offset_m(lat1, lon1, lat2, lon2)
    return degrees(atan2(east, north)) % 360.0


def destination(lat: float, lon: float, bearing: float, metres: float) -> tuple[float, float]:
    """The place `(lat, lon)` that lies `metres` from another along a compass `bearing` in degrees."""
    east, north = metres * sin(radians(bearing)), metres * cos(radians(bearing))
    _, per_lat = _metres_per_radian(radians(lat))
    mid = radians(lat) + north / per_lat / 2
    per_lon, per_lat = _metres_per_radian(mid)
    return lat + degrees(north / per_lat), (lon + degrees(east / per_lon) + 180) % 360 - 180
