"""How far apart are two samples of a number? The exact two-sample distance, which no binning can overstate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from careloop.domain.measured import Interval, Measured, Unit

__all__ = ["distance_interval", "exact_distance", "kolmogorov_tail"]


def exact_distance(reference: Sequence[float], current: Sequence[float], *, level: float = 0.95) -> Measured:
    """Largest distance of the distribution functions of both samples, 0 to 1; `n` counts the current sample.

    The p-value by the asymptotic law stands in the note. Null when a side has no values. Every value is finite.
    Source: Smirnov 1939.

    >>> exact_distance([1, 2, 3, 4], [3, 4, 5, 6]).value
    0.5
    """
    n, n0 = len(current), len(reference)
    if not n or not n0:
        reason = "the reference has no values" if not n0 else "no values"
        return Measured(value=None, unit=Unit.DIFFERENCE, n=n, reason=reason)
    new, old = sorted(current), sorted(reference)
    at = of = apart = 0
    while at < n and of < n0:
        value = min(new[at], old[of])
        while at < n and new[at] == value:
            at += 1
        while of < n0 and old[of] == value:
            of += 1
        apart = max(apart, abs(at * n0 - of * n))
    distance = apart / (n * n0)
    chance = kolmogorov_tail(distance * math.sqrt(n * n0 / (n + n0)))
    interval = distance_interval(distance, n, n0, level=level)
    return Measured(
        value=distance, unit=Unit.DIFFERENCE, n=n, interval=interval, note=f"{n0} older rows; p about {chance:.2g}"
    )


def distance_interval(distance: float, n: int, n0: int, *, level: float) -> Interval:
    """Where the true distance lies, from samples of `n` and `n0` ≥ 1; never too short.

    Source: Dvoretzky, Kiefer and Wolfowitz 1956, with the constant of Massart 1990, half of the chance to each side.
    """
    reach = sum(math.sqrt(math.log(4 / (1 - level)) / (2 * size)) for size in (n, n0))
    low, high = max(0.0, distance - reach), min(1.0, distance + reach)
    return Interval(low=low, high=high, level=level, method="DKW, of both sides")


def kolmogorov_tail(x: float) -> float:
    """Chance of a distance as large as `x` = D·√(n·n0 / (n + n0)), for large samples. Source: Kolmogorov 1933."""
    if x < 0.2:
        return 1.0
    signed = (math.exp(-2 * k * k * x * x) * (1.0 if k % 2 else -1.0) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(signed)))
