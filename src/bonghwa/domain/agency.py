"""Agencies and the people who act for them."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["police112", "fire119", "tracking_centre", "disaster_room", "control_room", "district", "privacy_officer", "responder"]
ROLES: tuple[Role, ...] = (
    "police112",
    "fire119",
    "tracking_centre",
    "disaster_room",
    "control_room",
    "district",
    "privacy_officer",
    "responder",
)
INCIDENT_ROLES = frozenset({"police112", "fire119", "tracking_centre", "disaster_room", "control_room", "district"})
"""Roles whose agencies take part in incidents."""


@dataclass(frozen=True)
class Agency:
    """A body with its own people: an id, the role its people have, and its name in both languages."""

    id: str
    role: Role
    ko: str
    en: str


@dataclass(frozen=True)
class Caller:
    """Whoever asks, after sign-in: the account, its role and agency.

    `incident` and `sent_by` (the agency that sent it) are set for a responder, who may see that incident only, and of it what that agency
    may watch; `line` for a machine line, which may file reports and nothing else; `session` for a browser session.
    """

    account: str
    name: str
    role: Role | Literal["line"]
    agency: str
    incident: str | None = None
    line: str | None = None
    session: str | None = None
    owns: frozenset[str] = frozenset()
    sent_by: str | None = None

    @property
    def is_owner(self) -> bool:
        """Whether the caller answers for cameras (a district control centre)."""
        return self.role == "district"
