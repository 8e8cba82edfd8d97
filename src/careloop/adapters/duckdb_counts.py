"""Count with DuckDB: over the lake's Parquet files, or over an Arrow table in memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import duckdb

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Literal,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import BUCKETS, MISSING, REMAINDER, UNKNOWN_GROUP, CellKey, CountTable
from careloop.errors import InvalidInput

__all__ = ["DuckDbCounts"]

_WHOLE: Final = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_ACCEPTED: Final[dict[ColumnKind, set[str]]] = {
    ColumnKind.TEXT: {"VARCHAR"},
    ColumnKind.INTEGER: _WHOLE,
    ColumnKind.REAL: {"FLOAT", "DOUBLE", *_WHOLE},
    ColumnKind.FLAG: {"BOOLEAN"},
    ColumnKind.INSTANT: {"TIMESTAMP WITH TIME ZONE"},
}
_SQL_TYPE: Final = {
    ColumnKind.TEXT: "VARCHAR",
    ColumnKind.INTEGER: "BIGINT",
    ColumnKind.REAL: "DOUBLE",
    ColumnKind.FLAG: "BOOLEAN",
}
_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class DuckDbCounts:
    """Rows behind DuckDB that can be counted. Made by `over_parquet` or `over_arrow`; close it when done."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation) -> None:
        self._connection = connection
        fine = [name for name, kind in zip(rows.columns, rows.types, strict=True) if str(kind) == "TIMESTAMPTZ_NS"]
        if fine:
            rows = rows.project(f"* REPLACE ({', '.join(map(_to_the_microsecond, fine))})")
        self._connection.register("event_rows", rows)
        self._types = {name: str(kind) for name, kind in zip(rows.columns, rows.types, strict=True)}

    @classmethod
    def over_parquet(cls, files: Sequence[Path]) -> DuckDbCounts:
        """The rows of these Parquet files, their columns matched by name; a column a file lacks is absent there."""
        if not files:
            raise InvalidInput("there are no Parquet files to count")
        connection = _shared(os.getpid()).cursor()
        try:
            rows = connection.read_parquet([str(file) for file in files], union_by_name=True)
        except duckdb.Error as error:
            connection.close()
            raise InvalidInput(f"the Parquet files cannot be read: {error}") from error
        return cls(connection, rows)

    @classmethod
    def over_arrow(cls, table: object) -> DuckDbCounts:
        """The rows of a `pyarrow.Table`."""
        connection = _shared(os.getpid()).cursor()
        return cls(connection, connection.from_arrow(table))

    def close(self) -> None:
        """Let go of the rows."""
        self._connection.close()

    def count(self, plan: CountPlan) -> CountTable:
        """Count as the plan says. `InvalidInput` when a column is not there or holds another kind."""
        for column in plan.reads():
            self._check(column)
        query = _Query(plan)
        try:
            rows = self._connection.execute(query.text, query.values).fetchall()
        except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
            raise InvalidInput(f"the rows hold a value that the plan '{plan.monitor}' cannot count: {error}") from error
        cells = {CellKey(plan.monitor, *row[:5]): tuple(int(number) for number in row[5:]) for row in rows}
        return CountTable(plan.columns, cells)

    def _check(self, column: Column) -> None:
        found = self._types.get(column.name)
        if found is None:
            raise InvalidInput(f"the rows have no column '{column.name}'")
        is_text = column.kind is ColumnKind.TEXT and found.startswith("ENUM")
        if found not in _ACCEPTED[column.kind] and found != '"NULL"' and not is_text:
            raise InvalidInput(f"'{column.name}' is declared {column.kind} and holds {found}")


def _to_the_microsecond(name: str) -> str:
    """An instant of nanoseconds rounded down, as everywhere; a cast would round to the nearest."""
    quoted = '"' + name.replace('"', '""') + '"'
    since = f"epoch_ns({quoted})"
    return f"make_timestamptz(({since} - (({since} % 1000) + 1000) % 1000) // 1000) AS {quoted}"


@cache
def _shared(_process: int) -> duckdb.DuckDBPyConnection:
    """One database of this process, empty for ever; each count has a cursor of its own. To start one takes 15 ms."""
    return duckdb.connect(":memory:", config=_SETTINGS)


_ALIKE: Final = '"#alike"'
"""How many rows are alike in all columns that the plan reads."""
_FOLDS: Final = (Compare.EQ, Compare.NE, Compare.IN, Compare.IS_ABSENT, Compare.IS_PRESENT)


def _few_kinds_of_rows(plan: CountPlan) -> bool:
    """Whether rows are counted by all columns first and judged after: three times as fast where these hold few values.

    So not where the plan splits by time, person or number, sums, or asks for an order.
    """
    tests = [*plan.where, *(test for aggregate in plan.aggregates for test in aggregate.where)]
    split = plan.window or plan.unit or plan.bins or any(aggregate.sums for aggregate in plan.aggregates)
    fine = all(test.compare in _FOLDS and test.column.kind is not ColumnKind.REAL for test in tests)
    return not split and fine and bool(plan.reads()) and len(plan.aggregates) > 1


class _Query:
    """The plan as one SELECT; every literal is a parameter, in the order in which it stands in the text."""

    def __init__(self, plan: CountPlan) -> None:
        self.values: list[Literal] = []
        self._folded = _few_kinds_of_rows(plan)
        keys = [
            f"coalesce({_read(plan.release)}, '')" if plan.release else "''",
            _window(plan.window) if plan.window else "0",
            self._group(plan),
            self._bin(plan),
            _bucket(plan.unit) if plan.unit else "0",
        ]
        numbers = [self._aggregate(aggregate) for aggregate in plan.aggregates]
        kept = self._all_hold(plan.where)
        if plan.window:
            kept += f" AND {_name(plan.window.column)} IS NOT NULL"
        rows = "event_rows"
        if self._folded:
            named = ", ".join(sorted({_name(column) for column in plan.reads()}))
            rows = f"(SELECT {named}, count(*) AS {_ALIKE} FROM event_rows GROUP BY ALL)"
        self.text = f"SELECT {', '.join([*keys, *numbers])} FROM {rows} WHERE {kept} GROUP BY 1, 2, 3, 4, 5"

    def _aggregate(self, wanted: Aggregate) -> str:
        counted = self._all_hold(wanted.where)
        if wanted.sums is None:
            one = f"coalesce(sum({_ALIKE}) FILTER (WHERE {counted}), 0)" if self._folded else None
            return one or f"count(*) FILTER (WHERE {counted})"
        return f"coalesce(sum({_read(wanted.sums)}) FILTER (WHERE {counted}), 0)"

    def _all_hold(self, tests: tuple[Predicate, ...]) -> str:
        return " AND ".join(["true", *map(self._holds, tests)])

    def _holds(self, test: Predicate) -> str:
        read = _read(test.column)
        if test.compare in (Compare.IS_ABSENT, Compare.IS_PRESENT):
            return f"({read}) IS {'NOT ' if test.compare is Compare.IS_PRESENT else ''}NULL"
        if not test.values:
            return "false"
        placed = ", ".join(self._literal(value, test.column.kind) for value in test.values)
        return f"coalesce(({read}) {test.compare.upper()} ({placed}), false)"

    def _literal(self, value: Literal, kind: ColumnKind) -> str:
        self.values.append(value)
        return f"CAST(? AS {_SQL_TYPE[kind]})"

    def _group(self, plan: CountPlan) -> str:
        group = _group(plan.group)
        if not plan.apart:
            return group
        kept = ", ".join(self._literal(name, ColumnKind.TEXT) for name in (*plan.apart, UNKNOWN_GROUP))
        return f"CASE WHEN {group} IN ({kept}) THEN {group} ELSE '{REMAINDER}' END"

    def _bin(self, plan: CountPlan) -> str:
        rule = plan.bins
        if rule is None:
            return "0"
        read = _read(rule.column)
        if isinstance(rule, CategoryBins):
            arms = "".join(f" WHEN {self._literal(v, ColumnKind.TEXT)} THEN {i}" for i, v in enumerate(rule.values))
            known = f"CASE {read}{arms} ELSE {len(rule.values)} END" if arms else "0"
            return f"CASE WHEN {read} IS NULL THEN {MISSING} ELSE {known} END"
        if isinstance(rule, ExponentialBins):
            absent = f"{read} IS NULL OR {read} < 0"
            return f"CASE WHEN {absent} THEN {MISSING} ELSE {_halved(read, '>', rule.bounds)} END"
        return f"CASE WHEN {read} IS NULL THEN {MISSING} ELSE {_edges(rule, read)} END"


def _name(column: Column) -> str:
    return '"' + column.name.replace('"', '""') + '"'


def _read(column: Column) -> str:
    """The column as its kind, NULL where it is absent, NaN or infinite."""
    if column.kind is ColumnKind.INSTANT:
        return _name(column)
    read = f"CAST({_name(column)} AS {_SQL_TYPE[column.kind]})"
    return f"CASE WHEN isfinite({read}) THEN {read} END" if column.kind is ColumnKind.REAL else read


def _window(window: WindowBy) -> str:
    """Round down, for moments before 1970 too (DuckDB's division rounds towards zero)."""
    moment, width = f"epoch_us({_name(window.column)})", window.seconds * 1_000_000
    return f"({moment} - ((({moment} % {width}) + {width}) % {width})) // 1000000"


def _group(columns: tuple[Column, ...]) -> str:
    if not columns:
        return "''"
    words = [f"nullif(CAST({_read(column)} AS VARCHAR), '')" for column in columns]
    if len(words) > 1:
        words = [f"replace({word}, '&', '&&')" for word in words]
    return f"coalesce({' || chr(32) || chr(38) || chr(32) || '.join(words)}, '{UNKNOWN_GROUP}')"


def _bucket(unit: Column) -> str:
    """As `bucket_of`: the low six bits of the first byte, read from its two hexadecimal digits."""
    digest = f"sha256({_read(unit)})"
    high, low = (f"(instr('0123456789abcdef', substr({digest}, {i}, 1)) - 1)" for i in (1, 2))
    return f"coalesce(({high} * 16 + {low}) % {BUCKETS}, {MISSING})"


def _edges(rule: EdgeBins, read: str) -> str:
    return _halved(read, ">=", rule.edges)


def _halved(read: str, passes: str, bounds: Sequence[float]) -> str:
    """How many of the rising bounds the value passes, by nested halving: depth grows with the logarithm."""

    def between(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        bound = bounds[middle] if isinstance(bounds[middle], int) else f"CAST('{bounds[middle]!r}' AS DOUBLE)"
        return f"CASE WHEN {read} {passes} {bound} THEN {between(middle + 1, high)} ELSE {between(low, middle)} END"

    return between(0, len(bounds))
