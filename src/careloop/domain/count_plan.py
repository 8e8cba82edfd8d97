"""What to count, as data: a plan that every engine carries out to the same integers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

from careloop.errors import InvalidInput

__all__ = [
    "Aggregate",
    "CategoryBins",
    "Column",
    "ColumnKind",
    "Compare",
    "CountPlan",
    "EdgeBins",
    "ExponentialBins",
    "Literal",
    "Predicate",
    "WindowBy",
]

Literal = str | int | float | bool


class ColumnKind(StrEnum):
    """What a column holds. NaN and infinities in a REAL column count as absent."""

    TEXT = "text"
    INTEGER = "integer"
    """Whole numbers within 64 bits; money and scores as fixed point."""
    REAL = "real"
    FLAG = "flag"
    INSTANT = "instant"
    """A moment with a time zone, exact to the microsecond."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows, by name, with the kind it must have."""

    name: str
    kind: ColumnKind


class Compare(StrEnum):
    """How a predicate compares. A row whose value is absent satisfies only IS_ABSENT."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    IS_ABSENT = "is absent"
    IS_PRESENT = "is present"


_ORDERED = (Compare.LT, Compare.LE, Compare.GT, Compare.GE)
_FITS: dict[ColumnKind, tuple[type, ...]] = {
    ColumnKind.TEXT: (str,),
    ColumnKind.INTEGER: (int,),
    ColumnKind.REAL: (int, float),
    ColumnKind.FLAG: (bool,),
    ColumnKind.INSTANT: (),
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """One condition on one column; a tuple of predicates holds when all of them do.

    `values` has one literal, any number for IN, none for IS_ABSENT and IS_PRESENT; each fits the column's kind.
    Order comparisons are for INTEGER and REAL only.
    """

    column: Column
    compare: Compare
    values: tuple[Literal, ...] = ()

    def __post_init__(self) -> None:
        wants = {Compare.IN: len(self.values), Compare.IS_ABSENT: 0, Compare.IS_PRESENT: 0}.get(self.compare, 1)
        if len(self.values) != wants:
            raise InvalidInput(f"'{self.column.name} {self.compare}' needs {wants} values, not {len(self.values)}")
        if self.compare in _ORDERED and self.column.kind not in (ColumnKind.INTEGER, ColumnKind.REAL):
            raise InvalidInput(f"'{self.column.name}' is {self.column.kind} and has no order to compare by")
        for value in self.values:
            if not _fits(value, self.column.kind):
                raise InvalidInput(f"'{self.column.name}' is {self.column.kind}: {value!r} cannot be compared with it")


def _fits(value: Literal, kind: ColumnKind) -> bool:
    if isinstance(value, bool):
        return kind is ColumnKind.FLAG
    if isinstance(value, int):
        return isinstance(value, _FITS[kind]) and kind is not ColumnKind.FLAG and -(2**63) <= value < 2**63
    if isinstance(value, float):
        return kind is ColumnKind.REAL and math.isfinite(value)
    return kind is ColumnKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One integer per cell: how many rows satisfy `where`, or the sum of an INTEGER column over them."""

    name: str
    where: tuple[Predicate, ...] = ()
    sums: Column | None = None

    def __post_init__(self) -> None:
        if self.sums is not None and self.sums.kind is not ColumnKind.INTEGER:
            raise InvalidInput(f"'{self.sums.name}' is {self.sums.kind}: sum whole numbers (fixed point) only")


@dataclass(frozen=True, slots=True)
class EdgeBins:
    """Bin = number of edges at or below the value: `(-inf, e0) [e0, e1) … [last, inf)`; edges strictly rising."""

    column: Column
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.column.kind is not ColumnKind.REAL:
            raise InvalidInput(f"'{self.column.name}' must be read as real to be binned by edges")
        if not all(map(math.isfinite, self.edges)) or any(a >= b for a, b in pairwise(self.edges)):
            raise InvalidInput(f"the edges of '{self.column.name}' must be finite and strictly rising")

    @property
    def size(self) -> int:
        """Number of bins, the missing one not counted."""
        return len(self.edges) + 1


@dataclass(frozen=True, slots=True)
class CategoryBins:
    """Bin = place of the value in the list; a value that is not in it goes to the last bin."""

    column: Column
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.column.kind is not ColumnKind.TEXT or len(set(self.values)) != len(self.values):
            raise InvalidInput(f"'{self.column.name}' must be text and each of its categories listed once")

    @property
    def size(self) -> int:
        """Number of bins, the missing one not counted."""
        return len(self.values) + 1


@dataclass(frozen=True, slots=True)
class ExponentialBins:
    """Bins that widen in proportion, as in OpenTelemetry's exponential histograms, for whole numbers ≥ 0.

    With base = 2^(2^-scale): bin 0 holds 0, bin b ≥ 1 holds OpenTelemetry's index b - 2, which is
    (base^(b-2), base^(b-1)], and the last bin everything above 2^`octaves`. A negative value is missing. The bounds
    are whole numbers, found without floating point, so every engine agrees.
    Source: OpenTelemetry metrics data model, "Exponential Buckets".
    """

    column: Column
    scale: int = 4
    octaves: int = 40

    def __post_init__(self) -> None:
        if self.column.kind is not ColumnKind.INTEGER:
            raise InvalidInput(f"'{self.column.name}' must be whole numbers to be binned exponentially")
        if not (0 <= self.scale <= 6 and 1 <= self.octaves <= 62):
            raise InvalidInput("exponential bins need a scale of 0 to 6 and 1 to 62 octaves")

    @property
    def bounds(self) -> tuple[int, ...]:
        """Bin of v = number of these bounds that are below v. Floor of base^i for each i, after a 0."""
        return _bounds(self.scale, self.octaves)

    @property
    def size(self) -> int:
        """Number of bins, the missing one not counted."""
        return (self.octaves << self.scale) + 3


@cache
def _bounds(scale: int, octaves: int) -> tuple[int, ...]:
    roots = []
    for i in range((octaves << scale) + 1):
        power = 1 << i
        for _ in range(scale):
            power = math.isqrt(power)
        roots.append(power)
    return (0, *roots)


@dataclass(frozen=True, slots=True)
class WindowBy:
    """Which window a row falls in: the INSTANT column rounded down to a multiple of `seconds` since 1970 (UTC).

    By `occurred_at` for display, where late rows add; by `received_at` for detectors (EVENTS, "Windows").
    A row without the instant is not counted.
    """

    column: Column
    seconds: int

    def __post_init__(self) -> None:
        if self.column.kind is not ColumnKind.INSTANT or self.seconds < 1:
            raise InvalidInput(f"windows need an instant and a whole number of seconds, not '{self.column.name}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPlan:
    """Which rows, split by what, counted how: the part of a measure that runs next to the data.

    A plan is data and holds no code, so DuckDB, numpy and others carry it out alike.
    """

    monitor: str
    """Id of the measure or monitor; the first part of every cell's key."""
    aggregates: tuple[Aggregate, ...]
    where: tuple[Predicate, ...] = ()
    """Rows that count at all; a row must satisfy each."""
    release: Column | None = None
    """TEXT column with the release; absent is the empty release."""
    window: WindowBy | None = None
    group: tuple[Column, ...] = ()
    """TEXT, INTEGER or FLAG columns that split the rows. Several are joined by ` & ` (a `&` in a value is doubled);
    when one of them is absent or empty, the row is of the unknown group."""
    apart: tuple[str, ...] = ()
    """Groups that stand by themselves: the rows of any other known group are counted together as `REMAINDER`. Empty:
    every group stands by itself. So a table never has more groups than these and two, whatever the rows hold."""
    bins: EdgeBins | CategoryBins | ExponentialBins | None = None
    unit: Column | None = None
    """TEXT column whose hash gives the bucket (`bucket_of`); absent values share the bucket `MISSING`."""

    def __post_init__(self) -> None:
        names = [aggregate.name for aggregate in self.aggregates]
        if not names or len(set(names)) != len(names):
            raise InvalidInput(f"the plan of '{self.monitor}' must count something, each thing under its own name")
        for column in (self.release, self.unit):
            if column is not None and column.kind is not ColumnKind.TEXT:
                raise InvalidInput(f"'{column.name}' must be text to be a release or a unit")
        if any(column.kind in (ColumnKind.REAL, ColumnKind.INSTANT) for column in self.group):
            raise InvalidInput(f"the plan of '{self.monitor}' groups by a real number or an instant; bin it instead")
        if self.apart and not self.group:
            raise InvalidInput(f"the plan of '{self.monitor}' names groups and splits by none")
        kinds: dict[str, ColumnKind] = {}
        for column in self.reads():
            if kinds.setdefault(column.name, column.kind) is not column.kind:
                raise InvalidInput(f"the plan of '{self.monitor}' reads '{column.name}' as two kinds")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the integers in each cell."""
        return tuple(aggregate.name for aggregate in self.aggregates)

    def reads(self) -> list[Column]:
        """Every column the plan reads; one may appear more than once."""
        tests = [*self.where, *(test for aggregate in self.aggregates for test in aggregate.where)]
        found = (
            [test.column for test in tests] + [a.sums for a in self.aggregates if a.sums is not None] + [*self.group]
        )
        found += [column for column in (self.release, self.unit) if column is not None]
        found += [part.column for part in (self.window, self.bins) if part is not None]
        return found
