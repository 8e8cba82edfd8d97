"""A ledger whose entries are read from the store once: what stands in an append-only log never changes.

For whoever asks the same log many times, such as a server that shows pages. Reading an entry means to check its bytes,
which takes a quarter of a millisecond; here that is done when an entry is first met, and later questions are answered
from memory. Damage that befalls the store afterwards is found by `care ledger verify`, not by these questions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Unpack

from careloop.errors import NotFound, Refused
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Ledger, Receipt, Record, Selection, Where

__all__ = ["RememberedLedger"]


class RememberedLedger:
    """A `Ledger` in front of another one; threads may share it. It is closed with the one behind."""

    def __init__(self, behind: Ledger) -> None:
        self._behind = behind
        self._reading = threading.Lock()
        self._entries: list[Entry] = []
        self._by_type: dict[str, list[Entry]] = {}
        self._by_subject: dict[str, list[Entry]] = {}

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._behind.origin

    @property
    def key(self) -> str:
        """The log's public key in one line."""
        return self._behind.key

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them or none; see the port."""
        return self._behind.append(records, recorded_at=recorded_at)

    def size(self) -> int:
        """Number of entries, asked anew each time."""
        return self._size_now()

    def head(self) -> Checkpoint:
        """The newest signed checkpoint."""
        return self._behind.head()

    def entry(self, index: int) -> Entry:
        """One entry by its index."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries of a range, in order."""
        if not 0 <= start <= end <= self._caught_up(end):
            raise NotFound(f"entries {start} to {end} are not all in the ledger")
        return iter(self._entries[start:end])

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter; see the port."""
        selection = Selection(**where)
        size = self._size_now()
        if upto is not None and not 0 <= upto <= size:
            raise NotFound(f"the ledger has {size} entries, not {upto}")
        end = size if upto is None else upto
        self._caught_up(end)
        return _chosen(self._shortest(selection), selection, end)

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof of an entry."""
        return self._behind.prove(index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that one tree begins with another."""
        return self._behind.consistency(old, new)

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log."""
        return self._behind.put_blob(content, media=media)

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        return self._behind.get_blob(sha256)

    def close(self) -> None:
        """Release the store behind."""
        self._behind.close()

    def _size_now(self) -> int:
        known = len(self._entries)
        size = self._behind.size()
        if size < known:
            raise Refused(
                f"the ledger had {known} entries a moment ago and now has {size}: it was rolled back beneath us",
                hint="Open it again: it will say how to recover.",
            )
        return size

    def _shortest(self, selection: Selection) -> Sequence[Entry]:
        """Of the lists that hold all entries of the selection, the shortest; each is only ever added to."""
        lists: list[Sequence[Entry]] = [self._entries]
        if selection.type is not None:
            lists.append(self._by_type.get(selection.type, ()))
        if selection.subject is not None:
            lists.append(self._by_subject.get(selection.subject, ()))
        return min(lists, key=len)

    def _caught_up(self, end: int) -> int:
        """Read what is not known yet below `end`; returns how many entries are known then."""
        if len(self._entries) < end:
            with self._reading:
                if len(self._entries) < end:
                    self._take(self._behind.entries(len(self._entries), max(end, self._behind.size())))
        return len(self._entries)

    def _take(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._by_type.setdefault(entry.record.type, []).append(entry)
            for name in {subject.name for subject in entry.record.subject}:
                self._by_subject.setdefault(name, []).append(entry)
            self._entries.append(entry)


def _chosen(entries: Sequence[Entry], selection: Selection, end: int) -> Iterator[Entry]:
    for entry in entries:
        if entry.index >= end:
            return
        if selection.holds_for(entry):
            yield entry
