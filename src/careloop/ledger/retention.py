"""What may be erased, and what must not be: legal holds, and how long personal values of each type are kept.

Only personal values beside the log are ever erased; entries never are. Source: LEDGER 9; GDPR Art. 5(1)(e), 17(3).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careloop.ports.ledger import Entry, Json

__all__ = ["Hold", "erased_fields", "holding", "holds_in_force", "overdue", "still_committed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold: what it covers must not be erased until it is released."""

    id: str
    """Id of the record that placed it."""
    index: int
    reason: str
    type: str | None
    subject: str | None
    entry: int | None
    """One entry only."""

    def covers(self, entry: Entry) -> bool:
        """Whether an entry is under this hold; a hold without any filter covers everything."""
        return (
            (self.type is None or entry.record.type == self.type)
            and (self.subject is None or any(one.name == self.subject for one in entry.record.subject))
            and (self.entry is None or entry.index == self.entry)
        )

    def covers_rows(self, system: str) -> bool:
        """Whether rows of a system in the lake are under this hold; they count as records of their ingest."""
        return (
            self.type in (None, "ingest.segment")
            and self.subject in (None, system, f"systems/{system}")
            and self.entry is None
        )

    @property
    def scope(self) -> str:
        """What it covers, in words."""
        parts = [f"type {self.type}"] if self.type else []
        parts += [f"subject {self.subject}"] if self.subject else []
        parts += [f"entry {self.entry}"] if self.entry is not None else []
        return ", ".join(parts) or "everything"


def holds_in_force(entries: Iterable[Entry]) -> tuple[Hold, ...]:
    """Holds that were placed and not released, from entries of the types `ledger.held`, `evidence.hold` (what a plan
    holds before it changes anything: the rows of its system) and `ledger.hold_released`."""
    found: dict[str, Hold] = {}
    for entry in entries:
        data = entry.record.data
        if entry.record.type in ("ledger.held", "evidence.hold"):
            found[entry.record.id] = _hold(entry)
        elif entry.record.type == "ledger.hold_released":
            found.pop(str(data.get("hold")), None)
    return tuple(found.values())


def holding(entry: Entry, holds: Sequence[Hold]) -> Hold | None:
    """The first hold that covers an entry."""
    return next((hold for hold in holds if hold.covers(entry)), None)


def erased_fields(redactions: Iterable[Entry]) -> Mapping[str, frozenset[str]]:
    """Record id -> fields whose values were erased, from entries of the type `ledger.redacted`."""
    found: dict[str, frozenset[str]] = {}
    for entry in redactions:
        fields = entry.record.data.get("fields")
        names = frozenset(map(str, fields)) if isinstance(fields, list | tuple) else frozenset()
        record = str(entry.record.data.get("record"))
        found[record] = found.get(record, frozenset()) | names
    return found


def still_committed(entries: Iterable[Entry], erased: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Commitments of all values that no redaction says were erased: what may be shown to others."""
    return frozenset(
        commitment
        for entry in entries
        for name, commitment in entry.record.redactable.items()
        if name not in erased.get(entry.record.id, frozenset())
    )


def overdue(
    entries: Iterable[Entry],
    *,
    keep: Mapping[str, timedelta],
    erased: Mapping[str, frozenset[str]],
    holds: Sequence[Hold],
    now: datetime,
) -> Iterator[tuple[Entry, tuple[str, ...], Hold | None]]:
    """Entries whose personal values are past the limit of their type, the fields, and a hold that covers them."""
    for entry in entries:
        limit = keep.get(entry.record.type)
        fields = sorted(entry.record.redactable.keys() - erased.get(entry.record.id, frozenset()))
        if limit is not None and fields and entry.recorded_at + limit <= now:
            yield entry, tuple(fields), holding(entry, holds)


def _hold(entry: Entry) -> Hold:
    data = entry.record.data
    plans: Json = {"type": "ingest.segment", "subject": data.get("system")}
    scope: Json = plans if entry.record.type == "evidence.hold" else data.get("scope")
    said = scope if isinstance(scope, Mapping) else {}
    kind, subject, index = said.get("type"), said.get("subject"), said.get("entry")
    return Hold(
        id=entry.record.id,
        index=entry.index,
        reason=str(data.get("reason", "")),
        type=kind if isinstance(kind, str) else None,
        subject=subject if isinstance(subject, str) else None,
        entry=index if isinstance(index, int) else None,
    )
