"""`care ledger stats`, and the census: what there is in the ledger, and what is missing from it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from careloop.errors import NotFound
from careloop.ledger.completeness import Completeness, LedgerTally
from careloop.ports.ledger import Actor, Ledger, Receipt, Record

__all__ = ["count_ledger", "take_census"]


def count_ledger(ledger: Ledger, now: datetime) -> Completeness:
    """Count every entry, and say which sources skipped numbers or are silent at `now`."""
    tally = LedgerTally()
    for entry in ledger.entries(0, ledger.size()):
        tally.take(entry)
    return tally.report(now)


def take_census(
    ledger: Ledger, *, actor: Actor, now: datetime, make_id: Callable[[], str], every: timedelta
) -> Receipt | None:
    """Record how much there is of each type and source, when the last census is older than `every`; else None.

    Whoever compares a census with the log, or with the sources, sees what came later, and what never came.
    """
    last = next((entry.recorded_at for entry in reversed(list(ledger.query(type="ledger.census")))), None)
    if last is not None and now - last < every:
        return None
    tally = LedgerTally()
    for entry in ledger.entries(0, ledger.size()):
        tally.take(entry)
    record = Record(id=make_id(), type="ledger.census", actor=actor, occurred_at=now, data=tally.census())
    receipts = ledger.append([record], recorded_at=now)
    if not receipts:
        raise NotFound("the ledger gave no receipt for its census")
    return receipts[0]
