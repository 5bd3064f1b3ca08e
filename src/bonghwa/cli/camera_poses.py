"""`bonghwa cameras pose`: what cameras say of where they look, accepted or refused by their owner."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bonghwa.cli.cameras import open_store
from bonghwa.domain.camera import Camera
from bonghwa.domain.pose_proposal import FAR_M, PoseProposal, off_m, pose_of
from bonghwa.storage.sql import cameras as table
from bonghwa.storage.sql import journal, nouns


def run(argv: Sequence[str]) -> int:
    """0 when done; 1 with the reason on standard error."""
    given = _parser().parse_args(argv)
    engine = open_store(given.data)
    nouns.PROPOSALS.table.create(engine, checkfirst=True)
    try:
        with engine.begin() as connection:
            print(_answer(connection, given))
    except ValueError as refused:
        print(f"bonghwa cameras pose: {refused}; nothing was changed", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    return 0


def _answer(connection: Connection, given: argparse.Namespace) -> str:
    if given.what == "list":
        return _list(connection, given.json)
    proposals = nouns.PROPOSALS.at(connection)
    camera = table.by_reference(connection, [given.camera]).get(given.camera)
    proposal = proposals.get(camera.id) if camera else None
    if camera is None or proposal is None:
        raise ValueError(f"{given.camera}: no camera of this id or name has said anything that waits")
    if given.what == "accept":
        _accept(connection, given, camera, proposal)
    body = {"camera": camera.id, "lat": proposal.lat, "lon": proposal.lon, "bearing": proposal.bearing}
    journal.record(connection, time.time_ns() // 1000, f"registry:pose_{given.what}ed", body)
    proposals.delete(camera.id)
    return f"{camera.name}: {given.what}ed" + ("; a running hub takes it up when it starts next" if given.what == "accept" else "")


def _accept(connection: Connection, given: argparse.Namespace, camera: Camera, proposal: PoseProposal) -> None:
    away = off_m(proposal, camera)
    if away > FAR_M and not given.yes:
        raise ValueError(
            f"{camera.name}: says that it stands {away:,.0f} m from its place in the registry; --yes takes its direction anyway"
        )
    table.set_pose(connection, camera.id, pose_of(proposal, camera, given.fov, given.range))


def _list(connection: Connection, as_json: bool) -> str:
    known = {camera.id: camera for camera in table.load_all(connection, retired=False)}
    waiting = [(known[p.id], p) for p in nouns.PROPOSALS.at(connection).find() if p.id in known]
    if as_json:
        return json.dumps({"items": [_row(camera, proposal) for camera, proposal in waiting]}, ensure_ascii=False)
    lines = [
        f"{camera.name:<14} says {_degrees(proposal.bearing)}, known {_degrees(camera.pose.bearing)}, {off_m(proposal, camera):,.0f} m off"
        for camera, proposal in waiting
    ]
    return "\n".join(lines) or "no camera has said anything new"


def _row(camera: Camera, proposal: PoseProposal) -> dict[str, Any]:
    known = {"source": camera.pose.source, "bearing": camera.pose.bearing, "fov": camera.pose.fov}
    return {
        "camera": camera.id,
        "name": camera.name,
        "bearing": proposal.bearing,
        "off_m": round(off_m(proposal, camera), 1),
        "known": known,
    }


def _degrees(bearing: float | None) -> str:
    return "no direction" if bearing is None else f"{bearing:g} degrees"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa cameras pose", description="Where cameras say that they look.")
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    for name, words in (
        ("list", "what waits for the owner's word"),
        ("accept", "take a camera's own word into its pose, with the source onvif"),
        ("reject", "drop it"),
    ):
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--data", metavar="DIR", type=Path, default=Path("var"), help="data folder (default: var)")
        if name == "list":
            command.add_argument("--json", action="store_true", help="print the answer as JSON")
            continue
        command.add_argument("camera", metavar="CAMERA", help="id or name")
        if name == "accept":
            command.add_argument("--fov", type=float, metavar="DEGREES", help="how wide it sees, where nobody knows")
            command.add_argument("--range", type=float, metavar="METRES", help="how far it shows a person")
            command.add_argument("--yes", action="store_true", help="also where it says that it stands elsewhere")
    return parser
