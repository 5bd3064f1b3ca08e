"""Accounts, sessions and line credentials as stored: secrets only as hashes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """A person's (or a program's) account at one agency. `password_hash` is argon2, `token_hash` SHA-256 of the bearer token."""

    id: str
    name: str
    role: str
    agency: str
    password_hash: str | None
    token_hash: str | None
    disabled: bool = False
    last_access_at: int | None = None
    failures: int = 0
    locked_until: int = 0


@dataclass(frozen=True)
class Session:
    """A browser session: id is the SHA-256 of the cookie's secret; `incident` is set for a responder's device."""

    id: str
    account: str
    name: str
    role: str
    agency: str
    csrf: str
    opened_at: int
    seen_at: int
    expires_at: int
    incident: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class LineCredential:
    """The bearer token of one outside line, hashed; it may file that line's kinds and nothing else."""

    id: str
    line: str
    token_hash: str
    disabled: bool = False
