"""Accounts, sign-in and sessions. Every sign-in, refused or not, is in the ledger."""

from dataclasses import replace

from bonghwa.domain.agency import ROLES, Agency, Caller, Role
from bonghwa.domain.errors import Invalid, TooMany, Unauthenticated
from bonghwa.domain.grant import US
from bonghwa.domain.people import Account, LineCredential, Session
from bonghwa.service.cutting import end_views
from bonghwa.service.ports import City, Read, Tx
from bonghwa.service.responders import code_hash

SESSION_HOURS = 12
LOCK_AFTER = 5
LOCK_S = 60


def create_account(tx: Tx, agency: Agency, name: str, password_hash: str | None, token: str | None) -> Account:
    """Make an account of an agency; names are unique."""
    if tx.accounts.find(name=name):
        raise Invalid("name", "taken", name=name)
    account = Account(tx.new_id("acc"), name, agency.role, agency.id, password_hash, code_hash(token) if token else None)
    tx.accounts.put(account)
    tx.audit("account:created", {"account": account.id, "name": name, "role": account.role, "agency": account.agency})
    return account


def create_line(tx: Tx, line: str, token: str) -> LineCredential:
    """Make the credential of an outside line."""
    credential = LineCredential(tx.new_id("lin"), line, code_hash(token))
    tx.lines.put(credential)
    tx.audit("account:created", {"line": line})
    return credential


def owned_by(agency: str, role: str) -> frozenset[str]:
    """The owners an account answers for: a district centre for its own cameras."""
    return frozenset({agency}) if role == "district" else frozenset()


def _role(text: str) -> Role:
    return next(role for role in ROLES if role == text)


def caller_of_account(account: Account, session: str | None = None) -> Caller:
    """Who an account is to the rules."""
    role = _role(account.role)
    return Caller(account.id, account.name, role, account.agency, session=session, owns=owned_by(account.agency, role))


def caller_of_token(read: Read, token: str) -> Caller:
    """Who a bearer token belongs to; Unauthenticated when it is nobody's."""
    hashed = code_hash(token)
    account = next(iter(read.accounts.find(token_hash=hashed)), None)
    if account is not None and not account.disabled:
        return caller_of_account(account)
    line = next(iter(read.lines.find(token_hash=hashed)), None)
    if line is not None and not line.disabled:
        return Caller(f"line:{line.line}", line.line, "line", "", line=line.line)
    raise Unauthenticated("bad_credential")


def caller_of_session(read: Read, session_id: str) -> tuple[Caller, Session]:
    """Who a browser session belongs to; Unauthenticated when it ended."""
    session = read.sessions.get(session_id)
    if session is None or read.now >= session.expires_at:
        raise Unauthenticated("session_over")
    role = _role(session.role)
    link = read.responders.get(session.link) if session.link else None
    caller = Caller(
        session.account,
        session.name,
        role,
        session.agency,
        session.incident,
        session=session.id,
        owns=owned_by(session.agency, role),
        sent_by=link.agency if link else None,
    )
    return caller, session


def may_try(tx: Tx, name: str) -> Account | None:
    """The account someone tries to sign in as; TooMany while it is locked after wrong passwords."""
    account = next(iter(tx.accounts.find(name=name)), None)
    if account is not None and tx.now < account.locked_until:
        raise TooMany("locked", retry_s=(account.locked_until - tx.now) // US + 1)
    return account


def refuse(tx: Tx, name: str, account: Account | None) -> None:
    """Record a refused sign-in; five in a row lock the account for a minute."""
    account = tx.accounts.get(account.id) if account else None  # as it stands now: closed meanwhile stays closed
    if account is not None:
        failures = account.failures + 1
        locked = tx.now + LOCK_S * US if failures >= LOCK_AFTER else 0
        tx.accounts.put(replace(account, failures=0 if locked else failures, locked_until=locked))
    tx.audit("session:refused", {"name": name[:80], "known": account is not None})


def sign_in(tx: Tx, account: Account, session_id: str) -> tuple[Session, int | None]:
    """Open a session; returns it and the time of the last access, to be shown to the person."""
    fresh = tx.accounts.get(account.id) or account
    if fresh.disabled:
        raise Unauthenticated("account_disabled")
    session = Session(
        session_id, fresh.id, fresh.name, fresh.role, fresh.agency, tx.secret(), tx.now, tx.now, tx.now + SESSION_HOURS * 3600 * US
    )
    tx.sessions.put(session)
    tx.accounts.put(replace(fresh, failures=0, locked_until=0, last_access_at=tx.now))
    tx.audit("session:opened", {"account": fresh.id, "name": fresh.name})
    return session, fresh.last_access_at


def sign_out(tx: Tx, city: City, session: Session) -> None:
    """End a session; every view opened in it ends."""
    tx.sessions.delete(session.id)
    end_views(tx, city, tx.views.find(session=session.id, state="open"), "session_ended", session.name)
    tx.audit("session:ended", {"account": session.account})
    tx.emit("session.ended", session.id, 0, {}, [session.agency])
