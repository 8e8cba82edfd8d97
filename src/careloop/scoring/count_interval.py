"""Where the true rate of rare events lies when so many were counted: the exact Poisson interval."""

from __future__ import annotations

import math
from typing import Final

from careloop.domain.measured import Interval
from careloop.errors import InvalidInput

__all__ = ["gamma_cdf", "poisson_interval"]

_STEPS: Final = 100_000
_PRECISION: Final = 1e-15


def poisson_interval(events: int, *, per: float = 1.0, level: float = 0.95) -> Interval:
    """Interval for the expected number of events divided by `per`, from one count; each end errs at most (1-level)/2.

    `events` ≥ 0, `per` > 0. Source: Garwood 1936, Biometrika 28, 437-442.

    >>> found = poisson_interval(10); round(found.low, 3), round(found.high, 3)
    (4.795, 18.39)
    """
    if events < 0 or not per > 0:
        raise InvalidInput(f"{events} events per {per} have no rate")
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else _gamma_quantile(tail, float(events))
    high = _gamma_quantile(1 - tail, float(events + 1))
    return Interval(low=low / per, high=high / per, level=level, method="Poisson exact (Garwood)")


def gamma_cdf(x: float, shape: float) -> float:
    """Chance that a Gamma(shape, 1) variable is at most `x`; shape > 0.

    Source: NIST DLMF 8.11.4 (series) below the mean, 8.9.2 (continued fraction) above it.

    >>> round(gamma_cdf(1.0, 1.0), 6)
    0.632121
    """
    if x <= 0:
        return 0.0
    front = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    return front * _series(x, shape) if x < shape + 1 else 1.0 - front * _fraction(x, shape)


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
    tiny = 1e-300
    below = x + 1 - shape
    above, inverse = 1 / tiny, 1 / below
    value = inverse
    for step in range(1, _STEPS):
        weight = -step * (step - shape)
        below += 2
        inverse = 1 / (weight * inverse + below or tiny)
        above = below + weight / above or tiny
        value *= inverse * above
        if abs(inverse * above - 1) < _PRECISION:
            break
    return value


def _gamma_quantile(p: float, shape: float) -> float:
    low, high = 0.0, shape + 10.0 * math.sqrt(shape) + 50.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if gamma_cdf(middle, shape) < p:
            low = middle
        else:
            high = middle
