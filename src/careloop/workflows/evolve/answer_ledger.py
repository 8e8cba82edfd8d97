"""Answer those who use the ledger from afar: append their records, and prove whatever is said to them.

The asker's clock is not believed: entries are recorded by the clock of the log. Source: LEDGER 4, 12.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from careloop.errors import InvalidInput, Refused
from careloop.ledger.canonical import instant_text
from careloop.ledger.key_trail import KeyChange, KeyTrail
from careloop.ledger.wire import MAX_SENT, GivenReceipt, LedgerAnswer, ProvenEntry, path_text, read_sent
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Ledger, Receipt, Where

__all__ = ["MOST_ENTRIES", "LedgerDoor"]

MOST_ENTRIES: Final = 256
"""Most entries in one answer."""


class LedgerDoor:
    """A ledger as it answers from afar. `seen` is always the size of the log that the asker has seen, 0 for none.

    Every answer is the bytes of a `LedgerAnswer`. Raises what the ledger raises, and `InvalidInput` for a question
    that has no meaning.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def append(self, content: bytes, *, seen: int, now: datetime, allowed: Collection[str]) -> bytes:
        """Append the records of a request, all or none, if their types are among those allowed."""
        if len(content) > MAX_SENT:
            raise InvalidInput(f"a request has at most {MAX_SENT:,} bytes: send the records in parts")
        records = read_sent(content)
        if refused := sorted({record.type for record in records if record.type not in allowed}):
            raise Refused(
                f"this token may not append {', '.join(refused)}",
                hint="A token of another scope may, or nobody but the server.",
            )
        receipts = self._ledger.append(records, recorded_at=now)
        head = self._ledger.head()
        return self._answer(head, seen, receipts=[self._given(one, head) for one in receipts])

    def head(self, *, seen: int) -> bytes:
        """The newest checkpoint."""
        return self._answer(self._ledger.head(), seen)

    def entries(self, where: Where, *, start: int, end: int, seen: int) -> bytes:
        """The first entries start <= index < end that pass the filters, each proven, at most `MOST_ENTRIES`."""
        head = self._ledger.head()
        if not 0 <= start <= end <= head.size:
            raise InvalidInput(f"entries {start} to {end} are not all in the ledger of {head.size}")
        found: list[ProvenEntry] = []
        chosen = self._ledger.query(upto=end, **where) if where else self._ledger.entries(start, end)
        for entry in chosen:
            if entry.index >= start:
                found.append(self._proven(entry, head))
            if len(found) == MOST_ENTRIES:
                break
        return self._answer(head, seen, entries=found)

    def inclusion(self, index: int, size: int, *, seen: int) -> bytes:
        """The path of an entry in the tree of that size."""
        return self._answer(self._ledger.head(), seen, path=path_text(self._ledger.prove(index, size)))

    def consistency(self, old: int, new: int, *, seen: int) -> bytes:
        """The proof that one tree begins with another."""
        return self._answer(self._ledger.head(), seen, path=path_text(self._ledger.consistency(old, new)))

    def rotations(self, notes: Sequence[str]) -> bytes:
        """Every change of keys with what proves it: the bytes of a `KeyTrail`. `notes` are signed by both, in order."""
        return msgspec.json.encode(KeyTrail([self._change(note) for note in notes]))

    def _change(self, note: str) -> KeyChange:
        size = int(note.split("\n")[1])
        (body,) = path_text([self._ledger.entry(size - 1).body])
        return KeyChange(note, body, path_text(self._ledger.prove(size - 1, size)))

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document."""
        if len(content) > MAX_SENT:
            raise InvalidInput(f"a document sent to a ledger has at most {MAX_SENT:,} bytes")
        return self._ledger.put_blob(content, media=media)

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest."""
        return self._ledger.get_blob(sha256)

    def _answer(
        self,
        head: Checkpoint,
        seen: int,
        *,
        entries: list[ProvenEntry] | None = None,
        receipts: list[GivenReceipt] | None = None,
        path: list[str] | None = None,
    ) -> bytes:
        """With a log that is shorter than what was seen there is no proof to give; the asker will not take it."""
        continues = self._ledger.consistency(seen, head.size) if 0 <= seen <= head.size else ()
        answer = LedgerAnswer(
            checkpoint=head.note,
            continues=path_text(continues),
            entries=entries or [],
            receipts=receipts or [],
            path=path or [],
        )
        return msgspec.json.encode(answer)

    def _proven(self, entry: Entry, head: Checkpoint) -> ProvenEntry:
        (body,) = path_text([entry.body])
        return ProvenEntry(entry.index, body, path_text(self._ledger.prove(entry.index, head.size)))

    def _given(self, receipt: Receipt, head: Checkpoint) -> GivenReceipt:
        (root,) = path_text([receipt.root])
        return GivenReceipt(
            index=receipt.index,
            recorded_at=instant_text(receipt.recorded_at),
            skew_ms=receipt.skew_ms,
            size=receipt.size,
            root=root,
            path=path_text(self._ledger.prove(receipt.index, head.size)),
            grown=path_text(self._ledger.consistency(receipt.size, head.size)),
        )
