"""What every engine of counts must do. Derive a test class, say how it counts rows in memory, and run it."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

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
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput
from careloop.testing.plain_counts import PlainCounts

__all__ = ["CONTRACT_COLUMNS", "Row", "RowCountsContract", "hard_rows", "plans_for_rows"]

Row = dict[str, object]
"""One row: every column of `CONTRACT_COLUMNS`, None where a value is absent."""

CONTRACT_COLUMNS = {
    "sex": ColumnKind.TEXT,
    "race": ColumnKind.TEXT,
    "children": ColumnKind.INTEGER,
    "approved": ColumnKind.FLAG,
    "score": ColumnKind.REAL,
    "latency_us": ColumnKind.INTEGER,
    "amount_cents": ColumnKind.INTEGER,
    "unit": ColumnKind.TEXT,
    "release": ColumnKind.TEXT,
    "occurred_at": ColumnKind.INSTANT,
}
"""The columns of the rows, with what they hold."""

_START = datetime(1970, 1, 1, tzinfo=UTC)
_VALUES: dict[str, Sequence[object]] = {
    "sex": ("F", "M", None, "", "é", "😀"),
    "race": ("a & b", "a", "&", "(unknown)", "'; --", None, ""),
    "children": (0, 3, -3, None, 1),
    "approved": (True, False, None),
    "score": (0.1, math.nan, -0.0, math.inf, 0.5, -math.inf, None, 5e-324, 1e308, 0.30000000000000004, 0.3),
    "latency_us": (0, 1, 2, 3, 1_000, 999_999, -2, 2**63 - 1, None),
    "amount_cents": (2**63 - 1, 2**63 - 1, -(2**63), 7, None),
    "unit": ("customer-1", None, "", "customer-2", "é"),
    "release": ("v1", None, "v2", ""),
    "occurred_at": tuple(
        None if us is None else _START + timedelta(microseconds=us)
        for us in (0, -1, 1_767_268_799_999_999, 1_767_268_800_000_000, None, -(2**51), 2**51)
    ),
}


def hard_rows(count: int = 1_500) -> list[Row]:
    """Rows in which values that engines are known to differ on meet one another; always the same ones."""
    return [{name: _drawn(name, number) for name in CONTRACT_COLUMNS} for number in range(count)]


def _drawn(name: str, number: int) -> object:
    """A value of the column, as if by chance and the same each time."""
    values = _VALUES[name]
    return values[int.from_bytes(hashlib.sha256(f"{name} {number}".encode()).digest()[:4]) % len(values)]


def _column(name: str) -> Column:
    return Column(name, CONTRACT_COLUMNS[name])


def plans_for_rows() -> tuple[CountPlan, ...]:
    """Plans that use every part of a plan, one after another and together."""
    approved = Predicate(_column("approved"), Compare.EQ, (True,))
    n, score, race = Aggregate(name="n"), _column("score"), _column("race")
    aggregates = (
        n,
        Aggregate(name="approved", where=(approved,)),
        Aggregate(name="high", where=(Predicate(score, Compare.GE, (0.3,)), approved)),
        Aggregate(name="some", where=(Predicate(_column("sex"), Compare.IN, ("F", "é", "")),)),
        Aggregate(name="none", where=(Predicate(_column("sex"), Compare.IN, ()),)),
        Aggregate(name="absent", where=(Predicate(score, Compare.IS_ABSENT),)),
        Aggregate(name="amount", sums=_column("amount_cents")),
        Aggregate(name="amount_approved", sums=_column("amount_cents"), where=(approved,)),
    )
    bins = (
        None,
        EdgeBins(score, (-1.5, 0.0, 0.1, 0.30000000000000004, 1e300)),
        EdgeBins(score, ()),
        CategoryBins(race, ("a", "", "(unknown)")),
        ExponentialBins(_column("latency_us"), scale=2, octaves=20),
        ExponentialBins(_column("latency_us"), scale=0, octaves=62),
    )
    split = {
        "release": _column("release"),
        "window": WindowBy(_column("occurred_at"), 3600),
        "group": (_column("sex"), race),
        "unit": _column("unit"),
        "where": (Predicate(_column("children"), Compare.NE, (3,)),),
    }
    whole = [CountPlan(monitor=f"all-{at}", aggregates=aggregates, bins=each, **split) for at, each in enumerate(bins)]  # type: ignore[arg-type]  # the parts have the types of the fields
    plain = [CountPlan(monitor=f"bins-{at}", aggregates=(n,), bins=each) for at, each in enumerate(bins)]
    by_number = CountPlan(monitor="by-number", aggregates=aggregates, group=(_column("children"),))
    by_flag = CountPlan(monitor="by-flag", aggregates=aggregates[:2], group=(_column("approved"), _column("sex")))
    some = [
        CountPlan(monitor="some-apart", aggregates=aggregates, apart=("F & a", "(unknown)", "F & "), **split),  # type: ignore[arg-type]  # as above
        CountPlan(monitor="two-apart", aggregates=(n,), group=(_column("children"),), apart=("0", "-1")),
    ]
    return (*whole, *plain, by_number, by_flag, *some)


_REFUSED = (
    (Column("age", ColumnKind.TEXT), "no column 'age'"),
    (Column("approved", ColumnKind.TEXT), "declared text"),
    (Column("sex", ColumnKind.INTEGER), "declared integer"),
    (Column("sex", ColumnKind.FLAG), "declared flag"),
)


class RowCountsContract(ABC):
    """One test a promise."""

    @abstractmethod
    def count(self, rows: Sequence[Row], plans: Sequence[CountPlan]) -> list[CountTable]:
        """The table of each plan over these rows, by the engine under test."""

    def test_the_tables_are_those_of_counting_row_by_row(self) -> None:
        rows = hard_rows()
        _agree(self.count(rows, plans_for_rows()), _plain(rows, plans_for_rows()))

    def test_no_rows_give_empty_tables(self) -> None:
        for table in self.count([], plans_for_rows()):
            assert table.rows() == []

    def test_each_plan_alone_gives_what_it_gives_among_others(self) -> None:
        rows = hard_rows(210)
        together = self.count(rows, plans_for_rows())
        _agree([self.count(rows, [plan])[0] for plan in plans_for_rows()], together)

    def test_counting_parts_in_any_order_and_adding_them_gives_the_table_of_the_whole(self) -> None:
        rows, plans = hard_rows(420), plans_for_rows()
        parts = [self.count(part, plans) for part in (rows[300:], rows[:1], rows[1:300][::-1])]
        merged = [
            CountTable.merged((part[at] for part in parts), columns=plan.columns) for at, plan in enumerate(plans)
        ]
        _agree(merged, self.count(rows, plans))

    def test_a_column_that_is_missing_or_of_another_kind_is_refused(self) -> None:
        for column, said in _REFUSED:
            plan = CountPlan(monitor="m", aggregates=(Aggregate(name="n"),), group=(column,))
            assert said in _refusal(partial(self.count, hard_rows(60), [plan])), column


def _refusal(call: Callable[[], object]) -> str:
    """What is said when a call is refused; empty when it is not."""
    try:
        call()
    except InvalidInput as error:
        return error.message
    return ""


def _plain(rows: Sequence[Row], plans: Sequence[CountPlan]) -> list[CountTable]:
    engine = PlainCounts(rows, list(CONTRACT_COLUMNS))
    return [engine.count(plan) for plan in plans]


def _agree(found: Sequence[CountTable], wanted: Sequence[CountTable]) -> None:
    for ours, theirs, plan in _triples(found, wanted):
        assert (plan.monitor, ours.rows()) == (plan.monitor, theirs.rows())
        assert ours.digest() == theirs.digest()


def _triples(
    found: Sequence[CountTable], wanted: Sequence[CountTable]
) -> Iterator[tuple[CountTable, CountTable, CountPlan]]:
    yield from zip(found, wanted, plans_for_rows(), strict=True)
