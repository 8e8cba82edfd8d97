"""The incomplete gamma function, in the standard library: what Poisson bounds and chi-square tails are made of."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["gamma_cdf", "upper_gamma"]

_STEPS: Final = 100_000
_PRECISION: Final = 1e-15
_TINY: Final = 1e-300


def gamma_cdf(x: float, shape: float) -> float:
    """Chance that a Gamma(shape, 1) variable is at most `x`; shape > 0.

    Source: NIST DLMF 8.11.4 (series) below the mean, 8.9.2 (continued fraction) above it.

    >>> round(gamma_cdf(1.0, 1.0), 6)
    0.632121
    """
    if x <= 0:
        return 0.0
    return _front(x, shape) * _series(x, shape) if x < shape + 1 else 1.0 - _front(x, shape) * _fraction(x, shape)


def upper_gamma(x: float, shape: float) -> float:
    """Chance that it is above `x`, exact where it is tiny; the tail of chi-square is that of (x / 2, freedom / 2).

    >>> round(upper_gamma(3.841458820694124 / 2, 0.5), 6)
    0.05
    """
    if x <= 0:
        return 1.0
    return 1.0 - _front(x, shape) * _series(x, shape) if x < shape + 1 else _front(x, shape) * _fraction(x, shape)


def _front(x: float, shape: float) -> float:
    return math.exp(shape * math.log(x) - x - math.lgamma(shape))


def _series(x: float, shape: float) -> float:
    term = total = 1.0 / shape
    for step in range(1, _STEPS):
        term *= x / (shape + step)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _fraction(x: float, shape: float) -> float:
    """Evaluated forwards by the modified Lentz method."""
    below = x + 1 - shape
    above, inverse = 1 / _TINY, 1 / below
    value = inverse
    for step in range(1, _STEPS):
        weight = -step * (step - shape)
        below += 2
        inverse = 1 / (weight * inverse + below or _TINY)
        above = below + weight / above or _TINY
        value *= inverse * above
        if abs(inverse * above - 1) < _PRECISION:
            break
    return value
