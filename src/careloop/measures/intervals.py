"""Where a rate, a difference of two rates and a quotient of two rates lie, from counts alone.

All take tallies with n ≥ 1 and a two-sided `level` in (0, 1); a one-sided bound at 95 % is an end of the 90 % interval.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from careloop.domain.counts import Tally
from careloop.domain.measured import Interval
from careloop.errors import InvalidInput
from careloop.measures.beta import beta_quantile

__all__ = ["clopper_pearson", "newcombe", "quotient", "wilson"]


def wilson(tally: Tally, *, level: float = 0.95) -> Interval:
    """Interval for a rate by Wilson's score method, without continuity correction.

    Source: Wilson 1927.

    >>> found = wilson(Tally(56, 70)); round(found.low, 4), round(found.high, 4)
    (0.6918, 0.877)
    """
    hits, n = _with_rows(tally)
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (hits + z * z / 2) / (n + z * z)
    reach = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    low = 0.0 if hits == 0 else max(0.0, centre - reach)
    high = 1.0 if hits == n else min(1.0, centre + reach)
    return Interval(low=low, high=high, level=level, method="Wilson score")


def clopper_pearson(tally: Tally, *, level: float = 0.95) -> Interval:
    """Interval for a rate that is never too short: each end is wrong at most (1 - level) / 2 of the time.

    Source: Clopper and Pearson 1934.

    >>> found = clopper_pearson(Tally(0, 10), level=0.9); found.low, round(found.high, 4)
    (0.0, 0.2589)
    """
    hits, n = _with_rows(tally)
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else beta_quantile(tail, hits, n - hits + 1)
    high = 1.0 if hits == n else beta_quantile(1 - tail, hits + 1, n - hits)
    return Interval(low=low, high=high, level=level, method="Clopper-Pearson exact")


def newcombe(first: Tally, second: Tally, *, level: float = 0.95) -> Interval:
    """Interval for rate of the first less rate of the second, from the Wilson intervals of both.

    Source: Newcombe 1998, Statistics in Medicine 17, 873-890, method 10.

    >>> found = newcombe(Tally(56, 70), Tally(48, 80)); round(found.low, 4), round(found.high, 4)
    (0.0524, 0.3339)
    """
    p, q = first.hits / first.n, second.hits / second.n
    of_p, of_q = wilson(first, level=level), wilson(second, level=level)
    low = p - q - math.hypot(p - of_p.low, of_q.high - q)
    high = p - q + math.hypot(of_p.high - p, q - of_q.low)
    return Interval(low=low, high=high, level=level, method="Newcombe hybrid score")


def quotient(first: Tally, second: Tally, *, level: float = 0.95) -> Interval:
    """Interval for rate of the first divided by rate of the second, from the Wilson intervals of both.

    The ends are the roots of the quadratic that the two intervals imply; `high` is infinite when the second rate may be
    zero. Source: Donner and Zou 2012, Statistical Methods in Medical Research 21, 347-359 (MOVER-R).

    >>> found = quotient(Tally(30, 100), Tally(40, 100)); round(found.low, 3), round(found.high, 3)
    (0.512, 1.095)
    """
    p, q = first.hits / first.n, second.hits / second.n
    of_p, of_q = wilson(first, level=level), wilson(second, level=level)
    low = _root(p * q, of_p.low * (2 * p - of_p.low), of_q.high * (2 * q - of_q.high), sign=-1)
    high = _root(p * q, of_p.high * (2 * p - of_p.high), of_q.low * (2 * q - of_q.low), sign=1)
    return Interval(low=max(0.0, low), high=max(0.0, high), level=level, method="MOVER-R on Wilson score")


def _root(product: float, above: float, below: float, *, sign: int) -> float:
    """The smaller (`sign` -1) or larger (+1) t with below·t² - 2·product·t + above = 0, in the stable form."""
    inside = math.sqrt(max(0.0, product * product - above * below))
    if sign < 0:
        return above / (product + inside) if product + inside > 0 else 0.0
    if below <= 0:
        return math.inf
    return (product + inside) / below


def _with_rows(tally: Tally) -> Tally:
    if tally.checked().n == 0:
        raise InvalidInput("an interval of a rate needs at least one row")
    return tally
