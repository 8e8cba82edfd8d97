"""What every measure must do, ours and those of others. Derive a test class, name the measures, and run it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from careloop.domain.counts import CountTable
from careloop.domain.measured import Measured
from careloop.measures.measure_kind import MeasureKind, Need, Terms
from careloop.testing.contracts.row_counts import CONTRACT_COLUMNS, Row, hard_rows
from careloop.testing.plain_counts import PlainCounts

__all__ = ["MeasureContract"]

_CHANCE = 1e-12
"""How far a value may lie outside its interval by rounding."""


class MeasureContract(ABC):
    """One test a promise."""

    @abstractmethod
    def measures(self) -> Sequence[tuple[MeasureKind, Terms]]:
        """The measures, each with terms that fit the columns of `rows`."""

    def rows(self) -> Sequence[Row]:
        """Rows to measure, with the columns of `CONTRACT_COLUMNS`; some hundred."""
        return hard_rows(800)

    def reference(self) -> Sequence[Row]:
        """Older rows, for measures that compare."""
        return hard_rows(1_300)[800:]

    def test_the_plan_counts_under_the_name_of_the_terms(self) -> None:
        for kind, terms in self.measures():
            assert kind.plan_for(terms).monitor == terms.name, kind.id

    def test_a_value_is_finite_lies_in_its_interval_and_rests_on_rows_that_there_are(self) -> None:
        for kind, terms in self.measures():
            found = self._value(kind, terms, self.rows())
            assert found.value is not None, (kind.id, found.reason)
            assert 0 < found.n <= len(self.rows()), kind.id
            if found.interval is not None:
                low, high = found.interval.low - _CHANCE, found.interval.high + _CHANCE
                assert low <= found.value <= high, kind.id
                assert found.interval.level == terms.level, kind.id

    def test_no_rows_have_no_value_and_a_reason(self) -> None:
        for kind, terms in self.measures():
            found = self._value(kind, terms, [])
            assert (found.value, bool(found.reason)) == (None, True), kind.id
            assert found.n == 0, kind.id

    def test_splitting_the_rows_changes_nothing(self) -> None:
        rows = self.rows()
        for kind, terms in self.measures():
            whole = self._count(kind, terms, rows)
            for parts in _splits(rows):
                merged = CountTable.merged(
                    [self._count(kind, terms, part) for part in parts], columns=kind.plan_for(terms).columns
                )
                assert merged.digest() == whole.digest(), kind.id
                assert self._of(kind, terms, merged) == self._of(kind, terms, whole), kind.id

    def test_the_order_of_cells_does_not_matter_to_the_last_digit(self) -> None:
        for kind, terms in self.measures():
            table = self._count(kind, terms, self.rows())
            turned = CountTable(table.columns, dict(reversed(table.rows())))
            assert self._of(kind, terms, turned) == self._of(kind, terms, table), kind.id

    def test_every_group_is_named_once_and_one_that_is_left_out_says_why(self) -> None:
        for kind, terms in self.measures():
            groups = self._value(kind, terms, self.rows()).groups
            assert len({each.group for each in groups}) == len(groups), kind.id
            assert all(each.reason for each in groups if not each.used), kind.id
            if Need.GROUPS in kind.needs:
                assert len(groups) >= 2, kind.id

    def _count(self, kind: MeasureKind, terms: Terms, rows: Sequence[Row]) -> CountTable:
        return PlainCounts(rows, list(CONTRACT_COLUMNS)).count(kind.plan_for(terms))

    def _of(self, kind: MeasureKind, terms: Terms, table: CountTable) -> Measured:
        compares = Need.REFERENCE in kind.needs
        return kind.value(table, self._count(kind, terms, self.reference()) if compares else None, terms)

    def _value(self, kind: MeasureKind, terms: Terms, rows: Sequence[Row]) -> Measured:
        return self._of(kind, terms, self._count(kind, terms, rows))


def _splits(rows: Sequence[Row]) -> Iterator[list[Sequence[Row]]]:
    """In half, into three with the order turned round, and with a part that is empty."""
    middle = len(rows) // 2
    yield [rows[:middle], rows[middle:]]
    yield [rows[middle:][::-1], rows[:7], rows[7:middle]]
    yield [rows[:0], rows]
