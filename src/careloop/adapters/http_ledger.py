"""The ledger of a server, used from afar: what CI runners and laptops write to and decide by.

Nothing is believed because the server says so: every answer is held against the log's public key, which the asker
holds from elsewhere, and against the newest checkpoint that it saw. Source: LEDGER 4.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256 as digest_of
from pathlib import Path
from threading import RLock
from typing import Final, Protocol, Unpack
from urllib.parse import urlencode

import msgspec

from careloop.adapters.durable_file import write_durably
from careloop.adapters.ledger_files import read_kept
from careloop.errors import CareloopError, Conflict, InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.canonical import instant_text
from careloop.ledger.key_trail import KeyTrail, newest_key_by
from careloop.ledger.note import Verifier
from careloop.ledger.record import seal
from careloop.ledger.wire import (
    MAX_SENT,
    LedgerAnswer,
    SentRecords,
    check_entry,
    check_receipt,
    path_text,
    read_answer,
    read_path,
)
from careloop.ports.ledger import BlobRef, Checkpoint, Entry, Receipt, Record, Selection, Where

__all__ = ["HttpLedger", "LedgerLine"]

_JSON: Final = "application/json"
_ERRORS: Final[Mapping[str, type[CareloopError]]] = {
    kind.__name__: kind for kind in (Conflict, InvalidInput, NotFound, Refused, Unavailable)
}


class LedgerLine(Protocol):
    """What carries a question to the server and its answer back."""

    def ask(self, method: str, path: str, content: bytes = b"", media: str = _JSON) -> tuple[int, bytes]:
        """Status and body of the answer to a question below the ledger's address; raises `Unavailable`."""


class HttpLedger:
    """A `Ledger` at the other end of a line; threads may share it.

    `seen` is the file that remembers the newest checkpoint: a server that shows a shorter or another log than before
    is refused, also by the next process. When the log's key was changed, the known key leads to the new one. Entries
    are recorded by the server's clock, not by the one given to `append`.
    """

    def __init__(self, line: LedgerLine, key: Verifier, *, seen: Path) -> None:
        self._line, self._verifier, self._file = line, key, seen
        self._lock = RLock()
        try:
            self._seen = read_kept(seen, key)
        except Refused:
            if not self._follow():
                raise
            self._seen = read_kept(seen, self._verifier)

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self._verifier.name

    @property
    def key(self) -> str:
        """The log's public key in one line."""
        return self._verifier.text

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Record all of them or none; returns when the server has proven that they are in the log."""
        bodies = path_text([seal(record, recorded_at=recorded_at) for record in records])
        if not bodies:
            return ()
        content = msgspec.json.encode(SentRecords(bodies))
        if len(content) > MAX_SENT:
            raise InvalidInput(f"{len(content):,} bytes of records; at most {MAX_SENT:,} fit in one request")
        answer, head = self._ask("POST", "records", content=content)
        if len(answer.receipts) != len(records):
            raise Refused(f"the ledger {self.origin} gave {len(answer.receipts)} receipts for {len(records)} records")
        return tuple(check_receipt(one, given, head) for one, given in zip(records, answer.receipts, strict=True))

    def size(self) -> int:
        """Number of entries."""
        return self.head().size

    def head(self) -> Checkpoint:
        """The newest signed checkpoint."""
        return self._ask("GET", "head")[1]

    def entry(self, index: int) -> Entry:
        """One entry by its index."""
        return next(self.entries(index, index + 1))

    def entries(self, start: int, end: int) -> Iterator[Entry]:
        """Entries of a range, in order."""
        size = self.size()
        if not 0 <= start <= end <= size:
            raise NotFound(f"entries {start} to {end} are not all in the ledger of {size}")
        return self._each(Selection(), start, end)

    def query(self, *, upto: int | None = None, **where: Unpack[Where]) -> Iterator[Entry]:
        """Entries that pass every filter; see the port. An entry that the server leaves out is not missed here."""
        selection = Selection(**where)
        size = self.size()
        if upto is not None and not 0 <= upto <= size:
            raise NotFound(f"the ledger has {size} entries, not {upto}")
        return self._each(selection, 0, size if upto is None else upto)

    def prove(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion proof of an entry."""
        return read_path(self._ask("GET", "inclusion", where={"index": index, "size": size})[0].path)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Proof that one tree begins with another."""
        return read_path(self._ask("GET", "consistency", where={"old": old, "new": new})[0].path)

    def put_blob(self, content: bytes, *, media: str) -> BlobRef:
        """Keep a document beside the log."""
        found = BlobRef(sha256=digest_of(content).hexdigest(), size=len(content), media=media)
        self._answered(*self._line.ask("POST", "blobs", content, media))
        return found

    def get_blob(self, sha256: str) -> bytes:
        """A document by its digest, held against it."""
        content = self._answered(*self._line.ask("GET", f"blobs/{sha256}"))
        if digest_of(content).hexdigest() != sha256:
            raise Refused(f"blob {sha256} was altered")
        return content

    def close(self) -> None:
        """Nothing to release: each question is a connection of its own."""

    def _each(self, selection: Selection, start: int, end: int) -> Iterator[Entry]:
        where = _where(selection)
        while start < end:
            answer, head = self._ask("GET", "proven", where={**where, "start": start, "end": end})
            for given in answer.entries:
                entry = check_entry(given, head)
                if not start <= entry.index < end or (not where and entry.index != start):
                    raise Refused(f"the ledger {self.origin} gave entry {entry.index} where {start} was asked for")
                if not selection.holds_for(entry):
                    raise Refused(f"the ledger {self.origin} gave entry {entry.index}, which was not asked for")
                start = entry.index + 1
                yield entry
            if not answer.entries:
                if not where:
                    raise Refused(f"the ledger {self.origin} does not give entry {start}")
                return

    def _ask(
        self, method: str, path: str, *, content: bytes = b"", where: Mapping[str, str | int] | None = None
    ) -> tuple[LedgerAnswer, Checkpoint]:
        """Ask, and check that the answer continues what was seen; remember what is seen now. One question at a time."""
        with self._lock:
            seen = self._seen
            words = urlencode({**(where or {}), "seen": seen.size if seen else 0})
            body = self._answered(*self._line.ask(method, f"{path}?{words}", content))
            try:
                answer, head = read_answer(body, self._verifier, seen)
            except Refused:
                if not self._follow():
                    raise
                answer, head = read_answer(body, self._verifier, seen)
            if seen is None or head.size > seen.size:
                self._seen = head
                write_durably(self._file, head.note.encode())
        return answer, head

    def _follow(self) -> bool:
        """Whether our key led to another: the log's owner changed it, and every change is proven by the key before.

        Raises `Unavailable` when nobody answers: then nothing can be said against the log.
        """
        try:
            body = self._answered(*self._line.ask("GET", "rotations"))
            found = newest_key_by(msgspec.json.decode(body, type=KeyTrail), self._verifier)
        except Unavailable:
            raise
        except (CareloopError, msgspec.DecodeError, UnicodeDecodeError):
            return False
        changed, self._verifier = found != self._verifier, found
        return changed

    def _answered(self, status: int, body: bytes) -> bytes:
        if status == 200:
            return body
        said = _error_of(body)
        if status in (401, 403):
            raise Unavailable(
                f"the ledger {self.origin} does not let us in ({status})",
                hint="Put a valid token with the scope for it into CARELOOP_LEDGER_TOKEN.",
            )
        kind = _ERRORS.get(said.get("kind", ""), Unavailable)
        raise kind(said.get("error") or f"the ledger {self.origin} answered {status}", hint=said.get("next"))


def _where(selection: Selection) -> dict[str, str]:
    iss, sub = selection.actor or (None, None)
    since, until = (instant_text(at) if at else None for at in (selection.since, selection.until))
    given = {
        "type": selection.type,
        "subject": selection.subject,
        "iss": iss,
        "sub": sub,
        "since": since,
        "until": until,
    }
    return {name: value for name, value in given.items() if value is not None}


def _error_of(body: bytes) -> dict[str, str]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return {key: value for key, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}
