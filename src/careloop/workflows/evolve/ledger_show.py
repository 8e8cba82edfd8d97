"""`care ledger show`: entries of the ledger, filtered, the newest at the end."""

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from careloop.ports.ledger import Entry, Ledger, Where
from careloop.reports.ledger_report import LedgerLine

__all__ = ["EntryFilter", "show_entries"]

_FOLDERS = ("systems/", "releases/", "requests/")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are wanted; what is left out does not narrow the choice."""

    type: str | None = None
    subject: str | None = None
    """Name of a subject; `systems/`, `releases/` and `requests/` may be left out, and so may most of a digest."""
    since: datetime | None = None
    tail: int | None = None
    """Only so many of the newest."""
    upto: int | None = None
    """Only entries below this index."""


def show_entries(ledger: Ledger, wanted: EntryFilter) -> tuple[LedgerLine, ...]:
    """The entries that pass the filter, in order of the log."""
    upto = ledger.size() if wanted.upto is None else min(wanted.upto, ledger.size())
    if wanted.tail is not None and (wanted.type, wanted.subject, wanted.since) == (None, None, None):
        return tuple(map(_line, ledger.entries(max(0, upto - wanted.tail), upto)))
    where: Where = {}
    if wanted.type is not None:
        where["type"] = wanted.type
    if wanted.since is not None:
        where["since"] = wanted.since
    passing = (entry for entry in ledger.query(upto=upto, **where) if _about(entry, wanted.subject))
    return tuple(_line(entry) for entry in deque(passing, maxlen=wanted.tail))


def _about(entry: Entry, subject: str | None) -> bool:
    if subject is None:
        return True
    names = [one.name for one in entry.record.subject]
    short = [name.removeprefix(folder) for name in names for folder in _FOLDERS if name.startswith(folder)]
    digest = subject if subject.startswith("sha256:") and len(subject) >= len("sha256:") + 8 else None
    return subject in (*names, *short) or (digest is not None and any(one.startswith(digest) for one in short))


def _line(entry: Entry) -> LedgerLine:
    record = entry.record
    return LedgerLine(
        index=entry.index,
        type=record.type,
        recorded_at=entry.recorded_at,
        actor=record.actor.sub,
        subjects=tuple(subject.name for subject in record.subject),
        record=json.loads(entry.body),
    )
