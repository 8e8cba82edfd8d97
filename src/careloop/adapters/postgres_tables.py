"""The tables of a ledger in PostgreSQL: many processes on many hosts append to one log.

An advisory lock makes one of them the sequencer for the length of a transaction; what a commit reads goes there and
back once, and so does what it writes. Append-only by triggers; a new need is a new table. Source: LEDGER 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from careloop.adapters.log_tables import EVER, Edge, EntryRow, IndexedRow, StoredBody, TableCounts
from careloop.adapters.postgres_arrays import Bytes, Integers, SmallIntegers, Texts, teach_arrays
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.canonical import instant_text
from careloop.ledger.merkle import EMPTY_ROOT, Node
from careloop.ports.ledger import Selection

__all__ = ["PostgresTables", "place_of"]

_SCHEMA: Final = "1"
_PATIENCE_S: Final = 10
_PAGE: Final = 4096
_LOCK: Final = 0x63617265_6C6F67
"""The advisory lock of the sequencer: "carelog" as a number."""
_LAYOUT: Final[tuple[LiteralString, ...]] = (
    "CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL)",
    'CREATE TABLE entry (idx bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, type text COLLATE "C" NOT NULL,'
    ' iss text COLLATE "C" NOT NULL, sub text COLLATE "C" NOT NULL, recorded_at text COLLATE "C" NOT NULL,'
    " body bytea NOT NULL)",
    "ALTER TABLE entry ALTER COLUMN body SET STORAGE EXTERNAL",
    "CREATE INDEX entry_by_type ON entry (type, idx)",
    "CREATE INDEX entry_by_actor ON entry (iss, sub, idx)",
    "CREATE INDEX entry_by_time ON entry (recorded_at, idx)",
    'CREATE TABLE subject (name text COLLATE "C" NOT NULL, idx bigint NOT NULL, PRIMARY KEY (name, idx))',
    "CREATE INDEX subject_by_entry ON subject (idx)",
    "CREATE TABLE node (level integer NOT NULL, pos bigint NOT NULL, hash bytea NOT NULL, PRIMARY KEY (level, pos))",
    "CREATE TABLE head (size bigint PRIMARY KEY, root bytea NOT NULL)",
    'CREATE TABLE blob (sha256 text COLLATE "C" PRIMARY KEY, data bytea NOT NULL)',
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$",
    "CREATE FUNCTION refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF (SELECT count(*) > 0 AND (count(*) <> max(idx) - min(idx) + 1 OR min(idx) <> COALESCE((SELECT max(e.idx) + 1"
    " FROM entry e WHERE e.idx < (SELECT min(idx) FROM added)), 0)) FROM added)"
    " THEN RAISE EXCEPTION 'entries follow one another'; END IF; RETURN NULL; END $$",
    # Each statement of a volatile function sees what was committed before it began: the lock first, then the end of the
    # log. A commit that does not wait for the disk is settled by one that does.
    "CREATE FUNCTION sequencer_edge(wanted text[]) RETURNS TABLE (size bigint, root bytea, clock text, level int,"
    " pos bigint, hash bytea, id text, idx bigint, body bytea) LANGUAGE plpgsql VOLATILE AS $$ BEGIN"
    f" PERFORM pg_advisory_xact_lock({_LOCK}); PERFORM set_config('synchronous_commit', 'off', true);"
    " RETURN QUERY SELECT h.size, h.root, (SELECT e.recorded_at FROM entry e WHERE e.idx = h.size - 1), l.level,"
    " (h.size >> l.level) - 1, (SELECT n.hash FROM node n WHERE n.level = l.level AND n.pos = (h.size >> l.level) - 1),"
    " NULL::text, NULL::bigint, NULL::bytea FROM (SELECT head.size, head.root FROM head ORDER BY head.size DESC"
    " LIMIT 1) h LEFT JOIN LATERAL generate_series(0, 61) AS l(level) ON h.size >> l.level & 1 = 1;"
    " RETURN QUERY SELECT NULL::bigint, NULL::bytea, NULL::text, NULL::int, NULL::bigint, NULL::bytea,"
    " e.id, e.idx, e.body FROM entry e WHERE e.id = ANY(wanted); END $$",
    "CREATE FUNCTION append_entries(bigint[], text[], text[], text[], text[], text[], bytea[], text[], bigint[], int[],"
    " bigint[], bytea[], bigint, bytea) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
    " INSERT INTO entry SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7);"
    " INSERT INTO subject SELECT * FROM unnest($8, $9);"
    " INSERT INTO node SELECT * FROM unnest($10, $11, $12); INSERT INTO head VALUES ($13, $14); END $$",
    "CREATE TRIGGER entry_in_order AFTER INSERT ON entry REFERENCING NEW TABLE AS added"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_gap()",
)
_GUARDED: Final[tuple[LiteralString, ...]] = ("meta", "entry", "subject", "node", "head", "blob")
_EDGE: Final = "SELECT * FROM sequencer_edge(%b::text[])"
_ADD: Final = (
    "SELECT append_entries(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[],"
    " %b::text[], %b::bigint[], %b::int[], %b::bigint[], %b::bytea[], %b::bigint, %b::bytea)"
)
_HEAD: Final = "SELECT size, root FROM head ORDER BY size DESC LIMIT 1"
_SETTLE: Final = (
    "SELECT size, root, pg_logical_emit_message(true, 'careloop', 'settle') FROM head ORDER BY size DESC LIMIT 1"
)
_ENTRIES: Final = (
    "SELECT entry.idx, body, hash FROM entry LEFT JOIN node ON level = 0 AND pos = entry.idx"
    " WHERE entry.idx >= %b AND entry.idx < %b"
)
_ROWS: Final = (
    "SELECT e.idx, id, type, iss, sub, recorded_at, body, hash,"
    " ARRAY(SELECT s.name FROM subject s WHERE s.idx = e.idx ORDER BY s.name)"
    " FROM entry e LEFT JOIN node ON level = 0 AND pos = e.idx WHERE e.idx >= %b AND e.idx < %b ORDER BY e.idx LIMIT %b"
)


class PostgresTables:
    """`LogTables` in the schema `care_ledger` of a database. Connects anew after the server was away."""

    def __init__(self, url: str, *, read_only: bool) -> None:
        self._url, self._read_only = url, read_only
        self._settling = Lock()
        self._settler: psycopg.Connection[TupleRow] | None = None
        self.place = place_of(url)
        with self.answering():
            self._db = self._connect()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turn what PostgreSQL says into an error that says whose fault it is."""
        try:
            yield
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise Unavailable(f"the ledger {self.place} cannot be used: {_first_line(error)}") from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise Unavailable(f"the ledger {self.place} cannot be used: {_first_line(error)}") from error
        except psycopg.Error as error:
            raise Refused(
                f"the ledger {self.place} is damaged: {_first_line(error)}",
                hint="Run `care ledger verify`, then restore a backup.",
            ) from error

    @contextmanager
    def writing(self, *, settled_later: bool = False) -> Iterator[None]:
        """One transaction of the one sequencer; others wait for its end. Sent in as few packets as there can be.

        With `settled_later` the lock is taken by `edge`, and the next sequencer need not wait for the disk.
        """
        db = self._alive()
        with db.pipeline():
            db.execute("BEGIN")
            if not settled_later:
                db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            done = False
            try:
                yield
                db.execute("COMMIT")
                done = True
            finally:
                if not done and not db.broken:
                    self._roll_back(db)

    def settle(self) -> tuple[int, bytes]:
        """Have the server flush its log up to the newest commit: a commit that waits takes all before it along."""
        with self._settling:
            if self._settler is None or self._settler.closed or self._settler.broken:
                self._settler = self._connect()
            ((size, root, _),) = self._settler.execute(_SETTLE, binary=True).fetchall()
        return size, root

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One transaction that sees the database as it is now, whatever others append meanwhile."""
        db = self._alive()
        db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            if not db.broken:
                db.execute("ROLLBACK")

    def lay_out(self, origin: str) -> None:
        """Make the tables of an empty ledger, once."""
        with self.answering(), self.writing():
            self._db.execute("CREATE SCHEMA IF NOT EXISTS care_ledger")
            if self._has_meta():
                return
            for statement in _LAYOUT:
                self._db.execute(statement)
            for table in _GUARDED:
                for deed, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
                    name = sql.Identifier(f"{table}_no_{deed.split()[0].lower()}")
                    self._db.execute(
                        sql.SQL(
                            "CREATE TRIGGER {} BEFORE {} ON {} FOR EACH {} EXECUTE FUNCTION refuse_change()"
                        ).format(name, sql.SQL(deed), sql.Identifier(table), sql.SQL(each))
                    )
            said = [["schema", "origin"], [_SCHEMA, origin]]
            self._db.execute("INSERT INTO meta SELECT * FROM unnest(%b::text[], %b::text[])", said)
            self._db.execute("INSERT INTO head VALUES (0, %b)", (EMPTY_ROOT,))

    def origin(self) -> str:
        """Name of the log in this database."""
        if not self._has_meta():
            raise NotFound(f"{self.place} holds no ledger")
        found: Mapping[str, str] = dict(self._ask("SELECT name, value FROM meta"))
        if found.get("schema") != _SCHEMA:
            raise Refused(
                f"{self.place} has a layout that this careloop does not know", hint="Open it with a newer careloop."
            )
        return str(found["origin"])

    def newest_head(self) -> tuple[int, bytes]:
        """Size and root after the newest commit."""
        ((size, root),) = self._ask(_HEAD)
        return size, root

    def head_after(self, index: int) -> tuple[int, bytes]:
        """Size and root right after the commit that carried this entry."""
        ((size, root),) = self._ask("SELECT size, root FROM head WHERE size > %b ORDER BY size LIMIT 1", index)
        return size, root

    def node(self, level: int, position: int) -> bytes:
        """A stored hash of the tree."""
        found = self._ask("SELECT hash FROM node WHERE level = %b AND pos = %b", level, position)
        if not found:
            raise Refused(
                f"the tree has lost its hash {level}/{position}", hint="Run `care ledger verify` to see where."
            )
        return bytes(found[0][0])

    def edge(self, ids: Sequence[str]) -> Edge:
        """What placing records with these ids must know."""
        rows = self._db.execute(_EDGE, (Texts.of(ids),), binary=True).fetchall()
        ends = [row[:6] for row in rows if row[0] is not None]
        size, root, clock = ends[0][:3]
        hashes = {(level, position): found for *_, level, position, found in ends if found is not None}
        if len(hashes) != size.bit_count():
            raise Refused(f"the ledger {self.place} is damaged", hint="Run `care ledger verify`.")
        known = {name: (index, body) for *_, name, index, body in rows if name is not None}
        return Edge(size, root, clock, hashes, known)

    def entries(self, selection: Selection, start: int, end: int, most: int) -> list[StoredBody]:
        """Up to so many entries of a range that the indexes find, in order."""
        parts = _conditions(selection)
        ask = sql.SQL(" AND ").join([sql.SQL(_ENTRIES), *(sql.SQL(text) for text, _ in parts)])
        values = (start, end, *(value for _, value in parts), most)
        rows = self._db.execute(ask + sql.SQL(" ORDER BY entry.idx LIMIT %b"), values).fetchall()
        return [StoredBody(index, body, leaf or b"") for index, body, leaf in rows]

    def add(
        self,
        entries: Sequence[EntryRow],
        subjects: Sequence[tuple[str, int]],
        nodes: Sequence[Node],
        head: tuple[int, bytes],
    ) -> None:
        """Write what one commit adds."""
        index, ids, types, issuers, actors, instants, bodies = zip(*entries, strict=True)
        levels, positions, hashes = zip(*nodes, strict=True)
        texts = [Texts.of(column) for column in (ids, types, issuers, actors, instants)]
        about = Texts.of([name for name, _ in subjects]), Integers.of([place for _, place in subjects])
        tree = SmallIntegers.of(levels), Integers.of(positions), Bytes.of(hashes)
        self._db.execute(_ADD, [Integers.of(index), *texts, Bytes.of(bodies), *about, *tree, *head])

    def put_blob(self, sha256: str, content: bytes) -> None:
        """Keep a document, durably."""
        self._db.execute("INSERT INTO blob VALUES (%b, %b) ON CONFLICT DO NOTHING", (sha256, content))

    def blob(self, sha256: str) -> bytes | None:
        """A document."""
        found = self._ask("SELECT data FROM blob WHERE sha256 = %b", sha256)
        return bytes(found[0][0]) if found else None

    def blob_size(self, sha256: str) -> int | None:
        """Bytes of a document."""
        found = self._ask("SELECT length(data) FROM blob WHERE sha256 = %b", sha256)
        return int(found[0][0]) if found else None

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """Every document with the digest it is kept under."""
        for (digest,) in self._ask("SELECT sha256 FROM blob ORDER BY sha256"):
            content = self.blob(digest)
            if content is not None:
                yield digest, content

    def rows(self, start: int, end: int) -> Iterator[IndexedRow]:
        """Rows of a range with what stands beside them, in order."""
        while page := self._ask(_ROWS, start, end, _PAGE):
            for row in page:
                yield IndexedRow(EntryRow(*row[:7]), row[7] or b"", tuple(row[8]))
            start = page[-1][0] + 1

    def heads(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Heads with start < size <= end, in order."""
        while page := self._ask(
            "SELECT size, root FROM head WHERE size > %b AND size <= %b ORDER BY size LIMIT %b", start, end, _PAGE
        ):
            yield from page
            start = page[-1][0]

    def hashes(self, level: int, start: int = 0, end: int = EVER) -> Iterator[tuple[int, bytes]]:
        """Position and hash of the stored nodes of a level, in order."""
        ask: LiteralString = (
            "SELECT pos, hash FROM node WHERE level = %b AND pos >= %b AND pos < %b ORDER BY pos LIMIT %b"
        )
        while page := self._ask(ask, level, start, end, _PAGE):
            yield from page
            start = page[-1][0] + 1

    def counts(self) -> TableCounts:
        """How much there is of everything."""
        ((entry, entries),) = self._ask("SELECT COALESCE(max(idx), -1), count(*) FROM entry")
        ((leaf,),) = self._ask("SELECT COALESCE(max(pos), -1) FROM node WHERE level = 0")
        levels: Mapping[int, int] = dict(self._ask("SELECT level, count(*) FROM node GROUP BY level"))
        return TableCounts(1 + max(entry, leaf), entries, levels)

    def reopening(self) -> "Callable[[], PostgresTables]":
        """What opens the same tables once more, to read."""
        return partial(PostgresTables, self._url, read_only=True)

    def setting(self, name: str) -> str:
        """A setting of this connection, such as `synchronous_commit`."""
        return _setting(self._alive(), name)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()
        if self._settler is not None:
            self._settler.close()

    def _ask(self, ask: LiteralString, *values: object) -> list[TupleRow]:
        return self._alive().execute(ask, values, binary=True).fetchall()

    def _has_meta(self) -> bool:
        ((found,),) = self._ask("SELECT to_regclass('care_ledger.meta') IS NOT NULL")
        return bool(found)

    def _alive(self) -> psycopg.Connection[TupleRow]:
        """The connection, made anew when the server hung up since it was last used."""
        if self._db.closed or self._db.broken:
            self._db = self._connect()
        return self._db

    def _connect(self) -> psycopg.Connection[TupleRow]:
        db = psycopg.connect(self._url, autocommit=True, connect_timeout=_PATIENCE_S, application_name="careloop")
        teach_arrays(db)
        # Every question is answered by an index; a plan from when the tables were empty would read them whole for ever.
        db.execute("SET search_path = care_ledger; SET enable_seqscan = off; SET jit = off")
        if self._read_only:
            db.execute("SET default_transaction_read_only = on")
            return db
        if _setting(db, "fsync") == "off":
            db.close()
            raise Refused(f"{self.place} runs with fsync off: nothing it acknowledges is durable")
        if _setting(db, "synchronous_commit") == "off":
            db.execute("SET synchronous_commit = on")
        return db

    @staticmethod
    def _roll_back(db: psycopg.Connection[TupleRow]) -> None:
        try:
            db.execute("ROLLBACK")
        except psycopg.Error:
            db.close()


def _setting(db: psycopg.Connection[TupleRow], name: str) -> str:
    found = db.execute("SELECT current_setting(%s)", (name,)).fetchone()
    return str(found[0]) if found else ""


def place_of(url: str) -> str:
    """Host and database of an address; never its user or password."""
    try:
        parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise InvalidInput("the address of the ledger is no PostgreSQL address: postgresql://HOST/DATABASE") from error
    return f"postgresql://{parts.get('host', '')}/{parts.get('dbname', '')}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no answer"])[0]


def _conditions(selection: Selection) -> list[tuple[LiteralString, str]]:
    parts: list[tuple[LiteralString, str]] = []
    if selection.type is not None:
        parts.append(("type = %b", selection.type))
    if selection.subject is not None:
        parts.append(("entry.idx IN (SELECT idx FROM subject WHERE name = %b)", selection.subject))
    if selection.actor is not None:
        parts += [("iss = %b", selection.actor[0]), ("sub = %b", selection.actor[1])]
    if selection.since is not None:
        parts.append(("recorded_at >= %b", instant_text(selection.since)))
    if selection.until is not None:
        parts.append(("recorded_at < %b", instant_text(selection.until)))
    return parts
