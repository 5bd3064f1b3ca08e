"""`bonghwa accounts`: list accounts and lines, make an account, make a line's credential. Secrets are shown once."""

import argparse
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from argon2 import PasswordHasher

from bonghwa.domain.errors import Refusal
from bonghwa.service import people
from bonghwa.service.clock import HubClock
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.writer import SqlRead, SqlTx, Writer
from bonghwa.wiring import agencies, line_names


def run(argv: Sequence[str]) -> int:
    """Run the command: 0 when done, 1 when it was refused."""
    given = _parser().parse_args(argv)
    try:
        for line in _ACTIONS[given.action](given):
            print(line)
    except (Refusal, RuntimeError) as problem:
        print(f"bonghwa accounts: {problem}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bonghwa accounts", description="Accounts and line credentials of a data folder.")
    actions = parser.add_subparsers(dest="action", required=True)
    known = actions.add_parser("list", help="names, agencies and lines; never a secret")
    add = actions.add_parser("add", help="make an account and show its password and token, this once")
    add.add_argument("name")
    add.add_argument("--agency", required=True, choices=sorted(agencies()), metavar="AGENCY", help=", ".join(sorted(agencies())))
    line = actions.add_parser("line", help="make one more credential of an outside line and show it, this once")
    line.add_argument("line", choices=line_names())
    for action in (known, add, line):
        action.add_argument("--data", metavar="DIR_OR_URL", default="var", help="data folder, or the address of its PostgreSQL (default: var)")
    return parser


def _list(given: argparse.Namespace) -> list[str]:
    engine = open_engine(_place(given.data))
    try:
        with engine.connect() as connection:
            read = SqlRead(connection, HubClock().now())
            accounts = [f"{a.name:<24} {a.agency:<16} {'closed' if a.disabled else 'open'}" for a in read.accounts.find()]
            lines = [f"line {line.line:<19} {'closed' if line.disabled else 'open'}" for line in read.lines.find()]
    finally:
        engine.dispose()
    return [*sorted(accounts), *sorted(lines)]


def _add(given: argparse.Namespace) -> list[str]:
    password, token = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
    hashed = PasswordHasher().hash(password)
    _change(given.data, lambda tx: people.create_account(tx, agencies()[given.agency], given.name, hashed, token))
    return [f"name      {given.name}", f"agency    {given.agency}", f"password  {password}", f"token     {token}"]


def _line(given: argparse.Namespace) -> list[str]:
    token = secrets.token_urlsafe(24)
    _change(given.data, lambda tx: people.create_line(tx, given.line, token))
    return [f"line   {given.line}", f"token  {token}"]


def _place(data: str) -> Path | str:
    return data if "://" in data else Path(data)


_ACTIONS = {"list": _list, "add": _add, "line": _line}


def _change(data: str, change: Callable[[SqlTx], object]) -> None:
    """One audited change through a writer of our own: the database lets it in between those of a running hub."""
    engine = open_engine(_place(data))
    try:
        writer = Writer(engine, HubClock())
        try:
            writer.submit(change).result(30)
        finally:
            writer.close()
    finally:
        engine.dispose()
