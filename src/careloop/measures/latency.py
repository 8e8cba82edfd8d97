"""How long answers take: quantiles from exponential buckets, each with its error bound."""

from __future__ import annotations

import math
from collections.abc import Callable

from careloop.domain.count_plan import Aggregate, CountPlan, ExponentialBins
from careloop.domain.counts import MISSING, CountTable
from careloop.domain.measured import Interval, Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.beta import beta_cdf
from careloop.measures.split import Split, plan_of

__all__ = ["bucket_error", "latency_plan", "latency_quantile"]


def latency_plan(monitor: str, *, bins: ExponentialBins, split: Split | None = None) -> CountPlan:
    """Count rows per exponential bucket of a latency in whole microseconds. Column: `n`."""
    return plan_of(monitor, aggregates=(Aggregate(name="n"),), where=(), split=split or Split(), bins=bins)


def bucket_error(bins: ExponentialBins) -> float:
    """How far, at most, a quantile can be from the true value that fell in its bucket, as a share of that value.

    >>> from careloop.domain.count_plan import Column, ColumnKind
    >>> round(bucket_error(ExponentialBins(Column("latency_us", ColumnKind.INTEGER), scale=4)), 4)
    0.0217
    """
    base = math.exp2(math.exp2(-bins.scale))
    return (base - 1) / (base + 1)


def latency_quantile(table: CountTable, q: float, *, bins: ExponentialBins, level: float = 0.95) -> Measured:
    """The latency in microseconds that a share `q` of answers does not exceed (0 < q < 1, nearest rank).

    The value is the point of its bucket that is least wrong in proportion. The interval is free of any distribution,
    runs to the outer ends of the buckets it touches, and is None when there are too few rows for one. Null when there
    are no rows or the quantile lies above the last bucket. Source: Masson, Rim and Lee 2019 (DDSketch), section 2.
    """
    if not 0 < q < 1:
        raise InvalidInput(f"a quantile lies between 0 and 1, not at {q}")
    per_bin = {bin_: n for bin_, (n,) in table.by_bin().items()}
    missing = per_bin.pop(MISSING, 0)
    n = sum(per_bin.values())
    note = f"exponential buckets of scale {bins.scale}, error at most {bucket_error(bins):.1%}; {missing} rows had none"
    if n == 0:
        return Measured(value=None, unit=Unit.MICROSECONDS, n=0, reason="no rows with a latency", note=note)
    at = _bin_at(per_bin, max(1, math.ceil(q * n)))
    if at >= bins.size - 1:
        reason = f"above the largest bucket, 2^{bins.octaves} microseconds"
        return Measured(value=None, unit=Unit.MICROSECONDS, n=n, reason=reason, note=note)
    interval = _interval(per_bin, q, bins=bins, level=level)
    low, high = _ends(at, bins)
    value = 2 * low * high / (low + high) if high else 0.0
    return Measured(value=value, unit=Unit.MICROSECONDS, n=n, interval=interval, note=note)


def _ends(at: int, bins: ExponentialBins) -> tuple[float, float]:
    """Both ends of a bucket; of the first two, the only whole number in them."""
    if at <= 1:
        return float(at), float(at)
    width = math.exp2(-bins.scale)
    return math.exp2((at - 2) * width), math.exp2((at - 1) * width)


def _bin_at(per_bin: dict[int, int], rank: int) -> int:
    seen = 0
    for bin_, n in sorted(per_bin.items()):
        seen += n
        if seen >= rank:
            return bin_
    raise InvalidInput(f"there is no row of rank {rank} among {seen}")


def _interval(per_bin: dict[int, int], q: float, *, bins: ExponentialBins, level: float) -> Interval | None:
    """Between two ranks of the sample, chosen by the binomial distribution of how many rows lie below."""
    n, tail = sum(per_bin.values()), (1 - level) / 2
    if q**n > tail:  # the chance that all rows lie below the quantile: no row can be its upper bound
        return None
    low = _first(lambda rank: _at_most(rank, n, q) > tail, n)
    high = _first(lambda rank: 1 - _at_most(rank - 1, n, q) <= tail, n + 1)
    if low < 1 or high > n or _bin_at(per_bin, high) >= bins.size - 1:
        return None
    ends = _ends(_bin_at(per_bin, low), bins)[0], _ends(_bin_at(per_bin, high), bins)[1]
    return Interval(low=ends[0], high=ends[1], level=level, method="order statistics, outer bucket ends")


def _at_most(k: int, n: int, q: float) -> float:
    """Chance that at most `k` of `n` rows lie below the q-quantile."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else 1 - beta_cdf(q, k + 1, n - k)


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The first of 0 … last for which `holds`; once true it stays true, and it is taken to hold at `last`."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
