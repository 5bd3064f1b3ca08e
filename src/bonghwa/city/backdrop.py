"""The standing picture of a camera: everything that does not move, drawn once and kept as YUV 4:2:0 planes with its depths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonghwa.city import blocks, furniture, walls
from bonghwa.city.canvas import HEIGHT, WIDTH, Floats
from bonghwa.city.figures import Frame
from bonghwa.city.ground import PLOT, paint_ground
from bonghwa.city.light import Lamps, Sky, street_lamps
from bonghwa.city.pose import Lens
from bonghwa.city.streets import Street

SEEN_M = 135.0
"""Nothing that stands farther away than this is drawn."""

_FOG_M = 150.0

_TONES, _BRIGHTEST = 8192, 3.0
_TONE = (255 * (1 - np.exp(-2.1 * _BRIGHTEST * (np.arange(_TONES) + 0.5) / _TONES)) ** (1 / 2.2)).astype(np.float32)
"""A camera's tone curve as a table: exposure shoulder and gamma, from linear light to 0..255."""


@dataclass(frozen=True)
class Backdrop:
    """What stands still before a camera. `near` holds inverse depths (1/m), `light` the light on level ground at half size."""

    luma: NDArray[np.uint8]
    blue: NDArray[np.uint8]
    red: NDArray[np.uint8]
    near: Floats
    light: Floats
    sky: Sky
    ground: NDArray[np.bool_]


def _rays(lens: Lens) -> Floats:
    """World directions of the pixels' rays, one metre deep along the camera's axis: (H, W, 3)."""
    columns = (np.arange(WIDTH, dtype=np.float32) + np.float32(0.5 - WIDTH / 2)) / np.float32(lens.focal)
    rows = (np.arange(HEIGHT, dtype=np.float32) + np.float32(0.5 - HEIGHT / 2)) / np.float32(lens.focal)
    right, down, forward = (axis.astype(np.float32) for axis in lens.axes)
    rays: Floats = columns[None, :, None] * right + (rows[:, None] * down + forward)[:, None, :]
    return rays


def _grain(x: Floats, y: Floats) -> Floats:
    """Uneven asphalt: smooth noise over ground places, about 1 +- 0.1."""
    a = np.sin(x * np.float32(1.3) + np.sin(y * np.float32(0.7)) * 2)
    b = np.sin(y * np.float32(1.1) - x * np.float32(0.4) + np.sin(x * np.float32(0.31)) * 3)
    c = np.sin(x * np.float32(7.7) + y * np.float32(5.3)) * np.sin(y * np.float32(6.1) - x * np.float32(3.9))
    return np.asarray(1 + np.float32(0.035) * (a + b) + np.float32(0.03) * c, np.float32)


def _walls(lens: Lens, rays: Floats, buildings: blocks.Buildings) -> tuple[walls.Walls, NDArray[np.int16], Floats, NDArray[np.bool_]]:
    """Every wall, which of them each pixel shows, inverse depths of ground and walls, and which pixels look down at the ground."""
    falling = np.minimum(rays[..., 2], np.float32(-1e-6))
    near = np.where(rays[..., 2] < -1e-6, -falling / np.float32(lens.pose.height), np.float32(0)).astype(np.float32)
    ground = near > 1 / 900
    near = np.where(ground, near, np.float32(1e-5))
    face = np.full((HEIGHT, WIDTH), walls.NOTHING, np.int16)
    faces = walls.walls_of(buildings)
    walls.rasterise(lens, buildings, faces, near, face)
    return faces, face, near, ground


def depths(lens: Lens, streets: list[Street], buildings: blocks.Buildings, sky: Sky) -> Floats:
    """The `near` of the picture that `draw` would make, without painting it: a quarter of the work."""
    near = _walls(lens, _rays(lens), buildings)[2]
    placed = blocks.lamps_near(streets, float(lens.position[0]), float(lens.position[1]), 80.0)
    lamps = street_lamps(placed.xy, placed.key, sky)
    furniture.stand(lens, np.zeros((HEIGHT, WIDTH, 3), np.float32), near, streets, placed, lamps, sky)
    luma, blue = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT // 2, WIDTH // 2), np.uint8)
    furniture.park(Frame(luma, blue, blue.copy(), near), lens, streets, np.ones((HEIGHT // 8, WIDTH // 8, 3), np.float32))
    return near


def draw(lens: Lens, streets: list[Street], buildings: blocks.Buildings, sky: Sky) -> Backdrop:
    """Draw the street before a camera under a sky."""
    x, y = float(lens.position[0]), float(lens.position[1])
    rays = _rays(lens)
    faces, face, near, ground = _walls(lens, rays, buildings)

    colour = np.empty((HEIGHT, WIDTH, 3), np.float32)
    colour[:] = PLOT
    paint_ground(lens, colour, streets)
    placed = blocks.lamps_near(streets, x, y, 80.0)
    lamps = street_lamps(placed.xy, placed.key, sky)
    shops = walls.shop_lights(faces, sky, x, y, 60.0)
    lights = Lamps(np.concatenate([lamps.position, shops[0]]), np.concatenate([lamps.colour, shops[1]]))

    own = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    depth = np.asarray(1 / near, np.float32)
    place = [(rays[..., axis] * depth + np.float32(0)).astype(np.float32) for axis in range(3)]
    place[2] += np.float32(lens.pose.height)
    here = Lamps(lights.position - np.array([x, y, 0.0]), lights.colour)
    rows, columns = np.nonzero(face >= 0)
    number = face[rows, columns].astype(np.int64)
    wx, wy, wz = (part[rows, columns] for part in place)
    local = walls.Walls(**{**faces.__dict__, "origin": faces.origin - np.array([x, y])})
    dressed, glow = walls.dress(local, number, wx, wy, wz, depth[rows, columns] / np.float32(lens.focal), sky)
    colour[rows, columns], own[rows, columns] = dressed, glow
    colour[face == walls.ROOF] = (0.16, 0.16, 0.165)
    flat = ground & (face == walls.NOTHING)
    colour[flat] *= _grain((place[0] + np.float32(x % 1000))[flat], (place[1] + np.float32(y % 1000))[flat])[:, None]

    light = _lighting(here, faces, face, place, sky)
    lit = colour * light + own
    picture = _with_sky(lit, rays, near, face, ground, sky)
    furniture.stand(lens, picture, near, streets, placed, lights, sky)
    luma, blue, red = to_yuv(_develop(picture))
    half_ground = np.ascontiguousarray(_ground_light(here, lens, sky))
    furniture.park(Frame(luma, blue, red, near), lens, streets, half_ground)
    return Backdrop(luma, blue, red, near, half_ground, sky, flat)


def _lighting(lamps: Lamps, faces: walls.Walls, face: NDArray[np.int16], place: list[Floats], sky: Sky) -> Floats:
    """Light on every pixel, (H, W, 3): worked out for every fourth one, and again where its neighbour shows another wall."""
    coarse_face = np.ascontiguousarray(face[::2, ::2])
    coarse = _light_on(lamps, faces, coarse_face.ravel(), [np.ascontiguousarray(part[::2, ::2]).ravel() for part in place], sky)
    light = np.repeat(np.repeat(coarse.reshape(HEIGHT // 2, WIDTH // 2, 3), 2, axis=0), 2, axis=1)
    rows, columns = np.nonzero(face != np.repeat(np.repeat(coarse_face, 2, axis=0), 2, axis=1))
    light[rows, columns] = _light_on(lamps, faces, face[rows, columns], [part[rows, columns] for part in place], sky)
    return light


def _light_on(lamps: Lamps, faces: walls.Walls, face: NDArray[np.int16], place: list[Floats], sky: Sky) -> Floats:
    """Light on points (n, 3) given the wall, or none, each lies on."""
    x, y, z = place
    light = np.empty((len(x), 3), np.float32)
    light[:] = sky.ambient
    level = (face < 0) & (x * x + y * y < SEEN_M * SEEN_M)
    light[level] += lamps.on_ground(x[level], y[level], z[level]) + (sky.sun * max(0.0, sky.towards_sun[2])).astype(np.float32)
    upright = face >= 0
    outward = faces.outward[face[upright]].astype(np.float32)
    sunny = np.maximum(outward @ sky.towards_sun[:2].astype(np.float32), 0)[:, None] * sky.sun.astype(np.float32)
    light[upright] += lamps.on_walls(x[upright], y[upright], z[upright], outward[:, 0], outward[:, 1]) + sunny
    return light


def _ground_light(lamps: Lamps, lens: Lens, sky: Sky) -> Floats:
    """Light at the ground behind every eighth pixel, whatever stands before it; sprites take theirs from here."""
    rays = _rays(lens)[4::8, 4::8]
    t = np.float32(lens.pose.height) / np.maximum(-rays[..., 2], np.float32(0.03))
    x, y = (rays[..., axis] * t for axis in (0, 1))
    base = sky.ambient + sky.sun * (0.35 + 0.65 * max(0.0, sky.towards_sun[2]))
    return np.asarray(lamps.on_ground(x, y, np.full_like(x, 1.0)) + base, np.float32)


def _with_sky(lit: Floats, rays: Floats, near: Floats, face: NDArray[np.int16], ground: NDArray[np.bool_], sky: Sky) -> Floats:
    """Haze with distance, sky above the roofs, and soft edges where a wall ends."""
    clear_m = _FOG_M + 420.0 * (1 - sky.night)
    haze = (1 - np.exp(-1 / (np.maximum(near, 1e-4) * clear_m)))[..., None].astype(np.float32)
    horizon, zenith = sky.horizon.astype(np.float32), sky.zenith.astype(np.float32)
    lit += haze * (horizon * 0.9 - lit)
    open_sky = (face == walls.NOTHING) & ~ground
    above = rays[open_sky]
    up = np.clip(above[:, 2] / np.linalg.norm(above, axis=1) * 2.2, 0, 1)[:, None]
    lit[open_sky] = horizon + (zenith - horizon) * up
    edge = np.zeros_like(open_sky)
    edge[:, :-1] = face[:, :-1] != face[:, 1:]
    edge[:-1] |= face[:-1] != face[1:]
    edge[-1], edge[:, -1], edge[0], edge[:, 0] = False, False, False, False
    rows, columns = np.nonzero(edge)
    lit[rows, columns] = (
        2 * lit[rows, columns] + lit[rows, columns + 1] + lit[rows + 1, columns] + lit[rows, columns - 1] + lit[rows - 1, columns]
    ) / 6
    return lit


def _develop(linear: Floats) -> Floats:
    """Linear light to display values 0..255, with a slight vignette."""
    column = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    row = np.linspace(-0.7, 0.7, HEIGHT, dtype=np.float32)
    vignette = 1 - np.float32(0.16) * (column[None, :] ** 2 + row[:, None] ** 2)
    level = np.clip(linear * np.float32(_TONES / _BRIGHTEST), 0, _TONES - 1).astype(np.uint16)
    shown: Floats = _TONE[level] * vignette[..., None]
    return shown


def to_yuv(shown: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Display RGB (H, W, 3) to BT.601 limited-range 4:2:0 planes, as H.264 players assume at this size."""
    red, green, blue = shown[..., 0], shown[..., 1], shown[..., 2]
    luma = 16 + red * np.float32(0.2568) + green * np.float32(0.5041) + blue * np.float32(0.0979)
    small = shown.reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean(axis=(1, 3))
    cb = 128 + small @ np.array([-0.1482, -0.2910, 0.4392], np.float32)
    cr = 128 + small @ np.array([0.4392, -0.3678, -0.0714], np.float32)
    bright, blue_plane, red_plane = (np.clip(plane + 0.5, 0, 255).astype(np.uint8) for plane in (luma, cb, cr))
    return bright, blue_plane, red_plane
