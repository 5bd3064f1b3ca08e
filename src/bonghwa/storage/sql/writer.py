"""The one writer: a thread that runs changes one after another and commits them in groups (GATEWAY, One writer).

Each change runs in its own savepoint, so a refused one leaves nothing behind and harms no neighbour in the group. State, ledger
entries and events of a change commit in one transaction. Futures resolve, events go out and effects run only after the commit.
A crash before the commit leaves nothing; a crash after it leaves everything, and effects are made again from the stored state.
"""

import json
import os
import queue
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, SQLAlchemyError

from bonghwa.domain import audit, ids
from bonghwa.domain.clip import Clip
from bonghwa.domain.errors import Invalid, Unavailable
from bonghwa.domain.grant import Grant
from bonghwa.domain.incident import Incident, Report
from bonghwa.domain.mask import Mask
from bonghwa.domain.people import Account, LineCredential, Session
from bonghwa.domain.pose_proposal import PoseProposal
from bonghwa.domain.pursuit import Fact, Pursuit
from bonghwa.domain.selection import Selection
from bonghwa.domain.steering import Hold, SteeringRequest
from bonghwa.domain.view import Duty, Obligation, Repair, ResponderLink, View
from bonghwa.service.ports import Collection, GatewayRow, TimelineEntry
from bonghwa.storage.sql import journal, nouns
from bonghwa.storage.sql.engine import give_writer_lock, take_writer_lock
from bonghwa.storage.sql.schema import metadata

T = TypeVar("T")
Told = tuple[str, str, int, dict[str, Any]]
Listener = Callable[[Sequence[journal.EventRow], Sequence[Told]], None]
log = structlog.get_logger("writer")


class Clock(Protocol):
    """Time as the hub reckons it: microseconds since 1970 that never run backwards."""

    def now(self) -> int:
        """The present time in microseconds."""


class SqlRead:
    """The Read port on one connection."""

    def __init__(self, connection: Connection, now: int) -> None:
        self.connection, self.now = connection, now
        self.incidents: Collection[Incident] = nouns.INCIDENTS.at(connection)
        self.reports: Collection[Report] = nouns.REPORTS.at(connection)
        self.selections: Collection[Selection] = nouns.SELECTIONS.at(connection)
        self.grants: Collection[Grant] = nouns.GRANTS.at(connection)
        self.views: Collection[View] = nouns.VIEWS.at(connection)
        self.duties: Collection[Duty] = nouns.DUTIES.at(connection)
        self.obligations: Collection[Obligation] = nouns.OBLIGATIONS.at(connection)
        self.repairs: Collection[Repair] = nouns.REPAIRS.at(connection)
        self.responders: Collection[ResponderLink] = nouns.RESPONDERS.at(connection)
        self.timeline: Collection[TimelineEntry] = nouns.TIMELINE.at(connection)
        self.accounts: Collection[Account] = nouns.ACCOUNTS.at(connection)
        self.sessions: Collection[Session] = nouns.SESSIONS.at(connection)
        self.lines: Collection[LineCredential] = nouns.LINES.at(connection)
        self.gateways: Collection[GatewayRow] = nouns.GATEWAYS.at(connection)
        self.clips: Collection[Clip] = nouns.CLIPS.at(connection)
        self.masks: Collection[Mask] = nouns.MASKS.at(connection)
        self.holds: Collection[Hold] = nouns.HOLDS.at(connection)
        self.requests: Collection[SteeringRequest] = nouns.REQUESTS.at(connection)
        self.proposals: Collection[PoseProposal] = nouns.PROPOSALS.at(connection)
        self.pursuits: Collection[Pursuit] = nouns.PURSUITS.at(connection)
        self.facts: Collection[Fact] = nouns.FACTS.at(connection)


class SqlTx(SqlRead):
    """The Tx port: what one change may do. Buffers ledger rows and events until the change succeeded."""

    def __init__(self, connection: Connection, now: int, next_seq: int) -> None:
        super().__init__(connection, now)
        self.next_seq = next_seq
        self.entries: list[dict[str, Any]] = []
        self.events: list[journal.EventRow] = []
        self.effects: list[Callable[[], None]] = []
        self.told: list[Told] = []

    def new_id(self, prefix: str) -> str:
        return ids.new_id(prefix, self.now, os.urandom(10))

    def secret(self) -> str:
        return urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()

    def counter(self, name: str) -> int:
        return journal.next_count(self.connection, name)

    def audit(self, act: str, body: Mapping[str, Any], *, drill: bool = False) -> int:
        salt, content = os.urandom(16), audit.canonical(dict(body))
        seq = self.next_seq + len(self.entries)
        leaf = audit.leaf(seq, self.now, act, drill, salt, content)
        self.entries.append({"seq": seq, "at": self.now, "act": act, "leaf": leaf, "salt": salt, "body": content.decode()})
        return seq

    def emit(self, kind: str, subject: str, rev: int, data: Mapping[str, Any], audience: Sequence[str]) -> None:
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        self.events.append(journal.write_event(self.connection, self.now, kind, subject, rev, text, frozenset(audience)))

    def tell(self, gateway: str, message: Mapping[str, Any]) -> int | None:
        row = self.gateways.get(gateway)
        if row is None or not row.boot:
            return None
        n = row.last_n + 1
        body = {**message, "n": n}
        self.gateways.put(GatewayRow(row.name, row.url, row.boot, row.owners, row.state, n, row.last_m, row.seen_at))
        journal.write_control(self.connection, gateway, row.boot, n, self.now, json.dumps(body, separators=(",", ":")))
        self.told.append((gateway, row.boot, n, body))
        return n

    def after(self, effect: Callable[[], None]) -> None:
        self.effects.append(effect)


Queued = tuple[Callable[[SqlTx], Any], "Future[Any]"]


class _Round:
    """What one group commit brings forth, kept until it is durable."""

    def __init__(self) -> None:
        self.size = 0
        self.events: list[journal.EventRow] = []
        self.effects: list[Callable[[], None]] = []
        self.told: list[Told] = []
        self.settle: list[Callable[[], None]] = []


class Writer:
    """Runs changes in order. `submit` may be called from any thread; the group is whatever waits when the last commit is done."""

    GROUP = 256

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._queue: queue.SimpleQueue[Queued | None] = queue.SimpleQueue()
        self._listeners: list[Listener] = []
        self._lock = take_writer_lock(engine)
        metadata.create_all(engine.execution_options(writes=True))
        self._connection = engine.connect().execution_options(writes=True)
        self.failing: str | None = None
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def listen(self, listener: Listener) -> None:
        """Call this, in the writer's thread, after each commit with its events and its messages to gateways."""
        self._listeners.append(listener)

    def submit(self, change: Callable[[SqlTx], T]) -> "Future[T]":
        """Queue a change. The future holds its answer once durable, or the refusal it raised, or Unavailable when storage failed."""
        future: Future[T] = Future()
        self._queue.put((change, future))
        return future

    def close(self) -> None:
        """Finish what is queued and stop."""
        self._queue.put(None)
        self._thread.join(10)
        self._connection.close()
        if self._lock is not None:
            give_writer_lock(self._lock)

    def _run(self) -> None:
        while True:
            first = self._queue.get()
            if first is None:
                return
            group, stop = [first], False
            while len(group) < self.GROUP:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    stop = True
                    break
                group.append(item)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[Queued]) -> None:
        round_ = _Round()
        try:
            with self._connection.begin():
                round_.size = journal.audit_size(self._connection)
                for change, future in group:
                    self._try(change, future, round_)
        except Exception as failed:  # noqa: BLE001  whatever failed, nothing of the group was committed
            self._fail(group, failed)
            return
        self.failing = None
        for listener in self._listeners:
            self._safely(partial(listener, round_.events, round_.told))
        for effect in round_.effects:
            self._safely(effect)
        for settle in round_.settle:
            settle()

    def _try(self, change: Callable[[SqlTx], Any], future: "Future[Any]", round_: "_Round") -> None:
        """Run one change in its own savepoint. A refusal undoes it alone; a failure of storage undoes the whole group.

        What the database cannot take as data (PostgreSQL keeps no NUL in a text) is the change's own fault and harms no neighbour.
        A change whose caller went away before its turn is not run; once it runs it can no longer be called back.
        """
        if not future.set_running_or_notify_cancel():
            return
        tx = SqlTx(self._connection, self._clock.now(), round_.size)
        try:
            with self._connection.begin_nested():
                answer = change(tx)
                journal.write_audit(self._connection, tx.entries)
        except DataError as unfit:
            log.error("a change the database cannot take", error=type(unfit.orig).__name__)
            round_.settle.append(partial(future.set_exception, Invalid("body", "not_text")))
            return
        except SQLAlchemyError:
            raise
        except Exception as refused:  # noqa: BLE001  it belongs to the caller, whose future carries it
            round_.settle.append(partial(future.set_exception, refused))
            return
        round_.size += len(tx.entries)
        round_.events += tx.events
        round_.effects += tx.effects
        round_.told += tx.told
        round_.settle.append(partial(future.set_result, answer))

    def _fail(self, group: list[Queued], failed: Exception) -> None:
        self.failing = type(failed).__name__
        log.error("commit failed, nothing was changed", error=self.failing, changes=len(group))
        for _, future in group:
            if not future.cancelled():
                future.set_exception(Unavailable("storage_failed"))
        try:
            if self._connection.invalidated or self._connection.closed:
                self._connection = self._engine.connect().execution_options(writes=True)
        except SQLAlchemyError:
            log.error("storage still failing")

    @staticmethod
    def _safely(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            log.exception("an effect after a commit failed")
