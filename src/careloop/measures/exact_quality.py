"""Quality of data that counts by cell cannot tell: rows that come twice, values against a trusted copy, means.

Names as in ISO/IEC 5259-2 where it has one: `uniqueness` belongs to consistency, `agreement` to (semantic) accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from careloop.domain.count_plan import Column
from careloop.domain.counts import Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.measures.exact_kind import ExactRows
from careloop.measures.rate import rate_of

__all__ = ["agreement", "mean", "row_count", "uniqueness"]


def row_count(rows: ExactRows) -> Measured:
    """How many rows there are."""
    n = _rows_of(rows)
    return Measured(value=float(n), unit=Unit.COUNT, n=n)


def uniqueness(rows: ExactRows, key: Sequence[Column], *, level: float = 0.95) -> Measured:
    """Share of rows that are the first of their like; two absent values are alike. Null where there is no row.

    `key` are the columns that are compared; every column that was read when it is empty.

    >>> uniqueness(ExactRows({}, {"id": [1, 2, 2, None, None]}), ()).value
    0.6
    """
    names = [column.name for column in key] or sorted(rows.values)
    columns = [[_comparable(value) for value in rows.values[name]] for name in names]
    seen = set(zip(*columns, strict=True))
    return rate_of(Tally(len(seen), _rows_of(rows)), level=level)


def agreement(
    rows: ExactRows, trusted: ExactRows, *, of: Column, key: Sequence[Column] = (), level: float = 0.95
) -> Measured:
    """Share of rows whose value is that of the trusted copy. A value that is absent on both sides agrees.

    Rows are found by their key, and rows that the trusted copy does not know are left out and noted; without a key
    both sides are taken in order, and must have as many rows. Null with the reason when nothing can be compared.
    """
    ours, theirs = ([_comparable(value) for value in side.values[of.name]] for side in (rows, trusted))
    if not key:
        if len(ours) != len(theirs):
            reason = f"{len(ours)} rows against {len(theirs)}: name the columns that tell rows apart in `by`"
            return Measured(value=None, unit=Unit.RATIO, n=len(ours), reason=reason)
        return rate_of(Tally(sum(map(_alike, ours, theirs)), len(ours)), level=level)
    names = [column.name for column in key]
    known = dict(zip(_keys(trusted, names), theirs, strict=True))
    if len(known) != len(theirs):
        reason = f"{len(theirs) - len(known)} rows of the trusted copy share their key with another"
        return Measured(value=None, unit=Unit.RATIO, n=len(ours), reason=reason)
    pairs = [(value, known[at]) for at, value in zip(_keys(rows, names), ours, strict=True) if at in known]
    found = rate_of(Tally(sum(_alike(*pair) for pair in pairs), len(pairs)), level=level)
    left_out = len(ours) - len(pairs)
    if not left_out or found.value is None:
        return found
    note = f"{left_out} rows are not in the trusted copy"
    return Measured(value=found.value, unit=found.unit, n=found.n, interval=found.interval, note=note)


def mean(numbers: Sequence[float], *, level: float = 0.95) -> Measured:
    """The mean of the finite values, exactly rounded, with a normal interval from two values on."""
    n = len(numbers)
    if not n:
        return Measured(value=None, unit=Unit.AMOUNT, n=0, reason="no row has a number")
    centre = math.fsum(numbers) / n
    interval = None
    if n > 1:
        spread = math.sqrt(math.fsum((each - centre) ** 2 for each in numbers) / (n - 1) / n)
        reach = NormalDist().inv_cdf((1 + level) / 2) * spread
        interval = Interval(low=centre - reach, high=centre + reach, level=level, method="normal")
    return Measured(value=centre, unit=Unit.AMOUNT, n=n, interval=interval)


def _rows_of(rows: ExactRows) -> int:
    return len(next(iter(rows.values.values()), ()))


def _keys(rows: ExactRows, names: Sequence[str]) -> list[tuple[object, ...]]:
    return list(zip(*([_comparable(value) for value in rows.values[name]] for name in names), strict=True))


def _comparable(value: object) -> object:
    """NaN counts as absent, as in every count; true is not 1."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return (value,) if isinstance(value, bool) else value


def _alike(ours: object, theirs: object) -> bool:
    return ours == theirs
