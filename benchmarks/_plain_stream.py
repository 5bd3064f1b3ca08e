"""The rival of `benchmarks.console`: the plainest FastAPI event stream there is. No audience, no resume, no record."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
queues: set[asyncio.Queue[str]] = set()


@app.get("/events")
async def events() -> StreamingResponse:
    queue: asyncio.Queue[str] = asyncio.Queue()
    queues.add(queue)

    async def stream() -> AsyncIterator[str]:
        try:
            yield ": hello\n\n"
            while True:
                yield f"data: {await queue.get()}\n\n"
        finally:
            queues.discard(queue)

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.post("/publish")
async def publish(request: Request) -> dict[str, int]:
    body = await request.json()
    text = json.dumps(
        {"type": "incident.updated", "at": time.time(), "rev": body["rev"], "data": {"text": body["text"]}}, separators=(",", ":")
    )
    for queue in queues:
        queue.put_nowait(text)
    return {"streams": len(queues)}


if __name__ == "__main__":
    import sys

    uvicorn.run(app, port=int(sys.argv[1]), log_level="error", backlog=4096)
