"""Agreements (업무협약) and their clauses, as read from TOML: who may see whose cameras, for what, on which legal basis, how long.

An agreement file is the law of the house. Loading is strict: an unknown key, a missing field or a wrong value is an error that
names the clause and the field. An agreement is versioned by the hash of its bytes; every grant points to that hash and a clause.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

from bonghwa.domain.alarm import LINES

Approval = Literal["auto", "ask", "confirm", "deny"]
When = Literal["received", "invited", "any"]
DUTY_KINDS = frozenset({"notify_wearer", "notify_subjects", "destroy", "review"})
T = TypeVar("T")


class AgreementError(ValueError):
    """An agreement that cannot be used: `file`, `clause` (id or position) and `field` say where, the message says why."""

    def __init__(self, why: str, *, file: str = "", clause: str | None = None, field: str | None = None) -> None:
        self.file, self.clause, self.field, self.why = file, clause, field, why
        where = ", ".join(part for part in (file, f"clause {clause}" if clause else "", f"field {field}" if field else "") if part)
        super().__init__(f"{where}: {why}")


@dataclass(frozen=True)
class Clause:
    """One rule. `approval`: auto opens, ask waits for the owner, confirm waits for the agency's own officer to record why, deny refuses.

    `radius_m` and `cameras` bound what is chosen, `minutes` how long; `left_out` are camera purposes never shown; `hours` local
    minutes of the day (from, to), wrapping past midnight; `duties` are legal duties a viewing starts.
    """

    id: str
    title: str
    lines: tuple[str, ...]
    kinds: tuple[str, ...]
    codes: tuple[int, ...]
    purpose: str
    basis: str
    approval: Approval
    when: When = "any"
    radius_m: float = 0.0
    cameras: int = 0
    minutes: int = 0
    limit_minutes: int = 0
    left_out: tuple[str, ...] = ()
    hours: tuple[int, int] = (0, 1440)
    duties: tuple[str, ...] = ()
    evidence: bool = False
    """Whether clips may be kept as evidence of what was watched under it."""
    keep_days: int = 0
    """Days such a clip is kept; 0 leaves it to the hub's setting."""
    unmasked: bool = False
    """Whether a camera's mask is lifted for those who watch under it."""

    def matches(self, line: str, kind: str, code: int, invited: bool, minute: int) -> bool:
        """Whether this clause speaks about such an incident at this local minute of the day."""
        if line not in self.lines or kind not in self.kinds or code not in self.codes:
            return False
        if self.when != "any" and (self.when == "invited") != invited:
            return False
        start, stop = self.hours
        return start <= minute < stop if start < stop else minute >= start or minute < stop


@dataclass(frozen=True)
class Agreement:
    """A contract between `parties` (who watch) and `owners` (whose cameras). `duty_owners`: owners who entrusted duty watching."""

    id: str
    version: int
    title: str
    valid_from: dt.date
    valid_to: dt.date
    parties: tuple[str, ...]
    owners: tuple[str, ...]
    clauses: tuple[Clause, ...]
    hash: str
    share_links: bool = False
    duty_owners: tuple[str, ...] = ()
    duty_unmasked: bool = False
    """Whether the parties see the owners' cameras without masks on duty, as far as they may watch them on duty at all."""

    def valid_on(self, day: dt.date) -> bool:
        """Whether the agreement is in force on this day."""
        return self.valid_from <= day <= self.valid_to

    def clause(self, clause_id: str) -> Clause | None:
        """The clause with this id."""
        return next((clause for clause in self.clauses if clause.id == clause_id), None)


class _Table:
    """Reads fields of one TOML table; every complaint carries file, clause and field. What is not read is an unknown key."""

    def __init__(self, raw: Mapping[str, Any], file: str, clause: str | None = None) -> None:
        self.raw, self.file, self.clause, self.seen = raw, file, clause, set[str]()

    def fail(self, field: str, why: str) -> AgreementError:
        return AgreementError(why, file=self.file, clause=self.clause, field=field)

    def get(self, field: str, kind: type[T], default: T | None = None) -> T:
        self.seen.add(field)
        if field not in self.raw:
            if default is None:
                raise self.fail(field, "is missing")
            return default
        value = self.raw[field]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fail(field, f"must be {kind.__name__}, not {type(value).__name__}")
        return value

    def words(self, field: str, allowed: Callable[[str], bool], default: list[str] | None = None) -> tuple[str, ...]:
        values = self.get(field, list, default)
        for value in values:
            if not isinstance(value, str) or not allowed(value):
                raise self.fail(field, f"has an unknown value {value!r}")
        if len(set(values)) != len(values):
            raise self.fail(field, "names a value twice")
        return tuple(cast(list[str], values))

    def within(self, field: str, value: float, low: float, high: float) -> None:
        if not low <= value <= high:
            raise self.fail(field, f"must be between {low:g} and {high:g}, not {value:g}")

    def close(self) -> None:
        for field in self.raw:
            if field not in self.seen:
                raise self.fail(field, "is not a known field")


def _hours(table: _Table) -> tuple[int, int]:
    text = table.get("hours", str, "00:00-24:00")
    try:
        start, stop = (int(part[:2]) * 60 + int(part[3:5]) for part in text.split("-"))
        if len(text) != 11 or not (0 <= start < 1440 and 0 < stop <= 1440):
            raise ValueError(text)
    except ValueError:
        raise table.fail("hours", f'must look like "22:00-06:00", not {text!r}') from None
    return start, stop


def _clause(raw: Mapping[str, Any], file: str, position: int) -> Clause:
    table = _Table(raw, file, str(raw.get("id", f"no. {position}")))
    approval = table.get("approval", str)
    if approval not in ("auto", "ask", "confirm", "deny"):
        raise table.fail("approval", f"must be auto, ask, confirm or deny, not {approval!r}")
    when = table.get("when", str, "any")
    if when not in ("received", "invited", "any"):
        raise table.fail("when", f"must be received, invited or any, not {when!r}")
    lines = table.words("lines", lambda line: line in LINES)
    if not lines:
        raise table.fail("lines", "is empty")
    kinds = table.words("kinds", lambda kind: any(kind in LINES[line] for line in lines))
    if not kinds:
        raise table.fail("kinds", "is empty")
    codes = table.get("codes", list, [0, 1, 2, 3, 4])
    if not codes or any(not isinstance(code, int) or isinstance(code, bool) or not 0 <= code <= 4 for code in codes):
        raise table.fail("codes", "must be codes from 0 to 4")
    gives = approval != "deny"
    radius = table.get("radius_m", float, None if gives else 0.0)
    cameras = table.get("cameras", int, None if gives else 0)
    minutes = table.get("minutes", int, None if gives else 0)
    limit = table.get("limit_minutes", int, minutes)
    if gives:
        table.within("radius_m", radius, 1, 5000)
        table.within("cameras", cameras, 1, 64)
        table.within("minutes", minutes, 1, 24 * 60)
        table.within("limit_minutes", limit, minutes, 24 * 60)
    clause = Clause(
        id=table.get("id", str),
        title=table.get("title", str),
        lines=lines,
        kinds=kinds,
        codes=tuple(codes),
        purpose=table.get("purpose", str, None if gives else "-"),
        basis=table.get("basis", str),
        approval=cast(Approval, approval),
        when=cast(When, when),
        radius_m=radius,
        cameras=cameras,
        minutes=minutes,
        limit_minutes=limit,
        left_out=table.words("left_out", lambda purpose: bool(purpose.strip()), []),
        hours=_hours(table),
        duties=table.words("duties", DUTY_KINDS.__contains__, []),
        evidence=table.get("evidence", bool, False),
        keep_days=table.get("keep_days", int, 0),
        unmasked=table.get("unmasked", bool, False),
    )
    for field in ("evidence", "unmasked"):
        if not gives and getattr(clause, field):
            raise table.fail(field, "a clause that denies gives no right")
    table.within("keep_days", clause.keep_days, 0, 3650)
    if clause.keep_days and not clause.evidence:
        raise table.fail("keep_days", "needs evidence = true")
    for field in ("id", "title", "basis", "purpose"):
        if not getattr(clause, field).strip():
            raise table.fail(field, "is empty")
    table.close()
    return clause


def read_agreement(raw: Mapping[str, Any], content: bytes, file: str, agencies: frozenset[str], owners: frozenset[str]) -> Agreement:
    """Make an agreement of a parsed TOML document; `content` are the bytes it was parsed from (its hash is its version).

    Raises AgreementError naming file, clause and field.
    """
    table = _Table(raw, file)
    schema = table.get("schema", int)
    if schema != 1:
        raise table.fail("schema", f"must be 1, not {schema}")
    clauses = tuple(_clause(item, file, n) for n, item in enumerate(table.get("clause", list, []), 1))
    seen: set[str] = set()
    for clause in clauses:
        if clause.id in seen:
            raise AgreementError("stands twice", file=file, clause=clause.id, field="id")
        seen.add(clause.id)
    agreement = Agreement(
        id=table.get("id", str),
        version=table.get("version", int),
        title=table.get("title", str),
        valid_from=table.get("valid_from", dt.date),
        valid_to=table.get("valid_to", dt.date),
        parties=table.words("parties", agencies.__contains__),
        owners=table.words("owners", owners.__contains__),
        clauses=clauses,
        hash=hashlib.sha256(content).hexdigest(),
        share_links=table.get("share_links", bool, False),
        duty_owners=table.words("duty_owners", owners.__contains__, []),
        duty_unmasked=table.get("duty_unmasked", bool, False),
    )
    if not agreement.parties:
        raise table.fail("parties", "is empty")
    if not clauses and not agreement.duty_owners:
        raise table.fail("clause", "is missing")
    if agreement.valid_to < agreement.valid_from:
        raise table.fail("valid_to", "lies before valid_from")
    table.close()
    return agreement
