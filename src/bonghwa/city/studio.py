"""Cameras that are being watched: one scene and one encoder each, however many pull, and nothing for all the others."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bonghwa.city.camera import CityCamera, Fault
from bonghwa.city.encoder import CLOCK_HZ, FRAMES_PER_S, SMALL_FRAMES_PER_S, AccessUnit, Encoder, jpeg
from bonghwa.city.rtp import Payload, payloads
from bonghwa.city.scene import City, Scene, still

FULL_RATE_CAMERAS = 24
"""Up to so many watched cameras each has the full rate; beyond it they share the frames of so many."""

GOP_S = 1.0
LINGER_S = 15.0
"""A camera nobody watches any more keeps its scene (not its frames) for so long."""

SLOW_FRAME_S = 2.0


@dataclass(frozen=True)
class Picture:
    """A coded picture, packetised once for all who watch; `unix` is the moment it shows."""

    parts: tuple[Payload, ...]
    key: bool
    rtp_time: int
    unix: float


Sink = Callable[[Picture], None]


@dataclass(eq=False)
class _Feed:
    camera: CityCamera
    small: bool = False
    sinks: set[Sink] = field(default_factory=set)
    scene: Scene | None = None
    encoder: Encoder | None = None
    wants_key: bool = True
    task: "asyncio.Task[None] | None" = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Studio:
    """Draws and codes watched cameras in a small thread pool. Belongs to one event loop."""

    def __init__(self, city: City, clock: Callable[[], float] = time.time, workers: int = 2, linger_s: float = LINGER_S) -> None:
        self.city, self._clock, self._linger_s = city, clock, linger_s
        self._feeds: dict[tuple[str, bool], _Feed] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="studio")
        self.frames = 0
        """Pictures coded since the start."""

    @property
    def watched(self) -> int:
        """Cameras somebody watches now."""
        return sum(1 for feed in self._feeds.values() if feed.sinks)

    @property
    def open_scenes(self) -> int:
        """Cameras whose scene is held, watched or lingering."""
        return len(self._feeds)

    def join(self, camera: CityCamera, sink: Sink, small: bool = False) -> None:
        """Give every picture of a camera to `sink`, in the event loop, beginning with an IDR drawn at once."""
        feed = self._feeds.get((camera.id, small))
        if feed is None:
            feed = self._feeds[camera.id, small] = _Feed(camera, small)
            feed.task = asyncio.get_running_loop().create_task(self._run(feed), name=f"feed {camera.id}")
        feed.sinks.add(sink)
        feed.wants_key = True
        feed.wake.set()

    def leave(self, camera: CityCamera, sink: Sink, small: bool = False) -> None:
        """Stop giving pictures to `sink`. Drawing stops with the last one."""
        feed = self._feeds.get((camera.id, small))
        if feed is not None:
            feed.sinks.discard(sink)

    def key(self, camera_id: str) -> None:
        """Code an IDR of this camera at once, if somebody watches it."""
        for small in (False, True):
            feed = self._feeds.get((camera_id, small))
            if feed is not None:
                feed.wants_key = True
                feed.wake.set()

    async def jpeg(self, camera: CityCamera) -> bytes:
        """One still of a camera, drawn for whoever asks; a running feed goes on undisturbed."""

        def draw() -> bytes:
            return jpeg(*still(Scene(self.city, camera), self._clock()))

        return await asyncio.get_running_loop().run_in_executor(self._pool, draw)

    async def close(self) -> None:
        """Stop everything; pictures under way are finished and thrown away."""
        tasks = [feed.task for feed in self._feeds.values() if feed.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._feeds.clear()
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)

    def period(self, camera: CityCamera, watched: int, small: bool = False) -> float:
        """Seconds between pictures of a camera while so many cameras are watched."""
        if camera.fault is Fault.SLOW:
            return SLOW_FRAME_S
        return max(1.0, watched / FULL_RATE_CAMERAS) / (SMALL_FRAMES_PER_S if small else FRAMES_PER_S)

    async def _run(self, feed: _Feed) -> None:
        loop = asyncio.get_running_loop()
        due, last_key = loop.time(), float("-inf")
        try:
            while await self._somebody(feed):
                # A picture is drawn for now, never for a moment that was missed: under load the rate falls and nothing queues.
                due = max(due, loop.time() - 0.05)
                key = feed.wants_key or due - last_key >= GOP_S - 0.03
                feed.wants_key = False
                picture = await loop.run_in_executor(self._pool, self._make, feed, key)
                if picture is None:
                    feed.wants_key = True
                    continue
                self.frames += 1
                last_key = due if picture.key else last_key
                for sink in tuple(feed.sinks):
                    sink(picture)
                due += self.period(feed.camera, self.watched, feed.small)
                feed.wake.clear()
                await self._until(feed, due)
        finally:
            if self._feeds.get((feed.camera.id, feed.small)) is feed:
                del self._feeds[feed.camera.id, feed.small]

    async def _somebody(self, feed: _Feed) -> bool:
        """Wait for somebody to watch; False when nobody came for the time a scene lingers."""
        if feed.sinks:
            return True
        feed.wake.clear()
        try:
            await asyncio.wait_for(feed.wake.wait(), self._linger_s)
        except TimeoutError:
            return bool(feed.sinks)
        return True

    async def _until(self, feed: _Feed, due: float) -> None:
        """Wait for the next picture's time, or for somebody who joins and needs one at once."""
        wait = due - asyncio.get_running_loop().time()
        if wait <= 0:
            await asyncio.sleep(0)
            return
        try:
            await asyncio.wait_for(feed.wake.wait(), wait)
        except TimeoutError:
            return

    def _make(self, feed: _Feed, key: bool) -> Picture | None:
        """In a thread: draw and code one moment; None when everybody left while it waited for its turn."""
        if not feed.sinks:
            return None
        if feed.scene is None:
            feed.scene = Scene(self.city, feed.camera)
        if feed.encoder is None:
            feed.encoder, key = Encoder(feed.small), True
        unix = self._clock()
        feed.scene.draw(unix, feed.encoder.luma, feed.encoder.blue, feed.encoder.red)
        unit: AccessUnit = feed.encoder.encode(int(unix * CLOCK_HZ), key)
        return Picture(payloads(unit.nals), unit.key, unit.rtp_time, unix)
