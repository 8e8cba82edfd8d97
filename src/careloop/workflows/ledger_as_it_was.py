"""The ledger as it was when it held so many entries: what a decision of that moment could have read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

from careloop.errors import NotFound, Refused
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Ledger, Receipt, Record, Where

__all__ = ["LedgerAsItWas"]


class LedgerAsItWas:
    """A `Ledger` of the first `size` entries of another, to read."""

    def __init__(self, ledger: Ledger, size: int) -> None:
        self._ledger = ledger
        self._size = size

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._ledger.origin

    @property
    def key(self) -> str:
        """The log's public key in one line."""
        return self._ledger.key

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Never: the past takes nothing."""
        raise Refused("the ledger as it was takes no records")

    def size(self) -> int:
        """Number of entries it had."""
        return self._size

    def head(self) -> Checkpoint:
        """None is kept of every size."""
        raise NotFound("there is no checkpoint of the ledger as it was")

    def entry(self, index: int) -> Entry:
        """One entry by its index."""
        if index >= self._size:
            raise NotFound(f"there was no entry {index} yet")
        return self._ledger.entry(index)

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries in order."""
        if end > self._size:
            raise NotFound(f"there were no entries {start} to {end} yet")
        return self._ledger.entries(start, end)

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter."""
        return self._ledger.query(upto=self._size if upto is None else min(upto, self._size), **where)

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof in a tree that there was."""
        if size > self._size:
            raise NotFound(f"there was no tree of {size} entries yet")
        return self._ledger.prove(index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Consistency proof between two trees that there were."""
        if new > self._size:
            raise NotFound(f"there was no tree of {new} entries yet")
        return self._ledger.consistency(old, new)

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Never: the past takes nothing."""
        raise Refused("the ledger as it was takes no documents")

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        return self._ledger.get_blob(sha256)

    def close(self) -> None:
        """The ledger behind it stays open; whoever opened it closes it."""
