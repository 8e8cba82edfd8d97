"""Do a few callers ask for most of what is asked? Whoever copies a model asks it far more often than others do."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, CountPlan
from careloop.domain.counts import BUCKETS, MISSING, CountTable, Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.measures.intervals import wilson
from careloop.measures.split import Split, plan_of

__all__ = ["concentration", "concentration_plan"]


def concentration_plan(monitor: str, *, split: Split) -> CountPlan:
    """Count rows per bucket of the unit that `split` names, such as the account. Column: `n`."""
    return plan_of(monitor, aggregates=(Aggregate(name="n"),), where=(), split=split)


def concentration(table: CountTable, *, level: float = 0.95) -> Measured:
    """Rows of the busiest of the 64 buckets of units, divided by those of an average bucket: 1 (even) to 64.

    Buckets name nobody: one that stands out says that somebody in it asks much, and the raw rows say who. With few
    units the buckets are uneven by chance, so compare with an earlier period. Rows without a unit are left out and
    named. The interval allows for picking the busiest of 64. Null without rows that name a unit.
    """
    at = table.columns.index("n")
    per_bucket: dict[int, int] = {}
    for key, values in table.cells.items():
        per_bucket[key.bucket] = per_bucket.get(key.bucket, 0) + values[at]
    unnamed = per_bucket.pop(MISSING, 0)
    n = sum(per_bucket.values())
    note = f"{len(per_bucket)} of {BUCKETS} buckets asked at all; {unnamed} rows named no unit"
    if n == 0:
        return Measured(value=None, unit=Unit.INDEX, n=0, reason="no rows that name a unit", note=note)
    busiest = Tally(max(per_bucket.values()), n)
    share = wilson(busiest, level=1 - (1 - level) / BUCKETS)
    method = f"{share.method}, Bonferroni over {BUCKETS} buckets"
    interval = Interval(low=max(1.0, share.low * BUCKETS), high=share.high * BUCKETS, level=level, method=method)
    return Measured(value=busiest.hits * BUCKETS / n, unit=Unit.INDEX, n=n, interval=interval, note=note)
