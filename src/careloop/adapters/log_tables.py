"""What a ledger asks of the database it lies in: rows in, rows out, and one writer at a time.

SQLite and PostgreSQL fill the same shape; what a ledger promises is built on it once, in `stored_ledger`. Tables,
whatever the database: entry, subject, node, head, blob, meta. Source: LEDGER 4, 13.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from careloop.ledger.merkle import Node
from careloop.ports.ledger import Selection

__all__ = ["EVER", "Edge", "EntryRow", "IndexedRow", "LogTables", "StoredBody", "TableCounts"]

EVER: Final = 2**62
"""An index beyond every log."""


class EntryRow(NamedTuple):
    """A row of `entry`: what the log is searched by, and the leaf's bytes."""

    idx: int
    id: str
    type: str
    iss: str
    sub: str
    recorded_at: str
    body: bytes


class StoredBody(NamedTuple):
    """An entry as it is read: its bytes, and the leaf hash that the tree keeps of it; empty bytes where one is gone."""

    idx: int
    body: bytes
    leaf: bytes


class IndexedRow(NamedTuple):
    """A row of `entry` beside what the other tables say of it, for whoever checks them against one another."""

    entry: EntryRow
    leaf: bytes
    """Empty where the tree lost it."""
    subjects: tuple[str, ...]
    """Names under which the entry is found, sorted."""


class Edge(NamedTuple):
    """The end of a log, where the next entries join it."""

    size: int
    root: bytes
    clock: str | None
    """When the last entry was recorded; None in an empty log."""
    hashes: Mapping[tuple[int, int], bytes]
    """Level and position -> hash, of the complete subtrees that the log falls into."""
    known: Mapping[str, tuple[int, bytes]]
    """Id -> index and body, of those records asked for that the log has."""


class TableCounts(NamedTuple):
    """How much the tables hold."""

    end: int
    """The first index beyond all entries and leaves."""
    entries: int
    levels: Mapping[int, int]
    """Level -> number of nodes."""


class LogTables(Protocol):
    """The tables of one log. Not for threads at once: the ledger above holds a lock.

    Outside `writing` every call sees the newest commit. Errors of the database come as they are; `answering` turns
    them into ours.
    """

    place: str
    """Where it lies, for a message; never a password."""

    def answering(self) -> AbstractContextManager[None]:
        """Turn what the database says into an error that says whose fault it is: `Unavailable`, or `Refused`."""

    def writing(self, *, settled_later: bool = False) -> AbstractContextManager[None]:
        """One transaction with the sequencer's lock: others wait. Durable when it ends without an error.

        With `settled_later` it may be durable only after the next `settle`, whoever calls that; never out of order.
        """

    def settle(self) -> tuple[int, bytes] | None:
        """Make all that was committed durable, and say up to which size and root; None when it always is.

        May be called beside other calls, by several threads.
        """

    def snapshot(self) -> AbstractContextManager[None]:
        """One transaction that sees the log as it is now, whatever others append meanwhile."""

    def origin(self) -> str:
        """Name of the log; raises `NotFound` when there is none, `Refused` for a newer layout."""

    def newest_head(self) -> tuple[int, bytes]:
        """Size and root after the newest commit."""

    def head_after(self, index: int) -> tuple[int, bytes]:
        """Size and root right after the commit that carried this entry."""

    def node(self, level: int, position: int) -> bytes:
        """A stored hash of the tree; raises `Refused` when it is gone."""

    def edge(self, ids: Sequence[str]) -> Edge:
        """What placing records with these ids must know; within `writing`."""

    def entries(self, selection: Selection, start: int, end: int, most: int) -> list[StoredBody]:
        """Up to so many entries start <= index < end that the indexes find, in order."""

    def add(
        self,
        entries: Sequence[EntryRow],
        subjects: Sequence[tuple[str, int]],
        nodes: Sequence[Node],
        head: tuple[int, bytes],
    ) -> None:
        """Write what one commit adds; within `writing`."""

    def put_blob(self, sha256: str, content: bytes) -> None:
        """Keep a document, durably; the same one twice is kept once."""

    def blob(self, sha256: str) -> bytes | None:
        """A document."""

    def blob_size(self, sha256: str) -> int | None:
        """Bytes of a document."""

    def blobs(self) -> Iterator[tuple[str, bytes]]:
        """Every document with the digest it is kept under."""

    def rows(self, start: int, end: int) -> Iterator[IndexedRow]:
        """Rows start <= index < end with what stands beside them, in order."""

    def heads(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Heads with start < size <= end, in order."""

    def hashes(self, level: int, start: int = 0, end: int = EVER) -> Iterator[tuple[int, bytes]]:
        """Position and hash of every stored node of a level with start <= position < end, in order."""

    def counts(self) -> TableCounts:
        """How much there is of everything."""

    def reopening(self) -> "Callable[[], LogTables]":
        """What opens the same tables once more, to read; it can be sent to another process."""

    def close(self) -> None:
        """Let go of the database."""
