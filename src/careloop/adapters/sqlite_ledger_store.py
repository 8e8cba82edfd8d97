"""The SQLite database behind a ledger: its tables, how it is opened, and how its rows are read.

Append-only by triggers; a new need is a new table, never a changed one. The body of an entry is the leaf's bytes, as
they are. Source: LEDGER 4.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.merkle import EMPTY_ROOT, leaf_hash
from careloop.ledger.record import read_entry
from careloop.ports.ledger import Entry

__all__ = [
    "answering_for",
    "as_bytes",
    "connect",
    "lay_out",
    "newest_head",
    "origin_of",
    "read_node",
    "reading",
    "whole_entry",
    "writing",
]

_PATIENCE_S: Final = 60
_SCHEMA: Final = "1"
_TABLES: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE entry (idx INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, iss TEXT NOT NULL,"
    " sub TEXT NOT NULL, recorded_at TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE INDEX entry_by_type ON entry (type, idx)",
    "CREATE INDEX entry_by_actor ON entry (iss, sub, idx)",
    "CREATE INDEX entry_by_time ON entry (recorded_at, idx)",
    "CREATE TABLE subject (name TEXT NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (name, idx)) STRICT, WITHOUT ROWID",
    "CREATE INDEX subject_by_entry ON subject (idx)",
    "CREATE TABLE node (level INTEGER NOT NULL, pos INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, pos))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE head (size INTEGER PRIMARY KEY, root BLOB NOT NULL) STRICT",
    "CREATE TABLE blob (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT",
    "CREATE TRIGGER entry_in_order BEFORE INSERT ON entry"
    " WHEN NEW.idx <> COALESCE((SELECT MAX(idx) + 1 FROM entry), 0)"
    " BEGIN SELECT RAISE(ABORT, 'entries follow one another'); END",
)
_GUARDED: Final = ("meta", "entry", "subject", "node", "head", "blob")


def connect(database: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open an existing or new database; the caller holds `answering_for`. Writers are durable at every commit."""
    uri = f"{database.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA trusted_schema = OFF")
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")
        db.execute("PRAGMA recursive_triggers = ON")
    return db


def lay_out(db: sqlite3.Connection, origin: str) -> None:
    """Make the tables of an empty ledger, once."""
    with writing(db):
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return
        for statement in _TABLES:
            db.execute(statement)
        for table in _GUARDED:
            for deed in ("UPDATE", "DELETE"):
                db.execute(
                    f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table}"
                    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
                )
        db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", _SCHEMA), ("origin", origin)])
        db.execute("INSERT INTO head VALUES (0, ?)", (EMPTY_ROOT,))


def origin_of(db: sqlite3.Connection, database: Path) -> str:
    """Name of the log in this database; raises `NotFound` when it holds none, `Refused` for a newer layout."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        raise NotFound(f"{database} holds no ledger")
    found = dict(db.execute("SELECT name, value FROM meta"))
    if found.get("schema") != _SCHEMA:
        raise Refused(
            f"{database} has a layout that this careloop does not know", hint="Open it with a newer careloop."
        )
    return str(found["origin"])


@contextmanager
def answering_for(database: Path) -> Iterator[None]:
    """Turn what SQLite says into an error that says whose fault it is."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the ledger {database} cannot be used: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Refused(
            f"the ledger {database} is damaged: {error}", hint="Run `care ledger verify`, then restore a backup."
        ) from error


@contextmanager
def writing(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that holds the write lock from its beginning; other processes wait."""
    with _transaction(db, "BEGIN IMMEDIATE"):
        yield


@contextmanager
def reading(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction that sees the database as it is now, whatever others append meanwhile."""
    with _transaction(db, "BEGIN"):
        yield


def newest_head(db: sqlite3.Connection) -> tuple[int, bytes]:
    """Size and root after the newest commit."""
    size, root = db.execute("SELECT size, root FROM head ORDER BY size DESC LIMIT 1").fetchone()
    return int(size), as_bytes(root)


def read_node(db: sqlite3.Connection, level: int, position: int) -> bytes:
    """A stored hash of the tree; raises `Refused` when it is gone."""
    found = db.execute("SELECT hash FROM node WHERE level = ? AND pos = ?", (level, position)).fetchone()
    if found is None:
        raise Refused(f"the tree has lost its hash {level}/{position}", hint="Run `care ledger verify` to see where.")
    return as_bytes(found[0])


def whole_entry(index: int, body: object, leaf: object) -> Entry:
    """An entry whose body is what the tree says it is; raises `Refused` for any other, so that nothing rests on it."""
    try:
        if leaf_hash(as_bytes(body)) == as_bytes(leaf):
            return read_entry(index, as_bytes(body))
        why = "its bytes are not those that were recorded"
    except InvalidInput as error:
        why = error.message
    raise Refused(f"entry {index} cannot be relied on: {why}", hint="Run `care ledger verify` to see the whole damage.")


def as_bytes(value: object) -> bytes:
    """A BLOB column's bytes; nothing for whatever else somebody may have put there."""
    return value if isinstance(value, bytes) else b""


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[None]:
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
