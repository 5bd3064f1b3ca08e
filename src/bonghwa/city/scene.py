"""What one simulated camera sees: its standing picture, and over it the people, cars and drill subjects of the moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bonghwa.city import backdrop, blocks, lettering
from bonghwa.city.camera import CityCamera
from bonghwa.city.canvas import HEIGHT, WIDTH, Floats
from bonghwa.city.cars import PAINTS, Paint, draw_car
from bonghwa.city.chance import key_of
from bonghwa.city.figures import PLAIN, STEPS, Frame, Outfit, person
from bonghwa.city.hazards import draw_smoke, draw_water
from bonghwa.city.heads import Heads, turned
from bonghwa.city.light import KST, light_step, on_sprites, sky_at
from bonghwa.city.pose import NEAREST_M, Lens, Pose, true_poses
from bonghwa.city.streets import Streets
from bonghwa.city.strokes import Strokes
from bonghwa.city.traffic import Drivers, Passers

AROUND_M = 140.0
FIGURES_M = 85.0
"""People and cars farther away are not drawn."""
_OPEN_VIEW_M = 20.0
_SMALLEST_PX, _LARGEST_PX = 5.0, 260.0
BODY_M = 1.72
SUBJECT_M = BODY_M + 0.06
"""Height of a drill's person."""


@dataclass(frozen=True)
class Appearance:
    """One subject of a drill at one moment: grid metres, unit heading, and how it looks."""

    id: str
    x: float
    y: float
    heading: tuple[float, float]
    walked: float
    look: "Outfit | Paint | Smoke | Water"


@dataclass(frozen=True)
class Smoke:
    """Smoke over a place; `fire` adds its glow. `strength` grows from 0 to 1."""

    fire: bool
    strength: float


@dataclass(frozen=True)
class Water:
    """A flooded street around a place, `radius` in metres."""

    radius: float


@dataclass(frozen=True)
class Drawn:
    """Where a drill subject was drawn: pixel of its ground point, and depth in metres."""

    id: str
    column: float
    row: float
    depth: float


Cast = Callable[[float], Sequence[Appearance]]
"""The drill subjects of the whole city at a moment of Unix time."""


class City:
    """Everything the cameras share: streets, strokes, poses and who is on stage. Cheap until a scene is opened."""

    def __init__(self, cameras: Sequence[CityCamera], streets: Streets, cast: Cast) -> None:
        self.cameras = {camera.id: camera for camera in cameras}
        self.streets = streets
        self.cast = cast
        self.heads = Heads()
        self.poses: dict[str, Pose] = true_poses(cameras, streets)
        self._poses_in_order = [self.poses[camera.id] for camera in cameras]
        self._strokes: Strokes | None = None
        self._places = np.array([[camera.x, camera.y] for camera in cameras]).reshape(-1, 2)

    @property
    def strokes(self) -> Strokes:
        """The strokes of all known roads, joined when first needed."""
        if self._strokes is None:
            self._strokes = Strokes(self.streets.roads)
        return self._strokes

    def near(self, x: float, y: float, radius: float) -> list[CityCamera]:
        """The cameras within so many metres of a place."""
        cameras = list(self.cameras.values())
        return [cameras[number] for number in np.flatnonzero(np.hypot(*(self._places - np.array([x, y])).T) < radius).tolist()]

    def sightlines(self, x: float, y: float, radius: float) -> NDArray[np.float64]:
        """From each camera near a place to the street it looks after, and into its view (k, 2, 2): nothing is built across these."""
        near = np.flatnonzero(np.hypot(*(self._places - np.array([x, y])).T) < radius)
        if not len(near):
            return np.zeros((0, 2, 2))
        places = self._places[near]
        feet = np.array([street.point(along)[:2] for street, along in self.streets.foot_points(places)])
        turn = np.radians([self._poses_in_order[number].bearing for number in near.tolist()])
        ahead = places + _OPEN_VIEW_M * np.stack([np.sin(turn), np.cos(turn)], axis=1)
        lines = np.concatenate([np.stack([places, feet], axis=1), np.stack([places, ahead], axis=1)])
        return np.unique(np.round(lines, 3), axis=0)


class Scene:
    """The picture of one camera. Not for two threads at once."""

    def __init__(self, city: City, camera: CityCamera) -> None:
        self.camera, self.pose, self._city = camera, city.poses[camera.id], city
        self._mounted = self.pose
        self.lens = Lens(self.pose)
        x, y = self.pose.x, self.pose.y
        self._streets = city.streets.near(x, y, AROUND_M + 10)
        self._buildings = blocks.buildings_near(self._streets, x, y, AROUND_M, city.sightlines(x, y, AROUND_M))
        self._label = label_of(camera)
        self._step: int | None = None
        self._unix = 0.0
        self._backdrop: backdrop.Backdrop | None = None
        self._near: Floats | None = None

    @cached_property
    def _everyone(self) -> tuple[Passers, Drivers]:
        """Who walks and drives in the streets near by; worked out when the first picture is drawn."""
        close = [street for street in self._streets if street.nearest(self.pose.x, self.pose.y)[0] < FIGURES_M]
        return Passers(close), Drivers(self._city.strokes.through(close))

    def _turn(self, unix: float) -> None:
        """Look where the head points now; its standing picture is drawn anew when that is elsewhere."""
        pose = turned(self._mounted, self._city.heads.aim(self.camera.id, unix))
        if pose != self.pose:
            self.pose, self.lens, self._backdrop, self._near = pose, Lens(pose), None, None

    def _standing(self, unix: float) -> backdrop.Backdrop:
        self._turn(unix)
        step = light_step(unix)
        if self._backdrop is None or step != self._step:
            self._backdrop, self._step = backdrop.draw(self.lens, self._streets, self._buildings, sky_at(unix)), step
        return self._backdrop

    def draw(self, unix: float, luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8]) -> list[Drawn]:
        """Draw the moment into three planes (4:2:0, `HEIGHT` x `WIDTH`); answers where drill subjects are to be seen."""
        standing, self._unix = self._standing(unix), unix
        luma[:], blue[:], red[:] = standing.luma, standing.blue, standing.red
        frame = Frame(luma, blue, red, standing.near)
        acts = self._everyday(unix, frame)
        subjects = [appearance for appearance in self._city.cast(unix) if self._may_see(appearance)]
        drawn: list[Drawn] = []
        acts += [act for appearance in subjects if (act := self._subject(appearance, frame, drawn)) is not None]
        for _, paint in sorted(acts, key=lambda entry: -entry[0]):
            paint()
        self._burn(luma, blue, red, unix, drill=bool(drawn))
        return drawn

    def shows(self, x: float, y: float, unix: float, height: float = 1.0) -> bool:
        """Whether something `height` metres over a ground point would be in the picture, and nothing standing hides it."""
        near = self._standing(unix).near
        pixel, depth = self.lens.project(np.array([[x, y, height]]))
        column, row = pixel[0].tolist()
        if not (NEAREST_M < depth[0] < FIGURES_M and 0 <= column < WIDTH and 0 <= row < HEIGHT):
            return False
        return bool(near[int(row), int(column)] <= 1 / depth[0])

    def sees(self, appearance: Appearance, unix: float) -> bool:
        """Whether a drill's person or car would be drawn now with its middle unhidden: what `draw` answers, without drawing it."""
        self._turn(unix)
        if not self._may_see(appearance) or not len(self._in_view(np.array([[appearance.x, appearance.y]]), _margin_of(appearance))):
            return False
        if self._backdrop is None and self._near is None:
            self._near = backdrop.depths(self.lens, self._streets, self._buildings, sky_at(unix))
        near = self._near if self._backdrop is None else self._backdrop.near
        assert near is not None
        return self._shown(appearance, near) is not None

    def _shown(self, appearance: Appearance, near: Floats) -> tuple[float, float, float] | None:
        """Pixel of its ground point and depth, when nothing standing hides the point one metre above it; else None."""
        xy = np.array([appearance.x, appearance.y])
        if not len(self._in_view(xy[None], _margin_of(appearance))):
            return None
        points, depths = self.lens.project(np.array([[*xy, 0.0], [*xy, 1.0], [*xy, SUBJECT_M]]))
        (column, row), (middle_column, middle_row), (_, head_row) = points.tolist()
        depth = float(depths[0])
        if isinstance(appearance.look, Outfit) and not _SMALLEST_PX <= max(1.0, row - head_row) <= _LARGEST_PX:
            return None
        inside = 0 <= middle_column < WIDTH and 0 <= middle_row < HEIGHT
        return (column, row, depth) if inside and near[int(middle_row), int(middle_column)] <= 1 / depth else None

    def _may_see(self, appearance: Appearance) -> bool:
        return abs(appearance.x - self.pose.x) < AROUND_M and abs(appearance.y - self.pose.y) < AROUND_M

    def _light_at(self, column: float, row: float) -> tuple[float, float, float]:
        assert self._backdrop is not None
        return on_sprites(self._backdrop.light, column, row)

    def _everyday(self, unix: float, frame: Frame) -> list[tuple[float, Callable[[], None]]]:
        acts: list[tuple[float, Callable[[], None]]] = []
        passers, drivers = self._everyone
        people = passers.at(unix)
        if people is not None:
            for i in self._in_view(people.xy, BODY_M):
                outfit = PLAIN[int(people.key[i] % len(PLAIN))]
                stature = BODY_M * (0.9 + 0.16 * float(people.key[i] % 97) / 97)
                act = self._person(people.xy[i], people.heading[i], float(people.walked[i]), outfit, stature, frame)
                acts.append(act[:2])
        cars = drivers.at(unix)
        if cars is not None:
            seen = self._in_view(cars.xy, 3.0)
            acts += [self._car(cars.xy[i], cars.heading[i], PAINTS[int(cars.key[i] % len(PAINTS))], frame) for i in seen]
        return acts

    def _in_view(self, xy: NDArray[np.float64], margin_m: float) -> NDArray[np.int64]:
        """Which ground points may show: before the camera, near enough, and inside the picture give or take a margin."""
        seen = self.lens.sees_from(np.concatenate([xy, np.zeros((len(xy), 1))], axis=1))
        depth = seen[:, 2]
        wide = (depth + margin_m) * (WIDTH / 2 / self.lens.focal) + margin_m
        inside = (depth > 1.8) & (depth < FIGURES_M) & (np.abs(seen[:, 0]) < wide)
        inside &= seen[:, 1] < (depth + margin_m) * (HEIGHT / 2 / self.lens.focal) + margin_m
        return np.flatnonzero(inside)

    def _person(
        self, xy: NDArray[np.float64], heading: NDArray[np.float64], walked: float, outfit: Outfit, stature: float, frame: Frame
    ) -> tuple[float, Callable[[], None], Drawn]:
        points, depths = self.lens.project(np.array([[xy[0], xy[1], 0.0], [xy[0], xy[1], stature]]))
        (column, row), (head_column, head_row), depth = points[0].tolist(), points[1].tolist(), float(depths[0])
        tall = max(1.0, row - head_row)
        where = Drawn("", column, row, depth)

        def act() -> None:
            if not _SMALLEST_PX <= tall <= _LARGEST_PX:
                return
            turn = float(heading @ self.lens.right[:2])
            step = int(walked / (stature * 0.82) * STEPS) % STEPS
            lean = min(0.6, max(-0.6, (head_column - column) / tall))
            frame.lay(person(tall, step, round(turn * 2), lean, outfit), column, row, depth, self._light_at(column, row))

        return depth, act, where

    def _car(self, xy: NDArray[np.float64], heading: NDArray[np.float64], paint: Paint, frame: Frame) -> tuple[float, Callable[[], None]]:
        points, depths = self.lens.project(np.array([[xy[0], xy[1], 0.0]]))

        def act() -> None:
            assert self._backdrop is not None
            light = self._light_at(float(points[0, 0]), float(points[0, 1]))
            draw_car(frame, self.lens, float(xy[0]), float(xy[1]), heading, paint, light, self._backdrop.sky.night)

        return float(depths[0]), act

    def _subject(self, appearance: Appearance, frame: Frame, drawn: list[Drawn]) -> tuple[float, Callable[[], None]] | None:
        """A drill subject, if it is before the lens; `drawn` notes it when no wall hides its middle."""
        xy, heading = np.array([appearance.x, appearance.y]), np.array(appearance.heading)
        margin = _margin_of(appearance)
        if isinstance(appearance.look, Water):
            near = abs(appearance.x - self.pose.x) < margin + 30 and abs(appearance.y - self.pose.y) < margin + 30
            if near:
                drawn.append(Drawn(appearance.id, WIDTH / 2, HEIGHT / 2, margin))
                return self._hazard(appearance, frame, margin, 0.0, 0.0)
        if not len(self._in_view(xy[None], margin)):
            return None
        points, depths = self.lens.project(np.array([[*xy, 0.0]]))
        (column, row), depth = points[0].tolist(), float(depths[0])
        if self._shown(appearance, frame.near) is not None:
            drawn.append(Drawn(appearance.id, column, row, depth))
        if isinstance(appearance.look, Paint):
            return self._car(xy, heading, appearance.look, frame)
        if isinstance(appearance.look, Outfit):
            return self._person(xy, heading, appearance.walked, appearance.look, SUBJECT_M, frame)[:2]
        return self._hazard(appearance, frame, depth, column, row)

    def _hazard(self, appearance: Appearance, frame: Frame, depth: float, column: float, row: float) -> tuple[float, Callable[[], None]]:
        look, x, y = appearance.look, appearance.x, appearance.y

        def act() -> None:
            if isinstance(look, Smoke):
                key = key_of(appearance.id)
                draw_smoke(frame, self.lens, x, y, self._unix, key, look.fire, self._light_at(column, row)[0])
            elif isinstance(look, Water):
                draw_water(frame, self.lens, x, y, look.radius, self._unix)

        # Water lies under everything; smoke stands where it rises.
        return (1e6 if isinstance(look, Water) else depth), act

    def _burn(self, luma: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8], unix: float, drill: bool) -> None:
        """Burn in the camera's label and the clock (Korean time), and the word 훈련 when a drill is to be seen."""
        lettering.write(luma, self._label, *LABEL_AT)
        lettering.write(luma, clock_text(unix), *CLOCK_AT)
        if drill:
            word = np.repeat(np.repeat(lettering.drill_word(), 2, axis=0), 2, axis=1)
            column, row = WIDTH - word.shape[1] - 24, 40
            band = (slice(row - 4, row + word.shape[0] + 4), slice(column - 6, column + word.shape[1] + 6))
            luma[band] = 92
            blue[band[0].start // 2 : band[0].stop // 2, band[1].start // 2 : band[1].stop // 2] = 180
            red[band[0].start // 2 : band[0].stop // 2, band[1].start // 2 : band[1].stop // 2] = 156
            luma[row : row + word.shape[0], column : column + word.shape[1]][word] = 235


def _margin_of(appearance: Appearance) -> float:
    """How far its picture reaches beyond its ground point, metres."""
    look = appearance.look
    return look.radius if isinstance(look, Water) else 8.0 if isinstance(look, Smoke) else BODY_M


CLOCK_LETTERS = 23
CLOCK_AT = (WIDTH - 6 * CLOCK_LETTERS - 14, HEIGHT - 34)
LABEL_AT = (14, HEIGHT - 34)


def clock_text(unix: float) -> str:
    """`2026-11-23 02:41:09.123`, Korean time."""
    thousandths = round(unix * 1000)
    moment = datetime.fromtimestamp(thousandths // 1000, UTC) + KST
    return f"{moment:%Y-%m-%d %H:%M:%S}.{thousandths % 1000:03d}"


def label_of(camera: CityCamera) -> str:
    """The district in Latin letters with the number in the camera's name, or the end of its id when it has none."""
    number = camera.name.rpartition("-")[2]
    tail = number if number.isascii() and number.isdigit() else camera.id[-8:]
    return f"{camera.owner or 'city'}-{tail}".upper()


def still(scene: Scene, unix: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """One moment as new planes."""
    luma = np.empty((HEIGHT, WIDTH), np.uint8)
    blue, red = np.empty((HEIGHT // 2, WIDTH // 2), np.uint8), np.empty((HEIGHT // 2, WIDTH // 2), np.uint8)
    scene.draw(unix, luma, blue, red)
    return luma, blue, red


__all__ = ["Appearance", "Cast", "City", "Drawn", "Scene", "Smoke", "Water", "clock_text", "label_of", "still"]
