"""The evidence ledger in one SQLite file: durable at every acknowledgement, safe for several processes on one host.

Sequencing happens inside `BEGIN IMMEDIATE`; entries, tree nodes, head and index rows go in one transaction; the
checkpoint is signed and put in place only after that. Threads of one process share commits. Source: LEDGER 2-6, 12, 13.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final, Self, Unpack

from careloop.adapters.group_commit import GroupCommit
from careloop.adapters.ledger_files import LedgerFiles, files_of, read_kept
from careloop.adapters.signing_keys import load_or_make_signer, load_signer, load_verifier, save_verifier
from careloop.adapters.sqlite_ledger_store import (
    answering_for,
    as_bytes,
    connect,
    lay_out,
    newest_head,
    origin_of,
    read_node,
    whole_entry,
    writing,
)
from careloop.adapters.sqlite_sequencer import Draft, Submission, sequence
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.canonical import instant_text
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.merkle import consistency_proof, inclusion_proof, tree_root
from careloop.ledger.note import Signer, Verifier
from careloop.ledger.record import seal
from careloop.ledger.record_types import STANDARD_TYPES, RecordType
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Receipt, Record, Selection, Where

__all__ = ["MAX_BLOB", "SqliteLedger", "open_ledger"]

MAX_BLOB: Final = 64 * 2**20
"""Most bytes in one blob."""
_PAGE: Final = 256
_ENTRIES: Final = (
    "SELECT entry.idx, CAST(body AS BLOB), hash FROM entry LEFT JOIN node ON level = 0 AND pos = entry.idx"
    " WHERE entry.idx >= ? AND entry.idx < ?"
)


def open_ledger(
    path: Path | str, *, origin: str, create: bool = False, read_only: bool = False, anchor: Path | None = None
) -> "SqliteLedger":
    """Open the ledger whose database is at `path` (usually `.care/ledger.sqlite`).

    `origin` names the log, such as `acme.example/care/dev`, and must be the one it was made with. `create` makes
    database and keys when there are none. `read_only` needs no log key. `anchor` moves the anchor file. Raises
    `NotFound`, `Unavailable`, and `Refused` when the log is damaged, behind or forked from its anchor; the hint says
    how to recover.
    """
    files = files_of(Path(path), anchor)
    if create and not read_only:
        _create(files, origin)
    if not files.database.is_file():
        raise NotFound(f"no ledger at {files.database}", hint="Make one with `care init`, or name the right folder.")
    verifier = load_verifier(files.public_key)
    signer = None if read_only else _own_key(files, verifier)
    with answering_for(files.database):
        db = connect(files.database, read_only=read_only)
        ledger = SqliteLedger(db, files, verifier=verifier, signer=signer)
        try:
            ledger.begin(origin)
        except CareloopError:
            db.close()
            raise
    return ledger


class SqliteLedger:
    """A `Ledger` on SQLite; made by `open_ledger`."""

    def __init__(
        self, db: sqlite3.Connection, files: LedgerFiles, *, verifier: Verifier, signer: Signer | None
    ) -> None:
        self._db, self._files, self._verifier, self._signer = db, files, verifier, signer
        self._lock = threading.RLock()
        self._group: GroupCommit[Submission, tuple[Receipt, ...]] = GroupCommit(self._commit)
        self._seen = 0
        self.types: Mapping[str, RecordType] = STANDARD_TYPES
        """The record types that may be appended; a plug-in's registry replaces it."""

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._verifier.name

    @property
    def key(self) -> str:
        """The log's public key in one line."""
        return self._verifier.text

    def begin(self, origin: str) -> None:
        """Refuse a log that is another, damaged, behind or forked; bring its checkpoint files up to date."""
        with self._using():
            found = origin_of(self._db, self._files.database)
            if not found == origin == self.origin:
                raise Refused(f"the ledger {self._files.database} is {found}, not {origin}")
            size, root = newest_head(self._db)
            nodes = partial(read_node, self._db)
            self._files.check(size, nodes, self._verifier)
            if tree_root(size, nodes) != root:
                raise Refused(f"the ledger {self._files.database} is damaged", hint="Run `care ledger verify`.")
            self._seen = size
            if self._signer is not None:
                self._publish()

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them or none; see the port."""
        if self._signer is None:
            raise Refused("the ledger is open for reading only")
        drafts = tuple(Draft(r, recorded_at, seal(r, recorded_at=recorded_at, types=self.types)) for r in records)
        return self._group.submit(drafts) if drafts else ()

    def size(self) -> int:
        """Number of entries."""
        with self._using():
            return newest_head(self._db)[0]

    def head(self) -> Checkpoint:
        """The newest signed checkpoint; read-only, the one that was last put in place."""
        with self._using():
            size, root = newest_head(self._db)
            if self._signer is not None:
                return sign_checkpoint(size, root, self._signer)
        found = read_kept(self._files.checkpoint, self._verifier)
        if found is None:
            raise Refused(f"the ledger's checkpoint {self._files.checkpoint} is gone")
        return found

    def entry(self, index: int) -> Entry:
        """One entry by its index."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries of a range, in order."""
        if not 0 <= start <= end <= self.size():
            raise NotFound(f"entries {start} to {end} are not all in the ledger of {self.size()}")
        return self._each("", (), start, end)

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter; see the port."""
        selection = Selection(**where)
        size = self.size()
        if upto is not None and not 0 <= upto <= size:
            raise NotFound(f"the ledger has {size} entries, not {upto}")
        return self._chosen(selection, size if upto is None else upto)

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof of an entry."""
        with self._using():
            if not 0 <= index < size <= newest_head(self._db)[0]:
                raise NotFound(f"there is no entry {index} in a tree of {size}")
            return inclusion_proof(index, size, partial(read_node, self._db))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that one tree begins with another."""
        with self._using():
            if not 0 <= old <= new <= newest_head(self._db)[0]:
                raise NotFound(f"there are no trees of {old} and {new}, the one within the other")
            return consistency_proof(old, new, partial(read_node, self._db))

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log."""
        if self._signer is None:
            raise Refused("the ledger is open for reading only")
        if len(content) > MAX_BLOB:
            raise InvalidInput(f"a blob of {len(content)} bytes; at most {MAX_BLOB} fit")
        digest = sha256(content).hexdigest()
        with self._using(), writing(self._db):
            self._db.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", (digest, content))
        return BlobRef(sha256=digest, size=len(content), media=media)

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        with self._using():
            found = self._db.execute("SELECT data FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        if found is None:
            raise NotFound(f"no blob {sha256}")
        content = as_bytes(found[0])
        if _digest(content) != sha256:
            raise Refused(f"blob {sha256} was altered", hint="Run `care ledger verify` to see the whole damage.")
        return content

    def close(self) -> None:
        """Release the database."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _commit(self, submissions: Sequence[Submission]) -> list[tuple[Receipt, ...] | CareloopError]:
        with self._using():
            with writing(self._db):
                self._refuse_if_gone_back()
                outcomes = sequence(self._db, submissions)
            self._publish()
        return outcomes

    def _publish(self) -> None:
        """Sign the durable head and put it in place, with the database locked so that no older one can follow."""
        if self._signer is None:
            return
        with writing(self._db):
            size, root = newest_head(self._db)
            self._files.publish(sign_checkpoint(size, root, self._signer), self._verifier)
            self._seen = size

    def _refuse_if_gone_back(self) -> None:
        size = newest_head(self._db)[0]
        if size < self._seen:
            raise Refused(
                f"the ledger had {self._seen} entries a moment ago and now has {size}: it was rolled back beneath us",
                hint="Stop writing and open it again: it will say how to recover.",
            )

    def _chosen(self, selection: Selection, upto: int) -> Iterator[Entry]:
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
        condition = "".join(f" AND {text}" for text, _ in parts)
        for entry in self._each(condition, tuple(value for _, value in parts), 0, upto):
            if not selection.holds_for(entry):
                raise Refused(
                    f"entry {entry.index} is indexed as something that it is not", hint="Run `care ledger verify`."
                )
            yield entry

    def _each(self, condition: str, values: tuple[str, ...], start: int, end: int) -> Iterator[Entry]:
        """Entries page by page, so that no lock is held while the caller works."""
        while start < end:
            with self._using():
                rows = self._db.execute(
                    f"{_ENTRIES}{condition} ORDER BY entry.idx LIMIT ?", (start, end, *values, _PAGE)
                ).fetchall()
            for index, body, leaf in rows:
                if not condition and index != start:
                    break
                yield whole_entry(index, body, leaf)
                start = index + 1
            if not condition and start < end and (len(rows) < _PAGE or rows[-1][0] != start - 1):
                raise Refused(f"entry {start} is gone", hint="Run `care ledger verify` to see the whole damage.")
            if len(rows) < _PAGE:
                return

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._lock, answering_for(self._files.database):
            yield


def _create(files: LedgerFiles, origin: str) -> None:
    """Make keys and tables that are not there yet; a database that vanished is not made anew."""
    try:
        files.database.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(files.database.parent, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"{files.database.parent} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not files.database.exists() and (files.checkpoint.exists() or files.anchor.exists()):
            raise Refused(f"{files.database} is gone, though its checkpoint is here", hint="Restore it from a backup.")
        signer = load_or_make_signer(files.key, name=origin)
        if not files.public_key.exists():
            save_verifier(files.public_key, signer.verifier)
        with answering_for(files.database):
            db = connect(files.database, read_only=False)
            try:
                lay_out(db, origin)
            finally:
                db.close()
        os.fsync(handle)
    finally:
        os.close(handle)


def _own_key(files: LedgerFiles, verifier: Verifier) -> Signer:
    try:
        signer = load_signer(files.key)
    except NotFound as error:
        raise Unavailable(
            f"{error.message}: only the owner of a ledger's key can write to it", hint="Open it for reading only."
        ) from error
    if signer.verifier != verifier:
        raise Refused(f"{files.public_key} is not the public half of {files.key}")
    return signer


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
