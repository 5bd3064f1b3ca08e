"""`bonghwa accounts`: make, list and close accounts and line credentials of a data folder."""

import argparse
import getpass
import json
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bonghwa.api.session import hash_password
from bonghwa.domain.errors import Refusal
from bonghwa.service import people
from bonghwa.service.clock import HubClock
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.writer import SqlTx, Writer
from bonghwa.wiring import agencies, line_names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("bonghwa accounts", description=__doc__)
    parser.add_argument("--data", default="var", help="data folder or PostgreSQL URL (default: var); the hub must not run")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    add = commands.add_parser("add", help="make an account; asks for its password")
    add.add_argument("name")
    add.add_argument("agency")
    add.add_argument("--token", action="store_true", help="also make a bearer token for programs; printed once")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    line = commands.add_parser("line", help="make the credential of an outside line; printed once")
    line.add_argument("line", choices=line_names())
    commands.add_parser("list", help="every account and line credential")
    close = commands.add_parser("close", help="close an account: it can no longer sign in")
    close.add_argument("name")
    return parser


def run(argv: Sequence[str]) -> int:
    """0 when done, 1 when the change was refused."""
    given = _parser().parse_args(argv)
    acts = {"add": _add, "line": _line, "list": _list, "close": _close}
    engine = open_engine(given.data)
    writer = Writer(engine, HubClock())
    try:
        print(json.dumps(acts[given.command](given, writer), ensure_ascii=False, indent=1))
    except (Refusal, KeyError) as refused:
        print(f"bonghwa accounts: {refused}", file=sys.stderr)
        return 1
    finally:
        writer.close()
        engine.dispose()
    return 0


def _add(given: argparse.Namespace, writer: Writer) -> Any:
    known = agencies()
    if given.agency not in known:
        raise KeyError(f"agency: {given.agency!r} is not one of {', '.join(known)}")
    password = sys.stdin.readline().rstrip("\n") if given.password_stdin else getpass.getpass("password: ")
    if len(password) < 8:
        raise KeyError("password: at least 8 characters")
    token = secrets.token_urlsafe(32) if given.token else None
    account = writer.submit(lambda tx: people.create_account(tx, known[given.agency], given.name, hash_password(password), token)).result(
        30
    )
    return {"id": account.id, "name": account.name, "role": account.role, **({"token": token} if token else {})}


def _line(given: argparse.Namespace, writer: Writer) -> Any:
    token = secrets.token_urlsafe(32)
    credential = writer.submit(lambda tx: people.create_line(tx, given.line, token)).result(30)
    return {"id": credential.id, "line": credential.line, "token": token}


def _list(_given: argparse.Namespace, writer: Writer) -> Any:
    def look(tx: SqlTx) -> Any:
        accounts = [{"name": a.name, "role": a.role, "agency": a.agency, "closed": a.disabled} for a in tx.accounts.find()]
        return {"accounts": accounts, "lines": [{"id": c.id, "line": c.line, "closed": c.disabled} for c in tx.lines.find()]}

    return writer.submit(look).result(30)


def _close(given: argparse.Namespace, writer: Writer) -> Any:
    def change(tx: SqlTx) -> Any:
        account = next(iter(tx.accounts.find(name=given.name)), None)
        if account is None:
            raise KeyError(f"name: there is no account {given.name!r}")
        tx.accounts.put(replace(account, disabled=True))
        for session in tx.sessions.find(account=account.id):
            tx.sessions.delete(session.id)
        tx.audit("account:closed", {"account": account.id, "name": account.name})
        return {"name": account.name, "closed": True}

    return writer.submit(change).result(30)
