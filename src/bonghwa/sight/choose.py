"""Which cameras to open for an alarm: few, different, explained; and what nobody sees.

Goals are the scene itself, two rings of eight directions around it and the road exits. A camera is worth the chance that it shows a goal,
times pixels on target (EN 62676-4), health and what night leaves; cameras are taken greedily by what each adds. See PURSUIT in the design.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot

import numpy as np
from numpy.typing import NDArray

from bonghwa.domain.camera import DETECT_PX_PER_M, OBSERVE_PX_PER_M
from bonghwa.domain.reason import Reason
from bonghwa.sight import kernels
from bonghwa.sight.exits import Exit
from bonghwa.sight.goals import DIRECTION, EXIT, SCENE, lay_goals
from bonghwa.sight.index import CameraIndex
from bonghwa.sight.kernels import Floats, Numbers

AT_LEAST = 4
"""So many cameras are opened where they exist within the clause's radius, even when none promises to show the place."""
DIRECTIONS = (
    ("n", "북", "north"), ("ne", "북동", "north-east"), ("e", "동", "east"), ("se", "남동", "south-east"),
    ("s", "남", "south"), ("sw", "남서", "south-west"), ("w", "서", "west"), ("nw", "북서", "north-west"),
)  # fmt: skip

_RING_GOALS = 16
_NO_EXITS = np.zeros((0, 2))
_NO_CAMERAS = np.zeros(0, np.int32)

Place = tuple[str, float]


@dataclass(frozen=True)
class Chosen:
    """A camera to open. `score` is what it adds, 1 for a sure and sharp view of the scene; `rank` counts from 1."""

    camera_id: str
    rank: int
    score: float
    distance_m: float
    why: tuple[Reason, ...]
    spare: bool


@dataclass(frozen=True)
class NotCovered:
    """What no chosen camera is sure to see: a direction (`bearing`), a road exit (`x`, `y` too) or the scene itself."""

    reason: Reason
    bearing: float | None = None
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Choice:
    """The cameras to open, best first, spares last, and an honest account of what they do not show.

    `directions` tells for each eighth, north first and clockwise, whether a camera of known pose shows it; `nearest` names the nearest
    camera that the clause allows, also when it stands outside the radius.
    """

    chosen: tuple[Chosen, ...]
    not_covered: tuple[NotCovered, ...]
    directions: tuple[bool, ...]
    exits: int
    exits_seen: int
    nearest: Place | None


def choose(
    index: CameraIndex,
    x: float,
    y: float,
    accuracy_m: float,
    cap: int,
    spares: int,
    radius_m: float,
    left_out_purposes: frozenset[str] = frozenset(),
    owners: frozenset[str] | None = None,
    exclude: frozenset[str] = frozenset(),
    night: bool = False,
    exits: Sequence[Exit] = (),
) -> Choice:
    """Choose up to `cap` cameras and `spares` more among those that stand within `radius_m` of the scene (EPSG:5186 metres).

    The clause gives cap, radius, purposes left out and owners; `exclude` names cameras not to take (bad picture, already denied).
    """
    goals = goals_around(x, y, accuracy_m, exits)
    order, gains, shown = ranked(index, x, y, cap + spares, radius_m, goals, left_out_purposes, owners, exclude, night)
    chosen = tuple(
        _chosen(index, at, place, gain, (x, y), row, exits, place > cap, night)
        for place, (at, gain, row) in enumerate(zip(order.tolist(), gains.tolist(), shown.tolist(), strict=True), start=1)
    )
    nearest = _nearest(index, x, y, order, left_out_purposes, owners)
    known = index.geo[order[:cap], kernels.KNOWN] != 0.0
    account = _Coverage.of(goals, shown[:cap], known)
    unseen = account.not_covered(exits) if chosen else ()
    few: tuple[NotCovered, ...] = ()
    if len(order) < min(AT_LEAST, cap):
        few = (_few(index, x, y, order, radius_m, index.usable(left_out_purposes, owners), exclude),)
    return Choice(chosen, few + unseen, account.directions, len(exits), account.exits_seen, nearest)


def ranked(
    index: CameraIndex,
    x: float,
    y: float,
    most: int,
    radius_m: float,
    goals: Floats,
    left_out_purposes: frozenset[str] = frozenset(),
    owners: frozenset[str] | None = None,
    exclude: frozenset[str] = frozenset(),
    night: bool = False,
) -> tuple[Numbers, Floats, Floats]:
    """The bare answer of `choose`: camera numbers best first, what each adds, and how well each shows every goal (0..1)."""
    out = np.array([index.number[c] for c in exclude if c in index.number], dtype=np.int32) if exclude else _NO_CAMERAS
    grid = index.point_grid
    return kernels.rank(
        grid.table, grid.members, grid.cell, index.geo, index.trait, index.depth, index.usable(left_out_purposes, owners), out,
        float(x), float(y), float(radius_m), goals, float(night), most, AT_LEAST,
    )  # fmt: skip


def goals_around(x: float, y: float, accuracy_m: float, exits: Sequence[Exit] = ()) -> Floats:
    """The goals of a scene: itself (seven spots when inexact), eight directions near and far, the road exits; see `lay_goals`."""
    points = np.array([(way.x, way.y) for way in exits]) if exits else _NO_EXITS
    return lay_goals(float(x), float(y), float(accuracy_m), points)


def _nearest(
    index: CameraIndex, x: float, y: float, order: Numbers, left_out: frozenset[str], owners: frozenset[str] | None
) -> Place | None:
    if len(order) == 0:
        return index.nearest(x, y, index.usable(left_out, owners) & (index.trait[:, kernels.HEALTH] > 0.0))
    away = np.hypot(index.geo[order, kernels.X] - x, index.geo[order, kernels.Y] - y)
    at = int(np.argmin(away))
    return index.cameras[int(order[at])].id, float(away[at])


def _few(
    index: CameraIndex, x: float, y: float, order: Numbers, radius_m: float, usable: NDArray[np.bool_], exclude: frozenset[str]
) -> NotCovered:
    """That none, or fewer than AT_LEAST, may be opened within the radius; with the nearest that the clause allows beyond it."""
    rest = usable & (index.trait[:, kernels.HEALTH] > 0.0)
    rest[order] = False
    rest[[index.number[each] for each in exclude if each in index.number]] = False
    beyond = index.nearest(x, y, rest)
    code = "few_cameras" if len(order) else "no_camera"
    values: dict[str, str | int] = {"radius_m": round(radius_m)}
    if len(order):
        values["n"] = len(order)
    if beyond is not None:
        code += "_within"
        values |= {"camera": index.cameras[index.number[beyond[0]]].name, "m": round(beyond[1])}
    return NotCovered(Reason(code, values))


def _direction(eighth: int) -> dict[str, str]:
    code, ko, en = DIRECTIONS[eighth]
    return {"direction": code, "direction_ko": ko, "direction_en": en}


def _eighth(bearing: float) -> int:
    return int((bearing % 360.0) / 45.0 + 0.5) % 8


def _chosen(
    index: CameraIndex, at: int, place: int, gain: float, scene: tuple[float, float], shown: list[float],
    exits: Sequence[Exit], spare: bool, night: bool,
) -> Chosen:  # fmt: skip
    dx, dy = float(index.geo[at, kernels.X]) - scene[0], float(index.geo[at, kernels.Y]) - scene[1]
    away = hypot(dx, dy)
    around = len(shown) - len(exits) - _RING_GOALS
    why = [_scene_reason(index, at, away, max(shown[:around]))]
    why += _around_reasons(index, at, shown[around:], exits)
    camera = index.cameras[at]
    if not camera.pose.known and index.heads(at) > 1:
        why.append(Reason("one_head_of_pole"))
    if camera.pose.ptz:
        why.append(Reason("can_turn"))
    if index.trait[at, kernels.HEALTH] < 1.0:
        why.append(Reason("answers_slowly"))
    if night:
        why.append(Reason("night"))
    if gain <= kernels.WORTH_OPENING:
        why.append(Reason("only_near", {"m": round(away)}))
    else:
        view = _eighth(degrees(atan2(dx, dy)))
        why.append(Reason("stands", {"m": round(away), **_direction(view)}))
    return Chosen(camera.id, place, round(min(1.0, gain), 4), round(away, 1), tuple(why), spare)


def _scene_reason(index: CameraIndex, at: int, away: float, shown: float) -> Reason:
    pixels = round(float(index.trait[at, kernels.PIXELS]) / max(away, 1.0))
    if shown <= 0.0:
        return Reason("scene_not_in_view" if index.geo[at, kernels.KNOWN] else "scene_out_of_reach", {"m": round(away)})
    if not index.geo[at, kernels.KNOWN]:
        chance = round(100 * float(index.geo[at, kernels.PRIOR]))
        all_round = index.cameras[at].pose.all_round
        return Reason("said_all_round" if all_round else "may_see_scene", {"m": round(away), "percent": chance, "px": pixels})
    if pixels >= OBSERVE_PX_PER_M:
        return Reason("faces_scene", {"m": round(away), "px": pixels})
    return Reason("faces_scene_far" if pixels < DETECT_PX_PER_M else "faces_scene_whole", {"m": round(away), "px": pixels})


def _exit_reason(code: str, way: Exit) -> Reason:
    direction = _direction(_eighth(way.bearing))
    return Reason(code, {"road": way.name, **direction}) if way.name else Reason(f"{code}_unnamed", direction)


def _around_reasons(index: CameraIndex, at: int, around: list[float], exits: Sequence[Exit]) -> list[Reason]:
    """What it shows beside the scene; `around` holds the two rings and then the exits."""
    sure = index.cameras[at].pose.known
    reasons = []
    for seen, way in zip(around[_RING_GOALS:], exits, strict=True):
        if seen > 0.0:
            reasons.append(_exit_reason("sees_exit" if sure else "may_see_exit", way))
    if sure:
        eighths = sorted({k % 8 for k in range(_RING_GOALS) if around[k] > 0.0})
        if eighths:
            ko, en = (", ".join(DIRECTIONS[k][word] for k in eighths) for word in (1, 2))
            codes = ",".join(DIRECTIONS[k][0] for k in eighths)
            reasons.append(Reason("sees_directions", {"directions": codes, "directions_ko": ko, "directions_en": en}))
    return reasons[:4]


@dataclass(frozen=True)
class _Coverage:
    """How well the chosen cameras together show every goal: by known poses alone (`sure`) and by any (`maybe`, a chance)."""

    sure: Floats
    maybe: Floats
    kinds: Floats

    @classmethod
    def of(cls, goals: Floats, shown: Floats, known: NDArray[np.bool_]) -> "_Coverage":
        sure = shown[known].max(axis=0, initial=0.0)
        maybe = 1.0 - np.prod(1.0 - shown, axis=0)
        return cls(sure, maybe, goals[:, 3])

    @property
    def directions(self) -> tuple[bool, ...]:
        sure = self.sure[self.kinds == DIRECTION].reshape(-1, 8).max(axis=0)
        return tuple(bool(share > 0.0) for share in sure)

    @property
    def exits_seen(self) -> int:
        return int(np.count_nonzero(self.sure[self.kinds == EXIT] > 0.0))

    def not_covered(self, exits: Sequence[Exit]) -> tuple[NotCovered, ...]:
        found = []
        if not self.sure[self.kinds == SCENE].any():
            chance = round(100 * float(self.maybe[self.kinds == SCENE].max()))
            found.append(NotCovered(Reason("scene_uncertain", {"percent": chance}) if chance else Reason("scene_unseen")))
        around = self.maybe[self.kinds == DIRECTION].reshape(-1, 8).max(axis=0)
        for eighth, seen in enumerate(self.directions):
            if not seen:
                code = "direction_uncertain" if around[eighth] > 0.0 else "direction_unseen"
                found.append(NotCovered(Reason(code, _direction(eighth)), bearing=45.0 * eighth))
        return (*found, *self._exits_not_seen(exits))

    def _exits_not_seen(self, exits: Sequence[Exit]) -> list[NotCovered]:
        found = []
        sure, maybe = self.sure[self.kinds == EXIT], self.maybe[self.kinds == EXIT]
        for way, seen, chance in zip(exits, sure, maybe, strict=True):
            if seen <= 0.0:
                reason = _exit_reason("exit_uncertain" if chance > 0.0 else "exit_unseen", way)
                found.append(NotCovered(reason, way.bearing, way.x, way.y))
        return found
