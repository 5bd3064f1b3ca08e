"""Receivers none of us wrote: aiortc for WebRTC, the websockets client with PyAV for the stream."""

import asyncio
import contextlib
import json

import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


@contextlib.asynccontextmanager
async def watching(gateway, token, camera="cam1"):
    """A WebRTC view: gives (decoded frames, HTTP answer, peer)."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    frames, tasks = [], []

    async def collect(track):
        with contextlib.suppress(MediaStreamError):
            while True:
                frames.append(await track.recv())

    @peer.on("track")
    def on_track(track):
        tasks.append(asyncio.create_task(collect(track)))

    await peer.setLocalDescription(await peer.createOffer())
    try:
        answer = await post_offer(gateway, token, peer.localDescription.sdp, camera)
        assert answer.status_code == 201, answer.text
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        yield frames, answer, peer
    finally:
        for task in tasks:
            task.cancel()
        await peer.close()


async def post_offer(gateway, token, sdp, camera="cam1", **headers):
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{gateway.url}/whep/{camera}",
            content=sdp,
            headers={"Content-Type": "application/sdp", **({"Authorization": f"Bearer {token}"} if token else {}), **headers},
        )


class Stream:
    """A WebSocket view: what came, in order, and with which code it was closed."""

    def __init__(self):
        self.words = []
        self.segments = []
        self.code = None

    async def collect(self, socket):
        try:
            async for frame in socket:
                (self.words if isinstance(frame, str) else self.segments).append(json.loads(frame) if isinstance(frame, str) else frame)
        except ConnectionClosed:
            pass
        self.code = socket.close_code


@contextlib.asynccontextmanager
async def streaming(gateway, token, camera="cam1", **options):
    url = gateway.url.replace("http", "ws") + f"/stream/{camera}"
    async with connect(url, subprotocols=["bonghwa.v1", f"ticket.{token}"], proxy=None, max_size=None, **options) as socket:
        stream = Stream()
        task = asyncio.create_task(stream.collect(socket))
        try:
            yield stream
        finally:
            task.cancel()
