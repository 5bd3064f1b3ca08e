"""The rival made of aiortc: a WHEP server that pulls one camera once and hands its coded pictures to every viewer.

    python -m benchmarks.media.rival_aiortc CAMERA_URL --ready FILE [--cold] [--host ADDRESS]

It is what aiortc's own examples do, at its best: `MediaPlayer(decode=False)` passes H.264 through, one `MediaRelay` feeds all viewers, the
event loop is uvloop. `--cold` connects to the camera when
the first viewer comes and leaves it with the last. `DELETE /whep` closes every session at once.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import uvicorn
import uvloop
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer, MediaRelay
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

ALLOW = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "*"}


class Server:
    """One camera and its viewers."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._relay = MediaRelay()
        self._player: MediaPlayer | None = None
        self._warm: asyncio.Task[None] | None = None
        self._peers: set[RTCPeerConnection] = set()
        self._opening = asyncio.Lock()

    def pull(self) -> MediaPlayer:
        """Connect to the camera, once."""
        if self._player is None:
            options = {"rtsp_transport": "tcp", "fflags": "nobuffer", "analyzeduration": "0", "probesize": "32"}
            self._player = MediaPlayer(self._camera, format="rtsp", options=options, decode=False)
        return self._player

    async def prefetch(self) -> None:
        """Connect before any viewer comes and keep the connection."""
        player = await asyncio.to_thread(self.pull)
        track = self._relay.subscribe(player.video)
        self._warm = asyncio.create_task(_drain(track))

    async def whep(self, request: Request) -> Response:
        """Answer an offer, or close all sessions."""
        if request.method == "OPTIONS":
            return Response(headers=ALLOW)
        if request.method == "DELETE":
            peers, self._peers = self._peers, set()
            await asyncio.gather(*(peer.close() for peer in peers))
            self._let_go()
            return Response(headers=ALLOW)
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.add(peer)

        @peer.on("connectionstatechange")
        async def changed() -> None:
            if peer.connectionState in ("failed", "closed"):
                await peer.close()
                self._left(peer)

        offer = RTCSessionDescription((await request.body()).decode(), "offer")
        async with self._opening:
            player = await asyncio.to_thread(self.pull)
        sender = peer.addTrack(self._relay.subscribe(player.video))
        transceiver = next(one for one in peer.getTransceivers() if one.sender is sender)
        codecs = [codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.mimeType == "video/H264"]
        transceiver.setCodecPreferences(codecs)  # before the offer is read: what both can do is settled then
        await peer.setRemoteDescription(offer)
        await peer.setLocalDescription(await peer.createAnswer())
        return PlainTextResponse(peer.localDescription.sdp, 201, {**ALLOW, "Content-Type": "application/sdp"})

    def _left(self, peer: RTCPeerConnection) -> None:
        self._peers.discard(peer)
        if not self._peers:
            self._let_go()

    def _let_go(self) -> None:
        """Leave the camera with the last viewer, unless it was pulled beforehand."""
        if self._warm is None and self._player is not None:
            player, self._player = self._player, None
            player.video.stop()


async def _drain(track: object) -> None:
    while True:
        await track.recv()  # type: ignore[attr-defined]


async def run(given: argparse.Namespace) -> None:
    server = Server(given.camera)
    if not given.cold:
        await server.prefetch()
    app = Starlette(routes=[Route("/whep", server.whep, methods=["POST", "DELETE", "OPTIONS"])])
    web = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", backlog=1024, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(web.serve())
    while not web.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.02)
    given.ready.write_text(json.dumps({"url": f"http://127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}/whep"}))
    await serving


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.media.rival_aiortc")
    parser.add_argument("camera")
    parser.add_argument("--ready", type=Path, required=True)
    parser.add_argument("--cold", action="store_true")
    uvloop.run(run(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
