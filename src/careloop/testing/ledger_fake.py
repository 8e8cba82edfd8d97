"""A ledger in memory, for tests: same rules, same receipts and proofs as the real ones, gone when the test ends."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Unpack

from careloop.errors import Conflict, InvalidInput, NotFound, Unavailable
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, new_nodes, tree_root
from careloop.ledger.note import Signer
from careloop.ledger.record import read_entry, reseal, same_content, seal
from careloop.ledger.record_types import STANDARD_TYPES, RecordType
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Receipt, Record, Selection, Where

__all__ = ["LedgerFake"]


class LedgerFake:
    """A `Ledger` that keeps everything in lists; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self, origin: str = "test.example/care", *, types: Mapping[str, RecordType] = STANDARD_TYPES) -> None:
        self._signer = Signer(origin, sha256(origin.encode()).digest())
        self._types = types
        self._entries: list[Entry] = []
        self._by_id: dict[str, Entry] = {}
        self._commits: list[int] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._blobs: dict[str, bytes] = {}
        self.out_of_reach = False

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._signer.name

    @property
    def key(self) -> str:
        """The log's public key in one line."""
        return self._signer.verifier.text

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them or none."""
        self._reach()
        sealed = [seal(record, recorded_at=recorded_at, types=self._types) for record in records]
        new: list[Entry] = []
        indexes = [self._place(record, body, new) for record, body in zip(records, sealed, strict=True)]
        for entry in new:
            made = new_nodes(len(self._entries), leaf_hash(entry.body), self._node)
            self._nodes |= {(level, position): found for level, position, found in made}
            self._entries.append(entry)
            self._by_id[entry.record.id] = entry
        if new:
            self._commits.append(len(self._entries))
        return tuple(self._receipt(index) for index in indexes)

    def size(self) -> int:
        """Number of entries."""
        self._reach()
        return len(self._entries)

    def head(self) -> Checkpoint:
        """The newest signed checkpoint."""
        return sign_checkpoint(self.size(), tree_root(len(self._entries), self._node), self._signer)

    def entry(self, index: int) -> Entry:
        """One entry by its index."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries of a range, in order."""
        if not 0 <= start <= end <= self.size():
            raise NotFound(f"entries {start} to {end} are not all in the ledger")
        return iter(self._entries[start:end])

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter, in order."""
        selection = Selection(**where)
        return (entry for entry in self.entries(0, self.size() if upto is None else upto) if selection.holds_for(entry))

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof of an entry."""
        if not 0 <= index < size <= self.size():
            raise NotFound(f"there is no entry {index} in a tree of {size}")
        return inclusion_proof(index, size, self._node)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that one tree begins with another."""
        if not 0 <= old <= new <= self.size():
            raise NotFound(f"there are no trees of {old} and {new}")
        return consistency_proof(old, new, self._node)

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log."""
        self._reach()
        digest = sha256(content).hexdigest()
        self._blobs[digest] = content
        return BlobRef(sha256=digest, size=len(content), media=media)

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        self._reach()
        if sha256 not in self._blobs:
            raise NotFound(f"no blob {sha256}")
        return self._blobs[sha256]

    def close(self) -> None:
        """Nothing to release."""

    def _place(self, record: Record, body: bytes, new: list[Entry]) -> int:
        known = self._by_id.get(record.id) or next((entry for entry in new if entry.record.id == record.id), None)
        if known is not None:
            if not same_content(known.body, body):
                raise Conflict(f"record {record.id} is already entry {known.index}, with other content")
            return known.index
        for i, ref in enumerate(record.blobs):
            if len(self._blobs.get(ref.sha256, b"")) != ref.size or ref.sha256 not in self._blobs:
                raise InvalidInput(f"record {record.id}: blobs[{i}]: no blob of this digest and size is kept")
        entry = read_entry(len(self._entries) + len(new), body)
        before = next((e.recorded_at for e in (*new[-1:], *self._entries[-1:])), entry.recorded_at)
        if before > entry.recorded_at:
            behind_ms = -(-(before - entry.recorded_at) // timedelta(milliseconds=1))
            entry = read_entry(entry.index, reseal(body, recorded_at=before, skew_ms=behind_ms))
        new.append(entry)
        return entry.index

    def _receipt(self, index: int) -> Receipt:
        entry = self._entries[index]
        size = next(size for size in self._commits if size > index)
        return Receipt(
            id=entry.record.id,
            index=index,
            leaf_hash=leaf_hash(entry.body),
            size=size,
            root=tree_root(size, self._node),
            recorded_at=entry.recorded_at,
            skew_ms=entry.skew_ms,
        )

    def _node(self, level: int, position: int) -> bytes:
        return self._nodes[level, position]

    def _reach(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the ledger is out of reach")
