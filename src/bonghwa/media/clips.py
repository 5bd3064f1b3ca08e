"""The evidence clips of a gateway: ordered by the hub, recorded, hashed, kept until the hub erases them."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import structlog

from bonghwa.media.camera import Camera
from bonghwa.media.cameras import Cameras
from bonghwa.media.clock import elapsed
from bonghwa.media.lease import HubTime, Lease
from bonghwa.media.preroll import Kept
from bonghwa.media.recording import Order, Recording

MAX_RECORDINGS = 32
MAX_SECONDS = 600.0
_TOLERANCE_S = 60.0
_LEAST_FREE = 64_000_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

_log = structlog.get_logger(__name__)


class Report(Protocol):
    """Tells the hub."""

    def __call__(self, message: dict[str, Any], /) -> None:
        """Numbered, and again until it has answered."""


class OrderRefused(Exception):
    """An order that is not begun; its text is the code the hub is told."""


class Clips:
    """All clips in `folder`, at most `limit` bytes of them. `report` tells the hub what became of an order."""

    def __init__(self, folder: Path, limit: int, cameras: Cameras, time: HubTime, lease: Lease) -> None:
        self.report: Report = lambda _message: None
        self.on_recording: Callable[[int], None] = lambda _count: None
        self._folder = folder
        self._limit = limit
        self._cameras = cameras
        self._time = time
        self._lease = lease
        self._running: dict[str, tuple[Recording, asyncio.Task[None]]] = {}
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob("*.part"):  # of a start that was killed: the hub has written these clips off
            left.unlink()
        self._kept = {path.stem: path.stat().st_size for path in folder.glob("*.mp4")}
        cameras.on_let_go = self.look

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def recording(self) -> int:
        """How many clips are being made."""
        return len(self._running)

    @property
    def used(self) -> int:
        """Bytes of all clips, also of those being made."""
        return sum(self._kept.values()) + sum(each.size for each, _ in self._running.values())

    def find(self, clip: str) -> Path | None:
        """The file of a clip that is made."""
        return self._path(clip) if clip in self._kept else None

    async def order(self, message: dict[str, Any]) -> dict[str, Any]:
        """`clip`: begin to record. What is refused is answered so, and told again in a report that a lost connection does not lose."""
        order = self._read(message)
        if order.clip in self._kept or order.clip in self._running:
            return {}
        try:
            self._begin(order)
        except OrderRefused as refused:
            self.report({"t": "clip_failed", "clip": order.clip, "reason": str(refused)})
            return {"refused": str(refused)}
        return {}

    async def stop(self, message: dict[str, Any]) -> dict[str, Any]:
        """`clip_stop`: who asked for it has enough."""
        found = self._running.get(str(message["clip"]))
        if found:
            found[0].end(None)
        return {}

    async def erase(self, message: dict[str, Any]) -> dict[str, Any]:
        """`erase`: the time to keep these clips is over."""
        for clip in [str(each) for each in message["clips"]]:
            if _ID.fullmatch(clip) and clip not in self._running:
                await asyncio.to_thread(self._path(clip).unlink, missing_ok=True)
                self._kept.pop(clip, None)
                self.report({"t": "clip_erased", "clip": clip})
        return {}

    def look(self) -> None:
        """End what no grant holds any more."""
        for recording, _ in list(self._running.values()):
            recording.look()

    def mask_changed(self, camera: str) -> None:
        """What is being recorded of this camera ends where its mask is another now; who may see it unmasked goes on."""
        for recording, _ in list(self._running.values()):
            if recording.order.camera == camera and not recording.order.unmasked:
                recording.end("mask_changed")

    async def close(self) -> None:
        """End every recording and finish its file."""
        running = list(self._running.values())
        for recording, _ in running:
            recording.end("stop")
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)

    def _read(self, message: dict[str, Any]) -> Order:
        clip = str(message["clip"])
        if not _ID.fullmatch(clip):
            raise ValueError("clip: letters, digits, - and _")
        begins, until = self._time.until(int(message["from"])), self._time.until(int(message["to"]))
        if not 0 < until - begins <= MAX_SECONDS + _TOLERANCE_S:
            raise ValueError("to: after from, by at most ten minutes")
        return Order(clip, str(message["grant"]), str(message["camera"]), begins, until, message.get("unmasked") is True)

    def _begin(self, order: Order) -> None:
        camera = self._cameras.find(order.camera)
        if camera is None:
            raise OrderRefused("camera_unknown")
        if barred := camera.barred(order.unmasked):
            raise OrderRefused(barred)
        if isinstance(ground := self._ground(order), str):
            raise OrderRefused(ground)
        if len(self._running) >= MAX_RECORDINGS:
            raise OrderRefused("too_many_clips")
        if self._room() < self._limit // 10:
            raise OrderRefused("clips_full")
        recording = Recording(
            order, lambda: camera.shown(unmasked=order.unmasked), self._path(order.clip, ".part"), self._ground, self._room
        )
        recording.begin(self._earlier(camera, recording))
        task = asyncio.create_task(self._record(recording), name="clip")
        self._running[order.clip] = (recording, task)
        self.on_recording(len(self._running))

    def _earlier(self, camera: Camera, recording: Recording) -> list[Kept]:
        """The pictures kept from the IDR at or before the clip's begin on: of the pre-roll, else of the present group.

        The pre-roll is of the camera's own pictures: a clip of what was made of them (masked, coded anew) has none.
        """
        kept = camera.main.pre_roll.since(recording.order.begins) if recording.feed.kind == "own" else []
        gop = recording.feed.gop
        return kept or [Kept(unit, gop.parameter_sets) for unit in gop.units]

    async def _record(self, recording: Recording) -> None:
        clip = recording.order.clip
        part, whole = self._path(clip, ".part"), self._path(clip)
        try:
            await recording.run()
            if recording.failed or not recording.film.frames:
                part.unlink(missing_ok=True)
                reason = recording.failed or recording.cut_short or "no_picture"
                self.report({"t": "clip_failed", "clip": clip, "reason": reason})
                return
            os.replace(part, whole)
            self._kept[clip] = recording.size
            self.report(self._made(recording))
        except Exception:  # noqa: BLE001  whatever failed, the hub must learn that there is no clip
            _log.exception("clip_failed")
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            self.report({"t": "clip_failed", "clip": clip, "reason": "failed"})
        finally:
            self._running.pop(clip, None)
            self.on_recording(len(self._running))

    def _made(self, recording: Recording) -> dict[str, Any]:
        film = recording.film
        assert film.sets is not None
        return {
            "t": "clip_made",
            "clip": recording.order.clip,
            "sha256": recording.sha256,
            "bytes": recording.size,
            "from": self._hub_us(film.first or 0.0),
            "to": self._hub_us(film.last or 0.0),
            "frames": film.frames,
            "longest_gap_ms": round(film.longest_gap * 1_000),
            "codec": film.sets.codec,
            "width": film.sets.width,
            "height": film.sets.height,
            "masked": recording.kind == "masked",
            "recoded": recording.kind != "own",
            "cut_short": recording.cut_short,
        }

    def _ground(self, order: Order) -> float | str:
        """Until when the order's grant holds the camera, or why it does so no more."""
        if not self._lease.alive:
            return "lease"
        camera = self._cameras.find(order.camera)
        until = camera.held_until(order.grant) if camera else None
        return "grant_over" if until is None else until

    def _room(self) -> int:
        free = shutil.disk_usage(self._folder).free - _LEAST_FREE
        return min(self._limit - self.used, free)

    def _hub_us(self, at: float) -> int:
        return self._time.now_us() - int((elapsed() - at) * 1_000_000)

    def _path(self, clip: str, kind: str = ".mp4") -> Path:
        return self._folder / f"{clip}{kind}"
