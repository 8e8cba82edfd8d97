"""The tables of a ledger in one SQLite file.

Append-only by triggers; a new need is a new table, never a changed one. The body of an entry is the leaf's bytes, as
they are. Source: LEDGER 4.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Final

from careloop.adapters.log_tables import EVER, Edge, EntryRow, IndexedRow, StoredBody, TableCounts
from careloop.errors import NotFound, Refused, Unavailable
from careloop.ledger.canonical import instant_text
from careloop.ledger.merkle import EMPTY_ROOT, Node
from careloop.ports.ledger import Selection

__all__ = ["SqliteTables"]

_PATIENCE_S: Final = 60
_CACHE_KIB: Final = 65_536
_WAL_PAGES: Final = 4_000
_ASKED_AT_ONCE: Final = 500
_WRITTEN_AT_ONCE: Final = 128
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
_ENTRIES: Final = (
    "SELECT entry.idx, CAST(body AS BLOB), hash FROM entry LEFT JOIN node ON level = 0 AND pos = entry.idx"
    " WHERE entry.idx >= ? AND entry.idx < ?"
)
_INDEXED: Final = (
    "SELECT idx, id, type, iss, sub, recorded_at, CAST(body AS BLOB), hash"
    " FROM entry LEFT JOIN node ON level = 0 AND pos = idx WHERE idx >= ? AND idx < ? ORDER BY idx"
)
_SUBJECTS: Final = (
    "SELECT idx, name FROM subject INDEXED BY subject_by_entry WHERE idx >= ? AND idx < ? ORDER BY idx, name"
)


class SqliteTables:
    """`LogTables` in a file; it is made when it is not there and `read_only` is not set. Durable at every commit."""

    def __init__(self, database: Path, *, read_only: bool) -> None:
        self.place = str(database)
        self._database = database
        with self.answering():
            self._db = _connect(database, read_only=read_only)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn what SQLite says into an error that says whose fault it is."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Unavailable(f"the ledger {self.place} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            raise Refused(
                f"the ledger {self.place} is damaged: {error}", hint="Run `care ledger verify`, then restore a backup."
            ) from error

    @contextmanager
    def writing(self, *, settled_later: bool = False) -> Iterator[None]:
        """One transaction that holds the write lock from its beginning; other processes wait. Durable at its end."""
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One transaction that sees the database as it is now, whatever others append meanwhile."""
        with self._transaction("BEGIN"):
            yield

    def settle(self) -> None:
        """Every commit is durable already."""

    def lay_out(self, origin: str) -> None:
        """Make the tables of an empty ledger, once."""
        with self.answering(), self.writing():
            if self._has_meta():
                return
            for statement in _TABLES:
                self._db.execute(statement)
            for table in _GUARDED:
                for deed in ("UPDATE", "DELETE"):
                    self._db.execute(
                        f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table}"
                        " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
                    )
            self._db.executemany("INSERT INTO meta VALUES (?, ?)", [("schema", _SCHEMA), ("origin", origin)])
            self._db.execute("INSERT INTO head VALUES (0, ?)", (EMPTY_ROOT,))

    def origin(self) -> str:
        """Name of the log in this database."""
        if not self._has_meta():
            raise NotFound(f"{self.place} holds no ledger")
        found = dict(self._db.execute("SELECT name, value FROM meta"))
        if found.get("schema") != _SCHEMA:
            raise Refused(
                f"{self.place} has a layout that this careloop does not know", hint="Open it with a newer careloop."
            )
        return str(found["origin"])

    def newest_head(self) -> tuple[int, bytes]:
        """Size and root after the newest commit."""
        size, root = self._db.execute("SELECT size, root FROM head ORDER BY size DESC LIMIT 1").fetchone()
        return int(size), _as_bytes(root)

    def head_after(self, index: int) -> tuple[int, bytes]:
        """Size and root right after the commit that carried this entry."""
        ask = "SELECT size, root FROM head WHERE size > ? ORDER BY size LIMIT 1"
        size, root = self._db.execute(ask, (index,)).fetchone()
        return int(size), _as_bytes(root)

    def node(self, level: int, position: int) -> bytes:
        """A stored hash of the tree."""
        found = self._db.execute("SELECT hash FROM node WHERE level = ? AND pos = ?", (level, position)).fetchone()
        if found is None:
            raise Refused(
                f"the tree has lost its hash {level}/{position}", hint="Run `care ledger verify` to see where."
            )
        return _as_bytes(found[0])

    def edge(self, ids: Sequence[str]) -> Edge:
        """What placing records with these ids must know."""
        size, root = self.newest_head()
        last = self._db.execute("SELECT recorded_at FROM entry WHERE idx = ?", (size - 1,)).fetchone()
        whole = [(level, (size >> level) - 1) for level in range(size.bit_length()) if size >> level & 1]
        hashes = {(level, position): self.node(level, position) for level, position in whole}
        return Edge(size, root, None if last is None else str(last[0]), hashes, self._known(ids))

    def _known(self, ids: Sequence[str]) -> dict[str, tuple[int, bytes]]:
        found: dict[str, tuple[int, bytes]] = {}
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            asked = ids[start : start + _ASKED_AT_ONCE]
            marks = ",".join("?" * len(asked))
            ask = f"SELECT id, idx, CAST(body AS BLOB) FROM entry WHERE id IN ({marks})"
            found |= {str(name): (int(index), _as_bytes(body)) for name, index, body in self._db.execute(ask, asked)}
        return found

    def entries(self, selection: Selection, start: int, end: int, most: int) -> list[StoredBody]:
        """Up to so many entries of a range that the indexes find, in order."""
        parts = _conditions(selection)
        ask = f"{_ENTRIES}{''.join(f' AND {text}' for text, _ in parts)} ORDER BY entry.idx LIMIT ?"
        rows = self._db.execute(ask, (start, end, *(value for _, value in parts), most)).fetchall()
        return [StoredBody(index, _as_bytes(body), _as_bytes(leaf)) for index, body, leaf in rows]

    def add(
        self,
        entries: Sequence[EntryRow],
        subjects: Sequence[tuple[str, int]],
        nodes: Sequence[Node],
        head: tuple[int, bytes],
    ) -> None:
        """Write what one commit adds."""
        self._insert("entry", entries)
        self._insert("subject", subjects)
        self._insert("node", nodes)
        self._insert("head", [head])

    def put_blob(self, sha256: str, content: bytes) -> None:
        """Keep a document, durably."""
        self._db.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", (sha256, content))

    def blob(self, sha256: str) -> bytes | None:
        """A document."""
        found = self._db.execute("SELECT data FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        return None if found is None else _as_bytes(found[0])

    def blob_size(self, sha256: str) -> int | None:
        """Bytes of a document."""
        found = self._db.execute("SELECT length(data) FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        return None if found is None else int(found[0])

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """Every document with the digest it is kept under."""
        for digest, data in self._db.execute("SELECT sha256, data FROM blob"):
            yield str(digest), _as_bytes(data)

    def rows(self, start: int, end: int) -> Iterator[IndexedRow]:
        """Rows of a range with what stands beside them, in order."""
        subjects = self._db.execute(_SUBJECTS, (start, end))
        ahead = subjects.fetchone()
        for row in self._db.execute(_INDEXED, (start, end)):
            names: list[str] = []
            while ahead is not None and ahead[0] <= row[0]:
                names += [str(ahead[1])] if ahead[0] == row[0] else []
                ahead = subjects.fetchone()
            entry = EntryRow(row[0], row[1], row[2], row[3], row[4], row[5], _as_bytes(row[6]))
            yield IndexedRow(entry, _as_bytes(row[7]), tuple(names))

    def heads(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Heads with start < size <= end, in order."""
        ask = "SELECT size, root FROM head WHERE size > ? AND size <= ? ORDER BY size"
        for size, root in self._db.execute(ask, (start, end)):
            yield int(size), _as_bytes(root)

    def hashes(self, level: int, start: int = 0, end: int = EVER) -> Iterator[tuple[int, bytes]]:
        """Position and hash of the stored nodes of a level, in order."""
        ask = "SELECT pos, hash FROM node WHERE level = ? AND pos >= ? AND pos < ? ORDER BY pos"
        for position, found in self._db.execute(ask, (level, start, end)):
            yield int(position), _as_bytes(found)

    def counts(self) -> TableCounts:
        """How much there is of everything."""
        entry, entries = self._db.execute("SELECT MAX(idx), COUNT(*) FROM entry").fetchone()
        (leaf,) = self._db.execute("SELECT MAX(pos) FROM node WHERE level = 0").fetchone()
        levels = dict(self._db.execute("SELECT level, COUNT(*) FROM node GROUP BY level"))
        end = 1 + max(-1 if entry is None else entry, -1 if leaf is None else leaf)
        return TableCounts(end, int(entries), levels)

    def reopening(self) -> "Callable[[], SqliteTables]":
        """What opens the same file once more, to read."""
        return partial(SqliteTables, self._database, read_only=True)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _has_meta(self) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is not None

    def _insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Many rows a statement: each statement lets other threads run, and there need not be so many."""
        rest = iter(rows)
        while some := list(islice(rest, _WRITTEN_AT_ONCE)):
            marks = ",".join("?" * len(some[0]))
            every = ",".join([f"({marks})"] * len(some))
            self._db.execute(f"INSERT INTO {table} VALUES {every}", list(chain.from_iterable(some)))

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _connect(database: Path, *, read_only: bool) -> sqlite3.Connection:
    uri = f"{database.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    db = sqlite3.connect(uri, uri=True, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if not read_only:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")
        db.execute("PRAGMA recursive_triggers = ON")
        db.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    return db


def _conditions(selection: Selection) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    if selection.type is not None:
        parts.append(("type = ?", selection.type))
    if selection.subject is not None:
        parts.append(("entry.idx IN (SELECT idx FROM subject WHERE name = ?)", selection.subject))
    if selection.actor is not None:
        parts += [("iss = ?", selection.actor[0]), ("sub = ?", selection.actor[1])]
    if selection.since is not None:
        parts.append(("recorded_at >= ?", instant_text(selection.since)))
    if selection.until is not None:
        parts.append(("recorded_at < ?", instant_text(selection.until)))
    return parts


def _as_bytes(value: object) -> bytes:
    """A BLOB column's bytes; nothing for whatever else somebody may have put there."""
    return value if isinstance(value, bytes) else b""
