"""Give records their place in the log: inside one transaction, in order, each id once, the clock never going back."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careloop.adapters.sqlite_ledger_store import as_bytes, newest_head, read_node, whole_entry
from careloop.errors import CareloopError, Conflict, InvalidInput
from careloop.ledger.canonical import instant_text, read_instant
from careloop.ledger.merkle import leaf_hash, new_nodes, tree_root
from careloop.ledger.record import reseal, same_content
from careloop.ports.ledger import Receipt, Record

__all__ = ["Draft", "Submission", "sequence"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A record, sealed with the caller's clock before the lock was taken."""

    record: Record
    recorded_at: datetime
    body: bytes


Submission = tuple[Draft, ...]
"""What one caller wants recorded together."""


@dataclass(frozen=True, slots=True)
class _Placed:
    index: int
    record: Record
    recorded_at: datetime
    skew_ms: int
    body: bytes


def sequence(db: sqlite3.Connection, submissions: Sequence[Submission]) -> list[tuple[Receipt, ...] | CareloopError]:
    """Place every submission that can be placed, whole or not at all; the others get an error. Needs a write lock."""
    run = _Run(db)
    places = [run.place(submission) for submission in submissions]
    run.write()
    return [
        found if isinstance(found, CareloopError) else tuple(run.receipt(index) for index in found) for found in places
    ]


class _Run:
    """One pass over the log's end: what is new in this commit, and the clock so far."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._size, self._root = newest_head(db)
        self._start = self._size
        self._new: dict[str, _Placed] = {}
        self._written: list[_Placed] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        last = db.execute("SELECT recorded_at FROM entry WHERE idx = ?", (self._size - 1,)).fetchone()
        self._clock = None if last is None else read_instant(last[0])

    def place(self, submission: Submission) -> list[int] | CareloopError:
        """The index of each draft, old or new; on an error nothing of the submission stays."""
        clock, before = self._clock, len(self._new)
        try:
            return [self._place(draft) for draft in submission]
        except (Conflict, InvalidInput) as error:
            self._clock = clock
            self._new = dict(list(self._new.items())[:before])
            return error

    def write(self) -> None:
        """Write entries, index rows, tree nodes and head."""
        if not self._new:
            return
        placed = self._written = list(self._new.values())
        for entry in placed:
            made = new_nodes(self._size, leaf_hash(entry.body), self._node)
            self._nodes |= {(level, position): found for level, position, found in made}
            self._size += 1
        self._root = tree_root(self._size, self._node)
        self._db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", [_row(entry) for entry in placed])
        self._db.executemany(
            "INSERT OR IGNORE INTO subject VALUES (?, ?)", [(s.name, e.index) for e in placed for s in e.record.subject]
        )
        self._db.executemany("INSERT INTO node VALUES (?, ?, ?)", [(*place, h) for place, h in self._nodes.items()])
        self._db.execute("INSERT INTO head VALUES (?, ?)", (self._size, self._root))

    def receipt(self, index: int) -> Receipt:
        """The receipt for an index: the one that was first given, also when it is asked for again."""
        if index >= self._start:
            entry, size, root = self._written[index - self._start], self._size, self._root
        else:
            entry, size, root = self._stored(index)
        return Receipt(
            id=entry.record.id,
            index=index,
            leaf_hash=self._node(0, index),
            size=size,
            root=root,
            recorded_at=entry.recorded_at,
            skew_ms=entry.skew_ms,
        )

    def _stored(self, index: int) -> tuple[_Placed, int, bytes]:
        body = as_bytes(self._db.execute("SELECT CAST(body AS BLOB) FROM entry WHERE idx = ?", (index,)).fetchone()[0])
        head = self._db.execute("SELECT size, root FROM head WHERE size > ? ORDER BY size LIMIT 1", (index,)).fetchone()
        entry = whole_entry(index, body, self._node(0, index))
        return _Placed(index, entry.record, entry.recorded_at, entry.skew_ms, body), int(head[0]), as_bytes(head[1])

    def _place(self, draft: Draft) -> int:
        known = self._known(draft.record.id)
        if known is not None:
            index, body = known
            if not same_content(body, draft.body):
                raise Conflict(
                    f"record {draft.record.id} is already entry {index}, with other content",
                    hint="A new fact needs a new id; entries are never changed.",
                )
            return index
        self._check_blobs(draft.record)
        placed = self._timed(draft, self._start + len(self._new))
        self._new[draft.record.id] = placed
        self._clock = placed.recorded_at
        return placed.index

    def _known(self, record_id: str) -> tuple[int, bytes] | None:
        if record_id in self._new:
            return self._new[record_id].index, self._new[record_id].body
        found = self._db.execute("SELECT idx, CAST(body AS BLOB) FROM entry WHERE id = ?", (record_id,)).fetchone()
        return None if found is None else (int(found[0]), as_bytes(found[1]))

    def _timed(self, draft: Draft, index: int) -> _Placed:
        behind = timedelta(0) if self._clock is None else self._clock - draft.recorded_at
        if self._clock is None or behind <= timedelta(0):
            return _Placed(index, draft.record, draft.recorded_at, 0, draft.body)
        skew_ms = -(-behind // timedelta(milliseconds=1))
        body = reseal(draft.body, recorded_at=self._clock, skew_ms=skew_ms)
        return _Placed(index, draft.record, self._clock, skew_ms, body)

    def _check_blobs(self, record: Record) -> None:
        for i, ref in enumerate(record.blobs):
            found = self._db.execute("SELECT length(data) FROM blob WHERE sha256 = ?", (ref.sha256,)).fetchone()
            if found is None or found[0] != ref.size:
                raise InvalidInput(
                    f"record {record.id}: blobs[{i}]: no blob of this digest and size is kept",
                    hint="Give the blob to the ledger first, then the record that names it.",
                )

    def _node(self, level: int, position: int) -> bytes:
        found = self._nodes.get((level, position))
        return read_node(self._db, level, position) if found is None else found


def _row(entry: _Placed) -> tuple[int, str, str, str, str, str, bytes]:
    record = entry.record
    recorded_at = instant_text(entry.recorded_at)
    return entry.index, record.id, record.type, record.actor.iss, record.actor.sub, recorded_at, entry.body
