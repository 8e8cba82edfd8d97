"""What the ledger holds, as far as status needs it: the newest record of each type and about each subject."""

from datetime import datetime

from careloop.domain.status import RecordLine, Records
from careloop.ports.ledger import Entry, Ledger

__all__ = ["commit_in_force", "read_records"]


def read_records(ledger: Ledger | None, until: datetime | None = None) -> Records | None:
    """Read the ledger up to an instant (recorded before it); null when there is no ledger to read."""
    if ledger is None:
        return None
    newest: dict[str, RecordLine] = {}
    about: dict[tuple[str, str], RecordLine] = {}
    size = 0
    for entry in ledger.query(until=until) if until is not None else ledger.query():
        size = entry.index + 1
        if entry.record.data.get("drill") is True:
            continue
        line = RecordLine(entry.record.type, entry.index, entry.recorded_at, _expiry(entry))
        newest[entry.record.type] = line
        for subject in entry.record.subject:
            about[(entry.record.type, subject.name)] = line
    return Records(size, newest, about)


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


def commit_in_force(ledger: Ledger | None, until: datetime) -> str | None:
    """The commit that the last `policy.in_force` entry recorded before an instant names (CONTRACTS, Versions)."""
    commit: str | None = None
    for entry in ledger.query(type="policy.in_force", until=until) if ledger is not None else ():
        stated = entry.record.data.get("commit")
        commit = stated if isinstance(stated, str) else commit
    return commit
