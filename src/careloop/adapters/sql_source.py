"""Rows of a query as a source of events: SQLite, DuckDB or PostgreSQL, opened to be read only.

The query is put in brackets, so that it can be any SELECT; its rows are read in the order of the watermark column, from
the greatest that was noted, itself included: rows with the same watermark that came later are seen, and the lake knows
the others by their id. `overlap` goes back further, for writers whose transactions end out of order.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec

from careloop.domain.feed import SqlFeed
from careloop.domain.noun import seconds_in
from careloop.errors import InvalidInput, Unavailable, UsageError
from careloop.ports.event_source import FeedPositions, Mark, SourceBatch

__all__ = ["SqlSource"]

_MOST: Final = 5_000
"""Rows made durable together."""
_PATIENCE_S: Final = 10
_Row = Sequence[Any]


class _Cursor(Protocol):
    """As much of a cursor of Python's database interface 2.0 as is used."""

    @property
    def description(self) -> Any: ...

    def fetchmany(self, size: int, /) -> list[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A database that answers a query; what it raises is of the class `trouble`."""

    run: Callable[[str, list[Mark]], _Cursor]
    mark: str
    """How it writes the place of a value in a query."""
    trouble: type[Exception]
    close: Callable[[], None]
    lost: tuple[type[Exception], ...] = ()
    """What it raises when it can no longer be reached."""


class SqlSource:
    """An `EventSource` over one query. `address` is the declared one or the variable's; files are absolute."""

    def __init__(self, feed: SqlFeed, address: str, *, name: str, positions: FeedPositions, most: int = _MOST) -> None:
        self.name, self._feed, self._positions, self._most = name, feed, positions, most
        self._address = address
        self._key = _key(name, feed)
        self._under_way: tuple[SourceBatch, Mark] | None = None

    def batches(self) -> Iterator[SourceBatch]:
        """The rows from the noted watermark to the end of the query's answer."""
        db = _open(self._address, self.name)
        with closing(db):
            try:
                cursor = db.run(*self._asked(db.mark))
                names = [column[0] for column in cursor.description]
                self._hold_columns(names)
                read = 0
                while rows := cursor.fetchmany(self._most):
                    yield self._batch(rows, names, read)
                    read += len(rows)
            except db.lost as error:
                raise Unavailable(f"{self.name}: database: it went away while its rows were read") from error
            except db.trouble as error:
                told = str(error).splitlines()[0] if str(error) else type(error).__name__
                raise InvalidInput(f"{self.name}: query: {told}") from error

    def durable(self, batch: SourceBatch) -> None:
        """Note how far it went."""
        assert self._under_way is not None, "no batch is under way"
        assert self._under_way[0] is batch, "the last batch is called durable"
        noted, reached = self._positions.upto(self._key), self._under_way[1]
        if noted is None or reached > noted:  # type: ignore[operator]  # of one column, so of one type
            self._positions.note(self._key, reached)
        self._under_way = None

    def close(self) -> None:
        """Nothing is held between two readings."""

    def _asked(self, mark: str) -> tuple[str, list[Mark]]:
        column = '"' + self._feed.watermark.replace('"', '""') + '"'
        inner = self._feed.query.strip().rstrip(";")
        if mark == "%s":
            inner = inner.replace("%", "%%")
        query = f"SELECT * FROM (\n{inner}\n) AS care_feed"
        since = self._since()
        if since is None:
            return f"{query} ORDER BY {column}", []
        return f"{query} WHERE {column} >= {mark} OR {column} IS NULL ORDER BY {column}", [since]

    def _since(self) -> Mark | None:
        noted = self._positions.upto(self._key)
        if noted is None or self._feed.overlap is None:
            return noted
        if not isinstance(noted, datetime):
            raise InvalidInput(f"{self.name}: overlap: the column '{self._feed.watermark}' holds no instants")
        return noted - timedelta(seconds=seconds_in(self._feed.overlap))

    def _hold_columns(self, names: Sequence[str]) -> None:
        wanted = {"watermark": self._feed.watermark}
        wanted |= {f"columns.{field}": column for field, column in self._feed.columns.items()}
        for field, column in wanted.items():
            if column not in names:
                raise InvalidInput(
                    f"{self.name}: {field}: the query gives no column '{column}'", hint=f"It gives {', '.join(names)}."
                )

    def _batch(self, rows: Sequence[_Row], names: Sequence[str], read: int) -> SourceBatch:
        at = {field: names.index(column) for field, column in self._feed.columns.items()}
        watermark = names.index(self._feed.watermark)
        reached: Mark | None = None
        for place, row in enumerate(rows, read + 1):
            found = row[watermark]
            if isinstance(found, bool) or not isinstance(found, datetime | int | float | str):
                told = "is null" if found is None else f"is a {type(found).__name__}"
                raise InvalidInput(
                    f"{self.name}: watermark: '{self._feed.watermark}' of row {place} {told}",
                    hint="Leave such rows out with WHERE, or name a column that is an instant, a number or text.",
                )
            reached = found
        assert reached is not None
        batch = SourceBatch(
            rows=tuple(_json(row, at, self._feed.fixed) for row in rows),
            places=tuple(f"{self.name} row {read + n}" for n in range(1, len(rows) + 1)),
        )
        self._under_way = batch, reached
        return batch


def _key(name: str, feed: SqlFeed) -> str:
    """Names the feed and what it reads: a query that was changed is read from its beginning."""
    told = msgspec.json.encode([feed.query, feed.watermark, sorted(feed.columns.items()), sorted(feed.fixed.items())])
    return f"{name}@{sha256(told).hexdigest()[:16]}"


def _json(row: _Row, at: Mapping[str, int], fixed: Mapping[str, str]) -> bytes:
    event: dict[str, Any] = {}
    for field, value in [*fixed.items(), *((field, _plain(row[place])) for field, place in at.items())]:
        if value is None:  # said nothing: the event has no such field, which is never 0
            continue
        part, _, rest = field.partition(".")
        if rest:
            event.setdefault(part, {})[rest] = value
        else:
            event[field] = value
    return msgspec.json.encode(event)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case UUID():
            return str(value)
        case float() if not math.isfinite(value):
            return str(value)  # refused as what it is, where JSON would make it null
        case _:
            return value


def _open(address: str, name: str) -> _Opened:
    kind, _, rest = address.partition(":")
    match kind:
        case "sqlite":
            return _sqlite(Path(rest), name)
        case "duckdb":
            return _duckdb(Path(rest), name)
        case "postgresql" | "postgres":
            return _postgres(address, name)
        case _:
            raise InvalidInput(
                f"{name}: database: the address begins with none of sqlite:, duckdb:, postgresql:",
                hint="Write sqlite:FILE, duckdb:FILE or postgresql://HOST/NAME.",
            )


def _sqlite(file: Path, name: str) -> _Opened:
    if not file.is_file():
        raise Unavailable(f"{name}: database: there is no file {file}")
    try:
        db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE_S)
    except sqlite3.Error as error:
        raise Unavailable(f"{name}: database: {error}") from error
    return _Opened(
        run=lambda query, values: db.execute(query, tuple(values)), mark="?", trouble=sqlite3.Error, close=db.close
    )


def _duckdb(file: Path, name: str) -> _Opened:
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise UsageError("DuckDB is not installed", hint="pip install 'careloop[lake]'") from error
    if not file.is_file():
        raise Unavailable(f"{name}: database: there is no file {file}")
    try:
        db = duckdb.connect(str(file), read_only=True, config={"enable_external_access": False})
    except duckdb.Error as error:
        raise Unavailable(f"{name}: database: {str(error).splitlines()[0]}") from error

    def run(query: str, values: list[Mark]) -> _Cursor:
        return _ArrowCursor(db.sql(query, params=values).to_arrow_reader(_MOST))

    return _Opened(run=run, mark="?", trouble=duckdb.Error, close=db.close)


class _ArrowCursor:
    """Rows of DuckDB by way of Arrow, since its own rows with instants need a library of time zones."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._left: Iterator[_Row] = iter(())
        self.description = [(name,) for name in reader.schema.names]

    def fetchmany(self, size: int, /) -> list[Any]:
        """The next rows, and none at the end."""
        found = list(islice(self._left, size))
        while not found:
            try:
                batch = self._reader.read_next_batch()
            except StopIteration:
                return []
            self._left = iter([tuple(row.values()) for row in batch.to_pylist()])
            found = list(islice(self._left, size))
        return found


def _postgres(address: str, name: str) -> _Opened:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise UsageError("psycopg is not installed", hint="pip install 'careloop[postgres]'") from error
    try:
        db = psycopg.connect(address, connect_timeout=_PATIENCE_S, application_name="careloop")
        db.read_only = True
    except psycopg.Error as error:  # its words may repeat the address
        raise Unavailable(f"{name}: database: PostgreSQL does not answer, or lets nobody in") from error

    def run(query: str, values: list[Mark]) -> _Cursor:
        cursor = db.cursor(name="care_feed")
        cursor.itersize = _MOST
        return cursor.execute(query.encode(), values)

    return _Opened(run=run, mark="%s", trouble=psycopg.Error, close=db.close, lost=(psycopg.OperationalError,))
