"""Give records their place in the log: inside one transaction, in order, each id once, the clock never going back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careloop.adapters.log_tables import EntryRow, LogTables
from careloop.errors import CareloopError, Conflict, InvalidInput, Refused
from careloop.ledger.canonical import instant_text, read_instant
from careloop.ledger.merkle import grown_nodes, leaf_hash, tree_root
from careloop.ledger.record import read_entry, reseal, same_content
from careloop.ports.ledger import Receipt, Record

__all__ = ["Draft", "Sequenced", "Submission", "sequence"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A record, sealed with the caller's clock before the lock was taken."""

    record: Record
    recorded_at: datetime
    body: bytes
    leaf: bytes
    """The leaf hash of the body."""


Submission = tuple[Draft, ...]
"""What one caller wants recorded together."""


@dataclass(slots=True)
class _Placed:
    index: int
    record: Record
    recorded_at: datetime
    skew_ms: int
    body: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What a commit comes to."""

    outcomes: list[tuple[Receipt, ...] | CareloopError]
    """For each submission, in order."""
    size: int
    """Of the tree afterwards."""
    root: bytes


def sequence(tables: LogTables, submissions: Sequence[Submission], *, seen: int = 0) -> Sequenced:
    """Place every submission that can be placed, whole or not at all; the others get an error. Within `writing`.

    Raises `Refused` when the log is shorter than the `seen` entries that the caller knows of.
    """
    run = _Run(tables, submissions)
    if run.size < seen:
        raise Refused(
            f"the ledger had {seen} entries a moment ago and now has {run.size}: it was rolled back beneath us",
            hint="Stop writing and open it again: it will say how to recover.",
        )
    places = [run.place(submission) for submission in submissions]
    run.write()
    outcomes: list[tuple[Receipt, ...] | CareloopError] = [
        found if isinstance(found, CareloopError) else tuple(run.receipt(index) for index in found) for found in places
    ]
    return Sequenced(outcomes, run.size, run.root)


class _Run:
    """One pass over the log's end: what is new in this commit, and the clock so far."""

    def __init__(self, tables: LogTables, submissions: Sequence[Submission]) -> None:
        self._tables = tables
        edge = tables.edge([draft.record.id for submission in submissions for draft in submission])
        self.size, self.root, self._known = edge.size, edge.root, edge.known
        self._start = self.size
        self._new: dict[str, _Placed] = {}
        self._written: list[_Placed] = []
        self._nodes = dict(edge.hashes)
        self._clock = None if edge.clock is None else read_instant(edge.clock)

    def place(self, submission: Submission) -> list[int] | CareloopError:
        """The index of each draft, old or new; on an error nothing of the submission stays."""
        clock, before = self._clock, len(self._new)
        try:
            return [self._place(draft) for draft in submission]
        except (Conflict, InvalidInput) as error:
            self._clock = clock
            for record_id in list(self._new)[before:]:
                del self._new[record_id]
            return error

    def write(self) -> None:
        """Write entries, index rows, tree nodes and head."""
        if not self._new:
            return
        placed = self._written = list(self._new.values())
        made = grown_nodes(self.size, [entry.leaf for entry in placed], self._node)
        self._nodes |= {(level, position): found for level, position, found in made}
        self.size += len(placed)
        self.root = tree_root(self.size, self._node)
        subjects = [(name, e.index) for e in placed for name in {s.name for s in e.record.subject}]
        self._tables.add(_rows(placed), subjects, made, (self.size, self.root))

    def receipt(self, index: int) -> Receipt:
        """The receipt for an index: the one that was first given, also when it is asked for again."""
        if index >= self._start:
            entry, size, root = self._written[index - self._start], self.size, self.root
        else:
            entry, (size, root) = self._stored(index), self._tables.head_after(index)
        return Receipt(
            id=entry.record.id,
            index=index,
            leaf_hash=entry.leaf,
            size=size,
            root=root,
            recorded_at=entry.recorded_at,
            skew_ms=entry.skew_ms,
        )

    def _stored(self, index: int) -> _Placed:
        body = next(body for place, body in self._known.values() if place == index)
        entry = read_entry(index, body)
        return _Placed(index, entry.record, entry.recorded_at, entry.skew_ms, body, self._node(0, index))

    def _place(self, draft: Draft) -> int:
        record_id = draft.record.id
        again = self._new.get(record_id)
        known = self._known.get(record_id) if again is None else (again.index, again.body)
        if known is not None:
            index, body = known
            if not same_content(body, draft.body):
                raise Conflict(
                    f"record {record_id} is already entry {index}, with other content",
                    hint="A new fact needs a new id; entries are never changed.",
                )
            return index
        if draft.record.blobs:
            self._check_blobs(draft.record)
        placed = self._timed(draft, self._start + len(self._new))
        self._new[record_id] = placed
        self._clock = placed.recorded_at
        return placed.index

    def _timed(self, draft: Draft, index: int) -> _Placed:
        if self._clock is None or self._clock <= draft.recorded_at:
            return _Placed(index, draft.record, draft.recorded_at, 0, draft.body, draft.leaf)
        skew_ms = -((draft.recorded_at - self._clock) // timedelta(milliseconds=1))
        body = reseal(draft.body, recorded_at=self._clock, skew_ms=skew_ms)
        return _Placed(index, draft.record, self._clock, skew_ms, body, leaf_hash(body))

    def _check_blobs(self, record: Record) -> None:
        for i, ref in enumerate(record.blobs):
            if self._tables.blob_size(ref.sha256) != ref.size:
                raise InvalidInput(
                    f"record {record.id}: blobs[{i}]: no blob of this digest and size is kept",
                    hint="Give the blob to the ledger first, then the record that names it.",
                )

    def _node(self, level: int, position: int) -> bytes:
        found = self._nodes.get((level, position))
        return self._tables.node(level, position) if found is None else found


def _rows(placed: Sequence[_Placed]) -> list[EntryRow]:
    rows: list[EntryRow] = []
    instant: datetime | None = None
    text = ""
    for entry in placed:
        if entry.recorded_at != instant:
            instant, text = entry.recorded_at, instant_text(entry.recorded_at)
        record = entry.record
        rows.append(EntryRow(entry.index, record.id, record.type, record.actor.iss, record.actor.sub, text, entry.body))
    return rows
