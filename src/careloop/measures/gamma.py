"""The incomplete gamma function, in the standard library: tails of the chi-square distribution."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["upper_gamma"]

_STEPS: Final = 10_000
_PRECISION: Final = 1e-15
_TINY: Final = 1e-300


def upper_gamma(a: float, x: float) -> float:
    """Q(a, x), the regularised upper incomplete gamma function, for a > 0, x ≥ 0; chi-square's tail is Q(k/2, x/2).

    Source: NIST DLMF 8.7.1 (series) and 8.9.2 (continued fraction).

    >>> round(upper_gamma(0.5, 3.841458820694124 / 2), 6)
    0.05
    """
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return 1.0 - front * _series(a, x)
    return front * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for step in range(1, _STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _fraction(a: float, x: float) -> float:
    """By the modified Lentz method."""
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    value = d
    for step in range(1, _STEPS):
        numerator = -step * (step - a)
        b += 2
        d = 1 / (numerator * d + b or _TINY)
        c = b + numerator / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value
