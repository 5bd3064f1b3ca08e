"""A noun's table: its id, the fields one can find it by, and the whole thing as a JSON document.

Rows are read and written as the domain's frozen values; adding a field to a value with a default needs no migration.
"""

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, String, Table, Text, delete, insert, select, update
from sqlalchemy.types import TypeEngine

from bonghwa.storage.sql.schema import metadata

T = TypeVar("T")
_TYPES: dict[type, TypeEngine[Any]] = {str: String(200), int: BigInteger(), bool: Integer()}


class Noun(Generic[T]):
    """One table for one kind of value. `fields` names the indexed columns and their types; `key` the field that is the id."""

    def __init__(self, name: str, kind: type[T], fields: dict[str, type], key: str = "id", into: MetaData = metadata) -> None:
        self.key, self.fields, self.adapter = key, tuple(fields), TypeAdapter(kind)
        columns = [Column(field, _TYPES[kind_], index=True) for field, kind_ in fields.items()]
        self.table = Table(name, into, Column("key", String(200), primary_key=True), *columns, Column("body", Text, nullable=False))

    def at(self, connection: Connection) -> "SqlCollection[T]":
        """The collection as seen through one connection."""
        return SqlCollection(self, connection)


class SqlCollection(Generic[T]):
    """Implements the Collection port on one connection."""

    def __init__(self, noun: Noun[T], connection: Connection) -> None:
        self._noun, self._connection = noun, connection

    def get(self, key: str) -> T | None:
        table = self._noun.table
        body = self._connection.execute(select(table.c.body).where(table.c.key == key)).scalar_one_or_none()
        return None if body is None else self._noun.adapter.validate_json(body)

    def put(self, item: T) -> None:
        noun = self._noun
        key = getattr(item, noun.key)
        row = {field: _plain(getattr(item, field)) for field in noun.fields}
        row["body"] = noun.adapter.dump_json(item).decode()
        changed = self._connection.execute(update(noun.table).where(noun.table.c.key == key).values(row))
        if changed.rowcount == 0:
            self._connection.execute(insert(noun.table).values(key=key, **row))

    def delete(self, key: str) -> None:
        self._connection.execute(delete(self._noun.table).where(self._noun.table.c.key == key))

    def find(self, *, desc: bool = False, limit: int | None = None, after: str | None = None, **equals: object) -> list[T]:
        table = self._noun.table
        query = select(table.c.body).order_by(table.c.key.desc() if desc else table.c.key)
        for field, value in equals.items():
            column = table.c[field]
            if isinstance(value, (tuple, list, set, frozenset)):
                query = query.where(column.in_([_plain(v) for v in value]))
            else:
                query = query.where(column.is_(None) if value is None else column == _plain(value))
        if after is not None:
            query = query.where(table.c.key < after if desc else table.c.key > after)
        if limit is not None:
            query = query.limit(limit)
        return [self._noun.adapter.validate_json(body) for body in self._connection.execute(query).scalars()]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value
