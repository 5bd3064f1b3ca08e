"""`bonghwa gateway enrol` and `bonghwa gateway sources import`: what a gateway needs before it serves."""

import argparse
import sys
from pathlib import Path

from bonghwa.domain.gateway import share
from bonghwa.media.enrolment import NotEnrolled, enrol
from bonghwa.media.rtsp import Source
from bonghwa.media.sources import SourcesMalformed, read_import, store_sources


def run(argv: list[str]) -> int:
    """0 when done; 1 with the reason on standard error."""
    given = _parser().parse_args(argv)
    try:
        if given.what == "enrol":
            print(enrol(given.data, given.name))
        else:
            text = sys.stdin.read() if given.file == "-" else Path(given.file).read_text("utf-8")
            sources = read_import(text)
            if given.among:
                sources = _own_share(sources, given.name, given.among.split(","))
            print(f"{store_sources(given.data, given.name, sources)} sources")
    except (NotEnrolled, SourcesMalformed, ValueError, OSError) as error:
        print(f"bonghwa gateway: {error}", file=sys.stderr)
        return 1
    return 0


def _own_share(sources: list[Source], name: str, among: list[str]) -> list[Source]:
    if name not in among:
        raise ValueError(f"--among: does not name {name} itself")
    return [source for source in sources if share(source.camera, among) == name]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa gateway")
    commands = parser.add_subparsers(dest="what", required=True)
    enrolment = commands.add_parser("enrol", help="make this gateway's key and print its public half for the hub")
    sources = commands.add_parser("sources", help="the cameras' addresses and passwords")
    importing = sources.add_subparsers(dest="how", required=True).add_parser(
        "import", help="encrypt and store FILE, replacing what was there"
    )
    importing.add_argument("file", metavar="FILE", help="JSON; - reads standard input")
    importing.add_argument("--among", metavar="NAME,NAME", help="the gateways that share these cameras, this one too: keep its own share")
    for each in (enrolment, importing):
        each.add_argument("--name", required=True, help="the gateway's name")
        each.add_argument("--data", required=True, type=Path, help="the data folder")
    return parser
