"""What the simulated city costs: CPU of its process with 0, 16, 24 and 48 watched cameras, and the rate each camera gets.

    .venv/bin/python benchmarks/city.py [--json] [--seconds 10] [--cameras FILE]

The city runs in a process of its own; this one only pulls, and its own CPU time does not count.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bonghwa.city.camera import load_cameras
from bonghwa.city.rtsp import REALM, USERNAME, digest_answer

GOAL_SHARE_16 = 0.60


class Pull:
    """One RTSP pull over TCP that counts pictures (RTP markers) and measures the wait for the first one."""

    def __init__(self, url: str, password: str) -> None:
        self.url, self._password = url, password
        self.pictures = 0
        self.first_s: float | None = None

    async def _ask(self, method: str, url: str, headers: str = "") -> str:
        self._number += 1
        proof = ""
        if self._nonce:
            answer = digest_answer(USERNAME, REALM, self._password, self._nonce, method, url)
            proof = (
                f'Authorization: Digest username="{USERNAME}", realm="{REALM}", nonce="{self._nonce}", uri="{url}", response="{answer}"\r\n'
            )
        self._writer.write(f"{method} {url} RTSP/1.0\r\nCSeq: {self._number}\r\n{proof}{headers}\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"Content-Length: (\d+)", head)
        if length:
            await self._reader.readexactly(int(length[1]))
        return head

    async def run(self) -> None:
        host, port = re.match(r"rtsp://([^:/]+):(\d+)", self.url).groups()  # type: ignore[union-attr]
        started = time.monotonic()
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        self._number, self._nonce = 0, ""
        head = await self._ask("DESCRIBE", self.url)
        self._nonce = re.search(r'nonce="([^"]+)"', head)[1]  # type: ignore[index]
        await self._ask("DESCRIBE", self.url)
        head = await self._ask("SETUP", self.url + "/track1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
        session = re.search(r"Session: (\w+)", head)[1]  # type: ignore[index]
        await self._ask("PLAY", self.url, f"Session: {session}\r\n")
        try:
            while True:
                mark = await self._reader.readexactly(4)
                packet = await self._reader.readexactly(int.from_bytes(mark[2:], "big"))
                if mark[1] == 0 and packet[1] & 0x80:
                    self.pictures += 1
                    if self.first_s is None:
                        self.first_s = time.monotonic() - started
        finally:
            self._writer.close()


async def measure(process: psutil.Process, sources: list[dict[str, str]], seconds: float) -> dict[str, float]:
    """CPU share of one core and pictures per second and camera, after everything has begun."""
    pulls = [Pull(source["url"], source["password"]) for source in sources]
    tasks = [asyncio.create_task(pull.run()) for pull in pulls]
    until = time.monotonic() + 60
    while any(pull.first_s is None for pull in pulls) and time.monotonic() < until:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)
    before, cpu, at = [pull.pictures for pull in pulls], process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after, now = process.cpu_times(), time.monotonic()
    rates = [(pull.pictures - start) / (now - at) for pull, start in zip(pulls, before, strict=True)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    first = sorted(pull.first_s or float("nan") for pull in pulls)
    return {
        "watched": len(pulls),
        "cpu_share": round((after.user + after.system - cpu.user - cpu.system) / (now - at), 3),
        "fps_mean": round(sum(rates) / len(rates), 2) if rates else 0.0,
        "fps_least": round(min(rates), 2) if rates else 0.0,
        "first_picture_s_median": round(first[len(first) // 2], 3) if first else 0.0,
        "first_picture_s_max": round(first[-1], 3) if first else 0.0,
    }


def _camera_file(folder: Path, given: Path | None) -> Path:
    """The given export, or one made of the packaged registry."""
    if given is not None:
        return given
    import csv
    import gzip
    from importlib.resources import files

    text = gzip.decompress(files("bonghwa.data").joinpath("incheon_cctv.csv.gz").read_bytes()).decode("utf-8-sig")
    rows = [
        {"id": f"camera-{number}-{head}", "name": f"{number}", "owner": "incheon", "lat": row["WGS84위도"], "lon": row["WGS84경도"]}
        for number, row in enumerate(csv.DictReader(text.splitlines()))
        for head in range(int(row["카메라대수"] or 1))
    ]
    path = folder / "cameras.json"
    path.write_text(json.dumps({"cameras": rows}), "utf-8")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="3 seconds a step")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cameras", type=Path)
    given = parser.parse_args()
    if given.quick:
        given.seconds = 3.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cameras = _camera_file(folder, given.cameras)
        ready = folder / "ready.json"
        started = time.monotonic()
        command = [
            sys.executable,
            "-m",
            "bonghwa.cli",
            "serve",
            "city",
            "--cameras",
            str(cameras),
            "--data",
            name,
            "--ready-file",
            str(ready),
        ]
        city = subprocess.Popen(command, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            while not ready.exists():
                if city.poll() is not None:
                    return 1
                time.sleep(0.05)
            start_s = time.monotonic() - started
            healthy = {camera.id for camera in load_cameras(cameras) if camera.fault is None}
            sources = [one for one in json.loads((folder / "sources.json").read_text("utf-8"))["sources"] if one["camera"] in healthy][
                ::331
            ]
            process = psutil.Process(city.pid)
            results = [
                asyncio.run(measure(process, sources[at : at + count], given.seconds)) for at, count in ((0, 0), (0, 16), (0, 24), (0, 48))
            ]
            memory = process.memory_info().rss / 1e6
        finally:
            city.send_signal(signal.SIGTERM)
            city.wait(10)
    share = results[1]["cpu_share"]
    if given.json:
        row = {"name": "city: CPU of one core, 16 watched", "ours": share, "rival": GOAL_SHARE_16, "ratio": round(share / GOAL_SHARE_16, 2)}
        print(json.dumps([{**row, "unit": "share", "goal": "<= 0.60", "met": share <= GOAL_SHARE_16, "n": 1}]))
        return 0
    print(f"start {start_s:.1f} s, {memory:.0f} MB, ended with {city.returncode}")
    for result in results:
        print("  ".join(f"{key} {value}" for key, value in result.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
