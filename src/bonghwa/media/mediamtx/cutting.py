"""Making sure that a session at MediaMTX has ended: told to, seen gone, else its whole path taken away."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from bonghwa.media.clock import elapsed
from bonghwa.media.mediamtx.api import ApiFailed, ControlApi
from bonghwa.media.mediamtx.pull import RemotePull
from bonghwa.media.mediamtx.viewer import KICK_S, RelayedViewer

_LOOK_S = 0.05
_INSIST_S = 0.5

_log = structlog.get_logger(__name__)


class Cutter:
    """Ends sessions. A session that cannot be seen to have ended stays in `owed`, and is tried until it is."""

    def __init__(self, api: ControlApi, sharing: Callable[[RelayedViewer], Iterable[RelayedViewer]]) -> None:
        self.owed: set[RelayedViewer] = set()
        self._api = api
        self._sharing = sharing

    async def cut(self, viewer: RelayedViewer, pull: RemotePull) -> None:
        """End the session of `viewer`; `gone` is set when it is seen to have ended, however long that takes."""
        ends = elapsed() + KICK_S
        while elapsed() < ends:
            if await self._kicked(viewer):
                viewer.gone.set()
                return
            await asyncio.sleep(_LOOK_S)
        self.owed.add(viewer)
        try:
            async with pull.lock:
                await self._take_path_away(viewer, pull)
        finally:
            self.owed.discard(viewer)
        viewer.gone.set()

    async def _kicked(self, viewer: RelayedViewer) -> bool:
        assert viewer.remote is not None
        try:
            await self._api.kick(viewer.remote)
            return await self._is_gone(viewer, viewer.remote)
        except ApiFailed:
            return False

    async def _is_gone(self, viewer: RelayedViewer, remote: str) -> bool:
        """Out of both lists: MediaMTX strikes a kicked session at once, but a reader of the path only after its connection was closed."""
        if await self._api.session(remote) is not None:
            return False
        path = await self._api.path(viewer.path)
        return path is None or remote not in path.readers

    async def _take_path_away(self, viewer: RelayedViewer, pull: RemotePull) -> None:
        _log.warning("mediamtx_kick_unconfirmed", view=viewer.ticket.view)
        for other in self._sharing(viewer):
            viewer.dropped.add(other.ticket.view)
            other.end("lost")
        while True:
            try:
                await self._api.delete_path(pull.name)
                pull.observe(None)
                path = await self._api.path(pull.name)
                if path is None or viewer.remote not in path.readers:
                    return
            except ApiFailed:
                pass
            await asyncio.sleep(_INSIST_S)
