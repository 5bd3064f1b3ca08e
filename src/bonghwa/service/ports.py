"""What the use cases need of the outside world, as small contracts. Adapters implement them; the use cases know nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bonghwa.domain.agency import Agency
from bonghwa.domain.agreement import Agreement
from bonghwa.domain.camera import Camera
from bonghwa.domain.clip import Clip
from bonghwa.domain.gateway import Gateways
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident, Place, Report
from bonghwa.domain.mask import Mask
from bonghwa.domain.people import Account, LineCredential, Session
from bonghwa.domain.pose_proposal import PoseProposal
from bonghwa.domain.pursuit import Fact, Pursuit
from bonghwa.domain.selection import ChosenCamera, Gap, Selection
from bonghwa.domain.steering import Hold, SteeringRequest
from bonghwa.domain.view import Duty, Obligation, Repair, ResponderLink, View

T = TypeVar("T")


class Collection(Protocol[T]):
    """All stored things of one noun.

    `put` inserts or replaces by id. `find` filters by equality on the noun's indexed fields (a tuple means any of them), newest id
    first when `desc`. Inside a transaction reads see its own writes.
    """

    def get(self, key: str) -> T | None:
        """The thing with this id."""

    def put(self, item: T) -> None:
        """Insert or replace."""

    def delete(self, key: str) -> None:
        """Erase it; nothing happens when it is not there."""

    def find(self, *, desc: bool = False, limit: int | None = None, after: str | None = None, **equals: object) -> list[T]:
        """Matching things in id order (ids sort by time)."""


@dataclass(frozen=True)
class TimelineEntry:
    """One line of an incident's history. `agency` None: shared with all who take part; otherwise only that agency reads it."""

    id: str
    incident: str
    at: int
    agency: str | None
    by: str
    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class GatewayRow:
    """A gateway as the hub knows it: where viewers reach it, its present start id, whose cameras it serves."""

    name: str
    url: str
    boot: str
    owners: tuple[str, ...]
    state: str
    last_n: int = 0
    last_m: int = 0
    seen_at: int = 0


class Read(Protocol):
    """A consistent look at the state at one moment, `now` in microseconds."""

    now: int
    incidents: Collection[Incident]
    reports: Collection[Report]
    selections: Collection[Selection]
    grants: Collection[Grant]
    views: Collection[View]
    duties: Collection[Duty]
    obligations: Collection[Obligation]
    repairs: Collection[Repair]
    responders: Collection[ResponderLink]
    timeline: Collection[TimelineEntry]
    accounts: Collection[Account]
    sessions: Collection[Session]
    lines: Collection[LineCredential]
    gateways: Collection[GatewayRow]
    clips: Collection[Clip]
    masks: Collection[Mask]
    holds: Collection[Hold]
    requests: Collection[SteeringRequest]
    proposals: Collection[PoseProposal]
    pursuits: Collection[Pursuit]
    facts: Collection[Fact]


class Tx(Read, Protocol):
    """One change: state, audit entries and outgoing events that commit together or not at all.

    Nothing outside is awaited while it runs. `after` effects run once, after the commit is durable, and never when it failed.
    """

    def new_id(self, prefix: str) -> str:
        """An opaque id that sorts by time."""

    def secret(self) -> str:
        """32 random bytes, base64url: a token, a code, a cookie."""

    def counter(self, name: str) -> int:
        """The next number of a named count, from 1."""

    def audit(self, act: str, body: Mapping[str, Any], *, drill: bool = False) -> int:
        """Write a ledger entry; returns its running number. `act` is of the closed vocabulary."""

    def emit(self, kind: str, subject: str, rev: int, data: Mapping[str, Any], audience: Sequence[str]) -> None:
        """Send an event to the agencies named; it is authorised again when it is delivered."""

    def tell(self, gateway: str, message: Mapping[str, Any]) -> int | None:
        """Queue a numbered message to a gateway's present start; None when it never connected."""

    def after(self, effect: Callable[[], None]) -> None:
        """Run this once the commit is durable."""


class CameraBook(Protocol):
    """The registry in memory: cameras by id, with their live health."""

    def get(self, camera: str) -> Camera | None:
        """The camera, or None when it is unknown or retired."""

    def health(self, camera: str) -> str:
        """unknown, ok, late, slow, dead, password, frozen or black."""

    def set_health(self, camera: str, state: str, at: int) -> bool:
        """Remember a camera's health; True when it changed."""


@dataclass(frozen=True)
class Wanted:
    """What a clause lets the selection choose from."""

    owners: frozenset[str]
    radius_m: float
    cap: int
    spares: int
    left_out: frozenset[str]
    exclude: frozenset[str]
    night: bool


@dataclass(frozen=True)
class Found:
    """The selection's answer: cameras by rank with reasons, what stays unseen, how long choosing took (microseconds)."""

    cameras: tuple[ChosenCamera, ...]
    gaps: tuple[Gap, ...]
    directions: tuple[bool, ...]
    exits: int
    exits_seen: int
    took_us: float


class Eyes(Protocol):
    """Which cameras can see a place."""

    def choose(self, place: Place, wanted: Wanted) -> Found:
        """The best and most different cameras, each with why, and what nobody sees."""


class PlaceBook(Protocol):
    """Names and places of the city."""

    def site(self, name: str) -> Place | None:
        """A stop number, a market, or market and shop."""

    def name(self, text: str) -> Place | None:
        """A street, stop, market or building by its name; None when it is unknown or not clear."""

    def camera(self, camera: str) -> Place | None:
        """Where a camera stands."""

    def describe(self, lat: float, lon: float) -> tuple[str, str | None]:
        """A spoken name for a point and its district's id."""


@dataclass(frozen=True)
class Limits:
    """Numbers an operator may set (config/bonghwa.toml)."""

    louder_after_s: int = 15
    ask_answer_s: int = 60
    spares: int = 2
    views_per_account: int = 64
    shift_hours: int = 12
    old_pictures_s: int = 15
    view_idle_s: int = 30
    notify_wearer_days: int = 5
    notify_subjects_days: int = 5
    review_hours: int = 24
    destroy_days: int = 30
    responder_minutes: int = 120
    pre_roll_s: int = 30
    clip_days: int = 30


@dataclass
class City:
    """The standing facts the use cases work with: agencies, agreements in force, cameras, eyes, places, who serves whose cameras."""

    agencies: dict[str, Agency]
    agreements: tuple[Agreement, ...]
    cameras: CameraBook
    eyes: Eyes
    places: PlaceBook
    gateways: Gateways
    limits: Limits
    hub_ok: Callable[[], str | None] = lambda: None
    """None while the clock and the disk are sound, otherwise the code of what is wrong: then nothing new is opened."""
