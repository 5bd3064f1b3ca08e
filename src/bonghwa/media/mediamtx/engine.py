"""MediaMTX as the engine: paths come and go with the gateway's holds, sessions are opened through the door and ended by kicking."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import structlog

from bonghwa.media.camera import Camera
from bonghwa.media.clock import elapsed
from bonghwa.media.engine import EngineRefused, Face, Joining
from bonghwa.media.feed import Feed
from bonghwa.media.mediamtx.api import ApiFailed, ControlApi, RemotePath, RemoteSession
from bonghwa.media.mediamtx.cutting import Cutter
from bonghwa.media.mediamtx.door import Door, bind
from bonghwa.media.mediamtx.pull import RemotePull, path_name, prefix
from bonghwa.media.mediamtx.settings import MediaMtxSettings, is_here
from bonghwa.media.mediamtx.viewer import RelayedViewer
from bonghwa.media.mediamtx.warden import take_away
from bonghwa.media.pull import Pull
from bonghwa.media.rtsp import Source
from bonghwa.media.sessions import Sessions
from bonghwa.media.ticket import Ticket
from bonghwa.media.webrtc.sdp import Offer

LOOK_S, HURRY_S, IDLE_S = 0.5, 0.1, 2.0
CHECK_S = 10.0
PATIENCE_S = 3.0
"""How long MediaMTX may be silent before its sessions count as lost."""
PICTURE_S = 5.0
ESTABLISH_S = 15.0
_JOIN_S = 10.0
_CLOSE_S = 0.5

_log = structlog.get_logger(__name__)


class MediaMtxEngine:
    """WebRTC through the MediaMTX of `settings`, for the gateway called `gateway`."""

    faces: frozenset[Face] = frozenset({"webrtc"})
    lag_s = LOOK_S
    dropped = 0

    def __init__(self, settings: MediaMtxSettings, gateway: str) -> None:
        self._settings = settings
        self._gateway = gateway
        self._api = ControlApi(settings.api)
        self._whep = httpx.AsyncClient(base_url=settings.whep, timeout=_JOIN_S, trust_env=False)
        self._door = Door()
        self._cutter = Cutter(self._api, lambda viewer: [other for other in self._sharing(viewer) if other is not viewer])
        self._pulls: dict[str, RemotePull] = {}
        self._viewers: dict[RelayedViewer, float] = {}
        self._strangers: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble: str | None = "engine_unreachable"
        self._heard = elapsed()
        self._awake = asyncio.Event()
        self._checked = float("-inf")
        self._warden: subprocess.Popen[bytes] | None = None

    @property
    def trouble(self) -> str | None:
        """`engine_unreachable`, `engine_unsafe` or `engine_cut_unconfirmed`."""
        return self._trouble or ("engine_cut_unconfirmed" if self._cutter.owed else None)

    def pull(
        self,
        source: Source,
        on_health: Callable[[Feed], None],
        on_first_frame: Callable[[str, float], None],
        on_rework: Callable[[Pull], bool],  # noqa: ARG002  MediaMTX passes on what the camera sends
    ) -> RemotePull:
        """A path at MediaMTX."""
        name = path_name(self._gateway, source.camera)
        made = RemotePull(source, on_health, on_first_frame, name, self._api, lambda: self._trouble is None, self._changed)
        self._pulls[name] = made
        return made

    def join(self, desk: Sessions, ticket: Ticket, camera: Camera, offer: Offer, sdp: bytes) -> Joining:
        """A WebRTC session at MediaMTX."""
        if len(offer.sections) != 1:
            raise EngineRefused(400, "offer_refused", "offer: one video section and nothing else; this engine would send sound too")
        pull = self._pulls[path_name(self._gateway, camera.id)]
        viewer = RelayedViewer(desk, ticket, camera, pull.name, self._leave)
        viewer.credential = self._door.expect(viewer)
        self._viewers[viewer] = elapsed()

        async def answer(_reached_at: str) -> str:
            try:
                return await self._answer(viewer, pull, sdp)
            except EngineRefused:
                viewer.end("lost")
                raise

        return Joining(viewer, answer)

    # Joining and leaving

    async def _answer(self, viewer: RelayedViewer, pull: RemotePull, sdp: bytes) -> str:
        viewer.feed.subscribe(viewer)
        await _either(pull.showing, viewer.gone, PICTURE_S)
        if viewer.ended is None and not pull.showing.is_set():
            raise EngineRefused(504, "no_picture", f"the camera gave no picture: {pull.state}")
        self._check_wanted(viewer)
        answer = await self._offer(viewer, sdp)
        self._check_wanted(viewer)
        if viewer.remote is None:
            self._distrust("a session was opened without asking")
            raise EngineRefused(503, "engine_unsafe", "the gateway's engine can show nothing now")
        return answer

    def _check_wanted(self, viewer: RelayedViewer) -> None:
        """A revoke may come at any time."""
        if viewer.ended is not None:
            raise EngineRefused(403, "view_over", "the view ended while it was being opened")

    async def _offer(self, viewer: RelayedViewer, sdp: bytes) -> str:
        headers = {"Authorization": f"Bearer {viewer.credential}", "Content-Type": "application/sdp"}
        try:
            response = await self._whep.post(f"/{viewer.path}/whep", content=sdp, headers=headers)
        except httpx.HTTPError:
            raise EngineRefused(503, "engine_unreachable", "the gateway's engine can show nothing now") from None
        finally:
            self._door.withdraw(viewer.credential)
        if response.status_code == 404:
            raise EngineRefused(504, "no_picture", "the camera gives no picture")
        if response.status_code != 201:
            raise EngineRefused(502, "engine_refused", f"the engine refused the offer with status {response.status_code}")
        return response.text

    def _leave(self, viewer: RelayedViewer) -> None:
        self._door.withdraw(viewer.credential)
        if viewer.remote is None:
            self._viewers.pop(viewer, None)
            viewer.gone.set()
        else:
            self._begin(self._end(viewer))

    async def _end(self, viewer: RelayedViewer) -> None:
        try:
            await self._cutter.cut(viewer, self._pulls[viewer.path])
        finally:
            self._viewers.pop(viewer, None)

    def _changed(self, pull: RemotePull) -> None:
        self._awake.set()
        if not pull.pulled:
            self._begin(self._take_away(pull))

    async def _take_away(self, pull: RemotePull) -> None:
        """What fails here is swept up later: nothing of ours that is not wanted stays at MediaMTX."""
        async with pull.lock:
            if not pull.pulled:
                with contextlib.suppress(ApiFailed):
                    await self._api.delete_path(pull.name)

    def _sharing(self, viewer: RelayedViewer) -> list[RelayedViewer]:
        return [other for other in self._viewers if other.path == viewer.path and other.ended is None]

    # Its life

    async def open(self) -> None:
        """Take the hook's port. Raises `OSError` where it is taken."""
        self._socket = bind(self._settings.hook_port)

    async def run(self) -> None:
        """Answer at the door, and look after MediaMTX."""
        server = self._door.server()
        hook = asyncio.create_task(server.serve([self._socket]))
        try:
            while not hook.done():
                await self._look_after()
                self._awake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pace()):
                        await self._awake.wait()
            hook.result()
        finally:
            server.should_exit = True
            await asyncio.wait([hook], timeout=_CLOSE_S)

    async def close(self) -> None:
        """Wait a moment for what is being ended; the warden ends the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_S)
        for task in self._tasks:
            task.cancel()
        if self._warden is not None and self._warden.stdin is not None:
            self._warden.stdin.close()
        await self._whep.aclose()
        await self._api.close()

    def _pace(self) -> float:
        waiting = any(not viewer.served and viewer.remote for viewer in self._viewers)
        pulled = [pull for pull in self._pulls.values() if pull.pulled]
        if waiting or any(not pull.showing.is_set() and pull.state in ("idle", "ok") for pull in pulled):
            return HURRY_S
        return LOOK_S if pulled or self._viewers else IDLE_S

    async def _look_after(self) -> None:
        try:
            self._tend_warden()
            if elapsed() - self._checked >= CHECK_S or self._trouble == "engine_unsafe":
                await self._check()
            if self._trouble != "engine_unsafe":
                known = {viewer.remote for viewer in self._viewers}
                sessions, paths = await self._api.sessions(), await self._api.paths()
                await self._observe(sessions, paths, known)
                self._trouble = None
            self._heard = elapsed()
        except (ApiFailed, OSError) as error:
            if self._trouble is None:
                _log.warning("mediamtx_unreachable", reason=str(error)[:100])
            self._trouble, self._checked = "engine_unreachable", float("-inf")
        if elapsed() - self._heard >= PATIENCE_S or self._trouble == "engine_unsafe":
            for viewer in list(self._viewers):
                viewer.end("lost")

    async def _observe(self, sessions: dict[str, RemoteSession], paths: dict[str, RemotePath], known: set[str | None]) -> None:
        now = elapsed()
        for viewer, since in list(self._viewers.items()):
            session = sessions.get(viewer.remote or "")
            if session is not None:
                viewer.counted(session.sent)
                if session.established and viewer.may_send():
                    viewer.begin()
            lost = session is None and viewer.remote is not None and viewer.remote in known
            if lost or (not viewer.served and now - since >= ESTABLISH_S):
                viewer.end("lost")
        for pull in self._pulls.values():
            pull.observe(paths.get(pull.name))
        await self._turn_out(paths)

    async def _turn_out(self, paths: dict[str, RemotePath]) -> None:
        """Nobody reads our paths whom we did not let in; one who is there again after a kick ends the path."""
        ours = {viewer.remote for viewer in self._viewers}
        again, self._strangers = self._strangers, set()
        for name, path in paths.items():
            if not name.startswith(prefix(self._gateway)):
                continue
            for stranger in path.readers - ours:
                _log.warning("mediamtx_stranger", path=name)
                self._strangers.add(stranger)
                await (self._api.delete_path(name) if stranger in again else self._api.kick(stranger))

    async def _check(self) -> None:
        """That MediaMTX asks us before it shows anything, and that nobody else's path is ours. Raises `ApiFailed`."""
        conf = await self._api.conf()
        asks = conf.auth_method == "http" and conf.auth_address == self._settings.hook
        closed = not conf.excluded & {"read", "publish", "playback"}
        reachable = "api" in conf.excluded and is_here(f"http://{conf.api_address}")
        if asks and closed and reachable:
            wanted = frozenset(pull.name for pull in self._pulls.values() if pull.pulled)
            await take_away(self._api, prefix(self._gateway), wanted)
            if self._trouble == "engine_unsafe":
                self._trouble = None
        else:
            self._distrust("authMethod, authHTTPAddress, authHTTPExclude or apiAddress is not as docs/media.md demands")
            await take_away(self._api, prefix(self._gateway))
        self._checked = elapsed()

    def _distrust(self, reason: str) -> None:
        self._checked = float("-inf")
        if self._trouble != "engine_unsafe":
            _log.error("mediamtx_unsafe", reason=reason)
        self._trouble = "engine_unsafe"

    def _tend_warden(self) -> None:
        """No warden, no service: without one a killed gateway would leave its viewers watching. Raises `OSError`."""
        if self._warden is None or self._warden.poll() is not None:
            command = [sys.executable, "-m", "bonghwa.media.mediamtx.warden", self._settings.api, prefix(self._gateway)]
            self._warden = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True)
        assert self._warden.stdin is not None
        pipe = self._warden.stdin.fileno()
        os.set_blocking(pipe, False)
        with contextlib.suppress(BlockingIOError):
            os.write(pipe, b".")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _either(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    """Wait, at most so long, until one of the two is set."""
    waits = [asyncio.create_task(event.wait()) for event in (one, other)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
