"""The outbox as a table of `.care/state.sqlite`; a message is on the disk before `put` returns.

Who takes a message for sending does so in one write transaction, so that two workers at once never take the same one.
Times are stored in microseconds since 1970. Source: SQLite, `UPDATE … RETURNING`, `PRAGMA synchronous`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from careloop.domain.outgoing import Message, MessageKey, MessageKind, MessageState, OutboxEntry
from careloop.errors import Unavailable

__all__ = ["SqliteOutbox"]

_TABLE: Final = """CREATE TABLE IF NOT EXISTS care_outbox (
  id TEXT NOT NULL, channel TEXT NOT NULL, kind TEXT NOT NULL, system TEXT NOT NULL, body TEXT NOT NULL,
  made_at INTEGER NOT NULL, not_before INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
  due_at INTEGER NOT NULL, leased_until INTEGER, holder TEXT, why TEXT NOT NULL, settled_at INTEGER,
  PRIMARY KEY (id, channel)) STRICT"""
_READ: Final = "CREATE TABLE IF NOT EXISTS care_outbox_read (channel TEXT PRIMARY KEY, upto INTEGER NOT NULL) STRICT"
_COLUMNS: Final = (
    "id, channel, kind, system, body, made_at, not_before, state, attempts, due_at, leased_until, why, settled_at"
)
_DUE: Final = "state = 'waiting' AND due_at <= ? AND (leased_until IS NULL OR leased_until <= ?)"
_PATIENCE_S: Final = 10
_MOST: Final = 100
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SqliteOutbox:
    """An `Outbox` in one file, made with the first message; its owner alone can read it."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def put(self, messages: Sequence[Message]) -> None:
        """One transaction for all of them."""
        rows = [(*one.key, one.kind.value, one.system, json.dumps(dict(one.body)), *_times(one)) for one in messages]
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO care_outbox VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, NULL, NULL, '', NULL)",
                rows,
            )

    def lease(
        self, *, holder: str, now: datetime, lease_s: float, only: Collection[MessageKey] | None = None
    ) -> tuple[OutboxEntry, ...]:
        """Take what is due, in one write transaction."""
        at, until = _us(now), _us(now + timedelta(seconds=lease_s))
        taken: list[OutboxEntry] = []
        if not self._any_due(at):  # asked each second: whoever else writes to the file is not kept waiting for nothing
            return ()
        with self._writing() as db:
            query = f"SELECT id, channel FROM care_outbox WHERE {_DUE} ORDER BY due_at, id, channel"
            found = [MessageKey(*row) for row in db.execute(query, (at, at)).fetchall()]
            due = [key for key in found if only is None or key in only]
            for key in due[:_MOST]:
                row = db.execute(
                    "UPDATE care_outbox SET attempts = attempts + 1, leased_until = ?, holder = ?"
                    f" WHERE id = ? AND channel = ? RETURNING {_COLUMNS}",
                    (until, holder, *key),
                ).fetchone()
                taken.append(_entry(row))
        return tuple(taken)

    def _any_due(self, at: int) -> bool:
        if not self._database.exists():
            return False
        with self._answering(), self._opened() as db:
            if not _has_table(db):
                return False
            return db.execute(f"SELECT 1 FROM care_outbox WHERE {_DUE} LIMIT 1", (at, at)).fetchone() is not None

    def sent(self, key: MessageKey, *, now: datetime) -> None:
        """Settle it; the first time counts."""
        with self._writing() as db:
            db.execute(
                "UPDATE care_outbox SET state = 'sent', leased_until = NULL, holder = NULL, settled_at = ?"
                " WHERE id = ? AND channel = ? AND state <> 'sent'",
                (_us(now), *key),
            )

    def failed(self, key: MessageKey, *, holder: str, why: str, now: datetime, due_at: datetime | None) -> bool:
        """Note why, if it is still this holder's."""
        state = MessageState.DEAD if due_at is None else MessageState.WAITING
        settled, due = (_us(now), None) if due_at is None else (None, _us(due_at))
        with self._writing() as db:
            done = db.execute(
                "UPDATE care_outbox SET state = ?, why = ?, due_at = coalesce(?, due_at), leased_until = NULL,"
                " holder = NULL, settled_at = ? WHERE id = ? AND channel = ? AND holder = ?",
                (state.value, why, due, settled, *key, holder),
            )
            return done.rowcount == 1

    def retry(self, *, now: datetime, message: str | None = None) -> int:
        """Wake the dead."""
        if not self._database.exists():
            return 0
        with self._writing() as db:
            done = db.execute(
                "UPDATE care_outbox SET state = 'waiting', attempts = 0, due_at = ?, settled_at = NULL"
                " WHERE state = 'dead' AND kind <> 'order' AND (? IS NULL OR id = ?)",
                (_us(now), message, message),
            )
            return done.rowcount

    def entries(self, *, state: MessageState | None = None, message: str | None = None) -> tuple[OutboxEntry, ...]:
        """All that fit; none where no message was ever kept, and nothing is made then."""
        if not self._database.exists():
            return ()
        with self._answering(), self._opened() as db:
            if not _has_table(db):
                return ()
            named = None if state is None else state.value
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM care_outbox WHERE (? IS NULL OR state = ?) AND (? IS NULL OR id = ?)"
                " ORDER BY made_at, id, channel",
                (named, named, message, message),
            ).fetchall()
        return tuple(_entry(row) for row in rows)

    def read_upto(self, channel: str) -> int | None:
        """The last word; nothing is made for the question."""
        if not self._database.exists():
            return None
        with self._answering(), self._opened() as db:
            if not _has_table(db, "care_outbox_read"):
                return None
            row = db.execute("SELECT upto FROM care_outbox_read WHERE channel = ?", (channel,)).fetchone()
        return None if row is None else int(row[0])

    def note_read(self, channel: str, *, upto: int) -> None:
        """One row a channel."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO care_outbox_read VALUES (?, ?)", (channel, upto))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes in, on the disk when it ends."""
        with self._answering():
            self._database.parent.mkdir(parents=True, exist_ok=True)
            self._database.touch(mode=0o600)
            with self._opened() as db:
                db.execute("PRAGMA synchronous = FULL")
                db.execute(_TABLE)
                db.execute(_READ)
                with db:  # commits, or takes back
                    db.execute("BEGIN IMMEDIATE")
                    yield db

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._database, timeout=_PATIENCE_S, isolation_level=None)
        try:
            yield db
        finally:
            db.close()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"the outbox in {self._database} cannot be used: {error}") from error


def _has_table(db: sqlite3.Connection, name: str = "care_outbox") -> bool:
    return db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone() is not None


def _times(one: Message) -> tuple[int, int, int]:
    return _us(one.made_at), _us(one.not_before), _us(one.not_before)


def _us(at: datetime) -> int:
    return (at - _START) // timedelta(microseconds=1)


def _at(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _START + timedelta(microseconds=microseconds)


def _entry(row: tuple[Any, ...]) -> OutboxEntry:
    made_at, not_before, due_at = _at(row[5]), _at(row[6]), _at(row[9])
    assert made_at is not None
    assert not_before is not None
    assert due_at is not None
    message = Message(
        id=row[0],
        channel=row[1],
        kind=MessageKind(row[2]),
        system=row[3],
        body=json.loads(row[4]),
        made_at=made_at,
        not_before=not_before,
    )
    return OutboxEntry(
        message=message,
        state=MessageState(row[7]),
        attempts=row[8],
        due_at=due_at,
        leased_until=_at(row[10]),
        why=row[11],
        settled_at=_at(row[12]),
    )
