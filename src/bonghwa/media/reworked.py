"""A feed made from another one: decoded, changed and coded anew in a process of its own, once for all who watch.

For what a browser cannot show as it comes (B frames, H.265), and for what must be changed before anybody sees it.

    workers = Workers(limit=2)                              # one of it a gateway
    feed = Reworked(source, lambda: Work("hevc"), workers, on_health)
    feed.subscribe(viewer)                                  # takes a place, starts the worker, subscribes to the source
    feed.change()                                           # the work is another one now: asked for again, and sent to the worker

It begins when first watched, fed with the source's present pictures at once, so that the first picture does not wait for the source's
next key picture; it ends `LINGER_S` after the last viewer left. A worker that dies is started again (0.5, 1, 2, 4, 8 s). `health` is
the source's, but for `ok`: that is said only while pictures come out. Where no place is free it refuses: `transcode_full`.

`change` holds for masks as well: from the call on no picture made by the old work is sent on, not even one that is under way, and the
present is forgotten. What the worker does with a picture is `Reworker._image` in `bonghwa.media.worker`; a new kind of work is a field of
`Work` and a step there. A worker that cannot do what its work says shows nothing.
"""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Callable

import structlog

from bonghwa.media import picture
from bonghwa.media.clock import elapsed
from bonghwa.media.feed import DEAD_S, LATE_S, Feed, Health
from bonghwa.media.h264 import IDR, PPS, SLICE, SPS, AccessUnit, MalformedH264, ParameterSets, nal_units
from bonghwa.media.worker import HEADER, KEY, MAX_BODY, PAST, PICTURE, WISH, WORK, Work

FULL = "transcode_full"
_MIN_BACKOFF_S, _MAX_BACKOFF_S = 0.5, 8.0
_JUDGE_EVERY_S = 0.25
# A worker with so many pictures under way (a decoder holds up to 16 to put them in order) is too slow for this camera: it is given whole
# groups of pictures and misses others. Where it cannot decode what it has, nothing comes back: after a while it gets a new group.
_MOST_UNDER_WAY = 48
_PATIENCE_S = 2.0
_MOST_WAITING_BYTES = 6_000_000
_WISH_EVERY_S = 0.5

_log = structlog.get_logger(__name__)


class WorkerFailed(Exception):
    """The worker ended, or said what no worker says."""


class Workers:
    """The places for workers at this gateway: decoding and coding costs a tenth of a core and more for each."""

    def __init__(self, limit: int) -> None:
        self.limit = limit if picture.AVAILABLE else 0
        self.failures = 0
        self._taken: set[Reworked] = set()

    @property
    def running(self) -> int:
        """How many places are taken."""
        return len(self._taken)

    @property
    def free(self) -> bool:
        """Whether one more may be started."""
        return len(self._taken) < self.limit

    def take(self, feed: "Reworked") -> bool:
        """Take a place for `feed`; false when there is none."""
        if feed not in self._taken and not self.free:
            return False
        self._taken.add(feed)
        return True

    def give_back(self, feed: "Reworked") -> None:
        """The place of `feed` is free again."""
        self._taken.discard(feed)


class _Tap:
    """The subscriber a reworked feed is at its source."""

    def __init__(self, take: Callable[[AccessUnit], None], follow: Callable[[Health], None], refuse: Callable[[str], None]) -> None:
        self.picture = take
        self.health = follow
        self.unshowable = refuse

    def show(self, small: bool) -> None:
        """It stays with its source."""


class Reworked(Feed):
    """See the head of this module."""

    def __init__(self, source: Feed, work: Callable[[], Work], workers: Workers, on_health: Callable[[Feed], None]) -> None:
        super().__init__(source.camera, on_health)
        self.kind = "recoded"
        self.delay_s = 0.0
        """How long the last picture took, from its arrival at the gateway until it came out."""
        self._source = source
        self._tap = _Tap(self._take_in, self._follow, self._refuse)
        self._work = work
        self._workers = workers
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._owed = 0
        self._skips = False
        self._under_way: list[int] = []
        self._gave_at = 0.0
        self._shown = -1
        self._came_out: float | None = None
        self._waiting_since = 0.0
        self._wished_at = float("-inf")

    @property
    def running(self) -> bool:
        """Whether it has a worker, or tries to have one."""
        return self._task is not None

    def change(self) -> None:
        """Ask for the work again, and show nothing made by the old one from now on."""
        self.gop.clear()
        if self._writer is not None:
            self._owed += 1
            self._say(WORK, body=self._work().text().encode())

    def wants_key(self) -> None:
        """The worker makes the next picture an IDR; asked at most every half second."""
        if self._writer is not None and elapsed() - self._wished_at >= _WISH_EVERY_S:
            self._wished_at = elapsed()
            self._say(WISH)

    def release(self) -> None:
        """End the linger: its viewers may not come back."""
        self._lingers_until = 0.0
        self._settle()

    def _settle(self) -> None:
        wanted = bool(self._subscribers) or self._lingers_until > elapsed()
        if wanted and self._task is None:
            if not self._workers.take(self):
                self._lingers_until = 0.0
                self._refuse(FULL)
                return
            self.unshowable = None
            self._came_out, self._last_picture, self._waiting_since = None, None, elapsed()
            self._task = asyncio.create_task(self._run(), name="rework")
            self._source.subscribe(self._tap)
        elif not wanted:
            if self._task is not None:
                self._task.cancel()
                self._task = None
                self._workers.give_back(self)
                self._source.unsubscribe(self._tap, linger=False)
                self.gop.clear()
            self._tell("idle")

    # From the source

    def _take_in(self, unit: AccessUnit) -> None:
        """The source's next picture goes to the worker. One that does not keep up is spared all up to the next key picture."""
        if self._writer is None:
            return
        waiting = self._writer.transport.get_write_buffer_size()
        behind = waiting > _MOST_WAITING_BYTES or len(self._under_way) > _MOST_UNDER_WAY
        if unit.key and (not behind or elapsed() - self._gave_at > _PATIENCE_S):
            self._skips = False
            if behind:
                self._under_way.clear()
        elif behind:
            self._skips = True
        if not self._skips:
            self._give(unit, PICTURE)

    def _follow(self, state: Health) -> None:
        """The source's state is ours, but `ok` is only said of pictures that come out."""
        if state not in ("ok", "frozen", "black", "idle"):
            self._tell(state)
        elif state != "idle" and self._came_out is not None and elapsed() - self._came_out < LATE_S:
            self._tell("ok")

    # To and from the worker

    def _say(self, kind: int, time: int = 0, arrived: float = 0.0, body: bytes = b"") -> None:
        assert self._writer is not None
        # A worker that just died has not been noticed yet: what is written to it is lost, and the next begins with the present.
        if not self._writer.transport.is_closing():
            self._writer.write(HEADER.pack(len(body), kind, time, arrived) + body)

    def _give(self, unit: AccessUnit, kind: int) -> None:
        sets = self._source.gop.parameter_sets if unit.key else None
        self._gave_at = elapsed()
        if kind == PICTURE:
            self._under_way.append(unit.time)
        self._say(kind, unit.time, unit.arrived, picture.annex_b(sets, [unit])[0])

    async def _run(self) -> None:
        judge = asyncio.create_task(self._judge())
        backoff = _MIN_BACKOFF_S
        try:
            while True:
                before = self._came_out
                try:
                    await self._employ()
                except (WorkerFailed, OSError, MalformedH264) as error:
                    self._workers.failures += 1
                    _log.warning("worker_failed", reason=str(error))
                backoff = _MIN_BACKOFF_S if self._came_out != before else min(2 * backoff, _MAX_BACKOFF_S)
                await asyncio.sleep(backoff)
        finally:
            judge.cancel()

    async def _employ(self) -> None:
        """Start a worker and take its pictures until it ends. Raises `WorkerFailed`."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "bonghwa.media.worker", str(theirs.fileno())]
            null = subprocess.DEVNULL
            process = await asyncio.create_subprocess_exec(*command, stdin=null, stdout=null, stderr=null, pass_fds=[theirs.fileno()])
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            try:
                self._begin(writer)
                await self._take(reader)
            finally:
                self._writer = None
                writer.close()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _begin(self, writer: asyncio.StreamWriter) -> None:
        """Give the work and the present pictures. Nothing is awaited here: the source's next picture follows without a gap."""
        self._writer = writer
        self._source.subscribe(self._tap)
        self._owed = 1
        self._say(WORK, body=self._work().text().encode())
        units = self._source.present
        self._under_way.clear()
        self._skips = not units
        for unit in units:
            self._give(unit, PICTURE if unit is units[-1] else PAST)

    async def _take(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                size, kind, time, arrived = HEADER.unpack(await reader.readexactly(HEADER.size))
                if size > MAX_BODY:
                    raise WorkerFailed("a picture too large")
                body = await reader.readexactly(size)
            except asyncio.IncompleteReadError:
                raise WorkerFailed("the worker ended") from None
            if kind == WORK:
                self._owed = max(0, self._owed - 1)
            elif kind in (PICTURE, KEY):
                self._under_way = [each for each in self._under_way if each > time]
                if not self._owed:
                    self._show(body, time, arrived, kind == KEY)

    def _show(self, body: bytes, time: int, arrived: float, key: bool) -> None:
        nals = nal_units(body)
        sets = self.gop.parameter_sets
        if key:
            sps, pps = (next((nal for nal in nals if nal[0] & 0x1F == kind), b"") for kind in (SPS, PPS))
            sets = ParameterSets.parse(sps, pps)
        now = elapsed()
        self.delay_s, self._came_out = now - arrived, now
        # A worker that was started anew may begin with the picture the last one ended with.
        time = self._shown = max(time, self._shown + 1)
        self._spread(AccessUnit([nal for nal in nals if nal[0] & 0x1F in (SLICE, IDR)], time, key, arrived), sets)
        if self.state in ("idle", "late", "dead", "password") and self._source.state in ("ok", "frozen", "black"):
            self._tell("ok")

    async def _judge(self) -> None:
        """Say `late` and `dead` when nothing comes out though pictures go in."""
        while True:
            await asyncio.sleep(_JUDGE_EVERY_S)
            waited = elapsed() - (self._waiting_since if self._came_out is None else self._came_out)
            if self.state != "password" and waited >= DEAD_S:
                self._tell("dead")
            elif self.state not in ("password", "dead") and waited >= LATE_S:
                self._tell("late")
