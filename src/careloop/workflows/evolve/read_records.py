"""What the ledger holds, as far as status needs it: the newest record of each type and about each subject."""

from datetime import datetime

from careloop.domain.status import Records
from careloop.ports.ledger import Ledger
from careloop.status.records import records_of

__all__ = ["read_records"]


def read_records(ledger: Ledger | None, until: datetime | None = None) -> Records | None:
    """Read the ledger up to an instant (recorded before it); null when there is no ledger to read."""
    if ledger is None:
        return None
    return records_of(ledger.query(until=until) if until is not None else ledger.query())
