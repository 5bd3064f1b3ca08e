"""Reports and incidents: their life, when they merge, what they link to."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bonghwa.domain.alarm import CALMING, DEFAULT_CODE, LETTERS, SERIOUSNESS, more_serious
from bonghwa.domain.errors import Conflict
from bonghwa.domain.reason import Reason

State = Literal["new", "acknowledged", "working", "closed"]
TRIAGED = "tracking_centre"
"""The line whose alarms are triaged: hundreds a day of each wearer (`domain.triage`)."""
RINGS_AGAIN = 2
"""Up to this code an alarm more serious than what was acknowledged asks to be acknowledged anew."""


@dataclass(frozen=True)
class Place:
    """Where: WGS84 point, how exact (metres, 1 sigma-like radius), a name to say, the owning district, and where it came from."""

    lat: float
    lon: float
    accuracy_m: float
    name: str = ""
    district: str | None = None
    source: str = "point"


@dataclass(frozen=True)
class Report:
    """One alarm as a line sent it. `device` is the site or camera it speaks for; `subject` the person, car or ankle device."""

    id: str
    line: str
    external_id: str
    kind: str
    at: int
    received_at: int
    body_hash: str
    state: Literal["accepted", "rejected"]
    receiver: str = ""
    """The agency it was for: a line's own, or the room whose operator filed it."""
    incident: str | None = None
    place: Place | None = None
    device: str | None = None
    subject: str | None = None
    text: str | None = None
    look_for: str | None = None
    priority: int | None = None
    drill: bool = False
    problem: str | None = None
    body: str | None = None
    moving: bool | None = None
    """Whether the ankle device felt its wearer move; None when it does not say."""
    zone_m: float | None = None
    """Metres from home or past the border of a zone, as the centre reckons them; None when it does not say."""

    @property
    def moment(self) -> int:
        """When it happened: as its device says, but never later than it came in, since a device's clock may run ahead."""
        return min(self.at, self.received_at)

    @property
    def code(self) -> int:
        """Its priority code: the one it brought, otherwise its kind's own."""
        return self.priority if self.priority is not None else default_priority(self.kind)


@dataclass(frozen=True)
class SetAside:
    """What a person last decided about an incident's place in the queue: hidden, or shown although a rule would hide it.

    `at` and `until` in microseconds; it never outlives `until`.
    """

    at: int
    until: int
    by: str
    reason: str
    hidden: bool


@dataclass(frozen=True)
class Part:
    """One agency's part in an incident; it begins by receiving or by invitation and ends with its own close."""

    agency: str
    joined_at: int
    invited_by: str | None = None
    basis: str | None = None
    closed_at: int | None = None
    disposition: str | None = None
    place: Place | None = None
    """Where the incident was when the agency closed its part: all it sees of that while others go on."""

    @property
    def open(self) -> bool:
        """Whether this agency still works on the incident."""
        return self.closed_at is None


@dataclass(frozen=True)
class Incident:
    """A situation that agencies work on. Only the domain's functions change it; each change gives a new `rev`."""

    id: str
    number: str
    line: str
    kind: str
    priority: int
    state: State
    drill: bool
    opened_at: int
    owner: str
    parts: tuple[Part, ...]
    place: Place | None = None
    look_for: str | None = None
    device: str | None = None
    subject: str | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    closed_at: int | None = None
    reopened_at: int | None = None
    louder: bool = False
    escalated: bool = False
    rev: int = 1
    first_report_at: int = 0
    timing: dict[str, float] = field(default_factory=dict)
    placed_at: int = 0
    """The moment its place speaks of: an alarm about an earlier one never moves it back (triaged lines only)."""
    risen_at: int | None = None
    """When a more serious alarm last asked for a new acknowledgement."""
    set_aside: SetAside | None = None
    said: int | None = None
    """The code that the line gave its leading kind (triaged lines only); the priority differs from it where an officer gave another."""

    also: tuple[str, ...] = ()
    """Other names of its subject, by reports that a person merged in: they update it too, until a split parts them."""

    @property
    def open(self) -> bool:
        """Whether any agency still works on it; only then may a grant live."""
        return self.state != "closed"

    @property
    def triaged(self) -> bool:
        """Whether its alarms are grouped, ranked and, when they only repeat themselves, hidden with a reason."""
        return self.line == TRIAGED

    @property
    def waiting_since(self) -> int:
        """From when an unanswered incident waits: its opening, or the more serious alarm that came later."""
        return self.risen_at or self.opened_at

    def part(self, agency: str) -> Part | None:
        """The agency's part, or None when it takes none (then it may not learn of the incident)."""
        return next((part for part in self.parts if part.agency == agency), None)

    def changed(self, **changes: object) -> "Incident":
        """The incident with these fields changed and the next revision."""
        return replace(self, rev=self.rev + 1, **changes)  # type: ignore[arg-type]


def default_priority(kind: str) -> int:
    """The priority code of a kind when nobody gave one."""
    return DEFAULT_CODE[kind]


def number_of(line: str, count: int, drill: bool) -> str:
    """The number people say: a letter for the line and a running count; drills carry 훈."""
    letter = LETTERS[line]
    return f"{letter}-훈{count:02d}" if drill else f"{letter}-{count:04d}"


def merges(report: Report, incident: Incident) -> Reason | None:
    """Say why a report belongs to an open incident of the same agency, or None when it is its own incident.

    The same subject, or the same device of the same line, updates and never doubles (CONTRACT). A drill and a real alarm never
    merge. Nearness alone never merges: two people may need help in one street, and two known subjects at one site stay two.
    """
    if not incident.open or report.drill != incident.drill:
        return None
    if report.subject is not None and incident.subject is not None:
        same = report.subject == incident.subject or report.subject in incident.also
        return Reason("merged_same_subject", {"kind": report.kind}) if same else None
    if report.device is not None and report.device == incident.device and report.line == incident.line:
        return Reason("merged_same_device", {"device": report.device})
    return None


def calms(report: Report) -> bool:
    """Whether the report only says that something is over (it opens nothing by itself)."""
    return report.kind in CALMING


def more_urgent(incident: Incident, report: Report) -> tuple[str, int]:
    """The kind and code of an incident after a merged report: the more urgent of the two; a calming report changes neither.

    Alarms of a wearer go by the seriousness of the kind first: a cut strap is never kept under a flat battery, nor a curfew breach
    under a lost location of the same code, whatever code the line wrote on either. What an officer gave is not taken back by a repeat
    of what the line had said by then, and a graver alarm takes nothing of a more urgent code that he gave.
    """
    if incident.triaged and report.kind in SERIOUSNESS and incident.kind in SERIOUSNESS:
        said = incident.priority if incident.said is None else incident.said
        if report.kind == incident.kind:
            return incident.kind, min(incident.priority, report.code) if report.code < said else incident.priority
        if not more_serious(report.kind, incident.kind):
            return incident.kind, incident.priority
        return report.kind, min(incident.priority, report.code) if incident.priority < said else report.code
    if calms(report) or report.code >= incident.priority:
        return incident.kind, incident.priority
    return report.kind, report.code


def said_after(incident: Incident, report: Report) -> int | None:
    """The code that the line gave the leading kind of an incident, after a merged report."""
    if incident.said is None or not incident.triaged:
        return incident.said
    if report.kind == incident.kind:
        return min(incident.said, report.code)
    return report.code if more_urgent(incident, report)[0] == report.kind else incident.said


def more_urgent_of(target: Incident, source: Incident) -> Incident:
    """Of two incidents put together the one whose kind and code the whole takes; the target when neither is more urgent."""
    if target.triaged and source.triaged and target.kind != source.kind:
        return source if more_serious(source.kind, target.kind) else target
    return source if source.priority < target.priority else target


def place_of_both(target: Incident, source: Incident) -> tuple[Place | None, int]:
    """Where two incidents put together are, and the moment that speaks of: the target's place, of a wearer's alarms the later one."""
    later = target.triaged and source.place is not None and source.placed_at > target.placed_at
    return (source.place, source.placed_at) if later or target.place is None else (target.place, target.placed_at)


def also_about(reports: Sequence[Report], subject: str | None) -> tuple[str, ...]:
    """The subjects that reports name besides the one."""
    return tuple(dict.fromkeys(report.subject for report in reports if report.subject and report.subject != subject))


def last_place(reports: Sequence[Report]) -> tuple[Place | None, int]:
    """Where an incident of these reports is, and the moment that speaks of: as it came in last, of a wearer's alarms as it was last."""
    placed = [report for report in reversed(reports) if report.place is not None]
    last = max(placed, key=lambda one: one.moment if one.line == TRIAGED else 0, default=None)
    return (None, 0) if last is None else (last.place, last.moment)


def leading(reports: Sequence[Report]) -> Report:
    """The report whose kind and code an incident of these reports takes: of a wearer's alarms the most serious, otherwise the first."""
    alarms = [report for report in reports if report.line == TRIAGED]
    return min(alarms, key=lambda one: (SERIOUSNESS.index(one.kind), one.code), default=reports[0])


def rises(incident: Incident, report: Report) -> bool:
    """Whether a wearer's alarm is more serious than what somebody acknowledged: then it must be acknowledged anew."""
    return (
        incident.triaged
        and incident.acknowledged_at is not None
        and report.kind in SERIOUSNESS
        and report.code <= RINGS_AGAIN
        and more_serious(report.kind, incident.kind)
    )


def rise(incident: Incident, now: int) -> Incident:
    """Ask for a new acknowledgement; grants and views stay as they are."""
    return replace(incident, state="new", acknowledged_at=None, acknowledged_by=None, louder=False, risen_at=now)


def acknowledge(incident: Incident, account: str, now: int) -> Incident:
    """`new` becomes `acknowledged`: somebody has it, the tone stops. Repeating it changes nothing."""
    if incident.state == "closed":
        raise Conflict("incident_closed")
    if incident.acknowledged_at is not None:
        return incident
    return incident.changed(state="acknowledged", acknowledged_at=now, acknowledged_by=account, louder=False)


def work(incident: Incident) -> Incident:
    """An act beyond acknowledging (a note, an invitation, a view) makes an acknowledged incident `working`."""
    return incident.changed(state="working") if incident.state == "acknowledged" else incident


def join(incident: Incident, agency: str, invited_by: str, basis: str, now: int) -> Incident:
    """Add an invited agency; it acts under its own clause. An agency that had closed its part comes back."""
    if incident.state == "closed":
        raise Conflict("incident_closed")
    part = incident.part(agency)
    if part is not None and part.open:
        raise Conflict("already_taking_part", agency=agency)
    rest = tuple(p for p in incident.parts if p.agency != agency)
    return incident.changed(parts=(*rest, Part(agency, now, invited_by, basis)))


def close_part(incident: Incident, agency: str, disposition: str, now: int) -> Incident:
    """End an agency's part. The incident ends with its last part, or at once when its owner closes it."""
    part = incident.part(agency)
    if part is None or not part.open or incident.state == "closed":
        raise Conflict("part_closed")
    ends = agency == incident.owner
    parts = tuple(
        replace(p, closed_at=now, disposition=disposition, place=incident.place) if p.agency == agency or (ends and p.open) else p
        for p in incident.parts
    )
    if ends or not any(p.open for p in parts):
        return incident.changed(parts=parts, state="closed", closed_at=now, louder=False)
    return incident.changed(parts=parts)


def reopen(incident: Incident, agency: str) -> Incident:
    """Open an agency's part again; the owner reopens the incident. Grants are new ones: nothing old comes back, nor is it still hidden."""
    part = incident.part(agency)
    if part is None:
        raise Conflict("not_taking_part")
    if incident.state == "closed" and agency != incident.owner:
        raise Conflict("only_owner_reopens")
    if part.open and incident.state != "closed":
        raise Conflict("part_open")
    parts = tuple(replace(p, closed_at=None, disposition=None, place=None) if p.agency == agency else p for p in incident.parts)
    set_aside = None if incident.state == "closed" else incident.set_aside
    return incident.changed(parts=parts, state="working", closed_at=None, set_aside=set_aside)
