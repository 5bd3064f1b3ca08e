"""What commits together with state: ledger entries, outgoing events, messages to gateways, running counts."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, Text, func, insert, select, update
from sqlalchemy import delete as sql_delete

from bonghwa.domain import audit
from bonghwa.storage.sql.schema import metadata

_serial = BigInteger().with_variant(Integer, "sqlite")
AUDIT = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("act", String(60), nullable=False, index=True),
    Column("leaf", LargeBinary, nullable=False),
)
AUDIT_BODIES = Table(
    "audit_bodies",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)
EVENTS = Table(
    "events",
    metadata,
    Column("seq", _serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("type", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("data", Text, nullable=False),
    Column("audience", Text, nullable=False),
    sqlite_autoincrement=True,
)
CONTROL = Table(
    "control",
    metadata,
    Column("gateway", String(80), primary_key=True),
    Column("boot", String(80), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
COUNTS = Table("counts", metadata, Column("name", String(80), primary_key=True), Column("value", BigInteger, nullable=False))


@dataclass(frozen=True)
class EventRow:
    """One outgoing event. `seq` is its id; `audience` the agencies that may receive it."""

    seq: int
    at: int
    type: str
    subject: str
    rev: int
    data: str
    audience: frozenset[str]


def audit_size(connection: Connection) -> int:
    """How many ledger entries are committed; they are numbered 0 to size-1 without a gap."""
    last = connection.execute(select(func.max(AUDIT.c.seq))).scalar_one()
    return 0 if last is None else int(last) + 1


def leaves_from(connection: Connection, start: int, limit: int = 4096) -> list[bytes]:
    """Committed ledger entries from a running number on."""
    rows = connection.execute(select(AUDIT.c.leaf).where(AUDIT.c.seq >= start).order_by(AUDIT.c.seq).limit(limit))
    return [bytes(leaf) for leaf in rows.scalars()]


def bodies(connection: Connection, acts: Iterable[str], since: int, limit: int = 2000) -> list[tuple[int, int, str, dict[str, Any]]]:
    """(number, time, act, body) of entries of these acts since a time, newest first; erased bodies are left out."""
    query = (
        select(AUDIT.c.seq, AUDIT.c.at, AUDIT.c.act, AUDIT_BODIES.c.body)
        .join(AUDIT_BODIES, AUDIT.c.seq == AUDIT_BODIES.c.seq)
        .where(AUDIT.c.act.in_(list(acts)), AUDIT.c.at >= since)
        .order_by(AUDIT.c.seq.desc())
        .limit(limit)
    )
    return [(int(seq), int(at), act, json.loads(body)) for seq, at, act, body in connection.execute(query)]


def happened(connection: Connection, acts: Iterable[str], since: int, until: int) -> int:
    """How many entries of these acts there are from a time to another, drills left out: they never count."""
    query = select(AUDIT.c.leaf).where(AUDIT.c.act.in_(list(acts)), AUDIT.c.at >= since, AUDIT.c.at < until)
    return sum(1 for leaf in connection.execute(query).scalars() if not json.loads(bytes(leaf)).get("drill"))


def entry(connection: Connection, seq: int) -> tuple[bytes, bytes, str] | None:
    """Leaf, salt and body of one ledger entry; None when its body was erased."""
    query = (
        select(AUDIT.c.leaf, AUDIT_BODIES.c.salt, AUDIT_BODIES.c.body)
        .join(AUDIT_BODIES, AUDIT.c.seq == AUDIT_BODIES.c.seq)
        .where(AUDIT.c.seq == seq)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (bytes(row.leaf), bytes(row.salt), row.body)


def write_audit(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert ledger entries (seq, at, act, leaf) and their erasable bodies (salt, body)."""
    if rows:
        connection.execute(insert(AUDIT), [{k: row[k] for k in ("seq", "at", "act", "leaf")} for row in rows])
        connection.execute(insert(AUDIT_BODIES), [{k: row[k] for k in ("seq", "salt", "body")} for row in rows])


def record(connection: Connection, at: int, act: str, body: Mapping[str, Any], *, drill: bool = False) -> int:
    """Write one ledger entry inside the caller's own writing transaction (a command on a data folder); returns its number."""
    salt, content, seq = os.urandom(16), audit.canonical(dict(body)), audit_size(connection)
    leaf = audit.leaf(seq, at, act, drill, salt, content)
    write_audit(connection, [{"seq": seq, "at": at, "act": act, "leaf": leaf, "salt": salt, "body": content.decode()}])
    return seq


def write_event(connection: Connection, at: int, kind: str, subject: str, rev: int, data: str, audience: frozenset[str]) -> EventRow:
    """Insert one event and return it with its id."""
    values = {"at": at, "type": kind, "subject": subject, "rev": rev, "data": data, "audience": " ".join(sorted(audience))}
    seq = connection.execute(insert(EVENTS).values(values).returning(EVENTS.c.seq)).scalar_one()
    return EventRow(int(seq), at, kind, subject, rev, data, audience)


def events_after(connection: Connection, seq: int, limit: int = 5000) -> list[EventRow]:
    """Events with a higher id, in order."""
    rows = connection.execute(select(EVENTS).where(EVENTS.c.seq > seq).order_by(EVENTS.c.seq).limit(limit))
    return [EventRow(r.seq, r.at, r.type, r.subject, r.rev, r.data, frozenset(r.audience.split())) for r in rows]


def event_range(connection: Connection) -> tuple[int, int]:
    """The lowest and highest event id still kept (0, 0 when there is none)."""
    low, high = connection.execute(select(func.min(EVENTS.c.seq), func.max(EVENTS.c.seq))).one()
    return (int(low or 0), int(high or 0))


def forget_events(connection: Connection, before: int) -> None:
    """Erase events older than a time, always keeping the newest so that ids stay ordered."""
    newest = select(func.max(EVENTS.c.seq)).scalar_subquery()
    connection.execute(sql_delete(EVENTS).where(EVENTS.c.at < before, EVENTS.c.seq < newest))


def write_control(connection: Connection, gateway: str, boot: str, n: int, at: int, body: str) -> None:
    """Keep a numbered message to a gateway's start until that start is gone."""
    connection.execute(insert(CONTROL).values(gateway=gateway, boot=boot, n=n, at=at, body=body))


def control_after(connection: Connection, gateway: str, boot: str, n: int) -> list[tuple[int, dict[str, Any]]]:
    """Messages to this start with a higher number, in order."""
    query = select(CONTROL.c.n, CONTROL.c.body).where(CONTROL.c.gateway == gateway, CONTROL.c.boot == boot, CONTROL.c.n > n)
    return [(int(number), json.loads(body)) for number, body in connection.execute(query.order_by(CONTROL.c.n))]


def forget_control(connection: Connection, gateway: str, boot: str) -> None:
    """Erase messages of earlier starts of a gateway: they hold no views any more."""
    connection.execute(sql_delete(CONTROL).where(CONTROL.c.gateway == gateway, CONTROL.c.boot != boot))


def next_count(connection: Connection, name: str) -> int:
    """The next number of a named count, from 1."""
    changed = connection.execute(update(COUNTS).where(COUNTS.c.name == name).values(value=COUNTS.c.value + 1))
    if changed.rowcount == 0:
        connection.execute(insert(COUNTS).values(name=name, value=1))
        return 1
    return int(connection.execute(select(COUNTS.c.value).where(COUNTS.c.name == name)).scalar_one())
