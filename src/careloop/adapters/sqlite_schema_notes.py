"""Counts of what was sent against what was declared, in a small SQLite file beside the lake.

Threads and processes may share it. Counts wait in memory for up to two seconds, so that many batches cost one write,
and a disk that is full or a file that is locked keeps no event waiting.
"""

from __future__ import annotations

import atexit
import sqlite3
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from careloop.domain.schema_drift import SchemaTally
from careloop.errors import Unavailable

__all__ = ["SqliteSchemaNotes"]

_EVERY_S: Final = 2.0
_KEPT_S: Final = 35 * 86_400
_MOST_NAMES: Final = 100
_OTHERS: Final = "(others)"
_MOST_WAITING: Final = 10_000
_TABLE: Final = """CREATE TABLE IF NOT EXISTS counts (
    system TEXT, hour INTEGER, schema TEXT, what TEXT, name TEXT, n INTEGER,
    PRIMARY KEY (system, hour, schema, what, name)) WITHOUT ROWID"""
_ADD: Final = """INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (system, hour, schema, what, name) DO UPDATE SET n = n + excluded.n"""
_NAMES: Final = "SELECT name FROM counts WHERE system = ? AND hour = ? AND schema = ? AND what = ?"
_ALL: Final = "SELECT * FROM counts"
_ONE: Final = "SELECT * FROM counts WHERE system = ?"
_NAMED: Final = ("refused", "undeclared", "absent")
_Group = tuple[str, int, str, str]
"""System, hour in seconds since 1970, schema, what."""
_Counts = Counter[tuple[str, int, str, str, str]]
"""The same and a name."""


class SqliteSchemaNotes:
    """`SchemaNotes` in a file, made on first use."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._waiting: _Counts = Counter()
        self._written_s = 0.0
        self._timer: threading.Timer | None = None
        atexit.register(_flush, weakref.ref(self))

    def note(self, tallies: Sequence[SchemaTally]) -> None:
        """Add counts."""
        with self._lock:
            for tally in tallies:
                if len(self._waiting) < _MOST_WAITING:
                    self._waiting.update(_rows_of(tally))
            due = time.monotonic() - self._written_s >= _EVERY_S
            if not due and self._timer is None:
                self._timer = threading.Timer(_EVERY_S, _flush, [weakref.ref(self)])
                self._timer.daemon = True
                self._timer.start()
        if due:
            self.flush()

    def flush(self) -> None:
        """Write what waits; what cannot be written goes on waiting."""
        with self._lock:
            self._timer, self._written_s = None, time.monotonic()
            if not self._waiting:
                return
            try:
                with self._opened() as connection:
                    self._write(connection)
            except (sqlite3.Error, OSError):
                return
            self._waiting = Counter()

    def _write(self, connection: sqlite3.Connection) -> None:
        names: dict[_Group, set[str]] = {}
        connection.execute("BEGIN IMMEDIATE")
        for (system, hour, schema, what, name), n in self._waiting.items():
            group = system, hour, schema, what
            if group not in names:
                names[group] = {found for (found,) in connection.execute(_NAMES, group)}
            kept = name if name in names[group] or len(names[group]) < _MOST_NAMES else _OTHERS
            names[group].add(kept)
            connection.execute(_ADD, (*group, kept, n))
        newest = max(hour for _, hour, *_ in self._waiting)
        connection.execute("DELETE FROM counts WHERE hour < ?", (newest - _KEPT_S,))
        connection.execute("COMMIT")

    def tallies(self, system: str | None = None) -> Sequence[SchemaTally]:
        """What was counted, of one system or of all."""
        self.flush()
        if not self._path.is_file():
            return []
        found: dict[tuple[str, int, str], dict[str, dict[str, int]]] = {}
        try:
            with self._opened() as connection:
                rows = connection.execute(*(_ALL,) if system is None else (_ONE, (system,)))
                for whose, hour, schema, what, name, n in rows:
                    found.setdefault((whose, hour, schema), {}).setdefault(what, {})[name] = n
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path} cannot be read: {error}") from error
        return [
            SchemaTally(
                system=whose,
                hour=datetime.fromtimestamp(hour, UTC),
                schema=schema,
                rows=counts.get("rows", {}).get("", 0),
                answers=counts.get("answers", {}).get("", 0),
                **{what: counts.get(what, {}) for what in _NAMED},
            )
            for (whose, hour, schema), counts in sorted(found.items())
        ]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(sqlite3.connect(self._path, timeout=0.5, isolation_level=None)) as connection:
            connection.execute(_TABLE)
            yield connection


def _rows_of(tally: SchemaTally) -> dict[tuple[str, int, str, str, str], int]:
    at = tally.system, int(tally.hour.timestamp()), tally.schema
    rows = {(*at, "rows", ""): tally.rows, (*at, "answers", ""): tally.answers}
    for what, counts in zip(_NAMED, (tally.refused, tally.undeclared, tally.absent), strict=True):
        rows.update({(*at, what, name): n for name, n in counts.items()})
    return rows


def _flush(notes: weakref.ref[SqliteSchemaNotes]) -> None:
    there = notes()
    if there is not None:
        there.flush()
