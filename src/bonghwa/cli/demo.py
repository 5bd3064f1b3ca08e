"""`bonghwa demo`: the whole system in a simulated city on this machine, until SIGTERM or SIGINT."""

import argparse
import ipaddress
from collections.abc import Sequence
from pathlib import Path

from bonghwa.supervisor import StartFailed, StopRequest

DEFAULT_PORT = 8080


def run(argv: Sequence[str]) -> int:
    """Run the demo. 0 after a stop was asked, at whatever moment; 1 when it could not come up; 2 for a wrong call."""
    stop = StopRequest()  # before anything else: a stop that came during setup is waiting
    from bonghwa.demo.layout import PortTaken, data_folder, take_ports
    from bonghwa.demo.play import Demo, Wishes

    parser = _parser()
    given = parser.parse_args(argv)
    if problem := _unsafe(given.host, given.insecure):
        parser.error(problem)
    wishes = Wishes(given.host, given.insecure, given.ready_file.resolve() if given.ready_file else None)
    try:
        with data_folder(given.data) as folders:
            Demo(wishes, folders, take_ports(given.host, given.port), lambda: stop.asked, _say).play()
    except (PortTaken, StartFailed) as problem:
        _say(f"bonghwa demo: {problem}")
        return 1
    _say("봉화를 껐습니다.  Bonghwa is down; nothing is left running.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa demo", description="Start hub, gateways and a simulated city on this machine.")
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, metavar="N", help="the console's port; 0 takes any free ones (default %(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="listen on this address instead of loopback")
    parser.add_argument("--insecure", action="store_true", help="serve plain HTTP beyond loopback")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep the data here; without it they are fresh and removed at the end")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="write address, accounts and tokens here once everything answers")
    return parser


def _unsafe(host: str, insecure: bool) -> str | None:
    """Why the demo may not listen there, None when it may."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return f"--host {host}: give an IP address"
    if address.is_unspecified:
        return f"--host {host}: give the address that viewers will use"
    if not address.is_loopback and not insecure:
        return f"--host {host}: passwords would travel in the clear; say --insecure if that is what you want"
    return None


def _say(text: str) -> None:
    print(text, flush=True)
