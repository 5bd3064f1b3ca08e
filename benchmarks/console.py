"""1,000 event streams on one incident: how long a change takes to reach each, and whether any is lost, beside a plain FastAPI stream.

    python -m benchmarks.console [--quick] [--json]

Ours commits each change durably with its ledger entry, authorises every event for every stream and numbers it for resuming; the rival
puts a text into queues. Both run as one process of their own on loopback, the clients in this one; the same clock times both ends.
"""

import argparse
import asyncio
import contextlib
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.api.house import SINPO, build_town

ROOT = Path(__file__).resolve().parent.parent


class Streams:
    """Many event streams over raw sockets; remembers when each change arrived at each stream."""

    def __init__(self, host: str, port: int, path: str, token: str) -> None:
        self.host, self.port = host, port
        self.request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n".encode()
        self.arrived: dict[int, list[float]] = {}
        self.open = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def _one(self) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self.request)
        await reader.readuntil(b"\r\n\r\n")
        self.open += 1
        try:
            while line := await reader.readline():
                if line.startswith(b"data:") and (start := line.find(b'"rev":')) > 0:
                    rev = int(line[start + 6 :].split(b",", 1)[0])
                    self.arrived.setdefault(rev, []).append(time.time())
        finally:
            writer.close()

    async def connect(self, count: int) -> None:
        """Open them, a few at a time."""
        for start in range(0, count, 50):
            self._tasks += [asyncio.create_task(self._one()) for _ in range(min(50, count - start))]
            while self.open < min(count, start + 50):  # noqa: ASYNC110  a thousand tasks would each set an event
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def process(command: list[str], port: int) -> Iterator[None]:
    """Run a server until the block ends; wait until its port answers."""
    running = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if running.poll() is not None:
                raise RuntimeError(f"{command} ended")
            time.sleep(0.1)
        yield
    finally:
        running.terminate()
        running.wait(20)


async def deliver(streams: Streams, count: int, changes: int, publish: Any) -> tuple[list[float], int]:
    """Latencies in milliseconds of every delivery, and how many never came."""
    await streams.connect(count)
    waits: list[float] = []
    lost = 0
    for n in range(changes):
        sent = time.time()
        rev = await publish(n)
        deadline = time.time() + 10
        while len(streams.arrived.get(rev, ())) < count and time.time() < deadline:  # noqa: ASYNC110  polled outside the hot path
            await asyncio.sleep(0.005)
        got = streams.arrived.get(rev, [])
        lost += count - len(got)
        waits += [(at - sent) * 1000 for at in got]
        await asyncio.sleep(0.1)
    await streams.close()
    return waits, lost


async def ours(count: int, changes: int) -> tuple[list[float], int]:
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder) / "data", free_port()
        with contextlib.redirect_stdout(sys.stderr):
            credentials = build_town(data)
        command = ["-m", "bonghwa.cli", "serve", "hub", "--data", str(data), "--port", str(port), "--agreements", str(ROOT / "agreements")]
        with process(command, port):
            token = credentials.tokens["police112"]
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
                report = {"line": "police112", "kind": "robbery", "at": "2026-11-22T00:00:00Z", "place": SINPO, "external_id": "bench"}
                filed = await client.post("/reports", json=report, headers={"Authorization": f"Bearer {credentials.lines['police112']}"})
                incident = filed.json()["incident"]["id"]
                streams = Streams("127.0.0.1", port, "/api/v1/events", token)

                async def publish(n: int) -> int:
                    body = {"reason": "측정", "look_for": f"검은 상의 {n}"}
                    answer = await client.patch(f"/incidents/{incident}", json=body, headers={"Authorization": f"Bearer {token}"})
                    answer.raise_for_status()
                    return int(answer.json()["rev"])

                return await deliver(streams, count, changes, publish)


async def rival(count: int, changes: int) -> tuple[list[float], int]:
    port = free_port()
    with process(["-m", "benchmarks._plain_stream", str(port)], port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

            async def publish(n: int) -> int:
                await client.post("/publish", json={"rev": n, "text": "x" * 400})
                return n

            return await deliver(Streams("127.0.0.1", port, "/events", "-"), count, changes, publish)


def p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if values else float("nan")


def rows(quick: bool = False) -> list[dict[str, Any]]:
    """The table."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    count, changes = (200, 5) if quick else (1000, 30)
    own, own_lost = asyncio.run(ours(count, changes))
    other, other_lost = asyncio.run(rival(count, changes))
    table = []
    for name, pick in (("p50", statistics.median), ("p99", p99)):
        mine, theirs = pick(own), pick(other)
        table.append(
            {
                "name": f"change to {count} streams, {name}",
                "ours": round(mine, 1),
                "rival": round(theirs, 1),
                "ratio": round(theirs / mine, 2),
                "unit": "ms",
                "goal": None,
                "met": None,
                "n": len(own),
            }
        )
    table.append(
        {"name": f"events lost of {count * changes}", "ours": own_lost, "rival": other_lost, "ratio": None, "unit": "events", "goal": 0,
         "met": own_lost == 0, "n": count * changes}
    )  # fmt: skip
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    print(json.dumps(rows(given.quick), indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
