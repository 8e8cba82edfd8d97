"""Is the data fit for use? Shares of rows that have what is asked, or keep to it; names as in ISO/IEC 5259-2."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import MISSING, CountTable, Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.measures.rate import rate_of, rate_plan
from careloop.measures.split import Split, plan_of

__all__ = [
    "balance",
    "balance_plan",
    "completeness_plan",
    "consistency_plan",
    "currentness",
    "currentness_plan",
    "diversity",
    "validity_plan",
]

_DAY = 86_400


def completeness_plan(monitor: str, *, column: Column, split: Split | None = None) -> CountPlan:
    """Rows in which the column has a value; read it with `rate`. NaN, infinities and empty texts are none."""
    there: tuple[Predicate, ...] = (Predicate(column, Compare.IS_PRESENT),)
    if column.kind is ColumnKind.TEXT:
        there = (*there, Predicate(column, Compare.NE, ("",)))
    return rate_plan(monitor, hit=there, split=split)


def validity_plan(
    monitor: str, *, column: Column, rule: tuple[Predicate, ...], split: Split | None = None
) -> CountPlan:
    """Of the rows that have a value, those whose value keeps the rule; read it with `rate`. (Syntactic accuracy.)"""
    return rate_plan(monitor, hit=rule, among=(Predicate(column, Compare.IS_PRESENT),), split=split)


def consistency_plan(monitor: str, *, rule: tuple[Predicate, ...], split: Split | None = None) -> CountPlan:
    """Of the rows that the condition picks, those that keep the rule; read it with `rate`.

    Such as: of those who are retired, the ones whose employer is "none". A value that is absent keeps no rule.
    """
    return rate_plan(monitor, hit=rule, split=split)


def currentness_plan(monitor: str, *, column: Column, split: Split | None = None) -> CountPlan:
    """Rows per day (UTC) of a moment, such as when a row was last confirmed. Column: `n`."""
    by_day = replace(split or Split(), window=WindowBy(column, _DAY))
    return plan_of(monitor, aggregates=(Aggregate(name="n"),), where=(), split=by_day)


def currentness(table: CountTable, *, as_of: int, days: int, level: float = 0.95) -> Measured:
    """Share of rows whose day is `as_of` or at most `days` days before; `as_of` in seconds since 1970, a start of day.

    A row of a later day is not current: its clock is wrong. Rows without the moment are not counted here: how many they
    are, completeness says. Null without rows.
    """
    at = table.columns.index("n")
    ages = [(as_of - key.window, values[at]) for key, values in table.cells.items()]
    fresh = sum(n for age, n in ages if 0 <= age <= days * _DAY)
    ahead = sum(n for age, n in ages if age < 0)
    found = rate_of(Tally(fresh, sum(n for _, n in ages)), level=level)
    return replace(found, note=f"{ahead} rows are of a later day" if ahead else None)


def balance_plan(monitor: str, *, bins: CategoryBins, split: Split | None = None) -> CountPlan:
    """Rows per listed category. Column: `n`."""
    return plan_of(monitor, aggregates=(Aggregate(name="n"),), where=(), split=split or Split(), bins=bins)


def balance(table: CountTable, *, bins: CategoryBins, level: float = 0.95) -> Measured:
    """How evenly rows are spread over the listed categories: entropy over its maximum, 0 (all in one) to 1 (even).

    Rows without a value, or with another one, are not counted. The interval is the delta method's. Null with fewer than
    two categories or no rows. Source: Pielou 1966 (evenness).
    """
    counts = [table.by_bin().get(bin_, (0,))[0] for bin_ in range(len(bins.values))]
    n = sum(counts)
    if n == 0 or len(counts) < 2:
        return Measured(value=None, unit=Unit.INDEX, n=n, reason="no rows" if n == 0 else "one category only")
    shares = [count / n for count in counts if count]
    entropy = -sum(share * math.log(share) for share in shares)
    spread = sum(share * math.log(share) ** 2 for share in shares) - entropy**2
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(max(0.0, spread) / n) / math.log(len(counts))
    value = entropy / math.log(len(counts))
    interval = Interval(low=max(0.0, value - reach), high=min(1.0, value + reach), level=level, method="delta method")
    left = sum(values[0] for bin_, values in table.by_bin().items() if bin_ == MISSING or bin_ >= len(counts))
    return Measured(
        value=value,
        unit=Unit.INDEX,
        n=n,
        interval=interval,
        note=f"{left} rows had none of them",
    )


def diversity(table: CountTable, *, bins: CategoryBins) -> Measured:
    """Share of the listed categories that occur at all, on the counts of `balance_plan`; n is the rows of them.

    All rows are looked at, so it has no interval. Null without rows: nothing was there to be diverse.
    """
    counts = {value: table.by_bin().get(bin_, (0,))[0] for bin_, value in enumerate(bins.values)}
    n = sum(counts.values())
    if n == 0:
        return Measured(value=None, unit=Unit.RATIO, n=0, reason="no rows")
    absent = [value for value, count in counts.items() if not count]
    note = f"none of {', '.join(absent)}" if absent else None
    return Measured(value=1 - len(absent) / len(counts), unit=Unit.RATIO, n=n, note=note)
