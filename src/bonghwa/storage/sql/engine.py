"""Opening the database: SQLite in WAL with full syncs by default, PostgreSQL by URL. One code path for both."""

import contextlib
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

WRITER_LOCK = 0x626F6E67  # "bong": the advisory lock only one hub's writer may hold


def database_url(place: str | Path) -> str:
    """The URL of a data folder's database, or the URL itself when one is given."""
    if isinstance(place, str) and "://" in place:
        url = make_url(place)
        return (url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url).render_as_string(
            hide_password=False
        )
    return f"sqlite:///{Path(place) / 'bonghwa.db'}"


def open_engine(place: str | Path) -> Engine:
    """Open the database of a data folder (made when missing) or of a PostgreSQL URL.

    SQLite: WAL, `synchronous=FULL` (an acknowledged commit survives a power cut), foreign keys on, explicit BEGIN so that
    savepoints work.
    """
    if not (isinstance(place, str) and "://" in place):
        Path(place).mkdir(parents=True, exist_ok=True, mode=0o700)
    url = database_url(place)
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=8, hide_parameters=True)
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 15.0}, pool_size=8, max_overflow=16, hide_parameters=True
    )

    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000", "cache_size=-65536"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Any) -> None:
        mode = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
        connection.exec_driver_sql(mode)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def take_writer_lock(engine: Engine) -> Any:
    """On PostgreSQL hold the sequencer's advisory lock for as long as the returned connection lives; RuntimeError when held."""
    if engine.dialect.name != "postgresql":
        return None
    connection = engine.connect()
    connection.detach()  # never back to the pool: closing it must release the lock
    if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": WRITER_LOCK}).scalar_one():
        connection.close()
        raise RuntimeError("another hub writes to this database (advisory lock held)")
    connection.commit()
    return connection


def give_writer_lock(connection: Any) -> None:
    """Give the lock back before the connection closes: the server would notice a closed connection only a moment later."""
    with contextlib.suppress(DBAPIError):
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": WRITER_LOCK})
        connection.commit()
    connection.close()
