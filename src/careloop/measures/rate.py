"""A rate: so many rows of a kind among so many rows; with Wilson's interval.

Selection, conversion, problematic responses, answers slower than promised: all are rates and share this plan, whose
table has the columns `hits` and `n`.
"""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, CountPlan, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.domain.measured import GroupValue, Measured, Unit
from careloop.measures.intervals import wilson
from careloop.measures.split import Split, plan_of

__all__ = ["rate", "rate_by_group", "rate_of", "rate_plan"]


def rate_plan(
    monitor: str, *, hit: tuple[Predicate, ...], among: tuple[Predicate, ...] = (), split: Split | None = None
) -> CountPlan:
    """Count the rows that satisfy `among`, and those of them that also satisfy `hit`."""
    counted = (Aggregate(name="hits", where=hit), Aggregate(name="n"))
    return plan_of(monitor, aggregates=counted, where=among, split=split or Split())


def rate_of(tally: Tally, *, level: float = 0.95) -> Measured:
    """Hits divided by rows, in [0, 1]; null when there are no rows.

    >>> rate_of(Tally(1, 4)).value, rate_of(Tally(0, 0)).reason
    (0.25, 'no rows')
    """
    hits, n = tally.checked()
    if n == 0:
        return Measured(value=None, unit=Unit.RATIO, n=0, reason="no rows")
    return Measured(value=hits / n, unit=Unit.RATIO, n=n, interval=wilson(tally, level=level))


def rate(table: CountTable, *, level: float = 0.95) -> Measured:
    """The rate over the whole table, with the rate of each group beside it. Rows of unknown group count."""
    tallies = table.tallies()
    whole = rate_of(Tally(sum(t.hits for t in tallies.values()), sum(t.n for t in tallies.values())), level=level)
    groups = rate_by_group(table, level=level) if set(tallies) != {""} else ()
    return Measured(
        value=whole.value, unit=Unit.RATIO, n=whole.n, reason=whole.reason, interval=whole.interval, groups=groups
    )


def rate_by_group(table: CountTable, *, level: float = 0.95) -> tuple[GroupValue, ...]:
    """The rate of each group, in the order of their names."""
    found = [(group, rate_of(tally, level=level)) for group, tally in table.tallies().items()]
    return tuple(
        GroupValue(group=group, value=each.value, n=each.n, reason=each.reason, interval=each.interval)
        for group, each in found
    )
