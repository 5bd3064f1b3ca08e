"""What a newer file would change: cameras added, changed and retired, shown before anything is applied."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bonghwa.domain.camera import Camera

RETIRE_SHARE = 0.05
"""Retiring more than this share of an owner's cameras is taken for a cut or wrong file unless a person says yes."""


@dataclass(frozen=True)
class Diff:
    """The step from the known cameras to those of a file.

    `changed` holds (before, after) pairs; `redated` cameras of which only the file's date moved; `retired` as they will be stored.
    `big_retirements` gives for each owner who would lose more than 5 % the share that goes.
    """

    added: tuple[Camera, ...] = ()
    changed: tuple[tuple[Camera, Camera], ...] = ()
    redated: tuple[Camera, ...] = ()
    retired: tuple[Camera, ...] = ()
    big_retirements: Mapping[str, float] | None = None

    @property
    def needs_yes(self) -> bool:
        """Whether a person must confirm before this is applied."""
        return bool(self.big_retirements)

    @property
    def empty(self) -> bool:
        """Whether nothing at all would be written."""
        return not (self.added or self.changed or self.redated or self.retired)


def plan(existing: Sequence[Camera], parsed: Sequence[Camera], district_ko: Mapping[str, str]) -> Diff:
    """Compare what is known (`existing`, retired ones included) with a file's cameras. `district_ko` names owners for new camera names.

    Only owners the file speaks of can lose cameras. A known pose survives; a retired camera that comes back keeps its name.
    """
    known = {camera.id: camera for camera in existing}
    names = _Names(existing, district_ko)
    added: list[Camera] = []
    changed: list[tuple[Camera, Camera]] = []
    redated: list[Camera] = []
    for camera in parsed:
        before = known.get(camera.id)
        if before is None:
            added.append(replace(camera, name=names.next(camera.owner)))
            continue
        after = _carried(before, camera)
        if _facts(before) != _facts(after):
            changed.append((before, after))
        elif before != after:
            redated.append(after)
    seen = {camera.id for camera in parsed}
    owners = {camera.owner for camera in parsed}
    retired = [camera for camera in existing if camera.owner in owners and camera.id not in seen and not camera.retired]
    gone = tuple(replace(camera, retired=True) for camera in retired)
    return Diff(tuple(added), tuple(changed), tuple(redated), gone, _big(existing, gone))


def _carried(before: Camera, camera: Camera) -> Camera:
    """The file's camera with what only the registry knows: its name and a known pose."""
    if not before.pose.known:
        return replace(camera, name=before.name)
    warnings = tuple(code for code in camera.warnings if code != "unknown_pose")
    return replace(camera, name=before.name, pose=before.pose, warnings=warnings)


def _facts(camera: Camera) -> Camera:
    """All but what time alone changes: the file's date, and whether that is long ago."""
    return replace(camera, data_date="", warnings=tuple(code for code in camera.warnings if code != "stale"))


def _big(existing: Iterable[Camera], retired: Iterable[Camera]) -> dict[str, float]:
    active = Counter(camera.owner for camera in existing if not camera.retired)
    going = Counter(camera.owner for camera in retired)
    return {owner: n / active[owner] for owner, n in sorted(going.items()) if n > RETIRE_SHARE * active[owner]}


class _Names:
    """Running numbers per owner, never given twice: 중구-0001 onwards."""

    def __init__(self, existing: Iterable[Camera], district_ko: Mapping[str, str]) -> None:
        self._ko = district_ko
        self._last: Counter[str] = Counter()
        for camera in existing:
            number = camera.name.rpartition("-")[2]
            if number.isdigit():
                self._last[camera.owner] = max(self._last[camera.owner], int(number))

    def next(self, owner: str) -> str:
        self._last[owner] += 1
        return f"{self._ko[owner]}-{self._last[owner]:04d}"
