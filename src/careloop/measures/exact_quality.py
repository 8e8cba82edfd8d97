"""Quality of data that counts by cell cannot tell: rows that come twice, values against a trusted copy, means.

Names as in ISO/IEC 5259-2 where it has one: `uniqueness` belongs to consistency, `agreement` to (semantic) accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

from careloop.domain.counts import Agreement, Tally
from careloop.domain.measured import Interval, Measured, Unit
from careloop.measures.exact_kind import ExactRows
from careloop.measures.rate import rate_of

__all__ = ["agreement", "mean", "row_count", "uniqueness"]


def row_count(rows: ExactRows) -> Measured:
    """How many rows there are."""
    n = _rows_of(rows)
    return Measured(value=float(n), unit=Unit.COUNT, n=n)


def uniqueness(rows: Tally, *, level: float = 0.95) -> Measured:
    """Share of rows that are the first of their like; two absent values are alike. Null where there is no row.

    >>> uniqueness(Tally(3, 5)).value
    0.6
    """
    return rate_of(rows, level=level)


def agreement(found: Agreement, *, keyed: bool, level: float = 0.95) -> Measured:
    """Share of rows whose value is that of the trusted copy. A value that is absent on both sides agrees.

    Rows are found by their key, and rows that the trusted copy does not know are left out and noted; without a key
    both sides are taken in order, and must have as many rows. Null with the reason when nothing can be compared.
    """
    reason = None
    if not keyed and found.rows != found.trusted:
        reason = f"{found.rows} rows against {found.trusted}: name the columns that tell rows apart in `by`"
    elif found.repeated:
        reason = f"{found.repeated} rows of the trusted copy share their key with another"
    if reason is not None:
        return Measured(value=None, unit=Unit.RATIO, n=found.rows, reason=reason)
    share = rate_of(Tally(found.alike, found.found), level=level)
    left_out = found.rows - found.found
    if not left_out or share.value is None:
        return share
    return replace(share, note=f"{left_out} rows are not in the trusted copy")


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
