"""`bonghwa drill NAME`: play a drill against a running system, through its outside faces."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

from bonghwa.city.callers import Callers, Credentials, CredentialsError, Filed, read_credentials
from bonghwa.city.camera import CityCamera, cameras_from
from bonghwa.city.drill import NoSuchPlace, perform
from bonghwa.city.scripts import SCRIPTS
from bonghwa.city.sensors import Sensors
from bonghwa.city.stage import Stage

READY_FILE_VARIABLE = "BONGHWA_READY_FILE"


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bonghwa drill", description="Play a drill against a running system.")
    parser.add_argument("name", nargs="?", help="which drill; see --list")
    parser.add_argument("--list", action="store_true", help="print the drills and the lines they use")
    ready = f"the demo's ready file (else ${READY_FILE_VARIABLE})"
    parser.add_argument("--ready-file", "--credentials", dest="ready_file", type=Path, help=ready)
    parser.add_argument("--url", help="the hub's address, instead of the one in the ready file")
    parser.add_argument("--control", help="the city's control face, instead of the one in the ready file")
    parser.add_argument("--seed", help="the same seed plays at the same places and ways")
    parser.add_argument("--no-wait", action="store_true", help="end when the drill has begun, not when its last report is filed")
    return parser.parse_args(argv)


def _told(filed: dict[str, Any]) -> None:
    outcome = f"incident {filed['incident']}" if filed["status"] in (200, 201) else f"REFUSED {filed['status']} {filed['problem']}"
    print(f"{filed['line']:<16} {filed['external_id']:<40} {outcome}", flush=True)


def _as_told(filed: Filed) -> None:
    _told(asdict(filed))


async def _through_city(control: str, credentials: Credentials, given: argparse.Namespace) -> bool:
    """Ask the city to play, so that its cameras show the subjects; answers whether every report was taken."""
    headers = {"Authorization": f"Bearer {credentials.tokens.get('control_room', '')}"}
    body = {"name": given.name} | ({"seed": given.seed} if given.seed else {})
    async with httpx.AsyncClient(base_url=control, headers=headers, timeout=30.0, trust_env=False) as client:
        answer = await client.post("/drills", json=body)
        if answer.status_code != 202:
            raise CredentialsError(f"{control}/drills answered {answer.status_code}: {answer.text[:200]}")
        run, shown, accepted = answer.json()["run"], 0, True
        while True:
            state = (await client.get(f"/drills/{run}")).raise_for_status().json()
            for filed in state["filed"][shown:]:
                _told(filed)
                accepted &= filed["status"] in (200, 201)
            shown = len(state["filed"])
            if state["done"] or (given.no_wait and shown):
                return accepted
            await asyncio.sleep(0.25)


async def _every_camera(credentials: Credentials) -> list[CityCamera]:
    """All cameras, from the hub's list."""
    rows: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {credentials.tokens.get('control_room', '')}"}
    async with httpx.AsyncClient(base_url=credentials.url, headers=headers, timeout=30.0, trust_env=False) as client:
        after: str | None = None
        while True:
            parameters = {"limit": "1000"} | ({"after": after} if after else {})
            answer = (await client.get("/api/v1/cameras", params=parameters)).raise_for_status().json()
            rows += answer["items"]
            after = answer.get("next")
            if not after:
                return cameras_from(rows)


async def _by_itself(credentials: Credentials, given: argparse.Namespace) -> bool:
    """Without a simulated city: file the reports from here; no camera shows anything of it."""
    from bonghwa.cli.serve_city import city_of

    cameras = await _every_camera(credentials)
    city = await asyncio.to_thread(city_of, cameras, Stage())
    play = SCRIPTS[given.name].play(city, given.seed or os.urandom(4).hex(), time.time())
    callers = Callers(credentials)
    sensors = Sensors(credentials.mqtt, credentials.lines) if credentials.mqtt else None
    try:
        filed = await perform(play, callers, sensors, told=_as_told)
    finally:
        await callers.close()
    return all(one.accepted for one in filed)


async def _play(control: str | None, credentials: Credentials, given: argparse.Namespace) -> bool:
    if control is not None:
        try:
            return await _through_city(control, credentials, given)
        except httpx.ConnectError:
            print(f"bonghwa drill: no simulated city at {control}; filing the reports from here", file=sys.stderr)
    return await _by_itself(credentials, given)


def run(argv: Sequence[str]) -> int:
    """The command; exit code 0 when every report was taken, 1 when not, 2 for wrong arguments."""
    given = _arguments(argv)
    if given.list:
        for script in SCRIPTS.values():
            print(f"{script.name:<16} {script.title['ko']} ({script.title['en']}): {', '.join(script.lines)}")
        return 0
    if given.name not in SCRIPTS:
        print(f"bonghwa drill: NAME: one of {', '.join(SCRIPTS)}", file=sys.stderr)
        return 2
    path = given.ready_file or os.environ.get(READY_FILE_VARIABLE)
    if path is None:
        print(f"bonghwa drill: --ready-file: give the demo's ready file, or set {READY_FILE_VARIABLE}", file=sys.stderr)
        return 2
    try:
        credentials = read_credentials(Path(path), given.url)
        control = given.control or credentials.control
        accepted = asyncio.run(_play(control, credentials, given))
    except (CredentialsError, NoSuchPlace, httpx.HTTPError) as error:
        print(f"bonghwa drill: {error}", file=sys.stderr)
        return 1
    return 0 if accepted else 1
