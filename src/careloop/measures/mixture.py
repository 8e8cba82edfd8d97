"""Other ways to say how far a mixture moved, from the same counts per bin as PSI."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist

from careloop.domain.count_plan import CategoryBins, EdgeBins
from careloop.domain.counts import MISSING, CountTable
from careloop.domain.measured import Interval, Measured, Unit
from careloop.errors import InvalidInput
from careloop.measures.drift import bin_rule
from careloop.measures.gamma import upper_gamma
from careloop.measures.two_samples import distance_interval, kolmogorov_tail

__all__ = ["chi_square", "jensen_shannon", "kolmogorov_smirnov"]

Bins = EdgeBins | CategoryBins


def jensen_shannon(reference: CountTable, current: CountTable, *, bins: Bins, level: float = 0.95) -> Measured:
    """Jensen-Shannon divergence of both mixtures in bits, 0 (alike) to 1 (nothing in common).

    Its mean under no change is about (bins - 1)·(1/n + 1/n0) / (8 ln 2), named in the note and not taken off; the lower
    end of the interval, by the delta method with the spread under no change, allows for it. Null when a side has no
    rows. Source: Lin 1991.
    """
    old, new = _sides(reference, current, bins)
    n, n0 = sum(new.values()), sum(old.values())
    if not n or not n0:
        return _nothing(n, n0, bins)
    value = 0.0
    for bin_ in sorted(old.keys() | new.keys()):
        p, q = old.get(bin_, 0) / n0, new.get(bin_, 0) / n
        middle = (p + q) / 2
        value += sum(x * math.log2(x / middle) / 2 for x in (p, q) if x)
    chance = (len(old.keys() | new.keys()) - 1) * (1 / n + 1 / n0) / (8 * math.log(2))
    value = min(1.0, max(0.0, value))
    spread = _pull(new, old) / n + _pull(old, new) / n0 + chance * (1 / n + 1 / n0) / (4 * math.log(2))
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(spread)
    interval = Interval(
        low=max(0.0, value - chance - reach), high=min(1.0, value + reach), level=level, method="delta method"
    )
    note = f"{_cut(bins)}; about {chance:.2g} is chance"
    return Measured(value=value, unit=Unit.INDEX, n=n, interval=interval, note=note)


def kolmogorov_smirnov(reference: CountTable, current: CountTable, *, bins: EdgeBins, level: float = 0.95) -> Measured:
    """Largest distance of both distribution functions at the edges of the bins: never more than the exact two-sample D.

    Rows without a value are left out. The p-value by the asymptotic law stands in the note; at the edges only, it is
    an upper bound. The interval is never too short: it is that of both distribution functions whole. Null when a side
    has no rows.
    """
    old, new = _sides(reference, current, bins)
    old.pop(MISSING, None)
    new.pop(MISSING, None)
    n, n0 = sum(new.values()), sum(old.values())
    if not n or not n0:
        return _nothing(n, n0, bins)
    below_old = below_new = 0
    distance = 0.0
    for bin_ in range(bins.size):
        below_old, below_new = below_old + old.get(bin_, 0), below_new + new.get(bin_, 0)
        distance = max(distance, abs(below_old / n0 - below_new / n))
    chance = kolmogorov_tail(distance * math.sqrt(n * n0 / (n + n0)))
    interval = distance_interval(distance, n, n0, level=level)
    note = f"{_cut(bins)}; p at most {chance:.2g}"
    return Measured(value=distance, unit=Unit.DIFFERENCE, n=n, interval=interval, note=note)


def chi_square(reference: CountTable, current: CountTable, *, bins: Bins) -> Measured:
    """Pearson's chi-square of two samples over the bins, as Cramér's V, 0 to 1; statistic, freedom and p in the note.

    Bins that are empty on both sides are left out. Null when a side has no rows or only one bin is occupied.
    """
    old, new = _sides(reference, current, bins)
    n, n0 = sum(new.values()), sum(old.values())
    occupied = sorted(bin_ for bin_ in old.keys() | new.keys() if old.get(bin_, 0) + new.get(bin_, 0))
    if not n or not n0 or len(occupied) < 2:
        return _nothing(n, n0, bins)
    statistic = 0.0
    for bin_ in occupied:
        both = old.get(bin_, 0) + new.get(bin_, 0)
        for seen, size in ((old.get(bin_, 0), n0), (new.get(bin_, 0), n)):
            expected = both * size / (n + n0)
            statistic += (seen - expected) ** 2 / expected
    freedom = len(occupied) - 1
    chance = upper_gamma(statistic / 2, freedom / 2)
    note = f"{_cut(bins)}; chi-square {statistic:.4g}, {freedom} degrees of freedom, p {chance:.2g}"
    return Measured(value=math.sqrt(statistic / (n + n0)), unit=Unit.INDEX, n=n, note=note)


def _pull(side: Mapping[int, int], other: Mapping[int, int]) -> float:
    """Variance of one row's pull on the divergence, for rows of the first side."""
    n, m = sum(side.values()), sum(other.values())
    slopes = [
        (count / n, math.log2(2 * (count / n) / (count / n + other.get(bin_, 0) / m)) / 2)
        for bin_, count in sorted(side.items())
        if count
    ]
    mean = sum(share * slope for share, slope in slopes)
    return sum(share * (slope - mean) ** 2 for share, slope in slopes)


def _sides(reference: CountTable, current: CountTable, bins: Bins) -> tuple[dict[int, int], dict[int, int]]:
    sides = tuple({bin_: values[0] for bin_, values in table.by_bin().items()} for table in (reference, current))
    if any(not MISSING <= bin_ < bins.size for side in sides for bin_ in side):
        raise InvalidInput(f"the table of {bins.column.name} was counted with other bins")
    return sides[0], sides[1]


def _cut(bins: Bins) -> str:
    return bin_rule(bins).split("; half a row")[0]


def _nothing(n: int, n0: int, bins: Bins) -> Measured:
    reason = "the reference has no rows" if not n0 else "no rows" if not n else "all rows are in one bin"
    return Measured(value=None, unit=Unit.INDEX, n=n, reason=reason, note=_cut(bins))
