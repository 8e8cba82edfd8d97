"""The beta distribution, in the standard library: what exact bounds on a rate are made of."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

__all__ = ["beta_cdf", "beta_quantile", "log_beta"]

_TINY: Final = 1e-300
_STEPS: Final = 10_000
_PRECISION: Final = 1e-15


def log_beta(a: float, b: float) -> float:
    """Natural logarithm of the beta function B(a, b), for a, b > 0."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Chance that a Beta(a, b) variable is at most `x`; a, b > 0.

    Source: NIST DLMF 8.17.22, the continued fraction of the incomplete beta function.

    >>> round(beta_cdf(0.5, 2, 3), 4)
    0.6875
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction, evaluated forwards by the modified Lentz method."""
    above, below = 1.0, 1.0 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = below
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1.0 / _away_from_zero(1 + even * below)
        above = _away_from_zero(1 + even / above)
        value *= below * above
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        below = 1.0 / _away_from_zero(1 + odd * below)
        above = _away_from_zero(1 + odd / above)
        value *= below * above
        if abs(below * above - 1) < _PRECISION:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=16_384)
def beta_quantile(p: float, a: float, b: float) -> float:
    """The `x` that a Beta(a, b) variable is at most with chance `p`, by halving to the last bit.

    Remembered, since the hours of a week, and one history learnt again, ask for the same few counts many times.

    >>> round(beta_quantile(0.6875, 2, 3), 4)
    0.5
    """
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if beta_cdf(middle, a, b) < p:
            low = middle
        else:
            high = middle
