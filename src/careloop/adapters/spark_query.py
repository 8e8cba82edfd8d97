"""Plans of counts as one statement of Spark SQL.

Plans that split rows alike share one grouping; the groupings of the others stand beside it in the same statement, so
that Spark runs all in one job and reads only the columns that each needs. Every literal is written as digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

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

__all__ = ["CountQuery"]

_NESTED: Final = 64
"""Up to so many bounds are told apart by nested cases, which Spark compiles; more would be too long for the JVM."""

_GREATEST: Final = "1.7976931348623157E308D"
"""Greatest finite number. Spark holds NaN to be greater than infinity."""

_SUMMED: Final = "DECIMAL(28, 0)"
"""Sums of it have 38 digits: 10^19 rows of any 64-bit number cannot overflow."""

Bins = EdgeBins | CategoryBins | ExponentialBins


class _Keys(NamedTuple):
    """What two plans must share to be counted in one grouping."""

    release: Column | None
    window: WindowBy | None
    group: tuple[Column, ...]
    apart: tuple[str, ...]
    bins: Bins | None
    unit: Column | None

    @classmethod
    def of(cls, plan: CountPlan) -> _Keys:
        return cls(plan.release, plan.window, plan.group, plan.apart, plan.bins, plan.unit)


class CountQuery:
    """The statement that counts `plans` over the rows of the view `rows`, and the tables of what it gives.

    In the view every whole number is a whole number, and an instant is its microseconds since 1970.
    """

    def __init__(self, plans: Sequence[CountPlan], rows: str) -> None:
        self._plans = plans
        places = sorted(range(len(plans)), key=lambda place: repr(_Keys.of(plans[place])))
        self._groupings = [list(alike) for _, alike in groupby(places, key=lambda place: _Keys.of(plans[place]))]
        self.text = " UNION ALL ".join(
            _select(number, [plans[place] for place in alike], rows) for number, alike in enumerate(self._groupings)
        )

    def tables(self, found: Iterable[Sequence[Any]]) -> list[CountTable]:
        """The table of each plan. A found row is: number of the grouping, the parts of a key, all numbers."""
        cells: list[dict[CellKey, tuple[int, ...]]] = [{} for _ in self._plans]
        for grouping, *key, numbers in found:
            at = 0
            for place in self._groupings[grouping]:
                until = at + len(self._plans[place].aggregates)
                cells[place][CellKey(self._plans[place].monitor, *key)] = tuple(map(int, numbers[at:until]))
                at = until
        return [CountTable(plan.columns, kept) for plan, kept in zip(self._plans, cells, strict=True)]


def _select(number: int, plans: Sequence[CountPlan], rows: str) -> str:
    keys = _Keys.of(plans[0])
    parts = [
        f"coalesce({_read(keys.release)}, '')" if keys.release else None,
        _window(keys.window) if keys.window else None,
        _apart(_group(keys.group), keys.apart) if keys.group else None,
        _bin(keys.bins) if keys.bins else None,
        _bucket(keys.unit) if keys.unit else None,
    ]
    of = [f"`#{place}`" for place, part in enumerate(parts) if part]
    split = ", ".join(f"{part} AS `#{place}`" for place, part in enumerate(parts) if part)
    given = ", ".join(f"`#{place}`" if part else _UNSPLIT[place] for place, part in enumerate(parts))
    counted = [_aggregate(each, plan.where) for plan in plans for each in plan.aggregates]
    numbers = ", ".join(f"CAST({each} AS DECIMAL(38, 0))" for each in counted)
    within = f" WHERE {_name(keys.window.column)} IS NOT NULL" if keys.window else ""
    source = f"(SELECT *, {split} FROM {rows}{within})" if of else rows
    by = f" GROUP BY {', '.join(of)}" if of else ""
    return f"SELECT {number}, {given}, array({numbers}) FROM {source}{by}"


_UNSPLIT: Final = ("''", "0L", "''", "0", "0")
"""What stands for each part of a key that a plan does not split by."""


def _aggregate(wanted: Aggregate, kept: tuple[Predicate, ...]) -> str:
    held = [_holds(test) for test in (*kept, *wanted.where)]
    counted = " AND ".join(held) if held else "true"
    if wanted.sums is None:
        return f"count_if({counted})"
    return f"coalesce(sum(CASE WHEN {counted} THEN CAST({_read(wanted.sums)} AS {_SUMMED}) END), 0)"


def _holds(test: Predicate) -> str:
    read = _read(test.column)
    if test.compare in (Compare.IS_ABSENT, Compare.IS_PRESENT):
        return f"({read}) IS {'NOT ' if test.compare is Compare.IS_PRESENT else ''}NULL"
    if not test.values:
        return "false"
    values = ", ".join(_literal(value, test.column.kind) for value in test.values)
    return f"coalesce(({read}) {test.compare.upper()} ({values}), false)"


def _literal(value: Literal, kind: ColumnKind) -> str:
    match kind:
        case ColumnKind.FLAG:
            return "true" if value else "false"
        case ColumnKind.INTEGER:
            return f"CAST('{int(value)}' AS BIGINT)"
        case ColumnKind.REAL:
            return f"CAST('{float(value)!r}' AS DOUBLE)"
        case _:
            return _text(str(value))


def _text(value: str) -> str:
    """A text by the digits of its bytes: no sign in it can end it."""
    return f"CAST(X'{value.encode().hex()}' AS STRING)"


def _name(column: Column) -> str:
    return "`" + column.name.replace("`", "``") + "`"


def _read(column: Column) -> str:
    """The column as its kind, NULL where it is absent, NaN or infinite."""
    match column.kind:
        case ColumnKind.REAL:
            read = f"CAST({_name(column)} AS DOUBLE)"
            return f"CASE WHEN abs({read}) <= {_GREATEST} THEN {read} END"
        case ColumnKind.INTEGER:
            return f"CAST({_name(column)} AS BIGINT)"
        case _:
            return _name(column)


def _window(window: WindowBy) -> str:
    """Rounded down, for moments before 1970 too."""
    moment, width = _name(window.column), f"{window.seconds * 1_000_000}L"
    return f"({moment} - pmod({moment}, {width})) DIV 1000000L"


def _group(columns: tuple[Column, ...]) -> str:
    words = [f"nullif(CAST({_read(column)} AS STRING), '')" for column in columns]
    if len(words) > 1:
        words = [f"replace({word}, '&', '&&')" for word in words]
    together = words[0] if len(words) == 1 else "concat(" + ", ' & ', ".join(words) + ")"
    return f"coalesce({together}, '{UNKNOWN_GROUP}')"


def _apart(group: str, named: tuple[str, ...]) -> str:
    """The group, or that of all that do not stand by themselves."""
    if not named:
        return group
    kept = ", ".join(map(_text, (*named, UNKNOWN_GROUP)))
    return f"CASE WHEN {group} IN ({kept}) THEN {group} ELSE '{REMAINDER}' END"


def _bucket(unit: Column) -> str:
    """As `bucket_of`: the low six bits of the first byte, read from its two hexadecimal digits."""
    first = f"conv(left(sha2({_read(unit)}, 256), 2), 16, 10)"
    return f"coalesce(CAST({first} AS INT) % {BUCKETS}, {MISSING})"


def _bin(rule: Bins) -> str:
    read = _read(rule.column)
    if isinstance(rule, CategoryBins):
        arms = "".join(f" WHEN {_text(value)} THEN {place}" for place, value in enumerate(rule.values))
        known = f"CASE {read}{arms} ELSE {len(rule.values)} END" if arms else "0"
        return f"CASE WHEN {read} IS NULL THEN {MISSING} ELSE {known} END"
    if isinstance(rule, ExponentialBins):
        place = _place(read, ">", [f"{bound}L" for bound in rule.bounds])
        return f"CASE WHEN {read} >= 0 THEN {place} ELSE {MISSING} END"
    place = _place(read, ">=", [_literal(edge, ColumnKind.REAL) for edge in rule.edges])
    return f"CASE WHEN {read} IS NULL THEN {MISSING} ELSE {place} END"


def _place(read: str, passes: str, bounds: Sequence[str]) -> str:
    """How many of the rising bounds the value passes, by halving."""
    if len(bounds) > _NESTED:
        steps = ", ".join(str(1 << power) for power in reversed(range(len(bounds).bit_length())))
        bound = f"get(array({', '.join(bounds)}), at + step - 1)"
        onwards = f"CASE WHEN {read} {passes} {bound} THEN at + step ELSE at END"
        return f"aggregate(array({steps}), 0, (at, step) -> {onwards})"

    def between(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        upper, lower = between(middle + 1, high), between(low, middle)
        return f"CASE WHEN {read} {passes} {bounds[middle]} THEN {upper} ELSE {lower} END"

    return between(0, len(bounds))
