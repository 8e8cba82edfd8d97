"""Rows in files, counted by Polars; columns of drift all in one pass.

In Parquet bins alone are counted from Arrow's batches (`parquet_bins`), elsewhere as so many values below each edge:
both are exact and read each column once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import polars as pl

from careloop.adapters.files_of_rows import FilesOfRows
from careloop.adapters.parquet_bins import count_bins, only_bins
from careloop.adapters.row_tables import (
    check_columns,
    is_parquet,
    read_rows,
)
from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import MISSING, REMAINDER, UNKNOWN_GROUP, CellKey, CountTable, bucket_of
from careloop.ports.row_files import Progress

__all__ = ["PolarsRows"]

_READ_AS: Final = {
    ColumnKind.TEXT: pl.String,
    ColumnKind.INTEGER: pl.Int64,
    ColumnKind.REAL: pl.Float64,
    ColumnKind.FLAG: pl.Boolean,
}


class PolarsRows(FilesOfRows):
    """`RowFiles` counted by Polars, lazily and in a stream: what is larger than memory fits."""

    def __init__(self, files: Sequence[Path], told: Progress | None = None) -> None:
        super().__init__(files, told)
        if all(map(is_parquet, files)):
            self._rows = pl.scan_parquet(list(files))
        else:
            self._rows = pl.concat([pl.DataFrame(read_rows(file)) for file in files]).lazy()

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """Plans that only count bins share one pass; the others are grouped, each in a pass of its own."""
        for plan in plans:
            check_columns(plan, self._kinds)
        plain = [place for place, plan in enumerate(plans) if only_bins(plan)]
        found = dict(zip(plain, self._binned([plans[place] for place in plain]), strict=True))
        for place, plan in enumerate(plans):
            if self._told is not None:
                self._told(len(found) / len(plans))
            if place not in found:
                found[place] = self._grouped(plan)
        return [found[place] for place in range(len(plans))]

    def _binned(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        if not plans:
            return []
        if all(map(is_parquet, self._files)):
            return count_bins(self._files, plans, self._told)
        asked = [(_tallies(plan.bins), plan) for plan in plans]
        named = [
            each.alias(f"{place}/{part}")
            for place, (tallies, _) in enumerate(asked)
            for part, each in enumerate(tallies)
        ]
        row = self._rows.select(pl.len().alias("n"), *named).collect(engine="streaming").row(0)
        tables, at = [], 1
        for tallies, plan in asked:
            tables.append(_table_of_bins(plan, row[0], row[at : at + len(tallies)]))
            at += len(tallies)
        return tables

    def _grouped(self, plan: CountPlan) -> CountTable:
        keys = {
            "release": _read(plan.release).fill_null("") if plan.release else pl.lit(""),
            "window": _window(plan.window) if plan.window else pl.lit(0, pl.Int64),
            "group": _apart(_group(plan.group), plan.apart),
            "bin": _bin(plan.bins),
            "unit": _read(plan.unit) if plan.unit else pl.lit(None, pl.String),
        }
        numbers = [_aggregate(aggregate).alias(f"#{place}") for place, aggregate in enumerate(plan.aggregates)]
        kept = _all_hold(plan.where)
        if plan.window:
            kept &= pl.col(plan.window.column.name).is_not_null()
        counted = (
            self._rows.filter(kept)
            .group_by(*(each.alias(f"@{name}") for name, each in keys.items()))
            .agg(numbers)
            .collect(engine="streaming")
        )
        rows = (
            (CellKey(plan.monitor, release, window, group, place, _bucket(plan, unit)), tuple(map(int, numbers)))
            for release, window, group, place, unit, *numbers in counted.iter_rows()
        )
        return CountTable.of_rows(plan.columns, rows)


def _bucket(plan: CountPlan, unit: str | None) -> int:
    if plan.unit is None:
        return 0
    return MISSING if unit is None else bucket_of(unit)


def _tallies(bins: object) -> list[pl.Expr]:
    """Of a number: finite values, and those below each edge; of a category: values, and those of each."""
    if isinstance(bins, EdgeBins):
        read = _read(bins.column)
        finite = read.is_finite()
        lowest = (read == float("-inf")).sum()
        return [finite.sum(), *((read < edge).sum() - lowest for edge in bins.edges)]
    assert isinstance(bins, CategoryBins)
    read = _read(bins.column)
    return [read.is_not_null().sum(), *((read == value).sum() for value in bins.values)]


def _table_of_bins(plan: CountPlan, rows: int, told: Sequence[int]) -> CountTable:
    present, *parts = map(int, told)
    if isinstance(plan.bins, EdgeBins):
        below = [0, *parts, present]
        counts = [after - before for before, after in pairwise(below)]
    else:
        counts = [*parts, present - sum(parts)]
    cells = {CellKey(plan.monitor, "", 0, "", place, 0): (count,) for place, count in enumerate(counts)}
    cells[CellKey(plan.monitor, "", 0, "", MISSING, 0)] = (rows - present,)
    return CountTable(plan.columns, cells)


def _read(column: Column) -> pl.Expr:
    """The column with NaN and infinities absent where it holds numbers."""
    if column.kind is ColumnKind.INSTANT:
        return pl.col(column.name)
    return pl.col(column.name).cast(_READ_AS[column.kind])


def _number(column: Column) -> pl.Expr:
    read = _read(column)
    return pl.when(read.is_finite()).then(read) if column.kind is ColumnKind.REAL else read


def _window(window: WindowBy) -> pl.Expr:
    seconds = pl.col(window.column.name).dt.epoch("us").floordiv(1_000_000)
    return seconds - seconds % window.seconds


def _group(columns: tuple[Column, ...]) -> pl.Expr:
    if not columns:
        return pl.lit("")
    parts = [_named(column) for column in columns]
    known = reduce(operator.and_, (part.is_not_null() & (part != "") for part in parts))
    if len(parts) > 1:
        parts = [part.str.replace_all("&", "&&", literal=True) for part in parts]
    return pl.when(known).then(pl.concat_str(parts, separator=" & ")).otherwise(pl.lit(UNKNOWN_GROUP))


def _apart(group: pl.Expr, named: tuple[str, ...]) -> pl.Expr:
    """The group, or that of all that do not stand by themselves."""
    if not named:
        return group
    return pl.when(group.is_in([*named, UNKNOWN_GROUP])).then(group).otherwise(pl.lit(REMAINDER))


def _named(column: Column) -> pl.Expr:
    read = _read(column)
    if column.kind is ColumnKind.FLAG:
        return pl.when(read).then(pl.lit("true")).when(~read).then(pl.lit("false"))
    return read.cast(pl.String)


def _bin(bins: object) -> pl.Expr:
    match bins:
        case EdgeBins():
            read = _number(bins.column)
            place: pl.Expr = pl.sum_horizontal([pl.lit(0), *((read >= edge).cast(pl.Int64) for edge in bins.edges)])
            return pl.when(read.is_null()).then(pl.lit(MISSING)).otherwise(place).cast(pl.Int64)
        case CategoryBins():
            read = _read(bins.column)
            places = pl.lit(len(bins.values), pl.Int64)
            for number, value in enumerate(bins.values):
                places = pl.when(read == value).then(pl.lit(number, pl.Int64)).otherwise(places)
            return pl.when(read.is_null()).then(pl.lit(MISSING, pl.Int64)).otherwise(places)
        case ExponentialBins():
            read = _read(bins.column)
            bounds = pl.lit(pl.Series(bins.bounds, dtype=pl.Int64))
            place = bounds.search_sorted(read.fill_null(0), side="left").cast(pl.Int64)
            return pl.when(read.is_null() | (read < 0)).then(pl.lit(MISSING, pl.Int64)).otherwise(place)
        case _:
            return pl.lit(0, pl.Int64)


def _aggregate(wanted: Aggregate) -> pl.Expr:
    counted = _all_hold(wanted.where)
    if wanted.sums is None:
        return counted.sum()
    return _read(wanted.sums).filter(counted).cast(pl.Int128).sum()


def _all_hold(tests: tuple[Predicate, ...]) -> pl.Expr:
    return reduce(
        operator.and_, (_holds(test).fill_null(value=False) for test in tests), pl.repeat(value=True, n=pl.len())
    )


def _holds(test: Predicate) -> pl.Expr:
    read = _number(test.column)
    if test.compare is Compare.IS_ABSENT:
        return read.is_null()
    if test.compare is Compare.IS_PRESENT:
        return read.is_not_null()
    if test.compare is Compare.IN:
        return reduce(lambda a, b: a | b, (read == value for value in test.values), pl.lit(value=False))
    compared: pl.Expr = _COMPARE[test.compare](read, test.values[0])
    return compared


_COMPARE: Final[Mapping[Compare, Callable[[pl.Expr, Any], Any]]] = {
    Compare.EQ: operator.eq,
    Compare.NE: operator.ne,
    Compare.LT: operator.lt,
    Compare.LE: operator.le,
    Compare.GT: operator.gt,
    Compare.GE: operator.ge,
}
