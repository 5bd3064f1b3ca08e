"""What the ground is made of: plots, pavements, carriageways and their marks, painted as polygons in the picture."""

import numpy as np
from numpy.typing import NDArray

from bonghwa.city.canvas import Floats, blend, disc, windows_of
from bonghwa.city.chance import unit_of
from bonghwa.city.pose import NEAREST_M, Lens
from bonghwa.city.streets import LANE_M, Street

Colour = tuple[float, float, float]

PLOT: Colour = (0.155, 0.150, 0.142)
PAVEMENT: Colour = (0.255, 0.245, 0.235)
KERB: Colour = (0.36, 0.36, 0.36)
ASPHALT: Colour = (0.098, 0.100, 0.105)
ALLEY: Colour = (0.135, 0.134, 0.132)
WHITE: Colour = (0.62, 0.63, 0.63)
YELLOW: Colour = (0.58, 0.40, 0.08)

_PAINTED_M = 120.0
_CROSSWALK_FROM_END_M = 9.0


def _flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([points, np.zeros((len(points), 1))], axis=1)


class _Brush:
    """Paints ground polygons through a lens."""

    def __init__(self, lens: Lens, picture: Floats) -> None:
        self.lens, self.picture = lens, picture
        self.eye = lens.position[:2]

    def polygon(self, points: NDArray[np.float64], colour: Colour, opacity: float = 1.0) -> None:
        shape = self.lens.polygon(_flat(points))
        if shape is not None:
            blend(self.picture, shape, colour, opacity)

    def quads(self, corners: NDArray[np.float64], colour: Colour, opacity: float = 1.0) -> None:
        """Paint quads (n, 4, 2); those outside the picture cost nothing."""
        if not len(corners):
            return
        seen = self.lens.sees_from(np.concatenate([corners, np.zeros((*corners.shape[:2], 1))], axis=2))
        before = seen[..., 2] > NEAREST_M
        pixels = self.lens.pixels(seen)
        whole = before.all(axis=1)
        for i in np.flatnonzero(before.any(axis=1) & ~whole).tolist():
            self.polygon(corners[i], colour, opacity)
        pixels = pixels[whole]
        for shape, window in zip(pixels, windows_of(pixels.min(axis=1), pixels.max(axis=1)), strict=True):
            if window is not None:
                blend(self.picture, shape, colour, opacity, window)

    def ribbon(self, street: Street, low: float, high: float, colour: Colour, opacity: float = 1.0) -> None:
        """The strip between two distances left of the centre line, along the whole street, with mitred bends."""
        direction = np.gradient(street.xy, axis=0)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        left = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        inner, outer = street.xy + left * low, street.xy + left * high
        quads = np.stack([inner[:-1], inner[1:], outer[1:], outer[:-1]], axis=1)
        offset = quads.mean(axis=1) - self.eye
        near = (np.hypot(offset[:, 0], offset[:, 1]) < _PAINTED_M) & (offset @ self.lens.forward[:2] > -26.0)
        self.quads(quads[near], colour, opacity)

    def dashes(self, street: Street, lateral: float, width: float, dash: float, gap: float, colour: Colour, opacity: float) -> None:
        away, foot = street.nearest(float(self.eye[0]), float(self.eye[1]))
        reach = max(0.0, 55.0 - away)
        first = max(0.0, np.ceil((foot - reach) / (dash + gap)) * (dash + gap))
        begin = np.arange(first, min(street.length, foot + reach) - dash, dash + gap)
        if not len(begin):
            return
        points, direction = street.at(begin)
        left = np.stack([-direction[:, 1], direction[:, 0]], axis=1)
        base = points + left * (lateral - width / 2)
        ahead, across = direction * dash, left * width
        self.quads(np.stack([base, base + ahead, base + ahead + across, base + across], axis=1), colour, opacity)


def _crosswalk(brush: _Brush, street: Street, at: float) -> None:
    """Zebra stripes over the street, with a stop line before them."""
    points, direction = street.at(np.array([at]))
    point, ahead = points[0], direction[0]
    if np.hypot(*(point - brush.eye)) > 70:
        return
    left = np.array([-ahead[1], ahead[0]])
    half = street.width / 2 - 0.4
    for lateral in np.arange(-half, half - 0.5, 1.05):
        base = point + left * lateral - ahead * 2.0
        brush.polygon(np.stack([base, base + ahead * 4.0, base + ahead * 4.0 + left * 0.55, base + left * 0.55]), WHITE, 0.85)
    for way in (-1.0, 1.0):
        base = point + ahead * way * 4.2 - left * way * 0.1
        line = np.stack([base, base - left * way * half, base - left * way * half + ahead * way * 0.4, base + ahead * way * 0.4])
        brush.polygon(line, WHITE, 0.7)


def _wear(brush: _Brush, street: Street) -> None:
    """Patched asphalt and manhole covers, every 17 m or so."""
    away, foot = street.nearest(float(brush.eye[0]), float(brush.eye[1]))
    if away > 45.0:
        return
    for number in range(int(max(0.0, foot - 45.0) // 17.0), int(min(street.length, foot + 45.0) // 17.0)):
        draw = [unit_of(street.key, "wear", number, part) for part in range(4)]
        x, y, dx, dy = street.point((number + draw[0]) * 17.0)
        ahead, left = np.array([dx, dy]), np.array([-dy, dx])
        centre = np.array([x, y]) + left * (draw[1] - 0.5) * (street.width - 2.4)
        if draw[2] < 0.5:
            half_long, half_wide = ahead * (0.8 + 1.6 * draw[3]), left * (0.5 + 0.5 * draw[3])
            corners = [centre - half_long - half_wide, centre + half_long - half_wide, centre + half_long + half_wide]
            brush.polygon(np.stack([*corners, centre - half_long + half_wide]), (0.06, 0.06, 0.064), 0.5)
        else:
            for radius, colour in ((0.42, (0.2, 0.2, 0.2)), (0.36, (0.07, 0.072, 0.075))):
                brush.polygon(disc((float(centre[0]), float(centre[1])), radius, radius), colour, 0.9)


def _marks(brush: _Brush, street: Street) -> None:
    """Lane marks as on Korean roads: yellow in the middle, white between lanes and along the kerb."""
    if street.lanes <= 1:
        for side in (-1.0, 1.0):
            brush.ribbon(street, side * (street.width / 2 - 0.75), side * (street.width / 2 - 0.63), WHITE, 0.4)
        return
    if street.lanes == 2:
        brush.dashes(street, 0.0, 0.17, 3.0, 3.4, YELLOW, 0.95)
    else:
        for lateral in (-0.22, 0.10):
            brush.ribbon(street, lateral, lateral + 0.13, YELLOW, 0.95)
    for lane in range(1, (street.lanes + 1) // 2):
        for side in (-1.0, 1.0):
            brush.dashes(street, side * lane * LANE_M, 0.14, 3.0, 5.0, WHITE, 0.8)
    for side in (-1.0, 1.0):
        brush.ribbon(street, side * (street.width / 2 - 0.52), side * (street.width / 2 - 0.40), WHITE, 0.5)


def paint_ground(lens: Lens, picture: Floats, streets: list[Street]) -> None:
    """Paint everything flat. Streets are painted kind by kind, so that crossings open by themselves."""
    brush = _Brush(lens, picture)
    walked = [street for street in streets if street.walk > 0]
    for street in walked:
        edge = street.width / 2 + street.walk
        brush.ribbon(street, -edge, edge, PAVEMENT)
    for street in walked:
        for side in (-1.0, 1.0):
            brush.ribbon(street, side * street.width / 2, side * (street.width / 2 + 0.22), KERB)
    for street in sorted(streets, key=lambda street: street.lanes):
        brush.ribbon(street, -street.width / 2, street.width / 2, ALLEY if street.lanes <= 1 else ASPHALT)
    for street in streets:
        _wear(brush, street)
        _marks(brush, street)
    for street in walked:
        if street.length > 40.0:
            for name, at in (("first", _CROSSWALK_FROM_END_M), ("last", street.length - _CROSSWALK_FROM_END_M)):
                if unit_of(street.key, "crosswalk", name) < 0.7:
                    _crosswalk(brush, street, at)
