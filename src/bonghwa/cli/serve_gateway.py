"""`bonghwa serve gateway`: the media plane of one district centre, until SIGTERM."""

import argparse
import sys
from pathlib import Path

import uvloop

from bonghwa import logs
from bonghwa.media.enrolment import NotEnrolled
from bonghwa.media.gateway import GatewaySettings
from bonghwa.media.gateway import run as serve
from bonghwa.media.mediamtx.settings import MediaMtxSettings
from bonghwa.media.sources import SourcesMalformed


def run(argv: list[str]) -> int:
    """Serve; 0 after a signal, 2 where the gateway cannot start and why on standard error."""
    logs.configure()
    try:
        settings = _settings(argv)
        uvloop.run(serve(settings))
    except (NotEnrolled, SourcesMalformed, ValueError, OSError) as error:
        print(f"bonghwa serve gateway: {error}", file=sys.stderr)
        return 2
    return 0


def _settings(argv: list[str]) -> GatewaySettings:
    parser = argparse.ArgumentParser(prog="bonghwa serve gateway", description="Serve the cameras of one district centre.")
    parser.add_argument("--name", required=True, help="the enrolled name of this gateway")
    parser.add_argument("--data", required=True, type=Path, help="the data folder")
    parser.add_argument("--hub", required=True, help="the hub's address, http(s)://…")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen")
    parser.add_argument("--port", type=int, default=0, help="HTTP port; 0 takes a free one")
    parser.add_argument("--udp-port", type=int, default=0, help="WebRTC port; 0 takes the HTTP port's number")
    parser.add_argument("--tcp-port", type=int, default=0, help="WebRTC port of networks without UDP; 0: as UDP, or free")
    parser.add_argument("--listen", action="append", default=[], metavar="ADDRESS", help="where WebRTC listens; --host without it")
    parser.add_argument("--url", help="the address viewers reach this gateway at, where a proxy stands before it")
    parser.add_argument("--announce", action="append", default=[], metavar="ADDRESS", help="where WebRTC viewers reach these ports")
    parser.add_argument("--origin", action="append", default=[], metavar="ORIGIN", help="a console's origin; may be given several times")
    parser.add_argument("--max-viewers", type=int, default=250)
    parser.add_argument("--max-workers", type=int, default=2, help="cameras coded anew at a time; 0 refuses B frames and H.265")
    parser.add_argument("--pre-roll", type=float, default=30.0, metavar="SECONDS", help="kept of cameras that a grant holds; 0 keeps none")
    parser.add_argument("--clips-mb", type=int, default=4096, help="room for evidence clips, in megabytes")
    parser.add_argument("--ready-file", type=Path, help="written once the gateway listens")
    parser.add_argument("--engine", choices=("own", "mediamtx"), default="own", help="what moves the pictures; own: this process")
    parser.add_argument("--mediamtx-api", metavar="URL", default="", help="MediaMTX's control API, http://127.0.0.1:9997")
    parser.add_argument("--mediamtx-whep", metavar="URL", default="", help="MediaMTX's WebRTC server, http://127.0.0.1:8889")
    parser.add_argument("--hook-port", type=int, default=0, help="the loopback port where MediaMTX asks who may read")
    given = parser.parse_args(argv)
    mediamtx = MediaMtxSettings(given.mediamtx_api, given.mediamtx_whep, given.hook_port) if given.engine == "mediamtx" else None
    return GatewaySettings(
        name=given.name,
        hub_url=given.hub,
        data_dir=given.data,
        host=given.host,
        port=given.port,
        udp_port=given.udp_port,
        tcp_port=given.tcp_port,
        listen=tuple(given.listen),
        public_url=given.url,
        announce=tuple(given.announce),
        console_origins=tuple(given.origin),
        max_viewers=given.max_viewers,
        max_workers=given.max_workers,
        pre_roll_s=given.pre_roll,
        clips_mb=given.clips_mb,
        ready_file=given.ready_file,
        mediamtx=mediamtx,
    )
