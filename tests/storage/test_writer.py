"""The one writer: what was acknowledged is durable, what was refused leaves nothing, a group harms no neighbour. SQLite and PostgreSQL."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from bonghwa.domain.errors import Conflict, Invalid, Unavailable
from bonghwa.domain.incident import Incident, Part, Report, SetAside
from bonghwa.service.clock import HubClock
from bonghwa.storage.sql import journal
from bonghwa.storage.sql.engine import open_engine
from bonghwa.storage.sql.schema import metadata
from bonghwa.storage.sql.writer import SqlRead, SqlTx, Writer

POSTGRES = os.environ.get("BONGHWA_TEST_POSTGRES")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgresql":
        if not POSTGRES:
            pytest.skip("BONGHWA_TEST_POSTGRES is not set: PostgreSQL was not tested")
        made = open_engine(POSTGRES)
        metadata.drop_all(made)
    else:
        made = open_engine(tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer]:
    made = Writer(engine, HubClock())
    yield made
    made.close()


def incident(tx: SqlTx, number: str) -> Incident:
    return Incident(tx.new_id("inc"), number, "police112", "robbery", 0, "new", False, tx.now, "police112", (Part("police112", tx.now),))


def open_one(number: str, fail: bool = False) -> Any:
    def change(tx: SqlTx) -> str:
        one = incident(tx, number)
        tx.incidents.put(one)
        tx.audit("incident:opened", {"incident": one.id})
        tx.emit("incident.opened", one.id, 1, {"number": number}, ["police112"])
        if fail:
            raise Conflict("incident_closed")
        return one.id

    return change


def look(engine: Engine) -> tuple[list[str], list[int], list[str]]:
    with engine.connect() as connection:
        numbers = [i.number for i in SqlRead(connection, 0).incidents.find()]
        entries = [seq for seq, *_ in journal.bodies(connection, ["incident:opened"], 0)]
        return sorted(numbers), sorted(entries), [e.subject for e in journal.events_after(connection, 0)]


def test_state_ledger_entry_and_event_commit_together(writer: Writer, engine: Engine) -> None:
    key = writer.submit(open_one("I-1")).result(10)
    assert look(engine) == (["I-1"], [0], [key])


def test_what_a_person_decided_about_the_queue_is_kept_and_rows_from_before_it_are_still_read(writer: Writer, engine: Engine) -> None:
    word = SetAside(1, 2, "담당", "집 앞", hidden=True)
    report = Report("rep_1", "tracking_centre", "e", "strap_cut", 5, 3, "", "accepted", moving=True, zone_m=240.5)

    def keep(tx: SqlTx) -> Incident:
        one = replace(incident(tx, "T-1"), set_aside=word, placed_at=7, risen_at=9)
        tx.incidents.put(one)
        tx.reports.put(report)
        return one

    kept = writer.submit(keep).result(10)
    with engine.connect() as connection:
        read = SqlRead(connection, 0)
        assert (read.incidents.get(kept.id), read.reports.get("rep_1")) == (kept, report)
    with engine.begin() as connection:
        body = json.loads(connection.execute(text("SELECT body FROM incidents")).scalar_one())
        for added in ("set_aside", "placed_at", "risen_at"):
            del body[added]
        connection.execute(text("UPDATE incidents SET body = :body"), {"body": json.dumps(body)})
    with engine.connect() as connection:
        assert SqlRead(connection, 0).incidents.get(kept.id) == replace(kept, set_aside=None, placed_at=0, risen_at=None)


def test_a_refused_change_leaves_nothing_and_its_neighbours_stand(writer: Writer, engine: Engine) -> None:
    gate = threading.Event()
    writer.submit(lambda tx: gate.wait(10))
    futures = [writer.submit(open_one(f"I-{n}", fail=n % 3 == 0)) for n in range(9)]
    gate.set()
    outcomes = [future.exception(10) for future in futures]
    numbers, entries, events = look(engine)
    assert [isinstance(o, Conflict) for o in outcomes] == [n % 3 == 0 for n in range(9)]
    assert numbers == [f"I-{n}" for n in range(9) if n % 3]
    assert entries == list(range(6))
    assert len(events) == 6


def test_a_text_that_no_column_takes_is_refused_alone_and_its_neighbours_stand(writer: Writer, engine: Engine) -> None:
    gate = threading.Event()
    writer.submit(lambda tx: gate.wait(10))
    odd = writer.submit(lambda tx: tx.accounts.find(name="관\0제"))
    key = writer.submit(open_one("I-1"))
    gate.set()
    assert key.exception(10) is None
    assert look(engine)[0] == ["I-1"]
    assert odd.exception(10) is None or isinstance(odd.exception(10), Invalid)  # SQLite finds nobody, PostgreSQL takes no NUL
    assert writer.failing is None


def test_ledger_entries_are_numbered_without_a_gap_under_many_callers(writer: Writer, engine: Engine) -> None:
    def caller(base: int) -> None:
        for n in range(20):
            future = writer.submit(open_one(f"{base}-{n}", fail=n % 4 == 3))
            future.exception(20)

    threads = [threading.Thread(target=caller, args=(base,)) for base in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers, entries, events = look(engine)
    assert entries == list(range(60))
    assert (len(numbers), len(events)) == (60, 60)


def test_effects_and_listeners_run_only_after_a_commit(writer: Writer, engine: Engine) -> None:
    seen: list[tuple[list[str], int]] = []
    writer.listen(lambda events, told: seen.append(([e.subject for e in events], len(look(engine)[0]))))
    ran: list[str] = []
    writer.submit(lambda tx: tx.after(lambda: ran.append("refused")) or open_one("x", fail=True)(tx)).exception(10)
    key = writer.submit(lambda tx: tx.after(lambda: ran.append("kept")) or open_one("I-1")(tx)).result(10)
    assert ran == ["kept"]
    assert seen[-1] == ([key], 1)


def test_a_failing_effect_or_a_caller_that_went_away_stops_nothing(writer: Writer, engine: Engine) -> None:
    gate = threading.Event()
    writer.submit(lambda tx: gate.wait(10))
    gone = writer.submit(open_one("gone"))
    gone.cancel()
    gate.set()
    writer.submit(lambda tx: tx.after(lambda: 1 / 0)).result(10)
    writer.submit(open_one("I-1")).result(10)
    assert look(engine)[0] == ["I-1"]


def test_when_storage_fails_the_whole_group_is_refused_said_and_the_writer_heals(tmp_path: Path) -> None:
    engine = open_engine(tmp_path)
    writer = Writer(engine, HubClock())
    writer.submit(open_one("I-1")).result(10)
    with engine.connect().execution_options(writes=True) as other, other.begin():
        other.execute(text("ALTER TABLE audit RENAME TO gone"))
    refused = writer.submit(open_one("I-2")).exception(20)
    failing = writer.failing
    with engine.connect().execution_options(writes=True) as other, other.begin():
        other.execute(text("ALTER TABLE gone RENAME TO audit"))
    writer.submit(open_one("I-3")).result(10)
    assert isinstance(refused, Unavailable)
    assert failing is not None
    assert writer.failing is None
    assert look(engine)[0] == ["I-1", "I-3"]
    writer.close()


def test_messages_to_a_gateway_are_numbered_for_each_start_and_kept_for_its_return(writer: Writer, engine: Engine) -> None:
    from bonghwa.service.ports import GatewayRow

    def up(boot: str) -> Any:
        return lambda tx: tx.gateways.put(GatewayRow("gw1", "http://g", boot, ("junggu",), "up"))

    assert writer.submit(lambda tx: tx.tell("gw1", {"t": "revoke"})).result(10) is None
    writer.submit(up("one")).result(10)
    numbers = [writer.submit(lambda tx: tx.tell("gw1", {"t": "revoke"})).result(10) for _ in range(3)]
    with engine.connect() as connection:
        missed = [n for n, _ in journal.control_after(connection, "gw1", "one", 1)]
    writer.submit(up("two")).result(10)
    again = writer.submit(lambda tx: tx.tell("gw1", {"t": "revoke"})).result(10)
    assert (numbers, missed, again) == ([1, 2, 3], [2, 3], 1)


@pytest.mark.postgres
def test_a_second_hub_on_the_same_postgresql_is_refused() -> None:
    if not POSTGRES:
        pytest.skip("BONGHWA_TEST_POSTGRES is not set: the sequencer's lock was not tested")
    engine = open_engine(POSTGRES)
    second = open_engine(POSTGRES)
    first = Writer(engine, HubClock())
    with pytest.raises(RuntimeError, match="another hub"):
        Writer(second, HubClock())
    first.close()
    Writer(second, HubClock()).close()
    second.dispose()
    engine.dispose()
