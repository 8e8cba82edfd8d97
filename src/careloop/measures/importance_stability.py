"""Do repeated looks at the same model name the same inputs as the important ones?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, product

from careloop.domain.measured import Interval, Measured, Unit

__all__ = ["importance_agreement", "importance_stability", "rank_correlation"]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation, -1 to 1, ties at their mean rank; null when a side has one value only.

    >>> rank_correlation([1, 2, 3, 4], [1, 2, 4, 3])
    0.8
    """
    a, b = _ranks(first), _ranks(second)
    middle = (len(a) + 1) / 2
    spread = math.fsum((x - middle) ** 2 for x in a) * math.fsum((y - middle) ** 2 for y in b)
    if spread == 0:
        return None
    return math.fsum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True)) / math.sqrt(spread)


def importance_stability(resamples: Sequence[Mapping[str, float]], *, level: float = 0.95) -> Measured:
    """Mean rank correlation of the importance of inputs over all pairs of resamples, -1 to 1; `n` counts resamples.

    The interval comes from leaving out one resample at a time (jackknife), since pairs share resamples. Null with fewer
    than three resamples or inputs, or where the inputs of two differ. Source: Kalousis, Prados and Hilario 2007.
    """
    n = len(resamples)
    names = sorted(resamples[0]) if resamples else []
    reason = (
        f"{n} resamples, and three are needed to tell how stable their order is"
        if n < 3
        else f"{len(names)} inputs, and an order needs three"
        if len(names) < 3
        else "not every resample names the same inputs"
        if any(sorted(one) != names for one in resamples)
        else None
    )
    if reason is not None:
        return Measured(value=None, unit=Unit.INDEX, n=n, reason=reason)
    columns = [[one[name] for name in names] for one in resamples]
    pairs = {(i, j): rank_correlation(columns[i], columns[j]) for i, j in combinations(range(n), 2)}
    known = {pair: value for pair, value in pairs.items() if value is not None}
    if len(known) != len(pairs):
        return Measured(value=None, unit=Unit.INDEX, n=n, reason="a resample gives every input the same importance")
    value = math.fsum(known.values()) / len(known)
    without = [_mean([found for pair, found in known.items() if left_out not in pair]) for left_out in range(n)]
    reach = _t_like(level, n) * math.sqrt((n - 1) / n * math.fsum((one - _mean(without)) ** 2 for one in without))
    interval = Interval(low=max(-1.0, value - reach), high=min(1.0, value + reach), level=level, method="jackknife")
    return Measured(value=value, unit=Unit.INDEX, n=n, interval=interval, note=f"{len(names)} inputs")


def importance_agreement(
    first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]], *, level: float = 0.95
) -> Measured:
    """Mean rank correlation of inputs' importance between looks at two sets of rows, -1 to 1; `n` counts the looks.

    Near 1: the same inputs matter in both. The interval leaves out one look at a time on either side (jackknife). Null
    with fewer than three looks on a side or three inputs, or where the inputs of two differ.
    """
    n = len(first) + len(second)
    names = sorted(first[0]) if first else []
    reason = (
        f"{len(first)} and {len(second)} looks, and three of each are needed"
        if min(len(first), len(second)) < 3
        else f"{len(names)} inputs, and an order needs three"
        if len(names) < 3
        else "not every look names the same inputs"
        if any(sorted(one) != names for one in (*first, *second))
        else None
    )
    if reason is not None:
        return Measured(value=None, unit=Unit.INDEX, n=n, reason=reason)
    sides = [[[look[name] for name in names] for look in side] for side in (first, second)]
    places = list(product(range(len(first)), range(len(second))))
    known = {(i, j): rank_correlation(sides[0][i], sides[1][j]) for i, j in places}
    values = {pair: value for pair, value in known.items() if value is not None}
    if len(values) != len(known):
        return Measured(value=None, unit=Unit.INDEX, n=n, reason="a look gives every input the same importance")
    value = _mean(list(values.values()))
    spread = 0.0
    for side, count in enumerate((len(first), len(second))):
        without = [_mean([one for pair, one in values.items() if pair[side] != out]) for out in range(count)]
        spread += (count - 1) / count * math.fsum((one - _mean(without)) ** 2 for one in without)
    reach = _t_like(level, min(len(first), len(second))) * math.sqrt(spread)
    interval = Interval(low=max(-1.0, value - reach), high=min(1.0, value + reach), level=level, method="jackknife")
    return Measured(value=value, unit=Unit.INDEX, n=n, interval=interval, note=f"{len(names)} inputs")


def _t_like(level: float, n: int) -> float:
    """Quantile of Student's t with n - 1 degrees of freedom, by bisection on its distribution function."""
    low, high = 0.0, 1e4
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, n - 1) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Chance that Student's t lies within ±t, by its finite series. Source: Abramowitz and Stegun 26.7.3-4."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    if freedom % 2:
        term, total = cosine, 0.0
        for k in range(1, (freedom - 1) // 2 + 1):
            total += term
            term *= cosine * cosine * (2 * k) / (2 * k + 1)
        return 2 / math.pi * (angle + sine * total)
    term, total = 1.0, 0.0
    for k in range(1, freedom // 2 + 1):
        total += term
        term *= cosine * cosine * (2 * k - 1) / (2 * k)
    return sine * total


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda at: values[at])
    found = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            found[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return found
