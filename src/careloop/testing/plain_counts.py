"""Count row by row in plain Python: slow, short enough to be checked by eye, and so the judge of the fast engines."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    ExponentialBins,
    Predicate,
)
from careloop.domain.counts import MISSING, REMAINDER, UNKNOWN_GROUP, CellKey, CountTable, bucket_of
from careloop.errors import InvalidInput

__all__ = ["PlainCounts"]

Row = Mapping[str, object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PlainCounts:
    """A `CountEngine` over rows in memory; every row has every column, None where a value is absent."""

    def __init__(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        self._rows = rows
        self._names = frozenset(names)

    def count(self, plan: CountPlan) -> CountTable:
        """Count as the plan says."""
        for column in plan.reads():
            if column.name not in self._names:
                raise InvalidInput(f"the rows have no column '{column.name}'")
        return CountTable.of_rows(
            plan.columns,
            [
                (_key(plan, row), tuple(_number(aggregate, row) for aggregate in plan.aggregates))
                for row in self._rows
                if _all_hold(plan.where, row) and (plan.window is None or row[plan.window.column.name] is not None)
            ],
        )


def _value(column: Column, row: Row) -> object:
    value = row[column.name]
    if column.kind is ColumnKind.REAL and isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    return value


def _all_hold(tests: tuple[Predicate, ...], row: Row) -> bool:
    return all(_holds(test, _value(test.column, row)) for test in tests)


def _holds(test: Predicate, value: object) -> bool:
    if value is None or test.compare in (Compare.IS_ABSENT, Compare.IS_PRESENT):
        return (test.compare is Compare.IS_ABSENT) is (value is None) and test.compare is not Compare.IN
    if test.compare is Compare.IN:
        return value in test.values
    (wanted,) = test.values
    if test.compare in (Compare.EQ, Compare.NE):
        return (value == wanted) is (test.compare is Compare.EQ)
    assert isinstance(value, int | float)
    assert isinstance(wanted, int | float)
    return {
        Compare.LT: value < wanted,
        Compare.LE: value <= wanted,
        Compare.GT: value > wanted,
        Compare.GE: value >= wanted,
    }[test.compare]


def _number(wanted: Aggregate, row: Row) -> int:
    if not _all_hold(wanted.where, row):
        return 0
    if wanted.sums is None:
        return 1
    value = _value(wanted.sums, row)
    return value if isinstance(value, int) else 0


def _key(plan: CountPlan, row: Row) -> CellKey:
    release = row[plan.release.name] if plan.release is not None else None
    unit = row[plan.unit.name] if plan.unit is not None else None
    bucket = 0 if plan.unit is None else MISSING if unit is None else bucket_of(str(unit))
    return CellKey(
        plan.monitor,
        "" if release is None else str(release),
        _window(plan, row),
        _group(plan, row),
        _bin(plan, row),
        bucket,
    )


def _window(plan: CountPlan, row: Row) -> int:
    if plan.window is None:
        return 0
    moment = row[plan.window.column.name]
    assert isinstance(moment, datetime)
    return (moment - _EPOCH) // timedelta(seconds=plan.window.seconds) * plan.window.seconds


def _group(plan: CountPlan, row: Row) -> str:
    words: list[str] = []
    if not plan.group:
        return ""
    for column in plan.group:
        value = _value(column, row)
        words.append("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))
    if not all(words):
        return UNKNOWN_GROUP
    name = words[0] if len(words) == 1 else " & ".join(word.replace("&", "&&") for word in words)
    return name if not plan.apart or name in (*plan.apart, UNKNOWN_GROUP) else REMAINDER


def _bin(plan: CountPlan, row: Row) -> int:
    if plan.bins is None:
        return 0
    value = _value(plan.bins.column, row)
    if isinstance(plan.bins, CategoryBins):
        places = {text: place for place, text in enumerate(plan.bins.values)}
        return MISSING if value is None else places.get(str(value), len(places))
    if not isinstance(value, int | float) or (isinstance(plan.bins, ExponentialBins) and value < 0):
        return MISSING
    if isinstance(plan.bins, ExponentialBins):
        return bisect_left(plan.bins.bounds, value)
    return bisect_right(plan.bins.edges, value)
