"""Minutes of kills under load, and sums that must agree at the end: `python -m benchmarks.chaos [--minutes 3] [--quick] [--json]`.

Strap cuts open cameras all over the simulated city; dozens of viewers (WebSocket streams read by the `websockets` client, WebRTC by aiortc)
watch them, leave, vanish and come back. Meanwhile hub, gateways and the city are killed with SIGKILL or stopped for up to 25 s as a broken
network would, grants are revoked and incidents closed and opened. Then everything is let settle, and the ledger's own entries are added up:

- every session ended once, under the one grant (or duty) its view was opened for;
- what each view's record says it delivered is the sum of its sessions in the ledger, to the byte;
- what a gateway that was not killed since says it sent is the sum of its sessions in the ledger, to the byte;
- no viewer received more than was put down for it, but for what a killed gateway had not told yet (two seconds of heartbeat);
- no picture came later than the lease after its incident was closed; and the ledger verifies.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks.alarm import System, places, row, running
from bonghwa.registry.places import Named

LEASE_S = 15.0
UNTOLD_S = 4.0
"""A killed gateway told its last figures at most a heartbeat (2 s) before; as much again for a machine under load."""
AGENCY = "tracking_centre"


@dataclass
class Seen:
    """What one view's viewer got."""

    incident: str
    bytes: int = 0
    last: float = 0.0


@dataclass
class Load:
    """Incidents that are open, what was seen, and what was done to the system."""

    system: System
    file: Path
    client: httpx.AsyncClient
    random: random.Random
    open: list[str] = field(default_factory=list)
    closed_at: dict[str, float] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    over: bool = False

    def ready(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    async def call(self, method: str, path: str, who: str = AGENCY, **more: Any) -> httpx.Response | None:
        """One request, None where the hub cannot be reached: it is being killed."""
        headers = {"Authorization": f"Bearer {self.system.ready['tokens'][who]}"}
        with contextlib.suppress(httpx.HTTPError):
            return await self.client.request(method, path, headers=headers, **more)
        return None


async def open_incident(load: Load, spot: Named) -> None:
    body = {
        "line": AGENCY, "kind": "strap_cut", "at": dt.datetime.now(dt.UTC).isoformat(),
        "place": {"lat": spot.lat, "lon": spot.lon, "accuracy_m": 30}, "external_id": f"chaos-{time.monotonic_ns()}",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {load.system.ready['lines'][AGENCY]}"}
    with contextlib.suppress(httpx.HTTPError):
        answer = await load.client.post("/reports", json=body, headers=headers)
        if answer.is_success:
            load.open.append(answer.json()["incident"]["id"])


async def close_incident(load: Load, incident: str) -> None:
    answer = await load.call("POST", f"/incidents/{incident}/close", json={"reason": "끝", "disposition": "test"})
    if answer is not None and answer.is_success:
        load.open.remove(incident)
        load.closed_at[incident] = time.monotonic()


async def viewer(load: Load, webrtc: bool) -> None:
    """Watches one camera after the other, comes back when it is cut by a kill, and now and then vanishes without goodbye."""
    while not load.over:
        found = await pick(load)
        if found is None:
            await asyncio.sleep(0.5)
            continue
        incident, view = found
        seen = load.seen.setdefault(view["id"], Seen(incident))
        watch_s = load.random.uniform(2, 25)
        try:
            async with asyncio.timeout(watch_s):
                await (watch_webrtc if webrtc else watch_stream)(view, seen)
        except (TimeoutError, OSError, WebSocketException, httpx.HTTPError, ConnectionError, ValueError):
            pass
        if load.random.random() < 0.6:
            await load.call("DELETE", f"/views/{view['id']}")


async def pick(load: Load) -> tuple[str, dict[str, Any]] | None:
    if not load.open:
        return None
    incident = load.random.choice(load.open)
    answer = await load.call("GET", f"/incidents/{incident}")
    if answer is None or not answer.is_success:
        return None
    pairs = [(grant["id"], camera) for grant in answer.json()["grants"] if grant["state"] == "active" for camera in grant["cameras"]]
    if not pairs:
        return None
    grant, camera = load.random.choice(pairs)
    opened = await load.call("POST", "/views", json={"grant": grant, "camera": camera})
    return (incident, opened.json()) if opened is not None and opened.status_code == 201 else None


async def watch_stream(view: dict[str, Any], seen: Seen) -> None:
    subprotocols: list[Any] = ["bonghwa.v1", f"ticket.{view['ticket']}"]
    async with connect(view["stream"], subprotocols=subprotocols, proxy=None, max_size=None, close_timeout=0.5) as socket:
        async for frame in socket:
            if isinstance(frame, bytes) and frame[4:8] == b"moof":
                seen.bytes += len(frame)
                seen.last = time.monotonic()


async def watch_webrtc(view: dict[str, Any], seen: Seen) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    sink = MediaBlackhole()
    peer.on("track", sink.addTrack)
    peer.addTransceiver("video", direction="recvonly")
    try:
        await peer.setLocalDescription(await peer.createOffer())
        headers = {"Authorization": f"Bearer {view['ticket']}", "Content-Type": "application/sdp"}
        async with httpx.AsyncClient() as client:
            answer = await client.post(view["whep"], content=peer.localDescription.sdp, headers=headers)
        if answer.status_code != 201:
            return
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await sink.start()
        before = 0
        while peer.connectionState not in ("closed", "failed"):
            await asyncio.sleep(0.25)
            for report in (await peer.getReceivers()[0].getStats()).values():
                got = getattr(report, "packetsReceived", 0)
                if got > before:
                    before, seen.last = got, time.monotonic()
    finally:
        await sink.stop()
        await peer.close()


async def mischief(load: Load, seconds: float, spots: Iterator[Named]) -> None:
    """Something bad every few seconds."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await asyncio.sleep(load.random.uniform(3, 9))
        act = load.random.choice([kill_gateway, kill_hub, kill_city, stop_part, close_some, revoke_some, close_some])
        load.done[act.__name__] += 1
        print(f"  {act.__name__}", file=sys.stderr)
        await act(load)
        while len(load.open) < 4:
            await open_incident(load, next(spots))
            await asyncio.sleep(0.3)


def signal_to(pids: list[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def kill_gateway(load: Load) -> None:
    signal_to([load.random.choice(load.ready()["pids"]["gateways"])], signal.SIGKILL)


async def kill_hub(load: Load) -> None:
    signal_to([load.ready()["pids"]["hub"]], signal.SIGKILL)


async def kill_city(load: Load) -> None:
    signal_to([load.ready()["pids"]["city"]], signal.SIGKILL)


async def stop_part(load: Load) -> None:
    """As when the network between hub and gateways breaks: a part is there and says nothing."""
    pids = load.ready()["pids"]
    pid = load.random.choice([pids["hub"], *pids["gateways"]])
    signal_to([pid], signal.SIGSTOP)
    await asyncio.sleep(load.random.uniform(3, 25))
    signal_to([pid], signal.SIGCONT)


async def close_some(load: Load) -> None:
    if load.open:
        await close_incident(load, load.random.choice(load.open))


async def revoke_some(load: Load) -> None:
    answer = await load.call("GET", f"/incidents/{load.random.choice(load.open)}") if load.open else None
    if answer is None or not answer.is_success:
        return
    for grant in answer.json()["grants"][:1]:
        await load.call("POST", f"/grants/{grant['id']}/revoke", json={"reason": "측정"})


async def settle(load: Load) -> None:
    """Close what is open, and wait until every gateway has told all and nobody is served."""
    load.over = True
    ends = time.monotonic() + 120
    while load.open and time.monotonic() < ends:
        await close_incident(load, load.open[0])
        await asyncio.sleep(0.3)
    while time.monotonic() < ends:
        await asyncio.sleep(2)
        answer = await load.call("GET", "/views?state=open", who="privacy_officer")
        states = [await health(load, url) for url in load.ready()["gateways"]]
        if answer is not None and answer.is_success and not answer.json()["items"] and all(state == ("up", 0) for state in states):
            await asyncio.sleep(3)
            return
    raise RuntimeError("the system did not settle within two minutes")


async def health(load: Load, url: str) -> tuple[str, int]:
    try:
        found = (await load.client.get(f"{url}/healthz")).json()
    except (httpx.HTTPError, ValueError):
        return "gone", -1
    return found["hub"], found["viewers"]


async def sent(load: Load) -> dict[str, int]:
    """What each gateway says it sent since it started, by its address."""
    found = {}
    for url in load.ready()["gateways"]:
        text = (await load.client.get(f"{url}/metrics")).text
        lines = [line for line in text.splitlines() if line.startswith("bonghwa_gateway_sent_bytes_total{")]
        found[url] = round(sum(float(line.split()[-1]) for line in lines))
    return found


@dataclass
class Books:
    """The ledger's entries about views, and the hub's records of them."""

    issued: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ended: list[dict[str, Any]] = field(default_factory=list)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    gateways: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_books(data_dir: Path) -> Books:
    books = Books()
    with contextlib.closing(sqlite3.connect(f"file:{next(data_dir.glob('*.db'))}?mode=ro", uri=True)) as database:
        query = "SELECT act, body FROM audit JOIN audit_bodies USING (seq) WHERE act IN ('ticket:issued', 'view:ended')"
        for act, body in database.execute(query):
            entry = json.loads(body)
            if act == "view:ended":
                books.ended.append(entry)
            elif not entry.get("again"):
                books.issued[entry["view"]].add(entry["grant"] or entry["duty"])
        books.views = {key: json.loads(body) for key, body in database.execute("SELECT key, body FROM views")}
        books.gateways = {key: json.loads(body) for key, body in database.execute("SELECT key, body FROM gateways")}
    return books


def judge(load: Load, books: Books, sent_now: dict[str, int]) -> list[dict[str, Any]]:
    """The rows: each counts what does not agree."""
    of_view: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in books.ended:
        of_view[entry["view"]].append(entry)
    astray = sum(books.issued.get(entry["view"], set()) != {entry.get("grant") or entry.get("duty")} for entry in books.ended)
    unlike = sum(not is_sum(view, of_view[key]) for key, view in books.views.items())
    living = {gateway["url"]: (name, gateway["boot"]) for name, gateway in books.gateways.items()}
    apart = 0
    for url, total in sent_now.items():
        mine = {key for key, view in books.views.items() if (view["gateway"], view["boot"]) == living[url]}
        apart += abs(total - sum(entry["bytes"] for key in mine for entry in of_view[key]))
    rate = sum(view["bytes"] for view in books.views.values()) / max(1.0, sum(view["seconds"] for view in books.views.values()))
    killed = {entry["view"] for entry in books.ended if entry["reason"] == "gateway_lost"}
    more = [
        key for key, seen in load.seen.items()
        if key in books.views and seen.bytes > books.views[key]["bytes"] + (UNTOLD_S * 4 * rate if key in killed else 0)
    ]  # fmt: skip
    late = [
        seen.last - load.closed_at[seen.incident] for seen in load.seen.values() if seen.incident in load.closed_at and seen.last
    ]  # fmt: skip
    delivered = sum(view["seconds"] for view in books.views.values())
    n = len(books.ended)
    return [
        count("sessions under no, or more than one, grant", astray, n),
        count("views whose record is not the sum of their sessions", unlike, len(books.views)),
        count("bytes between living gateways' counters and the ledger", apart, len(sent_now), "bytes"),
        count("viewers that got more than was put down", len(more), len(load.seen)),
        row("last picture after a close, worst", max(late, default=0.0), LEASE_S + 1, len(late), "s"),
        {**row("seconds of video delivered", delivered, 0, n, "s"), "goal": None, "met": None},
        {**row("kills, stops, closes and revokes", sum(load.done.values()), 0, n, "acts"), "goal": None, "met": None},
    ]


def is_sum(view: dict[str, Any], sessions: list[dict[str, Any]]) -> bool:
    """Whether a view's record is the sum of its sessions: bytes to the byte, seconds to the rounding."""
    seconds = sum(entry["seconds"] for entry in sessions)
    return sum(entry["bytes"] for entry in sessions) == view["bytes"] and abs(seconds - view["seconds"]) <= 0.1


def count(name: str, found: int, n: int, unit: str = "") -> dict[str, Any]:
    return {"name": name, "ours": found, "rival": None, "ratio": None, "unit": unit, "goal": 0, "met": found == 0, "n": n}


async def run(system: System, file: Path, minutes: float, viewers: int, seed: int) -> list[dict[str, Any]]:
    spots = iter(places(400, seed))
    async with httpx.AsyncClient(base_url=f"{system.url}/api/v1", timeout=20) as client:
        load = Load(system, file, client, random.Random(seed))
        for _ in range(4):
            await open_incident(load, next(spots))
        watching = [asyncio.create_task(viewer(load, webrtc=number % 6 == 0)) for number in range(viewers)]
        await mischief(load, minutes * 60, spots)
        await settle(load)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        sent_now = await sent(load)
    print(f"did {dict(load.done)}", file=sys.stderr)
    rows = judge(load, read_books(Path(load.ready()["data_dir"])), sent_now)
    return [*rows, count("ledgers that do not verify", int(not await asyncio.to_thread(verifies, system.url)), 1)]


def verifies(url: str) -> bool:
    done = subprocess.run([sys.executable, "-m", "bonghwa.cli", "ledger", "verify", url], capture_output=True, text=True)
    print(done.stdout.strip() or done.stderr.strip(), file=sys.stderr)
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="half a minute, a dozen viewers")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--viewers", type=int, default=36)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--ready-file", type=Path)
    given = parser.parse_args()
    minutes, viewers = (0.5, 12) if given.quick else (given.minutes, given.viewers)
    print(f"seed {given.seed}", file=sys.stderr)
    with running(given.ready_file) as system:
        rows = asyncio.run(run(system, system.file, minutes, viewers, given.seed))
    print(json.dumps(rows, ensure_ascii=False, indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
