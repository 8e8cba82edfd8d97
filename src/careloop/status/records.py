"""Ledger entries in, what status needs to know of them out: the newest of each type and about each subject."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from careloop.domain.status import RecordLine, Records
from careloop.ports.ledger import Entry

__all__ = ["records_at", "records_of"]


def records_of(entries: Iterable[Entry]) -> Records:
    """The reading of a whole ledger, or of a part of it from the start."""
    reading = _Reading()
    for entry in entries:
        reading.take(entry)
    return reading.so_far()


def records_at(entries: Iterable[Entry], instants: Sequence[datetime]) -> tuple[Records, ...]:
    """What the ledger held at each of several instants, in their order: entries recorded by then. One pass."""
    found: dict[datetime, Records] = {}
    waiting = sorted(set(instants))
    reading = _Reading()
    for entry in entries:
        while waiting and entry.recorded_at > waiting[0]:
            found[waiting.pop(0)] = reading.so_far()
        if not waiting:
            break
        reading.take(entry)
    for instant in waiting:
        found[instant] = reading.so_far()
    return tuple(found[instant] for instant in instants)


class _Reading:
    """Entries taken one after the other."""

    def __init__(self) -> None:
        self._newest: dict[str, RecordLine] = {}
        self._about: dict[tuple[str, str], RecordLine] = {}
        self._size = 0

    def take(self, entry: Entry) -> None:
        """Note one entry; a drill shows nothing about the real thing."""
        self._size = entry.index + 1
        if entry.record.data.get("drill") is True:
            return
        line = RecordLine(entry.record.type, entry.index, entry.recorded_at, _expiry(entry))
        self._newest[entry.record.type] = line
        for subject in entry.record.subject:
            self._about[(entry.record.type, subject.name)] = line

    def so_far(self) -> Records:
        """What the entries taken so far amount to."""
        return Records(self._size, dict(self._newest), dict(self._about))


def _expiry(entry: Entry) -> datetime | None:
    """The instant a record says it stops counting at; one that cannot be read counts as run out."""
    stated = entry.record.data.get("expires_at")
    if stated is None:
        return None
    try:
        expiry = datetime.fromisoformat(str(stated))
    except ValueError:
        return entry.recorded_at
    return expiry if expiry.tzinfo is not None else entry.recorded_at
