"""Fails closed for a gateway that no longer can: takes its paths away from MediaMTX when it dies or stands still.

`python -m bonghwa.media.mediamtx.warden API PREFIX`, started by the gateway, which writes a byte a second to its standard input.
MediaMTX knows no lease: without this, whoever watches while the gateway is killed would watch on.
"""

import asyncio
import os
import signal
import sys

from bonghwa.media.mediamtx.api import ApiFailed, ControlApi

SILENCE_S = 15.0
"""As long as the gateway's own lease."""
_RETRY_S = 0.5
_GIVE_UP_S = 3_600.0


async def take_away(api: ControlApi, prefix: str, but: frozenset[str] = frozenset()) -> int:
    """Delete every path of this prefix except `but`; gives how many. Raises `ApiFailed`."""
    names = [name for name in await api.configured() if name.startswith(prefix) and name not in but]
    for name in names:
        await api.delete_path(name)
    return len(names)


async def watch(api: ControlApi, prefix: str, heartbeat: asyncio.StreamReader) -> None:
    """Return once the gateway has ended and nothing of it is left at MediaMTX. A silence takes its paths away too, each time."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                alive = bool(await heartbeat.read(64))
        except TimeoutError:
            alive = False
        if not alive:
            await _insist(api, prefix)
        if heartbeat.at_eof():
            return


async def _insist(api: ControlApi, prefix: str) -> None:
    ends = asyncio.get_running_loop().time() + _GIVE_UP_S
    while asyncio.get_running_loop().time() < ends:
        try:
            await take_away(api, prefix)
        except ApiFailed:
            await asyncio.sleep(_RETRY_S)
        else:
            return


async def _main(url: str, prefix: str) -> None:
    heartbeat = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heartbeat), os.fdopen(0, "rb", 0))
    async with ControlApi(url) as api:
        await watch(api, prefix, heartbeat)


if __name__ == "__main__":
    # Whoever ends the gateway's whole group must not end what cleans up after it.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    asyncio.run(_main(sys.argv[1], sys.argv[2]))
