"""What the system does for the business: conversion, volume, amounts."""

from __future__ import annotations

from careloop.domain.count_plan import Aggregate, Column, CountPlan, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.measured import Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.split import Split, plan_of

__all__ = ["amount", "amount_plan", "volume"]


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


def amount(table: CountTable, *, digits: int) -> Measured:
    """The sum in its main unit: with `digits` 2, 12345 cents are 123.45. Null when there were no rows."""
    if digits < 0:
        raise InvalidInput("a fixed-point column has 0 or more digits after the point")
    total, n = (table.total()[table.columns.index(name)] for name in ("sum", "n"))
    if n == 0:
        return Measured(value=None, unit=Unit.AMOUNT, n=0, reason="no rows")
    return Measured(value=total / 10**digits, unit=Unit.AMOUNT, n=n)
