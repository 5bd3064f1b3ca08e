"""The command line: one file per command, imported when it is called, so that each needs only its own parts."""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bonghwa.supervisor import end_with_parent


@dataclass(frozen=True)
class Command:
    """Words that call it, the module of this package that runs it, and what it does."""

    words: str
    module: str
    does: str


COMMANDS = (
    Command("demo", "demo", "the whole system in a simulated city on this machine"),
    Command("serve hub", "serve_hub", "run the hub: registry, incidents, grants, ledger, API and console"),
    Command("serve gateway", "serve_gateway", "run a gateway: pulls cameras and shows them to ticket holders"),
    Command("serve city", "serve_city", "run the simulated city; never in production"),
    Command("cameras pose", "camera_poses", "list, accept or reject what cameras say of where they look"),
    Command("cameras", "cameras", "import the national camera file, take in a survey, export"),
    Command("roads", "roads", "make the road file of pursuits from public road data, show one"),
    Command("gateway onvif", "gateway_onvif", "find what an ONVIF camera is, and store it as a source"),
    Command("gateway", "gateway", "enrol a gateway, fill its camera sources"),
    Command("accounts", "accounts", "make, list and close accounts and line credentials"),
    Command("agreements", "agreements", "check a folder of agreements and say what they allow"),
    Command("ledger", "ledger", "verify the audit ledger"),
    Command("evidence", "evidence", "check an evidence clip against its manifest and the ledger"),
    Command("keys", "keys", "show and rotate the signing keys"),
    Command("drill", "drill", "play a drill through the outside faces of a running system"),
    Command("backup", "backup", "copy a data folder while the hub runs"),
    Command("restore", "restore", "make a data folder from a backup"),
    Command("warm", "warm", "compile the kernels, once after an installation"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (default: the command line) name; answers the exit code."""
    end_with_parent()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if words else 2
    command, rest = find(words)
    if command is None:
        print(f"bonghwa: there is no command {' '.join(words[:2])!r}\n\n{usage()}", file=sys.stderr)
        return 2
    return _run(command, rest)


def find(words: Sequence[str]) -> tuple[Command | None, list[str]]:
    """The command that `words` begin with, and the words behind it."""
    for command in COMMANDS:
        names = command.words.split()
        if list(words[: len(names)]) == names:
            return command, list(words[len(names) :])
    return None, list(words)


def usage() -> str:
    """What `bonghwa --help` prints."""
    lines = [f"  bonghwa {command.words:<14} {command.does}" for command in COMMANDS]
    return "\n".join(["Bonghwa (봉화): from alarm to picture, under law, with proof.", "", *lines, "", "bonghwa COMMAND --help says more."])


def _run(command: Command, rest: list[str]) -> int:
    try:
        module = importlib.import_module(f"bonghwa.cli.{command.module}")
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("bonghwa"):
            raise
        print(f"bonghwa {command.words}: needs the package {missing.name!r}, which is not installed here", file=sys.stderr)
        return 3
    try:
        code: int = module.run(rest)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
