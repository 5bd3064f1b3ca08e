"""`/session`: sign-in with name and password, who one is, sign-out. Argon2 runs off the loop; every attempt is in the ledger."""

import asyncio
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bonghwa.api import bodies
from bonghwa.api.desk import COOKIE, Desk, Route, TheDesk, Viewer
from bonghwa.api.forms import instant
from bonghwa.domain.access import duty_owners
from bonghwa.domain.agency import Caller
from bonghwa.domain.errors import Unauthenticated
from bonghwa.domain.people import Session
from bonghwa.service import people
from bonghwa.service.responders import code_hash
from bonghwa.storage.sql.writer import SqlRead

IDLE_SECONDS = 15 * 60
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_nobody = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(password: str) -> str:
    """Argon2id of a password."""
    return _hasher.hash(password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _nobody, password)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def shape(desk: Desk, caller: Caller, session: Session | None, last_access_at: int | None = None) -> dict[str, Any]:
    """Who is signed in."""
    agency = desk.hub.agencies.get(caller.agency)
    return {
        "account": {
            "id": caller.account,
            "name": caller.name,
            "role": caller.role,
            "agency": caller.agency,
            "agency_name": {"ko": agency.ko, "en": agency.en} if agency else {"ko": caller.agency, "en": caller.agency},
            "owns": sorted(caller.owns),
            "duty_owners": sorted(duty_owners(caller, desk.hub.city.agreements, desk.hub.clock.now())),
        },
        "csrf": session.csrf if session else None,
        "expires_at": instant(session.expires_at) if session else None,
        "idle_seconds": IDLE_SECONDS,
        "last_access_at": instant(last_access_at),
        "incident": caller.incident,
        "now": instant(desk.hub.clock.now()),
    }


def with_cookie(desk: Desk, body: dict[str, Any], secret: str, status: int = 200) -> JSONResponse:
    """An answer that sets the session cookie: HttpOnly, SameSite=Strict, Secure wherever TLS is spoken."""
    response = JSONResponse(body, status)
    secure = bool(desk.hub.settings.hub.tls_cert) or desk.hub.public_url.startswith("https")
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure, path="/")
    return response


async def sign_in(body: bodies.SignIn, request: Request, desk: TheDesk) -> Response:
    """Open a session. A wrong name and a wrong password look and take the same."""
    desk.sign_ins.take(request.client.host if request.client else "unknown")
    account = await desk.hub.change(lambda tx: people.may_try(tx, body.name))
    good = await asyncio.to_thread(_matches, account.password_hash if account else None, body.password)
    if account is None or not good:
        await desk.hub.change(lambda tx: people.refuse(tx, body.name, account))
        raise Unauthenticated("wrong_password")
    secret = secrets.token_urlsafe(32)
    session, last = await desk.hub.change(lambda tx: people.sign_in(tx, account, code_hash(secret)))
    caller = people.caller_of_account(account, session.id)
    return with_cookie(desk, shape(desk, caller, session, last), secret)


async def get_session(request: Request, caller: Viewer, desk: TheDesk) -> dict[str, Any]:
    """Who one is."""

    def look(read: SqlRead) -> tuple[Session | None, int | None]:
        session = read.sessions.get(caller.session) if caller.session else None
        account = read.accounts.get(caller.account)
        return session, account.last_access_at if account else None

    session, last = await desk.hub.read(look)
    return shape(desk, caller, session, last)


async def sign_out(request: Request, caller: Viewer, desk: TheDesk) -> Response:
    """End the session; every picture opened in it closes."""
    city = desk.hub.city

    def run(tx: Any) -> None:
        session = tx.sessions.get(caller.session) if caller.session else None
        if session is not None:
            people.sign_out(tx, city, session)

    await desk.hub.change(run)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/")
    return response


ROUTES: list[Route] = [("POST", "/session", sign_in), ("GET", "/session", get_session), ("DELETE", "/session", sign_out)]
