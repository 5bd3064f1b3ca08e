"""`bonghwa gateway onvif find ADDRESS`: what an ONVIF camera is, asked from the gateway's machine, and its place among the sources."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bonghwa.media.onvif.find import Found, device_address, find
from bonghwa.media.onvif.port import SteeringFailed
from bonghwa.media.rtsp import Source
from bonghwa.media.sources import SourcesMalformed, load_sources, store_sources

_FAILED = {
    "unreachable": "no answer from the camera",
    "password": "the camera refuses name or password",
    "unsupported": "what answers there is no usable ONVIF camera",
}


def run(argv: Sequence[str]) -> int:
    """0 when found (and stored); 1 with what failed on standard error."""
    given = _parser().parse_args(argv)
    try:
        password = sys.stdin.readline().rstrip("\r\n") if given.password_stdin else ""
        source = Source(given.source or "", "", given.username, password, onvif=device_address(given.address))
        found = asyncio.run(find(source))
        stored = _store(given, source, found) if given.source else None
    except SteeringFailed as failed:
        print(f"bonghwa gateway onvif: {_FAILED[failed.refused]} ({failed})", file=sys.stderr)
        return 1
    except (SourcesMalformed, ValueError, OSError) as error:
        print(f"bonghwa gateway onvif: {error}", file=sys.stderr)
        return 1
    print(json.dumps(_as_json(found), ensure_ascii=False) if given.json else _as_text(found))
    if stored is not None:
        print(f"stored as {given.source} among {stored} sources of {given.name}", file=sys.stderr)
    return 0


def _store(given: argparse.Namespace, source: Source, found: Found) -> int:
    """Put the camera among the gateway's sources, in place of what it was; the others stay."""
    if not given.name or not given.data:
        raise ValueError("--source: needs --name and --data, whose sources are changed")
    stream = found.stream_of(given.profile)
    if stream is None:
        raise ValueError(f"--profile: the camera has no {'profile ' + given.profile if given.profile else 'H.264 profile'}")
    sources = load_sources(given.data, given.name)
    sources[given.source] = replace(source, url=stream)
    return store_sources(given.data, given.name, list(sources.values()))


def _as_json(found: Found) -> dict[str, Any]:
    profiles = [{**asdict(profile), "stream": stream} for profile, stream in zip(found.profiles, found.streams, strict=True)]
    location = asdict(found.location) if found.location else None
    return {"profiles": profiles, "snapshot": found.snapshot, "ptz": found.turns, "location": location}


def _as_text(found: Found) -> str:
    lines = []
    for profile, stream in zip(found.profiles, found.streams, strict=True):
        turns = "  PTZ" if profile.turns else ""
        size = f"{profile.width}x{profile.height} {profile.fps:g} fps"
        lines += [f"profile  {profile.token}  {profile.name}  {profile.codec} {size}{turns}", f"  stream {stream or 'none'}"]
    lines.append(f"still    {found.snapshot or 'none'}")
    lines.append(f"PTZ      {'yes' if found.turns else 'no'}")
    where = found.location
    facing = "" if where is None or where.bearing is None else f", facing {where.bearing:g} degrees"
    lines.append(f"place    {'not said' if where is None else f'{where.lat:.6f}, {where.lon:.6f}{facing}'}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa gateway onvif")
    finding = parser.add_subparsers(dest="what", required=True).add_parser("find", help="ask the camera at ADDRESS what it is")
    finding.add_argument("address", metavar="ADDRESS", help="HOST, HOST:PORT or the address of its device service")
    finding.add_argument("--username", default="", help="the camera's name for us")
    finding.add_argument("--password-stdin", action="store_true", help="read the password from the first line of standard input")
    finding.add_argument("--json", action="store_true", help="print the answer as JSON")
    finding.add_argument("--source", metavar="CAMERA_ID", help="store it as the source of this camera; needs --name and --data")
    finding.add_argument("--profile", metavar="TOKEN", help="the profile to store; the first H.264 one when left out")
    finding.add_argument("--name", help="the gateway's name")
    finding.add_argument("--data", type=Path, help="the data folder")
    return parser
