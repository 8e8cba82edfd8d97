"""Samples of views in a small SQLite file beside the lake; threads and processes may share it, and it may be lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from careloop.domain.view import ViewKey, ViewPoint, ViewReading, ViewSeries
from careloop.errors import Unavailable
from careloop.ports.view_store import ViewRange

__all__ = ["SqliteViews"]

_PATIENCE_S: Final = 5.0
_TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS view (
        system TEXT, name TEXT, digest TEXT NOT NULL, since INTEGER, upto INTEGER, read_at REAL, tried_at REAL NOT NULL,
        failed TEXT, warning TEXT, PRIMARY KEY (system, name)) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS sample (
        system TEXT, name TEXT, line TEXT, at INTEGER, value REAL,
        PRIMARY KEY (system, name, line, at)) STRICT, WITHOUT ROWID""",
)
_KNOWN: Final = "SELECT digest, since, upto, read_at, tried_at, failed, warning FROM view WHERE system = ? AND name = ?"
_OF: Final = "DELETE FROM sample WHERE system = ? AND name = ?"
_POINTS: Final = """
    SELECT line, at / :stretch * :stretch, max(at), avg(value), min(value), max(value), count(*),
        count(*) - count(value)
    FROM sample WHERE system = :system AND name = :name AND at >= :since GROUP BY 1, 2 ORDER BY 1, 2"""
_NO_LABEL: Final = ""
"""Stands for the only line of a view: a label that is there is never empty."""


class SqliteViews:
    """A `ViewStore` in a file, made with the first note."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, given: ViewRange, *, keep_from: int, now: datetime) -> None:
        """Put the range in the place of what was kept of it."""
        key = given.key.system, given.key.view
        with self._opened() as db:
            since, upto = given.since, given.upto
            known = db.execute(_KNOWN, key).fetchone()
            if known is not None and known[0] == given.digest and _touches(known[1], known[2], given):
                since, upto = min(since, known[1]), max(upto, known[2])
            else:
                db.execute(_OF, key)
            db.execute(f"{_OF} AND (at < ? OR at BETWEEN ? AND ?)", (*key, keep_from, given.since, given.upto))
            db.executemany(
                "INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?)",
                (
                    (*key, line.label or _NO_LABEL, at, value)
                    for line in given.lines
                    for at, value in line.samples
                    if at >= keep_from
                ),
            )
            at = now.timestamp()
            told = (*key, given.digest, max(since, keep_from), upto, at, at, None, given.warning)
            db.execute("INSERT OR REPLACE INTO view VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", told)

    def note_failure(self, key: ViewKey, digest: str, because: str, *, now: datetime) -> None:
        """Remember that it was tried."""
        of, at = (key.system, key.view), now.timestamp()
        with self._opened() as db:
            known = db.execute(_KNOWN, of).fetchone()
            if known is not None and known[0] == digest:
                update = "UPDATE view SET tried_at = ?, failed = ? WHERE system = ? AND name = ?"
                db.execute(update, (at, because, *of))
                return
            db.execute(_OF, of)
            told = (*of, digest, None, None, None, at, because, None)
            db.execute("INSERT OR REPLACE INTO view VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", told)

    def reading(self, key: ViewKey, *, stretch_s: int = 1, since: int = 0) -> ViewReading | None:
        """What is kept."""
        if not self._path.is_file():
            return None
        with self._opened() as db:
            known = db.execute(_KNOWN, (key.system, key.view)).fetchone()
            if known is None:
                return None
            asked = {"stretch": stretch_s, "system": key.system, "name": key.view, "since": since}
            lines: dict[str, list[ViewPoint]] = {}
            for line, at, newest, value, low, high, samples, odd in db.execute(_POINTS, asked):
                point = ViewPoint(at=at, newest=newest, value=value, low=low, high=high, samples=samples, odd=odd)
                lines.setdefault(line, []).append(point)
        digest, first, upto, read_at, tried_at, failed, warning = known
        return ViewReading(
            digest=digest,
            since=first,
            upto=upto,
            read_at=None if read_at is None else datetime.fromtimestamp(read_at, UTC),
            tried_at=datetime.fromtimestamp(tried_at, UTC),
            failed=failed,
            warning=warning,
            series=tuple(ViewSeries(label=line or None, points=tuple(points)) for line, points in lines.items()),
        )

    def tried(self) -> dict[ViewKey, datetime]:
        """When each view was tried last."""
        if not self._path.is_file():
            return {}
        with self._opened() as db:
            rows = db.execute("SELECT system, name, tried_at FROM view").fetchall()
        return {ViewKey(system, name): datetime.fromtimestamp(at, UTC) for system, name, at in rows}

    def keep_only(self, keys: Collection[ViewKey]) -> None:
        """Forget the others."""
        gone = self.tried().keys() - set(keys)
        if not gone:
            return
        with self._opened() as db:
            for key in gone:
                for table in ("view", "sample"):
                    db.execute(f"DELETE FROM {table} WHERE system = ? AND name = ?", (key.system, key.view))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction; what goes wrong leaves everything as it was."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE_S)) as db, db:
                for table in _TABLES:
                    db.execute(table)
                yield db
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"{self._path} cannot be used: {error}") from error


def _touches(since: int | None, upto: int | None, given: ViewRange) -> bool:
    """Whether nothing can lie between what is kept and what was read: they share an instant at least."""
    return since is not None and upto is not None and given.since <= upto and given.upto >= since
