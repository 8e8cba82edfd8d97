"""What the system does for the business: conversion, volume, amounts."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, Column, Compare, CountPlan, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.measured import GroupValue, Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.split import Split, plan_of

__all__ = ["amount", "amount_per_row", "amount_plan", "bounded_amount_plan", "volume"]


def volume(table: CountTable) -> Measured:
    """How many rows were hits, such as applications approved, in a table of `rate_plan`.

    None among rows that were looked at is a true 0; null only when there was nothing to look at.
    """
    hits, n = (table.total()[table.columns.index(name)] for name in ("hits", "n"))
    if n == 0:
        return Measured(value=None, unit=Unit.COUNT, n=0, reason="no rows")
    return Measured(value=float(hits), unit=Unit.COUNT, n=n)


def amount_plan(
    monitor: str, *, column: Column, among: tuple[Predicate, ...] = (), split: Split | None = None
) -> CountPlan:
    """Sum a fixed-point column, such as cents, over the rows that satisfy `among`. Columns: `sum` and `n`."""
    counted = (Aggregate(name="sum", sums=column), Aggregate(name="n"))
    return plan_of(monitor, aggregates=counted, where=among, split=split or Split())


def bounded_amount_plan(monitor: str, *, column: Column, low: int, high: int, split: Split | None = None) -> CountPlan:
    """Sum a fixed-point column where it lies within a range, and count the rows below and above it.

    Columns: `sum` of what lies within, both ends included, `below`, `above`, and `n`, all rows that have the amount.
    What the rows come to when those outside count as the nearer end follows: sum + low·below + high·above.
    """
    within = (Predicate(column, Compare.GE, (low,)), Predicate(column, Compare.LE, (high,)))
    counted = (
        Aggregate(name="sum", where=within, sums=column),
        Aggregate(name="below", where=(Predicate(column, Compare.LT, (low,)),)),
        Aggregate(name="above", where=(Predicate(column, Compare.GT, (high,)),)),
        Aggregate(name="n"),
    )
    there = (Predicate(column, Compare.IS_PRESENT),)
    return plan_of(monitor, aggregates=counted, where=there, split=split or Split())


def amount(table: CountTable, *, digits: int) -> Measured:
    """The sum in its main unit, and that of each group: with `digits` 2, 12345 cents are 123.45.

    Null when there were no rows.
    """
    return _amounts(table, digits=digits, per_row=False)


def amount_per_row(table: CountTable, *, digits: int) -> Measured:
    """The sum divided by the rows, such as revenue per answer, and that of each group. Null when there were no rows.

    It has no interval: counts do not hold how far single amounts lie from one another.
    """
    return _amounts(table, digits=digits, per_row=True)


def _amounts(table: CountTable, *, digits: int, per_row: bool) -> Measured:
    if digits < 0:
        raise InvalidInput("a fixed-point column has 0 or more digits after the point")
    at, of = (table.columns.index(name) for name in ("sum", "n"))

    def told(total: int, n: int) -> float | None:
        return None if n == 0 else total / (10**digits * (n if per_row else 1))

    by_group = table.by_group()
    groups = tuple(
        GroupValue(group=group, value=told(values[at], values[of]), n=values[of]) for group, values in by_group.items()
    )
    total, n = table.total()[at], table.total()[of]
    value = told(total, n)
    reason = "no rows" if value is None else None
    return Measured(value=value, unit=Unit.AMOUNT, n=n, reason=reason, groups=groups if set(by_group) - {""} else ())
