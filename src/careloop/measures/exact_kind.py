"""A measure that needs the rows themselves: taken once over a batch, without counts that could be added up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.measured import Measured
from careloop.measures.measure_kind import Family, Need, Worse

__all__ = ["ExactKind", "ExactRows", "Reads", "TakenExactly", "holds"]

Values = Mapping[str, Sequence[object]]


def holds(test: Predicate, value: object) -> bool:
    """Whether a value is one of those that a predicate of IN or of IS_PRESENT names."""
    if value is None:
        return False
    return test.compare is Compare.IS_PRESENT or value in test.values


@dataclass(frozen=True, slots=True)
class ExactRows:
    """Columns of a batch as plain values, all of one length; None is an absent value."""

    kinds: Mapping[str, ColumnKind]
    """What each column of the files holds, read or not."""
    values: Values = field(default_factory=dict)

    def numbers(self, column: Column) -> list[float]:
        """The finite values of a column of numbers."""
        return [value for value in map(_number, self.values[column.name]) if value is not None]

    def scored(self, score: Column, test: Predicate) -> tuple[list[float], list[bool]]:
        """Scores, and whether the test holds, of the rows that have both a finite score and the value tested."""
        pairs = [
            (number, holds(test, value))
            for number, value in zip(map(_number, self.values[score.name]), self.values[test.column.name], strict=True)
            if number is not None and value is not None
        ]
        return [number for number, _ in pairs], [held for _, held in pairs]

    def where(self, tests: Sequence[Predicate]) -> ExactRows:
        """Only the rows in which all tests hold."""
        if not tests:
            return self
        columns = [self.values[test.column.name] for test in tests]
        kept = [
            place
            for place, row in enumerate(zip(*columns, strict=True))
            if all(holds(test, value) for test, value in zip(tests, row, strict=True))
        ]
        return ExactRows(self.kinds, {name: [each[place] for place in kept] for name, each in self.values.items()})


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


class Reads(StrEnum):
    """Which columns a measure looks at."""

    NAMED = "named"
    """Those that its terms name."""
    KEYS = "keys"
    """Those too that `by` names, of whatever kind: together they tell rows apart. Rows are compared where they lie."""
    ALL = "all"
    """Those that `by` names, of whatever kind; every column where it names none. Rows are compared where they lie."""
    ONE = "one"
    """Any one: rows are counted and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactKind:
    """One measure of the exact kind: no digest of counts; a second computation agrees to within `tolerance`."""

    id: str
    family: Family
    worse: Worse
    tells: str
    needs: frozenset[Need]
    tolerance: float
    """How far, at most, the order of additions may move the value."""
    value: Callable[..., Measured]
    """Of the rows that were read, those of the reference or None, and the terms; where rows are compared (`reads` is
    KEYS or ALL), of an `Agreement` or of a tally of distinct rows, and the terms."""
    by_group: bool = False
    """Whether it is taken for each group too."""
    estimated: bool = False
    """Whether it is a guess about labels that are not known: it warns, and never gates or rolls back."""
    reads: Reads = Reads.NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenExactly:
    """An exact measure as it came out."""

    id: str
    kind: ExactKind
    by: tuple[str, ...]
    measured: Measured
