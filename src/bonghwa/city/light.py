"""The light over the city by the hour, and what lamps add to it at night."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, cos, degrees, exp, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.chance import units

LATITUDE, LONGITUDE = 37.46, 126.70
"""The sun is taken for the middle of the city."""

KST = timedelta(hours=9)

Floats = NDArray[np.float32] | NDArray[np.float64]

LAMP_HEIGHT_M = 7.0

_WARM = np.array([1.0, 0.72, 0.40])
_WHITE = np.array([0.86, 0.93, 1.0])


@dataclass(frozen=True)
class Sky:
    """Light without lamps, in linear RGB. `night` is 0 by day and 1 in the dark."""

    night: float
    ambient: NDArray[np.float64]
    sun: NDArray[np.float64]
    towards_sun: NDArray[np.float64]
    horizon: NDArray[np.float64]
    zenith: NDArray[np.float64]
    lit_share: float
    """Share of windows with light in them."""


def sun_angles(unix: float) -> tuple[float, float]:
    """Elevation and azimuth of the sun in degrees (Spencer's declination, Iqbal 1983; good to half a degree)."""
    moment = datetime.fromtimestamp(unix, UTC)
    day = moment.timetuple().tm_yday + (moment.hour + moment.minute / 60) / 24
    year = 2 * pi * (day - 1) / 365
    declination = 0.006918 - 0.399912 * cos(year) + 0.070257 * sin(year) - 0.006758 * cos(2 * year) + 0.000907 * sin(2 * year)
    equation = 229.18 * (0.000075 + 0.001868 * cos(year) - 0.032077 * sin(year) - 0.014615 * cos(2 * year) - 0.040849 * sin(2 * year))
    minutes = moment.hour * 60 + moment.minute + moment.second / 60 + equation + 4 * LONGITUDE
    hour = radians(minutes / 4 - 180)
    latitude = radians(LATITUDE)
    elevation = asin(sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour))
    azimuth = np.arctan2(-sin(hour) * cos(declination), (sin(declination) - sin(latitude) * sin(elevation)) / cos(latitude))
    return degrees(elevation), float(np.degrees(azimuth) % 360)


def light_step(unix: float) -> int:
    """A number that changes when the light has changed enough to draw the street anew."""
    elevation, _ = sun_angles(unix)
    hour = (datetime.fromtimestamp(unix, UTC) + KST).hour
    return round(max(-12.0, min(30.0, elevation)) / 3.0) * 100 + (hour if elevation < -4 else 0)


def sky_at(unix: float) -> Sky:
    """The sky at a moment of Unix time."""
    elevation, azimuth = sun_angles(unix)
    day = float(np.clip((elevation + 5.0) / 16.0, 0.0, 1.0)) ** 1.3
    night = float(np.clip((4.0 - elevation) / 10.0, 0.0, 1.0))
    dusk = float(np.exp(-(((elevation + 1.0) / 5.0) ** 2)))
    hour = (datetime.fromtimestamp(unix, UTC) + KST).hour
    evening = {18: 0.34, 19: 0.42, 20: 0.44, 21: 0.42, 22: 0.36, 23: 0.27, 0: 0.19, 1: 0.13, 2: 0.1, 3: 0.085, 4: 0.08, 5: 0.12, 6: 0.2}
    lean = np.array(
        [sin(radians(azimuth)) * cos(radians(elevation)), cos(radians(azimuth)) * cos(radians(elevation)), sin(radians(elevation))]
    )
    return Sky(
        night=night,
        ambient=np.array([0.022, 0.030, 0.047]) * (1 - day) + np.array([0.20, 0.23, 0.28]) * day + np.array([0.05, 0.035, 0.04]) * dusk,
        sun=np.array([0.66, 0.60, 0.50]) * day * float(np.clip(elevation / 12.0, 0.0, 1.0)),
        towards_sun=lean,
        horizon=np.array([0.016, 0.022, 0.035]) * (1 - day) + np.array([0.62, 0.68, 0.74]) * day + np.array([0.20, 0.10, 0.07]) * dusk,
        zenith=np.array([0.006, 0.009, 0.017]) * (1 - day) + np.array([0.30, 0.45, 0.66]) * day + np.array([0.03, 0.03, 0.06]) * dusk,
        lit_share=evening.get(hour, 0.3) * night,
    )


def on_sprites(light: Floats, column: float, row: float) -> tuple[float, float, float]:
    """What a sprite at a pixel gets: brightness, and the lamps' tint in Cb and Cr. `light` holds every eighth pixel, linear RGB."""
    red, green, blue = light[min(len(light) - 1, max(0, int(row) // 8)), min(light.shape[1] - 1, max(0, int(column) // 8))].tolist()
    total = red + green + blue + 1e-6
    brightness = ((1 - exp(-0.26 * total)) / 0.3) ** 0.45
    return min(1.12, max(0.2, brightness)), 26 * (blue - red) / total, 22 * (red - blue) / total


@dataclass(frozen=True)
class Lamps:
    """Point lights: position (n, 3) in metres, colour (n, 3) in linear RGB at their foot."""

    position: NDArray[np.float64]
    colour: NDArray[np.float64]

    def on_ground(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Light on level ground (or on anything without a face of its own) at points: shape (..., 3)."""
        total = np.zeros((*x.shape, 3), np.float32)
        for (lx, ly, lz), colour in zip(self.position.astype(np.float32), self.colour.astype(np.float32), strict=True):
            drop = np.maximum(lz - z, np.float32(0.6))
            reach = (x - lx) ** 2 + (y - ly) ** 2 + drop * drop
            total += (drop * lz * lz / (reach * np.sqrt(reach)))[..., None] * colour
        return total

    def on_walls(self, x: Floats, y: Floats, z: Floats, east: Floats, north: Floats) -> Floats:
        """Light on upright walls with the given outward directions."""
        total = np.zeros((*x.shape, 3), np.float32)
        for (lx, ly, lz), colour in zip(self.position.astype(np.float32), self.colour.astype(np.float32), strict=True):
            dx, dy, dz = lx - x, ly - y, lz - z
            reach = dx * dx + dy * dy + dz * dz + np.float32(1.0)
            facing = np.maximum(dx * east + dy * north, np.float32(0.0)) + np.float32(0.12) * np.abs(dz)
            # A street lamp is shaded upwards: above its head the wall gets little.
            shaded = np.clip(np.float32(1.0) + dz / np.float32(2.5), np.float32(0.12), np.float32(1.0))
            total += (facing * shaded * lz * lz / (reach * np.sqrt(reach)))[..., None] * colour
        return total


def street_lamps(xy: NDArray[np.float64], key: NDArray[np.int64], sky: Sky) -> Lamps:
    """Lamps over the given places; most are white, some old ones sodium yellow."""
    old = units(key, 21) < 0.4
    bright = 0.44 + 0.30 * units(key, 22)
    colour = np.where(old[:, None], _WARM, _WHITE) * (bright * sky.night)[:, None]
    return Lamps(np.concatenate([xy, np.full((len(xy), 1), LAMP_HEIGHT_M)], axis=1), colour)
