"""A view: one viewing session of one camera by one person, under a grant or in a duty session."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class View:
    """Who watches what, why, until when; `seconds` and `bytes` are what the gateway really delivered."""

    id: str
    camera: str
    owner: str
    account: str
    viewer: str
    agency: str
    gateway: str
    boot: str
    opened_at: int
    not_after: int
    watermark: str
    state: Literal["open", "ended"] = "open"
    grant: str | None = None
    duty: str | None = None
    incident: str | None = None
    session: str | None = None
    transport: str | None = None
    live: int = 0
    live_since: int | None = None
    idle_since: int | None = None
    done_seconds: float = 0.0
    done_bytes: int = 0
    seconds: float = 0.0
    bytes: int = 0
    ended_at: int | None = None
    end_reason: str | None = None
    ended_by: str | None = None
    cut_ms: int | None = None
    drill: bool = False
    unmasked: bool = False
    """Whether the camera's mask is lifted for it."""


@dataclass(frozen=True)
class Duty:
    """A logged duty session (근무 관제) of a control room over its own cameras: account, post, shift."""

    id: str
    account: str
    viewer: str
    agency: str
    post: str
    started_at: int
    ends_by: int
    ended_at: int | None = None
    handover: str | None = None

    @property
    def open(self) -> bool:
        """Whether the session runs."""
        return self.ended_at is None


@dataclass(frozen=True)
class Obligation:
    """A legal duty that a viewing starts, with its due date, until it is done (LAW, must record no. 4)."""

    id: str
    incident: str
    number: str
    agency: str
    kind: str
    basis: str
    created_at: int
    due_at: int
    drill: bool = False
    done_at: int | None = None
    done_by: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Repair:
    """A camera whose picture somebody found bad: a note to its owner, open until mended."""

    id: str
    camera: str
    owner: str
    agency: str
    by: str
    at: int
    reason: str
    drill: bool = False
    done_at: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class ResponderLink:
    """A one-time link for a person on the way: one incident, one device, gone with the incident."""

    id: str
    incident: str
    agency: str
    label: str
    code_hash: str
    created_at: int
    expires_at: int
    created_by: str
    state: Literal["waiting", "bound", "revoked", "ended"] = "waiting"
    bound_at: int | None = None
    refused: int = 0
