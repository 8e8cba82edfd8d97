"""The evidence ledger on the tables of a database: what every store of ours promises, built once.

Sequencing happens within the tables' one write transaction; entries, tree nodes, head and index rows go together; the
checkpoint is signed and put in place only after that. Threads of one process share commits. Source: LEDGER 2-6, 12, 13.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from types import TracebackType
from typing import Final, Self, TypeVar, Unpack

from careloop.adapters.group_commit import GroupCommit
from careloop.adapters.ledger_files import LedgerFiles, keys_of, read_kept
from careloop.adapters.log_sequencer import Draft, Submission, sequence
from careloop.adapters.log_tables import LogTables, StoredBody
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.merkle import EMPTY_ROOT, consistency_proof, inclusion_proof, leaf_hash, tree_root
from careloop.ledger.note import Signer, Verifier
from careloop.ledger.record import read_entry, seal
from careloop.ledger.record_types import STANDARD_TYPES, RecordType
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Receipt, Record, Selection, Where

__all__ = ["MAX_BLOB", "StoredLedger", "whole_entry"]

MAX_BLOB: Final = 64 * 2**20
"""Most bytes in one blob."""
Answer = TypeVar("Answer")
_PAGE: Final = 256


class StoredLedger:
    """A `Ledger` on tables; made by the `open_…` of each store. `signer` is None when it is open for reading only."""

    def __init__(self, tables: LogTables, files: LedgerFiles, *, verifier: Verifier, signer: Signer | None) -> None:
        self._tables, self._files, self._verifier, self._signer = tables, files, verifier, signer
        self._lock = threading.RLock()
        self._group: GroupCommit[Submission, tuple[Receipt, ...]] = GroupCommit(self._commit, settle=self._publish)
        self._committed = 0, EMPTY_ROOT
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
        self._with_newest_key(lambda: self._check(origin))
        self._publish()

    def _check(self, origin: str) -> None:
        with self._using():
            found = self._tables.origin()
            if not found == origin == self.origin:
                raise Refused(f"the ledger {self._tables.place} is {found}, not {origin}")
            kept = self._files.kept(self._verifier)
            with self._tables.snapshot():
                size, root = self._tables.newest_head()
                self._files.check(kept, size, self._tables.node, self._verifier)
                if tree_root(size, self._tables.node) != root:
                    raise Refused(f"the ledger {self._tables.place} is damaged", hint="Run `care ledger verify`.")
            self._committed = size, root

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them or none; see the port."""
        if self._signer is None:
            raise Refused("the ledger is open for reading only")
        bodies = [seal(record, recorded_at=recorded_at, types=self.types) for record in records]
        drafts = tuple(Draft(r, recorded_at, b, leaf_hash(b)) for r, b in zip(records, bodies, strict=True))
        return self._group.submit(drafts) if drafts else ()

    def size(self) -> int:
        """Number of entries."""
        with self._using():
            return self._tables.newest_head()[0]

    def head(self) -> Checkpoint:
        """The newest signed checkpoint; read-only, the one that was last put in place."""
        if self._signer is not None:
            with self._using():
                size, root = self._tables.settle() or self._tables.newest_head()
                return sign_checkpoint(size, root, self._signer)
        found = self._with_newest_key(lambda: read_kept(self._files.checkpoint, self._verifier))
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
        return self._each(Selection(), start, end)

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
            if not 0 <= index < size <= self._tables.newest_head()[0]:
                raise NotFound(f"there is no entry {index} in a tree of {size}")
            return inclusion_proof(index, size, self._tables.node)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that one tree begins with another."""
        with self._using():
            if not 0 <= old <= new <= self._tables.newest_head()[0]:
                raise NotFound(f"there are no trees of {old} and {new}, the one within the other")
            return consistency_proof(old, new, self._tables.node)

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log."""
        if self._signer is None:
            raise Refused("the ledger is open for reading only")
        if len(content) > MAX_BLOB:
            raise InvalidInput(f"a blob of {len(content)} bytes; at most {MAX_BLOB} fit")
        digest = sha256(content).hexdigest()
        with self._using(), self._tables.writing():
            self._tables.put_blob(digest, content)
        return BlobRef(sha256=digest, size=len(content), media=media)

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        with self._using():
            content = self._tables.blob(sha256)
        if content is None:
            raise NotFound(f"no blob {sha256}")
        if _digest(content) != sha256:
            raise Refused(f"blob {sha256} was altered", hint="Run `care ledger verify` to see the whole damage.")
        return content

    def close(self) -> None:
        """Release the database."""
        with self._lock:
            self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _commit(self, submissions: Sequence[Submission]) -> list[tuple[Receipt, ...] | CareloopError]:
        with self._using():
            with self._tables.writing(settled_later=True):
                done = sequence(self._tables, submissions, seen=self._committed[0])
            self._committed = done.size, done.root
        return done.outcomes

    def _publish(self) -> None:
        """Sign the durable head and put it in place, unless a longer one stands there already."""
        if self._signer is not None:
            owner = (self._verifier, self._signer)
            with self._tables.answering():
                self._verifier, self._signer = self._files.publish(self._committed, owner, durable=self._tables.settle)

    def _with_newest_key(self, ask: Callable[[], Answer]) -> Answer:
        """The answer under the log's key; when refused, under the one that somebody changed it to meanwhile."""
        while True:
            try:
                return ask()
            except Refused:
                verifier, signer = keys_of(self._files, read_only=self._signer is None)
                if verifier == self._verifier:
                    raise
                self._verifier, self._signer = verifier, signer

    def _chosen(self, selection: Selection, upto: int) -> Iterator[Entry]:
        for entry in self._each(selection, 0, upto):
            if not selection.holds_for(entry):
                raise Refused(
                    f"entry {entry.index} is indexed as something that it is not", hint="Run `care ledger verify`."
                )
            yield entry

    def _each(self, selection: Selection, start: int, end: int) -> Iterator[Entry]:
        """Entries page by page, so that no lock is held while the caller works."""
        every = selection == Selection()
        while start < end:
            with self._using():
                rows = self._tables.entries(selection, start, end, _PAGE)
            for row in rows:
                if every and row.idx != start:
                    break
                yield whole_entry(row)
                start = row.idx + 1
            if every and start < end and (len(rows) < _PAGE or rows[-1].idx != start - 1):
                raise Refused(f"entry {start} is gone", hint="Run `care ledger verify` to see the whole damage.")
            if len(rows) < _PAGE:
                return

    @contextmanager
    def _using(self) -> Iterator[None]:
        with self._lock, self._tables.answering():
            yield


def whole_entry(row: StoredBody) -> Entry:
    """An entry whose body is what the tree says it is; raises `Refused` for any other, so that nothing rests on it."""
    try:
        if leaf_hash(row.body) == row.leaf:
            return read_entry(row.idx, row.body)
        why = "its bytes are not those that were recorded"
    except InvalidInput as error:
        why = error.message
    raise Refused(
        f"entry {row.idx} cannot be relied on: {why}", hint="Run `care ledger verify` to see the whole damage."
    )


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
